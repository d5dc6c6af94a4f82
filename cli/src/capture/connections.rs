//! The connections of a capture.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::Duration;

use brocomm_conformance::{Side, Step, StepKind};

use super::Captured;
use super::segment::Segment;
use super::stream::Stream;

/// About how many bytes of memory a connection takes, and each piece of what it carries, beside the
/// bytes in it.
const CONNECTION: usize = 512;
const PIECE: usize = 128;

/// Tells the connections apart.
pub(super) struct Connections {
    /// Where the listener is.
    port: u16,
    all: Vec<Connection>,
    /// The place of the last connection between two addresses, the connector's first.
    places: HashMap<(SocketAddr, SocketAddr), usize>,
    /// How many bytes of memory all of them take, or a little more.
    held: usize,
    /// Other ports to which somebody connects.
    others: BTreeSet<u16>,
}

struct Connection {
    connector: SocketAddr,
    listener: SocketAddr,
    begin: Duration,
    steps: Vec<Step>,
    /// Of the connector and of the listener.
    streams: [Stream; 2],
    is_closed: bool,
}

impl Connections {
    pub(super) fn new(port: u16) -> Connections {
        Connections {
            port,
            all: Vec::new(),
            places: HashMap::new(),
            held: 0,
            others: BTreeSet::new(),
        }
    }

    /// Returns how many bytes of memory are taken, or a little more.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Takes a segment at a time.
    pub(super) fn take(&mut self, time: Duration, segment: &Segment<'_>) {
        let Segment { from, to, .. } = *segment;
        let begins = segment.syn && !segment.ack;
        // Who answers a SYN is the listener; without any, whoever has its port.
        let by_listener = if segment.syn { segment.ack } else { from.port() == self.port };
        let (connector, listener) = if by_listener { (to, from) } else { (from, to) };
        if listener.port() != self.port {
            if begins {
                self.others.insert(listener.port());
            }
            return;
        }
        let known = self.places.get(&(connector, listener)).copied();
        // The same ports again are another connection.
        let known = known.filter(|place| {
            !begins || self.all.get(*place).is_some_and(|known| known.steps.is_empty())
        });
        if known.is_none() {
            self.held = self.held.saturating_add(CONNECTION);
        }
        if !segment.payload.is_empty() {
            self.held = self.held.saturating_add(segment.payload.len()).saturating_add(PIECE);
        }
        let place = known.unwrap_or_else(|| {
            self.all.push(Connection {
                connector,
                listener,
                begin: time,
                steps: Vec::new(),
                streams: Default::default(),
                is_closed: false,
            });
            self.places.insert((connector, listener), self.all.len() - 1);
            self.all.len() - 1
        });
        if let Some(connection) = self.all.get_mut(place) {
            connection.take(time, by_listener, segment);
        }
    }

    /// Returns the connections.
    pub(super) fn finish(self) -> Result<Vec<Captured>, String> {
        if self.all.is_empty() {
            let port = self.port;
            let others: Vec<_> = self.others.iter().map(u16::to_string).collect();
            return Err(match others.len() {
                0 => "there is no TCP connection in the capture".to_owned(),
                _ => format!(
                    "there is no connection to port {port} in the capture, but to {}; choose one \
                     with --port",
                    others.join(", ")
                ),
            });
        }
        Ok(self.all.into_iter().map(Connection::finish).collect())
    }
}

impl Connection {
    fn take(&mut self, time: Duration, by_listener: bool, segment: &Segment<'_>) {
        let time = time.saturating_sub(self.begin);
        let (from, stream) = match (by_listener, &mut self.streams) {
            (false, [stream, _]) => (Side::Connector, stream),
            (true, [_, stream]) => (Side::Listener, stream),
        };
        let ready = stream.take(segment).into_iter();
        self.steps.extend(ready.map(|bytes| Step { time, kind: StepKind::Data { from, bytes } }));
        if stream.is_over() && !self.is_closed {
            self.is_closed = true;
            self.steps.push(Step { time, kind: StepKind::Close(from) });
        }
    }

    fn finish(self) -> Captured {
        let Connection { connector, listener, steps, streams, .. } = self;
        let gaps = [Side::Connector, Side::Listener].into_iter().zip(&streams);
        let gaps = gaps.filter_map(|(side, stream)| Some(format!("{side}: {}", stream.gap()?)));
        Captured { connector, listener, gaps: gaps.collect(), steps }
    }
}
