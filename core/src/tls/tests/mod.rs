//! Two drivers that use TLS over in-memory wires.

mod certificates;
mod closing;
mod configuration;
mod good;
mod node;
mod refused;
mod splits;

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::task::Poll;
use std::time::Duration;

use super::error::Alert;
use super::*;
use crate::Time;
use crate::connection::{
    CloseCause, Connection, ConnectionConfig, ConnectionNotification, Phase, Requests, Role, Sent,
    Undeclared,
};
use crate::data::{Event, Value};
use crate::driver::{Driver, Step};
use certificates::{Authority, Made};

/// A time in November 2023.
const NOW: Time = Time::from_nanos(1_700_000_000_500_000_000);

fn after(secs: u64) -> Time {
    NOW + Duration::from_secs(secs)
}

fn config(tls: Option<TlsConfig>) -> ConnectionConfig {
    let requests = Requests { events: vec!["e".into()], ..Requests::default() };
    ConnectionConfig {
        requests,
        undeclared: Undeclared::Deliver,
        tls,
        ..ConnectionConfig::default()
    }
}

/// One end of a connection.
struct End {
    driver: Driver,
    /// The bytes in transit to it.
    incoming: VecDeque<u8>,
    /// Whether the stream ends after them.
    ended: bool,
    /// The maximum number of bytes per read and write.
    piece: usize,
    closed: bool,
    notified: Vec<ConnectionNotification>,
    /// All bytes written.
    written: Vec<u8>,
}

impl End {
    fn new(config: ConnectionConfig, role: Role) -> End {
        End::at(NOW, config, role)
    }

    fn at(now: Time, config: ConnectionConfig, role: Role) -> End {
        End {
            driver: Driver::new(Connection::new(config, role, now)),
            incoming: VecDeque::new(),
            ended: false,
            piece: usize::MAX,
            closed: false,
            notified: Vec::new(),
            written: Vec::new(),
        }
    }

    /// Performs a step; returns whether it made progress.
    fn step(&mut self, peer: &mut Wire, now: Time) -> bool {
        while let Poll::Ready(Some(notified)) = self.driver.poll_notification() {
            self.notified.push(notified);
        }
        match self.driver.poll_step(now) {
            Step::Write(bytes) => {
                let bytes = bytes.get(..self.piece).unwrap_or(bytes).to_vec();
                self.driver.feed_write(Ok(bytes.len()), now);
                self.written.extend(&bytes);
                peer.0.extend(bytes);
            }
            Step::Read => {
                let length = self.incoming.len().min(self.piece).min(64 << 10);
                let bytes: Vec<u8> = self.incoming.drain(..length).collect();
                if bytes.is_empty() && !self.ended {
                    self.driver.feed_read(Err(ErrorKind::WouldBlock.into()), now);
                    return self.step(peer, now);
                }
                self.driver.feed_read(Ok(&bytes), now);
            }
            Step::EndOutput => peer.1 = true,
            Step::Yield => {}
            Step::Wait { .. } => {
                self.driver.feed_readable();
                self.driver.feed_writable();
                return false;
            }
            Step::Close => {
                peer.1 = true;
                let first = !self.closed;
                self.closed = true;
                return first;
            }
        }
        true
    }

    fn send(&mut self, value: Value) {
        let event = Event { name: "e".into(), time: 1.5, args: vec![value] };
        assert_eq!(self.driver.connection_mut().send_event(&event), Ok(Sent::Sent));
    }

    fn events(&self) -> usize {
        self.notified
            .iter()
            .filter(|notified| matches!(notified, ConnectionNotification::Event(_)))
            .count()
    }

    fn cause(&self) -> Option<&CloseCause> {
        self.notified.iter().find_map(|notified| match notified {
            ConnectionNotification::Closed(cause) => Some(cause),
            _ => None,
        })
    }

    /// Returns how TLS failed.
    fn failure(&self) -> &TlsError {
        match self.cause() {
            Some(CloseCause::Tls(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    fn phase(&self) -> Phase {
        self.driver.connection().phase()
    }
}

/// The bytes in transit, and whether the stream ends after them.
#[derive(Default)]
struct Wire(Vec<u8>, bool);

struct Pair {
    /// The initiator.
    near: End,
    far: End,
    now: Time,
}

impl Pair {
    fn at(now: Time, near: ConnectionConfig, far: ConnectionConfig) -> Pair {
        let near = End::at(now, near, Role::Initiator);
        Pair { near, far: End::at(now, far, Role::Acceptor), now }
    }

    fn of(near: ConnectionConfig, far: ConnectionConfig) -> Pair {
        Pair::at(NOW, near, far)
    }

    fn new(near: &TlsConfig, far: &TlsConfig) -> Pair {
        Pair::of(config(Some(near.clone())), config(Some(far.clone())))
    }

    /// Transfers bytes until nothing changes.
    fn run(&mut self) {
        loop {
            let mut wire = Wire::default();
            let moved = self.near.step(&mut wire, self.now);
            self.far.incoming.extend(wire.0);
            self.far.ended |= wire.1;
            let mut wire = Wire::default();
            let moved = self.far.step(&mut wire, self.now) | moved;
            self.near.incoming.extend(wire.0);
            self.near.ended |= wire.1;
            if !moved {
                return;
            }
        }
    }

    fn assert_running(&self) {
        for end in [&self.near, &self.far] {
            assert_eq!(end.phase(), Phase::Running, "{:?}", end.notified);
        }
    }
}

/// Returns the lengths of the records in these bytes, including headers.
fn lengths(mut bytes: &[u8]) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let [_, _, _, high, low, ..] = *bytes else { return None };
        let length = 5 + usize::from(u16::from_be_bytes([high, low]));
        bytes = bytes.get(length..).unwrap_or_default();
        Some(length)
    })
}

/// Returns the configurations of two nodes with one authority.
fn two() -> (TlsConfig, TlsConfig) {
    let authority = Authority::new();
    (authority.config(Made::default()), authority.config(Made::default()))
}
