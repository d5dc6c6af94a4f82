//! What a connection has carried.

use crate::{serial, wire};

/// Counts what a connection has carried so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counters {
    /// What came, as bytes and messages.
    pub input: wire::Counters,
    /// What was queued to be sent, as bytes and messages.
    pub output: wire::Counters,
    /// What came, as objects and references.
    pub read: serial::Counters,
    /// What was queued to be sent, as objects and references.
    pub written: serial::Counters,
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
