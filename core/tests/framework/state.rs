//! Nodes with variables in common, on a network that is not there.

use std::sync::Arc;
use std::time::Duration;

use crate::network::{Network, address};
use brocomm::data::{Declarations, Event, Value};
use brocomm::node::{Configuration, Node, Notification, Options, PeerId, PeerState};
use brocomm::state::{Limits, Path, Store};

const VARIABLES: &str = "
    global hits = 0 &synchronized;
    global hosts: table[addr] of string &synchronized;
    global seen: set[count] &create_expire=5min &synchronized;
    global squares: table[count] of count &synchronized;
    global ping: event(n: count);
";

fn declarations() -> Declarations {
    let mut declarations = Declarations::new();
    declarations.read(VARIABLES).expect("the declarations are right");
    declarations
}

fn listening() -> Options {
    Options { listen: true, ..Options::default() }
}

/// Adds a node with variables of its own.
fn add(net: &mut Network, options: Options, nodes: Vec<(&str, Node)>) -> usize {
    let nodes = nodes.into_iter().map(|(name, node)| (name.to_owned(), node)).collect();
    let declarations = declarations();
    let mut store = Store::new(format!("#{}#1#", net.nodes.len()), Limits::default());
    store.declare_synchronized(&declarations).expect("the variables are right");
    let configuration = Configuration { options, nodes, declarations: Arc::new(declarations) };
    let n = net.add(configuration);
    net.node(n).set_store(store);
    n
}

fn syncs(node: Node) -> Node {
    Node { sync: true, ..node }
}

fn connects(to: usize) -> Node {
    Node { connect: true, retry: Duration::from_secs(1), ..Node::new(address(to)) }
}

fn get(net: &Network, n: usize, path: impl Into<Path>) -> Value {
    net.nodes[n].node.store().expect("it has one").get(path).expect("it has a value")
}

fn host(n: u8) -> Value {
    Value::Addr([10, 0, 0, n].into())
}

/// Two nodes that synchronise, the second with authority.
fn pair() -> (Network, usize, usize) {
    let mut net = Network::new();
    let here = add(&mut net, listening(), vec![("there", syncs(Node::new(address(1))))]);
    let there = add(
        &mut net,
        Options::default(),
        vec![("here", Node { auth: true, ..syncs(connects(here)) })],
    );
    (net, here, there)
}

fn change<E: std::fmt::Debug>(
    net: &mut Network,
    n: usize,
    change: impl FnOnce(&mut Store) -> Result<Option<brocomm::data::StateAccess>, E>,
) where
    brocomm::state::StateError: From<E>,
{
    let now = net.now;
    net.node(n).change_state(now, |store| change(store).map_err(Into::into)).expect("it is right");
}

#[test]
fn state_is_given_in_sync_and_kept_the_same_in_running() {
    let (mut net, here, there) = pair();
    change(&mut net, there, |store| store.increment("hits", 5));
    change(&mut net, there, |store| store.assign(Path::to("hosts").index([host(1)]), "gateway"));
    net.settle();
    assert_eq!(get(&net, here, "hits"), Value::Count(5));
    assert_eq!(get(&net, here, Path::to("hosts").index([host(1)])), "gateway".into());

    // Both at once.
    change(&mut net, there, |store| store.increment("hits", 1));
    change(&mut net, here, |store| store.increment("hits", 10));
    change(&mut net, here, |store| store.assign(Path::to("hosts").index([host(2)]), "printer"));
    net.settle();
    for n in [here, there] {
        assert_eq!(get(&net, n, "hits"), Value::Count(16));
        assert_eq!(get(&net, n, Path::to("hosts").index([host(2)])), "printer".into());
    }
    let told = net.told(there);
    let performed =
        |told: &&Notification| matches!(told, Notification::StateAccessPerformed { .. });
    assert_eq!(told.iter().filter(performed).count(), 2);

    // What changes while they are apart comes with the next connection, from who has authority.
    net.cut(here);
    change(&mut net, there, |store| store.increment("hits", 100));
    net.pass(Duration::from_secs(1));
    assert_eq!(get(&net, here, "hits"), Value::Count(116));
}

#[test]
fn a_large_table_is_given_in_pieces_and_holds_up_nobody() {
    const ENTRIES: u64 = 20_000;
    let mut net = Network::new();
    let events = Some("ping".parse().unwrap());
    let nodes = vec![
        ("events", Node { events, ..Node::new(address(1)) }),
        ("state", Node { auth: true, ..syncs(Node::new(address(2))) }),
    ];
    let server = add(&mut net, listening(), nodes);
    for n in 0..ENTRIES {
        let path = Path::to("squares").index([Value::Count(n)]);
        change(&mut net, server, |store| store.assign(path, n * n));
    }
    let other = add(&mut net, Options::default(), vec![("server", connects(server))]);
    net.settle();
    let _ = net.told(server);

    let node = Node { sync: true, ..connects(server) };
    let taker = add(&mut net, Options::default(), vec![("server", node)]);
    let (mut most, mut rounds) = (0, 0);
    while !is_running(&net, taker) {
        rounds += 1;
        let event = Event::new("ping", vec![Value::Count(rounds)]);
        let now = net.now;
        assert_eq!(net.node(other).raise(event, now).map(|raised| raised.peers), Ok(1));
        for n in [other, taker, server] {
            net.nudge(n);
            let node = &net.nodes[server].node;
            let waits = node.peers().filter_map(|peer| node.connection_to(peer.id));
            most = most.max(waits.map(|c| c.poll_transmit().len()).sum::<usize>());
        }
        // The other peer's event is there, however much of the state is not.
        assert_eq!(net.events(server).len(), 1, "round {rounds}");
    }
    assert!(rounds > 10, "{rounds} rounds");
    assert!(most < 1 << 20, "{most} bytes waited");
    let last = Path::to("squares").index([Value::Count(ENTRIES - 1)]);
    assert_eq!(get(&net, taker, last), Value::Count((ENTRIES - 1) * (ENTRIES - 1)));
    let squares = net.nodes[taker].node.store().unwrap().len("squares").unwrap();
    assert_eq!(squares, Some(ENTRIES as usize));
}

fn is_running(net: &Network, n: usize) -> bool {
    let state = net.nodes[n].node.peer_state(PeerId(1));
    matches!(state, Some(PeerState::Connected(brocomm::connection::Phase::Running)))
}

#[test]
fn changes_are_forwarded_but_not_back() {
    let mut net = Network::new();
    let options = Options { forward_remote_state_changes: true, ..listening() };
    let middle = add(
        &mut net,
        options,
        vec![("left", syncs(Node::new(address(1)))), ("right", syncs(Node::new(address(2))))],
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
fn entries_expire_everywhere_at_their_time() {
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
    assert!(net.told(here).iter().any(|told| matches!(told, Notification::Expired(_))));
}

#[test]
fn nobody_is_told_while_updates_are_suspended() {
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

    // All of it can be sent at any time.
    assert_eq!(net.node(here).send_state(PeerId(10_000)), Ok(()));
    net.settle();
    assert_eq!(get(&net, there, "hits"), Value::Count(2));
}

#[test]
fn what_is_not_as_the_peer_took_it_to_be_is_told() {
    let mut net = Network::new();
    let checking = |options| Options { remote_check_sync_consistency: true, ..options };
    let nodes = vec![("there", syncs(Node::new(address(1))))];
    let here = add(&mut net, checking(listening()), nodes);
    let nodes = vec![("here", syncs(connects(here)))];
    let there = add(&mut net, checking(Options::default()), nodes);
    net.settle();
    // Both assign to the same, and the assignments cross.
    change(&mut net, here, |store| store.assign("hits", 1u64));
    change(&mut net, there, |store| store.assign("hits", 2u64));
    net.settle();
    let told = net.told(here);
    let told_of = |told: &&Notification| matches!(told, Notification::StateInconsistency { .. });
    assert_eq!(told.iter().filter(told_of).count(), 1);
    let line = told.iter().find_map(|told| match told {
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
