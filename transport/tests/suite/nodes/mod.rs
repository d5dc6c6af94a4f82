//! The behavior of a node on every async transport.
//!
//! These tests use real sockets on the loopback interface and do not depend on timing.

mod multitude;
mod pressure;
mod processes;
mod subscribing;
mod trouble;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use brocomm::data::{Declarations, Event, Value};
use brocomm::lowlevel::commlog::CommLogLine;
use brocomm::lowlevel::driver::{RequestError, Subscription};
use brocomm::node::{Endpoint, Handshake, NodeConfig, Notification, Options, PeerConfig, PeerId};
use futures_lite::future::{poll_once, yield_now, zip};

use super::stream::Stream;
use crate::transport::{Node, Notifications};

pub(crate) use multitude::*;
pub(crate) use pressure::*;
pub(crate) use processes::*;
pub(crate) use subscribing::*;
pub(crate) use trouble::*;

/// Far longer than a passing test takes.
const LONG: Duration = Duration::from_secs(60);

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn configuration(stream: Stream, options: Options, nodes: Vec<PeerConfig>) -> NodeConfig {
    let text = "global ping: event(n: count, s: string); global pong: event(n: count, s: string);";
    let mut declarations = Declarations::new();
    declarations.read(text).unwrap();
    let nodes = nodes.into_iter().enumerate().map(|(n, node)| (format!("node{n}"), node)).collect();
    stream.node(NodeConfig { options, nodes, declarations: Arc::new(declarations) })
}

/// The options of a node that listens on a free port.
fn listening() -> Options {
    Options {
        listen: true,
        listen_interface: LOOPBACK,
        listen_port: 0,
        listen_retry: Duration::from_secs(1),
        ..Options::default()
    }
}

/// The entry of a peer that connects to this node.
fn anyone(events: &str) -> PeerConfig {
    PeerConfig { events: Some(events.parse().unwrap()), ..PeerConfig::new(LOOPBACK) }
}

/// The entry of a peer that this node connects to.
fn at(port: u16, events: &str) -> PeerConfig {
    PeerConfig { connect: true, p: Some(port), retry: Duration::from_secs(1), ..anyone(events) }
}

fn start(stream: Stream, options: Options, nodes: Vec<PeerConfig>) -> (Node, Notifications) {
    let handle = Node::start(configuration(stream, options, nodes)).unwrap();
    let notifications = handle.subscribe();
    (handle, notifications)
}

/// Starts a node that listens, and returns it with its port.
async fn listener(
    stream: Stream,
    options: Options,
    nodes: Vec<PeerConfig>,
) -> (Node, Notifications, u16) {
    let (handle, mut notifications) = start(stream, options, nodes);
    let port = find(&mut notifications, |notification| match notification {
        Notification::Listening(Endpoint { port, .. }) => Some(*port),
        _ => None,
    });
    let port = port.await;
    (handle, notifications, port)
}

/// Returns two connected nodes. The first listens and receives pings, the second receives pongs.
async fn pair(stream: Stream, ours: Options, theirs: Options) -> [(Node, Notifications); 2] {
    let (here, mut told_here, port) =
        listener(stream, Options { listen: true, ..ours }, vec![anyone("ping")]).await;
    let (there, mut their_notifications) = start(stream, theirs, vec![at(port, "pong")]);
    zip(running(&mut told_here), running(&mut their_notifications)).await;
    [(here, told_here), (there, their_notifications)]
}

/// Reads notifications until one matches.
async fn find<T>(notifications: &mut Notifications, is: impl Fn(&Notification) -> Option<T>) -> T {
    loop {
        let notification = notifications.next().await.expect("the node is running");
        if let Some(found) = is(&notification) {
            return found;
        }
    }
}

async fn running(notifications: &mut Notifications) -> PeerId {
    find(notifications, |notification| match notification {
        Notification::ConnectionHandshakeDone(peer) => Some(peer.id),
        _ => None,
    })
    .await
}

async fn closed(notifications: &mut Notifications) -> PeerId {
    find(notifications, |notification| match notification {
        Notification::ConnectionClosed { peer, .. } => Some(peer.id),
        _ => None,
    })
    .await
}

fn number(notification: &Notification) -> Option<u64> {
    match notification {
        Notification::Event { event, .. } => match event.args.first() {
            Some(Value::Count(number)) => Some(*number),
            other => panic!("{other:?}"),
        },
        _ => None,
    }
}

/// Reads notifications until `count` events have arrived.
async fn numbers(notifications: &mut Notifications, count: usize) -> Vec<u64> {
    let mut numbers = Vec::new();
    while numbers.len() < count {
        numbers.push(find(notifications, number).await);
    }
    numbers
}

/// Reads to the end. Returns the numbers of the events, and the peers that did not get everything.
async fn rest(notifications: &mut Notifications) -> (Vec<u64>, Vec<PeerId>) {
    let (mut numbers, mut end) = (Vec::new(), None);
    while let Some(notification) = notifications.next().await {
        assert_eq!(end, None, "a notification after the last one");
        numbers.extend(number(&notification));
        if let Notification::Terminated { undelivered } = notification {
            end = Some(undelivered);
        }
    }
    (numbers, end.expect("a last notification"))
}

fn event(name: &str, number: u64, size: usize) -> Event {
    Event::new(name, vec![Value::Count(number), Value::string(vec![b'x'; size])])
}

fn small(name: &str, number: u64) -> Event {
    event(name, number, 10)
}

pub(crate) async fn events_go_both_ways_in_order(stream: Stream) {
    let [(here, mut told_here), (there, mut their_notifications)] =
        pair(stream, listening(), Options::default()).await;
    for n in 0..1000 {
        assert_eq!(here.raise(small("pong", n)).await.unwrap().peers, 1);
        assert_eq!(there.raise(small("ping", n)).await.unwrap().peers, 1);
        // No peer has requested this event.
        assert_eq!(there.raise(small("pong", n)).await.unwrap().peers, 0);
    }
    let all: Vec<u64> = (0..1000).collect();
    assert_eq!(numbers(&mut told_here, 1000).await, all);
    assert_eq!(numbers(&mut their_notifications, 1000).await, all);
    assert_eq!(here.terminate().await, []);
    assert_eq!(rest(&mut told_here).await, (vec![], vec![]));
    assert_eq!(told_here.next().await, None);
    closed(&mut their_notifications).await;
}

pub(crate) async fn the_class_selects_the_peer_entry(stream: Stream) {
    let class =
        |class: &'static str, node: PeerConfig| PeerConfig { class: Some(class.into()), ..node };
    let entries = vec![class("one", anyone("ping")), class("two", anyone("pong"))];
    let (here, mut notifications, port) = listener(stream, listening(), entries).await;
    let (there, mut their_notifications) =
        start(stream, Options::default(), vec![class("two", at(port, "ping"))]);
    let node = find(&mut notifications, |notification| match notification {
        Notification::ConnectionEstablished { node, .. } => Some(node.clone()),
        _ => None,
    });
    assert_eq!(node.await.as_deref(), Some("node1"));
    zip(running(&mut notifications), running(&mut their_notifications)).await;
    assert_eq!(there.raise(small("ping", 1)).await.unwrap().peers, 0);
    assert_eq!(there.raise(small("pong", 2)).await.unwrap().peers, 1);
    assert_eq!(here.raise(small("ping", 3)).await.unwrap().peers, 1);
    assert_eq!(numbers(&mut notifications, 1).await, [2]);
    assert_eq!(numbers(&mut their_notifications, 1).await, [3]);
}

pub(crate) async fn an_event_reaches_two_hundred_peers(stream: Stream) {
    let (here, mut notifications, port) = listener(stream, listening(), vec![anyone("ping")]).await;
    let mut peers: Vec<_> =
        (0..200).map(|_| start(stream, Options::default(), vec![at(port, "pong")])).collect();
    for _ in 0..200 {
        running(&mut notifications).await;
    }
    for (_, notifications) in &mut peers {
        running(notifications).await;
    }
    assert_eq!(here.raise(small("pong", 7)).await.unwrap().peers, 200);
    for (n, (peer, notifications)) in peers.iter_mut().enumerate() {
        assert_eq!(numbers(notifications, 1).await, [7]);
        peer.raise(small("ping", n as u64)).await.unwrap();
    }
    let mut got = numbers(&mut notifications, 200).await;
    got.sort_unstable();
    assert!(got.into_iter().eq(0..200));
}

pub(crate) async fn dropped_futures_lose_nothing(stream: Stream) {
    let [(here, mut notifications), (there, _told_there)] =
        pair(stream, listening(), Options::default()).await;
    let mut got = Vec::new();
    for n in 0..100 {
        // An event that the first attempt does not return is returned by a later one.
        there.raise(small("ping", n)).await.unwrap();
        let _ = poll_once(there.flush(LONG)).await;
        while let Some(next) = poll_once(notifications.next()).await {
            got.extend(number(&next.unwrap()));
        }
    }
    got.extend(numbers(&mut notifications, 100 - got.len()).await);
    assert!(got.into_iter().eq(0..100));
    // What was started continues.
    let _ = poll_once(here.terminate()).await;
    assert_eq!(rest(&mut notifications).await, (vec![], vec![]));
}

pub(crate) async fn answers_are_distinguished_from_other_events(stream: Stream) {
    let [(here, mut notifications), (there, mut their_notifications)] =
        pair(stream, listening(), Options::default()).await;
    let question = async {
        // No subscriber reads meanwhile.
        let two = |event: &Event| event.args.first() == Some(&Value::Count(2));
        let answer = there.request(small("ping", 1), "pong", two, LONG).await;
        assert_eq!(answer.map(|(_, event)| event.args[0].clone()), Ok(Value::Count(2)));
    };
    let answer = async {
        assert_eq!(numbers(&mut notifications, 1).await, [1]);
        for n in 1..=3 {
            here.raise(small("pong", n)).await.unwrap();
        }
    };
    zip(question, answer).await;
    assert_eq!(numbers(&mut their_notifications, 2).await, [1, 3]);

    let nobody = there.request(small("pong", 1), "pong", |_| true, LONG).await;
    assert_eq!(nobody, Err(RequestError::NobodyAsked));
    let timeout = Duration::ZERO;
    let late = there.request(small("ping", 1), "pong", |_| false, timeout).await;
    assert_eq!(late, Err(RequestError::TimedOut { timeout }));
    let never = there.request(small("ping", 9), "pong", |_| false, LONG);
    let end = async {
        find(&mut notifications, |notification| number(notification).filter(|number| *number == 9))
            .await;
        there.terminate().await;
    };
    let (never, ()) = zip(never, end).await;
    assert_eq!(never, Err(RequestError::Terminated));
}

/// The application gets the error at once, whether or not a peer has requested the event.
pub(crate) async fn events_that_do_not_match_their_declarations_are_refused(stream: Stream) {
    let (here, mut notifications, port) = listener(stream, listening(), vec![anyone("ping")]).await;
    let (there, mut their_notifications) =
        start(stream, Options::default(), vec![at(port, "pong")]);
    zip(running(&mut notifications), running(&mut their_notifications)).await;
    let wrong = || Event::new("ping", vec![Value::string("1"), Value::string("x")]);
    let expected = "event ping: argument 0, n: expected count, found string";
    for node in [&here, &there] {
        assert_eq!(node.raise(wrong()).await.unwrap_err().to_string(), expected);
        assert_eq!(node.try_raise(wrong()).unwrap_err().to_string(), expected);
        let answer = node.request(wrong(), "pong", |_| true, LONG).await;
        assert_eq!(answer.unwrap_err().to_string(), expected);
    }
    // The peer received only the valid events, with the declared types.
    let int = Event::new("ping", vec![Value::Int(7), Value::string("x")]);
    assert_eq!(there.raise(int).await.map(|raised| raised.peers), Ok(1));
    assert_eq!(numbers(&mut notifications, 1).await, [7]);
    assert_eq!(here.with(|node, _| node.total_counters().connection.calls_rejected), 0);
}

pub(crate) async fn an_application_can_choose_the_requests(stream: Stream) {
    let own = Options { handshake: Handshake::Application, ..Options::default() };
    let (here, mut notifications, port) = listener(stream, listening(), vec![anyone("ping")]).await;
    let (there, mut their_notifications) = start(stream, own, vec![at(port, "")]);
    let peer = find(&mut their_notifications, |notification| match notification {
        Notification::ConnectionEstablished { peer, .. } => Some(peer.id),
        _ => None,
    });
    let peer = peer.await;
    there.with(|node, _| {
        node.set_accept_state(peer, true).unwrap();
        node.request_remote_events(peer, &"pong".parse().unwrap()).unwrap();
        node.complete_handshake(peer).unwrap();
    });
    zip(running(&mut notifications), running(&mut their_notifications)).await;
    assert_eq!(here.try_raise(small("pong", 1)).map(|raised| raised.peers), Ok(1));
    assert_eq!(numbers(&mut their_notifications, 1).await, [1]);
}

/// Creates all these tests. See [`over_each_stream`](super::over_each_stream).
macro_rules! all {
    ($run:path) => {
        crate::suite::over_each_stream! { $run, crate::suite::nodes;
            events_go_both_ways_in_order
            the_class_selects_the_peer_entry
            an_event_reaches_two_hundred_peers
            many_events_arrive_in_order
            two_hundred_peers_exchange_many_events_in_order
            dropped_futures_lose_nothing
            answers_are_distinguished_from_other_events
            events_that_do_not_match_their_declarations_are_refused
            an_application_can_choose_the_requests
            events_arrive_although_other_notifications_are_not_read
            the_log_names_a_stalled_subscriber_and_others_continue
            several_subscribers_get_all_notifications
            events_are_returned_as_rust_values
            a_subscriber_that_does_not_read_blocks_the_peer_and_loses_nothing
            log_entries_wait_for_room
            without_subscribers_nothing_blocks
            a_peer_that_never_reads_does_not_delay_others
            terminating_delivers_what_is_queued
            a_flush_returns_the_peers_with_unsent_data
            reconnects_after_a_peer_is_killed
            listening_is_retried_while_the_port_is_in_use
            failures_have_a_reason
            connection_attempts_can_be_abandoned_and_restarted
            slow_and_invalid_input_does_not_affect_other_peers
            roles_of_child_processes
            reconnects_after_a_peer_process_is_killed
            peers_wait_while_no_descriptors_are_free
            two_hosts_connect_by_their_addresses_and_zones
        }
    };
}
pub(crate) use all;
