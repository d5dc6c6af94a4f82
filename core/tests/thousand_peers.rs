//! A node with a thousand peers on one thread, and the memory that each takes.

use std::sync::Arc;
use std::time::Duration;

use crate::meter;
use crate::network::{Network, address};
use brocomm::data::{Declarations, Event, Value};
use brocomm::node::{NodeConfig, NodeMachine, Notification, Options, PeerConfig};

const PEERS: usize = 1000;

/// The maximum number of bytes for an idle peer in Running. (The object cache of a peer that has
/// sent something takes more, 2§5.)
const BOUND: usize = 7_600;

fn configuration(options: Options, nodes: Vec<(String, PeerConfig)>) -> NodeConfig {
    let mut declarations = Declarations::new();
    let text = "global ping: event(n: count);";
    declarations.read(text).expect("the declaration is valid");
    NodeConfig { options, nodes, declarations: Arc::new(declarations) }
}

fn wanting_ping(node: PeerConfig) -> PeerConfig {
    PeerConfig { events: Some("ping".parse().expect("the pattern is valid")), ..node }
}

fn done(notified: &Notification) -> bool {
    matches!(notified, Notification::ConnectionHandshakeDone(_))
}

/// A node with this number of configured peers, and these peers.
fn network(peers: usize) -> (Network, usize) {
    let mut net = Network::new();
    let nodes =
        (1..=peers).map(|n| (format!("peer-{n}"), wanting_ping(PeerConfig::new(address(n)))));
    let listening = Options { listen: true, ..Options::default() };
    let manager = net.add(configuration(listening, nodes.collect()));
    net.settle();
    let node = || wanting_ping(PeerConfig { connect: true, ..PeerConfig::new(address(manager)) });
    for _ in 0..peers {
        net.add(configuration(Options::default(), vec![("manager".to_owned(), node())]));
    }
    (net, manager)
}

/// Returns how many bytes dropping a node frees.
fn held(net: &mut Network, node: usize) -> usize {
    let other = NodeMachine::new(NodeConfig::default()).expect("the default is valid");
    let node = std::mem::replace(net.node(node), other);
    let before = meter::held();
    drop(node);
    usize::try_from(before - meter::held()).expect("memory is freed")
}

/// Discards the notifications of all nodes.
fn forget(net: &mut Network) {
    for n in 0..=PEERS {
        net.notified(n);
    }
}

#[test]
fn a_thousand_peers_run_on_one_thread_with_little_memory_when_idle() {
    let (mut net, manager) = network(PEERS);
    let alone = held(&mut net, manager);
    for events in [0, 1] {
        let (mut net, manager) = network(PEERS);
        net.settle();
        assert_eq!(net.notified(manager).iter().filter(|notified| done(notified)).count(), PEERS);
        assert_eq!(net.node(manager).connected_peers().count(), PEERS);
        for number in 0..events {
            let now = net.now;
            let event = Event::new("ping", vec![Value::Count(number)]);
            let raised = net.node(manager).raise(event, now);
            assert_eq!(raised.map(|raised| raised.peers), Ok(PEERS));
            net.settle();
            for n in 1..=PEERS {
                assert_eq!(net.events(n).len(), 1);
                let event = Event::new("ping", vec![Value::Count(n as u64)]);
                let raised = net.node(n).raise(event, now);
                assert_eq!(raised.map(|raised| raised.peers), Ok(1));
            }
            net.settle();
            assert_eq!(net.events(manager).len(), PEERS);
        }
        // A peer is idle after some time without messages.
        net.pass(Duration::from_secs(121));
        forget(&mut net);
        let per_peer = (held(&mut net, manager) - alone) / PEERS;
        assert!(per_peer < BOUND, "{per_peer} bytes per idle peer after {events} events each way");
    }
}

#[test]
fn many_events_in_a_row_leave_a_peer_small() {
    const PEERS: usize = 100;
    let (mut net, manager) = network(PEERS);
    let alone = held(&mut net, manager);
    let (mut net, manager) = network(PEERS);
    net.settle();
    for number in 0..200 {
        let (event, now) = (Event::new("ping", vec![Value::Count(number)]), net.now);
        let raised = net.node(manager).raise(event, now);
        assert_eq!(raised.map(|raised| raised.peers), Ok(PEERS));
    }
    net.settle();
    net.notified(manager);
    let per_peer = (held(&mut net, manager) - alone) / PEERS;
    assert!(per_peer < 16 << 10, "{per_peer} bytes per peer");
}
