//! A node with its application.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use brocomm::Time;
use brocomm::data::{Event, Value};
use brocomm::node::Phase;
use brocomm::node::{NodeMachine, Overflow, PeerId, PeerState};

use super::oracle::{Seen, What};
use super::scenario::{NAMES, Plan};
use super::{Nanos, Who};

/// The time of the nodes' clocks at the start, without their skew.
const EPOCH: Nanos = 1_500_000_000_000_000_000;

/// The node's estimate of the size of the largest event in a queue.
const EVENT: usize = 25_000;

/// The number of notifications by which one connection may exceed the bound.
const BACKLOG: usize = 64;

pub struct Host {
    pub who: Who,
    /// `None` while the node is down.
    pub node: Option<NodeMachine>,
    pub plan: Plan,
    /// The interval at which the application reads notifications; `None` for immediately.
    pub period: Option<Nanos>,
    pub listens: bool,
    /// Incremented when the node stops listening or restarts, so that earlier results are ignored.
    pub listen_epoch: u32,
    /// When the timer wakes it.
    pub timer: Option<Nanos>,
    /// Whether the node has terminated.
    pub done: bool,
    /// The time after termination at which it starts again.
    pub returns: Option<Nanos>,
    /// Events that could not be raised yet, by name and size.
    pub pending: VecDeque<(usize, usize)>,
    next_event: u64,
    /// The connections of each peer whose end the application has not been notified of.
    pub history: BTreeMap<PeerId, VecDeque<(usize, usize)>>,
    pub latest: BTreeMap<PeerId, (usize, usize)>,
    pub seen: Seen,
    /// The number of log lines about dropped events.
    pub drops: BTreeMap<PeerId, u64>,
    /// Peers that the node must not connect to again.
    pub left: BTreeSet<PeerId>,
    /// The time of the last failed attempt to connect.
    pub failed: BTreeMap<PeerId, Nanos>,
}

impl Host {
    pub fn new(who: Who, plan: Plan) -> Host {
        Host {
            who,
            node: None,
            period: plan.period,
            plan,
            listens: false,
            listen_epoch: 0,
            timer: None,
            done: false,
            returns: None,
            pending: VecDeque::new(),
            next_event: 0,
            history: BTreeMap::new(),
            latest: BTreeMap::new(),
            seen: Seen::default(),
            drops: BTreeMap::new(),
            left: BTreeSet::new(),
            failed: BTreeMap::new(),
        }
    }

    /// Resets everything, like a new process in its place.
    pub fn renew(&mut self, serial: usize) {
        let who = Who { serial, ..self.who };
        let period = self.period;
        let plan = Plan { configuration: self.plan.configuration.clone(), ..self.plan };
        *self = Host { period, listen_epoch: self.listen_epoch + 1, ..Host::new(who, plan) };
    }

    pub fn node(&mut self) -> &mut NodeMachine {
        self.node.as_mut().expect("the node is up")
    }

    pub fn time(&self, now: Nanos) -> Time {
        Time::from_nanos(EPOCH + self.plan.skew + now)
    }

    /// Converts the time of the node's clock to true time.
    pub fn true_time(&self, time: Time) -> Nanos {
        time.as_nanos().saturating_sub(EPOCH + self.plan.skew)
    }

    pub fn event(&mut self, name: usize, size: usize) -> (Event, What) {
        self.next_event += 1;
        let what = (self.who.serial, self.next_event);
        let text = Value::string("x".repeat(size));
        let origin = Value::Count(self.who.serial as u64);
        (Event::new(NAMES[name], vec![origin, Value::Count(self.next_event), text]), what)
    }

    /// Undoes [`event`](Self::event) for an event that the node rejected.
    pub fn take_back(&mut self) {
        self.next_event -= 1;
    }

    /// Returns the peers that should receive an event, and whether that is certain. It is not if
    /// the node has unprocessed input from the peer, because its queue is full.
    pub fn targets(&self, name: &[u8]) -> Vec<(PeerId, bool)> {
        let Some(node) = &self.node else { return Vec::new() };
        let target = |peer: PeerId| {
            let connection = node.connection_to(peer)?;
            let wants = connection.phase() == Phase::Running && connection.is_event_requested(name);
            wants.then(|| (peer, connection.waiting_notifications() == 0))
        };
        node.peers().filter_map(|peer| target(peer.id)).collect()
    }

    /// Returns how many events are kept for a peer while it is away; 0 if none are.
    pub fn keeps(&self, peer: PeerId) -> usize {
        let Some(node) = &self.node else { return 0 };
        let Some(peer) = node.peer(peer).filter(|peer| peer.id.0 < 10_000) else { return 0 };
        let mut nodes = node.nodes().map(|(_, node)| node);
        let entry = nodes.find(|entry| entry.connect && entry.host == peer.endpoint.host);
        entry.and_then(|entry| entry.store_and_forward).map_or(0, |bound| bound.events)
    }

    /// Returns the disconnected peers for which events are kept.
    pub fn kept_for(&self) -> Vec<PeerId> {
        let Some(node) = &self.node else { return Vec::new() };
        let kept = |id: &PeerId| {
            let state = node.peer_state(*id);
            self.keeps(*id) > 0
                && !matches!(
                    state,
                    None | Some(PeerState::Gone | PeerState::Connected(Phase::Running))
                )
        };
        node.peers().map(|peer| peer.id).filter(kept).collect()
    }

    /// Checks that no queue exceeds its bound.
    pub fn check_bounds(&self) -> Result<(), String> {
        let Some(node) = &self.node else { return Ok(()) };
        let options = node.options();
        let blocks = options.incoming.overflow == Overflow::Block;
        let slack = if blocks { BACKLOG } else { 0 };
        let (mut sent, mut received, mut peers, mut kept) = (0, 0, 0, 0);
        for peer in node.peers() {
            let Some(counters) = node.counters(peer.id) else { continue };
            let keeps = self.keeps(peer.id);
            let (out, into) = (counters.outgoing, counters.incoming);
            let bound = options.outgoing.bound;
            if out.events > bound.events.max(keeps) {
                return Err(format!("{} events wait for {}", out.events, peer.id));
            }
            if keeps == 0 && out.bytes > bound.bytes + EVENT {
                return Err(format!("{} bytes wait for {}", out.bytes, peer.id));
            }
            let bound = options.incoming.bound;
            if into.events > bound.events + slack {
                return Err(format!("{} events of {} wait", into.events, peer.id));
            }
            if into.bytes > bound.bytes + EVENT * (1 + slack) {
                return Err(format!("{} bytes of {} wait", into.bytes, peer.id));
            }
            sent += out.events;
            received += into.events;
            peers += 1;
            kept += keeps;
        }
        // An event for several peers is accepted for all of them or for none, and each peer may
        // always have one.
        if sent > options.outgoing_total.events + peers + kept {
            return Err(format!("{sent} events wait for all peers"));
        }
        if received > options.incoming_total.events + slack * peers {
            return Err(format!("{received} events of all peers wait"));
        }
        Ok(())
    }
}
