//! Large states are sent in pieces and do not block other peers.

use brocomm::data::{Event, Value};
use brocomm::lowlevel::state::FullState;
use brocomm::node::{Options, PeerConfig, PeerId};
use brocomm::state::Path;

use super::network::{Network, address};
use super::state_support::*;
use super::support::wants;

/// The node that sends its state; then a node that does not synchronize, and the receiver.
const SERVER: usize = 0;
const OTHER: usize = 1;
const TAKER: usize = 2;

/// The peer that receives the state.
const TO_TAKER: PeerId = PeerId(10_001);

/// The bound of the server's output in bytes: 64 KiB plus the size of one operation.
const BYTES: usize = 256 << 10;

/// The number of polls after which an event arrives, whatever the load: peers take turns.
const POLLS: usize = 2;

fn event(name: &str, n: u64) -> Event {
    Event::new(name, vec![Value::Count(n)])
}

fn square(n: u64) -> Path {
    Path::to("squares").index([Value::Count(n)])
}

fn waiting(net: &mut Network) -> usize {
    let links: Vec<_> = net.links(SERVER).collect();
    links.into_iter().map(|id| net.node(SERVER).poll_transmit(id).len()).sum()
}

/// Sends a state of this size while changes and events continue.
fn give(entries: u64, elements: u64) {
    let mut net = Network::new();
    let taker = PeerConfig { auth: true, ..syncs(PeerConfig::new(address(TAKER))) };
    let other = wants("ping", PeerConfig::new(address(OTHER)));
    add(&mut net, listening(), vec![("other", other), ("taker", taker)]);
    for n in 0..entries {
        change(&mut net, SERVER, |store| store.assign(square(n), n * n));
    }
    for n in 0..elements {
        change(&mut net, SERVER, |store| store.assign(Path::to("numbers").element(n), n));
    }
    add(&mut net, Options::default(), vec![("server", wants("pong", connects(SERVER)))]);
    net.settle();
    for n in [SERVER, OTHER] {
        let _ = net.notified(n);
    }
    add(&mut net, Options::default(), vec![("server", syncs(connects(SERVER)))]);

    let (mut most, mut rounds, mut progress, mut whole) = (0, 0, 0, 0);
    while !is_running(&net, TAKER) {
        rounds += 1;
        let now = net.now;
        for (n, name) in [(SERVER, "pong"), (OTHER, "ping")] {
            let raised = net.node(n).raise(event(name, rounds), now);
            assert_eq!(raised.map(|raised| raised.peers), Ok(1));
        }
        let (mut polls, mut came) = (0, [false; 2]);
        while came != [true; 2] {
            polls += 1;
            assert!(polls <= POLLS, "round {rounds}: after {} polls {came:?}", polls - 1);
            for n in [OTHER, TAKER, SERVER] {
                net.nudge(n);
                most = most.max(waiting(&mut net));
            }
            for (at, n) in [SERVER, OTHER].into_iter().enumerate() {
                came[at] |= !net.events(n).is_empty();
            }
        }
        if let Some(found) = net.nodes[SERVER].node.state_progress(TO_TAKER) {
            assert!(found.cost > progress && found.cost <= found.of_cost, "{found:?}");
            (progress, whole) = (found.cost, found.of_cost);
        }
        // Changes one variable that has been sent already, and one that has not.
        change(&mut net, SERVER, |store| store.increment("hits", 1));
        for n in [rounds, entries - rounds] {
            change(&mut net, SERVER, |store| store.assign(square(n), rounds));
        }
    }
    net.settle();
    // 64 KiB at a time, of some 60 bytes each.
    assert!(rounds > (entries + elements) / 2000, "{rounds} rounds");
    // An entry costs three. The last pieces may be sent between two checks.
    assert!(whole >= entries * 3, "{whole}");
    assert!(whole - progress <= 3 * FullState::PIECE, "{progress} of {whole}");
    assert!(most < BYTES, "{most} bytes waited");
    assert_eq!(net.nodes[SERVER].node.state_progress(TO_TAKER), None);
    let store = |n: usize| net.nodes[n].node.store().expect("it has one");
    for name in ["hits", "squares", "numbers"] {
        assert!(store(TAKER).get(name) == store(SERVER).get(name), "{name} differs");
    }
    assert_eq!(store(TAKER).len("squares"), Ok(Some(entries as usize)));
    assert_eq!(store(TAKER).len("numbers"), Ok(Some(elements as usize)));
}

#[test]
fn a_large_table_and_a_large_vector_are_sent_in_pieces_without_blocking_others() {
    give(50_000, 10_000);
}

#[test]
#[ignore = "takes a minute, and a gigabyte of memory"]
fn a_table_of_a_million_entries_is_sent_in_pieces_without_blocking_others() {
    give(1_000_000, 0);
}

#[test]
fn changes_during_sync_are_sent_unless_the_incoming_state_overwrites_them() {
    let mut net = Network::new();
    let taker = syncs(PeerConfig::new(address(1)));
    let giver = add(&mut net, listening(), vec![("taker", PeerConfig { auth: true, ..taker })]);
    for n in 0..10_000 {
        change(&mut net, giver, |store| store.assign(square(n), n));
    }
    net.settle();
    let taker = add(&mut net, Options::default(), vec![("giver", syncs(connects(giver)))]);
    let has = |net: &Network, n: u64| {
        let store = net.nodes[taker].node.store().expect("it has one");
        store.contains("squares", vec![Value::Count(n)]) == Ok(true)
    };
    while !has(&net, 0) {
        net.nudge(taker);
        net.nudge(giver);
    }
    assert!(!has(&net, 9999) && !is_running(&net, taker));
    // The first change stays. The others are to variables that have not arrived yet.
    change(&mut net, taker, |store| store.increment("hits", 1));
    change(&mut net, taker, |store| store.assign(square(0), 77u64));
    change(&mut net, taker, |store| store.assign(square(9999), 77u64));
    change(&mut net, taker, |store| store.assign(Path::to("numbers").element(0), 77u64));
    net.settle();
    assert!(is_running(&net, taker));
    for n in [giver, taker] {
        assert_eq!(get(&net, n, "hits"), Value::Count(1));
        assert_eq!(get(&net, n, square(0)), Value::Count(77));
        assert_eq!(get(&net, n, square(9999)), Value::Count(9999));
        let store = net.nodes[n].node.store().expect("it has one");
        assert_eq!(store.len("numbers"), Ok(Some(0)));
    }
}
