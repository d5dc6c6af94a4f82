//! Simulated networks of nodes with synchronized variables, derived from a seed.

mod changes;

use std::sync::Arc;
use std::time::Duration;

use brocomm::data::{Declarations, Name, Value};
use brocomm::node::{NodeConfig, Notification, Options, PeerConfig};
use brocomm::state::{Path, Store, StoreLimits};

use crate::network::{Network, address};
use crate::simulation::random::Random;
use changes::Changes;
pub(crate) use changes::collide;

/// The variables of all nodes. [`changes`] describes which node changes which.
const VARIABLES: &str = "
    type Small: record { a: string &optional; b: count; c: string &optional; };
    type Large: record { s: Small; v: vector of count; };
    global big: table[count] of string &synchronized;
    global n: int = 0 &synchronized;
    global v: vector of count = vector(0, 0, 0, 0) &synchronized;
    global r: Large = [$s=[$b=0], $v=vector()] &synchronized;
    global w0 = \"\" &synchronized;
    global w1 = \"\" &synchronized;
    global w2 = \"\" &synchronized;
    global l0: vector of count &synchronized;
    global l1: vector of count &synchronized;
    global l2: vector of count &synchronized;
    global s: set[count, string] &synchronized;
    global t: table[count] of string &synchronized;
    global tr: table[count] of Small &synchronized;
    global tt: table[count] of table[count] of count &synchronized;
    global tv: table[count] of vector of count &synchronized;
    global m: table[count] of string &mergeable &synchronized;
    global created: set[count] &create_expire=3sec &synchronized;
    # Expires at about the time when everything has settled. The node that added an entry sends
    # its expiry.
    global late: set[count] &create_expire=12700msec &synchronized;
    global read: table[count] of count &read_expire=4sec &synchronized;
    global both = \"\" &synchronized;
    global both_set: set[count] &synchronized;
";

/// The parameters of a network.
#[derive(Debug)]
pub(crate) struct Shape {
    /// How many nodes there are: 2, or 3 with the first in the middle.
    pub nodes: usize,
    /// The node whose state is authoritative, if any.
    pub authority: Option<usize>,
    /// Whether only the second of two nodes requests sync, so that only the first may change
    /// anything.
    pub one_sided: bool,
    /// Whether connections are lost, and nodes lose their state.
    pub loses: bool,
    /// Whether there is so much state that it is not sent all at once.
    pub large: bool,
    /// Whether the node in the middle connects to the last one instead of the reverse.
    pub reaches_out: bool,
}

impl Shape {
    pub(crate) fn new(random: &mut Random) -> Shape {
        let nodes = random.pick(&[2, 2, 3]);
        let one_sided = nodes == 2 && random.percent(15);
        Shape {
            nodes,
            // With three nodes only the one in the middle can be authoritative.
            authority: if nodes == 3 { Some(0) } else { random.pick(&[None, Some(0), Some(1)]) }
                .filter(|_| !one_sided),
            one_sided,
            loses: random.percent(70),
            large: random.percent(4),
            reaches_out: random.percent(50),
        }
    }
}

pub(crate) struct World {
    pub net: Network,
    pub random: Random,
    pub shape: Shape,
    pub changes: Changes,
    /// The number of stores so far, so that each one gives different IDs.
    stores: usize,
}

impl World {
    pub(crate) fn new(shape: Shape, random: Random) -> World {
        let changes = Changes::default();
        let mut world = World { net: Network::new(), random, shape, changes, stores: 0 };
        for n in 0..world.shape.nodes {
            let configuration = world.configuration(n);
            let n = world.net.add(configuration);
            world.renew(n);
        }
        if world.shape.large {
            for key in 0..2000 {
                changes::write_big(&mut world, key);
            }
        }
        world
    }

    fn configuration(&self, n: usize) -> NodeConfig {
        let entry = |other: usize| {
            let later = other.max(n);
            let outwards = later == 2 && self.shape.reaches_out;
            let connect = (n == later) != outwards;
            let node = PeerConfig {
                connect,
                retry: Duration::from_secs(u64::from(connect)),
                sync: !self.shape.one_sided || n == 1,
                auth: self.shape.authority == Some(n),
                ..PeerConfig::new(address(other))
            };
            (format!("node-{other}"), node)
        };
        let others = if n == 0 { 1..self.shape.nodes } else { 0..1 };
        NodeConfig {
            options: Options {
                listen: true,
                forward_remote_state_changes: self.shape.nodes == 3 && n == 0,
                ..Options::default()
            },
            nodes: others.map(entry).collect(),
            declarations: Arc::new(declarations()),
        }
    }

    /// Gives a disconnected node new variables.
    pub(crate) fn renew(&mut self, n: usize) {
        self.stores += 1;
        let mut store = Store::new(format!("#{n}#{}#", self.stores), StoreLimits::default());
        store.declare_synchronized(&declarations()).expect("the variables are valid");
        self.net.node(n).set_store(store);
    }

    /// Performs one random step.
    pub(crate) fn step(&mut self) {
        let n = self.random.below(self.shape.nodes);
        match self.random.below(100) {
            0..45 if !self.shape.one_sided || n == 0 => changes::change(self, n),
            45..90 => {
                self.net.most = self.random.pick(&[1, 40, 300, 5000, usize::MAX]);
                self.net.nudge(n);
            }
            90..94 => {
                let time = self.random.pick(&[1, 50, 400]);
                self.net.tick(Duration::from_millis(time));
            }
            94 if self.shape.loses => {
                self.net.cut(n);
                if self.random.percent(20) {
                    self.renew(n);
                }
            }
            _ => {}
        }
    }

    /// Delivers everything, and lets entries expire.
    pub(crate) fn settle(&mut self) {
        self.net.most = usize::MAX;
        self.net.pass(Duration::from_secs(12));
    }

    pub(crate) fn get(&self, n: usize, path: impl Into<Path>) -> Value {
        let store = self.net.nodes[n].node.store().expect("it has one");
        store.get(path).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Checks that all nodes have the same state.
    pub(crate) fn compare(&self) -> Result<(), String> {
        let store = |n: usize| self.net.nodes[n].node.store().expect("it has one");
        let names: Vec<Name> = store(0).names().cloned().collect();
        for name in names {
            // Tables merged after a loss keep unsent entries, and variables that both sides write
            // may differ.
            if name == "m" && self.shape.loses || name.starts_with(b"both") {
                continue;
            }
            let values: Vec<String> = (0..self.shape.nodes)
                .map(|n| self.get(n, Path::to(name.clone())).to_string())
                .collect();
            if values.iter().any(|value| *value != values[0]) {
                return Err(format!("{name} differs: {values:#?}"));
            }
        }
        Ok(())
    }

    /// Checks that without lost connections no change was lost or rejected.
    pub(crate) fn check_complete(&mut self) -> Result<(), String> {
        if self.get(0, "n") != Value::Int(self.changes.sum) {
            return Err(format!("n is {}, not {}", self.get(0, "n"), self.changes.sum));
        }
        for (n, last) in self.changes.last.iter().enumerate() {
            if self.get(0, format!("w{n}").as_str()) != Value::string(last.clone()) {
                return Err(format!("w{n} is not {last}"));
            }
        }
        for n in 0..self.shape.nodes {
            let notified = self.net.notified(n);
            let refused = |notified: &&Notification| {
                matches!(notified, Notification::StateAccessRejected { .. })
            };
            if let Some(refused) = notified.iter().find(refused) {
                return Err(format!("at {n}: {refused:?}"));
            }
        }
        Ok(())
    }
}

fn declarations() -> Declarations {
    let mut declarations = Declarations::new();
    declarations.read(VARIABLES).expect("the declarations are valid");
    declarations
}
