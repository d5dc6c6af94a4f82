//! Nodes with synchronized variables on a simulated network.

use std::time::Duration;

use brocomm::data::Value;
use brocomm::node::{Notification, Options, PeerConfig, PeerId};
use brocomm::state::Path;

use super::network::{Network, address};
use super::state_support::*;

#[test]
fn state_is_sent_in_sync_and_kept_equal_in_running() {
    let (mut net, here, there) = pair();
    change(&mut net, there, |store| store.increment("hits", 5));
    change(&mut net, there, |store| store.assign(Path::to("hosts").index([host(1)]), "gateway"));
    net.settle();
    assert_eq!(get(&net, here, "hits"), Value::Count(5));
    assert_eq!(get(&net, here, Path::to("hosts").index([host(1)])), "gateway".into());

    // Both nodes change it at the same time.
    change(&mut net, there, |store| store.increment("hits", 1));
    change(&mut net, here, |store| store.increment("hits", 10));
    change(&mut net, here, |store| store.assign(Path::to("hosts").index([host(2)]), "printer"));
    net.settle();
    for n in [here, there] {
        assert_eq!(get(&net, n, "hits"), Value::Count(16));
        assert_eq!(get(&net, n, Path::to("hosts").index([host(2)])), "printer".into());
    }
    let notified = net.notified(there);
    let performed =
        |notified: &&Notification| matches!(notified, Notification::StateAccessPerformed { .. });
    assert_eq!(notified.iter().filter(performed).count(), 2);

    // The authoritative side sends its changes while disconnected over the next connection.
    net.cut(here);
    change(&mut net, there, |store| store.increment("hits", 100));
    net.pass(Duration::from_secs(1));
    assert_eq!(get(&net, here, "hits"), Value::Count(116));
}

#[test]
fn changes_are_forwarded_but_not_back() {
    let mut net = Network::new();
    let options = Options { forward_remote_state_changes: true, ..listening() };
    let middle = add(
        &mut net,
        options,
        vec![
            ("left", syncs(PeerConfig::new(address(1)))),
            ("right", syncs(PeerConfig::new(address(2)))),
        ],
    );
    let left = add(&mut net, Options::default(), vec![("middle", syncs(connects(middle)))]);
    let right = add(&mut net, Options::default(), vec![("middle", syncs(connects(middle)))]);
    net.settle();
    change(&mut net, left, |store| store.increment("hits", 3));
    net.settle();
    for n in [left, middle, right] {
        assert_eq!(get(&net, n, "hits"), Value::Count(3));
    }
}

#[test]
fn entries_expire_on_all_nodes() {
    let (mut net, here, there) = pair();
    net.settle();
    change(&mut net, here, |store| store.add("seen", vec![Value::Count(7)]));
    net.settle();
    let contains = |net: &Network, n: usize| {
        net.nodes[n].node.store().unwrap().contains("seen", vec![Value::Count(7)]).unwrap()
    };
    assert!(contains(&net, there));
    net.pass(Duration::from_secs(299));
    assert!(contains(&net, here) && contains(&net, there));
    net.pass(Duration::from_secs(2));
    assert!(!contains(&net, here) && !contains(&net, there));
    assert!(net.notified(here).iter().any(|notified| matches!(notified, Notification::Expired(_))));
}

#[test]
fn suspended_updates_are_not_sent() {
    let (mut net, here, there) = pair();
    net.settle();
    net.node(here).suspend_state_updates();
    change(&mut net, here, |store| store.increment("hits", 1));
    net.settle();
    assert_eq!(get(&net, there, "hits"), Value::Count(0));
    net.node(here).resume_state_updates();
    change(&mut net, here, |store| store.increment("hits", 1));
    net.settle();
    assert_eq!(get(&net, here, "hits"), Value::Count(2));
    assert_eq!(get(&net, there, "hits"), Value::Count(1));

    // The whole state can be sent at any time.
    assert_eq!(net.node(here).send_state(PeerId(10_000)), Ok(()));
    net.settle();
    assert_eq!(get(&net, there, "hits"), Value::Count(2));
}

#[test]
fn state_inconsistencies_are_reported() {
    let mut net = Network::new();
    let checking = |options| Options { remote_check_sync_consistency: true, ..options };
    let nodes = vec![("there", syncs(PeerConfig::new(address(1))))];
    let here = add(&mut net, checking(listening()), nodes);
    let nodes = vec![("here", syncs(connects(here)))];
    let there = add(&mut net, checking(Options::default()), nodes);
    net.settle();
    // Both assign to the same variable, and the assignments cross.
    change(&mut net, here, |store| store.assign("hits", 1u64));
    change(&mut net, there, |store| store.assign("hits", 2u64));
    net.settle();
    let notified = net.notified(here);
    let told_of =
        |notified: &&Notification| matches!(notified, Notification::StateInconsistency { .. });
    assert_eq!(notified.iter().filter(told_of).count(), 1);
    let line = notified.iter().find_map(|notified| match notified {
        Notification::Log(entry) if entry.level().is_none() => Some(entry.to_string()),
        _ => None,
    });
    assert_eq!(
        line.as_deref(),
        Some("state inconsistency: hits should be 0 but is 1 before assign")
    );
    assert_eq!(get(&net, here, "hits"), Value::Count(2));
    assert_eq!(get(&net, there, "hits"), Value::Count(1));
}
