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
    hub: NodeDriver,
    subscriber: Ticket,
    carrier: Option<SocketDriver>,
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

fn hub(options: Options, node: PeerConfig) -> NodeDriver {
    let nodes = vec![("peer".to_owned(), node)];
    let configuration = NodeConfig { options, nodes, ..NodeConfig::default() };
    let mut hub = NodeDriver::new(NodeMachine::new(configuration).unwrap());
    hub.communication_mut().start(NOW);
    let _ = hub.settle();
    hub
}

impl World {
    fn of(mut hub: NodeDriver, carrier: Option<SocketDriver>, peer: End) -> World {
        let mut subscriber = Ticket::default();
        hub.subscribe(&mut subscriber, Subscription::new("test"));
        World {
            hub,
            subscriber,
            carrier,
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
        let mut hub = hub(Options { listen_ssl: true, ..options }, PeerConfig::new(HERE.into()));
        let from = Endpoint::new(HERE.into(), 50_000);
        let id = hub.communication_mut().feed_accepted(from, NOW);
        World::of(hub, id.map(SocketDriver::new), End::new(peer, Role::Initiator))
    }

    /// Returns a node that connects to the peer.
    fn connecting(options: Options, node: PeerConfig, peer: ConnectionConfig) -> World {
        let node = PeerConfig { connect: true, ssl: true, ..node };
        let mut hub = hub(options, node);
        let Task::Do(Action::Connect { connection, .. }) = hub.poll_task(NOW, Waker::noop()) else {
            panic!()
        };
        let carrier = SocketDriver::new(connection);
        hub.communication_mut().feed_connected(connection, NOW);
        World::of(hub, Some(carrier), End::new(peer, Role::Acceptor))
    }

    /// Performs one step of the node; returns whether it made progress.
    fn step(&mut self) -> bool {
        let Some(carrier) = &mut self.carrier else { return false };
        match carrier.poll_step(&mut self.hub, &mut self.buffer, self.now, Waker::noop()) {
            Step::Write(bytes) => {
                self.peer.incoming.extend(bytes);
                let length = bytes.len();
                carrier.feed_write(Ok(length));
            }
            Step::Read => {
                let length = self.incoming.len().min(self.buffer.len());
                if length == 0 && !self.ended {
                    carrier.feed_read(Err(ErrorKind::WouldBlock.into()));
                    return self.step();
                }
                let bytes: Vec<u8> = self.incoming.drain(..length).collect();
                self.buffer[..length].copy_from_slice(&bytes);
                carrier.feed_read(Ok(length));
            }
            Step::EndOutput => self.peer.ended = true,
            Step::Yield => {}
            Step::Wait { .. } => {
                carrier.feed_ready();
                return false;
            }
            Step::Close => {
                self.peer.ended = true;
                self.closed = true;
                carrier.feed_closed(&mut self.hub, self.now);
                self.carrier = None;
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
            let _ = self.hub.settle();
            if !moved {
                return;
            }
        }
    }

    /// Returns the notifications, log entries as text.
    fn told(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        let _ = self.hub.settle();
        let World { hub, subscriber, .. } = self;
        while let Poll::Ready(Some(one)) = hub.poll_notification(subscriber, Waker::noop()) {
            told.push(match one {
                Notification::Log(entry) => entry.to_string(),
                other => format!("{other:?}"),
            });
        }
        told
    }
}

fn position(told: &[String], end: &str) -> usize {
    let found = told.iter().position(|line| line.ends_with(end));
    found.unwrap_or_else(|| panic!("no {end} in {told:#?}"))
}

#[test]
fn accepted_connections_begin_after_the_tls_handshake() {
    let (ours, theirs) = two();
    let mut world = World::accepting(options(&ours), config(Some(theirs)));
    let before = world.told();
    position(&before, "[#10000/10.0.0.1:50000] accepted SSL connection");
    position(&before, "added peer");
    assert!(!before.iter().any(|line| line.contains("peer connected")), "{before:?}");
    world.run();
    let told = world.told();
    position(&told, "phase: running");
    assert_eq!(world.peer.phase(), Phase::Running);
    let communication = world.hub.communication();
    let peer = communication.peers().next().unwrap().id;
    assert_eq!(communication.peer_state(peer), Some(PeerState::Connected(Phase::Running)));
    world.peer.driver.close(NOW);
    world.run();
    let told = world.told();
    assert!(told.iter().any(|line| line.contains("cause: PeerClosed")), "{told:?}");
    assert!(world.closed);
}

#[test]
fn initiated_connections_are_up_after_the_tls_handshake() {
    let (ours, theirs) = two();
    let node = PeerConfig::new(HERE.into());
    let mut world = World::connecting(options(&ours), node, config(Some(theirs)));
    assert!(!world.told().iter().any(|line| line.ends_with("connected")));
    world.run();
    let told = world.told();
    assert!(position(&told, "[#1/10.0.0.1:47757] connected") < position(&told, "peer connected"));
    position(&told, "phase: running");
}

#[test]
fn certificates_are_checked_against_the_wall_clock() {
    let year = Duration::from_secs(365 * 24 * 3600);
    for (wall, is_valid) in [(NOW, true), (NOW + year * 100, false), (Time::EPOCH, false)] {
        let authority = Authority::new();
        let theirs = authority.config(Made { years: Some((2020, 2030)), ..Made::default() });
        let ours = authority.config(Made::default());
        let mut world = World::accepting(options(&ours), config(Some(theirs)));
        world.hub.feed_clock(NOW, wall);
        world.run();
        let told = world.told();
        assert_eq!(told.iter().any(|line| line.ends_with("phase: running")), is_valid, "{told:?}");
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
        let told = world.told();
        let line = "can't init peer io: the peer's certificate is not signed by a CA in \
                    `ssl_ca_certificate`";
        assert!(told.iter().any(|told| told == line), "{told:#?}");
        let retries = told.iter().any(|told| told.contains("retries: true"));
        assert_eq!(retries, retry > 0);
        assert_eq!(told.iter().any(|told| told.ends_with("could not connect")), retry == 0);
        let refused = TlsError::Refused { alert: Alert(48), role: Role::Acceptor };
        assert_eq!(*world.peer.failure(), refused, "the peer receives the alert");
        assert!(world.closed);
        let until = world.hub.communication().next_timeout();
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
    let told = world.told();
    let line = "can't init peer io: the peer rejected TLS: unknown_ca (48), our certificate is not \
                signed by a CA that the peer knows";
    assert!(told.iter().any(|told| told == line), "{told:#?}");
    assert!(told.iter().any(|told| told.contains("established: false, cause: Tls(")), "{told:?}");
    assert!(world.closed);
    assert_eq!(world.hub.communication().peers().count(), 0);
}

#[test]
fn a_peer_without_tls_is_recognized() {
    let (ours, _) = two();
    let mut world = World::accepting(options(&ours), config(None));
    world.run();
    let line = "can't init peer io: the peer does not use TLS, which is required here";
    assert!(world.told().iter().any(|told| told == line));
}

/// Runs a session whose stream ends after these bytes; returns its notifications.
fn ended_after(last: &[u8]) -> Vec<String> {
    let (ours, theirs) = two();
    let node = PeerConfig { retry: Duration::from_secs(5), ..PeerConfig::new(HERE.into()) };
    let mut world = World::connecting(options(&ours), node, config(Some(theirs)));
    world.run();
    world.told();
    world.incoming.extend(last);
    world.ended = true;
    world.run();
    let peer = world.hub.communication().node_peer("peer").unwrap().id;
    let state = world.hub.communication().peer_state(peer);
    assert_eq!(state, Some(PeerState::Waiting { until: after(5) }));
    world.told()
}

/// A Bro that terminates sends no `close_notify`.
#[test]
fn an_end_without_close_notify_is_logged_like_any_other() {
    let told = ended_after(&[]);
    assert!(told.iter().any(|told| told.ends_with("peer disconnected")), "{told:#?}");
    assert!(!told.iter().any(|told| told.contains("can't read")), "{told:#?}");
    assert!(told.iter().any(|told| told.contains("cause: PeerClosed }")), "{told:#?}");
}

#[test]
fn a_failure_during_a_session_is_a_tls_failure() {
    let told = ended_after(&[0x17, 3, 3, 0, 100, 0]);
    let line = "can't read data chunk: the stream was cut off inside a TLS record";
    assert!(told.iter().any(|told| told == line), "{told:#?}");
    assert!(told.iter().any(|told| told.contains("cause: Tls(Truncated)")), "{told:?}");
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
            let peer = world.hub.communication().peers().next().unwrap().id;
            let node = world.hub.communication_mut();
            if terminates {
                node.terminate_communication(NOW);
            } else {
                node.disconnect(peer, NOW).unwrap();
            }
            while world.step() {}
            assert!(world.closed);
            let told = world.told();
            assert!(!told.iter().any(|line| line.contains("peer io")), "{told:?}");
            assert_eq!(world.hub.communication().terminated().is_some(), terminates);
            let left = world.hub.communication().peers().count();
            assert_eq!(left == 0, accepts, "{terminates} {told:?}");
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
    assert!(world.told().iter().any(|told| told == line));
    world.now = after(35);
    while world.step() {}
    assert!(world.closed);
}

/// As in Bro (§2.1), the announced runtime ends when TCP connects, before the TLS handshake.
#[test]
fn the_runtime_ends_with_the_tcp_connection_not_with_the_tls_handshake() {
    let (ours, theirs) = two();
    let ssl = Options { listen_ssl: true, ..options(&ours) };
    let mut hub = hub(ssl, PeerConfig::new(HERE.into()));
    let from = Endpoint::new(HERE.into(), 50_000);
    let id = hub.communication_mut().feed_accepted(from, after(10));
    let peer = End::new(config(Some(theirs)), Role::Initiator);
    let mut world = World::of(hub, id.map(SocketDriver::new), peer);
    world.now = after(15);
    world.run();
    let runtime = world.peer.told.iter().find_map(|told| match told {
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
        let short = |told: String| match told.split_once([' ', '(']) {
            Some((name, _)) if name.starts_with("Connection") => name.to_owned(),
            _ => told.replace(prefix, "@"),
        };
        let told: Vec<String> = world.told().into_iter().map(short).collect();
        let failure = if breaks { &[broken][..] } else { &[] };
        assert_eq!(told, [&first[..], &up, failure, &over].concat(), "{connects} {breaks}");
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
        world.hub.communication_mut().terminate_communication(NOW);
        assert_eq!(world.hub.communication().terminated(), Some(&[][..]));
        let told = world.told();
        assert!(told.iter().any(|told| told.starts_with("Terminated")), "{told:#?}");
    }
}
