//! The handle of a running node.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use brocomm::Time;
use brocomm::data::{BroType, CallError, Event, EventType, FromValue, IndexType, Name};
use brocomm::logs::{LogRecord, LogValue, StreamError};
use brocomm::lowlevel::driver::{Flush, RequestError, StartError, SubscribeError, Subscription};
use brocomm::node::{
    Endpoint, EventPeer, NodeConfig, NodeError, NodeMachine, PeerId, RaiseError, Raised,
};
use brocomm::state::StateError;

use super::Runtime;
use super::manager::Manager;
use super::waiting::within;
use crate::{
    Awaiting, Builder, Clock, Events, Handle, Log, LogEntries, LogRecords, Notifications, Start,
    Table, answers, run,
};

/// A running node: it listens, connects, and exchanges messages with its peers.
///
/// Clones are handles of the same node. The node runs in its own tasks until it is
/// [terminated](Self::terminate), or until the last clone and all [`Notifications`] and [`Events`]
/// are dropped. Dropping them closes all sockets at once and discards what is queued, with a warning on
/// standard error.
///
/// # Backpressure
/// Each [subscriber](Self::subscribe) has its own queue of notifications. Without subscribers,
/// notifications are discarded. By default, when a subscriber's queue is full, the node stops
/// reading from the peers that send more, once
/// [`Options::incoming`](brocomm::node::Options::incoming) is reached.
///
/// The send queue of each peer is limited by
/// [`Options::outgoing`](brocomm::node::Options::outgoing). When it is full, [`raise`](Self::raise)
/// and [`write_log`](Self::write_log) wait, or do what the policy there says.
///
/// # Cancellation
/// Every future can be dropped at any time. After a dropped [`raise`](Self::raise) or
/// [`write_log`](Self::write_log), the event or entry was either sent to all peers or to none. A
/// dropped [`request`](Self::request) may have been sent. What [`flush`](Self::flush) and
/// [`terminate`](Self::terminate) started continues.
#[must_use = "the node ends when its handle is dropped"]
pub struct Node<R> {
    handle: Handle,
    runtime: PhantomData<fn() -> R>,
}

impl<R: Runtime> Node<R> {
    /// Configures and starts a node: its peers, and what it exchanges with them.
    pub fn builder() -> Builder<Node<R>> {
        Builder::new()
    }

    /// Starts a node, which listens and connects as configured.
    ///
    /// # Errors
    /// [`StartError`]. Failing to listen or to connect is not an error here: the node reports it in
    /// a notification and retries as the options say.
    ///
    /// # Panics
    /// Panics if the runtime must be running already and is not.
    pub fn start(configuration: NodeConfig) -> Result<Node<R>, StartError> {
        let communication = NodeMachine::new(configuration).map_err(StartError::NodeConfig)?;
        Node::run(communication)
    }

    /// Runs a node state machine that has not been [started](NodeMachine::start).
    ///
    /// # Errors
    /// [`StartError::System`].
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn run(communication: NodeMachine) -> Result<Node<R>, StartError> {
        Node::run_on(R::default(), communication)
    }

    /// Runs a node state machine like [`run`](Self::run), but on the given runtime.
    ///
    /// # Errors
    /// [`StartError::System`].
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn run_on(runtime: R, communication: NodeMachine) -> Result<Node<R>, StartError> {
        let (handle, ()) = run(communication, Clock::new(R::now), |shared| {
            runtime.run(Manager::new(runtime.clone(), shared))
        })?;
        Ok(Node { handle, runtime: PhantomData })
    }

    /// Waits until the node listens, and returns the address with the port that the system chose.
    /// Returns `None` if the node stops.
    pub async fn listening(&self) -> Option<Endpoint> {
        let mut progress = self.handle.listening();
        poll_fn(|cx| progress.poll(cx.waker())).await
    }

    /// Waits until the handshake with a peer is done, and returns the peer. Events that it requested
    /// reach it from then on. Returns `None` if the node stops.
    pub async fn connected(&self) -> Option<Arc<EventPeer>> {
        let mut progress = self.handle.connected();
        poll_fn(|cx| progress.poll(cx.waker())).await
    }

    /// Waits until a connected peer has requested an event, and returns the peer. Before, the event
    /// goes to nobody. Returns `None` if the node stops.
    pub async fn requested<E: EventType>(&self) -> Option<Arc<EventPeer>> {
        let mut progress = self.handle.requested::<E>();
        poll_fn(|cx| progress.poll(cx.waker())).await
    }

    /// Raises an event as [`NodeMachine::raise`] does, as soon as the send queues have room.
    ///
    /// With the blocking policy of [`Options::outgoing`](brocomm::node::Options::outgoing), one
    /// peer that requested the event and does not read makes this wait until it reads or
    /// disconnects. Can be [cancelled](Self#cancellation).
    ///
    /// # Errors
    /// The event does not match its declaration.
    pub async fn raise(&self, event: impl Into<Event>) -> Result<Raised, CallError> {
        let (mut awaiting, mut event) = (Awaiting::new(&self.handle), Some(event.into()));
        self.handle.let_others().await;
        poll_fn(|cx| awaiting.poll_raise(&mut event, cx.waker())).await
    }

    /// Writes an entry to a log stream as [`NodeMachine::write_log`] does, as soon as the send
    /// queues have room.
    ///
    /// With the blocking policy of [`Options::outgoing`](brocomm::node::Options::outgoing), one
    /// peer that requested logs and does not read makes this wait until it reads or disconnects.
    /// Can be [cancelled](Self#cancellation).
    ///
    /// # Errors
    /// The stream does not exist, or the entry does not match its columns.
    pub async fn write_log(&self, stream: i32, values: &[LogValue]) -> Result<Raised, StreamError> {
        let mut awaiting = Awaiting::new(&self.handle);
        self.handle.let_others().await;
        poll_fn(|cx| awaiting.poll_write_log(stream, values, cx.waker())).await
    }

    /// Raises an event and waits for the answer: the first event named `answer` for which `matches`
    /// returns true. Subscribers do not get that event.
    ///
    /// The answer arrives whether or not subscribers read meanwhile, unless a subscriber with the
    /// blocking policy has a full queue. Can be [cancelled](Self#cancellation).
    ///
    /// # Errors
    /// [`RequestError::Event`], [`RequestError::NobodyAsked`], [`RequestError::TimedOut`],
    /// [`RequestError::Terminated`].
    pub async fn request(
        &self,
        event: impl Into<Event>,
        answer: impl Into<Name>,
        mut matches: impl FnMut(&Event) -> bool + Send + 'static,
        timeout: Duration,
    ) -> Result<(Arc<EventPeer>, Event), RequestError> {
        let (name, mut awaiting) = (answer.into(), Awaiting::new(&self.handle));
        awaiting.expect(move |_, event| event.name == name && matches(event));
        let answer = async {
            let raised = self.raise(event).await?;
            if raised.peers == 0 && raised.kept == 0 {
                return Err(RequestError::NobodyAsked);
            }
            let answer = poll_fn(|cx| awaiting.poll_answer(cx.waker())).await;
            answer.ok_or(RequestError::Terminated)
        };
        let late = Err(RequestError::TimedOut { timeout });
        within::<R, _>(timeout, answer).await.unwrap_or(late)
    }

    /// Raises an event and waits for the answer: the first event of type `A` for which `matches`
    /// returns true. The node must [`receive`](crate::Builder::receive) this type. Otherwise the
    /// same as [`request`](Self::request), which is for events without a Rust type.
    ///
    /// # Errors
    /// As [`request`](Self::request), and [`RequestError::Answer`].
    pub async fn ask<A: EventType>(
        &self,
        question: impl Into<Event>,
        matches: impl FnMut(&A) -> bool + Send + 'static,
        timeout: Duration,
    ) -> Result<(Arc<EventPeer>, A), RequestError> {
        let (peer, answer) = self.request(question, A::NAME, answers(matches), timeout).await?;
        Ok((peer, A::from_event(&answer).map_err(RequestError::Answer)?))
    }

    /// Sends batched log entries and prints at once, and waits until everything raised, written or
    /// printed before is written to the sockets, for `limit` at most. That does not prove that the
    /// peers have read it. The wait may include what other tasks raise for the same peers
    /// meanwhile.
    ///
    /// Returns the peers for which something is still queued, including what is kept for
    /// disconnected ones. The list is empty if everything was written. Can be
    /// [cancelled](Self#cancellation).
    pub async fn flush(&self, limit: Duration) -> Vec<PeerId> {
        let (mut awaiting, mut flush) = (Awaiting::new(&self.handle), Flush::default());
        let flushed = poll_fn(|cx| awaiting.poll_flush(&mut flush, cx.waker()));
        match within::<R, _>(limit, flushed).await {
            Some(()) => Vec::new(),
            None => self.handle.with(|communication, _| communication.undelivered()),
        }
    }

    /// Stops the node as [`NodeMachine::terminate_communication`] does, and waits until it has
    /// stopped: sends what is queued, then closes all connections.
    ///
    /// Takes no longer than
    /// [`Options::terminate_timeout`](brocomm::node::Options::terminate_timeout), whether or not
    /// subscribers read. Returns the peers to which not everything could be sent in that time. Can
    /// be [cancelled](Self#cancellation), and called again.
    pub async fn terminate(&self) -> Vec<PeerId> {
        self.handle.with(|communication, now| communication.terminate_communication(now));
        let mut awaiting = Awaiting::new(&self.handle);
        poll_fn(|cx| awaiting.poll_terminated(cx.waker())).await
    }
}

/// Methods that do not wait.
impl<R> Node<R> {
    /// Subscribes to all notifications, as [`subscribe_with`](Self::subscribe_with) does, with the
    /// default queue. The log names the subscriber by the source location of this call.
    #[track_caller]
    pub fn subscribe(&self) -> Notifications {
        self.handle.subscribe()
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
        self.handle.subscribe_with(subscription)
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
        self.handle.events()
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
        self.handle.events_with(subscription)
    }

    /// Subscribes to the log entries of all peers from which the node [requests
    /// logs](Builder::receive_logs). As with [`subscribe`](Self::subscribe), a subscriber that does
    /// not read blocks those peers.
    ///
    /// # Errors
    /// [`SubscribeError::NotRequested`] if there is no such peer.
    pub fn log_entries(&self) -> Result<LogEntries, SubscribeError> {
        self.handle.log_entries()
    }

    /// Subscribes to the entries of the log with this path, as records of a Rust type. Each field
    /// has the value of the column with its name; fields of nested records are `outer.inner`. Other
    /// columns are ignored. Otherwise the same as [`log_entries`](Self::log_entries).
    ///
    /// # Errors
    /// As [`log_entries`](Self::log_entries), and [`SubscribeError::LogPath`].
    pub fn logs<T: FromValue>(
        &self,
        path: impl Into<Name>,
    ) -> Result<LogRecords<T>, SubscribeError> {
        self.handle.logs(path)
    }

    /// Returns the log with this path, for entries of a Rust type. The node must have declared it.
    ///
    /// # Errors
    /// No such log is declared, or its columns differ from those of the type.
    pub fn log<T: LogRecord>(&self, path: &str) -> Result<Log<T>, StreamError> {
        self.handle.log(path)
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
        self.handle.table(name)
    }

    /// Raises an event without waiting.
    ///
    /// # Errors
    /// As [`NodeMachine::raise`].
    pub fn try_raise(&self, event: impl Into<Event>) -> Result<Raised, RaiseError> {
        self.handle.try_raise(event)
    }

    /// Calls a closure with the node state machine and the current time, and returns its result.
    /// Use it for commands and getters that this handle lacks. The time is that of the node's
    /// timers: it never goes back, and it differs from the [wall clock](Self::now).
    ///
    /// The node is locked meanwhile, so the closure must be short, and it must not use this handle,
    /// which would deadlock. Only the handle may feed and poll the state machine.
    pub fn with<T>(&self, act: impl FnOnce(&mut NodeMachine, Time) -> T) -> T {
        self.handle.with(act)
    }

    /// Connects to a configured peer by its name, as [`NodeMachine::connect_peer`] does.
    /// Notifications report the result.
    ///
    /// # Errors
    /// As [`NodeMachine::connect_peer`].
    pub fn connect_peer(&self, name: &str) -> Result<PeerId, NodeError> {
        self.handle.connect_peer(name)
    }

    /// Closes the connection to a peer as [`NodeMachine::disconnect`] does, after sending what is
    /// queued for it.
    ///
    /// # Errors
    /// As [`NodeMachine::disconnect`].
    pub fn disconnect(&self, peer: PeerId) -> Result<(), NodeError> {
        self.handle.disconnect(peer)
    }

    /// Returns the wall-clock time, as used for events and the log.
    pub fn now(&self) -> Time {
        self.handle.now()
    }
}

impl<R: Runtime> Start for Node<R> {
    fn start_node(node: NodeMachine) -> Result<Node<R>, StartError> {
        Node::run(node)
    }
}

/// The parts that do not depend on the transport, for code that supports several.
impl<R> AsRef<Handle> for Node<R> {
    fn as_ref(&self) -> &Handle {
        &self.handle
    }
}

impl<R> Clone for Node<R> {
    fn clone(&self) -> Node<R> {
        Node { handle: self.handle.clone(), runtime: PhantomData }
    }
}

impl<R> fmt::Debug for Node<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NodeHandle").field(&self.handle).finish()
    }
}
