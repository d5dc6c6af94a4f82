//! A whole node.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use brocomm::Time;
use brocomm::data::{BroType, CallError, Event, EventType, IndexType, Name, SignatureError};
use brocomm::logs::{LogRecord, LogValue, StreamError};
use brocomm::lowlevel::driver::{Flush, RequestError, StartError, Subscription};
use brocomm::node::{
    Endpoint, EventPeer, NodeConfig, NodeError, NodeMachine, PeerId, RaiseError, Raised,
};
use brocomm::state::StateError;

use super::Runtime;
use super::manager::Manager;
use super::waiting::within;
use crate::{
    Awaiting, Builder, Clock, Events, Handle, Log, LogEntries, Notifications, Start, Table,
    answers, run,
};

/// Runs a node: listens, connects, carries what passes between it and its peers.
///
/// Can be cloned and shared; all clones are the same node. It runs in tasks of its own, until it is
/// [terminated](Self::terminate), or until the last clone is dropped, with all [`Notifications`] and
/// [`Events`], which closes all sockets at once, whatever waits.
///
/// # Backpressure
/// Whoever wants notifications [subscribes](Self::subscribe), and has a queue of its own; without
/// subscribers nothing waits. By default a full queue makes the peers wait that sent what comes next:
/// they are not read from once as much waits as
/// [`Options::incoming`](brocomm::node::Options::incoming) says.
/// What peers do not take waits here, as far as
/// [`Options::outgoing`](brocomm::node::Options::outgoing) says; then [`raise`](Self::raise) and
/// [`write_log`](Self::write_log) wait, or whatever the policy there is.
///
/// # Cancellation
/// Each of the futures can be dropped at any time. An event whose [`raise`](Self::raise) was dropped
/// is raised or not, never in part, and so is an entry [written](Self::write_log) or not; a
/// [`request`](Self::request) may have been sent; and what [`flush`](Self::flush) and
/// [`terminate`](Self::terminate) await goes on.
#[must_use = "the node ends when its handle is dropped"]
pub struct Node<R> {
    handle: Handle,
    runtime: PhantomData<fn() -> R>,
}

impl<R: Runtime> Node<R> {
    /// Builds a node: what it exchanges with its peers, and who they are.
    pub fn builder() -> Builder<Node<R>> {
        Builder::new()
    }

    /// Begins: listens and connects as the configuration says.
    ///
    /// # Errors
    /// [`StartError`]. That the node can't listen or connect is none: a notification says so, and it
    /// is tried again as the options say.
    ///
    /// # Panics
    /// If the runtime is one that has to run already, and does not, as it does itself.
    pub fn start(configuration: NodeConfig) -> Result<Node<R>, StartError> {
        let communication = NodeMachine::new(configuration).map_err(StartError::NodeConfig)?;
        Node::run(communication)
    }

    /// Begins with a node that was made, and perhaps changed, but not
    /// [started](NodeMachine::start).
    ///
    /// # Errors
    /// [`StartError::System`].
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn run(communication: NodeMachine) -> Result<Node<R>, StartError> {
        Node::run_on(R::default(), communication)
    }

    /// Begins as [`run`](Self::run) does, on a runtime that is not the default.
    ///
    /// # Errors
    /// [`StartError::System`].
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn run_on(runtime: R, communication: NodeMachine) -> Result<Node<R>, StartError> {
        let handle = run(communication, Clock::new(R::now), |shared| {
            runtime.run(Manager::new(runtime.clone(), shared))
        })?;
        Ok(Node { handle, runtime: PhantomData })
    }

    /// Waits until the node listens, and returns where: with the port that the system chose, if it was to.
    /// `None` if it stops before.
    pub async fn listening(&self) -> Option<Endpoint> {
        let mut progress = self.handle.listening();
        poll_fn(|cx| progress.poll(cx.waker())).await
    }

    /// Waits until a peer is connected and the handshake with it is done, so that events that are raised
    /// reach it; returns the peer. `None` if the node stops before.
    pub async fn connected(&self) -> Option<Arc<EventPeer>> {
        let mut progress = self.handle.connected();
        poll_fn(|cx| progress.poll(cx.waker())).await
    }

    /// Raises an event as [`NodeMachine::raise`] does, as soon as there is room for it.
    ///
    /// If the policy of [`Options::outgoing`](brocomm::node::Options::outgoing) is to block, one
    /// peer that has requested the event and reads nothing makes this wait until it does, or is
    /// gone. Can be [cancelled](Self#cancellation).
    ///
    /// # Errors
    /// That the event does not fit its declaration.
    pub async fn raise(&self, event: impl Into<Event>) -> Result<Raised, CallError> {
        let (mut awaiting, mut event) = (Awaiting::new(&self.handle), Some(event.into()));
        self.handle.let_others().await;
        poll_fn(|cx| awaiting.poll_raise(&mut event, cx.waker())).await
    }

    /// Writes an entry to the log of a stream as [`NodeMachine::write_log`] does, as soon as there
    /// is room for it.
    ///
    /// If the policy of [`Options::outgoing`](brocomm::node::Options::outgoing) is to block, one
    /// peer that has requested logs and reads nothing makes this wait until it does, or is gone. Can
    /// be [cancelled](Self#cancellation).
    ///
    /// # Errors
    /// That there is no such stream, or that the entry does not have its columns.
    pub async fn write_log(&self, stream: i32, values: &[LogValue]) -> Result<Raised, StreamError> {
        let mut awaiting = Awaiting::new(&self.handle);
        self.handle.let_others().await;
        poll_fn(|cx| awaiting.poll_write_log(stream, values, cx.waker())).await
    }

    /// Raises an event and waits for the one that answers it: the first of this name for which
    /// `matches` is true. That one is no notification.
    ///
    /// The answer is found whether or not subscribers read meanwhile, unless one whose policy is to wait
    /// has a full queue. Can be [cancelled](Self#cancellation).
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

    /// Raises an event and waits for the event of this type that answers it: the first one for which
    /// `matches` is true. The node has to [`receive`](crate::Builder::receive) the type. For
    /// the rest like [`request`](Self::request), which is for events that have no Rust type.
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

    /// Sends what is batched of logs and prints at once, and waits until all that was raised, written
    /// or printed before is written to the sockets, but not longer than this. It is in the hands of
    /// the system then, which is no proof that peers have read it. What others raise for the same
    /// peers meanwhile may be waited for too.
    ///
    /// Returns the peers for which something still waits, what is kept for those that are away
    /// included: none if all went well. Can be [cancelled](Self#cancellation).
    pub async fn flush(&self, limit: Duration) -> Vec<PeerId> {
        let (mut awaiting, mut flush) = (Awaiting::new(&self.handle), Flush::default());
        let flushed = poll_fn(|cx| awaiting.poll_flush(&mut flush, cx.waker()));
        match within::<R, _>(limit, flushed).await {
            Some(()) => Vec::new(),
            None => self.handle.with(|communication, _| communication.undelivered()),
        }
    }

    /// Ends in order, as [`NodeMachine::terminate_communication`] does, and waits for it: what
    /// waits is sent, then all is closed.
    ///
    /// Takes no longer than
    /// [`Options::terminate_timeout`](brocomm::node::Options::terminate_timeout), whether or not
    /// notifications are taken. Returns the peers that did not take all in that time. Can be
    /// [cancelled](Self#cancellation), and called again.
    pub async fn terminate(&self) -> Vec<PeerId> {
        self.handle.with(|communication, now| communication.terminate_communication(now));
        let mut awaiting = Awaiting::new(&self.handle);
        poll_fn(|cx| awaiting.poll_terminated(cx.waker())).await
    }
}

/// What needs no waiting.
impl<R> Node<R> {
    /// Subscribes to all notifications, as
    /// [`subscribe_with`](Self::subscribe_with) does, with the default queue; the log calls the
    /// subscriber by the place of this call.
    #[track_caller]
    pub fn subscribe(&self) -> Notifications {
        self.handle.subscribe()
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
        self.handle.subscribe_with(subscription)
    }

    /// Subscribes to all events of one type, as Rust values; otherwise like
    /// [`subscribe`](Self::subscribe). That peers are asked for the event is the business of
    /// [`PeerConfig::events`](brocomm::node::PeerConfig::events).
    ///
    /// # Errors
    /// Says that the event is not declared, or which parameter differs from its declaration.
    #[track_caller]
    pub fn events<E: EventType>(&self) -> Result<Events<E>, SignatureError> {
        self.handle.events()
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
        self.handle.events_with(subscription)
    }

    /// Subscribes to the entries of peers' logs, which the node has to
    /// [request](Builder::receive_logs). As with [`subscribe`](Self::subscribe), peers wait for a
    /// subscriber that doesn't read.
    #[track_caller]
    pub fn log_entries(&self) -> LogEntries {
        self.handle.log_entries()
    }

    /// Returns a log that the node writes, by its path, for entries of a Rust type.
    ///
    /// # Errors
    /// That no such log was declared, or has other columns.
    pub fn log<T: LogRecord>(&self, path: &str) -> Result<Log<T>, StreamError> {
        self.handle.log(path)
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
        self.handle.table(name)
    }

    /// Raises an event if there is room for it.
    ///
    /// # Errors
    /// As [`NodeMachine::raise`].
    pub fn try_raise(&self, event: impl Into<Event>) -> Result<Raised, RaiseError> {
        self.handle.try_raise(event)
    }

    /// Does anything else with the node, such as its commands and getters, and returns what that
    /// gives; with the present time, which many of them want: that of the node's timers, which never
    /// goes back and is not the [wall clock](Self::now).
    ///
    /// The node waits meanwhile, so this should be short; and it must not use this handle, which
    /// would wait for ever. What is fed to the node and polled from it is the business of the
    /// handle alone.
    pub fn with<T>(&self, act: impl FnOnce(&mut NodeMachine, Time) -> T) -> T {
        self.handle.with(act)
    }

    /// Connects to a node by name, as [`NodeMachine::connect_peer`] does.
    ///
    /// # Errors
    /// As [`NodeMachine::connect_peer`].
    pub fn connect_peer(&self, name: &str) -> Result<PeerId, NodeError> {
        self.handle.connect_peer(name)
    }

    /// Closes the connection to a peer, as [`NodeMachine::disconnect`] does; what waits for it is
    /// sent before.
    ///
    /// # Errors
    /// As [`NodeMachine::disconnect`].
    pub fn disconnect(&self, peer: PeerId) -> Result<(), NodeError> {
        self.handle.disconnect(peer)
    }

    /// Returns what the wall clock shows, as events and the log have it.
    pub fn now(&self) -> Time {
        self.handle.now()
    }
}

impl<R: Runtime> Start for Node<R> {
    fn start_node(node: NodeMachine) -> Result<Node<R>, StartError> {
        Node::run(node)
    }
}

/// What does not depend on the transport, for programs that run on several.
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
