//! A whole node.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use brocomm::Time;
use brocomm::data::{BroType, Event, EventType, FromValue, IndexType, Name, SignatureError};
use brocomm::logs::{LogRecord, LogValue, StreamError};
use brocomm::lowlevel::driver::{Flush, RequestError, StartError, Subscription};
use brocomm::node::{
    Endpoint, EventPeer, NodeConfig, NodeError, NodeMachine, PeerId, RaiseError, Raised,
    WriteLogError,
};
use brocomm::state::StateError;
use brocomm_transport::{Awaiting, Builder, Clock, Handle, Start, answers, run};

use crate::runner::Runner;
use crate::sleeping::wait_for;
use crate::{Events, Log, LogEntries, LogRecords, Notifications, Table};

/// Runs a node: listens, connects, carries what passes between it and its peers.
///
/// Can be cloned and shared; all clones are the same node. It runs in a thread of its own, until it is
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
#[derive(Debug, Clone)]
#[must_use = "the node ends when its handle is dropped"]
pub struct Node(Handle);

impl Node {
    /// Builds a node: what it exchanges with its peers, and who they are.
    pub fn builder() -> Builder<Node> {
        Builder::new()
    }

    /// Begins: listens and connects as the configuration says.
    ///
    /// # Errors
    /// [`StartError`]. That the node can't listen or connect is none: a notification says so, and it
    /// is tried again as the options say.
    pub fn start(configuration: NodeConfig) -> Result<Node, StartError> {
        let communication = NodeMachine::new(configuration).map_err(StartError::NodeConfig)?;
        Node::run(communication)
    }

    /// Begins with a node that was made, and perhaps changed, but not
    /// [started](NodeMachine::start).
    ///
    /// # Errors
    /// [`StartError::System`].
    pub fn run(communication: NodeMachine) -> Result<Node, StartError> {
        let begin = |shared| {
            let runner = Runner::new(shared).map_err(|error| StartError::System {
                doing: "set up a poller",
                cause: error.into(),
            })?;
            thread::Builder::new().name("brocomm".to_owned()).spawn(move || runner.run()).map_err(
                |error| StartError::System { doing: "begin a thread", cause: error.into() },
            )?;
            Ok(())
        };
        Ok(Node(run(communication, Clock::new(Instant::now), begin)?))
    }

    /// Waits until the node listens, and returns where: with the port that the system chose, if it was to.
    /// `None` if it stops before, or the deadline passes.
    pub fn listening(&self, deadline: Option<Instant>) -> Option<Endpoint> {
        let mut progress = self.0.listening();
        wait_for(deadline, |waker| progress.poll(waker)).flatten()
    }

    /// Waits until a peer is connected and the handshake with it is done, so that events that are raised
    /// reach it; returns the peer. `None` if the node stops before, or the deadline passes.
    pub fn connected(&self, deadline: Option<Instant>) -> Option<Arc<EventPeer>> {
        let mut progress = self.0.connected();
        wait_for(deadline, |waker| progress.poll(waker)).flatten()
    }

    /// Raises an event as [`NodeMachine::raise`] does, as soon as there is room for it.
    ///
    /// If the policy of [`Options::outgoing`](brocomm::node::Options::outgoing) is to block, one
    /// peer that has requested the event and reads nothing makes this wait until it does, or is
    /// gone, or the deadline passes.
    ///
    /// # Errors
    /// [`RaiseError::Event`], at once; [`RaiseError::Full`] at the deadline. The event is not raised
    /// then.
    pub fn raise(
        &self,
        event: impl Into<Event>,
        deadline: Option<Instant>,
    ) -> Result<Raised, RaiseError> {
        let (mut awaiting, mut event) = (Awaiting::new(&self.0), Some(event.into()));
        let raised = wait_for(deadline, |waker| awaiting.poll_raise(&mut event, waker));
        match (raised, event) {
            (Some(raised), _) => Ok(raised?),
            (None, Some(event)) => self.try_raise(event),
            (None, None) => Ok(Raised::default()),
        }
    }

    /// Writes an entry to the log of a stream as [`NodeMachine::write_log`] does, as soon as there
    /// is room for it.
    ///
    /// If the policy of [`Options::outgoing`](brocomm::node::Options::outgoing) is to block, one
    /// peer that has requested logs and reads nothing makes this wait until it does, or is gone.
    ///
    /// # Errors
    /// [`WriteLogError::Full`] at the deadline; [`WriteLogError::Stream`]. The entry is not written
    /// then.
    pub fn write_log(
        &self,
        stream: i32,
        values: &[LogValue],
        deadline: Option<Instant>,
    ) -> Result<Raised, WriteLogError> {
        let mut awaiting = Awaiting::new(&self.0);
        match wait_for(deadline, |waker| awaiting.poll_write_log(stream, values, waker)) {
            Some(written) => Ok(written?),
            None => self.with(|node, now| node.write_log(stream, values, now)),
        }
    }

    /// Raises an event and waits for the one that answers it: the first of this name for which
    /// `matches` is true. That one is no notification.
    ///
    /// The answer is found whether or not subscribers read meanwhile, unless one whose policy is to wait
    /// has a full queue.
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
        let answer = wait_for(deadline, |waker| awaiting.poll_answer(waker));
        answer.ok_or(late)?.ok_or(RequestError::Terminated)
    }

    /// Raises an event and waits for the event of this type that answers it: the first one for which
    /// `matches` is true. The node has to [`receive`](brocomm_transport::Builder::receive) the type. For
    /// the rest like [`request`](Self::request), which is for events that have no Rust type.
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

    /// Sends what is batched of logs and prints at once, and waits until all that was raised, written
    /// or printed before is written to the sockets, but not longer than this. It is in the hands of
    /// the system then, which is no proof that peers have read it. What others raise for the same
    /// peers meanwhile may be waited for too.
    ///
    /// Returns the peers for which something still waits, what is kept for those that are away
    /// included: none if all went well.
    pub fn flush(&self, limit: Duration) -> Vec<PeerId> {
        let (mut awaiting, mut flush) = (Awaiting::new(&self.0), Flush::default());
        let deadline = Instant::now().checked_add(limit);
        let flushed = wait_for(deadline, |waker| awaiting.poll_flush(&mut flush, waker));
        match flushed {
            Some(()) => Vec::new(),
            None => self.with(|communication, _| communication.undelivered()),
        }
    }

    /// Ends in order, as [`NodeMachine::terminate_communication`] does, and waits for it: what
    /// waits is sent, then all is closed.
    ///
    /// Takes no longer than
    /// [`Options::terminate_timeout`](brocomm::node::Options::terminate_timeout), whether or not
    /// notifications are taken. Returns the peers that did not take all in that time. It can be
    /// called again.
    pub fn terminate(&self) -> Vec<PeerId> {
        self.with(|communication, now| communication.terminate_communication(now));
        let mut awaiting = Awaiting::new(&self.0);
        wait_for(None, |waker| awaiting.poll_terminated(waker)).unwrap_or_default()
    }

    /// Subscribes to all notifications, as
    /// [`subscribe_with`](Self::subscribe_with) does, with the default queue; the log calls the
    /// subscriber by the place of this call.
    #[track_caller]
    pub fn subscribe(&self) -> Notifications {
        Notifications(self.0.subscribe())
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
        Notifications(self.0.subscribe_with(subscription))
    }

    /// Subscribes to all events of one type, as Rust values; otherwise like
    /// [`subscribe`](Self::subscribe). That peers are asked for the event is the business of
    /// [`PeerConfig::events`](brocomm::node::PeerConfig::events).
    ///
    /// # Errors
    /// Says that the event is not declared, or which parameter differs from its declaration.
    #[track_caller]
    pub fn events<E: EventType>(&self) -> Result<Events<E>, SignatureError> {
        self.0.events().map(Events)
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
        self.0.events_with(subscription).map(Events)
    }

    /// Subscribes to the entries of peers' logs, which the node has to
    /// [request](Builder::receive_logs). As with [`subscribe`](Self::subscribe), peers wait for a
    /// subscriber that doesn't read.
    #[track_caller]
    pub fn log_entries(&self) -> LogEntries {
        LogEntries(self.0.log_entries())
    }

    /// Subscribes to the entries of one log of peers, by its path, as records of a Rust type: each field
    /// is the column of its name, those of a nested record are `outer.inner`. Other columns are left out.
    /// Otherwise like [`log_entries`](Self::log_entries).
    #[track_caller]
    pub fn logs<T: FromValue>(&self, path: impl Into<Name>) -> LogRecords<T> {
        LogRecords(self.0.logs(path))
    }

    /// Returns a log that the node writes, by its path, for entries of a Rust type.
    ///
    /// # Errors
    /// That no such log was declared, or has other columns.
    pub fn log<T: LogRecord>(&self, path: &str) -> Result<Log<T>, StreamError> {
        self.0.log(path).map(Log)
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
        self.0.table(name).map(Table)
    }

    /// Raises an event if there is room for it.
    ///
    /// # Errors
    /// As [`NodeMachine::raise`].
    pub fn try_raise(&self, event: impl Into<Event>) -> Result<Raised, RaiseError> {
        self.0.try_raise(event)
    }

    /// Does anything else with the node, such as its commands and getters, and returns what that
    /// gives; with the present time, which many of them want: that of the node's timers, which never
    /// goes back and is not the [wall clock](Self::now).
    ///
    /// The node waits meanwhile, so this should be short; and it must not use this handle, which
    /// would wait for ever. What is fed to the node and polled from it is the business of the
    /// handle alone.
    pub fn with<T>(&self, act: impl FnOnce(&mut NodeMachine, Time) -> T) -> T {
        self.0.with(act)
    }

    /// Connects to a node by name, as [`NodeMachine::connect_peer`] does.
    ///
    /// # Errors
    /// As [`NodeMachine::connect_peer`].
    pub fn connect_peer(&self, name: &str) -> Result<PeerId, NodeError> {
        self.0.connect_peer(name)
    }

    /// Closes the connection to a peer, as [`NodeMachine::disconnect`] does; what waits for it is
    /// sent before.
    ///
    /// # Errors
    /// As [`NodeMachine::disconnect`].
    pub fn disconnect(&self, peer: PeerId) -> Result<(), NodeError> {
        self.0.disconnect(peer)
    }

    /// Returns what the wall clock shows, as events and the log have it.
    pub fn now(&self) -> Time {
        self.0.now()
    }
}

impl Start for Node {
    fn start_node(node: NodeMachine) -> Result<Node, StartError> {
        Node::run(node)
    }
}

/// What does not depend on the transport, for programs that run on several.
impl AsRef<Handle> for Node {
    fn as_ref(&self) -> &Handle {
        &self.0
    }
}
