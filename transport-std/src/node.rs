//! A whole node.

use std::ops::Deref;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use brocomm::data::{Event, EventType, Name, SignatureError};
use brocomm::driver::{Flush, RequestError, StartError, Subscription};
use brocomm::logs::LogValue;
use brocomm::node::{
    Communication, Configuration, EventPeer, PeerId, RaiseError, Raised, WriteLogError,
};
use brocomm_transport::{Awaiting, Clock, Handle, run};

use crate::runner::Runner;
use crate::sleeping::wait_for;
use crate::{Events, Notifications};

/// Runs a node: listens, connects, carries what passes between it and its peers.
///
/// Can be cloned and shared; all clones are the same node. It runs in a thread of its own, until it is
/// [terminated](Self::terminate), or until the last clone is dropped, with all [`Notifications`] and
/// [`Events`], which closes all sockets at once, whatever waits. What needs no waiting is done by the [`Handle`]
/// that it dereferences to: [`with`](Handle::with), [`try_raise`](Handle::try_raise),
/// [`connect_peer`](Handle::connect_peer), [`disconnect`](Handle::disconnect),
/// [`now`](Handle::now).
///
/// # Backpressure
/// Whoever wants notifications [subscribes](Handle::subscribe), and has a queue of its own; without
/// subscribers nothing waits. By default a full queue makes the peers wait that sent what comes next:
/// they are not read from once as much waits as
/// [`Options::incoming`](brocomm::node::Options::incoming) says.
/// What peers do not take waits here, as far as
/// [`Options::outgoing`](brocomm::node::Options::outgoing) says; then [`raise`](Self::raise) and
/// [`write_log`](Self::write_log) wait, or whatever the policy there is.
#[derive(Debug, Clone)]
#[must_use = "the node ends when its handle is dropped"]
pub struct NodeHandle(Handle);

impl NodeHandle {
    /// Begins: listens and connects as the configuration says.
    ///
    /// # Errors
    /// [`StartError`]. That the node can't listen or connect is none: a notification says so, and it
    /// is tried again as the options say.
    pub fn start(configuration: Configuration) -> Result<NodeHandle, StartError> {
        let communication = Communication::new(configuration).map_err(StartError::Configuration)?;
        NodeHandle::run(communication)
    }

    /// Begins with a node that was made, and perhaps changed, but not
    /// [started](Communication::start).
    ///
    /// # Errors
    /// [`StartError::System`].
    pub fn run(communication: Communication) -> Result<NodeHandle, StartError> {
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
        Ok(NodeHandle(run(communication, Clock::new(Instant::now), begin)?))
    }

    /// Raises an event as [`Communication::raise`] does, as soon as there is room for it.
    ///
    /// If the policy of [`Options::outgoing`](brocomm::node::Options::outgoing) is to block, one
    /// peer that has requested the event and reads nothing makes this wait until it does, or is
    /// gone, or the deadline passes.
    ///
    /// # Errors
    /// [`RaiseError::Event`], at once; [`RaiseError::Full`] at the deadline. The event is not raised
    /// then.
    pub fn raise(&self, event: Event, deadline: Option<Instant>) -> Result<Raised, RaiseError> {
        let (mut awaiting, mut event) = (Awaiting::new(self), Some(event));
        let raised = wait_for(deadline, |waker| awaiting.poll_raise(&mut event, waker));
        match (raised, event) {
            (Some(raised), _) => Ok(raised?),
            (None, Some(event)) => self.try_raise(event),
            (None, None) => Ok(Raised::default()),
        }
    }

    /// Writes an entry to the log of a stream as [`Communication::write_log`] does, as soon as there
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
        let mut awaiting = Awaiting::new(self);
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
        event: Event,
        answer: impl Into<Name>,
        mut matches: impl FnMut(&Event) -> bool + Send + 'static,
        timeout: Duration,
    ) -> Result<(Arc<EventPeer>, Event), RequestError> {
        let deadline = Instant::now().checked_add(timeout);
        let (name, mut awaiting) = (answer.into(), Awaiting::new(self));
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

    /// Sends what is batched of logs and prints at once, and waits until all that was raised, written
    /// or printed before is written to the sockets, but not longer than this. It is in the hands of
    /// the system then, which is no proof that peers have read it. What others raise for the same
    /// peers meanwhile may be waited for too.
    ///
    /// Returns the peers for which something still waits, what is kept for those that are away
    /// included: none if all went well.
    pub fn flush(&self, limit: Duration) -> Vec<PeerId> {
        let (mut awaiting, mut flush) = (Awaiting::new(self), Flush::default());
        let deadline = Instant::now().checked_add(limit);
        let flushed = wait_for(deadline, |waker| awaiting.poll_flush(&mut flush, waker));
        match flushed {
            Some(()) => Vec::new(),
            None => self.with(|communication, _| communication.undelivered()),
        }
    }

    /// Ends in order, as [`Communication::terminate_communication`] does, and waits for it: what
    /// waits is sent, then all is closed.
    ///
    /// Takes no longer than
    /// [`Options::terminate_timeout`](brocomm::node::Options::terminate_timeout), whether or not
    /// notifications are taken. Returns the peers that did not take all in that time. It can be
    /// called again.
    pub fn terminate(&self) -> Vec<PeerId> {
        self.with(|communication, now| communication.terminate_communication(now));
        let mut awaiting = Awaiting::new(self);
        wait_for(None, |waker| awaiting.poll_terminated(waker)).unwrap_or_default()
    }

    /// Subscribes to all notifications, as [`Handle::subscribe`] does.
    #[track_caller]
    pub fn subscribe(&self) -> Notifications {
        Notifications(self.0.subscribe())
    }

    /// Subscribes to notifications, as [`Handle::subscribe_with`] does.
    pub fn subscribe_with(&self, subscription: Subscription) -> Notifications {
        Notifications(self.0.subscribe_with(subscription))
    }

    /// Subscribes to all events of one type, as [`Handle::events`] does.
    ///
    /// # Errors
    /// Says that the event is not declared, or which parameter differs from its declaration.
    #[track_caller]
    pub fn events<E: EventType>(&self) -> Result<Events<E>, SignatureError> {
        self.0.events().map(Events)
    }

    /// Subscribes to all events of one type, as [`Handle::events_with`] does.
    ///
    /// # Errors
    /// As [`events`](Self::events).
    pub fn events_with<E: EventType>(
        &self,
        subscription: Subscription,
    ) -> Result<Events<E>, SignatureError> {
        self.0.events_with(subscription).map(Events)
    }
}

impl Deref for NodeHandle {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.0
    }
}
