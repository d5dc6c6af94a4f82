//! Information about peers (part 4 §2, §3).

use brocomm::lowlevel::connection::ConnectionConfig;
use brocomm::node::Phase;
use brocomm::node::{Endpoint, NodeError, Notification, Options, PeerConfig, PeerId, PeerState};

use super::support::*;

#[test]
fn ids_of_peers_that_we_connect_to() {
    let nodes = vec![("a", connects(peer())), ("b", peer()), ("c", connects(peer()))];
    let bench = Bench::new(Options::default(), nodes);
    let pending: Vec<_> = bench.node.pending_peers().collect();
    assert_eq!(pending, [(PeerId(1), "a"), (PeerId(2), "c")]);
}

#[test]
fn ids_of_peers_that_connect_to_us() {
    let mut bench = Bench::new(Options::default(), vec![]);
    bench.accept(None);
    bench.accept(None);
    assert_eq!(bench.node.peers().map(|peer| peer.id.0).collect::<Vec<_>>(), [10_000, 10_001]);
}

#[test]
fn id_0_is_the_node_itself() {
    let bench = Bench::new(Options::default(), vec![]);
    let local = bench.node.get_local_event_peer();
    assert_eq!((local.id, local.is_local), (PeerId(0), true));
}

#[test]
fn reconnecting_to_a_peer_keeps_its_id() {
    let mut bench = Bench::new(Options::default(), vec![("a", retries(1, peer()))]);
    for _ in 0..2 {
        let hand = bench.connect(Some(requesting(&[])));
        assert_eq!(bench.node.node_peer("a").unwrap().id, PeerId(1));
        bench.hang_up(hand);
        bench.pass(SECOND);
    }
    assert_eq!(bench.node.peers().count(), 1);
}

#[test]
fn a_peer_that_reconnects_to_us_gets_a_new_id() {
    let mut bench = Bench::new(Options::default(), vec![("a", peer())]);
    for id in [10_000, 10_001] {
        let hand = bench.accept(Some(requesting(&[])));
        assert_eq!(bench.node.node_peer("a").unwrap().id, PeerId(id));
        bench.hang_up(hand);
    }
    assert_eq!(bench.node.peers().count(), 0, "they are forgotten");
}

#[test]
fn host_and_p_are_the_remote_address() {
    let node = PeerConfig { p: Some(77), ..connects(peer()) };
    let mut bench = Bench::new(Options::default(), vec![("a", node)]);
    bench.connect(Some(requesting(&[])));
    bench.accept_from(Endpoint::new([10, 9, 9, 7].into(), 61_234), None);
    let endpoints: Vec<_> = bench.node.peers().map(|peer| peer.endpoint.clone()).collect();
    let expected = [Endpoint::new(host(), 77), Endpoint::new([10, 9, 9, 7].into(), 61_234)];
    assert_eq!(endpoints, expected);
    assert!(bench.node.peers().all(|peer| !peer.is_local));
}

#[test]
fn descr() {
    for (accepts, descr) in [(true, "far away"), (false, "")] {
        let node = PeerConfig { accept_input: accepts, ..peer() };
        let config = ConnectionConfig { description: "far away".into(), ..requesting(&[]) };
        let mut bench = Bench::new(Options::default(), vec![("a", node)]);
        bench.accept(Some(config));
        assert_eq!(bench.node.peer(FIRST).unwrap().descr, descr);
    }
}

#[test]
fn descr_is_empty_until_it_arrives() {
    let mut bench = Bench::new(Options::default(), vec![("a", peer())]);
    let hand = bench.accept(None);
    bench.send(hand, &handshake());
    assert_eq!(bench.node.peer(FIRST).unwrap().descr, "");
}

#[test]
fn class() {
    for class in [None, Some(""), Some("probe")] {
        let class = class.map(bytes::Bytes::from);
        let mut bench = Bench::new(Options::default(), vec![]);
        bench.accept(Some(ConnectionConfig { class: class.clone(), ..requesting(&[]) }));
        assert_eq!(bench.node.peer(FIRST).unwrap().class, class);
    }
}

#[test]
fn notifications_about_a_lost_peer_have_its_last_known_data() {
    let mut bench = Bench::new(Options::default(), vec![("a", retries(1, peer()))]);
    let hand = bench.connect(Some(ConnectionConfig { description: "x".into(), ..requesting(&[]) }));
    bench.hang_up(hand);
    let closed = bench.news().into_iter().find_map(|notified| match notified {
        Notification::ConnectionClosed { peer, .. } => Some(peer.descr.clone()),
        _ => None,
    });
    assert_eq!(closed.as_deref(), Some(&b"x"[..]));
    assert_eq!(bench.node.peer(PeerId(1)).unwrap().descr, "", "another peer may connect next");
}

type Named<'a> = Vec<(PeerId, &'a str)>;

/// Returns the pending peers and the connected peers.
fn states(bench: &Bench) -> (Named<'_>, Named<'_>) {
    (bench.node.pending_peers().collect(), bench.node.connected_peers().collect())
}

#[test]
fn pending_peers_and_connected_peers() {
    let mut bench = Bench::new(Options::default(), vec![("a", retries(5, peer()))]);
    let a = || vec![(PeerId(1), "a")];
    assert_eq!(states(&bench), (a(), vec![]), "connecting");
    bench.refuse();
    assert_eq!(states(&bench), (a(), vec![]), "waiting to retry");
    bench.pass(5 * SECOND);
    let hand = bench.connect(None);
    assert_eq!(states(&bench), (a(), vec![]), "in Setup");
    bench.send(hand, &[version("")]);
    assert_eq!(states(&bench), (vec![], a()), "established");
    bench.hang_up(hand);
    assert_eq!(states(&bench), (a(), vec![]), "back to pending");
}

#[test]
fn a_peer_that_is_not_retried_is_not_pending() {
    let mut bench = Bench::new(Options::default(), vec![("a", connects(peer()))]);
    let hand = bench.connect(Some(requesting(&[])));
    bench.hang_up(hand);
    assert_eq!(states(&bench), (vec![], vec![]));
}

#[test]
fn a_peer_without_an_entry_is_neither_pending_nor_connected() {
    let mut bench = Bench::new(Options::default(), vec![]);
    bench.accept(Some(requesting(&[])));
    assert!(bench.is_running(FIRST));
    assert_eq!(states(&bench), (vec![], vec![]));
}

#[test]
fn peer_state_and_last_error() {
    let mut bench = Bench::new(Options::default(), vec![("a", retries(5, peer()))]);
    let id = PeerId(1);
    assert_eq!(bench.node.peer_state(id), Some(PeerState::Connecting));
    bench.refuse();
    let until = bench.node.next_timeout().unwrap();
    assert_eq!(bench.node.peer_state(id), Some(PeerState::Waiting { until }));
    assert_eq!(bench.node.last_error(id), Some("connect failed: connection refused"));
    bench.pass(5 * SECOND);
    let hand = bench.connect(Some(requesting(&[])));
    assert_eq!(bench.node.peer_state(id), Some(PeerState::Connected(Phase::Running)));
    bench.lose(hand);
    assert_eq!(bench.node.last_error(id), Some("connection reset by peer"));
}

#[test]
fn nodes_are_listed_in_the_configured_order() {
    let nodes = vec![("z", peer()), ("a", connects(peer()))];
    let bench = Bench::new(Options::default(), nodes.clone());
    let listed: Vec<_> = bench.node.nodes().map(|(name, node)| (name, node.clone())).collect();
    assert_eq!(listed, nodes);
    assert_eq!(bench.node.peer(PeerId(7)), None);
    let unknown = NodeError::UnknownPeer(PeerId(7));
    assert_eq!(unknown.to_string(), "no such peer: 7");
}
