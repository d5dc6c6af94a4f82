//! Counters over time, in bounded memory.

use std::time::Duration;

use brocomm::lowlevel::connection::{Observer, ObserverCounters};
use serde::Serialize;

use super::super::side::SIDES;

/// The maximum number of samples.
const MOST: usize = 2048;

/// The counters of a session over time. Counters only grow, so fewer samples only lower the
/// resolution.
#[derive(Debug, Default)]
pub(super) struct Samples {
    samples: Vec<Sample>,
    /// The minimum time between two samples.
    interval: Duration,
    /// The time of the last input.
    last: Duration,
}

/// The counters of both sides at a time.
#[derive(Debug, Clone, Copy, Serialize)]
struct Sample(f64, [[u64; 5]; 2]);

impl Samples {
    /// Takes a sample if enough time has passed since the last one.
    pub(super) fn take(&mut self, time: Duration, observer: &Observer) {
        self.add(time, || counters(observer));
    }

    /// Returns all samples. The last one has the counters at the end of the session.
    pub(super) fn all(&mut self, observer: &Observer) -> impl Serialize + use<> {
        let last = Sample(self.last.as_secs_f64(), counters(observer));
        let mut all = std::mem::take(&mut self.samples);
        all.pop_if(|sample| sample.0 >= last.0);
        all.push(last);
        all
    }

    fn add(&mut self, time: Duration, counters: impl FnOnce() -> [[u64; 5]; 2]) {
        // The times in an edited recording may go back.
        self.last = self.last.max(time);
        let due = self.samples.last().map(|sample| sample.0 + self.interval.as_secs_f64());
        if due.is_some_and(|due| self.last.as_secs_f64() < due) {
            return;
        }
        self.samples.push(Sample(self.last.as_secs_f64(), counters()));
        if self.samples.len() >= MOST {
            self.thin();
        }
    }

    /// Drops every second sample, and doubles the interval from now on.
    fn thin(&mut self) {
        let mut keep = false;
        self.samples.retain(|_| {
            keep = !keep;
            keep
        });
        let span = self.samples.last().map_or(0.0, |last| last.0);
        let interval = Duration::try_from_secs_f64(span / MOST as f64 * 2.0);
        self.interval = interval.unwrap_or_default().max(self.interval * 2);
    }
}

/// Returns bytes, packed and unpacked bytes, objects in full and references of both sides.
fn counters(observer: &Observer) -> [[u64; 5]; 2] {
    SIDES.map(|side| {
        let ObserverCounters { wire, serial, .. } = observer.counters(side);
        [wire.bytes, wire.packed_bytes, wire.unpacked_bytes, serial.full, serial.references]
    })
}

/// The counters of a side at the end.
#[derive(Debug, Serialize)]
pub(super) struct Totals {
    messages: u64,
    bytes: u64,
    packed: u64,
    unpacked: u64,
    full: u64,
    references: u64,
    cached: u64,
    not_decoded: u64,
}

impl Totals {
    pub(super) fn of(counters: &ObserverCounters) -> Totals {
        let ObserverCounters { wire, serial, serials_skipped, .. } = *counters;
        Totals {
            messages: wire.messages,
            bytes: wire.bytes,
            packed: wire.packed_bytes,
            unpacked: wire.unpacked_bytes,
            full: serial.full,
            references: serial.references,
            cached: serial.entries,
            not_decoded: serials_skipped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_no_count_is_lost() {
        for step in [Duration::from_micros(1), Duration::from_secs(3), Duration::ZERO] {
            let mut samples = Samples::default();
            let mut time = Duration::ZERO;
            for n in 0..100_000_u64 {
                time += step;
                samples.add(time, || [[n; 5]; 2]);
                assert!(samples.samples.len() < MOST, "{step:?}");
            }
            let times: Vec<f64> = samples.samples.iter().map(|sample| sample.0).collect();
            assert!(times.is_sorted());
            let enough = if step.is_zero() { 1 } else { MOST / 4 };
            assert!(times.len() >= enough, "{step:?}: {}", times.len());
        }
    }
}
