//! Tests of a `NodeDriver` without sockets. The test acts as its tasks.

mod clock;
mod crowd;
mod ending;
mod flushing;
mod lending;
mod network;
mod requests;
mod subscribing;

use std::io::{Error, ErrorKind};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Wake};
use std::time::Duration;

use super::*;
use crate::connection::{
    self, Connection, ConnectionConfig, Phase, Requests, Role, Sent, Undeclared,
};
use crate::data::{Declarations, Event, Value};
use crate::driver::{BLOCK, Step};
use crate::node::{
    Bound, CommLogLine, Endpoint, NodeConfig, NodeError, Notification, Options, Overflow,
    PeerConfig, PeerId, Queue, Raised,
};

const NOW: Time = Time::from_nanos(1_700_000_000_500_000_000);

/// Counts wake-ups.
#[derive(Default)]
struct Sleeper(AtomicUsize);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Sleeper {
    /// Returns the number of wake-ups since the last call.
    fn woken(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// A node with one connection, its driver, and the peer.
struct World {
    driver: NodeDriver,
    /// The first subscriber.
    first: Ticket,
    socket: SocketDriver,
    driving: Arc<Sleeper>,
    buffer: Vec<u8>,
    peer: Connection,
    /// The peer's notifications.
    got: Vec<connection::ConnectionNotification>,
    /// Whether the socket is not writable.
    blocked: bool,
    closed: bool,
}

fn event(n: u64) -> Event {
    Event { name: "e".into(), time: 1.5, args: vec![Value::Count(n)] }
}

fn settle(driver: &mut NodeDriver) {
    driver.settle().into_iter().for_each(Waker::wake);
}

impl World {
    /// Both the peer and the node request `e`.
    fn new(options: Options) -> World {
        let here = Ipv4Addr::LOCALHOST.into();
        let wants = PeerConfig { events: Some("e|big".parse().unwrap()), ..PeerConfig::new(here) };
        let mut declarations = Declarations::new();
        declarations.read("global e: event(n: count); global big: event(s: string);").unwrap();
        let configuration = NodeConfig {
            options,
            nodes: vec![("peer".to_owned(), wants)],
            declarations: Arc::new(declarations),
        };
        let mut driver = NodeDriver::new(NodeMachine::new(configuration).unwrap());
        let mut first = Ticket::default();
        driver.subscribe(&mut first, Subscription::new("first"));
        driver.communication_mut().start(NOW);
        let from = Endpoint::new(here, 50_000);
        let id = driver.communication_mut().feed_accepted(from, NOW).unwrap();
        let requests = Requests {
            events: vec!["e".into(), "print_hook".into()],
            request_logs: true,
            ..Requests::default()
        };
        let undeclared = Undeclared::Deliver;
        let config = ConnectionConfig { requests, undeclared, ..ConnectionConfig::default() };
        World {
            driver,
            first,
            socket: SocketDriver::new(id),
            driving: Arc::default(),
            buffer: vec![0; 1000],
            peer: Connection::new(config, Role::Initiator, NOW),
            got: Vec::new(),
            blocked: false,
            closed: false,
        }
    }

    fn running(options: Options) -> World {
        let mut world = World::new(options);
        world.carry();
        assert_eq!(world.peer.phase(), Phase::Running);
        while world.peer.poll_notification().is_some() {}
        settle(&mut world.driver);
        world
    }

    /// Performs the driver's steps until it waits; returns the last step.
    fn carry(&mut self) -> String {
        let waker = Waker::from(Arc::clone(&self.driving));
        self.socket.feed_ready();
        loop {
            let step = self.socket.poll_step(&mut self.driver, &mut self.buffer, NOW, &waker);
            let last = format!("{step:?}");
            match step {
                Step::Write(_) if self.blocked => {
                    self.socket.feed_write(Err(ErrorKind::WouldBlock.into()));
                }
                Step::Write(bytes) => {
                    // Writes in parts, as sockets do.
                    let written = bytes.len().div_ceil(2);
                    self.peer.feed_bytes(&bytes[..written], NOW);
                    self.got.extend(std::iter::from_fn(|| self.peer.poll_notification()));
                    self.socket.feed_write(Ok(written));
                }
                Step::Read => {
                    let sent = self.peer.poll_transmit();
                    let read = sent.len().min(self.buffer.len());
                    self.buffer[..read].copy_from_slice(&sent[..read]);
                    self.peer.advance(read, NOW);
                    self.socket.feed_read(match read {
                        0 if self.closed => Ok(0),
                        0 => Err(ErrorKind::WouldBlock.into()),
                        read => Ok(read),
                    });
                }
                Step::Close => {
                    self.socket.feed_closed(&mut self.driver, NOW);
                    settle(&mut self.driver);
                    return last;
                }
                Step::Wait { .. } => {
                    settle(&mut self.driver);
                    return last;
                }
                Step::EndOutput | Step::Yield => {}
            }
            settle(&mut self.driver);
        }
    }

    fn notified(&mut self) -> Vec<Notification> {
        let mut notified = Vec::new();
        while let Poll::Ready(Some(notification)) =
            self.driver.poll_notification(&mut self.first, Waker::noop())
        {
            notified.push(notification);
        }
        // The queue has room again.
        settle(&mut self.driver);
        notified
    }

    fn numbers(&mut self) -> Vec<Value> {
        let number = |notified| match notified {
            Notification::Event { event, .. } => event.args.first().cloned(),
            _ => None,
        };
        self.notified().into_iter().filter_map(number).collect()
    }

    fn peer_id(&self) -> PeerId {
        self.driver.communication().peers().next().unwrap().id
    }
}

fn queue(events: usize) -> Queue {
    Queue { bound: Bound::new(events, 1 << 20), overflow: Overflow::Block }
}

#[test]
fn a_connection_is_driven_from_start_to_end() {
    let mut world = World::running(Options::default());
    world.driving.woken();
    assert_eq!(world.driver.communication_mut().raise(event(1), NOW).map(|r| r.peers), Ok(1));
    settle(&mut world.driver);
    assert_eq!(world.driving.woken(), 1, "there is something to write");
    let before = world.peer.counters().events_received;
    world.carry();
    assert_eq!(world.peer.counters().events_received, before + 1);
    assert_eq!(world.driving.woken(), 0, "a driver's own work does not wake it");

    assert_eq!(world.peer.send_event(&event(2)), Ok(Sent::Sent));
    world.closed = true;
    assert_eq!(world.carry(), "Close");
    assert_eq!(world.numbers(), [Value::Count(2)]);
    assert!(!world.driver.communication().is_known(world.socket.id()));
    assert_eq!(world.carry(), "Close");
}

#[test]
fn input_waits_for_a_subscriber() {
    let mut world = World::running(Options { incoming: queue(1), ..Options::default() });
    assert!(world.numbers().is_empty());
    for n in 0..200 {
        assert_eq!(world.peer.send_event(&event(n)), Ok(Sent::Sent));
    }
    world.carry();
    assert!(!world.peer.poll_transmit().is_empty(), "not everything is read");
    let (taker, mut got) = (Arc::new(Sleeper::default()), Vec::new());
    let waker = Waker::from(Arc::clone(&taker));
    while got.len() < 200 {
        match world.driver.poll_notification(&mut world.first, &waker) {
            Poll::Ready(Some(Notification::Event { event, .. })) => got.extend(event.args),
            Poll::Ready(_) => {}
            Poll::Pending => {
                taker.woken();
                settle(&mut world.driver);
                world.carry();
                assert_eq!(taker.woken(), 1, "there is something to take");
            }
        }
    }
    assert!(got.into_iter().eq((0..200).map(Value::Count)));
}

#[test]
fn failures_are_reported_as_read_or_write_failures() {
    let failed = |notified: Vec<Notification>| {
        let line = |notified| match notified {
            Notification::Log(entry)
                if matches!(
                    entry.line,
                    CommLogLine::Connection(crate::connection::CommLogMessage::ReadError(_))
                        | CommLogLine::WriteError { .. }
                ) =>
            {
                Some(entry.line.to_string())
            }
            _ => None,
        };
        notified.into_iter().filter_map(line).collect::<Vec<_>>()
    };
    let mut world = World::running(Options::default());
    world.socket.feed_read(Err(Error::other("connection reset by peer")));
    assert_eq!(world.carry(), "Close");
    assert_eq!(failed(world.notified()), ["can't read data chunk: connection reset by peer"]);

    let mut world = World::running(Options::default());
    world.notified();
    assert_eq!(world.peer.send_event(&event(1)), Ok(Sent::Sent));
    assert_eq!(world.driver.communication_mut().raise(event(0), NOW).map(|r| r.peers), Ok(1));
    world.socket.feed_write(Err(Error::other("broken pipe")));
    world.carry();
    world.closed = true;
    assert_eq!(world.carry(), "Close");
    let notified = world.notified();
    assert!(
        notified.iter().any(|notified| matches!(notified, Notification::Event { .. })),
        "received earlier"
    );
    assert_eq!(failed(notified), ["child: write error broken pipe"]);
}

#[test]
fn events_wait_for_room_and_flushes_wait_for_delivery() {
    let mut world = World::running(Options { outgoing: queue(3), ..Options::default() });
    world.blocked = true;
    let (raising, flushing) = (Arc::new(Sleeper::default()), Arc::new(Sleeper::default()));
    let (mut ticket, mut flush) = (Ticket::default(), Ticket::default());
    let mut delivery = Flush::default();
    let waker = Waker::from(Arc::clone(&flushing));
    assert_eq!(world.driver.poll_flush(&mut flush, &mut delivery, NOW, &waker), Poll::Ready(()));
    let mut n = 0;
    let mut waiting = loop {
        let mut next = Some(event(n));
        let waker = Waker::from(Arc::clone(&raising));
        match world.driver.poll_raise(&mut ticket, &mut next, NOW, &waker) {
            Poll::Ready(raised) => assert_eq!(
                raised.map(|raised| raised.done().map(|raised| raised.peers)),
                Ok(Some(1))
            ),
            Poll::Pending => break next,
        }
        world.carry();
        n += 1;
    };
    let waker = Waker::from(Arc::clone(&flushing));
    assert_eq!(world.driver.poll_flush(&mut flush, &mut delivery, NOW, &waker), Poll::Pending);
    assert_eq!(world.driver.communication().undelivered(), [world.peer_id()]);
    settle(&mut world.driver);
    assert_eq!((raising.woken(), flushing.woken()), (0, 0));

    world.blocked = false;
    world.carry();
    assert_eq!((raising.woken(), flushing.woken()), (1, 1));
    assert_eq!(
        world.driver.poll_flush(&mut flush, &mut delivery, NOW, Waker::noop()),
        Poll::Ready(())
    );
    assert!(world.driver.communication().undelivered().is_empty());
    let raised = world.driver.poll_raise(&mut ticket, &mut waiting, NOW, Waker::noop());
    let raised = raised.map_ok(|raised| raised.done());
    assert_eq!(raised, Poll::Ready(Ok(Some(Raised { peers: 1, ..Raised::default() }))));
    world.driver.forget(&mut ticket);
    world.driver.forget(&mut flush);
    assert_eq!(world.driver.waiting.by_ticket.len(), 0);
}

#[test]
fn attempts_to_connect_are_cancelled() {
    let node = PeerConfig { connect: true, ..PeerConfig::new(Ipv4Addr::LOCALHOST.into()) };
    let nodes = vec![("peer".to_owned(), node)];
    let configuration = NodeConfig { nodes, ..NodeConfig::default() };
    let mut driver = NodeDriver::new(NodeMachine::new(configuration).unwrap());
    driver.communication_mut().start(NOW);
    settle(&mut driver);
    let Task::Do(Action::Connect { connection, .. }) = driver.poll_task(NOW, Waker::noop()) else {
        panic!()
    };
    let (socket, connecting) = (SocketDriver::new(connection), Arc::new(Sleeper::default()));
    let waker = Waker::from(Arc::clone(&connecting));
    assert!(!socket.is_given_up(&mut driver, &waker));
    assert_eq!(driver.communication_mut().disconnect(PeerId(1), NOW), Ok(()));
    settle(&mut driver);
    assert_eq!(connecting.woken(), 1);
    assert!(socket.is_given_up(&mut driver, &waker));
    // This comes too late and has no effect.
    driver.communication_mut().feed_connected(socket.id(), NOW);
    socket.feed_connect_failed(&mut driver, "connection refused", NOW);
    let again = driver.communication_mut().disconnect(PeerId(1), NOW);
    assert_eq!(again, Err(NodeError::NotConnected(PeerId(1))));
    assert!(driver.sockets.is_empty());
}
