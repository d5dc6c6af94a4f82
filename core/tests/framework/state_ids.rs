//! The ids of containers that have several (2§6, 2§9).

use std::sync::Arc;

use brocomm::data::{Mutable, Table, Type, TypeTag, Value, Vector};
use brocomm::lowlevel::serial::{Opcode, StateAccess};
use brocomm::node::{LogLevel, NodeConfig, Notification, Options, PeerConfig};
use brocomm::state::Path;

use super::network::{Network, address};
use super::state_support::*;

const MIDDLE: usize = 0;
const RIGHT: usize = 1;
const LEFT: usize = 2;

fn at(index: u64) -> Path {
    Path::to("merged").index([Value::Count(index)])
}

/// A node in the middle that gives its state to the one on the right, and then takes that of the one
/// on the left, which it merges into its own.
fn merged(forwards: bool) -> Network {
    let mut net = Network::new();
    let right = PeerConfig { auth: true, ..syncs(PeerConfig::new(address(RIGHT))) };
    let nodes = vec![("right", right), ("left", syncs(PeerConfig::new(address(LEFT))))];
    let options = Options { forward_remote_state_changes: forwards, ..listening() };
    add(&mut net, options, nodes);
    change(&mut net, MIDDLE, |store| store.assign(at(0), "middle"));
    add(&mut net, Options::default(), vec![("middle", syncs(connects(MIDDLE)))]);
    net.settle();
    assert_eq!(get(&net, RIGHT, at(0)), "middle".into());

    join(&mut net);
    net
}

/// Adds a node on the left that considers its own state authoritative.
fn join(net: &mut Network) {
    let middle = PeerConfig { auth: true, ..syncs(connects(MIDDLE)) };
    let left = add(net, Options::default(), vec![("middle", middle)]);
    change(net, left, |store| store.assign(at(1), "left"));
    net.settle();
    assert_eq!(get(net, MIDDLE, at(0)), "middle".into());
    assert_eq!(get(net, MIDDLE, at(1)), "left".into());
}

/// Lets a node change the table, and looks who hears of it.
#[track_caller]
fn reaches(net: &mut Network, from: usize, index: u64, others: &[usize]) {
    change(net, from, |store| store.assign(at(index), "new"));
    net.settle();
    for n in others {
        assert_eq!(get(net, *n, at(index)), "new".into(), "{from} to {n}");
    }
    for n in [MIDDLE, RIGHT, LEFT] {
        let rejected =
            |told: &Notification| matches!(told, Notification::StateAccessRejected { .. });
        assert!(!net.told(n).iter().any(rejected), "{from} to {n}");
    }
}

#[test]
fn each_peer_is_addressed_by_an_id_that_it_knows() {
    let mut net = merged(false);
    // The one on the right never heard of the table that was merged.
    reaches(&mut net, MIDDLE, 5, &[LEFT, RIGHT]);
    reaches(&mut net, LEFT, 6, &[MIDDLE]);
    reaches(&mut net, RIGHT, 7, &[MIDDLE]);
    reaches(&mut net, MIDDLE, 8, &[LEFT, RIGHT]);
}

#[test]
fn what_is_forwarded_is_addressed_anew() {
    let mut net = merged(true);
    // The one on the right has heard of the merge.
    assert_eq!(get(&net, RIGHT, at(1)), "left".into());
    reaches(&mut net, LEFT, 6, &[MIDDLE, RIGHT]);
    reaches(&mut net, RIGHT, 7, &[MIDDLE, LEFT]);
    reaches(&mut net, MIDDLE, 8, &[LEFT, RIGHT]);
}

#[test]
fn a_peer_that_comes_later_knows_only_what_it_is_given() {
    let mut net = merged(true);
    // The one on the right is gone with all it knew; another has its place.
    net.cut(RIGHT);
    let mut fresh = store(RIGHT + 10);
    fresh.assign(at(0), "lost").expect("it is right");
    net.node(RIGHT).set_store(fresh);
    net.pass(std::time::Duration::from_secs(1));
    assert_eq!(get(&net, RIGHT, at(1)), "left".into());
    reaches(&mut net, LEFT, 6, &[MIDDLE, RIGHT]);
    reaches(&mut net, RIGHT, 7, &[MIDDLE, LEFT]);
    reaches(&mut net, MIDDLE, 8, &[LEFT, RIGHT]);
    // And so it is when the one whose table was merged comes again.
    net.cut(LEFT);
    net.pass(std::time::Duration::from_secs(1));
    reaches(&mut net, LEFT, 9, &[MIDDLE, RIGHT]);
    reaches(&mut net, RIGHT, 10, &[MIDDLE, LEFT]);
    reaches(&mut net, MIDDLE, 11, &[LEFT, RIGHT]);
}

/// A Bro makes such containers of `&default=set()`.
#[test]
fn nothing_is_put_into_a_container_that_has_no_type_at_the_peer() {
    let mut net = Network::new();
    let there = PeerConfig { auth: true, ..syncs(PeerConfig::new(address(1))) };
    let here = add(&mut net, listening(), vec![("there", there)]);
    // It has no declarations, so that what it sends goes as it is.
    let nodes = vec![("here".to_owned(), syncs(connects(here)))];
    let there = net.add(NodeConfig { nodes, ..NodeConfig::default() });
    net.settle();
    let give = |net: &mut Network, target: &str, op1: Value| {
        let access = StateAccess {
            opcode: Opcode::Assign,
            target: target.into(),
            op1,
            op2: None,
            op3: None,
        };
        let now = net.now;
        net.node(there).broadcast_state_access(access, None, now).unwrap();
        net.settle();
    };
    let id = |id: &str| Mutable { unique_id: id.into(), ..Mutable::default() };
    let table = Table { mutable: id("#b#1"), ..Table::new(Type::table(vec![], Type::ANY)) };
    give(&mut net, "hosts", Value::Table(Arc::new(table)));
    let set = Table { mutable: id("#b#2"), ..Table::new(Type::set(vec![])) };
    give(&mut net, "seen", Value::Table(Arc::new(set)));
    let vector = Type::vector(Type::Base(TypeTag::Void));
    let vector = Vector { mutable: id("#b#3"), ..Vector::new(vector, vec![]) };
    give(&mut net, "numbers", Value::Vector(Arc::new(vector)));
    net.told(here);
    net.told(there);

    let came = |net: &mut Network| -> Vec<String> {
        let told = net.told(there).into_iter();
        told.filter_map(|told| match told {
            Notification::StateAccess { access, .. } => Some(access.target.to_string()),
            _ => None,
        })
        .collect()
    };
    let count = Value::Count(7);
    change(&mut net, here, |store| store.assign(Path::to("hosts").index([host(1)]), "gateway"));
    change(&mut net, here, |store| store.add("seen", vec![count.clone()]));
    change(&mut net, here, |store| store.assign(Path::to("numbers").element(0), count.clone()));
    net.settle();
    assert_eq!(came(&mut net), Vec::<String>::new());
    let told = net.told(here).into_iter();
    let (mut errors, mut logged) = (Vec::new(), Vec::new());
    for told in told {
        match told {
            Notification::ConnectionError { reason, .. } => errors.push(String::from(reason)),
            Notification::Log(entry) if entry.level() == Some(LogLevel::Error) => {
                logged.push(entry.line.to_string());
            }
            _ => {}
        }
    }
    let error = |name: &str| {
        format!(
            "state not sent: {name}: the changed container has no type at the peer yet, so it \
             accepts no elements; assign a value to it"
        )
    };
    assert_eq!(errors, ["hosts", "seen", "numbers"].map(error));
    assert_eq!(logged, errors);

    // Of another in its place the peer is told, and of what is put into that.
    let numbers = get(&net, here, "numbers");
    change(&mut net, here, |store| store.assign("numbers", numbers));
    change(&mut net, here, |store| store.assign(Path::to("numbers").element(0), count.clone()));
    net.settle();
    let came = came(&mut net);
    assert_eq!(came.len(), 2, "{came:?}");
    assert_eq!(came[0], "numbers");
    assert!(came[1].starts_with("#0#1#"), "{came:?}");
}
