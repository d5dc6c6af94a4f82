//! What can be done with a node that runs, without waiting.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use brocomm::Time;
use brocomm::data::{Event, EventType, Handlers, Name, SignatureError};
use brocomm::node::{Communication, NodeError, PeerId, RaiseError, Raised};
use brocomm::transport::StartError;

use crate::{Clock, Events, Notifications, Shared};

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

/// Starts a node that was made but not [started](Communication::start); `begin` is to begin what
/// runs it.
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
    let handle = Handle { shared, owner };
    let notifications = Notifications::new(handle.clone());
    Ok((handle, notifications))
}

impl Handle {
    /// Hands out all notifications from now on to one more.
    ///
    /// What it does not take is kept for it, as far as
    /// [`Options::incoming`](brocomm::node::Options::incoming) says for each. When somebody's share
    /// is full nobody gets more, and the peers are not read from: so whoever wants no more drops it.
    /// What was taken before is not told again, and an answer to a request to nobody.
    pub fn subscribe(&self) -> Notifications {
        Notifications::subscribe(self.clone(), None)
    }

    /// Hands out all events of one type from now on, as Rust values; otherwise like
    /// [`subscribe`](Self::subscribe). They are notifications as well. That peers are asked for the
    /// event is the business of [`Node::events`](brocomm::node::Node::events).
    ///
    /// # Errors
    /// Says that the event is not declared, or which parameter differs from its declaration.
    pub fn events<E: EventType>(&self) -> Result<Events<E>, SignatureError> {
        let declarations = self.with(|communication, _| Arc::clone(communication.declarations()));
        Handlers::<()>::new(declarations).on_event(|(), _: E| ())?;
        let name = Name::from_static(E::NAME);
        Ok(Events::new(Notifications::subscribe(self.clone(), Some(name))))
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
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

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("handles", &Arc::strong_count(&self.owner)).finish()
    }
}
