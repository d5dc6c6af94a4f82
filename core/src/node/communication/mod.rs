//! The state machine of a node with all its peers.

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

/// The sans-IO state machine of a node with its peers.
///
/// The caller feeds it input and polls it for actions, as for a [`Connection`]; see the
/// [module](super) for how to drive it.
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
    /// The total depth of all outboxes.
    outgoing: Depth,
    /// The origin of the last event taken.
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
    /// The peer to which it applies or connects.
    peer: Option<PeerKey>,
}

#[derive(Debug)]
struct Peer {
    who: Arc<EventPeer>,
    role: Role,
    /// The entry that applies: known from the start for peers that we connect to, otherwise from
    /// the peer's VERSION.
    node: Option<usize>,
    /// The connection that is open or being established.
    link: Option<ConnectionId>,
    /// The number of transport connections, including closed ones.
    sockets: usize,
    /// Whether its connection is established.
    established: bool,
    /// Whether it is in phase Running, according to the processed notifications.
    running: bool,
    /// Whether input waits for the application's requests.
    awaiting_setup: bool,
    /// Whether its connection is closed because the node terminates, for which Bro logs only one
    /// line.
    ends_with_node: bool,
    /// The number of consecutive failed attempts to connect.
    failures: u32,
    /// Its requests at the end of its last connection.
    last_requests: Option<BTreeSet<Name>>,
    /// The time of its last input.
    heard: Time,
    /// Whether it was pinged since.
    pinged: bool,
    /// Whether reading was suspended since its silence was last checked.
    was_unread: bool,
    last_error: Option<Box<str>>,
    outbox: Outbox,
    inbox: Inbox,
    /// The progress of state synchronisation with it.
    exchange: state::Exchange,
    /// Whether it is in the queue of turns or blocked.
    has_turn: bool,
    /// Whether its inbox was full and is still more than half full.
    must_wait: bool,
    /// The point of its trace that it reached (§2.11).
    point: Option<SyncPoint>,
    /// Its batches.
    batches: batches::Batches,
    /// The statistics of its answers to our PINGs.
    pings: Option<Box<PingStatistics>>,
    /// The counters of its earlier connections, and those kept here.
    counters: PeerCounters,
}

impl NodeMachine {
    /// Creates a node, which is inactive until [`start`](Self::start).
    ///
    /// # Errors
    /// Returns all errors in the configuration.
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

    /// Sets the source of our state for peers (§3.4). Default: [`StateSource::None`].
    pub fn set_state_source(&mut self, state: StateSource) {
        self.state = state;
    }

    /// Starts the node: listens if the options require it, and connects to every node with
    /// `connect` (part 4 §4).
    ///
    /// The runtime, by which nodes decide which of them sends its state, is counted from `now`
    /// (§3.3).
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

    /// Records the time and handles due timers; a time before the last one is treated as the last
    /// one.
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

    /// Records a reading of the wall clock, which may have been set, or advanced while the computer
    /// was suspended. It determines the times of events and log lines, time stamps of state, and
    /// the validity of certificates. Timers use only the fed times.
    ///
    /// Without this, the fed times are used as the wall clock.
    pub fn feed_wall_clock(&mut self, wall: Time, now: Time) {
        self.clock.feed_wall(wall, now);
        self.feed_store_wall_clock();
    }

    /// Seeds the random jitter of [`Backoff`](super::Backoff). Once at the start is enough.
    pub fn feed_random(&mut self, random: u64) {
        self.random = random;
    }

    /// Returns the next pseudo-random number in `0.0..1.0`.
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

    /// Records that the transport may have work for a peer.
    fn touch_peer(&mut self, peer: PeerKey) {
        if let Some(link) = self.peers.get(peer).and_then(|peer| peer.link) {
            self.links.touch(link);
        }
    }
}

/// The interval of logged statistics (part 4 §5).
const STATISTICS: std::time::Duration = std::time::Duration::from_secs(60);
