//! What passed between a node and one peer, as data at any time.

use std::fmt;

use crate::connection::{Counters, Phase};

/// Counts what passed between a node and one peer, over all its connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerCounters {
    /// What its connections carried: messages, events, bytes as such and before compression, cache
    /// hits.
    pub connection: Counters,
    /// How many connections to it were established.
    pub connects: u64,
    /// Reads from the transport that gave bytes.
    pub reads: u64,
    /// Writes to the transport.
    pub writes: u64,
    /// What waits to be sent to it.
    pub outgoing: Depth,
    /// What it sent and the application has not taken.
    pub incoming: Depth,
    /// Events, log entries and prints that were dropped because too much waited.
    pub dropped_outgoing: u64,
    /// Events, log entries, prints, packets and IDs from it that were dropped because too much
    /// waited.
    pub dropped_incoming: u64,
    /// Events that could not be serialized, for being too large or too deep.
    pub unwritable: u64,
}

/// Says how much waits in a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Depth {
    /// How many events wait; besides, of what came, log entries, messages with prints, packets and
    /// IDs; of what is to be sent, batches of log entries and prints.
    pub events: usize,
    /// Their size in memory, estimated, in bytes.
    pub bytes: usize,
    /// The most events that waited at any time.
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

    /// Records that a part of what waits went from one depth to a lesser one.
    pub(super) fn shrink(&mut self, from: Depth, to: Depth) {
        self.events = self.events.saturating_sub(from.events.saturating_sub(to.events));
        self.bytes = self.bytes.saturating_sub(from.bytes.saturating_sub(to.bytes));
    }

    pub(super) const fn reaches(&self, bound: super::Bound) -> bool {
        self.events >= bound.events || self.bytes >= bound.bytes
    }
}

impl PeerCounters {
    /// Adds up what the counters of several peers say; the marks of the queues become sums.
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

/// Says where a node is with one peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerState {
    /// An attempt to connect is under way.
    Connecting,
    /// There will be another attempt to connect.
    Waiting {
        /// When.
        until: crate::Time,
    },
    /// There is a connection.
    Connected(Phase),
    /// The connection is over, and the application has not taken all that came over it.
    Gone,
}
