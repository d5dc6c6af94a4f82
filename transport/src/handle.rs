//! What can be done with a node that runs, without waiting.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, Hasher};
use std::panic::Location;
use std::sync::Arc;
use std::task::Poll;

use brocomm::Time;
use brocomm::data::{
    BroType, Event, EventType, FromValue, Handlers, IndexType, Name, SignatureError,
};
use brocomm::logs::{LogRecord, StreamError};
use brocomm::lowlevel::driver::{StartError, Subscription};
use brocomm::node::{Endpoint, EventPeer, NodeError, NodeMachine, PeerId, RaiseError, Raised};
use brocomm::state::StateError;

use crate::{Clock, Events, Log, LogEntries, LogRecords, Notifications, Progress, Shared, Table};

/// Holds a node that runs: what the handles of all transports can do without waiting.
///
/// Can be cloned and shared; all clones are the same node. It runs until it is terminated, or until
/// the last clone is dropped, with all [`Notifications`] and [`Events`], which closes all sockets at
/// once, whatever waits.
#[derive(Clone)]
#[must_use = "the node ends when its handle is dropped"]
pub struct Handle {
    shared: Arc<Shared>,
    owner: Arc<Owner>,
}

/// Closes everything when nobody is left who has an interest.
struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.with(|hub, _| hub.abandon());
    }
}

/// Starts a node that was made but not [started](NodeMachine::start); `begin` is to begin what
/// runs it.
///
/// # Errors
/// What `begin` says.
pub fn run(
    mut communication: NodeMachine,
    clock: Clock,
    begin: impl FnOnce(Arc<Shared>) -> Result<(), StartError>,
) -> Result<Handle, StartError> {
    // Hashers of the standard library have random keys.
    communication.feed_random(RandomState::new().build_hasher().finish());
    let shared = Arc::new(Shared::new(communication, clock));
    shared.with(|hub, now| hub.communication_mut().start(now));
    begin(Arc::clone(&shared))?;
    let owner = Arc::new(Owner(Arc::clone(&shared)));
    Ok(Handle { shared, owner })
}

/// Says where in a program somebody subscribed, as a name for the log.
#[track_caller]
fn named(what: &str) -> Subscription {
    let place = Location::caller();
    Subscription::new(format!("{what} ({}:{})", place.file(), place.line()))
}

impl Handle {
    /// Subscribes to all notifications, as
    /// [`subscribe_with`](Self::subscribe_with) does, with the default queue; the log calls the
    /// subscriber by the place of this call.
    #[track_caller]
    pub fn subscribe(&self) -> Notifications {
        self.subscribe_with(named("notifications"))
    }

    /// Subscribes to notifications: hands out what comes from now on. Those who subscribe before
    /// anybody has read get what came since the node began, too, the first 1000 at most.
    ///
    /// Each subscriber has a queue of its own, and its [`Subscription`] says what happens when that is
    /// full. By default nothing is lost: the peers that sent what comes next are not read from until
    /// the subscriber has read; nobody else waits, and when it has read nothing for a second, the
    /// log names it ([`CommLogLine::SubscriberStalled`](brocomm::lowlevel::commlog::CommLogLine::SubscriberStalled)).
    /// Whoever wants no more drops it. An answer to a
    /// request is for nobody else.
    pub fn subscribe_with(&self, subscription: Subscription) -> Notifications {
        Notifications::new(self.clone(), subscription)
    }

    /// Subscribes to all events of one type, as Rust values; otherwise like
    /// [`subscribe`](Self::subscribe). That peers are asked for the event is the business of
    /// [`PeerConfig::events`](brocomm::node::PeerConfig::events).
    ///
    /// # Errors
    /// Says that the event is not declared, or which parameter differs from its declaration.
    #[track_caller]
    pub fn events<E: EventType>(&self) -> Result<Events<E>, SignatureError> {
        self.events_with(named(E::NAME))
    }

    /// Subscribes to all events of one type, as Rust values; otherwise like
    /// [`subscribe_with`](Self::subscribe_with).
    ///
    /// # Errors
    /// As [`events`](Self::events).
    pub fn events_with<E: EventType>(
        &self,
        subscription: Subscription,
    ) -> Result<Events<E>, SignatureError> {
        let declarations = self.with(|communication, _| Arc::clone(communication.declarations()));
        Handlers::<()>::new(declarations).on_event(|(), _: E| ())?;
        let subscription = subscription.event(Name::from_static(E::NAME));
        Ok(Events::new(Notifications::new(self.clone(), subscription)))
    }

    /// Returns a synchronized table, as a map of Rust values.
    ///
    /// # Errors
    /// [`StateError::UnknownTarget`] if the node shares no variable of this name,
    /// [`StateError::Type`] if its type is not that of the Rust types.
    pub fn table<K: IndexType, V: BroType>(
        &self,
        name: impl Into<Name>,
    ) -> Result<Table<K, V>, StateError> {
        Table::new(self.clone(), name.into())
    }

    /// Returns a log that the node writes, by its path, for entries of a Rust type.
    ///
    /// # Errors
    /// That no such log was declared, or has other columns.
    pub fn log<R: LogRecord>(&self, path: &str) -> Result<Log<R>, StreamError> {
        Log::new(self.clone(), path)
    }

    /// Subscribes to the entries of peers' logs, which the node has to
    /// [request](brocomm::node::PeerConfig::request_logs). As with [`subscribe`](Self::subscribe), peers wait
    /// for a subscriber that doesn't read.
    #[track_caller]
    pub fn log_entries(&self) -> LogEntries {
        LogEntries::new(self.clone())
    }

    /// Subscribes to the entries of one log of peers, by its path, as records of a Rust type: each field
    /// is the column of its name, those of a nested record are `outer.inner`. Other columns are left out.
    /// Otherwise like [`log_entries`](Self::log_entries).
    #[track_caller]
    pub fn logs<R: FromValue>(&self, path: impl Into<Name>) -> LogRecords<R> {
        LogRecords::new(self.clone(), path.into())
    }

    /// Awaits that the node listens; gives where.
    pub fn listening(&self) -> Progress<Endpoint> {
        Progress::new(self, |node| node.listening().first().cloned())
    }

    /// Awaits that a peer is Running; gives the peer.
    pub fn connected(&self) -> Progress<Arc<EventPeer>> {
        Progress::new(self, |node| node.running_peers().next().cloned())
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Lets others have their turn, if it is over for who sends much.
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

    /// Raises an event if there is room for it.
    ///
    /// # Errors
    /// As [`NodeMachine::raise`].
    pub fn try_raise(&self, event: impl Into<Event>) -> Result<Raised, RaiseError> {
        let event = event.into();
        self.with(|communication, now| communication.raise(event, now))
    }

    /// Does anything else with the node, such as its commands and getters, and returns what that
    /// gives; with the present time, which many of them want: that of the node's timers, which never
    /// goes back and is not the [wall clock](Self::now).
    ///
    /// The node waits meanwhile, so this should be short; and it must not use this handle, which
    /// would wait for ever. What is fed to the node and polled from it is the business of the
    /// handle alone.
    pub fn with<T>(&self, act: impl FnOnce(&mut NodeMachine, Time) -> T) -> T {
        self.shared.with(|hub, now| act(hub.communication_mut(), now))
    }

    /// Connects to a node by name, as [`NodeMachine::connect_peer`] does. What comes of it is
    /// told.
    ///
    /// # Errors
    /// As [`NodeMachine::connect_peer`].
    pub fn connect_peer(&self, name: &str) -> Result<PeerId, NodeError> {
        self.with(|communication, now| communication.connect_peer(name, now))
    }

    /// Closes the connection to a peer, as [`NodeMachine::disconnect`] does; what waits for it is
    /// sent before.
    ///
    /// # Errors
    /// As [`NodeMachine::disconnect`].
    pub fn disconnect(&self, peer: PeerId) -> Result<(), NodeError> {
        self.with(|communication, now| communication.disconnect(peer, now))
    }

    /// Returns what the wall clock shows, as events and the log have it.
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

    /// What the wall clock shows, in seconds.
    static WALL: AtomicU64 = AtomicU64::new(1_500_000_000);

    fn wall() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(WALL.load(Ordering::Relaxed))
    }

    #[test]
    fn the_wall_clock_is_read_each_time_and_timers_go_on() {
        let communication = NodeMachine::new(NodeConfig::default()).unwrap();
        let clock = Clock::with_wall_clock(Instant::now, wall);
        let handle = run(communication, clock, |_| Ok(())).unwrap();
        let mut before = clock.start();
        for seconds in [1_500_000_000, 1_500_003_600, 1_400_000_000, 1_600_000_000] {
            WALL.store(seconds, Ordering::Relaxed);
            let shown = Time::from(wall());
            assert_eq!(handle.now(), shown);
            let now = handle.with(|node, now| {
                assert_eq!(node.wall_clock(), shown);
                now
            });
            // No test takes an hour.
            assert!(before <= now && now < clock.start() + Duration::from_secs(3600));
            before = now;
        }
    }
}
