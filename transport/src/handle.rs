//! The runtime-independent handle of a running node.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, Hasher};
use std::panic::Location;
use std::sync::Arc;
use std::task::Poll;

use brocomm::Time;
use brocomm::data::{BroType, Event, EventType, FromValue, Handlers, IndexType, Name};
use brocomm::logs::{LogRecord, StreamError};
use brocomm::lowlevel::connection::Connection;
use brocomm::lowlevel::driver::{LogPathError, StartError, SubscribeError, Subscription};
use brocomm::node::{
    Endpoint, EventPattern, EventPeer, Handshake, NodeError, NodeMachine, PeerConfig, PeerId,
    RaiseError, Raised,
};
use brocomm::state::StateError;

use crate::{Clock, Events, Log, LogEntries, LogRecords, Notifications, Progress, Shared, Table};

/// A handle of a running node with all the methods that do not wait. The nodes of all transports
/// contain one.
///
/// Clones are handles of the same node. The node runs until it is terminated, or until the last
/// clone and all [`Notifications`] and [`Events`] are dropped. Dropping them closes all sockets at
/// once and discards what is queued, with a warning on standard error.
#[derive(Clone)]
#[must_use = "the node ends when its handle is dropped"]
pub struct Handle {
    shared: Arc<Shared>,
    owner: Arc<Owner>,
}

/// Closes everything when the last handle and subscriber are dropped.
struct Owner(Arc<Shared>);

impl Drop for Owner {
    #[allow(clippy::print_stderr, reason = "the subscribers of log lines are dropped too")]
    fn drop(&mut self) {
        let losers = self.0.with(|node, _| node.abandon());
        if let Some(warning) = warning(&losers) {
            eprintln!("{warning}");
        }
    }
}

/// Returns the warning about peers that lose something when the node is dropped.
fn warning(losers: &[Endpoint]) -> Option<String> {
    let losers: Vec<String> = losers.iter().map(Endpoint::to_string).collect();
    (!losers.is_empty()).then(|| {
        let losers = losers.join(", ");
        format!("brocomm: a node was dropped before all was sent to {losers}; terminate it first")
    })
}

/// Starts a node state machine that has not been [started](NodeMachine::start). `begin` starts the
/// tasks or threads that run it; its result is returned too.
///
/// # Errors
/// The error of `begin`.
pub fn run<T>(
    mut communication: NodeMachine,
    clock: Clock,
    begin: impl FnOnce(Arc<Shared>) -> Result<T, StartError>,
) -> Result<(Handle, T), StartError> {
    // The hashers of the standard library have random keys.
    communication.feed_random(RandomState::new().build_hasher().finish());
    let shared = Arc::new(Shared::new(communication, clock));
    shared.with(|node, now| node.communication_mut().start(now));
    let begun = begin(Arc::clone(&shared))?;
    let owner = Arc::new(Owner(Arc::clone(&shared)));
    Ok((Handle { shared, owner }, begun))
}

/// Returns a subscription named after the source location of the caller, for the log.
#[track_caller]
fn named(what: &str) -> Subscription {
    let place = Location::caller();
    Subscription::new(format!("{what} ({}:{})", place.file(), place.line()))
}

/// Returns a peer in the Running phase whose requests meet a condition.
fn requester(node: &NodeMachine, is_met: impl Fn(&Connection) -> bool) -> Option<Arc<EventPeer>> {
    node.running_peers().find(|peer| node.connection_to(peer.id).is_some_and(&is_met)).cloned()
}

impl Handle {
    /// Subscribes to all notifications, as [`subscribe_with`](Self::subscribe_with) does, with the
    /// default queue. The log names the subscriber by the source location of this call.
    #[track_caller]
    pub fn subscribe(&self) -> Notifications {
        self.subscribe_with(named("notifications"))
    }

    /// Subscribes to the notifications from now on. A subscriber created before any other has read
    /// also gets the notifications since the start of the node, the first 1000 at most.
    ///
    /// Each subscriber has its own queue, and its [`Subscription`] says what happens when that
    /// queue is full. By default nothing is lost: the node stops reading from the peers that send
    /// more until the subscriber reads. Other peers and subscribers do not wait. If the subscriber
    /// reads nothing for a second, the log names it
    /// ([`CommLogLine::SubscriberStalled`](brocomm::lowlevel::commlog::CommLogLine::SubscriberStalled)).
    /// Drop it to unsubscribe. Subscribers do not get answers to requests.
    pub fn subscribe_with(&self, subscription: Subscription) -> Notifications {
        Notifications::new(self.clone(), subscription)
    }

    /// Subscribes to all events of one type, as Rust values. Otherwise the same as
    /// [`subscribe`](Self::subscribe). [`PeerConfig::events`](brocomm::node::PeerConfig::events)
    /// sets which events the node requests from a peer.
    ///
    /// # Errors
    /// [`SubscribeError::Event`]; [`SubscribeError::NotRequested`] if the node does not
    /// [`receive`](crate::Builder::receive) the event.
    #[track_caller]
    pub fn events<E: EventType>(&self) -> Result<Events<E>, SubscribeError> {
        self.events_with(named(E::NAME))
    }

    /// Subscribes to all events of one type, as Rust values. Otherwise the same as
    /// [`subscribe_with`](Self::subscribe_with).
    ///
    /// # Errors
    /// As [`events`](Self::events).
    pub fn events_with<E: EventType>(
        &self,
        subscription: Subscription,
    ) -> Result<Events<E>, SubscribeError> {
        let declarations = self.with(|communication, _| Arc::clone(communication.declarations()));
        Handlers::<()>::new(declarations).on_event(|(), _: E| ())?;
        let is_event = |events: &EventPattern| events.matches(E::NAME.as_bytes());
        self.check_request(E::NAME, "receive", |peer| peer.events.as_ref().is_some_and(is_event))?;
        let subscription = subscription.event(Name::from_static(E::NAME));
        Ok(Events::new(Notifications::new(self.clone(), subscription)))
    }

    /// Returns a synchronized table as a map of Rust values.
    ///
    /// # Errors
    /// [`StateError::UnknownTarget`] if the node shares no variable of this name.
    /// [`StateError::Type`] if the variable's type does not match the Rust types.
    pub fn table<K: IndexType, V: BroType>(
        &self,
        name: impl Into<Name>,
    ) -> Result<Table<K, V>, StateError> {
        Table::new(self.clone(), name.into())
    }

    /// Returns the log with this path, for entries of a Rust type. The node must have declared it.
    ///
    /// # Errors
    /// No such log is declared, or its columns differ from those of the type.
    pub fn log<R: LogRecord>(&self, path: &str) -> Result<Log<R>, StreamError> {
        Log::new(self.clone(), path)
    }

    /// Subscribes to the log entries of all peers from which the node [requests
    /// logs](brocomm::node::PeerConfig::request_logs). As with [`subscribe`](Self::subscribe), a
    /// subscriber that does not read blocks those peers.
    ///
    /// # Errors
    /// [`SubscribeError::NotRequested`] if there is no such peer.
    pub fn log_entries(&self) -> Result<LogEntries, SubscribeError> {
        self.check_request("logs", "receive_logs", |peer| peer.request_logs)?;
        Ok(LogEntries::new(self.clone()))
    }

    /// Subscribes to the entries of the log with this path, as records of a Rust type. Each field
    /// has the value of the column with its name; fields of nested records are `outer.inner`. Other
    /// columns are ignored. Otherwise the same as [`log_entries`](Self::log_entries).
    ///
    /// # Errors
    /// As [`log_entries`](Self::log_entries), and [`SubscribeError::LogPath`].
    pub fn logs<R: FromValue>(
        &self,
        path: impl Into<Name>,
    ) -> Result<LogRecords<R>, SubscribeError> {
        let path = path.into();
        LogPathError::check(&path)?;
        Ok(LogRecords::new(self.log_entries()?, path))
    }

    /// Checks that the node requests something from its peers, unless the application requests it.
    fn check_request(
        &self,
        what: &'static str,
        method: &'static str,
        is_in: impl Fn(&PeerConfig) -> bool,
    ) -> Result<(), SubscribeError> {
        let is_requested = self.with(|node, _| {
            node.options().handshake != Handshake::Automatic
                || node.nodes().any(|(_, it)| is_in(it))
        });
        let what = Name::from_static(what);
        is_requested.then_some(()).ok_or(SubscribeError::NotRequested { what, method })
    }

    /// Waits until the node listens. The result is the address.
    pub fn listening(&self) -> Progress<Endpoint> {
        Progress::new(self, |node| node.listening().first().cloned())
    }

    /// Waits until a peer is in the Running phase. The result is the peer.
    pub fn connected(&self) -> Progress<Arc<EventPeer>> {
        Progress::new(self, |node| node.running_peers().next().cloned())
    }

    /// Waits until a peer in the Running phase has requested an event. The result is the peer.
    pub fn requested<E: EventType>(&self) -> Progress<Arc<EventPeer>> {
        Progress::new(self, |node| requester(node, |it| it.is_event_requested(E::NAME.as_bytes())))
    }

    /// Waits until a peer in the Running phase has requested logs. The result is the peer.
    pub(crate) fn logs_requested(&self) -> Progress<Arc<EventPeer>> {
        Progress::new(self, |node| requester(node, Connection::are_logs_requested))
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Yields to other tasks if this one has sent much since the last yield.
    pub(crate) async fn let_others(&self) {
        let mut lets_others = self.shared.is_turn_over();
        poll_fn(|cx| {
            if std::mem::take(&mut lets_others) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Raises an event without waiting.
    ///
    /// # Errors
    /// As [`NodeMachine::raise`].
    pub fn try_raise(&self, event: impl Into<Event>) -> Result<Raised, RaiseError> {
        self.shared.try_raise(event.into())
    }

    /// Calls a closure with the node state machine and the current time, and returns its result.
    /// Use it for commands and getters that this handle lacks. The time is that of the node's
    /// timers: it never goes back, and it differs from the [wall clock](Self::now).
    ///
    /// The node is locked meanwhile, so the closure must be short, and it must not use this handle,
    /// which would deadlock. Only the handle may feed and poll the state machine.
    pub fn with<T>(&self, act: impl FnOnce(&mut NodeMachine, Time) -> T) -> T {
        self.shared.with(|node, now| act(node.communication_mut(), now))
    }

    /// Connects to a configured peer by its name, as [`NodeMachine::connect_peer`] does.
    /// Notifications report the result.
    ///
    /// # Errors
    /// As [`NodeMachine::connect_peer`].
    pub fn connect_peer(&self, name: &str) -> Result<PeerId, NodeError> {
        self.with(|communication, now| communication.connect_peer(name, now))
    }

    /// Closes the connection to a peer as [`NodeMachine::disconnect`] does, after sending what is
    /// queued for it.
    ///
    /// # Errors
    /// As [`NodeMachine::disconnect`].
    pub fn disconnect(&self, peer: PeerId) -> Result<(), NodeError> {
        self.with(|communication, now| communication.disconnect(peer, now))
    }

    /// Returns the wall-clock time, as used for events and the log.
    pub fn now(&self) -> Time {
        self.shared.wall_clock()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("handles", &Arc::strong_count(&self.owner)).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Duration, Instant, SystemTime};

    use brocomm::node::NodeConfig;

    use super::*;

    /// The wall-clock time in seconds.
    static WALL: AtomicU64 = AtomicU64::new(1_500_000_000);

    fn wall() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(WALL.load(Ordering::Relaxed))
    }

    #[test]
    fn the_wall_clock_is_read_each_time_and_timers_are_monotonic() {
        let communication = NodeMachine::new(NodeConfig::default()).unwrap();
        let clock = Clock::with_wall_clock(Instant::now, wall);
        let (handle, ()) = run(communication, clock, |_| Ok(())).unwrap();
        let mut before = clock.start();
        for seconds in [1_500_000_000, 1_500_003_600, 1_400_000_000, 1_600_000_000] {
            WALL.store(seconds, Ordering::Relaxed);
            let shown = Time::from(wall());
            assert_eq!(handle.now(), shown);
            let now = handle.with(|node, now| {
                assert_eq!(node.wall_clock(), shown);
                now
            });
            // No test runs for an hour.
            assert!(before <= now && now < clock.start() + Duration::from_secs(3600));
            before = now;
        }
    }
}
