//! Nodes with lost connections and slow applications. The simulator in `seeds.rs` found most of
//! these cases.

use std::sync::Arc;
use std::time::Duration;

use crate::network::{Network, address};
use brocomm::data::{Declarations, Event, Value};
use brocomm::lowlevel::commlog::CommLogLine;
use brocomm::node::Phase;
use brocomm::node::{
    Bound, ConnectionId, Handshake, Liveness, NodeConfig, NodeMachine, Notification, Options,
    Overflow, PeerConfig, PeerId, PeerState, Queue,
};

const SECOND: Duration = Duration::from_secs(1);

/// The first peer that a node connects to.
const FIRST: PeerId = PeerId(1);

/// The first connection of a node.
fn first(net: &Network, node: usize) -> ConnectionId {
    net.links(node).next().expect("there is a connection")
}

fn configuration(options: Options, node: PeerConfig) -> NodeConfig {
    let mut declarations = Declarations::new();
    let text = "global ping: event(n: count, text: string);";
    declarations.read(text).expect("the declaration is valid");
    let node = PeerConfig { events: Some("ping".parse().expect("the pattern is valid")), ..node };
    let nodes = vec![("peer".to_owned(), node)];
    NodeConfig { options, nodes, declarations: Arc::new(declarations) }
}

fn ping(n: u64) -> Event {
    Event::new("ping", vec![Value::Count(n), Value::string("")])
}

fn numbers(events: &[Event]) -> Vec<u64> {
    let number = |event: &Event| match event.args[0] {
        Value::Count(n) => n,
        _ => panic!("{event:?}"),
    };
    events.iter().map(number).collect()
}

/// Two nodes: the first connects to the second, which listens. Returned in this order.
fn pair(options: Options, entry: PeerConfig, other: Options) -> (Network, usize, usize) {
    let mut net = Network::new();
    let other = Options { listen: true, ..other };
    let there = net.add(configuration(other, PeerConfig::new(address(1))));
    let entry = PeerConfig { connect: true, retry: SECOND, host: address(there), ..entry };
    let here = net.add(configuration(options, entry));
    (net, here, there)
}

fn keeping(events: usize) -> PeerConfig {
    let bound = Bound::new(events, 1 << 20);
    PeerConfig { store_and_forward: Some(bound), ..PeerConfig::new(address(0)) }
}

fn raise(net: &mut Network, node: usize, event: Event) -> brocomm::node::Raised {
    let now = net.now;
    net.node(node).raise(event, now).expect("there is room")
}

#[test]
fn events_raised_in_the_handshake_are_kept_once_and_in_order() {
    let by_hand = Options { handshake: Handshake::Application, ..Options::default() };
    let (mut net, here, there) = pair(Options::default(), keeping(10), by_hand);
    raise(&mut net, here, ping(1));
    net.settle();
    let peer = net.node(there).peers().next().expect("there is a peer").id;
    let ping_only = "ping".parse().expect("the pattern is valid");
    net.node(there).set_accept_state(peer, true).expect("there is a connection");
    net.node(there).request_remote_events(peer, &ping_only).expect("it is in Handshake");
    net.settle();
    raise(&mut net, here, ping(2));
    net.node(there).complete_handshake(peer).expect("it is in Handshake");
    net.settle();
    raise(&mut net, here, ping(3));
    net.settle();
    assert_eq!(numbers(&net.events(there)), [1, 2, 3]);
}

#[test]
fn events_are_kept_after_a_connection_is_lost_before_its_requests() {
    let by_hand = Options { handshake: Handshake::Application, ..Options::default() };
    let (mut net, here, _) = pair(Options::default(), keeping(10), by_hand);
    net.settle();
    net.cut(here);
    net.settle();
    assert_eq!(raise(&mut net, here, ping(1)).kept, 1);
}

#[test]
fn kept_events_that_are_dropped_are_counted_and_logged() {
    let (mut net, here, there) = pair(Options::default(), keeping(2), Options::default());
    for n in 1..=5 {
        raise(&mut net, here, ping(n));
    }
    assert_eq!(net.node(here).counters(FIRST).map(|c| c.dropped_outgoing), Some(3));
    net.settle();
    let dropped = "dropped event ping for peer, send queue full";
    assert_eq!(net.log(here).iter().filter(|line| line.ends_with(dropped)).count(), 3);
    assert_eq!(numbers(&net.events(there)), [4, 5]);
}

#[test]
fn events_of_a_lost_peer_are_not_kept_for_that_peer() {
    let forwarding = Options { forward_remote_events: true, ..Options::default() };
    let (mut net, here, there) = pair(forwarding, keeping(10), Options::default());
    net.settle();
    raise(&mut net, there, ping(1));
    net.step(there);
    net.cut(here);
    net.pass(SECOND);
    assert_eq!(numbers(&net.events(here)), [1]);
    assert!(net.events(there).is_empty(), "an event was forwarded back to its origin");
}

/// Options of a node with a receive queue of one event.
fn one_by_one() -> Options {
    let bound = Bound::new(1, 1 << 20);
    let overflow = Overflow::Block;
    Options { incoming: Queue { bound, overflow }, ..Options::default() }
}

#[test]
fn queued_events_are_delivered_before_the_close_of_the_transport() {
    let (mut net, here, there) =
        pair(one_by_one(), PeerConfig::new(address(0)), Options::default());
    net.settle();
    // More than a connection reads ahead.
    for n in 1..=200 {
        raise(&mut net, there, ping(n));
    }
    let (link, other) = (first(&net, here), first(&net, there));
    let bytes = net.node(there).poll_transmit(other).to_vec();
    let now = net.now;
    let node = net.node(here);
    node.feed_bytes(link, &bytes, now);
    node.feed_closed(link, now);
    let mut notified = Vec::new();
    let mut tell = |node: &mut NodeMachine| {
        while let Some(notification) = node.poll_notification() {
            notified.push(notification);
        }
    };
    tell(node);
    let is_event = |notified: &&Notification| matches!(notified, Notification::Event { .. });
    let is_end =
        |notified: &Notification| matches!(notified, Notification::ConnectionClosed { .. });
    assert_eq!(notified.iter().filter(is_event).count(), 200);
    assert!(notified.iter().any(is_end), "{notified:?}");
    // The node tries again.
    assert!(matches!(node.peer_state(FIRST), Some(PeerState::Waiting { .. })));
}

#[test]
fn a_peer_blocked_by_backpressure_is_not_silent() {
    let liveness = Liveness { ping_after: SECOND, close_after: 2 * SECOND };
    let entry = PeerConfig { liveness: Some(liveness), ..PeerConfig::new(address(0)) };
    let (mut net, here, there) = pair(one_by_one(), entry, Options::default());
    net.settle();
    raise(&mut net, there, ping(1));
    let (link, other) = (first(&net, here), first(&net, there));
    let bytes = net.node(there).poll_transmit(other).to_vec();
    let mut now = net.now;
    let node = net.node(here);
    node.feed_bytes(link, &bytes, now);
    assert!(!node.wants_input(link));
    for _ in 0..10 {
        now += SECOND;
        node.feed_time(now);
        assert!(node.next_timeout().is_some_and(|next| next > now));
    }
    assert_eq!(node.peer_state(FIRST), Some(PeerState::Connected(Phase::Running)));
    while node.poll_notification().is_some() {}
    assert!(node.wants_input(link));
    now += SECOND;
    node.feed_time(now);
    assert!(!node.poll_transmit(link).is_empty(), "it was pinged");
    now += SECOND;
    node.feed_time(now);
    assert!(matches!(node.peer_state(FIRST), Some(PeerState::Waiting { .. })));
}

#[test]
fn a_large_event_drops_only_as_many_old_ones_as_needed() {
    let bound = Bound::new(1000, 4000);
    let options =
        Options { outgoing: Queue { bound, overflow: Overflow::DropOldest }, ..Options::default() };
    let (mut net, here, _) = pair(options, PeerConfig::new(address(0)), Options::default());
    net.settle();
    let large = |n| Event::new("ping", vec![Value::Count(n), Value::string("x".repeat(30_000))]);
    for n in 0..4 {
        raise(&mut net, here, large(n));
    }
    // The connection is full: from here on events are queued.
    for n in 0..100 {
        raise(&mut net, here, ping(n));
    }
    for n in 0..5 {
        raise(&mut net, here, large(n));
        let waiting = net.node(here).counters(FIRST).expect("there is a peer").outgoing;
        assert!(waiting.bytes < 4000 + 31_000, "{waiting:?}");
        assert!(waiting.events > 0, "the newest stays");
    }
}

#[test]
fn no_event_is_delivered_after_one_that_overflowed_the_queue() {
    let queue = Queue { bound: Bound::new(2, 1 << 20), overflow: Overflow::Disconnect };
    let options = Options { incoming: queue, ..Options::default() };
    let (mut net, here, there) = pair(options, PeerConfig::new(address(0)), Options::default());
    net.settle();
    for n in 1..=200 {
        raise(&mut net, there, ping(n));
    }
    let (link, other) = (first(&net, here), first(&net, there));
    let bytes = net.node(there).poll_transmit(other).to_vec();
    let now = net.now;
    net.node(here).feed_bytes(link, &bytes, now);
    net.settle();
    let notified = net.notified(here);
    let event = |notified: &Notification| match notified {
        Notification::Event { event, .. } => Some(event.clone()),
        _ => None,
    };
    assert_eq!(numbers(&notified.iter().filter_map(event).collect::<Vec<_>>()), [1, 2]);
    let full = |notified: &&Notification| matches!(notified, Notification::Log(entry) if entry.line == CommLogLine::IncomingFull);
    assert_eq!(notified.iter().filter(full).count(), 1);
    assert!(matches!(net.node(here).peer_state(FIRST), Some(PeerState::Waiting { .. })));
}

#[test]
fn notifications_after_an_event_do_not_count_as_remote() {
    let (mut net, here, there) =
        pair(Options::default(), PeerConfig::new(address(0)), Options::default());
    net.settle();
    raise(&mut net, there, ping(1));
    let (link, other) = (first(&net, here), first(&net, there));
    let bytes = net.node(there).poll_transmit(other).to_vec();
    let now = net.now;
    let node = net.node(here);
    node.feed_bytes(link, &bytes, now);
    assert!(matches!(node.poll_notification(), Some(Notification::Event { .. })));
    assert!(node.is_remote_event());
    node.feed_accept_failed("too many open files", now);
    assert!(matches!(node.poll_notification(), Some(Notification::Log(_))));
    assert!(!node.is_remote_event());
}
