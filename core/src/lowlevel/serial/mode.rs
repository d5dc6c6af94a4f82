//! How a serialization is written, as the receiver's capabilities and the writer's phase have it.

use crate::wire::Caps;

/// How object ids are written and what the cache does; both sides derive the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mode {
    /// Whether object ids are 64 bits wide rather than 32 (2§3).
    pub pid_64bit: bool,
    /// What the object cache does (2§5).
    pub caching: Caching,
    /// Whether the receiver is a Broccoli, to which attributes go without their expressions (2§4).
    pub to_broccoli: bool,
}

/// What the object cache does (2§5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caching {
    /// Nothing: every object is written in full, with id 0.
    None,
    /// Keeps all objects in one list.
    Single,
    /// Keeps types and other lasting objects in a list of their own, apart from values.
    Stable,
}

impl Mode {
    /// Up to the end of the Sync phase, to a peer without `NO_CACHING`.
    pub const HANDSHAKE: Mode =
        Mode { pid_64bit: false, caching: Caching::Single, to_broccoli: false };
    /// In Running, between two Bros.
    pub const RUNNING: Mode =
        Mode { pid_64bit: true, caching: Caching::Stable, to_broccoli: false };

    /// Derives the mode from what both sides announced and from whether the connection is Running
    /// on the writer's side (2§3, 2§5).
    ///
    /// What changes the encoding needs both: a Broccoli announces neither 64-bit ids nor the new
    /// strategy, and writes as it announces, whatever the Bro it writes to can read. That nothing
    /// is cached is for the receiver alone to say.
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
        Mode { pid_64bit: both(Caps::PID_64BIT), caching, to_broccoli }
    }

    pub(super) const fn stable(self) -> bool {
        matches!(self.caching, Caching::Stable)
    }
}
