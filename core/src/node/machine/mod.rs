//! The state machine of a node with all its peers.
//!
//! [`NodeMachine`] consists of parts. Each part owns its fields and receives data of other parts
//! as arguments:
//!
//! | part | owns |
//! | --- | --- |
//! | [`Settings`] | options, nodes table, declarations, the node's own description |
//! | [`Clock`] | the fed times, timers |
//! | [`Retries`] | the random number from which retry delays are derived |
//! | [`Peers`] | each [`Peer`] with its queues, state exchange, counters; their numbers |
//! | [`Transport`] | connections, listening sockets, actions for the transport |
//! | [`Sending`] | the receivers of each event, the total depth of all send queues and its bounds |
//! | [`Delivery`] | the turns of peers, the total depth of all receive queues and its bounds |
//! | [`State`] | synchronized variables |
//! | [`Logs`] | log streams and their receivers |
//! | [`Trace`] | the position in our trace |
//! | [`Ending`] | the progress of termination |
//!
//! The machine itself calls the parts and logs their results. Handling a connection's notifications
//! (`policy`), commands (`commands`), connecting and terminating concern nearly all parts, so they
//! are methods of the machine.

pub(super) mod batches;
mod clock;
mod commands;
mod connecting;
mod delivery;
mod driving;
mod events;
mod logs;
mod peers;
mod policy;
mod sending;
mod state;
mod transport;

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use self::clock::{Clock, Timer, Trace};
use self::commands::Ending;
use self::connecting::Retries;
use self::delivery::{Delivery, logged};
use self::logs::Logs;
use self::peers::{Peer, PeerKey, Peers};
use self::sending::Sending;
use self::state::State;
use self::transport::Transport;
use super::log::CommLogLine;
use super::{
    Endpoint, EventPattern, EventPeer, NodeConfig, NodeConfigError, Notification, Options,
    PeerConfig,
};
use crate::connection::{Connection, ConnectionConfig, Handshake, Role, StateSource, Undeclared};
use crate::data::{Declarations, Name};
use crate::wire::{Caps, DataFormat};
use crate::{ConfigErrors, Time};

pub use clock::TraceStep;
pub use commands::NodeError;
pub(crate) use events::FanOut;
pub use events::{RaiseError, Raised};
pub use logs::WriteLogError;

/// The sans-IO state machine of a node with its peers.
///
/// The caller feeds it input and polls it for actions, as for a [`Connection`]; see the
/// [module](super) for how to drive it.
#[derive(Debug)]
pub struct NodeMachine {
    settings: Settings,
    clock: Clock,
    retries: Retries,
    peers: Peers,
    transport: Transport,
    sending: Sending,
    delivery: Delivery,
    state: State,
    logs: Logs,
    trace: Trace,
    ending: Ending,
}

impl NodeMachine {
    /// Creates a node, which is inactive until [`start`](Self::start).
    ///
    /// # Errors
    /// Returns all errors in the configuration.
    pub fn new(configuration: NodeConfig) -> Result<NodeMachine, ConfigErrors<NodeConfigError>> {
        let settings = Settings::new(configuration)?;
        Ok(NodeMachine {
            clock: Clock::default(),
            retries: Retries::default(),
            peers: Peers::default(),
            transport: Transport::default(),
            sending: Sending::new(&settings.options),
            delivery: Delivery::new(&settings.options),
            state: State::default(),
            logs: Logs::default(),
            trace: Trace::default(),
            ending: Ending::No,
            settings,
        })
    }

    /// Starts the node: listens if the options require it, and connects to every node with
    /// `connect` (part 4 §4).
    ///
    /// The runtime, which decides which node sends its state, is counted from `now` (§3.3).
    pub fn start(&mut self, now: Time) {
        self.feed_time(now);
        self.clock.start();
        self.clock.set_in(STATISTICS, Timer::Statistics);
        if self.settings.options.listen {
            self.listen();
        }
        for at in 0..self.settings.entries().len() {
            if self.settings.entries().get(at).is_some_and(|entry| entry.node.connect) {
                self.connect_entry(at);
            }
        }
    }

    /// Records the time and handles due timers. An earlier time than the last one is treated as the
    /// last one.
    pub fn feed_time(&mut self, now: Time) {
        self.clock.feed(now);
        while let Some(timer) = self.clock.pop() {
            match timer {
                Timer::Retry(peer) => self.try_connect(peer),
                Timer::Liveness(peer) => self.check_liveness(peer),
                Timer::Batch(peer) => self.batch_due(peer),
                Timer::Secure(socket) => self.feed(socket, now, Connection::feed_time),
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
    /// If this is never called, the fed times are used as the wall clock.
    pub fn feed_wall_clock(&mut self, wall: Time, now: Time) {
        self.clock.feed_wall(wall, now);
        self.state.feed_wall_clock(&self.clock);
    }

    /// Seeds the random jitter of [`Backoff`](super::Backoff). Once at the start is enough.
    pub fn feed_random(&mut self, random: u64) {
        self.retries.feed_random(random);
    }

    fn connection(&self, peer: PeerKey) -> Option<&Connection> {
        self.transport.get(self.peers.get(peer)?.socket?)?.begun()
    }

    fn connection_mut(&mut self, peer: PeerKey) -> Option<&mut Connection> {
        self.transport.begun_mut(self.peers.get(peer)?.socket?)
    }

    fn entry(&self, peer: PeerKey) -> Option<&Entry> {
        self.settings.entry_of(self.peers.get(peer)?)
    }

    /// Records that the transport may have work for a peer.
    fn touch_peer(&mut self, peer: PeerKey) {
        if let Some(socket) = self.peers.get(peer).and_then(|peer| peer.socket) {
            self.transport.touch(socket);
        }
    }
}

/// Writing the communication log (part 4 §5).
impl NodeMachine {
    /// Creates a line of the log with the current time.
    pub(crate) fn log_entry(
        &self,
        peer: Option<Arc<EventPeer>>,
        line: CommLogLine,
    ) -> Notification {
        logged(peer, line, self.clock.wall())
    }

    /// Logs a line that concerns no peer.
    fn log(&mut self, line: CommLogLine) {
        let entry = self.log_entry(None, line);
        self.delivery.push(entry);
    }

    /// Logs a line about a peer, in order with its other notifications.
    fn log_peer(&mut self, id: PeerKey, line: CommLogLine) {
        match self.peers.get_mut(id) {
            Some(peer) => self.delivery.log(id, peer, line, self.clock.wall()),
            None => self.log(line),
        }
    }

    /// Logs a line that concerns no single peer, after the notifications of the peer that caused
    /// it.
    fn log_after(&mut self, peer: PeerKey, line: CommLogLine) {
        let entry = self.log_entry(None, line);
        self.tell(peer, entry);
    }

    /// Releases the buffers of peers that were idle since the last call.
    fn release(&mut self) {
        for (_, peer) in self.peers.iter_mut() {
            if self.clock.now().saturating_since(peer.heard) < STATISTICS {
                continue;
            }
            peer.incoming.release();
            peer.outgoing.release();
            if let Some(connection) =
                peer.socket.and_then(|socket| self.transport.connection_mut(socket))
            {
                connection.release();
            }
        }
    }

    fn log_statistics_again(&mut self) {
        if !self.peers.is_empty() {
            self.log(CommLogLine::Statistics(Box::new(self.total_counters())));
        }
        self.release();
        self.clock.set_in(STATISTICS, Timer::Statistics);
    }
}

/// The interval of logged statistics (part 4 §5).
const STATISTICS: std::time::Duration = std::time::Duration::from_secs(60);

/// The maximum serialized output of one connection in bytes. Further events wait unserialized.
const OUTPUT: usize = 64 << 10;

/// The maximum number of unprocessed notifications of one connection.
const NOTIFICATIONS: usize = 64;

/// The options, the nodes table, the declarations, and the node's own description.
#[derive(Debug)]
struct Settings {
    pub(super) options: Options,
    pub(super) declarations: Arc<Declarations>,
    pub(super) local: Arc<EventPeer>,
    entries: Vec<Entry>,
}

/// An entry of the nodes table.
#[derive(Debug)]
struct Entry {
    pub(super) name: Arc<str>,
    pub(super) node: PeerConfig,
    /// The peer to which it applies or connects.
    pub(super) peer: Option<PeerKey>,
}

impl Settings {
    pub(super) fn new(config: NodeConfig) -> Result<Settings, ConfigErrors<NodeConfigError>> {
        config.validate()?;
        let NodeConfig { options, nodes, declarations } = config;
        let entry =
            |(name, node): (String, PeerConfig)| Entry { name: name.into(), node, peer: None };
        let local = Arc::new(EventPeer::local(options.peer_description.clone()));
        let entries = nodes.into_iter().map(entry).collect();
        Ok(Settings { options, declarations, local, entries })
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the position of the entry with this name.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.entries.iter().position(|entry| &*entry.name == name)
    }

    /// Returns the entry that applies to a peer.
    pub(super) fn entry_of(&self, peer: &Peer) -> Option<&Entry> {
        self.entries.get(peer.node?)
    }

    /// Returns the position of the entry that applies to a peer that connected to us (§4).
    pub(super) fn position_for(&self, peer: &EventPeer) -> Option<usize> {
        self.entries.iter().position(|entry| entry.applies_to(peer))
    }

    /// Records the peer that an entry applies to, or connects to.
    pub(super) fn set_peer(&mut self, at: usize, peer: PeerKey) {
        if let Some(entry) = self.entries.get_mut(at) {
            entry.peer = Some(peer);
        }
    }

    /// Returns the endpoint that an entry connects to.
    pub(super) fn endpoint_of(&self, entry: &Entry) -> Endpoint {
        Endpoint {
            host: entry.node.host,
            zone: entry.node.zone_id.as_deref().map(Into::into),
            port: entry.node.p.unwrap_or(self.options.listen_port),
        }
    }

    /// Returns the configuration of a connection to a peer.
    pub(super) fn connection_config(
        &self,
        peer: &Peer,
        state: StateSource,
        runtime: u32,
    ) -> ConnectionConfig {
        let entry = self.entry_of(peer).filter(|_| peer.role == Role::Initiator);
        ConnectionConfig {
            description: self.options.peer_description.clone(),
            class: Some(entry.and_then(|entry| entry.node.class.clone()).unwrap_or_default()),
            cache_size: self.options.cache_size,
            data_format: self.data_format(peer),
            capabilities: Caps::BRO,
            runtime,
            #[cfg(feature = "__tls")]
            tls: self
                .options
                .tls
                .clone()
                .filter(|_| entry.map_or(self.options.listen_ssl, |entry| entry.node.ssl)),
            wire_limits: self.options.wire_limits,
            log_limits: self.options.log_limits,
            serial_limits: self.options.serial_limits,
            declarations: Arc::clone(&self.declarations),
            undeclared: self.options.undeclared,
            output_limit: OUTPUT,
            notification_limit: NOTIFICATIONS,
            state,
            // The node itself makes the requests.
            handshake: Handshake::Application,
            ..ConnectionConfig::default()
        }
    }

    /// Returns the data format to announce to a peer, or `None` to leave the choice to the peer. If
    /// the peer connected, its class and thus its entry are not known yet.
    fn data_format(&self, peer: &Peer) -> Option<DataFormat> {
        let of_entry = match peer.role {
            Role::Initiator => self.entry_of(peer).and_then(|entry| entry.node.data_format),
            Role::Acceptor => {
                let mut entries =
                    self.entries.iter().filter(|entry| entry.is_at(&peer.who.endpoint));
                entries.find_map(|entry| entry.node.data_format)
            }
        };
        of_entry.or(self.options.data_format)
    }

    /// Returns the names of the declared events that a pattern matches, or those that it lists
    /// explicitly if undeclared events are delivered.
    pub(super) fn events_matching(&self, pattern: &EventPattern) -> Vec<Name> {
        let declared = self.declarations.events.keys().filter(|name| pattern.matches(name));
        let mut names: BTreeSet<Name> = declared.cloned().collect();
        if self.options.undeclared == Undeclared::Deliver {
            names.extend(pattern.names_outright().into_iter().flatten());
        }
        names.into_iter().collect()
    }

    /// Returns the filter to send: the default if it is empty (part 4 §2).
    pub(super) fn capture_filter(&self, filter: &Bytes) -> Bytes {
        if filter.is_empty() { self.options.default_capture_filter.clone() } else { filter.clone() }
    }
}

impl Entry {
    /// Returns whether the entry applies to an accepted peer (§4): the addresses are equal, and the
    /// classes are equal or both absent.
    fn applies_to(&self, peer: &EventPeer) -> bool {
        let ours = self.node.class.as_deref().unwrap_or_default();
        let theirs = peer.class.as_deref().unwrap_or_default();
        self.is_at(&peer.endpoint) && ours == theirs
    }

    fn is_at(&self, endpoint: &Endpoint) -> bool {
        let zone = match (&self.node.zone_id, &endpoint.zone) {
            (Some(ours), Some(theirs)) => **ours == **theirs,
            _ => true,
        };
        self.node.host.to_canonical() == endpoint.host.to_canonical() && zone
    }
}
