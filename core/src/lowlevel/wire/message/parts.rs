//! The arguments of messages: versions, times, capabilities, lists of names and prints.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use bytes::{Bytes, BytesMut};

use crate::wire::DataFormat;

/// The argument of VERSION (§2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The version of the protocol; [`Version::PROTOCOL`] for compatible peers.
    pub protocol: u32,
    /// The size of the sender's outgoing object cache, in entries.
    pub cache_size: u32,
    /// The number of the sender's [`DataFormat`], or 0 for "any": it then uses the receiver's, or
    /// 26 if that is 0 too.
    pub data_format: u32,
    /// Whole seconds from the sender's start to this connection, as the bits of a signed number: it
    /// is negative if the sender's clock was set back. [`Authority`] compares it as signed.
    ///
    /// [`Authority`]: crate::connection::Authority
    pub runtime: u32,
    /// The class, without its NUL. `None` if it is absent (as from Broccoli), empty if there is
    /// only a NUL (as from Bro). Bytes after a NUL in it are not sent.
    pub class: Option<Bytes>,
}

impl Version {
    /// The protocol version of this crate.
    pub const PROTOCOL: u32 = 7;
    /// The newest data format, that of Bro 2.5.
    pub const DATA_FORMAT: u32 = DataFormat::V26.number();

    /// Returns the releases of Bro whose VERSION announces this protocol and data format, as in
    /// `2.3/2.4`; `None` if there are none.
    ///
    /// Bro 2.6 announces the data format of 2.5, but encodes log values differently.
    pub const fn releases(protocol: u32, data_format: u32) -> Option<&'static str> {
        match (protocol, DataFormat::from_number(data_format)) {
            (6, _) if data_format == 18 => Some("1.5"),
            (Version::PROTOCOL, Some(format)) => Some(format.releases()),
            _ => None,
        }
    }
}

/// The argument of PING and PONG, `ping_args` (§2.7, §2.8).
///
/// Times are in seconds: since 1970, or durations. §2 defines which.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PingArgs {
    /// The sequence number of the PING.
    pub seq: u32,
    /// When the PING was issued, by the sender's clock.
    pub time1: f64,
    /// When the PING was sent to the network, by the sender's clock; on return, the round trip.
    pub time2: f64,
    /// When the PING arrived, by the receiver's clock; in a PONG, the time spent in the receiver.
    pub time3: f64,
    /// The layout on the wire. A PONG has that of its PING.
    pub layout: PingLayout,
}

/// The layout of [`PingArgs`] on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum PingLayout {
    /// 32 bytes, with four bytes of padding after `seq`: 64-bit builds. The padding is ignored on
    /// receipt because a Bro leaves it uninitialized.
    #[default]
    Padded32,
    /// 28 bytes without padding: 32-bit builds.
    Compact28,
}

/// The argument of SYNC_POINT (§2.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SyncPoint {
    /// The point that the sender has reached.
    Point(u32),
    /// The end of the sender's trace, 0xffff_ffff on the wire.
    Final,
}

impl SyncPoint {
    /// The final point on the wire.
    const FINAL: u32 = u32::MAX;

    pub(super) fn from_u32(count: u32) -> Self {
        match count {
            Self::FINAL => SyncPoint::Final,
            count => SyncPoint::Point(count),
        }
    }

    pub(super) fn to_u32(self) -> u32 {
        match self {
            SyncPoint::Point(count) => count,
            SyncPoint::Final => Self::FINAL,
        }
    }
}

/// A set of capabilities, the argument of CAPS (§2.9).
///
/// Unknown flags are kept. A peer that has not sent CAPS has none.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Caps(u32);

impl Caps {
    /// No capability.
    pub const NONE: Caps = Caps(0);
    /// The sender can decompress (§1.5).
    pub const COMPRESSION: Caps = Caps(1);
    /// The sender keeps no incoming cache, so references must not be sent to it (part 2 §5).
    pub const NO_CACHING: Caps = Caps(2);
    /// The sender understands object ids of 64 bits.
    pub const PID_64BIT: Caps = Caps(4);
    /// The sender uses the newer strategy for its incoming cache.
    pub const NEW_CACHE_STRATEGY: Caps = Caps(8);
    /// The sender is Broccoli.
    pub const BROCCOLI_PEER: Caps = Caps(16);
    /// The capabilities of Bro: 13.
    pub const BRO: Caps = Caps::COMPRESSION.union(Caps::PID_64BIT).union(Caps::NEW_CACHE_STRATEGY);

    const NAMES: [(Caps, &str); 5] = [
        (Caps::COMPRESSION, "COMPRESSION"),
        (Caps::NO_CACHING, "NO_CACHING"),
        (Caps::PID_64BIT, "PID_64BIT"),
        (Caps::NEW_CACHE_STRATEGY, "NEW_CACHE_STRATEGY"),
        (Caps::BROCCOLI_PEER, "BROCCOLI_PEER"),
    ];

    /// Creates a set from these flags.
    pub const fn from_bits(bits: u32) -> Self {
        Caps(bits)
    }

    /// Returns the flags.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Returns whether the set contains all of `other`.
    #[inline]
    pub const fn contains(self, other: Caps) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the union of both sets.
    #[must_use]
    pub const fn union(self, other: Caps) -> Self {
        Caps(self.0 | other.0)
    }
}

impl BitOr for Caps {
    type Output = Caps;

    fn bitor(self, other: Caps) -> Caps {
        self.union(other)
    }
}

impl BitOrAssign for Caps {
    fn bitor_assign(&mut self, other: Caps) {
        *self = self.union(other);
    }
}

impl fmt::Debug for Caps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0;
        let mut separator = "";
        f.write_str("Caps(")?;
        for (flag, name) in Caps::NAMES {
            if self.contains(flag) {
                write!(f, "{separator}{name}")?;
                separator = " | ";
                left &= !flag.0;
            }
        }
        if left != 0 {
            write!(f, "{separator}{left:#x}")?;
        }
        f.write_str(")")
    }
}

// Arguments that are lists of NUL-terminated strings: REQUEST_EVENTS and REMOTE_PRINT.
//
// Both are stored as on the wire without the last NUL. So receiving one needs no allocation, and a
// missing last NUL is accepted.

/// The names of a REQUEST_EVENTS (§2.3).
///
/// A list, not a set: order and repetitions are as received.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EventNames(Bytes);

impl EventNames {
    /// Returns the names in order. Empty ones are skipped: they remain when a Bro reads a chunk
    /// stored under compression (§1.5).
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|byte| *byte == 0).filter(|name| !name.is_empty())
    }

    /// Returns whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    pub(super) fn from_argument(argument: Bytes) -> Self {
        EventNames(without_last_nul(argument))
    }

    /// Returns the argument without its last NUL.
    pub(super) fn as_argument(&self) -> &[u8] {
        &self.0
    }
}

impl<N: AsRef<[u8]>> FromIterator<N> for EventNames {
    /// Collects names. Drops empty names, and everything after a NUL in a name.
    fn from_iter<I: IntoIterator<Item = N>>(names: I) -> Self {
        let mut argument = BytesMut::new();
        for name in names {
            let name = until_nul(name.as_ref());
            if !name.is_empty() {
                push(&mut argument, name);
            }
        }
        EventNames::from_argument(argument.freeze())
    }
}

impl fmt::Debug for EventNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Escaped)).finish()
    }
}

/// Prints to files, the argument of REMOTE_PRINT (§2.12).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PrintItems(Bytes);

/// One print statement of a REMOTE_PRINT (§2.12).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PrintItem<'a> {
    /// The name of the file that was printed to, `/dev/stdout` for standard output.
    pub file: &'a [u8],
    /// The printed text, without its newline, with unprintable bytes as `\xHH`.
    pub text: &'a [u8],
}

impl PrintItems {
    /// Returns the items in the order in which they were printed.
    pub fn iter(&self) -> impl Iterator<Item = PrintItem<'_>> {
        let mut strings = self.0.split(|byte| *byte == 0);
        // An empty argument has no item, but `split` returns one empty string for it.
        std::iter::from_fn(move || {
            let file = strings.next()?;
            let text = strings.next()?;
            Some(PrintItem { file, text })
        })
    }

    /// Returns whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the items, or `None` if the last file name has no text.
    pub(crate) fn from_argument(argument: Bytes) -> Option<Self> {
        let items = PrintItems(without_last_nul(argument));
        let nuls = items.0.iter().filter(|byte| **byte == 0).count();
        (nuls % 2 == 1).then_some(items)
    }

    /// Returns the argument without its last NUL.
    pub(super) fn as_argument(&self) -> &[u8] {
        &self.0
    }
}

impl<'a> FromIterator<PrintItem<'a>> for PrintItems {
    /// Collects items. Drops everything after a NUL in a string.
    fn from_iter<I: IntoIterator<Item = PrintItem<'a>>>(items: I) -> Self {
        let mut argument = BytesMut::new();
        for item in items {
            push(&mut argument, until_nul(item.file));
            push(&mut argument, until_nul(item.text));
        }
        PrintItems(without_last_nul(argument.freeze()))
    }
}

impl fmt::Debug for PrintItems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for PrintItem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrintItem")
            .field("file", &Escaped(self.file))
            .field("text", &Escaped(self.text))
            .finish()
    }
}

/// Shows bytes as a string literal.
struct Escaped<'a>(&'a [u8]);

impl fmt::Debug for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// Returns the part before the first NUL, as a C program reads it.
pub(super) fn until_nul(string: &[u8]) -> &[u8] {
    string.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn push(argument: &mut BytesMut, string: &[u8]) {
    argument.extend_from_slice(string);
    argument.extend_from_slice(&[0]);
}

fn without_last_nul(mut argument: Bytes) -> Bytes {
    if argument.last() == Some(&0) {
        argument.truncate(argument.len() - 1);
    }
    argument
}
