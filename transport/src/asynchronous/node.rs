//! A whole node.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use brocomm::data::{CallError, Event, Name};
use brocomm::driver::{Flush, RequestError, StartError};
use brocomm::logs::{LogValue, StreamError};
use brocomm::node::{Communication, Configuration, EventPeer, PeerId, Raised};

use super::Runtime;
use super::manager::Manager;
use super::waiting::within;
use crate::{Awaiting, Clock, Handle, run};
#[cfg(doc)]
use crate::{Events, Notifications};

/// Runs a node: listens, connects, carries what passes between it and its peers.
///
/// Can be cloned and shared; all clones are the same node. It runs in tasks of its own, until it is
/// [terminated](Self::terminate), or until the last clone is dropped, with all [`Notifications`] and
/// [`Events`], which closes all sockets at once, whatever waits. What needs no waiting is done by the
/// [`Handle`] that it dereferences to: [`with`](Handle::with), [`try_raise`](Handle::try_raise),
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
///
/// # Cancellation
/// Each of the futures can be dropped at any time. An event whose [`raise`](Self::raise) was dropped
/// is raised or not, never in part, and so is an entry [written](Self::write_log) or not; a
/// [`request`](Self::request) may have been sent; and what [`flush`](Self::flush) and
/// [`terminate`](Self::terminate) await goes on.
#[must_use = "the node ends when its handle is dropped"]
pub struct NodeHandle<R> {
    handle: Handle,
    runtime: PhantomData<fn() -> R>,
}

impl<R: Runtime> NodeHandle<R> {
    /// Begins: listens and connects as the configuration says.
    ///
    /// # Errors
    /// [`StartError`]. That the node can't listen or connect is none: a notification says so, and it
    /// is tried again as the options say.
    ///
    /// # Panics
    /// If the runtime is one that has to run already, and does not, as it does itself.
    pub fn start(configuration: Configuration) -> Result<NodeHandle<R>, StartError> {
        let communication = Communication::new(configuration).map_err(StartError::Configuration)?;
        NodeHandle::run(communication)
    }

    /// Begins with a node that was made, and perhaps changed, but not
    /// [started](Communication::start).
    ///
    /// # Errors
    /// [`StartError::System`].
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn run(communication: Communication) -> Result<NodeHandle<R>, StartError> {
        let runtime = R::default();
        let handle = run(communication, Clock::new(R::now), |shared| {
            runtime.run(Manager::new(runtime.clone(), shared))
        })?;
        Ok(NodeHandle { handle, runtime: PhantomData })
    }

    /// Raises an event as [`Communication::raise`] does, as soon as there is room for it.
    ///
    /// If the policy of [`Options::outgoing`](brocomm::node::Options::outgoing) is to block, one
    /// peer that has requested the event and reads nothing makes this wait until it does, or is
    /// gone. Can be [cancelled](Self#cancellation).
    ///
    /// # Errors
    /// That the event does not fit its declaration.
    pub async fn raise(&self, event: Event) -> Result<Raised, CallError> {
        let (mut awaiting, mut event) = (Awaiting::new(self), Some(event));
        self.let_others().await;
        poll_fn(|cx| awaiting.poll_raise(&mut event, cx.waker())).await
    }

    /// Writes an entry to the log of a stream as [`Communication::write_log`] does, as soon as there
    /// is room for it.
    ///
    /// If the policy of [`Options::outgoing`](brocomm::node::Options::outgoing) is to block, one
    /// peer that has requested logs and reads nothing makes this wait until it does, or is gone. Can
    /// be [cancelled](Self#cancellation).
    ///
    /// # Errors
    /// That there is no such stream, or that the entry does not have its columns.
    pub async fn write_log(&self, stream: i32, values: &[LogValue]) -> Result<Raised, StreamError> {
        let mut awaiting = Awaiting::new(self);
        self.let_others().await;
        poll_fn(|cx| awaiting.poll_write_log(stream, values, cx.waker())).await
    }

    /// Lets others have their turn, if it is over for who sends much.
    async fn let_others(&self) {
        let mut lets_others = self.shared().is_turn_over();
        poll_fn(|cx| {
            if std::mem::take(&mut lets_others) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await
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
        event: Event,
        answer: impl Into<Name>,
        mut matches: impl FnMut(&Event) -> bool + Send + 'static,
        timeout: Duration,
    ) -> Result<(Arc<EventPeer>, Event), RequestError> {
        let (name, mut awaiting) = (answer.into(), Awaiting::new(self));
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

    /// Sends what is batched of logs and prints at once, and waits until all that was raised, written
    /// or printed before is written to the sockets, but not longer than this. It is in the hands of
    /// the system then, which is no proof that peers have read it. What others raise for the same
    /// peers meanwhile may be waited for too.
    ///
    /// Returns the peers for which something still waits, what is kept for those that are away
    /// included: none if all went well. Can be [cancelled](Self#cancellation).
    pub async fn flush(&self, limit: Duration) -> Vec<PeerId> {
        let (mut awaiting, mut flush) = (Awaiting::new(self), Flush::default());
        let flushed = poll_fn(|cx| awaiting.poll_flush(&mut flush, cx.waker()));
        match within::<R, _>(limit, flushed).await {
            Some(()) => Vec::new(),
            None => self.with(|communication, _| communication.undelivered()),
        }
    }

    /// Ends in order, as [`Communication::terminate_communication`] does, and waits for it: what
    /// waits is sent, then all is closed.
    ///
    /// Takes no longer than
    /// [`Options::terminate_timeout`](brocomm::node::Options::terminate_timeout), whether or not
    /// notifications are taken. Returns the peers that did not take all in that time. Can be
    /// [cancelled](Self#cancellation), and called again.
    pub async fn terminate(&self) -> Vec<PeerId> {
        self.with(|communication, now| communication.terminate_communication(now));
        let mut awaiting = Awaiting::new(self);
        poll_fn(|cx| awaiting.poll_terminated(cx.waker())).await
    }
}

impl<R> Deref for NodeHandle<R> {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl<R> Clone for NodeHandle<R> {
    fn clone(&self) -> NodeHandle<R> {
        NodeHandle { handle: self.handle.clone(), runtime: PhantomData }
    }
}

impl<R> fmt::Debug for NodeHandle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NodeHandle").field(&self.handle).finish()
    }
}
