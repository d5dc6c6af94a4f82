//! What each side has said about itself and asked of the other.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::SyncRequest;
use crate::data::Name;
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
