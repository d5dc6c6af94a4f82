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
    pub(super) fn add(&mut self, bytes: usize) {
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

    pub(super) const fn reaches(&self, bound: super::Bound) -> bool {
        self.events >= bound.events || self.bytes >= bound.bytes
    }
}

impl PeerCounters {
    /// Adds the counters of another peer; the maximum queue depths become sums.
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
        /// When.
        until: crate::Time,
    },
    /// There is a connection.
    Connected(Phase),
    /// The connection is closed, and the application has not taken all its notifications.
    Gone,
}
