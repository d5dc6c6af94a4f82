//! Who sends its state when both are set up, and to whom (§3.3, §3.4).

use brocomm::connection::{Connection, Phase, Setup, StateSource, SyncRequest, SyncRole};
use brocomm::node::{Node, Options, PeerId};

use super::network::{Network, address};
use super::support::*;

const A: PeerId = PeerId(1);

/// Lets two nodes connect to each other, the acceptor having run for so much longer; returns the
/// phases that they are in, and what they logged.
fn meet(initiator: Node, acceptor: Node, ahead: i64) -> [(Option<Phase>, Vec<String>); 2] {
    let mut net = Network::new();
    let wait = SECOND * u32::try_from(ahead.abs()).expect("a few seconds");
    // Addresses go by the order of adding. Attempts fail until the acceptor is there.
    let (initiator_first, retry) = (ahead <= 0, SECOND);
    let at = |first: bool| address(usize::from(!first));
    let from = Node { retry, host: at(!initiator_first), ..initiator };
    let from = configuration(Options::default(), vec![("peer", from)]);
    let to = Node { host: at(initiator_first), ..acceptor };
    let to = configuration(listening(), vec![("peer", to)]);
    let (first, second) = if initiator_first { (from, to) } else { (to, from) };
    net.add(first);
    net.pass(wait);
    net.add(second);
    let (i, a) = if initiator_first { (0, 1) } else { (1, 0) };
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
    let flags = [(false, false), (true, false), (true, true)];
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
    assert_eq!(tried, 27);
}

/// A Bro ignores it then.
#[test]
fn auth_without_sync_is_refused() {
    let node = Node { auth: true, ..peer() };
    let errors = configuration(Options::default(), vec![("a", node)]).validate().unwrap_err();
    assert_eq!(errors.iter().map(|error| &*error.key).collect::<Vec<_>>(), ["nodes.a.auth"]);
}

#[test]
fn several_peers_sync_at_once() {
    let mut bench = Bench::new(Options::default(), vec![("peer", peer())]);
    bench.node.set_state_source(StateSource::Application);
    for _ in 0..3 {
        bench.accept(Some(syncing(false)));
    }
    let ids = [0, 1, 2].map(|at| PeerId(FIRST.0 + at));
    let phases = |bench: &Bench| ids.map(|id| bench.node.connection_to(id).map(Connection::phase));
    assert_eq!(phases(&bench), [Some(Phase::Sync(SyncRole::Sender)); 3]);
    never(&bench.log(), "another sync in progress");
    for id in [ids[2], ids[0], ids[1]] {
        bench.node.state_done(id).unwrap();
    }
    bench.settle();
    assert_eq!(phases(&bench), [Some(Phase::Running); 3]);
}

#[test]
fn events_for_a_peer_in_sync_are_dropped_not_queued() {
    let mut bench = Bench::new(Options::default(), vec![("peer", peer())]);
    bench.node.set_state_source(StateSource::Application);
    let setup = Setup {
        events: vec!["ping".into()],
        accept_input: true,
        sync: Some(SyncRequest { authoritative: false }),
        ..Setup::default()
    };
    let hand = bench.accept(Some(set_up(setup)));
    let now = bench.now;
    assert_eq!(bench.node.raise(ping(1), now).map(|raised| raised.peers), Ok(0));
    bench.node.state_done(FIRST).unwrap();
    assert_eq!(bench.node.raise(ping(2), now).map(|raised| raised.peers), Ok(1));
    assert_eq!(bench.pinged(hand), [2]);
}
