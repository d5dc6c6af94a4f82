//! Simulated TCP connections.

use std::collections::{BTreeSet, VecDeque};

use brocomm::node::SyncRole;
use brocomm::node::{ConnectionId, PeerId};

use super::random::Random;
use super::{MS, Nanos, SECOND, Who};

/// A connection. The initiator is the first side.
pub struct TcpConnection {
    pub sides: [TcpEnd; 2],
    pub latency: Nanos,
    /// In bytes per millisecond.
    rate: u64,
    /// The maximum number of unread bytes in one direction, including those in flight.
    window: usize,
    /// The maximum number of bytes that are read or written at once.
    pub piece: usize,
    pub cut: Option<Cut>,
    /// Whether one end has vanished: nothing arrives, and the other end is not notified.
    pub half_open: bool,
}

/// The position at which a connection is disturbed.
pub struct Cut {
    /// The side whose output is counted.
    pub side: usize,
    /// How many bytes pass first.
    pub at: u64,
    pub how: Loss,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    Reset,
    HalfOpen,
    /// The writing side stops reading for a while.
    Stall,
}

/// One end of a connection.
pub struct TcpEnd {
    pub who: Who,
    pub id: ConnectionId,
    pub peer: PeerId,
    /// Whether the node has a socket.
    pub open: bool,
    /// Whether the node knows that it is connected.
    pub connected: bool,
    pub flight: VecDeque<(Nanos, Packet)>,
    in_flight: usize,
    last_arrival: Nanos,
    pub arrived: Vec<u8>,
    pub fin: bool,
    pub eof_fed: bool,
    pub reset: Option<&'static str>,
    /// When it starts reading again.
    pub stalled_until: Nanos,
    pub written: u64,
    /// The number of connections of its peer that have reached Running, including this one; 0 if
    /// this one has not.
    pub run: u32,
    /// What the peer had requested by then.
    pub requests: BTreeSet<Vec<u8>>,
    /// Its role in Sync, if there was one.
    pub sync: Option<SyncRole>,
    /// Whether the transport has reported the end of the connection. Then nothing can be read or
    /// written.
    pub lost: bool,
    /// The number of bytes that had arrived but not been read when it was closed.
    pub unread: usize,
}

pub enum Packet {
    Data(Vec<u8>),
    Fin,
    Reset(&'static str),
}

impl TcpEnd {
    pub fn new(who: Who, id: ConnectionId, peer: PeerId) -> TcpEnd {
        TcpEnd {
            who,
            id,
            peer,
            open: true,
            connected: false,
            flight: VecDeque::new(),
            in_flight: 0,
            last_arrival: 0,
            arrived: Vec::new(),
            fin: false,
            eof_fed: false,
            reset: None,
            stalled_until: 0,
            written: 0,
            run: 0,
            requests: BTreeSet::new(),
            sync: None,
            lost: false,
            unread: 0,
        }
    }

    fn outstanding(&self) -> usize {
        self.in_flight + self.arrived.len()
    }

    /// Takes everything that has arrived by now; returns whether there was anything.
    pub fn arrive(&mut self, now: Nanos) -> bool {
        let mut any = false;
        while self.flight.front().is_some_and(|(at, _)| *at <= now) {
            any = true;
            match self.flight.pop_front() {
                Some((_, Packet::Data(bytes))) => {
                    self.in_flight -= bytes.len();
                    self.arrived.extend(bytes);
                }
                Some((_, Packet::Fin)) => self.fin = true,
                Some((_, Packet::Reset(reason))) => self.reset = Some(reason),
                None => {}
            }
        }
        any
    }
}

impl TcpConnection {
    pub fn new(sides: [TcpEnd; 2], faults: u64, heavy: bool, random: &mut Random) -> TcpConnection {
        let late = heavy && random.percent(60);
        let cut = random.percent(faults).then(|| Cut {
            side: random.below(2),
            at: random.range(0, if late { 200_000 } else { 1500 }),
            how: random.pick(&[Loss::Reset, Loss::Reset, Loss::HalfOpen, Loss::Stall]),
        });
        let all = [0, MS / 10, 2 * MS, 40 * MS, 300 * MS];
        let calm = [0, MS / 10, 40 * MS];
        let piece = random.pick(&[7, 100, 1500, 1 << 20, 1 << 20]);
        TcpConnection {
            sides,
            latency: random.pick(if heavy { &calm } else { &all }),
            rate: if heavy { random.range(50, 5000) } else { random.range(5, 5000) },
            window: if heavy { 64 << 10 } else { random.pick(&[500, 4000, 64 << 10]) },
            piece: if heavy { piece.max(1500) } else { piece },
            cut,
            half_open: false,
        }
    }

    /// Returns how many bytes a side may write.
    pub fn room(&self, side: usize) -> usize {
        self.window.saturating_sub(self.sides[1 - side].outstanding())
    }

    /// Sends to the other side; returns the time of arrival.
    pub fn send(&mut self, side: usize, packet: Packet, now: Nanos) -> Option<Nanos> {
        let length = match &packet {
            Packet::Data(bytes) => bytes.len(),
            _ => 0,
        };
        let (latency, rate) = (self.latency, self.rate);
        let to = &mut self.sides[1 - side];
        // Data for a closed side still counts against the window.
        to.in_flight += length;
        if self.half_open {
            return None;
        }
        let transfer = length as u64 * MS / rate;
        let at = (now + latency).max(to.last_arrival) + transfer;
        to.last_arrival = at;
        to.flight.push_back((at, packet));
        Some(at)
    }

    /// Drops everything in flight in both directions.
    pub fn lose_flights(&mut self) {
        for side in &mut self.sides {
            side.flight.clear();
        }
    }

    /// Returns the time until a side detects that the other end has vanished.
    pub fn patience(random: &mut Random) -> Nanos {
        random.range(SECOND, 12 * SECOND)
    }
}
