//! The measurements.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// The maximum latency that is recorded exactly: an hour, in nanoseconds.
const LONGEST: u64 = 3_600_000_000_000;

/// The reported percentiles with their names in JSON.
pub(super) const PERCENTILES: [(&str, &str, f64); 5] = [
    ("50%", "p50", 0.5),
    ("90%", "p90", 0.9),
    ("99%", "p99", 0.99),
    ("99.9%", "p99_9", 0.999),
    ("99.99%", "p99_99", 0.9999),
];

/// Counters, and a histogram of latencies with three significant digits in constant memory.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    /// In nanoseconds.
    latencies: Histogram<u64>,
    pub(super) sent: u64,
    /// Replies that answer no pending event.
    pub(super) unexpected: u64,
    /// Replies to events of another connection.
    pub(super) others: u64,
    /// The times of the first event and of the last reply.
    span: Option<(Instant, Instant)>,
}

/// The measurements of one connection since it last added them to the total.
#[derive(Debug, Default)]
pub(super) struct Batch {
    latencies: Vec<Duration>,
    pub(super) sent: u64,
    pub(super) unexpected: u64,
    pub(super) others: u64,
    span: Option<(Instant, Instant)>,
}

impl Batch {
    /// The maximum number of latencies in a batch.
    const MOST: usize = 256;

    /// Records a reply with the times of the event and of the reply.
    pub(super) fn answered(&mut self, sent: Instant, now: Instant) {
        self.latencies.push(now.duration_since(sent));
        self.span = join(self.span, Some((sent, now)));
    }

    pub(super) fn is_full(&self) -> bool {
        self.latencies.len() >= Batch::MOST
    }
}

impl Default for Measured {
    fn default() -> Measured {
        // The bounds are valid constants.
        let latencies = Histogram::new_with_bounds(1, LONGEST, 3).unwrap_or_else(|error| {
            unreachable!("{error}");
        });
        Measured { latencies, sent: 0, unexpected: 0, others: 0, span: None }
    }
}

impl Measured {
    /// Adds the measurements of a connection and resets its batch.
    pub(super) fn add(&mut self, batch: &mut Batch) {
        for latency in batch.latencies.drain(..) {
            self.latencies.saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
        }
        self.sent += std::mem::take(&mut batch.sent);
        self.unexpected += std::mem::take(&mut batch.unexpected);
        self.others += std::mem::take(&mut batch.others);
        self.span = join(self.span, batch.span.take());
    }

    pub(super) fn answered(&self) -> u64 {
        self.latencies.len()
    }

    /// Returns the time from the first event to the last reply, in seconds.
    pub(super) fn seconds(&self) -> f64 {
        self.span.map_or(0.0, |(first, last)| last.duration_since(first).as_secs_f64())
    }

    /// Returns the number of answered events per second, if it can be calculated.
    pub(super) fn rate(&self) -> Option<f64> {
        let seconds = self.seconds();
        (seconds > 0.0).then(|| self.answered() as f64 / seconds)
    }

    /// Returns a quantile of the latency in seconds. Returns `None` without measurements.
    pub(super) fn latency(&self, part: f64) -> Option<f64> {
        self.micros(self.latencies.value_at_quantile(part) as f64)
    }

    pub(super) fn shortest(&self) -> Option<f64> {
        self.micros(self.latencies.min() as f64)
    }

    pub(super) fn longest(&self) -> Option<f64> {
        self.micros(self.latencies.max() as f64)
    }

    pub(super) fn mean(&self) -> Option<f64> {
        self.micros(self.latencies.mean())
    }

    pub(super) fn deviation(&self) -> Option<f64> {
        self.micros(self.latencies.stdev())
    }

    fn micros(&self, nanos: f64) -> Option<f64> {
        (!self.latencies.is_empty()).then_some(nanos / 1e9)
    }
}

/// Returns the span that contains both.
fn join(
    one: Option<(Instant, Instant)>,
    other: Option<(Instant, Instant)>,
) -> Option<(Instant, Instant)> {
    match (one, other) {
        (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Returns the measurements of a thousand replies, after 1 to 1000 ms, within 10 seconds.
    pub(in super::super) fn thousand() -> Measured {
        let (mut measured, begin) = (Measured::default(), Instant::now());
        for number in 1..=1000 {
            let mut batch = Batch { sent: 1, ..Batch::default() };
            let now = begin + Duration::from_millis(9000 + number);
            batch.answered(now - Duration::from_millis(number), now);
            batch.span = Some((begin, now));
            measured.add(&mut batch);
            assert!(batch.latencies.is_empty() && batch.sent == 0 && batch.span.is_none());
        }
        measured
    }

    #[test]
    fn percentiles_cover_all_replies() {
        let measured = thousand();
        assert_eq!((measured.sent, measured.answered(), measured.unexpected), (1000, 1000, 0));
        assert!((measured.seconds() - 10.0).abs() < 1e-9);
        assert!((measured.rate().unwrap() - 100.0).abs() < 1e-6);
        let near = |micros: Option<f64>, expected: f64| {
            let micros = micros.unwrap();
            assert!((micros / expected - 1.0).abs() < 2e-3, "{micros} {expected}");
        };
        near(measured.shortest(), 0.001);
        near(measured.latency(0.5), 0.5);
        near(measured.latency(0.999), 0.999);
        near(measured.longest(), 1.0);
        near(measured.mean(), 0.5005);
    }

    #[test]
    fn without_replies_there_are_no_results() {
        let none = Measured::default();
        assert_eq!((none.rate(), none.latency(0.5), none.longest()), (None, None, None));
        let (mut late, now) = (Measured::default(), Instant::now());
        let mut batch = Batch::default();
        batch.answered(now, now + Duration::from_secs(100_000));
        late.add(&mut batch);
        let longest = late.longest().unwrap();
        assert!((3600.0..3610.0).contains(&longest), "{longest}");
    }
}
