//! Who is who, and how far a connection has come (§3).

use std::fmt;

use crate::wire::Caps;

/// Says which side of the TCP connection a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Opened the TCP connection.
    Initiator,
    /// Accepted it.
    Acceptor,
}

impl Role {
    /// Returns the role of the other side.
    pub const fn other(self) -> Role {
        match self {
            Role::Initiator => Role::Acceptor,
            Role::Acceptor => Role::Initiator,
        }
    }
}

/// Says which side of the synchronization a node is (§3.3, §3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SyncRole {
    /// Sends its state.
    Sender,
    /// Receives the peer's state, and sends nothing meanwhile.
    Receiver,
}

impl SyncRole {
    /// Returns the role of the other side.
    pub const fn other(self) -> SyncRole {
        match self {
            SyncRole::Sender => SyncRole::Receiver,
            SyncRole::Receiver => SyncRole::Sender,
        }
    }
}

impl fmt::Display for SyncRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SyncRole::Sender => "sender",
            SyncRole::Receiver => "receiver",
        })
    }
}

/// Says how far a connection has come, as one side sees it (§3).
///
/// ```text
///            VERSION            both PHASE_DONEs, neither requested sync
///   Setup ────────────▶ Handshake ──────────────────────────────▶ Running
///                           │                                        ▲
///                           └─────────────▶ Sync ────────────────────┘
///                             one requested         sender's PHASE_DONE
///   (any) ── either side closes, or a violation ──▶ Closed
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The peer's VERSION has not come (§3.1).
    Setup,
    /// Requests are exchanged (§3.2).
    Handshake,
    /// One side sends its synchronized variables (§3.4).
    Sync(SyncRole),
    /// Everything flows (§3.5).
    Running,
    /// The connection is over (§3.6).
    Closed,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Phase::Setup => f.write_str("Setup"),
            Phase::Handshake => f.write_str("Handshake"),
            Phase::Sync(role) => write!(f, "Sync ({role})"),
            Phase::Running => f.write_str("Running"),
            Phase::Closed => f.write_str("Closed"),
        }
    }
}

/// Returns the capabilities that decide how one direction is serialized (2§3, 2§5).
///
/// 64-bit ids and the newer cache strategy need *both* sides to have announced them. A Bro goes by
/// what the other side announced, whether it writes or reads: it reads 32-bit ids from a Broccoli,
/// which announces none of the two, and takes 64-bit ids from a peer without CAPS for garbage
/// (recordings `broccoli-types-cache`, `fault-events-no-caps`). The rest is the receiver's alone.
pub(super) fn serial_caps(receiver: Caps, writer: Caps) -> Caps {
    let both = Caps::PID_64BIT.union(Caps::NEW_CACHE_STRATEGY);
    Caps::from_bits(receiver.bits() & (writer.bits() | !both.bits()))
}

/// Returns the capabilities that decide how one direction is read.
///
/// The reader's NO_CACHING is left out: what a writer that does not know of it yet, as every one
/// when it sends its `peer_description`, has numbered is kept like anything else.
pub(super) fn reader_caps(reader: Caps, writer: Caps) -> Caps {
    let caps = serial_caps(reader, writer);
    Caps::from_bits(caps.bits() & !Caps::NO_CACHING.bits())
}
