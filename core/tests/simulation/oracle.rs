//! The expected events from one node to one of its peers.

use std::collections::{BTreeMap, BTreeSet};

use super::Who;

/// Identifies an event: the node that raised it, and its number there.
pub type What = (usize, u64);

/// All events that a node raised or forwarded for one of its peers, in order.
///
/// A peer to which the node reconnects is the same peer with the same stream.
#[derive(Default)]
pub struct Stream {
    entries: Vec<Entry>,
    /// For each connection, the position before which every event was delivered or must no longer
    /// arrive. Data that has arrived may be read after the next connection is up.
    cursors: BTreeMap<u32, usize>,
    /// The number of connections that have reached Running.
    pub runs: u32,
    delivered: usize,
}

struct Entry {
    what: What,
    name: &'static str,
    /// The connection over which it must arrive, counted like `runs`.
    run: u32,
    /// Raised while the peer was disconnected.
    away: bool,
    /// Whether it is uncertain that the peer receives it.
    maybe: bool,
    delivered: bool,
}

/// Why an event may be missing on one connection.
pub struct Excuses {
    /// The connection, counted like `runs`.
    pub run: u32,
    /// The events that the receiver requested.
    pub requests: BTreeSet<Vec<u8>>,
    /// The receiver does not accept input.
    pub deaf: bool,
    /// The sender or the receiver drops the oldest events.
    pub drops_oldest: bool,
    /// The receiver drops the newest events. (If the sender does, `raise` reports it.)
    pub receiver_drops_newest: bool,
    /// The receiver drops events because of what other peers have in its queue.
    pub receiver_is_full: bool,
    /// How many events are kept while the peer is disconnected.
    pub keeps: usize,
}

impl Stream {
    /// Adds an event that the peer must receive over the current connection.
    pub fn sent(&mut self, what: What, name: &'static str, maybe: bool) {
        self.entries.push(Entry {
            what,
            name,
            run: self.runs,
            away: false,
            maybe,
            delivered: false,
        });
    }

    /// Adds an event that is kept for the next connection.
    pub fn kept(&mut self, what: What, name: &'static str, maybe: bool) {
        self.entries.push(Entry {
            what,
            name,
            run: self.runs + 1,
            away: true,
            maybe,
            delivered: false,
        });
    }

    /// Records that an event was delivered.
    pub fn delivered(&mut self, what: What, excuses: &Excuses) -> Result<(), String> {
        if excuses.deaf {
            return Err(format!("{what:?} was delivered to a node that does not accept input"));
        }
        let cursor = self.cursor(excuses);
        let Some(at) = self.entries.iter().position(|entry| entry.what == what) else {
            return Err(format!("{what:?} was delivered without being sent"));
        };
        if at < cursor || self.entries[at].delivered {
            return Err(format!("{what:?} was delivered twice or out of order"));
        }
        for skipped in cursor..at {
            self.check_missing(skipped, excuses)?;
        }
        let entry = &self.entries[at];
        if entry.run > excuses.run {
            return Err(format!("{what:?} was delivered before it was sent"));
        }
        if !excuses.requests.contains(entry.name.as_bytes()) {
            return Err(format!("{what:?} was delivered without being requested"));
        }
        self.entries[at].delivered = true;
        self.cursors.insert(excuses.run, at + 1);
        self.delivered += 1;
        Ok(())
    }

    /// Checks that no event is missing that must arrive over the current connection.
    pub fn complete(&self, excuses: &Excuses) -> Result<(), String> {
        (self.cursor(excuses)..self.entries.len())
            .try_for_each(|at| self.check_missing(at, excuses))
    }

    fn cursor(&self, excuses: &Excuses) -> usize {
        self.cursors.get(&excuses.run).copied().unwrap_or_default()
    }

    fn check_missing(&self, at: usize, excuses: &Excuses) -> Result<(), String> {
        let entry = &self.entries[at];
        let before = self.entries[..at].iter().any(|other| other.run == entry.run);
        let after = || self.entries[at + 1..].iter().filter(|other| other.run == entry.run);
        let justified = entry.delivered
            || entry.run < excuses.run
            || entry.maybe
            || excuses.deaf
            || !excuses.requests.contains(entry.name.as_bytes())
            || excuses.drops_oldest && after().count() > 0
            || excuses.receiver_drops_newest && before
            || excuses.receiver_is_full
            || entry.away && after().filter(|other| other.away).count() >= excuses.keeps;
        if justified {
            Ok(())
        } else {
            let Entry { what, name, run, away, .. } = entry;
            Err(format!("{what:?} ({name}) is lost: run {run} of {}, away: {away}", self.runs))
        }
    }

    /// Returns the number of missing events if all of them had to arrive over the only connection
    /// that there was.
    pub fn missing(&self) -> Option<usize> {
        let only = self.runs == 1 && !self.entries.iter().any(|entry| entry.maybe || entry.away);
        only.then(|| self.entries.len() - self.delivered)
    }
}

/// The events that one application has received.
#[derive(Default)]
pub struct Seen {
    events: BTreeSet<What>,
}

impl Seen {
    /// Records an event. With only one path, no event arrives twice or returns to its origin.
    pub fn event(&mut self, who: Who, what: What) -> Result<(), String> {
        if what.0 == who.serial {
            return Err(format!("{what:?} came back to where it was raised"));
        }
        if self.events.insert(what) { Ok(()) } else { Err(format!("{what:?} came twice")) }
    }
}
