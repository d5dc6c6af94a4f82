//! The behaviour of a node on every async transport.
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
    let (handle, mut told) = start(stream, options, nodes);
    let port = find(&mut told, |told| match told {
        Notification::Listening(Endpoint { port, .. }) => Some(*port),
        _ => None,
    });
    let port = port.await;
    (handle, told, port)
}

/// Returns two connected nodes. The first listens and receives pings, the second receives pongs.
async fn pair(stream: Stream, ours: Options, theirs: Options) -> [(Node, Notifications); 2] {
    let (here, mut told_here, port) =
        listener(stream, Options { listen: true, ..ours }, vec![anyone("ping")]).await;
    let (there, mut told_there) = start(stream, theirs, vec![at(port, "pong")]);
    zip(running(&mut told_here), running(&mut told_there)).await;
    [(here, told_here), (there, told_there)]
}

/// Reads notifications until one matches.
async fn find<T>(told: &mut Notifications, is: impl Fn(&Notification) -> Option<T>) -> T {
    loop {
        let notification = told.next().await.expect("the node goes on");
        if let Some(found) = is(&notification) {
            return found;
        }
    }
}

async fn running(told: &mut Notifications) -> PeerId {
    find(told, |told| match told {
        Notification::ConnectionHandshakeDone(peer) => Some(peer.id),
        _ => None,
    })
    .await
}

async fn closed(told: &mut Notifications) -> PeerId {
    find(told, |told| match told {
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
async fn numbers(told: &mut Notifications, count: usize) -> Vec<u64> {
    let mut numbers = Vec::new();
    while numbers.len() < count {
        numbers.push(find(told, number).await);
    }
    numbers
}

/// Reads to the end. Returns the numbers of the events, and the peers that did not get everything.
async fn rest(told: &mut Notifications) -> (Vec<u64>, Vec<PeerId>) {
    let (mut numbers, mut end) = (Vec::new(), None);
    while let Some(notification) = told.next().await {
        assert_eq!(end, None, "nothing comes after the end");
        numbers.extend(number(&notification));
        if let Notification::Terminated { undelivered } = notification {
            end = Some(undelivered);
        }
    }
    (numbers, end.expect("the end comes"))
}

fn event(name: &str, number: u64, size: usize) -> Event {
    Event::new(name, vec![Value::Count(number), Value::string(vec![b'x'; size])])
}

fn small(name: &str, number: u64) -> Event {
    event(name, number, 10)
}

pub(crate) async fn events_go_both_ways_in_order(stream: Stream) {
    let [(here, mut told_here), (there, mut told_there)] =
        pair(stream, listening(), Options::default()).await;
    for n in 0..1000 {
        assert_eq!(here.raise(small("pong", n)).await.unwrap().peers, 1);
        assert_eq!(there.raise(small("ping", n)).await.unwrap().peers, 1);
        // No peer has requested this event.
        assert_eq!(there.raise(small("pong", n)).await.unwrap().peers, 0);
    }
    let all: Vec<u64> = (0..1000).collect();
    assert_eq!(numbers(&mut told_here, 1000).await, all);
    assert_eq!(numbers(&mut told_there, 1000).await, all);
    assert_eq!(here.terminate().await, []);
    assert_eq!(rest(&mut told_here).await, (vec![], vec![]));
    assert_eq!(told_here.next().await, None);
    closed(&mut told_there).await;
}

pub(crate) async fn the_entry_that_applies_is_that_of_the_class(stream: Stream) {
    let class =
        |class: &'static str, node: PeerConfig| PeerConfig { class: Some(class.into()), ..node };
    let entries = vec![class("one", anyone("ping")), class("two", anyone("pong"))];
    let (here, mut told, port) = listener(stream, listening(), entries).await;
    let (there, mut told_there) =
        start(stream, Options::default(), vec![class("two", at(port, "ping"))]);
    let node = find(&mut told, |told| match told {
        Notification::ConnectionEstablished { node, .. } => Some(node.clone()),
        _ => None,
    });
    assert_eq!(node.await.as_deref(), Some("node1"));
    zip(running(&mut told), running(&mut told_there)).await;
    assert_eq!(there.raise(small("ping", 1)).await.unwrap().peers, 0);
    assert_eq!(there.raise(small("pong", 2)).await.unwrap().peers, 1);
    assert_eq!(here.raise(small("ping", 3)).await.unwrap().peers, 1);
    assert_eq!(numbers(&mut told, 1).await, [2]);
    assert_eq!(numbers(&mut told_there, 1).await, [3]);
}

pub(crate) async fn two_hundred_peers_get_an_event_that_is_raised_once(stream: Stream) {
    let (here, mut told, port) = listener(stream, listening(), vec![anyone("ping")]).await;
    let mut peers: Vec<_> =
        (0..200).map(|_| start(stream, Options::default(), vec![at(port, "pong")])).collect();
    for _ in 0..200 {
        running(&mut told).await;
    }
    for (_, told) in &mut peers {
        running(told).await;
    }
    assert_eq!(here.raise(small("pong", 7)).await.unwrap().peers, 200);
    for (n, (peer, told)) in peers.iter_mut().enumerate() {
        assert_eq!(numbers(told, 1).await, [7]);
        peer.raise(small("ping", n as u64)).await.unwrap();
    }
    let mut got = numbers(&mut told, 200).await;
    got.sort_unstable();
    assert!(got.into_iter().eq(0..200));
}

pub(crate) async fn dropped_futures_lose_nothing(stream: Stream) {
    let [(here, mut told), (there, _told_there)] =
        pair(stream, listening(), Options::default()).await;
    let mut got = Vec::new();
    for n in 0..100 {
        // An event that the first attempt does not return is returned by a later one.
        there.raise(small("ping", n)).await.unwrap();
        let _ = poll_once(there.flush(LONG)).await;
        while let Some(next) = poll_once(told.next()).await {
            got.extend(number(&next.unwrap()));
        }
    }
    got.extend(numbers(&mut told, 100 - got.len()).await);
    assert!(got.into_iter().eq(0..100));
    // What was started continues.
    let _ = poll_once(here.terminate()).await;
    assert_eq!(rest(&mut told).await, (vec![], vec![]));
}

pub(crate) async fn answers_are_told_from_other_events(stream: Stream) {
    let [(here, mut told), (there, mut told_there)] =
        pair(stream, listening(), Options::default()).await;
    let question = async {
        // No subscriber reads meanwhile.
        let two = |event: &Event| event.args.first() == Some(&Value::Count(2));
        let answer = there.request(small("ping", 1), "pong", two, LONG).await;
        assert_eq!(answer.map(|(_, event)| event.args[0].clone()), Ok(Value::Count(2)));
    };
    let answer = async {
        assert_eq!(numbers(&mut told, 1).await, [1]);
        for n in 1..=3 {
            here.raise(small("pong", n)).await.unwrap();
        }
    };
    zip(question, answer).await;
    assert_eq!(numbers(&mut told_there, 2).await, [1, 3]);

    let nobody = there.request(small("pong", 1), "pong", |_| true, LONG).await;
    assert_eq!(nobody, Err(RequestError::NobodyAsked));
    let timeout = Duration::ZERO;
    let late = there.request(small("ping", 1), "pong", |_| false, timeout).await;
    assert_eq!(late, Err(RequestError::TimedOut { timeout }));
    let never = there.request(small("ping", 9), "pong", |_| false, LONG);
    let end = async {
        find(&mut told, |told| number(told).filter(|number| *number == 9)).await;
        there.terminate().await;
    };
    let (never, ()) = zip(never, end).await;
    assert_eq!(never, Err(RequestError::Terminated));
}

/// The application gets the error at once, whether or not a peer has requested the event.
pub(crate) async fn events_unlike_their_declarations_are_refused(stream: Stream) {
    let (here, mut told, port) = listener(stream, listening(), vec![anyone("ping")]).await;
    let (there, mut told_there) = start(stream, Options::default(), vec![at(port, "pong")]);
    zip(running(&mut told), running(&mut told_there)).await;
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
    assert_eq!(numbers(&mut told, 1).await, [7]);
    assert_eq!(here.with(|node, _| node.total_counters().connection.calls_rejected), 0);
}

pub(crate) async fn an_application_makes_its_own_requests(stream: Stream) {
    let own = Options { handshake: Handshake::Application, ..Options::default() };
    let (here, mut told, port) = listener(stream, listening(), vec![anyone("ping")]).await;
    let (there, mut told_there) = start(stream, own, vec![at(port, "")]);
    let peer = find(&mut told_there, |told| match told {
        Notification::ConnectionEstablished { peer, .. } => Some(peer.id),
        _ => None,
    });
    let peer = peer.await;
    there.with(|node, _| {
        node.set_accept_state(peer, true).unwrap();
        node.request_remote_events(peer, &"pong".parse().unwrap()).unwrap();
        node.complete_handshake(peer).unwrap();
    });
    zip(running(&mut told), running(&mut told_there)).await;
    assert_eq!(here.try_raise(small("pong", 1)).map(|raised| raised.peers), Ok(1));
    assert_eq!(numbers(&mut told_there, 1).await, [1]);
}

/// Creates all these tests. See [`over_each_stream`](super::over_each_stream).
macro_rules! all {
    ($run:path) => {
        crate::suite::over_each_stream! { $run, crate::suite::nodes;
            events_go_both_ways_in_order
            the_entry_that_applies_is_that_of_the_class
            two_hundred_peers_get_an_event_that_is_raised_once
            many_events_come_in_order
            two_hundred_peers_at_once_send_and_get_many_events_in_order
            dropped_futures_lose_nothing
            answers_are_told_from_other_events
            events_unlike_their_declarations_are_refused
            an_application_makes_its_own_requests
            events_come_though_nobody_reads_anything_else
            the_log_names_who_reads_nothing_and_others_go_on
            several_get_all_that_is_told
            events_come_as_rust_values
            an_application_that_takes_nothing_stops_the_peer_and_loses_nothing
            log_entries_wait_for_room
            nobody_waits_for_notifications_that_nobody_takes
            one_who_never_reads_delays_nobody
            ending_delivers_what_waits
            a_flush_says_who_did_not_get_all
            a_peer_that_was_killed_is_connected_to_again
            a_port_in_use_is_tried_again
            failures_say_why
            attempts_can_be_given_up_and_begun_again
            trickling_and_garbage_harm_nobody_else
            parts_of_other_processes
            a_peer_process_that_is_killed_is_connected_to_again
            without_descriptors_peers_wait_to_be_accepted
            two_hosts_connect_by_their_addresses_and_zones
        }
    };
}
pub(crate) use all;
