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
    all: Arc<Mutex<BTreeMap<String, Target>>>,
}

/// The counters that were used once, which are found without making their labels.
#[derive(Debug, Default)]
struct Target {
    events: BTreeMap<&'static str, Counter>,
    lost: BTreeMap<&'static str, Counter>,
}

impl Counts {
    /// Counts events of which this became.
    pub(crate) fn add(&self, target: &str, what: &'static str, number: u64) {
        self.inc(target, what, number, |target| &mut target.events, &self.events, "what");
    }

    /// Counts events that are lost, and why.
    pub(crate) fn lose(&self, target: &str, reason: &'static str, number: u64) {
        self.inc(target, reason, number, |target| &mut target.lost, &self.lost, "reason");
    }

    fn inc(
        &self,
        name: &str,
        value: &'static str,
        number: u64,
        of: impl Fn(&mut Target) -> &mut BTreeMap<&'static str, Counter>,
        family: &Family<Labels, Counter>,
        label: &'static str,
    ) {
        if number == 0 {
            return;
        }
        let mut all = self.all();
        if !all.contains_key(name) {
            all.insert(name.to_owned(), Target::default());
        }
        let Some(target) = all.get_mut(name) else { return };
        let made = || {
            let labels = [("target", name.to_owned()), (label, value.to_owned())];
            family.get_or_create(&labels).clone()
        };
        of(target).entry(value).or_insert_with(made).inc_by(number);
    }

    pub(crate) fn connected(&self, target: &str, is_connected: bool) {
        let labels = [("target", target.to_owned())];
        self.connected.get_or_create(&labels).set(is_connected.into());
    }

    /// Returns all counts of a target on one line.
    pub(crate) fn line(&self, target: &str) -> String {
        let all = self.all();
        let Some(target) = all.get(target) else { return "no events".to_owned() };
        let events = target.events.iter().map(|(what, count)| format!("{what} {}", count.get()));
        let lost = target.lost.iter().map(|(why, count)| format!("lost ({why}) {}", count.get()));
        events.chain(lost).collect::<Vec<_>>().join(", ")
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

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Target>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
