//! The machine: a node with all its peers.

mod batches;
mod clock;
mod commands;
mod connecting;
mod delivery;
mod events;
mod input;
mod links;
mod listening;
mod liveness;
mod logging;
mod logs;
mod peers;
mod policy;
mod polling;
mod print;
mod state;
mod subscribers;
mod terminate;
mod timers;
mod trace;
mod view;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::inbox::Inbox;
use super::outbox::Outbox;
use super::{
    Action, ConnectionId, Depth, EventPeer, NodeConfig, NodeConfigError, Options, PeerConfig,
    PeerCounters, PingStatistics,
};
use crate::connection::{Connection, Role, StateSource};
use crate::data::{Declarations, Name};
use crate::wire::SyncPoint;
use crate::{ConfigErrors, Time};

use self::clock::Clock;
use self::delivery::Delivery;
use self::links::Links;
use self::peers::{PeerKey, Peers};
use self::subscribers::Subscribers;
use self::timers::{Timer, Timers};

pub use commands::NodeError;
pub use events::{RaiseError, Raised};
pub use logs::WriteLogError;
pub use trace::TraceStep;

/// A node: its peers, what it asks of them, and what passes between them.
///
/// It is fed what the world does and polled for what the world must do, as a
/// [`Connection`] is; see the [module](super) for how to drive it.
#[derive(Debug)]
pub struct NodeMachine {
    options: Options,
    nodes: Vec<Entry>,
    declarations: Arc<Declarations>,
    state: StateSource,
    store: Option<state::State>,

    clock: Clock,
    random: u64,
    timers: Timers,

    local: Arc<EventPeer>,
    peers: Peers,
    links: Links,
    subscribers: Subscribers,

    actions: VecDeque<Action>,
    delivery: Delivery,
    /// What waits in all outboxes together.
    outgoing: Depth,
    /// Where the last event that was taken came from.
    event_peer: Arc<EventPeer>,

    listening: listening::Listening,
    ending: terminate::Ending,
    trace: trace::Trace,
    logs: logs::Logs,
}

/// An entry of the nodes table.
#[derive(Debug)]
struct Entry {
    name: Arc<str>,
    node: PeerConfig,
    /// The peer that it applies to, or that it connects to.
    peer: Option<PeerKey>,
}

#[derive(Debug)]
struct Peer {
    who: Arc<EventPeer>,
    role: Role,
    /// Which entry applies: from the start if we connect, else when the peer's VERSION came.
    node: Option<usize>,
    /// The connection that is being made, or not over.
    link: Option<ConnectionId>,
    /// How many connections the transport has, those that are over included.
    sockets: usize,
    /// Whether its connection is established.
    established: bool,
    /// Whether it is Running, as far as what its connection tells was looked at.
    running: bool,
    /// Nothing is processed until the application has made its requests.
    awaiting_setup: bool,
    /// Whether its connection is closed because the node ends, of which Bro logs one line alone.
    ends_with_node: bool,
    /// How many attempts to connect failed in a row.
    failures: u32,
    /// What it had requested when its last connection ended.
    last_requests: Option<BTreeSet<Name>>,
    /// When it was heard of last.
    heard: Time,
    /// Whether it was pinged since.
    pinged: bool,
    /// Whether it was not read, as it had to wait, until after its silence was last looked at.
    was_unread: bool,
    last_error: Option<Box<str>>,
    outbox: Outbox,
    inbox: Inbox,
    /// How far it and we have come in having state in common.
    exchange: state::Exchange,
    /// Whether it is among those who take turns, or blocked.
    has_turn: bool,
    /// Its inbox was full, and is still more than half full.
    must_wait: bool,
    /// The point of its trace that it reached (§2.11).
    point: Option<SyncPoint>,
    /// What is batched for it.
    batches: batches::Batches,
    /// What its answers to our PINGs sum up to.
    pings: Option<Box<PingStatistics>>,
    /// What its earlier connections carried, and what is counted here.
    counters: PeerCounters,
}

impl NodeMachine {
    /// Makes a node; nothing happens before [`start`](Self::start).
    ///
    /// # Errors
    /// All that makes no sense in the configuration.
    pub fn new(configuration: NodeConfig) -> Result<NodeMachine, ConfigErrors<NodeConfigError>> {
        configuration.validate()?;
        let NodeConfig { options, nodes, declarations } = configuration;
        let local = Arc::new(EventPeer::local(options.peer_description.clone()));
        let entry =
            |(name, node): (String, PeerConfig)| Entry { name: name.into(), node, peer: None };
        Ok(NodeMachine {
            nodes: nodes.into_iter().map(entry).collect(),
            options,
            declarations,
            state: StateSource::None,
            store: None,
            clock: Clock::default(),
            random: 0,
            timers: Timers::default(),
            event_peer: Arc::clone(&local),
            local,
            peers: Peers::default(),
            links: Links::default(),
            subscribers: Subscribers::default(),
            actions: VecDeque::new(),
            delivery: Delivery::default(),
            outgoing: Depth::default(),
            listening: listening::Listening::default(),
            ending: terminate::Ending::No,
            trace: trace::Trace::default(),
            logs: logs::Logs::default(),
        })
    }

    /// Says where our state comes from when a peer is to get it (§3.4). Default
    /// [`StateSource::None`].
    pub fn set_state_source(&mut self, state: StateSource) {
        self.state = state;
    }

    /// Begins: listens if the options say so, and connects to every node that says so (part 4 §4).
    ///
    /// `now` is what the runtime is counted from, by which nodes decide who sends its state (§3.3).
    pub fn start(&mut self, now: Time) {
        self.feed_time(now);
        self.clock.start();
        self.timers.set(self.clock.now() + STATISTICS, Timer::Statistics);
        if self.options.listen {
            self.listen();
        }
        for at in 0..self.nodes.len() {
            if self.nodes.get(at).is_some_and(|entry| entry.node.connect) {
                self.connect_entry(at);
            }
        }
    }

    /// Records the time, and does what is due; a time before the last one counts as that.
    pub fn feed_time(&mut self, now: Time) {
        self.clock.feed(now);
        while let Some(timer) = self.timers.pop(self.clock.now()) {
            match timer {
                Timer::Retry(peer) => self.try_connect(peer),
                Timer::Liveness(peer) => self.check_liveness(peer),
                Timer::Batch(peer) => self.batch_due(peer),
                Timer::Secure(link) => self.feed(link, now, Connection::feed_time),
                Timer::Listen => self.bind(),
                Timer::Statistics => self.log_statistics_again(),
                Timer::Terminate => self.terminate_now(),
            }
        }
        self.expire();
    }

    /// Takes a reading of the wall clock, which may have been set, or gone on while the machine was
    /// suspended. It shows in what this node says: times of events and of lines of the log, time
    /// stamps of state, the validity of certificates. Timers heed only the times that are fed.
    ///
    /// Without this the wall clock shows what is fed.
    pub fn feed_wall_clock(&mut self, wall: Time, now: Time) {
        self.clock.feed_wall(wall, now);
        self.feed_store_wall_clock();
    }

    /// Takes a random number, from which the jitter of
    /// [`Backoff`](super::Backoff) is derived. One at the start is enough.
    pub fn feed_random(&mut self, random: u64) {
        self.random = random;
    }

    /// Returns a number in `0.0..1.0` that follows from the last random one.
    fn random(&mut self) -> f64 {
        // SplitMix64: one addition and a mix, and any seed will do.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn connection(&self, peer: PeerKey) -> Option<&Connection> {
        let link = self.peers.get(peer)?.link?;
        self.links.get(link)?.begun()
    }

    fn connection_mut(&mut self, peer: PeerKey) -> Option<&mut Connection> {
        let link = self.peers.get(peer)?.link?;
        self.links.connection_mut(link).filter(|connection| connection.has_begun())
    }

    fn entry(&self, peer: PeerKey) -> Option<&Entry> {
        self.nodes.get(self.peers.get(peer)?.node?)
    }

    /// Records that the transport of a peer may have something to do.
    fn touch_peer(&mut self, peer: PeerKey) {
        if let Some(link) = self.peers.get(peer).and_then(|peer| peer.link) {
            self.links.touch(link);
        }
    }
}

/// How often it is logged what passed (part 4 §5).
const STATISTICS: std::time::Duration = std::time::Duration::from_secs(60);
