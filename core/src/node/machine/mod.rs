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
//! | [`Peers`] | each [`Peer`](peers::Peer) with its queues, state exchange, counters; their numbers |
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

mod batches;
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
mod settings;
mod state;
mod terminate;
mod trace;
mod transport;
mod view;

use std::sync::Arc;

use super::log::CommLogLine;
use super::{EventPeer, NodeConfig, NodeConfigError, Notification};
use crate::connection::Connection;
use crate::{ConfigErrors, Time};

use self::clock::{Clock, Timer};
use self::connecting::Retries;
use self::delivery::{Delivery, logged};
use self::logs::Logs;
use self::peers::{PeerKey, Peers};
use self::sending::Sending;
use self::settings::{Entry, Settings};
use self::state::State;
use self::terminate::Ending;
use self::trace::Trace;
use self::transport::Transport;

pub use commands::NodeError;
pub(crate) use events::FanOut;
pub use events::{RaiseError, Raised};
pub use logs::WriteLogError;
pub use trace::TraceStep;

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
        self.transport.get(self.peers.get(peer)?.link?)?.begun()
    }

    fn connection_mut(&mut self, peer: PeerKey) -> Option<&mut Connection> {
        self.transport.begun_mut(self.peers.get(peer)?.link?)
    }

    fn entry(&self, peer: PeerKey) -> Option<&Entry> {
        self.settings.entry_of(self.peers.get(peer)?)
    }

    /// Records that the transport may have work for a peer.
    fn touch_peer(&mut self, peer: PeerKey) {
        if let Some(link) = self.peers.get(peer).and_then(|peer| peer.link) {
            self.transport.touch(link);
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
            peer.inbox.release();
            peer.outbox.release();
            if let Some(connection) = peer.link.and_then(|link| self.transport.connection_mut(link))
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
