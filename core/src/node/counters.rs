//! Counters per peer.

use std::fmt;

use crate::connection::{Counters, Phase};

/// Counters for one peer, over all its connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerCounters {
    /// The counters of its connections: messages, events, bytes with and without compression, cache
    /// hits.
    pub connection: Counters,
    /// The number of established connections.
    pub connects: u64,
    /// Reads from the transport that returned bytes.
    pub reads: u64,
    /// Writes to the transport.
    pub writes: u64,
    /// The depth of its send queue.
    pub outgoing: Depth,
    /// The depth of its receive queue.
    pub incoming: Depth,
    /// Events, log entries and prints that were dropped because of a full queue.
    pub dropped_outgoing: u64,
    /// Events, log entries, prints, packets and IDs from it that were dropped because of a full
    /// queue.
    pub dropped_incoming: u64,
    /// Events that could not be serialized because they are too large or too deep.
    pub unwritable: u64,
}

/// The depth of a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Depth {
    /// The number of queued events; also, in receive queues, of log entries, messages with prints,
    /// packets and IDs, and in send queues, of batches of log entries and prints.
    pub events: usize,
    /// Their estimated size in memory, in bytes.
    pub bytes: usize,
    /// The maximum number of queued events so far.
    pub most_events: usize,
}

impl Depth {
    pub(crate) fn add(&mut self, bytes: usize) {
        self.events += 1;
        self.bytes += bytes;
        self.most_events = self.most_events.max(self.events);
    }

    pub(super) fn remove(&mut self, bytes: usize) {
        self.events = self.events.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Records that a part of the queue shrank.
    pub(super) fn shrink(&mut self, from: Depth, to: Depth) {
        self.events = self.events.saturating_sub(from.events.saturating_sub(to.events));
        self.bytes = self.bytes.saturating_sub(from.bytes.saturating_sub(to.bytes));
    }

    pub(crate) const fn reaches(&self, bound: super::Bound) -> bool {
        self.events >= bound.events || self.bytes >= bound.bytes
    }
}

/// What a peer keeps of its [`PeerCounters`]: those that neither its connection nor its queues
/// have.
#[derive(Debug, Default)]
pub(super) struct KeptCounters {
    /// The sum of the counters of its earlier connections.
    pub(super) earlier: Option<Box<Counters>>,
    pub(super) connects: u64,
    pub(super) reads: u64,
    pub(super) writes: u64,
    pub(super) dropped_outgoing: u64,
    pub(super) dropped_incoming: u64,
    pub(super) unwritable: u64,
}

impl KeptCounters {
    pub(super) fn counters(&self) -> PeerCounters {
        PeerCounters {
            connection: self.earlier.as_deref().copied().unwrap_or_default(),
            connects: self.connects,
            reads: self.reads,
            writes: self.writes,
            dropped_outgoing: self.dropped_outgoing,
            dropped_incoming: self.dropped_incoming,
            unwritable: self.unwritable,
            ..PeerCounters::default()
        }
    }
}

impl PeerCounters {
    /// Adds the counters of another peer. The maximum queue depths become sums.
    pub(super) fn add(&mut self, other: &PeerCounters) {
        self.connection += other.connection;
        for (sum, number) in [
            (&mut self.connects, other.connects),
            (&mut self.reads, other.reads),
            (&mut self.writes, other.writes),
            (&mut self.dropped_outgoing, other.dropped_outgoing),
            (&mut self.dropped_incoming, other.dropped_incoming),
            (&mut self.unwritable, other.unwritable),
        ] {
            *sum += number;
        }
        for (sum, depth) in
            [(&mut self.outgoing, other.outgoing), (&mut self.incoming, other.incoming)]
        {
            sum.events += depth.events;
            sum.bytes += depth.bytes;
            sum.most_events += depth.most_events;
        }
    }

    /// Writes the line that Bro logs every minute (part 4 §5).
    pub(super) fn fmt_statistics(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counters { input, output, .. } = self.connection;
        let per = |bytes: u64, times: u64| bytes as f64 / times.max(1) as f64 / 1024.0;
        write!(
            f,
            "parent statistics: pending={} bytes={}K/{}K chunks={}/{} io={}/{} \
             bytes/io={:.2}K/{:.2}K events={}/{} operations={}/{}",
            self.outgoing.events,
            input.bytes / 1024,
            output.bytes / 1024,
            input.chunks,
            output.chunks,
            self.reads,
            self.writes,
            per(input.bytes, self.reads),
            per(output.bytes, self.writes),
            self.connection.events_received,
            self.connection.events_sent,
            self.connection.accesses_received,
            self.connection.accesses_sent,
        )
    }
}

/// The state of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerState {
    /// An attempt to connect is under way.
    Connecting,
    /// The node waits for the next attempt to connect.
    Waiting {
        /// The time of the next attempt.
        until: crate::Time,
    },
    /// There is a connection.
    Connected(Phase),
    /// The connection is closed, and the application has not taken all its notifications.
    Gone,
}

/// Statistics of the answers to PINGs.
///
/// ```
/// use brocomm::node::PingStatistics;
///
/// let mut statistics = PingStatistics::default();
/// for seconds in [0.001, 0.002, 0.003, 0.006] {
///     statistics.add_ping();
///     statistics.add_pong(seconds, seconds, 0.0);
/// }
/// assert_eq!(statistics.d1.to_string(), "1.000/3.000/6.000/1.871 ms");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PingStatistics {
    /// The number of PINGs sent.
    pub sent: u64,
    /// The number of PONGs received.
    pub answered: u64,
    /// The times from the issue of each PING to its PONG.
    pub d1: Series,
    /// The times from the writing of each PING to its PONG.
    pub d2: Series,
    /// The part of `d2` that the peer claims to have spent.
    pub d3: Series,
}

impl PingStatistics {
    /// Records a PING that was sent.
    pub fn add_ping(&mut self) {
        self.sent = self.sent.saturating_add(1);
    }

    /// Records a PONG with the times of
    /// [`ConnectionNotification::Pong`](crate::connection::ConnectionNotification::Pong), in
    /// seconds.
    pub fn add_pong(&mut self, d1: f64, d2: f64, d3: f64) {
        self.answered = self.answered.saturating_add(1);
        self.d1.add(d1);
        self.d2.add(d2);
        self.d3.add(d3);
    }

    /// Returns the number of unanswered PINGs; 0 if a peer has sent more PONGs.
    pub fn unanswered(&self) -> u64 {
        self.sent.saturating_sub(self.answered)
    }
}

/// Statistics of times in seconds. Displayed as `min/avg/max/stddev` in milliseconds, like `ping`.
///
/// Uses constant memory.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Series {
    number: u64,
    min: f64,
    max: f64,
    mean: f64,
    /// The sum of the squares of the differences from the mean.
    squares: f64,
}

impl Series {
    /// Adds a time. Ignores non-finite numbers, which a peer may claim.
    pub fn add(&mut self, seconds: f64) {
        if !seconds.is_finite() {
            return;
        }
        if self.number == 0 {
            (self.min, self.max) = (seconds, seconds);
        }
        self.number = self.number.saturating_add(1);
        self.min = self.min.min(seconds);
        self.max = self.max.max(seconds);
        // Welford's algorithm, which is accurate for small differences of large numbers.
        let before = seconds - self.mean;
        self.mean += before / self.number as f64;
        self.squares += before * (seconds - self.mean);
    }

    /// Returns the number of times.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the minimum, or `None` if there are no times.
    pub fn min(&self) -> Option<f64> {
        (self.number > 0).then_some(self.min)
    }

    /// Returns the average, or `None` if there are no times.
    pub fn average(&self) -> Option<f64> {
        (self.number > 0).then_some(self.mean)
    }

    /// Returns the maximum, or `None` if there are no times.
    pub fn max(&self) -> Option<f64> {
        (self.number > 0).then_some(self.max)
    }

    /// Returns the standard deviation, or `None` if there are no times.
    pub fn deviation(&self) -> Option<f64> {
        (self.number > 0).then(|| (self.squares / self.number as f64).sqrt())
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = (self.min(), self.average(), self.max(), self.deviation());
        match all {
            (Some(min), Some(average), Some(max), Some(deviation)) => {
                let [min, average, max, deviation] =
                    [min, average, max, deviation].map(|seconds| seconds * 1e3);
                write!(f, "{min:.3}/{average:.3}/{max:.3}/{deviation:.3} ms")
            }
            _ => f.write_str("no answer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_series_has_no_average() {
        let series = Series::default();
        assert_eq!((series.number(), series.average(), series.deviation()), (0, None, None));
        assert_eq!(series.to_string(), "no answer");
    }

    #[test]
    fn statistics_of_times_are_correct() {
        let mut series = Series::default();
        for seconds in [-2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0] {
            series.add(seconds);
        }
        assert_eq!((series.number(), series.min(), series.max()), (8, Some(-2.0), Some(9.0)));
        assert_eq!(series.average(), Some(4.5));
        assert!((series.deviation().unwrap() - 8.75f64.sqrt()).abs() < 1e-12);
        // Small differences of large numbers.
        let mut series = Series::default();
        [1e9, 1e9 + 1.0, 1e9 + 2.0].into_iter().for_each(|seconds| series.add(seconds));
        assert!((series.deviation().unwrap() - (2.0f64 / 3.0).sqrt()).abs() < 1e-6);
    }

    #[test]
    fn a_peers_claims_cause_no_errors() {
        let mut statistics = PingStatistics::default();
        statistics.add_ping();
        statistics.add_pong(0.5, 0.25, f64::NAN);
        statistics.add_pong(0.5, 0.25, f64::INFINITY);
        assert_eq!((statistics.unanswered(), statistics.answered), (0, 2));
        assert_eq!((statistics.d2.number(), statistics.d3.number()), (2, 0));
        assert_eq!(statistics.d2.average(), Some(0.25));
    }
}
