//! Rates: differences of counters over time.

use std::collections::HashMap;

use crate::snapshot::{Counters, Snapshot};

/// What a peer sends and receives per second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Rates {
    pub(crate) events_in: f64,
    pub(crate) events_out: f64,
    pub(crate) bytes_in: f64,
    pub(crate) bytes_out: f64,
}

impl Rates {
    /// Returns the rates between two counts, `seconds` apart.
    pub(crate) fn between(before: &Counters, now: &Counters, seconds: f64) -> Rates {
        // Counters never shrink.
        let rate = |before: u64, now: u64| match seconds > 0.0 {
            true => now.saturating_sub(before) as f64 / seconds,
            false => 0.0,
        };
        Rates {
            events_in: rate(before.events_in, now.events_in),
            events_out: rate(before.events_out, now.events_out),
            bytes_in: rate(before.bytes_in, now.bytes_in),
            bytes_out: rate(before.bytes_out, now.bytes_out),
        }
    }

    /// Returns the rates of each peer that is in both snapshots, by its number.
    pub(crate) fn of_peers(before: &Snapshot, now: &Snapshot) -> HashMap<u64, Rates> {
        let counters = |snapshot: &Snapshot| -> HashMap<u64, Counters> {
            snapshot.peers.iter().filter_map(|peer| Some((peer.id, peer.counters?))).collect()
        };
        let seconds = now.time - before.time;
        let before = counters(before);
        let rates = counters(now)
            .into_iter()
            .filter_map(|(id, now)| Some((id, Rates::between(before.get(&id)?, &now, seconds))));
        rates.collect()
    }
}

/// Formats a rate with three digits and a unit: 0, 7.5, 120, 4.2k.
pub(crate) fn short(rate: f64) -> String {
    let units = ["", "k", "M", "G", "T"];
    scaled(rate, 1000.0, &units)
}

/// Formats bytes per second: 0 B, 1.5 KiB.
pub(crate) fn short_bytes(rate: f64) -> String {
    scaled(rate, 1024.0, &[" B", " KiB", " MiB", " GiB", " TiB"])
}

fn scaled(rate: f64, step: f64, units: &[&str]) -> String {
    let (mut rate, mut unit) = (rate, 0);
    // A value that would be rounded up to the next unit uses that unit.
    while rate >= step - 0.5 && unit + 1 < units.len() {
        rate /= step;
        unit += 1;
    }
    let unit_name = units.get(unit).copied().unwrap_or_default();
    match rate {
        rate if rate < 0.05 => format!("0{unit_name}"),
        rate if rate < 9.95 => format!("{rate:.1}{unit_name}"),
        rate => format!("{rate:.0}{unit_name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Peer;

    #[test]
    fn rates_have_few_digits() {
        for (rate, text, bytes) in [
            (0.0, "0", "0 B"),
            (0.04, "0", "0 B"),
            (7.46, "7.5", "7.5 B"),
            (120.0, "120", "120 B"),
            (999.6, "1.0k", "1000 B"),
            (4_200.0, "4.2k", "4.1 KiB"),
            (1_048_576.0, "1.0M", "1.0 MiB"),
            (1e15, "1000T", "909 TiB"),
        ] {
            assert_eq!((short(rate).as_str(), short_bytes(rate).as_str()), (text, bytes));
        }
    }

    #[test]
    fn only_peers_in_both_snapshots_have_rates() {
        let peer = |id, events_in| Peer {
            id,
            counters: Some(Counters { events_in, ..Counters::default() }),
            ..Peer::default()
        };
        let at = |time, peers| Snapshot { time, peers, ..Snapshot::default() };
        let before = at(10.0, vec![peer(1, 5), peer(2, 100)]);
        let now = at(12.0, vec![peer(1, 25), peer(2, 0), peer(3, 7), Peer::default()]);
        let rates = Rates::of_peers(&before, &now);
        assert_eq!(rates.len(), 2);
        assert_eq!((rates[&1].events_in, rates[&2].events_in), (10.0, 0.0));
        let same_time = Rates::of_peers(&now, &now);
        assert_eq!(same_time[&1], Rates::default());
    }
}
