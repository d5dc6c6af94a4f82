//! A whole node.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::manager::Manager;
use crate::shared::{Awaiting, Shared};
use crate::socket::within;
use async_executor::Executor;
use async_io::block_on;
use brocomm::Time;
use brocomm::data::{Event, Name};
use brocomm::node::{
    Communication, Configuration, EventPeer, NodeError, Notification, PeerId, RaiseError, Raised,
};
use brocomm::transport::{RequestError, StartError};

/// Runs a node: listens, connects, carries what passes between it and its peers.
///
/// Can be cloned and shared; all clones are the same node. It runs in a thread of its own, until it is
/// [terminated](Self::terminate), or until the last clone and the [`Notifications`] are dropped,
/// which closes all sockets at once, whatever waits.
///
/// # Back pressure
/// What the application does not take stays with its peers: of what came and was not
/// [taken](Notifications::next) only so much is held as
/// [`Options::incoming`](brocomm::node::Options::incoming) says, then the peers are not read from.
/// What peers do not take waits here, as far as
/// [`Options::outgoing`](brocomm::node::Options::outgoing) says; then [`raise`](Self::raise) waits,
/// or whatever the policy there is.
///
/// # Cancellation
/// Each of the futures can be dropped at any time. An event whose [`raise`](Self::raise) was dropped
/// is raised or not, never in part; a [`request`](Self::request) may have been sent; and what
/// [`flush`](Self::flush) and [`terminate`](Self::terminate) await goes on.
#[derive(Clone)]
pub struct NodeHandle {
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

/// Hands out what a node tells, in order.
///
/// When it is dropped, the node goes on, and what it tells is dropped too.
pub struct Notifications {
    shared: Arc<Shared>,
    _owner: Arc<Owner>,
}

impl NodeHandle {
    /// Begins: listens and connects as the configuration says.
    ///
    /// # Errors
    /// [`StartError`]. That the node can't listen or connect is none: it is told, and tried again as
    /// the options say.
    pub fn start(configuration: Configuration) -> Result<(NodeHandle, Notifications), StartError> {
        let communication = Communication::new(configuration).map_err(StartError::Configuration)?;
        NodeHandle::run(communication)
    }

    /// Begins with a node that was made, and perhaps changed, but not
    /// [started](Communication::start).
    ///
    /// # Errors
    /// [`StartError::System`].
    pub fn run(
        mut communication: Communication,
    ) -> Result<(NodeHandle, Notifications), StartError> {
        // Hashers of the standard library have random keys.
        communication.feed_random(RandomState::new().build_hasher().finish());
        let shared = Arc::new(Shared::new(communication));
        shared.with(|hub, now| hub.communication_mut().start(now));
        let executor = Arc::new(Executor::new());
        let manager = Manager::new(Arc::clone(&shared), Arc::clone(&executor));
        // What is left to carry when the manager ends ends with it.
        thread::Builder::new()
            .name("brocomm".to_owned())
            .spawn(move || block_on(executor.run(manager)))
            .map_err(|error| StartError::System { doing: "begin a thread", cause: error.into() })?;
        let owner = Arc::new(Owner(Arc::clone(&shared)));
        let notifications =
            Notifications { shared: Arc::clone(&shared), _owner: Arc::clone(&owner) };
        Ok((NodeHandle { shared, owner }, notifications))
    }

    /// Raises an event as [`Communication::raise`] does, as soon as there is room for it.
    ///
    /// If the policy of [`Options::outgoing`](brocomm::node::Options::outgoing) is to block, one
    /// peer that has requested the event and reads nothing makes this wait until it does, or is
    /// gone. Can be [cancelled](Self#cancellation).
    pub async fn raise(&self, event: Event) -> Raised {
        let mut awaiting = Awaiting::new(&self.shared);
        let mut event = Some(event);
        poll_fn(|cx| {
            let raise = |hub: &mut brocomm::transport::Hub, now| {
                hub.poll_raise(&mut awaiting.ticket, &mut event, now, cx.waker())
            };
            self.shared.with(raise)
        })
        .await
    }

    /// Raises an event if there is room for it.
    ///
    /// # Errors
    /// As [`Communication::raise`].
    pub fn try_raise(&self, event: Event) -> Result<Raised, RaiseError> {
        self.with(|communication, now| communication.raise(event, now))
    }

    /// Raises an event and waits for the one that answers it: the first of this name for which
    /// `matches` is true. That one is no notification.
    ///
    /// The answer is found whether or not the application takes notifications meanwhile, unless
    /// too many of them come before it. Can be [cancelled](Self#cancellation).
    ///
    /// # Errors
    /// [`RequestError::NobodyAsked`], [`RequestError::TimedOut`], [`RequestError::Terminated`].
    pub async fn request(
        &self,
        event: Event,
        answer: impl Into<Name>,
        mut matches: impl FnMut(&Event) -> bool + Send + 'static,
        timeout: Duration,
    ) -> Result<(Arc<EventPeer>, Event), RequestError> {
        let name = answer.into();
        let mut awaiting = Awaiting::new(&self.shared);
        let is_answer = move |_: &EventPeer, event: &Event| event.name == name && matches(event);
        self.shared.with(|hub, _| hub.expect(&mut awaiting.ticket, is_answer));
        let answer = async {
            let raised = self.raise(event).await;
            if raised.peers == 0 && raised.kept == 0 {
                return Err(RequestError::NobodyAsked);
            }
            poll_fn(|cx| {
                self.shared.with(|hub, _| hub.poll_answer(&mut awaiting.ticket, cx.waker()))
            })
            .await
            .ok_or(RequestError::Terminated)
        };
        within(Instant::now().checked_add(timeout), answer)
            .await
            .unwrap_or(Err(RequestError::TimedOut { timeout }))
    }

    /// Does anything else with the node, such as its commands and getters, and returns what that
    /// gives; with the present time, which many of them want.
    ///
    /// The node waits meanwhile, so this should be short; and it must not use this handle, which
    /// would wait for ever. What is fed to the node and polled from it is the business of the
    /// handle alone.
    pub fn with<T>(&self, act: impl FnOnce(&mut Communication, Time) -> T) -> T {
        self.shared.with(|hub, now| act(hub.communication_mut(), now))
    }

    /// Connects to a node by name, as [`Communication::connect_peer`] does. What comes of it is
    /// told.
    ///
    /// # Errors
    /// As [`Communication::connect_peer`].
    pub fn connect_peer(&self, name: &str) -> Result<PeerId, NodeError> {
        self.with(|communication, now| communication.connect_peer(name, now))
    }

    /// Closes the connection to a peer, as [`Communication::disconnect`] does; what waits for it is
    /// sent before.
    ///
    /// # Errors
    /// As [`Communication::disconnect`].
    pub fn disconnect(&self, peer: PeerId) -> Result<(), NodeError> {
        self.with(|communication, now| communication.disconnect(peer, now))
    }

    /// Waits until all that was raised before is in the hands of the system, but not longer than
    /// this; which is no proof that peers read it.
    ///
    /// Returns the peers for which something still waits, what is kept for those that are away
    /// included: none if all went well. Can be [cancelled](Self#cancellation).
    pub async fn flush(&self, limit: Duration) -> Vec<PeerId> {
        let mut awaiting = Awaiting::new(&self.shared);
        let mut from = PeerId::LOCAL;
        let flushed = poll_fn(|cx| {
            self.shared.with(|hub, _| hub.poll_flush(&mut awaiting.ticket, &mut from, cx.waker()))
        });
        match within(Instant::now().checked_add(limit), flushed).await {
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
        let mut awaiting = Awaiting::new(&self.shared);
        poll_fn(|cx| {
            self.shared.with(|hub, _| hub.poll_terminated(&mut awaiting.ticket, cx.waker()))
        })
        .await
    }

    /// Returns what time it is on the node's clock: the wall clock as it was when the node began,
    /// and the monotonic clock since then.
    pub fn now(&self) -> Time {
        self.shared.now()
    }
}

impl Notifications {
    /// Returns the next notification, as soon as there is one; `None` after
    /// [`Notification::Terminated`], which is the last.
    ///
    /// The future can be dropped at any time without losing anything: a notification leaves the
    /// node only as the result.
    pub async fn next(&mut self) -> Option<Notification> {
        poll_fn(|cx| self.shared.with(|hub, _| hub.poll_notification(cx.waker()))).await
    }
}

impl Drop for Notifications {
    fn drop(&mut self) {
        self.shared.with(|hub, _| hub.stop_telling());
    }
}

impl fmt::Debug for NodeHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeHandle").field("handles", &Arc::strong_count(&self.owner)).finish()
    }
}

impl fmt::Debug for Notifications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifications").finish_non_exhaustive()
    }
}
