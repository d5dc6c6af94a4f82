//! Serialization modes, derived from the receiver's capabilities and the writer's phase, and the
//! limits for reading (2§12).
//! limits for reading (2§12).

use crate::wire::{Caps, DataFormat};

/// The encoding of object ids and the use of the cache; both sides derive the same mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mode {
    /// Whether object ids are 64 bits wide rather than 32 (2§3).
    pub pid_64bit: bool,
    /// The use of the object cache (2§5).
    pub caching: Caching,
    /// Whether the receiver is Broccoli, to which attributes are sent without expressions (2§4).
    pub to_broccoli: bool,
    /// The data format of the connection.
    pub data_format: DataFormat,
}

/// The use of the object cache (2§5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caching {
    /// Nothing: every object is written in full, with id 0.
    None,
    /// Keeps all objects in one list.
    Single,
    /// Keeps types and other long-lived objects in a list separate from values.
    Stable,
}

impl Mode {
    /// Up to the end of the Sync phase, to a peer without `NO_CACHING`.
    pub const HANDSHAKE: Mode = Mode {
        pid_64bit: false,
        caching: Caching::Single,
        to_broccoli: false,
        data_format: DataFormat::V26,
    };
    /// In Running, between two Bros.
    pub const RUNNING: Mode = Mode {
        pid_64bit: true,
        caching: Caching::Stable,
        to_broccoli: false,
        data_format: DataFormat::V26,
    };

    /// Derives the mode, in data format 26, from the capabilities of both sides and from whether
    /// the writer's side of the connection is in phase Running (2§3, 2§5).
    ///
    /// Changes of the encoding require both sides: Broccoli announces neither 64-bit ids nor the
    /// new strategy, and writes accordingly, even if the receiving Bro supports them. Only the
    /// receiver decides whether objects are cached.
    pub fn new(writer: Caps, receiver: Caps, writer_running: bool) -> Mode {
        let both = |cap| writer_running && writer.contains(cap) && receiver.contains(cap);
        let caching = if receiver.contains(Caps::NO_CACHING) {
            Caching::None
        } else if both(Caps::NEW_CACHE_STRATEGY) {
            Caching::Stable
        } else {
            Caching::Single
        };
        let to_broccoli = receiver.contains(Caps::BROCCOLI_PEER);
        Mode { pid_64bit: both(Caps::PID_64BIT), caching, to_broccoli, ..Mode::HANDSHAKE }
    }

    /// Returns the mode with this data format. [`new`](Self::new) returns modes of format 26.
    #[must_use]
    pub const fn with_data_format(self, data_format: DataFormat) -> Mode {
        Mode { data_format, ..self }
    }

    /// Returns a number that no other mode has.
    pub(super) const fn number(self) -> u32 {
        let Mode { pid_64bit, caching, to_broccoli, data_format } = self;
        u32::from_le_bytes([pid_64bit as u8, to_broccoli as u8, caching as u8, data_format as u8])
    }

    pub(super) const fn stable(self) -> bool {
        matches!(self.caching, Caching::Stable)
    }
}

/// Limits on the resources for one SERIAL message and the object cache.
///
/// The size of a SERIAL is limited where messages are assembled
/// ([`wire::FramingLimits`](crate::wire::FramingLimits)). The claimed size of a container is
/// checked against the remaining bytes before anything is allocated, so containers need no limit of
/// their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReaderLimits {
    /// The maximum nesting of objects, including referenced ones. Default 64; the deepest recorded
    /// from Bro, a `connection` with all its types, is 13.
    pub depth: u32,
    /// The maximum number of objects in one SERIAL message. Unset fields and elements count; a
    /// reference counts as all objects that it refers to (as one for the type of a value). Default
    /// 8,000,000. Each object that is actually present takes about 50 bytes of memory.
    pub objects: u32,
    /// The maximum number of entries in each list of the cache, even if the peer announces more or
    /// 0 (no bound). Default 10,000; Bro announces 3000, Broccoli 1000.
    ///
    /// A peer that announces and uses more is disconnected because of an unknown reference.
    pub cache: u32,
    /// The maximum memory kept alive by the cache in bytes, estimated: the chunks of its values,
    /// and its other content. Default 64 MiB; all recordings need less than 4 MiB.
    ///
    /// Above it, the oldest content is evicted early; a peer that then refers to it is disconnected
    /// because of an unknown reference. [`Reader::given_up`](super::Reader::given_up) counts
    /// evicted objects.
    pub cache_bytes: u64,
}

impl Default for ReaderLimits {
    fn default() -> ReaderLimits {
        ReaderLimits { depth: 64, objects: 8_000_000, cache: 10_000, cache_bytes: 64 << 20 }
    }
}
