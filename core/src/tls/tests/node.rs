//! Tests of a node that uses TLS.

use std::net::Ipv4Addr;
use std::task::Waker;

use super::*;
use crate::driver::{NodeDriver, SocketDriver, Subscription, Task, Ticket};
use crate::node::{
    Action, Endpoint, NodeConfig, NodeMachine, Notification, Options, PeerConfig, PeerState,
};

/// A node with one connection, whose other end the test drives.
struct World {
    driver: NodeDriver,
    subscriber: Ticket,
    socket: Option<SocketDriver>,
    buffer: Vec<u8>,
    peer: End,
    /// The bytes sent to the node.
    incoming: VecDeque<u8>,
    ended: bool,
    closed: bool,
    now: Time,
}

const HERE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

fn options(tls: &TlsConfig) -> Options {
    Options { tls: Some(tls.clone()), ..Options::default() }
}

fn driver(options: Options, node: PeerConfig) -> NodeDriver {
    let nodes = vec![("peer".to_owned(), node)];
    let configuration = NodeConfig { options, nodes, ..NodeConfig::default() };
    let mut driver = NodeDriver::new(NodeMachine::new(configuration).unwrap());
    driver.communication_mut().start(NOW);
    let _ = driver.settle();
    driver
}

impl World {
    fn of(mut driver: NodeDriver, socket: Option<SocketDriver>, peer: End) -> World {
        let mut subscriber = Ticket::default();
        driver.subscribe(&mut subscriber, Subscription::new("test"));
        World {
            driver,
            subscriber,
            socket,
            buffer: vec![0; 64 << 10],
            peer,
            incoming: VecDeque::new(),
            ended: false,
            closed: false,
            now: NOW,
        }
    }

    /// Returns a node that accepts a connection.
    fn accepting(options: Options, peer: ConnectionConfig) -> World {
        let mut driver =
            driver(Options { listen_ssl: true, ..options }, PeerConfig::new(HERE.into()));
        let from = Endpoint::new(HERE.into(), 50_000);
        let id = driver.communication_mut().feed_accepted(from, NOW);
        World::of(driver, id.map(SocketDriver::new), End::new(peer, Role::Initiator))
    }

    /// Returns a node that connects to the peer.
    fn connecting(options: Options, node: PeerConfig, peer: ConnectionConfig) -> World {
        let node = PeerConfig { connect: true, ssl: true, ..node };
        let mut driver = driver(options, node);
        let Task::Do(Action::Connect { connection, .. }) = driver.poll_task(NOW, Waker::noop())
        else {
            panic!()
        };
        let socket = SocketDriver::new(connection);
        driver.communication_mut().feed_connected(connection, NOW);
        World::of(driver, Some(socket), End::new(peer, Role::Acceptor))
    }

    /// Performs one step of the node; returns whether it made progress.
    fn step(&mut self) -> bool {
        let Some(socket) = &mut self.socket else { return false };
        match socket.poll_step(&mut self.driver, &mut self.buffer, self.now, Waker::noop()) {
            Step::Write(bytes) => {
                self.peer.incoming.extend(bytes);
                let length = bytes.len();
                socket.feed_write(Ok(length));
            }
            Step::Read => {
                let length = self.incoming.len().min(self.buffer.len());
                if length == 0 && !self.ended {
                    socket.feed_read(Err(ErrorKind::WouldBlock.into()));
                    return self.step();
                }
                let bytes: Vec<u8> = self.incoming.drain(..length).collect();
                self.buffer[..length].copy_from_slice(&bytes);
                socket.feed_read(Ok(length));
            }
            Step::EndOutput => self.peer.ended = true,
            Step::Yield => {}
            Step::Wait { .. } => {
                socket.feed_ready();
                return false;
            }
            Step::Close => {
                self.peer.ended = true;
                self.closed = true;
                socket.feed_closed(&mut self.driver, self.now);
                self.socket = None;
            }
        }
        true
    }

    fn run(&mut self) {
        loop {
            let moved = self.step();
            let mut wire = Wire::default();
            let moved = self.peer.step(&mut wire, self.now) | moved;
            self.incoming.extend(wire.0);
            self.ended |= wire.1;
            let _ = self.driver.settle();
            if !moved {
                return;
            }
        }
    }

    /// Returns the notifications, log entries as text.
    fn notified(&mut self) -> Vec<String> {
        let mut notified = Vec::new();
        let _ = self.driver.settle();
        let World { driver, subscriber, .. } = self;
        while let Poll::Ready(Some(one)) = driver.poll_notification(subscriber, Waker::noop()) {
            notified.push(match one {
                Notification::Log(entry) => entry.to_string(),
                other => format!("{other:?}"),
            });
        }
        notified
    }
}

fn position(notified: &[String], end: &str) -> usize {
    let found = notified.iter().position(|line| line.ends_with(end));
    found.unwrap_or_else(|| panic!("no {end} in {notified:#?}"))
}

#[test]
fn accepted_connections_begin_after_the_tls_handshake() {
    let (ours, theirs) = two();
    let mut world = World::accepting(options(&ours), config(Some(theirs)));
    let before = world.notified();
    position(&before, "[#10000/10.0.0.1:50000] accepted SSL connection");
    position(&before, "added peer");
    assert!(!before.iter().any(|line| line.contains("peer connected")), "{before:?}");
    world.run();
    let notified = world.notified();
    position(&notified, "phase: running");
    assert_eq!(world.peer.phase(), Phase::Running);
    let communication = world.driver.communication();
    let peer = communication.peers().next().unwrap().id;
    assert_eq!(communication.peer_state(peer), Some(PeerState::Connected(Phase::Running)));
    world.peer.driver.close(NOW);
    world.run();
    let notified = world.notified();
    assert!(notified.iter().any(|line| line.contains("cause: PeerClosed")), "{notified:?}");
    assert!(world.closed);
}

#[test]
fn initiated_connections_are_up_after_the_tls_handshake() {
    let (ours, theirs) = two();
    let node = PeerConfig::new(HERE.into());
    let mut world = World::connecting(options(&ours), node, config(Some(theirs)));
    assert!(!world.notified().iter().any(|line| line.ends_with("connected")));
    world.run();
    let notified = world.notified();
    assert!(
        position(&notified, "[#1/10.0.0.1:47757] connected")
            < position(&notified, "peer connected")
    );
    position(&notified, "phase: running");
}

#[test]
fn certificates_are_checked_against_the_wall_clock() {
    let year = Duration::from_secs(365 * 24 * 3600);
    for (wall, is_valid) in [(NOW, true), (NOW + year * 100, false), (Time::EPOCH, false)] {
        let authority = Authority::new();
        let theirs = authority.config(Made { years: Some((2020, 2030)), ..Made::default() });
        let ours = authority.config(Made::default());
        let mut world = World::accepting(options(&ours), config(Some(theirs)));
        world.driver.feed_clock(NOW, wall);
        world.run();
        let notified = world.notified();
        assert_eq!(
            notified.iter().any(|line| line.ends_with("phase: running")),
            is_valid,
            "{notified:?}"
        );
    }
}

#[test]
fn a_failure_while_connecting_is_logged_notified_and_retried() {
    let authority = Authority::new();
    let stranger = Authority::new().config(Made::default());
    let ours = authority.config(Made::default());
    for retry in [0, 5] {
        let node = PeerConfig { retry: Duration::from_secs(retry), ..PeerConfig::new(HERE.into()) };
        let mut world = World::connecting(options(&ours), node, config(Some(stranger.clone())));
        world.run();
        let notified = world.notified();
        let line = "can't init peer io: the peer's certificate is not signed by a CA in \
                    `ssl_ca_certificate`";
        assert!(notified.iter().any(|notified| notified == line), "{notified:#?}");
        let retries = notified.iter().any(|notified| notified.contains("retries: true"));
        assert_eq!(retries, retry > 0);
        assert_eq!(
            notified.iter().any(|notified| notified.ends_with("could not connect")),
            retry == 0
        );
        let refused = TlsError::Refused { alert: Alert(48), role: Role::Acceptor };
        assert_eq!(*world.peer.failure(), refused, "the peer receives the alert");
        assert!(world.closed);
        let until = world.driver.communication().next_timeout();
        assert_eq!(until == Some(after(5)), retry > 0);
    }
}

#[test]
fn a_failure_while_accepting_is_logged_notified_and_forgotten() {
    let ours = Authority::new().config(Made::default());
    let stranger = Authority::new().config(Made::default());
    let mut world = World::accepting(options(&ours), config(Some(stranger)));
    world.run();
    // The initiator rejects our certificate too, and its alert arrives first.
    let notified = world.notified();
    let line = "can't init peer io: the peer rejected TLS: unknown_ca (48), our certificate is not \
                signed by a CA that the peer knows";
    assert!(notified.iter().any(|notified| notified == line), "{notified:#?}");
    assert!(
        notified.iter().any(|notified| notified.contains("established: false, cause: Tls(")),
        "{notified:?}"
    );
    assert!(world.closed);
    assert_eq!(world.driver.communication().peers().count(), 0);
}

#[test]
fn a_peer_without_tls_is_recognized() {
    let (ours, _) = two();
    let mut world = World::accepting(options(&ours), config(None));
    world.run();
    let line = "can't init peer io: the peer does not use TLS, which is required here";
    assert!(world.notified().iter().any(|notified| notified == line));
}

/// Runs a session whose stream ends after these bytes; returns its notifications.
fn ended_after(last: &[u8]) -> Vec<String> {
    let (ours, theirs) = two();
    let node = PeerConfig { retry: Duration::from_secs(5), ..PeerConfig::new(HERE.into()) };
    let mut world = World::connecting(options(&ours), node, config(Some(theirs)));
    world.run();
    world.notified();
    world.incoming.extend(last);
    world.ended = true;
    world.run();
    let peer = world.driver.communication().node_peer("peer").unwrap().id;
    let state = world.driver.communication().peer_state(peer);
    assert_eq!(state, Some(PeerState::Waiting { until: after(5) }));
    world.notified()
}

/// A Bro that terminates sends no `close_notify`.
#[test]
fn an_end_without_close_notify_is_logged_like_any_other() {
    let notified = ended_after(&[]);
    assert!(
        notified.iter().any(|notified| notified.ends_with("peer disconnected")),
        "{notified:#?}"
    );
    assert!(!notified.iter().any(|notified| notified.contains("can't read")), "{notified:#?}");
    assert!(
        notified.iter().any(|notified| notified.contains("cause: PeerClosed }")),
        "{notified:#?}"
    );
}

#[test]
fn a_failure_during_a_session_is_a_tls_failure() {
    let notified = ended_after(&[0x17, 3, 3, 0, 100, 0]);
    let line = "can't read data chunk: the stream was cut off inside a TLS record";
    assert!(notified.iter().any(|notified| notified == line), "{notified:#?}");
    assert!(
        notified.iter().any(|notified| notified.contains("cause: Tls(Truncated)")),
        "{notified:?}"
    );
}

#[test]
fn a_tls_handshake_ends_with_the_node_or_on_disconnect() {
    for terminates in [true, false] {
        for accepts in [true, false] {
            let (ours, theirs) = two();
            let mut world = if accepts {
                World::accepting(options(&ours), config(Some(theirs)))
            } else {
                World::connecting(
                    options(&ours),
                    PeerConfig::new(HERE.into()),
                    config(Some(theirs)),
                )
            };
            world.step();
            let peer = world.driver.communication().peers().next().unwrap().id;
            let node = world.driver.communication_mut();
            if terminates {
                node.terminate_communication(NOW);
            } else {
                node.disconnect(peer, NOW).unwrap();
            }
            while world.step() {}
            assert!(world.closed);
            let notified = world.notified();
            assert!(!notified.iter().any(|line| line.contains("peer io")), "{notified:?}");
            assert_eq!(world.driver.communication().terminated().is_some(), terminates);
            let left = world.driver.communication().peers().count();
            assert_eq!(left == 0, accepts, "{terminates} {notified:?}");
        }
    }
}

#[test]
fn a_stalled_handshake_times_out() {
    let (ours, theirs) = two();
    let mut world = World::accepting(options(&ours), config(Some(theirs)));
    while world.step() {}
    world.now = after(30);
    while world.step() {}
    let line = "can't init peer io: no TLS handshake within 30 s";
    assert!(world.notified().iter().any(|notified| notified == line));
    world.now = after(35);
    while world.step() {}
    assert!(world.closed);
}

/// As in Bro (§2.1), the announced runtime ends when TCP connects, before the TLS handshake.
#[test]
fn the_runtime_ends_with_the_tcp_connection_not_with_the_tls_handshake() {
    let (ours, theirs) = two();
    let ssl = Options { listen_ssl: true, ..options(&ours) };
    let mut driver = driver(ssl, PeerConfig::new(HERE.into()));
    let from = Endpoint::new(HERE.into(), 50_000);
    let id = driver.communication_mut().feed_accepted(from, after(10));
    let peer = End::new(config(Some(theirs)), Role::Initiator);
    let mut world = World::of(driver, id.map(SocketDriver::new), peer);
    world.now = after(15);
    world.run();
    let runtime = world.peer.notified.iter().find_map(|notified| match notified {
        ConnectionNotification::Established(version) => Some(version.runtime),
        _ => None,
    });
    assert_eq!(runtime, Some(10));
}

/// Compares the log lines and notification names of a whole connection, in order.
#[test]
fn the_log_is_the_same_as_without_tls() {
    let broken = "can't read data chunk: a record cannot be decrypted: it was altered in transit";
    let accepted = ["@ accepted SSL connection", "@ added peer"];
    let connected = ["@ added peer", "@ connected"];
    let up = [
        "@ peer connected",
        "@ phase: version",
        "ConnectionEstablished",
        "connection established",
        "accepting state",
        "@ phase: handshake",
        "@ peer_description is bro",
        "@ request for unknown event e",
        "@ peer supports keep-in-cache; using that",
        "@ phase: running",
        "ConnectionHandshakeDone",
    ];
    let over =
        ["connection closed", "@ peer disconnected", "ConnectionClosed", "@ connection closed"];
    for (connects, breaks) in [(false, false), (false, true), (true, false), (true, true)] {
        let (ours, theirs) = two();
        let (mut world, prefix, first) = if connects {
            let node = PeerConfig::new(HERE.into());
            let world = World::connecting(options(&ours), node, config(Some(theirs)));
            (world, "[#1/10.0.0.1:47757]", connected)
        } else {
            let world = World::accepting(options(&ours), config(Some(theirs)));
            (world, "[#10000/10.0.0.1:50000]", accepted)
        };
        world.run();
        if breaks {
            world.incoming.extend([23, 3, 3, 0, 20]);
            world.incoming.extend([7; 20]);
        } else {
            world.peer.driver.close(NOW);
        }
        world.run();
        let short = |notified: String| match notified.split_once([' ', '(']) {
            Some((name, _)) if name.starts_with("Connection") => name.to_owned(),
            _ => notified.replace(prefix, "@"),
        };
        let notified: Vec<String> = world.notified().into_iter().map(short).collect();
        let failure = if breaks { &[broken][..] } else { &[] };
        assert_eq!(notified, [&first[..], &up, failure, &over].concat(), "{connects} {breaks}");
    }
}

/// A peer whose TLS fails receives the alert even though its connection is no longer tracked.
#[test]
fn termination_does_not_wait_for_a_tls_handshake() {
    for fails in [false, true] {
        let (ours, _) = two();
        let mut world = World::accepting(options(&ours), config(None));
        while world.step() {}
        if fails {
            world.incoming.extend(b"no TLS at all");
            while world.step() {}
        }
        assert!(!world.closed);
        world.driver.communication_mut().terminate_communication(NOW);
        assert_eq!(world.driver.communication().terminated(), Some(&[][..]));
        let notified = world.notified();
        assert!(
            notified.iter().any(|notified| notified.starts_with("Terminated")),
            "{notified:#?}"
        );
    }
}
