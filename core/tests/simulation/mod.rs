//! A simulator of nodes on a simulated network with simulated time, derived from a seed.
//!
//! A seed gives a [`Scenario`](scenario::Scenario): nodes, connections, the events that the
//! applications raise, and failures. [`Simulation`] runs it step by step and checks these
//! invariants:
//!
//! * An application receives each event at most once per path, and never one that it raised. In a
//!   tree, where there is only one path between two nodes, it receives each event at most once.
//! * An event for a peer in Running arrives, in order and without gaps, unless that connection is
//!   lost or a policy drops it. The same holds for events raised while the peer is disconnected, if
//!   its entry says to keep them, within the bound.
//! * If the two ends of a connection synchronize, exactly one of them sends its state.
//! * Queues stay within their bounds. Dropped events are counted and logged.
//! * Once failures have ended, every connection is Running at both ends, or closed. The application
//!   is notified of the end of each.
//! * The lists of connected and pending peers match the connections and attempts. A node does not
//!   retry a connection that it closed itself. After a failed attempt it retries exactly when the
//!   entry says.
//! * Timeouts are in the future, and no call causes endless work.
//! * After `Terminated` nothing happens, and nothing is kept about disconnected peers.
#![allow(unreachable_pub, reason = "shared by several tests")]

mod checks;
mod host;
mod network;
mod notified;
mod oracle;
mod planned;
pub(crate) mod random;
mod scenario;
mod tcp;
mod transcript;
mod work;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use brocomm::node::{ConnectionId, Endpoint, ListenTarget, PeerId};

use host::Host;
use oracle::Stream;
use random::Random;
use scenario::{CHAOS, Planned, Scenario};
use tcp::TcpConnection;
pub use transcript::Detail;
use transcript::Transcript;

/// Nanoseconds since the start.
pub type Nanos = u64;

pub const MS: Nanos = 1_000_000;
pub const SECOND: Nanos = 1000 * MS;

/// Identifies a node between two restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Who {
    pub node: usize,
    pub serial: usize,
}

pub fn address(node: usize) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, node as u8 + 1).into()
}

#[derive(Debug)]
enum Happening {
    Start(usize),
    Timer(Who),
    /// A slow application reads notifications.
    Application(Who),
    /// Data arrives at one side of a connection.
    Arrive(usize, usize),
    /// A side may read or write again.
    Ready(usize, usize),
    /// A side detects that the other has vanished.
    Expire(usize, usize),
    ConnectArrives(Who, ConnectionId, Endpoint),
    Connected(Who, ConnectionId, usize),
    ConnectFails(Who, ConnectionId, &'static str),
    Listens(Who, u32, ListenTarget),
    Listen(Who),
    Planned(Planned),
}

pub struct Simulation {
    now: Nanos,
    count: u64,
    queue: BTreeMap<(Nanos, u64), Happening>,
    hosts: Vec<Host>,
    serials: usize,
    connections: Vec<TcpConnection>,
    /// The connections for which nodes have a socket.
    ends: BTreeMap<(Who, ConnectionId), (usize, usize)>,
    /// The attempts to connect, with the peer, and the connection once the other side accepted it.
    attempts: BTreeMap<(Who, ConnectionId), (PeerId, Option<usize>)>,
    streams: BTreeMap<(Who, PeerId), Stream>,
    /// Events that arrived over a connection when there was a later one between the same nodes.
    late: BTreeSet<oracle::What>,
    faults: u64,
    heavy: bool,
    is_tree: bool,
    closes_at_once: bool,
    random: Random,
    transcript: Rc<RefCell<Transcript>>,
}

/// Runs the scenario of a seed; returns the hash of the run, or the failure.
pub fn run(seed: u64, detail: Detail) -> Result<u64, String> {
    let transcript = Rc::new(RefCell::new(Transcript::new(detail)));
    let shared = Rc::clone(&transcript);
    let run = catch_unwind(AssertUnwindSafe(move || Simulation::new(seed, shared).run()));
    let transcript = transcript.borrow();
    match run {
        Ok(()) => Ok(transcript.hash()),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("?");
            Err(format!("{}seed {seed}: {text}", transcript.lines))
        }
    }
}

impl Simulation {
    fn new(seed: u64, transcript: Rc<RefCell<Transcript>>) -> Simulation {
        let mut random = Random::new(seed);
        let scenario = Scenario::new(&mut random);
        let Scenario { plans, faults, heavy, is_tree, closes_at_once, happenings } = scenario;
        let host = |(node, plan)| {
            let plan: scenario::Plan = plan;
            let line = format_args!("node {node}: {:?}", plan.configuration.options).to_string();
            transcript.borrow_mut().note(0, format_args!("{line}"));
            for (name, entry) in &plan.configuration.nodes {
                transcript.borrow_mut().note(0, format_args!("node {node}: {name}: {entry:?}"));
            }
            Host::new(Who { node, serial: node }, plan)
        };
        let hosts: Vec<Host> = plans.into_iter().enumerate().map(host).collect();
        let mut simulation = Simulation {
            now: 0,
            count: 0,
            queue: BTreeMap::new(),
            serials: hosts.len(),
            hosts,
            connections: Vec::new(),
            ends: BTreeMap::new(),
            attempts: BTreeMap::new(),
            streams: BTreeMap::new(),
            late: BTreeSet::new(),
            faults,
            heavy,
            is_tree,
            closes_at_once,
            random,
            transcript,
        };
        for node in 0..simulation.hosts.len() {
            let at = simulation.random.range(0, 1500) * MS;
            simulation.at(at, Happening::Start(node));
        }
        for (at, planned) in happenings {
            simulation.at(at, Happening::Planned(planned));
        }
        simulation
    }

    fn run(mut self) {
        self.run_until(CHAOS);
        self.note(format_args!("failures have ended"));
        self.heal();
        self.run_until(CHAOS + 26 * SECOND);
        for node in 0..self.hosts.len() {
            self.raise_later(node, node % scenario::NAMES.len(), 5);
        }
        self.run_until(CHAOS + 30 * SECOND);
        self.check_quiet();
        for node in 0..self.hosts.len() {
            let end = Planned::Restart { node, back: Nanos::MAX };
            let at = self.now + self.random.range(0, 2 * SECOND);
            // The last node stays until all its peers have disconnected.
            let at = if node == 0 { at + 9 * SECOND } else { at };
            self.at(at, Happening::Planned(end));
        }
        self.run_until(CHAOS + 38 * SECOND);
        self.check_nothing_is_left();
        self.run_until(CHAOS + 48 * SECOND);
        for host in &self.hosts {
            assert!(host.done, "{:?} has not ended", host.who);
        }
    }

    fn note(&self, line: std::fmt::Arguments<'_>) {
        self.transcript.borrow_mut().note(self.now, line);
    }

    fn at(&mut self, at: Nanos, happening: Happening) {
        self.count += 1;
        self.queue.insert((at, self.count), happening);
    }

    fn run_until(&mut self, end: Nanos) {
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= end) {
            let ((at, _), happening) = entry.remove_entry();
            self.now = at;
            assert!(self.count < 200_000, "the run does not end");
            self.happen(happening);
        }
        self.now = end;
    }

    /// Returns the host of a node if it has not restarted since.
    fn alive(&self, who: Who) -> bool {
        let host = &self.hosts[who.node];
        host.who == who && host.node.is_some()
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Start(node) => self.start(node),
            Happening::Timer(who) if self.alive(who) => self.wake(who.node),
            Happening::Application(who) if self.alive(who) => self.look(who.node),
            Happening::Arrive(tcp, side) => self.arrive(tcp, side),
            Happening::Ready(tcp, side) => {
                self.service(tcp, side);
                self.work(self.connections[tcp].sides[side].who);
            }
            Happening::Expire(tcp, side) => {
                self.connections[tcp].sides[side].reset = Some("connection timed out");
                self.service(tcp, side);
                self.work(self.connections[tcp].sides[side].who);
            }
            Happening::ConnectArrives(who, id, to) => self.connect_arrives(who, id, &to),
            Happening::Connected(who, id, tcp) => self.connected(who, id, tcp),
            Happening::ConnectFails(who, id, reason) => self.connect_fails(who, id, reason),
            Happening::Listens(who, epoch, target) if self.alive(who) => {
                self.listens(who, epoch, target);
            }
            Happening::Listen(who) if self.alive(who) => {
                self.hosts[who.node].node().listen();
                self.work(who);
            }
            Happening::Planned(planned) => self.planned(planned),
            Happening::Timer(_)
            | Happening::Application(_)
            | Happening::Listens(..)
            | Happening::Listen(_) => {}
        }
    }
}
