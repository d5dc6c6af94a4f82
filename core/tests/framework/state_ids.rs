//! Containers with several unique IDs (2§6, 2§9).

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

/// A node in the middle sends its state to the right one. Then it receives the state of the left
/// one and merges it into its own.
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

/// Lets a node change the table, and checks which other nodes receive the change.
#[track_caller]
fn reaches(net: &mut Network, from: usize, index: u64, others: &[usize]) {
    change(net, from, |store| store.assign(at(index), "new"));
    net.settle();
    for n in others {
        assert_eq!(get(net, *n, at(index)), "new".into(), "{from} to {n}");
    }
    for n in [MIDDLE, RIGHT, LEFT] {
        let rejected =
            |notified: &Notification| matches!(notified, Notification::StateAccessRejected { .. });
        assert!(!net.notified(n).iter().any(rejected), "{from} to {n}");
    }
}

#[test]
fn operations_use_an_id_that_the_peer_knows() {
    let mut net = merged(false);
    // The right node does not know about the merged table.
    reaches(&mut net, MIDDLE, 5, &[LEFT, RIGHT]);
    reaches(&mut net, LEFT, 6, &[MIDDLE]);
    reaches(&mut net, RIGHT, 7, &[MIDDLE]);
    reaches(&mut net, MIDDLE, 8, &[LEFT, RIGHT]);
}

#[test]
fn forwarded_operations_use_an_id_that_the_next_peer_knows() {
    let mut net = merged(true);
    // The right node knows about the merge.
    assert_eq!(get(&net, RIGHT, at(1)), "left".into());
    reaches(&mut net, LEFT, 6, &[MIDDLE, RIGHT]);
    reaches(&mut net, RIGHT, 7, &[MIDDLE, LEFT]);
    reaches(&mut net, MIDDLE, 8, &[LEFT, RIGHT]);
}

#[test]
fn a_new_peer_knows_only_the_ids_in_the_state_that_it_received() {
    let mut net = merged(true);
    // Replaces the right node by a new one, which knows nothing.
    net.cut(RIGHT);
    let mut fresh = store(RIGHT + 10);
    fresh.assign(at(0), "lost").expect("it is valid");
    net.node(RIGHT).set_store(fresh);
    net.pass(std::time::Duration::from_secs(1));
    assert_eq!(get(&net, RIGHT, at(1)), "left".into());
    reaches(&mut net, LEFT, 6, &[MIDDLE, RIGHT]);
    reaches(&mut net, RIGHT, 7, &[MIDDLE, LEFT]);
    reaches(&mut net, MIDDLE, 8, &[LEFT, RIGHT]);
    // The same holds when the node whose table was merged reconnects.
    net.cut(LEFT);
    net.pass(std::time::Duration::from_secs(1));
    reaches(&mut net, LEFT, 9, &[MIDDLE, RIGHT]);
    reaches(&mut net, RIGHT, 10, &[MIDDLE, LEFT]);
    reaches(&mut net, MIDDLE, 11, &[LEFT, RIGHT]);
}

/// Bro creates such containers from `&default=set()`.
#[test]
fn changes_to_a_container_without_a_type_at_the_peer_are_not_sent() {
    let mut net = Network::new();
    let there = PeerConfig { auth: true, ..syncs(PeerConfig::new(address(1))) };
    let here = add(&mut net, listening(), vec![("there", there)]);
    // It has no declarations, so its values are sent unchanged.
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
    net.notified(here);
    net.notified(there);

    let came = |net: &mut Network| -> Vec<String> {
        let notified = net.notified(there).into_iter();
        notified
            .filter_map(|notified| match notified {
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
    let notified = net.notified(here).into_iter();
    let (mut errors, mut logged) = (Vec::new(), Vec::new());
    for notified in notified {
        match notified {
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

    // The peer receives the replacement, and what is then added to it.
    let numbers = get(&net, here, "numbers");
    change(&mut net, here, |store| store.assign("numbers", numbers));
    change(&mut net, here, |store| store.assign(Path::to("numbers").element(0), count.clone()));
    net.settle();
    let came = came(&mut net);
    assert_eq!(came.len(), 2, "{came:?}");
    assert_eq!(came[0], "numbers");
    assert!(came[1].starts_with("#0#1#"), "{came:?}");
}
