//! A TCP connection in a capture.

use std::net::SocketAddr;
use std::time::Duration;

use brocomm_conformance::{Side, Step, StepKind};
use bytes::Bytes;

use super::Captured;
use super::segment::Segment;
use super::stream::Stream;

/// A connection between two ends. Which end connects may become known later.
pub(super) struct Connection {
    /// The listener's port.
    port: u16,
    /// Both ends, sorted by address.
    ends: [SocketAddr; 2],
    streams: [Stream; 2],
    /// Which ends sent a SYN without ACK.
    connects: [bool; 2],
    /// Which ends sent a SYN with ACK.
    answers: [bool; 2],
    /// The end whose packet was captured first.
    first: usize,
    begin: Duration,
    /// The time when an end closed or reset the connection.
    over: Option<Duration>,
    /// The data of each end in order; `None` at the end of its stream.
    pieces: Vec<(Duration, usize, Option<Bytes>)>,
}

impl Connection {
    /// Returns the ends of a segment's connection, sorted by address.
    pub(super) fn ends(segment: &Segment<'_>) -> [SocketAddr; 2] {
        let mut ends = [segment.from, segment.to];
        ends.sort_unstable();
        ends
    }

    pub(super) fn new(port: u16, begin: Duration, segment: &Segment<'_>) -> Connection {
        let ends = Connection::ends(segment);
        Connection {
            port,
            ends,
            streams: Default::default(),
            connects: [false; 2],
            answers: [false; 2],
            first: usize::from(segment.from != ends[0]),
            begin,
            over: None,
            pieces: Vec::new(),
        }
    }

    /// Returns whether a segment captured at this time can belong to this connection.
    pub(super) fn has(&self, time: Duration, segment: &Segment<'_>) -> bool {
        let [stream, other] = self.streams_of(segment);
        if !segment.syn {
            return stream.is_near(segment.sequence);
        }
        // A SYN after the end begins a new connection, even with the same sequence number.
        self.over.is_none_or(|over| time <= over)
            && stream.begins_at(segment.sequence.wrapping_add(1))
            && segment.acknowledged.is_none_or(|first| other.begins_at(first))
    }

    /// Returns whether no data was sent.
    pub(super) fn is_empty(&self) -> bool {
        self.streams.iter().all(Stream::is_empty)
    }

    /// Returns whether an end has closed or reset the connection.
    pub(super) fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// Adds a segment. Returns false if the connection is to another port.
    pub(super) fn take(&mut self, time: Duration, segment: &Segment<'_>) -> bool {
        let at = self.end_of(segment);
        if segment.syn {
            let syns = match segment.acknowledged {
                None => &mut self.connects,
                Some(_) => &mut self.answers,
            };
            if let Some(syn) = syns.get_mut(at) {
                *syn = true;
            }
        }
        if self.listener().port() != self.port {
            return false;
        }
        let [mine, other] = match (at, &mut self.streams) {
            (0, [mine, other]) | (_, [other, mine]) => [mine, other],
        };
        let mut ready: Vec<_> = mine.take(segment).into_iter().map(|bytes| (at, bytes)).collect();
        // A SYN with ACK says where the other stream begins.
        if let Some(first) = segment.acknowledged.filter(|_| segment.syn) {
            ready.extend(other.begin(first).into_iter().map(|bytes| (1 - at, bytes)));
        }
        let is_over = mine.is_over();
        let since = time.saturating_sub(self.begin);
        self.pieces.extend(ready.into_iter().map(|(at, bytes)| (since, at, Some(bytes))));
        if is_over && self.over.is_none() {
            self.over = Some(time);
            self.pieces.push((since, at, None));
        }
        true
    }

    /// Returns the listening end, as far as known.
    pub(super) fn listener(&self) -> SocketAddr {
        let [one, other] = self.ends;
        if self.connector() == 0 { other } else { one }
    }

    /// Returns the connecting end: the one that sent a SYN, or received a SYN with ACK. Without a
    /// SYN, or if both ends sent one, it is the end without the listener's port. If both have that
    /// port, it is the end captured first.
    fn connector(&self) -> usize {
        match (self.connects, self.answers) {
            ([true, false], _) | ([false, false], [false, true]) => 0,
            ([false, true], _) | ([false, false], [true, false]) => 1,
            _ => match self.ends.map(|end| end.port() == self.port) {
                [false, true] => 0,
                [true, false] => 1,
                _ => self.first,
            },
        }
    }

    fn end_of(&self, segment: &Segment<'_>) -> usize {
        usize::from(segment.from != self.ends[0])
    }

    /// Returns the streams of a segment's sender and receiver.
    fn streams_of(&self, segment: &Segment<'_>) -> [&Stream; 2] {
        let [one, other] = &self.streams;
        if self.end_of(segment) == 0 { [one, other] } else { [other, one] }
    }

    /// Returns the reassembled connection.
    pub(super) fn finish(mut self) -> Captured {
        let last = self.pieces.last().map_or(Duration::ZERO, |(time, ..)| *time);
        for (at, stream) in self.streams.iter_mut().enumerate() {
            let late = stream.begin_late();
            self.pieces.extend(late.into_iter().map(|bytes| (last, at, Some(bytes))));
        }
        let connector = self.connector();
        let side = |at: usize| if at == connector { Side::Connector } else { Side::Listener };
        let step = |(time, at, bytes): (_, _, Option<Bytes>)| {
            let from = side(at);
            let kind = bytes.map_or(StepKind::Close(from), |bytes| StepKind::Data { from, bytes });
            Step { time, kind }
        };
        let gap = |at: usize| {
            let gap = self.streams.get(at).and_then(Stream::gap)?;
            Some(format!("{}: {gap}", side(at)))
        };
        let gaps = [connector, 1 - connector].into_iter().filter_map(gap).collect();
        let (listener, [one, other]) = (self.listener(), self.ends);
        let connector = if connector == 0 { one } else { other };
        let steps = self.pieces.into_iter().map(step).collect();
        Captured { connector, listener, gaps, steps }
    }
}
