//! The phases of a connection (§3).

use std::fmt;

/// The role in the synchronization (§3.3, §3.4).
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

/// The phase of a connection, as seen by one side (§3).
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
    /// The peer's VERSION has not arrived (§3.1).
    Setup,
    /// Requests are exchanged (§3.2).
    Handshake,
    /// One side sends its synchronized variables (§3.4).
    Sync(SyncRole),
    /// Events, state changes and logs are exchanged (§3.5).
    Running,
    /// The connection is closed (§3.6).
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
