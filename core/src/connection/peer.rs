//! The announcements and requests of both sides.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::SyncRequest;
use crate::data::Name;
use crate::wire::{Caps, Compression, Version};

/// What the peer has announced so far.
#[derive(Debug, Default)]
pub(super) struct Peer {
    pub(super) version: Option<Version>,
    /// None until CAPS arrive (§2.9).
    pub(super) caps: Caps,
    pub(super) description: Option<Name>,
    /// The events it has requested.
    pub(super) events: BTreeSet<Name>,
    /// The size of their names, for
    /// [`ConnectionConfig::requests_limit`](super::ConnectionConfig::requests_limit).
    pub(super) events_size: usize,
    pub(super) sync: Option<SyncRequest>,
    pub(super) logs: bool,
    /// Whether its PHASE_DONE of the handshake has arrived.
    pub(super) phase_done: bool,
}

/// What we have requested so far.
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
}
