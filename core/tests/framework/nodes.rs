//! The fields of a peer entry (part 4 §2).

use std::time::Duration;

use brocomm::lowlevel::wire::{EventNames, Message};
use brocomm::node::{Action, Endpoint, Options, PeerConfig};

use super::support::*;

#[test]
fn defaults_are_those_of_bro() {
    let node = PeerConfig::new(host());
    assert_eq!((&node.zone_id, node.p, &node.class, &node.events), (&None, None, &None, &None));
    assert_eq!((node.connect, node.retry, node.accept_input), (false, Duration::ZERO, true));
    assert_eq!((node.sync, node.auth, node.request_logs, node.ssl), (false, false, false, false));
    assert_eq!((&node.capture_filter, node.compression), (&None, None));
    assert_eq!((node.store_and_forward, node.liveness), (None, None));
}

#[test]
fn host_and_p() {
    let node = PeerConfig { p: Some(1234), ..connects(peer()) };
    let mut bench = Bench::new(Options::default(), vec![("a", node)]);
    assert_eq!(bench.attempt().1, Endpoint::new(host(), 1234));
}

#[test]
fn p_unset_is_listen_port() {
    let mut bench = Bench::new(Options::default(), vec![("a", connects(peer()))]);
    assert_eq!(bench.attempt().1.port, 47757);
}

#[test]
fn zone_id() {
    let link_local = "fe80::1".parse().unwrap();
    let node = PeerConfig { zone_id: Some("eth0".into()), ..connects(PeerConfig::new(link_local)) };
    let mut bench = Bench::new(Options::default(), vec![("a", node)]);
    let (link, endpoint) = bench.attempt();
    assert_eq!(
        endpoint,
        Endpoint { zone: Some("eth0".into()), ..Endpoint::new(link_local, 47757) }
    );
    bench.node.feed_connected(link, bench.now);
    let log = bench.log();
    once(&log, "info child [#1/[fe80::1%eth0]:47757] connected");
    once(&log, "info parent [#1/[fe80::1]:47757] peer connected");
}

#[test]
fn an_entry_with_a_zone_does_not_apply_to_a_peer_in_another() {
    let link_local = "fe80::1".parse().unwrap();
    for (zone, applies) in [("eth0", true), ("eth1", false)] {
        let node = PeerConfig { zone_id: Some("eth0".into()), ..PeerConfig::new(link_local) };
        let mut bench = Bench::new(Options::default(), vec![("a", node)]);
        let from = Endpoint { zone: Some(zone.into()), ..Endpoint::new(link_local, 1) };
        bench.accept_from(from, Some(requesting(&[])));
        assert_eq!(bench.node.is_node_connected("a"), applies);
    }
}

#[test]
fn class_is_sent_by_the_initiator() {
    let node = PeerConfig { class: Some("probe".into()), ..connects(peer()) };
    let mut bench = Bench::new(Options::default(), vec![("a", node)]);
    let hand = bench.connect(None);
    let sent = &bench.hands[hand].sent[0];
    assert!(
        matches!(sent, Message::Version(v) if v.class.as_deref() == Some(&b"probe"[..])),
        "{sent:?}"
    );
}

#[test]
fn class_is_not_sent_by_the_acceptor() {
    let node = PeerConfig { class: Some("probe".into()), ..peer() };
    let mut bench = Bench::new(Options::default(), vec![("a", node)]);
    let hand = bench.accept(None);
    let sent = &bench.hands[hand].sent[0];
    assert!(
        matches!(sent, Message::Version(v) if v.class.as_deref() == Some(&b""[..])),
        "{sent:?}"
    );
}

#[test]
fn events() {
    let bench = Bench::running(Options::default(), wants("p[io]ng", peer()), requesting(&[]));
    let names: EventNames = ["ping", "pong"].into_iter().collect();
    assert!(bench.hands[0].was_sent(&Message::RequestEvents(names)));
}

#[test]
fn events_are_matched_as_whole_names() {
    let bench = Bench::running(Options::default(), wants("pi|ong|tex.", peer()), requesting(&[]));
    let names: EventNames = ["text"].into_iter().collect();
    assert!(bench.hands[0].was_sent(&Message::RequestEvents(names)));
}

#[test]
fn events_unset_requests_none() {
    let bench = Bench::running(Options::default(), peer(), requesting(&[]));
    let requests = bench.hands[0].requests();
    assert!(!requests.iter().any(|sent| matches!(sent, Message::RequestEvents(_))), "{requests:?}");
}

#[test]
fn connect() {
    let (waits, begins) = (peer(), connects(PeerConfig::new([10, 9, 9, 8].into())));
    let bench = Bench::new(Options::default(), vec![("a", waits), ("b", begins)]);
    assert_eq!(bench.actions.len(), 1);
    assert!(matches!(
        &bench.actions[0],
        Action::Connect { endpoint, .. } if endpoint.host == std::net::IpAddr::from([10, 9, 9, 8])
    ));
}

#[test]
fn retry() {
    let mut bench = Bench::new(Options::default(), vec![("a", retries(9, peer()))]);
    bench.refuse();
    bench.pass(8 * SECOND);
    assert!(!bench.connects());
    bench.pass(SECOND);
    assert!(bench.connects());
}

#[test]
fn accept_input() {
    for accepts in [true, false] {
        let node = PeerConfig { accept_input: accepts, ..wants("ping", peer()) };
        let mut bench = Bench::running(Options::default(), node, requesting(&[]));
        bench.raise(0, &ping(1));
        assert_eq!(bench.pings(), if accepts { vec![1] } else { vec![] });
    }
}

#[test]
fn sync() {
    for syncs in [true, false] {
        let node = PeerConfig { sync: syncs, ..peer() };
        let bench = Bench::running(Options::default(), node, requesting(&[]));
        let request = Message::RequestSync { authoritative: false };
        assert_eq!(bench.hands[0].was_sent(&request), syncs);
    }
}

#[test]
fn auth() {
    let node = PeerConfig { sync: true, auth: true, ..peer() };
    let bench = Bench::running(Options::default(), node, requesting(&[]));
    assert!(bench.hands[0].was_sent(&Message::RequestSync { authoritative: true }));
}

#[test]
fn request_logs() {
    for requests in [true, false] {
        let node = PeerConfig { request_logs: requests, ..peer() };
        let bench = Bench::running(Options::default(), node, requesting(&[]));
        assert_eq!(bench.hands[0].was_sent(&Message::RequestLogs), requests);
    }
}

#[test]
fn capture_filter_in_its_three_cases() {
    for (filter, sent) in
        [(None, None), (Some(""), Some("ip or not ip")), (Some("udp"), Some("udp"))]
    {
        let node = PeerConfig { capture_filter: filter.map(Into::into), ..peer() };
        let bench = Bench::running(Options::default(), node, requesting(&[]));
        let filters = bench.hands[0].sent.iter().filter_map(|message| match message {
            Message::CaptureFilter(filter) => Some(filter.clone()),
            _ => None,
        });
        assert_eq!(filters.collect::<Vec<_>>(), Vec::from_iter(sent), "{filter:?}");
    }
}

#[cfg(feature = "tls")]
#[test]
fn ssl() {
    let nodes = vec![("a", connects(peer())), ("b", PeerConfig { ssl: true, ..connects(peer()) })];
    let mut bench = Bench::new(with_tls(), nodes);
    let first_of = |(link, _): (brocomm::node::ConnectionId, Endpoint), bench: &mut Bench| {
        bench.node.feed_connected(link, bench.now);
        bench.node.poll_transmit(link)[0]
    };
    let (clear, secured) = (bench.attempt(), bench.attempt());
    assert_eq!(first_of(clear, &mut bench), 0, "the length of a chunk (§1.1)");
    assert_eq!(first_of(secured, &mut bench), 22, "a handshake of TLS");
}

#[test]
fn compression() {
    for (level, options_level, compresses) in
        [(Some(1), 0, true), (Some(0), 9, false), (None, 9, true)]
    {
        let options = Options { compression_level: options_level, ..Options::default() };
        let node = PeerConfig { compression: level, ..peer() };
        let mut bench = Bench::new(options, vec![("a", node)]);
        let hand = bench.accept(Some(requesting(&[])));
        assert_eq!(bench.hands[hand].was_sent(&Message::Compress), compresses);
        let line = format!("enabling compression (level {})", level.unwrap_or(options_level));
        assert_eq!(bench.log().iter().any(|logged| logged.ends_with(&line)), compresses);
    }
}

#[test]
fn peer_and_connected() {
    let mut bench = Bench::new(Options::default(), vec![("a", peer())]);
    assert!(bench.node.node_peer("a").is_none());
    assert!(!bench.node.is_node_connected("a"));
    let hand = bench.accept(Some(requesting(&[])));
    assert_eq!(bench.node.node_peer("a").map(|peer| peer.id), Some(FIRST));
    assert!(bench.node.is_node_connected("a"));
    bench.hang_up(hand);
    assert!(!bench.node.is_node_connected("a"));
}

#[test]
fn the_entry_of_a_peer_is_applied_in_order() {
    let node = PeerConfig {
        capture_filter: Some("udp".into()),
        compression: Some(3),
        sync: true,
        request_logs: true,
        ..wants("ping", peer())
    };
    let mut bench = Bench::new(Options::default(), vec![("a", node)]);
    let hand = bench.accept(None);
    bench.send(hand, &handshake());
    let names = ["ping"].into_iter().collect();
    let expected = [
        &Message::RequestEvents(names),
        &Message::CaptureFilter("udp".into()),
        &Message::RequestSync { authoritative: false },
        &Message::RequestLogs,
        &Message::PhaseDone,
        &Message::Compress,
    ];
    let requests = bench.hands[hand].requests();
    assert!(matches!(requests[..2], [Message::Version(_), Message::Caps(_)]), "{requests:?}");
    assert_eq!(requests[2..], expected);
}
