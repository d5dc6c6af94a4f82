//! Counters of notifications that the node itself does not keep.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brocomm::node::LogLevel;
use brocomm::node::{Notification, PeerId};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// Counters of notifications. Clones share the counters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    lines: Family<[(&'static str, &'static str); 1], Counter>,
    connect_failures: Counter,
    /// The latest round-trip time of each connected peer, in seconds.
    pings: Arc<Mutex<BTreeMap<PeerId, f64>>>,
}

impl Tally {
    /// Counts a notification.
    pub(crate) fn note(&self, notification: &Notification) {
        match notification {
            Notification::Log(entry) => {
                let level = if entry.level() == Some(LogLevel::Error) { "error" } else { "info" };
                self.lines.get_or_create(&[("level", level)]).inc();
            }
            Notification::ConnectFailed { .. } => {
                self.connect_failures.inc();
            }
            Notification::Pong { peer, d2, .. } => {
                self.pings().insert(peer.id, *d2);
            }
            Notification::ConnectionClosed { peer, .. } => {
                self.pings().remove(&peer.id);
            }
            _ => {}
        }
    }

    /// Returns the latest round-trip time of a peer, if known.
    pub(super) fn ping(&self, peer: PeerId) -> Option<f64> {
        self.pings().get(&peer).copied()
    }

    fn pings(&self) -> MutexGuard<'_, BTreeMap<PeerId, f64>> {
        self.pings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        // Counters exist before the first count.
        for level in ["error", "info"] {
            let _ = self.lines.get_or_create(&[("level", level)]);
        }
        registry.register("log_lines", "Lines of the communication log", self.lines.clone());
        registry.register(
            "connect_failures",
            "Failed attempts to connect to a peer",
            self.connect_failures.clone(),
        );
    }
}
