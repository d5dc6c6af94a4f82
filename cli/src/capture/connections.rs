//! The TCP connections in a capture.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::Duration;

use super::Captured;
use super::connection::Connection;
use super::segment::Segment;

/// The approximate memory of a connection, in bytes, without its data.
const CONNECTION: usize = 512;
const PIECE: usize = 128;

/// The number of recent connections between the same ports to which a segment may belong.
const RECENT: usize = 4;

/// Assigns segments to connections.
///
/// Ports can be reused, and packets can be captured twice or late. So sequence numbers decide which
/// connection between two ports a segment belongs to, and whether a SYN begins a new one.
pub(super) struct Connections {
    /// The listener's port.
    port: u16,
    all: Vec<Connection>,
    /// The indices of the connections between two ends, in order.
    places: HashMap<[SocketAddr; 2], Vec<usize>>,
    /// An upper estimate of the memory of all connections, in bytes.
    held: usize,
    /// The other ports with connections.
    others: BTreeSet<u16>,
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

    /// Returns an upper estimate of the memory in use, in bytes.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Adds a segment captured at this time.
    pub(super) fn take(&mut self, time: Duration, segment: &Segment<'_>) {
        if !segment.has_port(self.port) {
            if segment.syn && segment.acknowledged.is_none() {
                self.others.insert(segment.to.port());
            }
            return;
        }
        let Some(connection) = self.connection(time, segment) else { return };
        // Skips a connection from this port to another one.
        if connection.take(time, segment) && !segment.payload.is_empty() {
            self.held = self.held.saturating_add(segment.payload.len()).saturating_add(PIECE);
        }
    }

    /// Returns the connection of a segment, if any.
    fn connection(&mut self, time: Duration, segment: &Segment<'_>) -> Option<&mut Connection> {
        let ends = Connection::ends(segment);
        let known = self.places.entry(ends).or_default();
        let mut recent = known.iter().rev().take(RECENT).copied();
        let is_of = |place: &usize| self.all.get(*place).is_some_and(|c| c.has(time, segment));
        let last = known.last().copied().zip(known.last().and_then(|last| self.all.get(*last)));
        let place = match (recent.find(is_of), last) {
            (Some(place), _) => place,
            // An attempt that failed.
            (None, Some((place, last))) if segment.syn && last.is_empty() => {
                *self.all.get_mut(place)? = Connection::new(self.port, time, segment);
                place
            }
            // The connection reports the missing data.
            (None, Some((place, last))) if !segment.syn && !last.is_over() => place,
            // An ACK of a closed connection.
            (None, Some(_)) if !segment.syn && segment.payload.is_empty() => return None,
            (None, _) => {
                self.held = self.held.saturating_add(CONNECTION);
                known.push(self.all.len());
                self.all.push(Connection::new(self.port, time, segment));
                self.all.len() - 1
            }
        };
        self.all.get_mut(place)
    }

    /// Returns the connections.
    pub(super) fn finish(mut self) -> Result<Vec<Captured>, String> {
        let (ours, others): (Vec<_>, _) =
            self.all.into_iter().partition(|connection| connection.listener().port() == self.port);
        if !ours.is_empty() {
            return Ok(ours.into_iter().map(Connection::finish).collect());
        }
        let others: Vec<Connection> = others;
        self.others.extend(others.iter().map(|connection| connection.listener().port()));
        let (port, others) = (self.port, self.others.iter().map(u16::to_string));
        let others: Vec<_> = others.collect();
        Err(match others.len() {
            0 => "the capture has no TCP connection".to_owned(),
            _ => format!(
                "the capture has no connection to port {port}; it has connections to {}; choose \
                 one with --port",
                others.join(", ")
            ),
        })
    }
}
