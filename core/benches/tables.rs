//! Two nodes that share a large table in a synchronized variable.

use std::net::IpAddr;

use brocomm::Time;
use brocomm::data::{Declarations, Value};
use brocomm::node::{Action, ConnectionId, Endpoint, NodeConfig, NodeMachine, PeerConfig};
use brocomm::state::{Path, Store, StoreLimits};

const NOW: Time = Time::from_nanos(1_500_000_000_000_000_000);

/// What a table holds: its declaration, and the index and value of an entry.
#[derive(Clone, Copy)]
pub struct Content {
    pub ty: &'static str,
    pub entry: fn(u32) -> (Vec<Value>, Option<Value>),
}

/// Counts by address, in ascending order.
pub const COUNTS: Content = Content {
    ty: "table[addr] of count",
    entry: |n| (vec![Value::Addr(n.to_be_bytes().into())], Some(Value::Count(n.into()))),
};

/// Strings by string, in no order.
pub const STRINGS: Content = Content {
    ty: "table[string] of string",
    entry: |n| (vec![Value::string(format!("{:08x}", scattered(n)))], Some(Value::string("a short text"))),
};

/// Pairs of address and port, in no order.
pub const PAIRS: Content = Content {
    ty: "set[addr, port]",
    entry: |n| {
        let port = brocomm::data::Port::tcp(n as u16);
        (vec![Value::Addr(scattered(n).to_be_bytes().into()), Value::Port(port)], None)
    },
};

/// Returns a different number for each number, in no order.
pub fn scattered(n: u32) -> u32 {
    n.wrapping_mul(2_654_435_761)
}

/// Makes a store with an empty table.
pub fn store(host: &str, content: Content) -> Store {
    let mut declarations = Declarations::new();
    let text = format!("global large: {} &synchronized;", content.ty);
    declarations.read(&text).expect("it is right");
    let mut store = Store::new(format!("#{host}#1#"), StoreLimits::default());
    store.declare_synchronized(&declarations).expect("it is right");
    store
}

/// Adds entries with these numbers.
pub fn fill(store: &mut Store, content: Content, entries: std::ops::Range<u32>) {
    for n in entries {
        let (index, value) = (content.entry)(n);
        let path = Path::to("large");
        match value {
            Some(value) => store.assign(path.index(index), value),
            None => store.add(path, index),
        }
        .expect("it is right");
    }
}

/// A node with a table, and another that connects to get it.
pub struct Tables {
    here: (NodeMachine, ConnectionId),
    there: (NodeMachine, ConnectionId),
}

impl Tables {
    /// Connects a node with this store to one with this empty one.
    pub fn new(full: Store, empty: Store) -> Tables {
        let host = IpAddr::from([192, 0, 2, 1]);
        let node = |node, store| {
            let nodes = vec![("other".to_owned(), PeerConfig { sync: true, ..node })];
            let mut node = NodeMachine::new(NodeConfig { nodes, ..NodeConfig::default() }).expect("it is right");
            node.set_store(store);
            node.start(NOW);
            node
        };
        let mut here = node(PeerConfig { auth: true, ..PeerConfig::new(host) }, full);
        let mut there = node(PeerConfig { connect: true, ..PeerConfig::new(host) }, empty);
        let Some(Action::Connect { connection, .. }) = there.poll_action() else {
            panic!("it connects")
        };
        there.feed_connected(connection, NOW);
        let accepted = here.feed_accepted(Endpoint::new(host, 50_000), NOW).expect("it goes on");
        Tables { here: (here, accepted), there: (there, connection) }
    }

    /// Lets the whole table pass; returns how many entries came.
    #[inline(never)]
    pub fn transfer(&mut self) -> usize {
        let Tables { here, there } = self;
        while carry(here, there) | carry(there, here) {
            while here.0.poll_notification().is_some() {}
            while there.0.poll_notification().is_some() {}
        }
        let store = there.0.store().expect("it has one");
        store.len("large").expect("it is there").expect("it is a table")
    }
}

/// Carries bytes one way; returns whether there were any.
fn carry(from: &mut (NodeMachine, ConnectionId), to: &mut (NodeMachine, ConnectionId)) -> bool {
    let bytes = from.0.poll_transmit(from.1);
    let length = bytes.len();
    to.0.feed_bytes(to.1, bytes, NOW);
    from.0.advance(from.1, length, NOW);
    length > 0
}
