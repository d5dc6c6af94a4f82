//! What is counted of events that go to a Zeek and come from one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

type Labels = [(&'static str, String); 2];

/// Counts by target. All clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    events: Family<Labels, Counter>,
    lost: Family<Labels, Counter>,
    connected: Family<[(&'static str, String); 1], Gauge>,
    /// The same once more, for the line at the end.
    all: Arc<Mutex<BTreeMap<(String, String), u64>>>,
}

impl Counts {
    /// Counts events of which this became.
    pub(crate) fn add(&self, target: &str, what: &'static str, number: u64) {
        if number > 0 {
            let labels = [("target", target.to_owned()), ("what", what.to_owned())];
            self.events.get_or_create(&labels).inc_by(number);
            *self.all().entry((target.to_owned(), what.to_owned())).or_default() += number;
        }
    }

    /// Counts events that are lost, and why.
    pub(crate) fn lose(&self, target: &str, reason: &'static str, number: u64) {
        if number > 0 {
            let labels = [("target", target.to_owned()), ("reason", reason.to_owned())];
            self.lost.get_or_create(&labels).inc_by(number);
            *self.all().entry((target.to_owned(), format!("lost ({reason})"))).or_default() +=
                number;
        }
    }

    pub(crate) fn connected(&self, target: &str, is_connected: bool) {
        let labels = [("target", target.to_owned())];
        self.connected.get_or_create(&labels).set(is_connected.into());
    }

    /// Returns all counts of a target on one line.
    pub(crate) fn line(&self, target: &str) -> String {
        let all = self.all();
        let own = all.iter().filter(|((of, _), _)| of == target);
        let counts: Vec<String> =
            own.map(|((_, what), number)| format!("{what} {number}")).collect();
        if counts.is_empty() { "no events".to_owned() } else { counts.join(", ") }
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "zeek_events",
            "Events from and to a Zeek, by what became of them",
            self.events.clone(),
        );
        registry.register(
            "zeek_lost",
            "Events from and to a Zeek that were not carried over, by reason",
            self.lost.clone(),
        );
        registry.register("zeek_connected", "Whether a Zeek is connected", self.connected.clone());
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<(String, String), u64>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
