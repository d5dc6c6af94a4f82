//! How far a connection has come, what each side has said, and what passed.

use std::collections::BTreeSet;
use std::fmt;

use bytes::Bytes;

use super::SyncRequest;
use crate::data::Name;
use crate::serial::CacheCounters;
use crate::wire;
use crate::wire::{Caps, Compression, Version};

/// Holds what the peer has said so far.
#[derive(Debug, Default)]
pub(super) struct Peer {
    pub(super) version: Option<Version>,
    /// None until CAPS come (§2.9).
    pub(super) caps: Caps,
    pub(super) description: Option<Name>,
    /// The events it has requested.
    pub(super) events: BTreeSet<Name>,
    /// What the names of these take, for [`ConnectionConfig::requests_limit`](super::ConnectionConfig::requests_limit).
    pub(super) events_size: usize,
    pub(super) sync: Option<SyncRequest>,
    pub(super) logs: bool,
    /// Whether its PHASE_DONE of the handshake came.
    pub(super) phase_done: bool,
}

/// Holds what we have asked for so far.
#[derive(Debug, Default)]
pub(super) struct Ours {
    /// The events we have requested.
    pub(super) events: BTreeSet<Name>,
    pub(super) sync: Option<SyncRequest>,
    pub(super) logs: bool,
    pub(super) accept_input: bool,
    pub(super) compression: Option<Compression>,
    /// Whether our PHASE_DONE of the handshake is sent.
    pub(super) phase_done: bool,
    /// Announcements of log writers for which the time has not come.
    pub(super) writers: Vec<Bytes>,
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

/// Counts what a connection has carried so far; the counters of several can be added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// What came, as bytes and messages.
    pub input: wire::Counters,
    /// What was queued to be sent, as bytes and messages.
    pub output: wire::Counters,
    /// What came, as objects and references.
    pub read: CacheCounters,
    /// What was queued to be sent, as objects and references.
    pub written: CacheCounters,
    /// Calls that were delivered.
    pub events_received: u64,
    /// Calls that were dropped because they fit nothing that is declared (§5).
    pub calls_rejected: u64,
    /// Operations on state that were delivered.
    pub accesses_received: u64,
    /// SERIALs that were read and dropped because the peer's input is not accepted, or its state
    /// not requested (§3.4, §4).
    pub discarded: u64,
    /// Calls that were queued to be sent.
    pub events_sent: u64,
    /// Operations on state that were queued to be sent.
    pub accesses_sent: u64,
    /// Calls and operations on state that were not sent because the connection was not Running
    /// (§3.4).
    pub not_running: u64,
}

impl std::ops::AddAssign for Counters {
    fn add_assign(&mut self, other: Counters) {
        self.input += other.input;
        self.output += other.output;
        self.read += other.read;
        self.written += other.written;
        self.events_received += other.events_received;
        self.calls_rejected += other.calls_rejected;
        self.accesses_received += other.accesses_received;
        self.discarded += other.discarded;
        self.events_sent += other.events_sent;
        self.accesses_sent += other.accesses_sent;
        self.not_running += other.not_running;
    }
}
