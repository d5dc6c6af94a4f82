//! Counters of events to and from a Zeek.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::ledger::{Balance, KILLED, Ledger};
use crate::failure::{Failure, failed, misused, reason, warn};

type Labels = [(&'static str, String); 2];

/// Counters by target. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    events: Family<Labels, Counter>,
    lost: Family<Labels, Counter>,
    connected: Family<[(&'static str, String); 1], Gauge>,
    all: Arc<Mutex<All>>,
}

#[derive(Debug, Default)]
struct All {
    targets: BTreeMap<String, Target>,
    /// The file to which the balances are written, if any.
    ledger: Option<Ledger>,
}

/// The counters that have been used, so that they are found without creating labels.
#[derive(Debug, Default)]
struct Target {
    events: BTreeMap<&'static str, Counter>,
    lost: BTreeMap<&'static str, Counter>,
    balance: Balance,
}

impl Counts {
    /// Writes the balance of events to a file from now on, and counts events that the previous
    /// process left unsettled in it.
    pub(crate) fn keep(&self, file: &Path) -> Result<(), Failure> {
        let (ledger, left) = Ledger::open(file).map_err(|error| {
            misused(format_args!("--counts {}: {}", file.display(), reason(&error)))
        })?;
        self.all().ledger = Some(ledger);
        for (target, number) in left.into_iter().filter(|(_, number)| *number > 0) {
            warn(format_args!(
                "{target}: the last bridge was killed with {number} events that were not passed on"
            ));
            self.lose(&target, KILLED, number);
        }
        Ok(())
    }

    /// Counts events by what happened to them.
    pub(crate) fn add(&self, target: &str, what: &'static str, number: u64) {
        let balance = |balance: &mut Balance| balance.count(what, number);
        self.inc(target, what, number, |target| &mut target.events, &self.events, "what", balance);
    }

    /// Counts lost events, by reason.
    pub(crate) fn lose(&self, target: &str, reason: &'static str, number: u64) {
        let balance = |balance: &mut Balance| balance.lose(reason, number);
        self.inc(target, reason, number, |target| &mut target.lost, &self.lost, "reason", balance);
    }

    #[expect(clippy::too_many_arguments, reason = "the two callers differ in pairs of arguments")]
    fn inc(
        &self,
        name: &str,
        value: &'static str,
        number: u64,
        of: impl Fn(&mut Target) -> &mut BTreeMap<&'static str, Counter>,
        family: &Family<Labels, Counter>,
        label: &'static str,
        balance: impl Fn(&mut Balance),
    ) {
        if number == 0 {
            return;
        }
        let mut all = self.all();
        let All { targets, ledger } = &mut *all;
        if !targets.contains_key(name) {
            targets.insert(name.to_owned(), Target::default());
        }
        let Some(target) = targets.get_mut(name) else { return };
        let made = || {
            let labels = [("target", name.to_owned()), (label, value.to_owned())];
            family.get_or_create(&labels).clone()
        };
        of(target).entry(value).or_insert_with(made).inc_by(number);
        let before = target.balance;
        balance(&mut target.balance);
        if let Some(file) = ledger.as_mut().filter(|_| before != target.balance) {
            let balances = targets.iter().map(|(name, target)| (name.as_str(), target.balance));
            if let Err(error) = file.write(balances) {
                *ledger = None;
                let _ = failed(format_args!("--counts: no longer written: {}", reason(&error)));
            }
        }
    }

    pub(crate) fn connected(&self, target: &str, is_connected: bool) {
        let labels = [("target", target.to_owned())];
        self.connected.get_or_create(&labels).set(is_connected.into());
    }

    /// Returns all counts of a target on one line.
    pub(crate) fn line(&self, target: &str) -> String {
        let all = self.all();
        let Some(target) = all.targets.get(target) else { return "no events".to_owned() };
        let events = target.events.iter().map(|(what, count)| format!("{what} {}", count.get()));
        let lost = target.lost.iter().map(|(why, count)| format!("lost ({why}) {}", count.get()));
        events.chain(lost).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "zeek_events",
            "Events from and to a Zeek, by what happened to them",
            self.events.clone(),
        );
        registry.register(
            "zeek_lost",
            "Events from and to a Zeek that were not passed, by reason",
            self.lost.clone(),
        );
        registry.register("zeek_connected", "Whether a Zeek is connected", self.connected.clone());
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
