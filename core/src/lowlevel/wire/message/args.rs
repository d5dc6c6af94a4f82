//! Arguments with a fixed layout: VERSION, PING and PONG, SYNC_POINT.

use bytes::Bytes;

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
