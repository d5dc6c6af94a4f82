//! What each side of a connection has announced, and the counters.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::connection::SyncRequest;
use crate::data::Name;
use crate::serial::CacheCounters;
use crate::wire;
use crate::wire::{Caps, Compression, Version};

/// What the peer has announced and requested so far.
#[derive(Debug, Default)]
pub(super) struct Peer {
    pub(super) version: Option<Version>,
    /// Empty until CAPS arrive (§2.9).
    pub(super) caps: Caps,
    pub(super) description: Option<Name>,
    /// The events it has requested.
    pub(super) events: BTreeSet<Name>,
    /// The size of their names, for
    /// [`ConnectionConfig::requests_limit`](crate::connection::ConnectionConfig::requests_limit).
    pub(super) events_size: usize,
    pub(super) sync: Option<SyncRequest>,
    pub(super) logs: bool,
    /// Whether its PHASE_DONE of the handshake has arrived.
    pub(super) phase_done: bool,
}

/// What we have requested and announced so far.
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
    /// Announcements of log writers to send later.
    pub(super) writers: Vec<Bytes>,
    /// Whether we have logged that IPv6 addresses are unset for this peer.
    pub(super) values_unset: bool,
}

/// The counters of a connection. Counters of several connections can be added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Received bytes and messages.
    pub input: wire::FramingCounters,
    /// Bytes and messages queued for sending.
    pub output: wire::FramingCounters,
    /// Received objects and references.
    pub read: CacheCounters,
    /// Objects and references queued for sending.
    pub written: CacheCounters,
    /// Events delivered.
    pub events_received: u64,
    /// Log entries delivered.
    pub log_entries_received: u64,
    /// Calls dropped because they match no declaration (§5).
    pub calls_rejected: u64,
    /// Operations on state delivered.
    pub accesses_received: u64,
    /// SERIALs decoded and dropped because the peer's input is not accepted or its state was not
    /// requested (§3.4, §4).
    pub discarded: u64,
    /// Events queued for sending.
    pub events_sent: u64,
    /// Operations on state queued for sending.
    pub accesses_sent: u64,
    /// Events and operations on state that were not sent because the connection was not Running
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
        self.log_entries_received += other.log_entries_received;
        self.calls_rejected += other.calls_rejected;
        self.accesses_received += other.accesses_received;
        self.discarded += other.discarded;
        self.events_sent += other.events_sent;
        self.accesses_sent += other.accesses_sent;
        self.not_running += other.not_running;
    }
}
