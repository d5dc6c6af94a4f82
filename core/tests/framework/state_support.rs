//! Nodes with synchronized variables.

use std::sync::Arc;
use std::time::Duration;

use brocomm::data::{Declarations, Value};
use brocomm::lowlevel::serial::StateAccess;
use brocomm::node::Phase;
use brocomm::node::{NodeConfig, Options, PeerConfig, PeerId, PeerState};
use brocomm::state::{Path, StateError, Store, StoreLimits};

use super::network::{Network, address};
pub(crate) use super::support::listening;

pub(crate) const VARIABLES: &str = "
    global hits = 0 &synchronized;
    global hosts: table[addr] of string &synchronized;
    global seen: set[count] &create_expire=5min &synchronized;
    global squares: table[count] of count &synchronized;
    global merged: table[count] of string &mergeable &synchronized;
    global numbers: vector of count &synchronized;
    global ping: event(n: count);
    global pong: event(n: count);
";

pub(crate) fn declarations() -> Declarations {
    let mut declarations = Declarations::new();
    declarations.read(VARIABLES).expect("the declarations are valid");
    declarations
}

/// Creates the variables of a node.
pub(crate) fn store(n: usize) -> Store {
    let mut store = Store::new(format!("#{n}#1#"), StoreLimits::default());
    store.declare_synchronized(&declarations()).expect("the variables are valid");
    store
}

/// Adds a node with its own variables.
pub(crate) fn add(net: &mut Network, options: Options, nodes: Vec<(&str, PeerConfig)>) -> usize {
    let nodes = nodes.into_iter().map(|(name, node)| (name.to_owned(), node)).collect();
    let configuration = NodeConfig { options, nodes, declarations: Arc::new(declarations()) };
    let n = net.add(configuration);
    net.node(n).set_store(store(n));
    n
}

pub(crate) fn syncs(node: PeerConfig) -> PeerConfig {
    PeerConfig { sync: true, ..node }
}

pub(crate) fn connects(to: usize) -> PeerConfig {
    PeerConfig { connect: true, retry: Duration::from_secs(1), ..PeerConfig::new(address(to)) }
}

pub(crate) fn get(net: &Network, n: usize, path: impl Into<Path>) -> Value {
    net.nodes[n].node.store().expect("it has one").get(path).expect("it has a value")
}

pub(crate) fn host(n: u8) -> Value {
    Value::Addr([10, 0, 0, n].into())
}

/// Two nodes that synchronize. The second is authoritative.
pub(crate) fn pair() -> (Network, usize, usize) {
    let mut net = Network::new();
    let here = add(&mut net, listening(), vec![("there", syncs(PeerConfig::new(address(1))))]);
    let there = add(
        &mut net,
        Options::default(),
        vec![("here", PeerConfig { auth: true, ..syncs(connects(here)) })],
    );
    (net, here, there)
}

/// Lets a node change its variables.
pub(crate) fn change(
    net: &mut Network,
    n: usize,
    change: impl FnOnce(&mut Store) -> Result<Option<StateAccess>, StateError>,
) {
    let now = net.now;
    net.node(n).change_state(now, change).expect("it is valid");
}

/// Returns whether the first peer that a node connects to is Running.
pub(crate) fn is_running(net: &Network, n: usize) -> bool {
    let state = net.nodes[n].node.peer_state(PeerId(1));
    matches!(state, Some(PeerState::Connected(Phase::Running)))
}
