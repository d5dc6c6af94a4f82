//! Who sends its state when both are set up, and to whom (§3.3, §3.4).

use brocomm::connection::{Connection, Phase, StateSource, SyncRole};
use brocomm::node::{Node, Options, PeerId};

use super::network::{Network, address};
use super::support::*;

const A: PeerId = PeerId(1);

/// Lets two nodes connect to each other, the acceptor having run for so much longer; returns the
/// phases that they are in, and what they logged.
fn meet(initiator: Node, acceptor: Node, ahead: i64) -> [(Option<Phase>, Vec<String>); 2] {
    let mut net = Network::new();
    let head_start = |net: &mut Network, secs: i64| {
        net.pass(SECOND * u32::try_from(secs.max(0)).unwrap());
    };
    // The initiator's attempts fail until the acceptor is there.
    let from = Node { host: address(1), ..initiator };
    let to = Node { host: address(0), ..acceptor };
    let (i, a);
    if ahead > 0 {
        // Addresses go by the order of adding.
        let from = Node { host: address(0), ..from };
        let to = Node { host: address(1), ..to };
        a = net.add(configuration(listening(), vec![("peer", to)]));
        head_start(&mut net, ahead);
        i = net.add(configuration(Options::default(), vec![("peer", from)]));
    } else {
        let retry = SECOND;
        i = net.add(configuration(Options::default(), vec![("peer", Node { retry, ..from })]));
        if ahead < 0 {
            head_start(&mut net, -ahead);
        }
        a = net.add(configuration(listening(), vec![("peer", to)]));
    }
    for n in [i, a] {
        net.node(n).set_state_source(StateSource::Application);
    }
    net.pass(SECOND);
    [(i, A), (a, FIRST)].map(|(n, peer)| {
        let phase = net.node(n).connection_to(peer).map(Connection::phase);
        (phase, net.log(n))
    })
}

fn node(sync: bool, auth: bool) -> Node {
    Node { connect: false, sync, auth, ..Node::new([0, 0, 0, 0].into()) }
}

/// Whether the initiator sends, by the rule as it is written; `None` for no sync.
fn sends(ours: (bool, bool), theirs: (bool, bool), ahead: i64) -> Option<bool> {
    match (ours, theirs) {
        ((false, _), (false, _)) => None,
        ((true, _), (false, _)) => Some(false),
        ((false, _), (true, _)) => Some(true),
        ((true, true), (true, false)) => Some(true),
        ((true, false), (true, true)) => Some(false),
        // The larger runtime sends, and if they are equal the initiator.
        _ => Some(ahead <= 0),
    }
}

#[test]
fn all_combinations_of_sync_and_auth_and_runtimes() {
    let flags = [(false, false), (false, true), (true, false), (true, true)];
    let mut tried = 0;
    for ours in flags {
        for theirs in flags {
            for ahead in [-3, 0, 3] {
                let [initiator, acceptor] =
                    meet(connects(node(ours.0, ours.1)), node(theirs.0, theirs.1), ahead);
                let case = format!("{ours:?} {theirs:?} {ahead}: {initiator:#?} {acceptor:#?}");
                tried += 1;
                if (ours, theirs) == ((true, true), (true, true)) {
                    assert_eq!((initiator.0, acceptor.0), (None, None), "{case}");
                    for (_, log) in [initiator, acceptor] {
                        let what = "misconfiguration: authoritative state on both sides";
                        assert!(log.iter().any(|line| line.ends_with(what)), "{case}");
                        assert!(log.iter().any(|l| l.ends_with("closing connection")), "{case}");
                        never(&log, "phase: sync");
                    }
                    continue;
                }
                let role = |sends| if sends { SyncRole::Sender } else { SyncRole::Receiver };
                let phase = |sends: Option<bool>| {
                    Some(sends.map_or(Phase::Running, |sends| Phase::Sync(role(sends))))
                };
                let sends = sends(ours, theirs, ahead);
                assert_eq!(initiator.0, phase(sends), "{case}");
                assert_eq!(acceptor.0, phase(sends.map(|sends| !sends)), "{case}");
            }
        }
    }
    assert_eq!(tried, 48);
}

#[test]
fn auth_without_sync_says_nothing() {
    let [initiator, acceptor] = meet(connects(node(false, true)), node(false, true), 0);
    for (phase, log) in [initiator, acceptor] {
        assert_eq!(phase, Some(Phase::Running));
        never(&log, "state authoritative");
    }
}

#[test]
fn several_peers_sync_at_once() {
    let mut bench = Bench::new(Options::default(), vec![("peer", Node { sync: true, ..peer() })]);
    bench.node.set_state_source(StateSource::Application);
    // The node began when the connections did, and is their acceptor: they send if they are asked.
    let hands: Vec<_> = (0..3).map(|_| bench.accept(Some(syncing(true)))).collect();
    let more: Vec<_> = (0..2).map(|_| bench.accept(None)).collect();
    let wants = brocomm::wire::Message::RequestSync { authoritative: false };
    bench.pass(5 * SECOND);
    for hand in &more {
        let [version, caps, done] = handshake();
        bench.send(*hand, &[version, caps, wants.clone(), done]);
    }
    let phase = |bench: &Bench, at: u64| {
        bench.node.connection_to(PeerId(10_000 + at)).map(Connection::phase)
    };
    // The first three had no state to send, and are done.
    assert_eq!(hands.len(), 3);
    assert!((0..3).all(|at| phase(&bench, at) == Some(Phase::Running)));
    never(&bench.log(), "another sync in progress");
    // The node had been running for longer than the last two say.
    let both = [3, 4].map(|at| phase(&bench, at));
    assert!(both.iter().all(|phase| matches!(phase, Some(Phase::Sync(_)))), "{both:?}");
    assert_eq!(both[0], both[1], "neither waits for the other");
}

#[test]
fn events_for_a_peer_in_sync_are_dropped_not_queued() {
    let mut bench = Bench::new(Options::default(), vec![("peer", peer())]);
    bench.node.set_state_source(StateSource::Application);
    let config = brocomm::connection::Config {
        setup: Some(brocomm::connection::Setup {
            events: vec!["ping".into()],
            accept_input: true,
            sync: Some(brocomm::connection::SyncRequest { authoritative: false }),
            ..Default::default()
        }),
        ..requesting(&[])
    };
    let hand = bench.accept(Some(config));
    let now = bench.now;
    assert_eq!(bench.node.raise(ping(1), now).map(|raised| raised.peers), Ok(0));
    bench.node.state_done(FIRST).unwrap();
    assert_eq!(bench.node.raise(ping(2), now).map(|raised| raised.peers), Ok(1));
    assert_eq!(bench.pinged(hand), [2]);
}
