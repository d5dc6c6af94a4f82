//! Events from a Zeek to peers.

use std::sync::Arc;

use brocomm::data::Event;
use brocomm_tokio::Node;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::target::Prepared;
use crate::zeek::counts::Counts;

/// Starts raising events. Returns the sender for them, and the task, which ends when the sender is
/// dropped.
///
/// Peers may be slow, but Zeek must be read all the time, so events wait here, up to the limit of
/// the target's queue.
pub(super) fn start(
    node: Node,
    target: Arc<Prepared>,
    counts: Counts,
) -> (mpsc::Sender<Event>, JoinHandle<()>) {
    let (sender, mut receiver) = mpsc::channel::<Event>(target.target.queue.bound.events.max(1));
    let task = tokio::spawn(async move {
        while let Some(event) = receiver.recv().await {
            match node.raise(event).await {
                Ok(raised) if raised.peers + raised.kept > 0 => {
                    counts.add(&target.name, "delivered", 1);
                }
                Ok(raised) if raised.dropped > 0 => {
                    counts.lose(&target.name, "bro_queue_full", 1);
                }
                Ok(_) => counts.lose(&target.name, "no_peer", 1),
                Err(error) => {
                    counts.lose(&target.name, "type", 1);
                    target.warn_once("raise", format_args!("{error}"));
                }
            }
        }
    });
    (sender, task)
}
