//! Which side sends its state (§3.3, §3.4).

use brocomm::lowlevel::connection::{Connection, Requests, StateSource};
use brocomm::node::{Options, PeerConfig, PeerId};
use brocomm::node::{Phase, SyncRequest, SyncRole};

use super::network::{Network, address};
use super::support::*;

const A: PeerId = PeerId(1);

/// Connects two nodes, of which the acceptor has been running for `ahead` longer. Returns their
/// phases and logs.
fn meet(
    initiator: PeerConfig,
    acceptor: PeerConfig,
    ahead: i64,
) -> [(Option<Phase>, Vec<String>); 2] {
    let mut net = Network::new();
    let wait = SECOND * u32::try_from(ahead.abs()).expect("a few seconds");
    // The order of adding decides the addresses. Attempts fail until the acceptor exists.
    let (initiator_first, retry) = (ahead <= 0, SECOND);
    let at = |first: bool| address(usize::from(!first));
    let from = PeerConfig { retry, host: at(!initiator_first), ..initiator };
    let from = configuration(Options::default(), vec![("peer", from)]);
    let to = PeerConfig { host: at(initiator_first), ..acceptor };
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

fn node(sync: bool, auth: bool) -> PeerConfig {
    PeerConfig { connect: false, sync, auth, ..PeerConfig::new([0, 0, 0, 0].into()) }
}

/// What happens when both have made their requests.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    /// Both enter Running directly.
    NoSync,
    /// The initiator sends its state.
    Initiator,
    /// The acceptor sends its state.
    Acceptor,
    /// Both log the misconfiguration and close the connection.
    Misconfigured,
    /// The configuration is rejected: `auth` needs `sync`.
    Refused,
}

/// `sync` and `auth` of an entry.
type Flags = (bool, bool);

/// The flags of the initiator's entry and of the acceptor's, and the outcome if the initiator's
/// runtime is less, equal and greater: each line of §3.3.
#[rustfmt::skip]
const TABLE: [(Flags, Flags, [Outcome; 3]); 16] = {
    use Outcome::{Acceptor, Initiator, Misconfigured, NoSync, Refused};
    const NEITHER: Flags = (false, false);
    const AUTH: Flags = (false, true);
    const SYNC: Flags = (true, false);
    const BOTH: Flags = (true, true);
    [
        (NEITHER, NEITHER, [NoSync; 3]),
        (NEITHER, AUTH, [Refused; 3]),
        (NEITHER, SYNC, [Initiator; 3]),
        (NEITHER, BOTH, [Initiator; 3]),
        (AUTH, NEITHER, [Refused; 3]),
        (AUTH, AUTH, [Refused; 3]),
        (AUTH, SYNC, [Refused; 3]),
        (AUTH, BOTH, [Refused; 3]),
        (SYNC, NEITHER, [Acceptor; 3]),
        (SYNC, AUTH, [Refused; 3]),
        (SYNC, SYNC, [Acceptor, Initiator, Initiator]),
        (SYNC, BOTH, [Acceptor; 3]),
        (BOTH, NEITHER, [Acceptor; 3]),
        (BOTH, AUTH, [Refused; 3]),
        (BOTH, SYNC, [Initiator; 3]),
        (BOTH, BOTH, [Misconfigured; 3]),
    ]
};

#[test]
fn all_combinations_of_sync_and_auth_and_runtimes() {
    let mut seen = std::collections::BTreeSet::new();
    for (ours, theirs, outcomes) in TABLE {
        assert!(seen.insert((ours, theirs)), "{ours:?} {theirs:?} is there twice");
        for (ahead, outcome) in [3, 0, -3].into_iter().zip(outcomes) {
            let case = format!("{ours:?} {theirs:?}, the acceptor is {ahead} s ahead");
            let (initiator, acceptor) = (connects(node(ours.0, ours.1)), node(theirs.0, theirs.1));
            if outcome == Outcome::Refused {
                let refused = [initiator, acceptor].map(|node| {
                    let node = PeerConfig { host: address(0), ..node };
                    configuration(Options::default(), vec![("a", node)]).validate().is_err()
                });
                assert_eq!(refused, [ours, theirs].map(|of| of == (false, true)), "{case}");
                continue;
            }
            check(outcome, meet(initiator, acceptor, ahead), &case);
        }
    }
}

fn check(outcome: Outcome, sides: [(Option<Phase>, Vec<String>); 2], case: &str) {
    const WHAT: &str = "misconfiguration: authoritative state on both sides";
    let roles = match outcome {
        Outcome::Initiator => Some([SyncRole::Sender, SyncRole::Receiver]),
        Outcome::Acceptor => Some([SyncRole::Receiver, SyncRole::Sender]),
        _ => None,
    };
    for (at, (phase, log)) in sides.iter().enumerate() {
        let case = format!("{case}, side {at}: {log:#?}");
        let times = |line: &str| log.iter().filter(|logged| logged.ends_with(line)).count();
        let misconfigured = outcome == Outcome::Misconfigured;
        let expected = match roles {
            Some(roles) => Some(Phase::Sync(roles[at])),
            None => (!misconfigured).then_some(Phase::Running),
        };
        assert_eq!(*phase, expected, "{case}");
        assert_eq!(times(WHAT), usize::from(misconfigured), "{case}");
        assert_eq!(times("closing connection"), usize::from(misconfigured), "{case}");
        for role in [SyncRole::Sender, SyncRole::Receiver] {
            let line = match role {
                SyncRole::Sender => "phase: sync (sender)",
                SyncRole::Receiver => "phase: sync (receiver)",
            };
            let is_ours = roles.is_some_and(|roles| roles[at] == role);
            assert_eq!(times(line), usize::from(is_ours), "{case}");
        }
        assert_eq!(times("phase: running"), usize::from(outcome == Outcome::NoSync), "{case}");
    }
}

/// Bro ignores `auth` in that case.
#[test]
fn auth_without_sync_is_refused() {
    let node = PeerConfig { auth: true, ..peer() };
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
    let requests = Requests {
        events: vec!["ping".into()],
        accept_input: true,
        sync: Some(SyncRequest { authoritative: false }),
        ..Requests::default()
    };
    let hand = bench.accept(Some(set_up(requests)));
    let now = bench.now;
    assert_eq!(bench.node.raise(ping(1), now).map(|raised| raised.peers), Ok(0));
    bench.node.state_done(FIRST).unwrap();
    assert_eq!(bench.node.raise(ping(2), now).map(|raised| raised.peers), Ok(1));
    assert_eq!(bench.pinged(hand), [2]);
}
