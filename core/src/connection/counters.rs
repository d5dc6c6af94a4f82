//! What a connection has carried.

use crate::serial::CacheCounters;
use crate::wire;

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
