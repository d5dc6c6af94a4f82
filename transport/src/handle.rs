//! What can be done with a node that runs, without waiting.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::task::{Poll, Waker};

use brocomm::Time;
use brocomm::data::Event;
use brocomm::node::{Communication, NodeError, Notification, PeerId, RaiseError, Raised};
use brocomm::transport::StartError;

use crate::{Awaiting, Clock, Shared};

/// Holds a node that runs: what the handles of all transports can do without waiting.
///
/// Can be cloned and shared; all clones are the same node. It runs until it is terminated, or until
/// the last clone and the [`Notifications`] are dropped, which closes all sockets at once, whatever
/// waits.
#[derive(Clone)]
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

impl Handle {
    /// Starts a node that was made but not [started](Communication::start); `begin` is to begin
    /// what runs it.
    ///
    /// # Errors
    /// What `begin` says.
    pub fn run(
        mut communication: Communication,
        clock: Clock,
        begin: impl FnOnce(Arc<Shared>) -> Result<(), StartError>,
    ) -> Result<(Handle, Notifications), StartError> {
        // Hashers of the standard library have random keys.
        communication.feed_random(RandomState::new().build_hasher().finish());
        let shared = Arc::new(Shared::new(communication, clock));
        shared.with(|hub, now| hub.communication_mut().start(now));
        begin(Arc::clone(&shared))?;
        let owner = Arc::new(Owner(Arc::clone(&shared)));
        let notifications =
            Notifications { shared: Arc::clone(&shared), _owner: Arc::clone(&owner) };
        Ok((Handle { shared, owner }, notifications))
    }

    /// Begins to await something of the node.
    pub fn awaiting(&self) -> Awaiting<'_> {
        Awaiting::new(&self.shared)
    }

    /// Raises an event if there is room for it.
    ///
    /// # Errors
    /// As [`Communication::raise`].
    pub fn try_raise(&self, event: Event) -> Result<Raised, RaiseError> {
        self.with(|communication, now| communication.raise(event, now))
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

    /// Returns what time it is on the node's clock: the wall clock as it was when the node began,
    /// and the monotonic clock since then.
    pub fn now(&self) -> Time {
        self.shared.now()
    }
}

/// Hands out what a node tells, in order.
///
/// When it is dropped, the node goes on, and what it tells is dropped too.
pub struct Notifications {
    shared: Arc<Shared>,
    _owner: Arc<Owner>,
}

impl Notifications {
    /// Returns the next notification, as soon as there is one; `None` after
    /// [`Notification::Terminated`], which is the last.
    ///
    /// The future can be dropped at any time without losing anything: a notification leaves the
    /// node only as the result.
    pub async fn next(&mut self) -> Option<Notification> {
        poll_fn(|cx| self.poll_next(cx.waker())).await
    }

    /// Returns the next notification if there is one, or has somebody woken when there is.
    pub fn poll_next(&mut self, waker: &Waker) -> Poll<Option<Notification>> {
        self.shared.with(|hub, _| hub.poll_notification(waker))
    }

    /// Tells whether the last notification was taken.
    pub fn is_over(&self) -> bool {
        self.shared.with(|hub, _| hub.has_told_all())
    }
}

impl Drop for Notifications {
    fn drop(&mut self) {
        self.shared.with(|hub, _| hub.stop_telling());
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("handles", &Arc::strong_count(&self.owner)).finish()
    }
}

impl fmt::Debug for Notifications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifications").finish_non_exhaustive()
    }
}
