//! Sending prints to peers (§2.12, §6).

use std::sync::Arc;

use super::super::batch::print_item;
use super::super::log::CommLogLine;
use super::super::{PeerId, PingStatistics};
use super::{NodeMachine, RaiseError, Raised};
use crate::Time;
use crate::connection::PRINT_HOOK;

impl NodeMachine {
    /// Sends a print to a file, without the newline, to every peer in phase Running that has
    /// requested `print_hook`, in batches of up to [`PRINT_BATCH`](super::super::PRINT_BATCH) bytes
    /// or [`BATCH_DELAY`](super::super::BATCH_DELAY) (§6). Standard output is `/dev/stdout`.
    /// Nothing is printed locally.
    ///
    /// A batch is lost with the connection, unless this node closes it, which sends the batch
    /// first.
    ///
    /// # Errors
    /// [`RaiseError::Full`], only with [`Overflow::Block`](super::super::Overflow::Block).
    pub fn print(&mut self, file: &[u8], text: &[u8], now: Time) -> Result<Raised, RaiseError> {
        self.feed_time(now);
        if let Some(peer) = self.hindrance(PRINT_HOOK, None) {
            return Err(RaiseError::Full(peer.id()));
        }
        let (mut raised, mut item) = (Raised::default(), None);
        let peers = self.subscribers.of(PRINT_HOOK).map(Arc::clone);
        for id in peers.iter().flat_map(|peers| peers.iter().copied()) {
            if !self.is_running(id) {
                continue;
            }
            if !self.admit(id, || CommLogLine::PrintsDropped { incoming: false, number: 1 }) {
                raised.dropped += 1;
                continue;
            }
            let item = item.get_or_insert_with(|| print_item(file, text));
            self.batch_print(id, item);
            raised.peers += 1;
        }
        Ok(raised)
    }

    /// Returns the statistics of a peer's answers to our PINGs, over all its connections (§2.8).
    pub fn ping_statistics(&self, id: PeerId) -> Option<PingStatistics> {
        Some(self.find(id)?.pings.as_deref().copied().unwrap_or_default())
    }
}
