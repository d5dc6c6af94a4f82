//! The handle of a running node.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use brocomm::Time;
use brocomm::data::{BroType, Event, EventType, FromValue, IndexType, Name};
use brocomm::logs::{LogRecord, LogValue, StreamError};
use brocomm::lowlevel::driver::{Flush, RequestError, StartError, SubscribeError, Subscription};
use brocomm::node::{
    Endpoint, EventPeer, NodeConfig, NodeError, NodeMachine, PeerId, RaiseError, Raised,
    WriteLogError,
};
use brocomm::state::StateError;
use brocomm_transport::{Awaiting, Builder, Clock, Handle, Start, answers, run};

use crate::runner::Runner;
use crate::sleeping::Waiting;
use crate::{Events, Log, LogEntries, LogRecords, Notifications, Table};

/// A running node: it listens, connects, and exchanges messages with its peers.
///
/// Clones are handles of the same node. The node runs in its own thread, and in the threads that
/// wait for it, until it is [terminated](Self::terminate), or until the last clone and all
/// [`Notifications`] and [`Events`] are dropped. Dropping them closes all sockets at once and
/// discards what is queued, with a warning on standard error.
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
#[derive(Debug, Clone)]
#[must_use = "the node ends when its handle is dropped"]
pub struct Node(Waiting<Handle>);

impl Node {
    /// Configures and starts a node: its peers, and what it exchanges with them.
    pub fn builder() -> Builder<Node> {
        Builder::new()
    }

    /// Starts a node, which listens and connects as configured.
    ///
    /// # Errors
    /// [`StartError`]. Failing to listen or to connect is not an error here: the node reports it in
    /// a notification and retries as the options say.
    pub fn start(configuration: NodeConfig) -> Result<Node, StartError> {
        let communication = NodeMachine::new(configuration).map_err(StartError::NodeConfig)?;
        Node::run(communication)
    }

    /// Runs a node state machine that has not been [started](NodeMachine::start).
    ///
    /// # Errors
    /// [`StartError::System`].
    pub fn run(communication: NodeMachine) -> Result<Node, StartError> {
        let failed =
            |doing| move |error: io::Error| StartError::System { doing, cause: error.into() };
        let (handle, runner) = run(communication, Clock::new(Instant::now), |shared| {
            let runner = Runner::new(shared).map_err(failed("set up a poller"))?;
            let (running, thread) = (Arc::clone(&runner), thread::Builder::new());
            let thread = thread.name("brocomm".to_owned()).spawn(move || running.run());
            thread.map_err(failed("begin a thread"))?;
            Ok(runner)
        })?;
        Ok(Node(Waiting::new(handle, runner)))
    }

    /// Waits until the node listens, and returns the address with the port that the system chose.
    /// Returns `None` if the node stops or the deadline passes.
    pub fn listening(&self, deadline: Option<Instant>) -> Option<Endpoint> {
        let mut progress = self.0.listening();
        self.0.wait_for(deadline, |waker| progress.poll(waker)).flatten()
    }

    /// Waits until the handshake with a peer is done, and returns the peer. Events that it requested
    /// reach it from then on. Returns `None` if the node stops or the deadline passes.
    pub fn connected(&self, deadline: Option<Instant>) -> Option<Arc<EventPeer>> {
        let mut progress = self.0.connected();
        self.0.wait_for(deadline, |waker| progress.poll(waker)).flatten()
    }

    /// Waits until a connected peer has requested an event, and returns the peer. Before, the event
    /// goes to nobody. Returns `None` if the node stops or the deadline passes.
    pub fn requested<E: EventType>(&self, deadline: Option<Instant>) -> Option<Arc<EventPeer>> {
        let mut progress = self.0.requested::<E>();
        self.0.wait_for(deadline, |waker| progress.poll(waker)).flatten()
    }

    /// Raises an event as [`NodeMachine::raise`] does, as soon as the send queues have room.
    ///
    /// With the blocking policy of [`Options::outgoing`](brocomm::node::Options::outgoing), one
    /// peer that requested the event and does not read makes this wait until it reads, disconnects,
    /// or the deadline passes.
    ///
    /// # Errors
    /// [`RaiseError::Event`] at once; [`RaiseError::Full`] at the deadline. In both cases the event
    /// is not raised.
    pub fn raise(
        &self,
        event: impl Into<Event>,
        deadline: Option<Instant>,
    ) -> Result<Raised, RaiseError> {
        let (mut awaiting, mut event) = (Awaiting::new(&self.0), Some(event.into()));
        let raised = self.0.wait_for(deadline, |waker| awaiting.poll_raise(&mut event, waker));
        match (raised, event) {
            (Some(raised), _) => Ok(raised?),
            (None, Some(event)) => self.try_raise(event),
            (None, None) => Ok(Raised::default()),
        }
    }

    /// Writes an entry to a log stream as [`NodeMachine::write_log`] does, as soon as the send
    /// queues have room.
    ///
    /// With the blocking policy of [`Options::outgoing`](brocomm::node::Options::outgoing), one
    /// peer that requested logs and does not read makes this wait until it reads or disconnects.
    ///
    /// # Errors
    /// [`WriteLogError::Full`] at the deadline; [`WriteLogError::Stream`]. In both cases the entry
    /// is not written.
    pub fn write_log(
        &self,
        stream: i32,
        values: &[LogValue],
        deadline: Option<Instant>,
    ) -> Result<Raised, WriteLogError> {
        let mut awaiting = Awaiting::new(&self.0);
        match self.0.wait_for(deadline, |waker| awaiting.poll_write_log(stream, values, waker)) {
            Some(written) => Ok(written?),
            None => self.with(|node, now| node.write_log(stream, values, now)),
        }
    }

    /// Raises an event and waits for the answer: the first event named `answer` for which `matches`
    /// returns true. Subscribers do not get that event.
    ///
    /// The answer arrives whether or not subscribers read meanwhile, unless a subscriber with the
    /// blocking policy has a full queue.
    ///
    /// # Errors
    /// [`RequestError::Event`], [`RequestError::NobodyAsked`], [`RequestError::TimedOut`],
    /// [`RequestError::Terminated`].
    pub fn request(
        &self,
        event: impl Into<Event>,
        answer: impl Into<Name>,
        mut matches: impl FnMut(&Event) -> bool + Send + 'static,
        timeout: Duration,
    ) -> Result<(Arc<EventPeer>, Event), RequestError> {
        let deadline = Instant::now().checked_add(timeout);
        let (name, mut awaiting) = (answer.into(), Awaiting::new(&self.0));
        awaiting.expect(move |_, event| event.name == name && matches(event));
        let late = RequestError::TimedOut { timeout };
        let raised = match self.raise(event, deadline) {
            Ok(raised) => raised,
            Err(RaiseError::Event(error)) => return Err(RequestError::Event(*error)),
            Err(_) => return Err(late),
        };
        if raised.peers == 0 && raised.kept == 0 {
            return Err(RequestError::NobodyAsked);
        }
        let answer = self.0.wait_for(deadline, |waker| awaiting.poll_answer(waker));
        answer.ok_or(late)?.ok_or(RequestError::Terminated)
    }

    /// Raises an event and waits for the answer: the first event of type `A` for which `matches`
    /// returns true. The node must [`receive`](brocomm_transport::Builder::receive) this type.
    /// Otherwise the same as [`request`](Self::request), which is for events without a Rust type.
    ///
    /// # Errors
    /// As [`request`](Self::request), and [`RequestError::Answer`].
    pub fn ask<A: EventType>(
        &self,
        question: impl Into<Event>,
        matches: impl FnMut(&A) -> bool + Send + 'static,
        timeout: Duration,
    ) -> Result<(Arc<EventPeer>, A), RequestError> {
        let (peer, answer) = self.request(question, A::NAME, answers(matches), timeout)?;
        Ok((peer, A::from_event(&answer).map_err(RequestError::Answer)?))
    }

    /// Sends batched log entries and prints at once, and waits until everything raised, written or
    /// printed before is written to the sockets, for `limit` at most. That does not prove that the
    /// peers have read it. The wait may include what other tasks raise for the same peers
    /// meanwhile.
    ///
    /// Returns the peers for which something is still queued, including what is kept for
    /// disconnected ones. The list is empty if everything was written.
    pub fn flush(&self, limit: Duration) -> Vec<PeerId> {
        let (mut awaiting, mut flush) = (Awaiting::new(&self.0), Flush::default());
        let deadline = Instant::now().checked_add(limit);
        let flushed = self.0.wait_for(deadline, |waker| awaiting.poll_flush(&mut flush, waker));
        match flushed {
            Some(()) => Vec::new(),
            None => self.with(|communication, _| communication.undelivered()),
        }
    }

    /// Stops the node as [`NodeMachine::terminate_communication`] does, and waits until it has
    /// stopped: sends what is queued, then closes all connections.
    ///
    /// Takes no longer than
    /// [`Options::terminate_timeout`](brocomm::node::Options::terminate_timeout), whether or not
    /// subscribers read. Returns the peers to which not everything could be sent in that time. Can
    /// be called again.
    pub fn terminate(&self) -> Vec<PeerId> {
        self.with(|communication, now| communication.terminate_communication(now));
        let mut awaiting = Awaiting::new(&self.0);
        self.0.wait_for(None, |waker| awaiting.poll_terminated(waker)).unwrap_or_default()
    }

    /// Subscribes to all notifications, as [`subscribe_with`](Self::subscribe_with) does, with the
    /// default queue. The log names the subscriber by the source location of this call.
    #[track_caller]
    pub fn subscribe(&self) -> Notifications {
        Notifications(self.0.other(self.0.subscribe()))
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
        Notifications(self.0.other(self.0.subscribe_with(subscription)))
    }

    /// Subscribes to all events of one type, as Rust values. Otherwise the same as
    /// [`subscribe`](Self::subscribe). [`PeerConfig::events`](brocomm::node::PeerConfig::events)
    /// sets which events the node requests from a peer.
    ///
    /// # Errors
    /// [`SubscribeError::Event`]; [`SubscribeError::NotRequested`] if the node does not
    /// [`receive`](Builder::receive) the event.
    #[track_caller]
    pub fn events<E: EventType>(&self) -> Result<Events<E>, SubscribeError> {
        Ok(Events(self.0.other(self.0.events()?)))
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
        Ok(Events(self.0.other(self.0.events_with(subscription)?)))
    }

    /// Subscribes to the log entries of all peers from which the node [requests
    /// logs](Builder::receive_logs). As with [`subscribe`](Self::subscribe), a subscriber that does
    /// not read blocks those peers.
    ///
    /// # Errors
    /// [`SubscribeError::NotRequested`] if there is no such peer.
    pub fn log_entries(&self) -> Result<LogEntries, SubscribeError> {
        Ok(LogEntries(self.0.other(self.0.log_entries()?)))
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
        Ok(LogRecords(self.0.other(self.0.logs(path)?)))
    }

    /// Returns the log with this path, for entries of a Rust type. The node must have declared it.
    ///
    /// # Errors
    /// No such log is declared, or its columns differ from those of the type.
    pub fn log<T: LogRecord>(&self, path: &str) -> Result<Log<T>, StreamError> {
        Ok(Log(self.0.other(self.0.log(path)?)))
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
        Ok(Table(self.0.other(self.0.table(name)?)))
    }

    /// Raises an event without waiting.
    ///
    /// # Errors
    /// As [`NodeMachine::raise`].
    pub fn try_raise(&self, event: impl Into<Event>) -> Result<Raised, RaiseError> {
        self.0.try_raise(event)
    }

    /// Calls a closure with the node state machine and the current time, and returns its result.
    /// Use it for commands and getters that this handle lacks. The time is that of the node's
    /// timers: it never goes back, and it differs from the [wall clock](Self::now).
    ///
    /// The node is locked meanwhile, so the closure must be short, and it must not use this handle,
    /// which would deadlock. Only the handle may feed and poll the state machine.
    pub fn with<T>(&self, act: impl FnOnce(&mut NodeMachine, Time) -> T) -> T {
        self.0.with(act)
    }

    /// Connects to a configured peer by its name, as [`NodeMachine::connect_peer`] does.
    /// Notifications report the result.
    ///
    /// # Errors
    /// As [`NodeMachine::connect_peer`].
    pub fn connect_peer(&self, name: &str) -> Result<PeerId, NodeError> {
        self.0.connect_peer(name)
    }

    /// Closes the connection to a peer as [`NodeMachine::disconnect`] does, after sending what is
    /// queued for it.
    ///
    /// # Errors
    /// As [`NodeMachine::disconnect`].
    pub fn disconnect(&self, peer: PeerId) -> Result<(), NodeError> {
        self.0.disconnect(peer)
    }

    /// Returns the wall-clock time, as used for events and the log.
    pub fn now(&self) -> Time {
        self.0.now()
    }
}

impl Start for Node {
    fn start_node(node: NodeMachine) -> Result<Node, StartError> {
        Node::run(node)
    }
}

/// The parts that do not depend on the transport, for code that supports several.
impl AsRef<Handle> for Node {
    fn as_ref(&self) -> &Handle {
        &self.0
    }
}
