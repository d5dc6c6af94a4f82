//! A simulator: nodes on a network that is not there, in a time that is not there, from a seed.
//!
//! A seed gives a [`Scenario`](scenario::Scenario): nodes, who connects to whom, what their
//! applications raise when, and what goes wrong. [`Simulation`] carries it out, event by event, and
//! checks all along what has to hold whatever happens:
//!
//! * An event comes at most once to an application per path, and in a tree, where there is but one
//!   path between any two nodes, at most once at all; never back to where it was raised.
//! * What a node raised for a peer that is Running comes, unless that very connection is lost or a
//!   policy drops it, in order and without gaps; and what was raised while the peer was away, if its
//!   entry says to keep it, within the bound.
//! * Of the two ends of a connection that synchronizes one is the sender of state.
//! * Queues keep within their bounds; what is dropped is counted and logged.
//! * Once nothing goes wrong any more, every connection is Running at both ends, or over; and the
//!   application is told the end of each.
//! * Peers are connected and pending when connections are and are tried; nothing is tried again that
//!   the node itself closed, and after a failed attempt exactly when the entry says.
//! * Time-outs lie ahead; no call makes endless work.
//! * After `Terminated` nothing happens; and when all peers are gone nothing of them is left.
#![allow(unreachable_pub, reason = "shared by tests, each a crate of its own")]

mod host;
mod link;
mod network;
mod oracle;
mod random;
mod scenario;
mod told;
mod transcript;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use brocomm::connection::Phase;
use brocomm::node::{Communication, ConnectionId, Endpoint, ListenTarget, Overflow, PeerId};

use host::Host;
use link::Link;
use oracle::Stream;
use random::Random;
use scenario::{CHAOS, Planned, Scenario};
pub use transcript::Detail;
use transcript::Transcript;

/// Nanoseconds since the beginning.
pub type Nanos = u64;

pub const MS: Nanos = 1_000_000;
pub const SECOND: Nanos = 1000 * MS;

/// Names a node in one of its lives.
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
    /// A slow application looks for notifications.
    Application(Who),
    /// Something arrives at one side of a connection.
    Arrive(usize, usize),
    /// A side may read or write again.
    Ready(usize, usize),
    /// A side finds that the other has vanished.
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
    links: Vec<Link>,
    /// The connections that nodes have a socket for.
    ends: BTreeMap<(Who, ConnectionId), (usize, usize)>,
    /// The attempts to connect, with the peer, and the connection if the other side has it already.
    attempts: BTreeMap<(Who, ConnectionId), (PeerId, Option<usize>)>,
    streams: BTreeMap<(Who, PeerId), Stream>,
    /// Events that came over a connection when there was a later one between the same nodes.
    late: BTreeSet<oracle::What>,
    faults: u64,
    heavy: bool,
    is_tree: bool,
    closes_at_once: bool,
    random: Random,
    transcript: Rc<RefCell<Transcript>>,
}

/// Runs the scenario of a seed; returns the hash of all that happened, or what was wrong.
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
            links: Vec::new(),
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
        self.note(format_args!("nothing goes wrong any more"));
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
            // The last one sees all its peers go.
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
            assert!(self.count < 200_000, "there is no end");
            self.happen(happening);
        }
        self.now = end;
    }

    /// Returns the host of a node, if it is in the same life.
    fn alive(&self, who: Who) -> bool {
        let host = &self.hosts[who.node];
        host.who == who && host.node.is_some()
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Start(node) => self.start(node),
            Happening::Timer(who) if self.alive(who) => self.wake(who.node),
            Happening::Application(who) if self.alive(who) => self.look(who.node),
            Happening::Arrive(link, side) => self.arrive(link, side),
            Happening::Ready(link, side) => {
                self.service(link, side);
                self.work(self.links[link].sides[side].who);
            }
            Happening::Expire(link, side) => {
                self.links[link].sides[side].reset = Some("connection timed out");
                self.service(link, side);
                self.work(self.links[link].sides[side].who);
            }
            Happening::ConnectArrives(who, id, to) => self.connect_arrives(who, id, &to),
            Happening::Connected(who, id, link) => self.connected(who, id, link),
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

    fn start(&mut self, n: usize) {
        let host = &mut self.hosts[n];
        let node = Communication::new(host.plan.configuration.clone());
        let mut node = node.expect("the configuration is right");
        node.feed_random(self.random.next());
        node.start(host.time(self.now));
        host.node = Some(node);
        let who = host.who;
        self.note(format_args!("{who:?} starts"));
        if let Some(period) = self.hosts[n].period {
            self.at(self.now + period, Happening::Application(who));
        }
        self.work(who);
    }

    fn wake(&mut self, n: usize) {
        let host = &mut self.hosts[n];
        if host.timer != Some(self.now) {
            return;
        }
        host.timer = None;
        let now = host.time(self.now);
        host.node().feed_time(now);
        let next = host.node().next_timeout();
        assert!(next.is_none_or(|next| next > now), "{next:?} is not after {now:?}");
        let who = host.who;
        self.work(who);
    }

    /// A slow application looks for a few notifications, and again later.
    fn look(&mut self, n: usize) {
        let who = self.hosts[n].who;
        for _ in 0..self.hosts[n].plan.batch {
            if !self.take_notification(n) {
                break;
            }
        }
        self.raise_pending(n);
        self.work(who);
        if let Some(period) = self.hosts[n].period.filter(|_| self.alive(who)) {
            self.at(self.now + period, Happening::Application(who));
        }
    }

    /// Does all that a node wants done, and makes sure that it is woken up in time.
    fn work(&mut self, who: Who) {
        if !self.alive(who) {
            return;
        }
        let n = who.node;
        for round in 0.. {
            assert!(round < 1000, "{who:?} does not come to rest");
            let mut moved = false;
            while let Some(action) = self.hosts[n].node().poll_action() {
                moved = true;
                self.act(n, action);
            }
            while let Some(id) = self.hosts[n].node().poll_connection() {
                moved = true;
                if let Some((link, side)) = self.ends.get(&(who, id)).copied() {
                    self.service(link, side);
                }
            }
            self.note_runs(who);
            if self.hosts[n].period.is_none() {
                while self.take_notification(n) {
                    moved = true;
                }
                moved |= self.raise_pending(n);
            }
            if !self.alive(who) {
                return;
            }
            if !moved {
                break;
            }
        }
        self.inspect(n);
        let host = &mut self.hosts[n];
        let next = host.node().next_timeout();
        assert!(!host.done || next.is_none(), "{who:?} has ended and still waits");
        if let Some(next) = next {
            let at = host.true_time(next).max(self.now);
            if host.timer != Some(at) {
                host.timer = Some(at);
                self.at(at, Happening::Timer(who));
            }
        }
    }

    /// Takes note of connections that came as far as Running.
    fn note_runs(&mut self, who: Who) {
        let Simulation { hosts, links, streams, .. } = self;
        let host = &hosts[who.node];
        let Some(node) = &host.node else { return };
        for (peer, (link, side)) in &host.latest {
            let side = &mut links[*link].sides[*side];
            let Some(connection) = node.connection_to(*peer).filter(|_| side.run == 0) else {
                continue;
            };
            if connection.phase() == Phase::Running && side.open {
                let stream = streams.entry((who, *peer)).or_default();
                stream.runs += 1;
                side.run = stream.runs;
                side.requests = connection.peer_events().iter().map(|name| name.to_vec()).collect();
            }
        }
    }

    fn planned(&mut self, planned: Planned) {
        self.note(format_args!("{planned:?}"));
        match planned {
            Planned::Raise { node, name, size } => self.raise_later(node, name, size),
            Planned::Crash { node, back } => self.crash(node, back),
            Planned::Restart { node, back } => {
                let host = &mut self.hosts[node];
                if host.returns.is_none() && host.node.is_some() {
                    host.returns = Some(back);
                    let now = host.time(self.now);
                    host.node().terminate_communication(now);
                    let who = host.who;
                    self.work(who);
                }
            }
            Planned::Disconnect { node } => self.disconnect(node),
            Planned::StopListening { node, back } => {
                let who = self.hosts[node].who;
                if self.alive(who) && self.hosts[node].plan.configuration.options.listen {
                    self.hosts[node].node().stop_listening();
                    self.work(who);
                    self.at(self.now + back, Happening::Listen(who));
                }
            }
        }
    }

    fn raise_later(&mut self, n: usize, name: usize, size: usize) {
        let who = self.hosts[n].who;
        if self.alive(who) {
            self.hosts[n].pending.push_back((name, size));
            self.raise_pending(n);
            self.work(who);
        }
    }

    fn disconnect(&mut self, n: usize) {
        let host = &mut self.hosts[n];
        let (now, who) = (host.time(self.now), host.who);
        let Some(node) = &mut host.node else { return };
        let peers: Vec<PeerId> = node.peers().map(|peer| peer.id).collect();
        if peers.is_empty() {
            return;
        }
        let peer = peers[self.random.below(peers.len())];
        if node.disconnect(peer, now).is_ok() {
            host.left.insert(peer);
            host.failed.remove(&peer);
        }
        self.work(who);
    }

    fn heal(&mut self) {
        self.faults = 0;
        for link in 0..self.links.len() {
            self.links[link].cut = None;
            for side in 0..2 {
                self.links[link].sides[side].stalled_until = 0;
                self.at(self.now, Happening::Ready(link, side));
            }
        }
        for n in 0..self.hosts.len() {
            self.hosts[n].period = None;
            let who = self.hosts[n].who;
            self.work(who);
        }
    }

    /// Checks what must hold when nothing has gone wrong for a while.
    fn check_quiet(&mut self) {
        for (number, link) in self.links.iter().enumerate() {
            let open = link.sides.iter().filter(|side| side.open).count();
            assert!(open != 1, "one end of connection {number} is open");
            if open == 0 {
                continue;
            }
            for side in 0..2 {
                let Who { node, .. } = link.sides[side].who;
                assert!(link.sides[side].run > 0, "connection {number} is not Running at {node}");
                let (sender, receiver) = (&link.sides[1 - side], &link.sides[side]);
                let Some(stream) = self.streams.get(&(sender.who, sender.peer)) else { continue };
                let excuses = self.excuses(number, side);
                if let Err(wrong) = stream.complete(&excuses) {
                    panic!("connection {number} to {node}: {wrong}");
                }
                let (from, to) = (&self.hosts[sender.who.node], &self.hosts[receiver.who.node]);
                let outgoing = dropped(from, sender.peer).1;
                let incoming = dropped(to, receiver.peer).0;
                let missing = stream.missing().filter(|_| !excuses.deaf);
                let only = self.is_only(sender) && self.is_only(receiver);
                if let Some(missing) = missing.filter(|_| only) {
                    let counted = outgoing + incoming;
                    assert_eq!(missing as u64, counted, "missing, and counted as dropped");
                }
            }
            let roles = [link.sides[0].sync, link.sides[1].sync];
            assert_eq!(roles[0].map(|role| role.other()), roles[1], "in Sync both are senders");
        }
        for host in &self.hosts {
            let Some(node) = &host.node else { continue };
            let entries: Vec<PeerId> = node.connected_peers().map(|(peer, _)| peer).collect();
            for (peer, (link, side)) in &host.latest {
                let open = self.links[*link].sides[*side].open;
                let unlisted = peer.0 >= 10_000;
                assert!(entries.contains(peer) == open || unlisted && open, "{peer} is {open}");
            }
            for peer in node.peers() {
                let (incoming, outgoing) = dropped(host, peer.id);
                let options = node.options();
                let disconnects = [options.incoming.overflow, options.outgoing.overflow]
                    .contains(&Overflow::Disconnect);
                let logged = host.drops.get(&peer.id).copied().unwrap_or_default();
                assert!(
                    disconnects || logged == incoming + outgoing,
                    "{logged} drops logged for {}, {incoming} and {outgoing} counted",
                    peer.id
                );
                let counters = node.counters(peer.id).unwrap_or_default();
                assert_eq!(counters.incoming.events, 0, "the application has taken all");
            }
            assert!(host.pending.is_empty(), "{:?} can not raise", host.who);
        }
    }

    /// Tells whether there never was another connection to the peer of this one.
    fn is_only(&self, side: &link::Side) -> bool {
        let sides = self.links.iter().flat_map(|link| &link.sides);
        sides.filter(|other| (other.who, other.peer) == (side.who, side.peer)).count() == 1
    }

    /// Checks that a node that has seen all its peers go has forgotten them.
    fn check_nothing_is_left(&self) {
        let host = &self.hosts[0];
        let Some(node) = host.node.as_ref().filter(|_| !host.done) else { return };
        assert_eq!(node.connected_peers().count(), 0);
        assert!(node.peers().all(|peer| peer.id.0 < 10_000), "a peer is left that is gone");
        let inside = format!("{node:?}");
        let connecting = self.attempts.keys().filter(|(who, _)| *who == host.who).count();
        assert!(connecting > 0 || inside.contains(" links: {}"), "connections are left");
        assert!(inside.contains(" subscribers: {}"), "subscribers are left");
        assert!(inside.contains(" blocked: {}"), "peers are blocked by nobody");
        assert!(host.history.values().all(|links| links.is_empty()), "an end was not told");
    }
}

fn dropped(host: &Host, peer: PeerId) -> (u64, u64) {
    let counters = host.node.as_ref().and_then(|node| node.counters(peer)).unwrap_or_default();
    (counters.dropped_incoming, counters.dropped_outgoing)
}
