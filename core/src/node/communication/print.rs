//! Prints of our own, on their way to peers (§2.12, §6).

use std::sync::Arc;

use super::super::PeerId;
use super::super::log::LogLine;
use super::{Communication, RaiseError, Raised};
use crate::Time;
use crate::connection::PRINT_HOOK;
use crate::services::PingStatistics;

impl Communication {
    /// Prints to a file, without the newline: for every peer that is Running and has requested
    /// `print_hook`, in batches of [`PRINT_BATCH`](crate::services::PRINT_BATCH) bytes or what
    /// [`PRINT_DELAY`](crate::services::PRINT_DELAY) brings (§6). Standard output is `/dev/stdout`.
    /// Nothing is printed here.
    ///
    /// A batch is lost with the connection, but for a close of our own, which sends it.
    ///
    /// # Errors
    /// [`RaiseError::Full`], with [`Overflow::Block`](super::super::Overflow::Block) only.
    pub fn print(&mut self, file: &[u8], text: &[u8], now: Time) -> Result<Raised, RaiseError> {
        self.feed_time(now);
        if let Some(peer) = self.hindrance(PRINT_HOOK, None) {
            return Err(RaiseError::Full(peer));
        }
        let mut raised = Raised::default();
        let peers = self.subscribers.get(PRINT_HOOK).map(Arc::clone);
        for id in peers.iter().flat_map(|peers| peers.iter().copied()) {
            if !self.is_running(id) {
                continue;
            }
            if !self.admit(id, || LogLine::PrintsDropped { incoming: false, number: 1 }) {
                raised.dropped += 1;
                continue;
            }
            let now = self.now;
            if let Some(peer) = self.peers.get_mut(&id) {
                peer.batches.prints.get_or_insert_with(Box::default).print(file, text, now);
                raised.peers += 1;
            }
            self.send_batches(id);
        }
        Ok(raised)
    }

    /// Returns what a peer's answers to our PINGs sum up to, over all its connections (§2.8).
    pub fn ping_statistics(&self, id: PeerId) -> Option<PingStatistics> {
        Some(self.peers.get(&id)?.pings.as_deref().copied().unwrap_or_default())
    }
}
