//! A node with its application.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use brocomm::Time;
use brocomm::data::{Event, Value};
use brocomm::node::Phase;
use brocomm::node::{NodeMachine, Overflow, PeerId, PeerState};

use super::oracle::{Seen, What};
use super::scenario::{NAMES, Plan};
use super::{Nanos, Who};

/// What the nodes' clocks show at the beginning, apart from what they are ahead.
const EPOCH: Nanos = 1_500_000_000_000_000_000;

/// The greatest size of an event in a queue, as the node estimates it.
const EVENT: usize = 25_000;

/// How much of one connection can be read at the end beyond the bound, in notifications.
const BACKLOG: usize = 64;

pub struct Host {
    pub who: Who,
    /// None while it is down.
    pub node: Option<NodeMachine>,
    pub plan: Plan,
    /// How often the application looks for notifications; `None` for at once.
    pub period: Option<Nanos>,
    pub listens: bool,
    /// Counts what was told of listening, so that answers to what was asked before don't count.
    pub listen_epoch: u32,
    /// For when it is woken up.
    pub timer: Option<Nanos>,
    /// Whether the node has terminated.
    pub done: bool,
    /// After how long it comes back when it has ended.
    pub returns: Option<Nanos>,
    /// Events that could not be raised yet, by name and size.
    pub pending: VecDeque<(usize, usize)>,
    next_event: u64,
    /// The connections of each peer that the application has not seen the end of.
    pub history: BTreeMap<PeerId, VecDeque<(usize, usize)>>,
    pub latest: BTreeMap<PeerId, (usize, usize)>,
    pub seen: Seen,
    /// How often the log says that an event was dropped.
    pub drops: BTreeMap<PeerId, u64>,
    /// Peers that must not be connected to again.
    pub left: BTreeSet<PeerId>,
    /// When an attempt to connect failed last.
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

    /// Forgets everything, as another process at the same place.
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

    /// Returns the true time of what the node's clock shows.
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

    /// Takes back an event that was refused.
    pub fn take_back(&mut self) {
        self.next_event -= 1;
    }

    /// Returns the peers that are to get an event, and whether that is certain: a node looks at
    /// what comes only as far as there is room for it.
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

    /// Returns the peers that are away, for which what is raised is kept.
    pub fn keepers(&self) -> Vec<PeerId> {
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

    /// Checks that no queue holds more than it may.
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
        // An event that goes to several peers is accepted for each of them or none, and each may
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
