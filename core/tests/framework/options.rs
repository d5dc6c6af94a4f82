//! Options (part 4 §1) and the behavior of the whole node (§6).

use std::time::Duration;

use brocomm::lowlevel::serial::StateAccess;
use brocomm::lowlevel::wire::{Compression, Message};
use brocomm::node::{Action, Endpoint, KeepAlive, ListenTarget, Notification, Options, PeerConfig};

use super::support::*;

fn targets(options: Options) -> Vec<ListenTarget> {
    let bench = Bench::new(options, vec![]);
    let target = |action| match action {
        Action::Listen(target) => target,
        other => panic!("{other:?}"),
    };
    bench.actions.into_iter().map(target).collect()
}

#[test]
fn defaults_are_those_of_bro() {
    let options = Options::default();
    assert_eq!(options.listen_interface, std::net::IpAddr::from([0, 0, 0, 0]));
    assert_eq!(options.listen_port, 47757);
    assert_eq!((options.listen, options.listen_ssl, options.listen_ipv6), (false, false, false));
    assert_eq!(options.listen_ipv6_zone_id, "");
    assert_eq!(options.listen_retry, 30 * SECOND);
    assert_eq!(options.compression_level, 0);
    assert_eq!(
        (options.forward_remote_events, options.forward_remote_state_changes),
        (false, false)
    );
    assert!(!options.remote_check_sync_consistency);
    assert_eq!(options.remote_trace_sync_interval, Duration::ZERO);
    assert_eq!(options.remote_trace_sync_peers, 0);
    assert_eq!(options.max_remote_events_processed, 10);
    assert_eq!(options.peer_description, "bro");
    assert_eq!(options.default_capture_filter, "ip or not ip");
}

#[test]
fn a_node_listens_only_if_configured_to() {
    assert_eq!(targets(Options::default()), []);
    assert_eq!(targets(listening()).len(), 1);
}

#[test]
fn listen_interface() {
    let interface = [10, 1, 2, 3].into();
    let targets = targets(Options { listen_interface: interface, ..listening() });
    assert_eq!(targets[0].endpoint.host, interface);
}

#[test]
fn listen_port() {
    let options = Options { listen_port: 4711, ..listening() };
    assert_eq!(targets(options.clone())[0].endpoint.port, 4711);
    let elsewhere = PeerConfig { p: Some(99), ..connects(peer()) };
    let mut bench = Bench::new(options, vec![("a", connects(peer())), ("b", elsewhere)]);
    assert_eq!(bench.attempt().1, Endpoint::new(host(), 4711), "the default port");
    assert_eq!(bench.attempt().1, Endpoint::new(host(), 99));
}

#[cfg(feature = "tls")]
#[test]
fn listen_ssl() {
    assert!(!targets(listening())[0].ssl);
    let options = Options { listen_ssl: true, ..with_tls() };
    assert!(targets(options.clone())[0].ssl);
    let mut bench = Bench::new(options, vec![]);
    let link = bench.node.feed_accepted(Endpoint::new(host(), 5), bench.now).unwrap();
    assert_eq!(bench.node.poll_transmit(link), [0; 0], "the peer sends the ClientHello first");
    assert!(bench.node.wants_input(link));
    assert!(bench.node.connection_to(FIRST).is_none(), "it is not up");
}

#[test]
fn outgoing_connections_do_not_depend_on_listen_ipv6() {
    let host: std::net::IpAddr = "2001:db8::1".parse().unwrap();
    let mut bench = Bench::new(Options::default(), vec![("a", connects(PeerConfig::new(host)))]);
    assert_eq!(bench.attempt().1, Endpoint::new(host, 47757));
}

#[test]
fn listen_retry() {
    let mut bench = Bench::new(Options { listen_retry: 7 * SECOND, ..listening() }, vec![]);
    let Some(Action::Listen(target)) = bench.actions.pop() else { panic!() };
    let (endpoint, now) = (target.endpoint.clone(), bench.now);
    bench.node.feed_listening(endpoint.clone(), false, now);
    assert!(bench.node.is_listening());
    bench.node.feed_listen_failed(endpoint.clone(), true, "Address already in use", now);
    bench.settle();
    assert_eq!(bench.actions, [Action::StopListening], "all sockets are closed in the meantime");
    assert!(!bench.node.is_listening());
    bench.actions.clear();
    bench.pass(6 * SECOND);
    assert_eq!(bench.actions, []);
    bench.pass(SECOND);
    assert_eq!(bench.actions, [Action::Listen(target)]);
    let now = bench.now;
    bench.node.feed_listening(endpoint, false, now);
    assert!(bench.node.is_listening());
}

#[test]
fn a_socket_that_cannot_be_bound_for_another_reason_is_skipped() {
    let mut bench = Bench::new(listening(), vec![]);
    let Some(Action::Listen(target)) = bench.actions.pop() else { panic!() };
    let now = bench.now;
    bench.node.feed_listen_failed(target.endpoint, false, "Permission denied", now);
    bench.pass(60 * SECOND);
    assert_eq!(bench.actions, []);
}

#[test]
fn listening_twice_has_no_further_effect() {
    let mut bench = Bench::new(listening(), vec![]);
    bench.node.listen();
    bench.settle();
    assert_eq!(bench.actions.len(), 1);
}

#[test]
fn compression_level() {
    let line = "info child [#10000/10.9.9.9:50000] enabling compression (level 6)";
    for (level, of_node, compresses) in [(6, None, true), (6, Some(0), false), (0, None, false)] {
        let options = Options { compression_level: level, ..Options::default() };
        let node = PeerConfig { compression: of_node, ..peer() };
        let mut bench = Bench::new(options, vec![("peer", node)]);
        let hand = bench.accept(Some(requesting(&[])));
        assert_eq!(bench.hands[hand].was_sent(&Message::Compress), compresses);
        assert_eq!(bench.log().contains(&line.to_owned()), compresses);
    }
    assert_eq!(Compression::new(0), None);
}

#[test]
fn peer_description() {
    let options = Options { peer_description: "sensor-1".into(), ..Options::default() };
    let mut bench = Bench::running(options, peer(), requesting(&[]));
    assert_eq!(bench.node.get_local_event_peer().descr, "sensor-1");
    let connection = bench.hands[0].connection.as_ref().unwrap();
    assert_eq!(connection.peer_description().map(|d| &**d), Some(&b"sensor-1"[..]));
    assert_eq!(bench.log(), [""; 0]);
}

/// A node with two peers. Both request and raise pings.
fn between_two(options: Options) -> Bench {
    let mut bench = Bench::running(options, wants("ping", peer()), requesting(&["ping"]));
    bench.accept(Some(requesting(&["ping"])));
    bench
}

#[test]
fn forward_remote_events() {
    for forwards in [false, true] {
        let options = Options { forward_remote_events: forwards, ..Options::default() };
        let mut bench = between_two(options);
        bench.raise(0, &ping(5));
        assert_eq!(bench.pings(), [5], "it is delivered in any case");
        assert_eq!(bench.pinged(1), if forwards { vec![5] } else { vec![] });
        assert_eq!(bench.pinged(0), [0; 0], "never back");
    }
}

#[test]
fn operations_on_state_are_forwarded_to_all_synchronized_peers_but_the_origin() {
    let node = PeerConfig { sync: true, ..peer() };
    let mut bench = Bench::running(Options::default(), node, syncing(false));
    bench.accept(Some(syncing(false)));
    bench.accept(Some(requesting(&[])));
    let access = StateAccess {
        opcode: brocomm::lowlevel::serial::Opcode::Assign,
        target: "number".into(),
        op1: brocomm::data::Value::Count(1),
        op2: None,
        op3: None,
    };
    let now = bench.now;
    bench.node.broadcast_state_access(access.clone(), Some(FIRST), now).unwrap();
    bench.settle();
    let got = |bench: &Bench, hand: usize| {
        bench.hands[hand].notified.iter().any(|notified| {
            matches!(notified, brocomm::lowlevel::connection::ConnectionNotification::StateAccess(a) if **a == access)
        })
    };
    assert_eq!([0, 1, 2].map(|hand| got(&bench, hand)), [false, true, false]);
}

#[test]
fn max_remote_events_processed() {
    let options = Options { max_remote_events_processed: 3, ..Options::default() };
    let mut bench = between_two(options);
    bench.notified.clear();
    bench.takes = false;
    for n in 0..5 {
        bench.raise(0, &ping(n));
        bench.raise(1, &ping(10 + n));
    }
    bench.settle();
    bench.takes = true;
    assert_eq!(bench.pings(), [0, 1, 2, 10, 11, 12, 3, 4, 13, 14]);
}

#[test]
fn keep_alive_is_handed_to_the_transport() {
    let keep_alive = KeepAlive { idle: SECOND, interval: 2 * SECOND, probes: 3 };
    let options = Options { keep_alive: Some(keep_alive), ..Options::default() };
    let bench = Bench::new(options, vec![("a", connects(peer()))]);
    assert!(matches!(
        bench.actions[0],
        Action::Connect { keep_alive: Some(asked), .. } if asked == keep_alive
    ));
}

#[test]
fn default_capture_filter() {
    let options = Options { default_capture_filter: "tcp".into(), ..Options::default() };
    let node = PeerConfig { capture_filter: Some("".into()), ..peer() };
    let bench = Bench::running(options, node, requesting(&[]));
    assert!(bench.hands[0].was_sent(&Message::CaptureFilter("tcp".into())));
}

#[test]
fn a_raised_event_is_sent_to_every_running_peer_that_requested_it() {
    let mut bench = between_two(Options::default());
    bench.accept(Some(requesting(&["pong"])));
    let waiting = bench.accept(None);
    bench.send(waiting, &[version("")]);
    let now = bench.now;
    assert_eq!(bench.node.raise(ping(1), now).map(|raised| raised.peers), Ok(2));
    assert_eq!((bench.pinged(0), bench.pinged(1), bench.pinged(2)), (vec![1], vec![1], vec![]));
    let delivered =
        bench.notified().iter().any(|notified| matches!(notified, Notification::Event { .. }));
    assert!(!delivered, "not to ourselves");
}
