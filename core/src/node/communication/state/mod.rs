//! Synchronized state: sending, receiving and updating it (§3.3–§3.5, 2§9).

mod giving;
mod pending;
mod taking;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use self::pending::Pending;
use super::super::{Notification, PeerId};
use super::{NodeError, NodeMachine};
use crate::Time;
use crate::connection::{Phase, StateSource};
use crate::data::{Name, StateAccess};
use crate::state::{Alias, FullState, Progress, StateError, Store};

/// The variables that a node shares with its peers.
#[derive(Debug)]
pub(super) struct State {
    store: Store,
    /// The number of active suspensions of updates.
    suspended: u32,
}

/// The synchronisation with one peer during a connection.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    stage: Stage,
    /// The peer's unique ids of containers, by our ids, where they differ.
    aliases: BTreeMap<Name, Name>,
    /// The number of aliases at which those of removed containers are dropped.
    prune_at: usize,
}

/// The stage of synchronisation with a peer.
#[derive(Debug, Default)]
enum Stage {
    /// Neither side has the other's state, so changes are not sent.
    #[default]
    Before,
    /// The full state is being sent to the peer.
    Giving(Box<Giving>),
    /// The peer is sending its full state; local changes wait until it is complete, unless it
    /// undoes them.
    Taking(Box<Pending>),
    /// Both sides send their changes.
    Running,
}

/// The full state being sent to a peer.
#[derive(Debug, Default)]
struct Giving {
    state: FullState,
    /// The next operation, for which there was no room.
    next: Option<StateAccess>,
    /// Changes of parts that were sent already.
    changes: VecDeque<Arc<StateAccess>>,
}

impl Exchange {
    /// Records that a peer knows a container by this id, possibly by no other.
    fn note(&mut self, Alias { ours, theirs }: Alias, store: &Store) {
        self.aliases.insert(ours, theirs);
        if self.aliases.len() > self.prune_at {
            self.aliases.retain(|ours, _| store.id_of(ours).is_some());
            self.prune_at = self.aliases.len().saturating_mul(2).max(64);
        }
    }

    /// Addresses an operation by an id that the peer knows.
    fn address(&self, access: &Arc<StateAccess>) -> Arc<StateAccess> {
        match self.aliases.get(&access.target) {
            None => Arc::clone(access),
            Some(target) => {
                Arc::new(StateAccess { target: target.clone(), ..StateAccess::clone(access) })
            }
        }
    }
}

/// The variables themselves.
impl NodeMachine {
    /// Sets the variables that the node shares with peers: it sends them in phase Sync, applies the
    /// operations of peers, and expires entries. Call this before [`start`](Self::start).
    ///
    /// Local changes while a peer sends its state are undone by that state, or else sent to the
    /// peer in phase Running.
    ///
    /// Without variables, operations of peers are passed to the application, which sets with
    /// [`set_state_source`](Self::set_state_source) whether it has state.
    pub fn set_store(&mut self, mut store: Store) {
        store.set_check_consistency(self.options.remote_check_sync_consistency);
        store.feed_time(self.clock.now());
        self.state = StateSource::Application;
        self.store = Some(State { store, suspended: 0 });
        self.feed_store_wall_clock();
    }

    /// Returns the variables that the node shares with peers.
    pub fn store(&self) -> Option<&Store> {
        self.store.as_ref().map(|state| &state.store)
    }

    /// Changes a variable, and sends the change to every peer that has requested sync.
    ///
    /// ```
    /// # use brocomm::node::{NodeMachine, NodeConfig};
    /// # use brocomm::state::{Limits, Store};
    /// # use brocomm::{Time, data::Declarations};
    /// # let now = Time::from_secs_f64(1_500_000_000.0);
    /// # let mut node = NodeMachine::new(NodeConfig::default()).unwrap();
    /// let mut declarations = Declarations::new();
    /// declarations.read("global hits = 0 &synchronized;")?;
    /// let mut store = Store::new("#host#1#", Limits::default());
    /// store.declare_synchronized(&declarations)?;
    /// node.set_store(store);
    ///
    /// node.change_state(now, |store| store.increment("hits", 1))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns the operation's error, or [`StateError::UnknownTarget`] if the node has no
    /// variables.
    pub fn change_state(
        &mut self,
        now: Time,
        change: impl FnOnce(&mut Store) -> Result<Option<StateAccess>, StateError>,
    ) -> Result<(), StateError> {
        self.feed_time(now);
        let Some(state) = &mut self.store else {
            return Err(StateError::UnknownTarget("state".into()));
        };
        if let Some(access) = change(&mut state.store)? {
            self.propagate(access, None);
        }
        Ok(())
    }

    /// Stops sending changes to peers until [`resume_state_updates`](Self::resume_state_updates) is
    /// called equally often. Changes in between are never sent.
    pub fn suspend_state_updates(&mut self) {
        if let Some(state) = &mut self.store {
            state.suspended = state.suspended.saturating_add(1);
        }
    }

    /// Resumes sending changes to peers.
    pub fn resume_state_updates(&mut self) {
        if let Some(state) = &mut self.store {
            state.suspended = state.suspended.saturating_sub(1);
        }
    }

    /// Sends all variables to a peer in phase Running, as in phase Sync.
    ///
    /// It then has all local values, entries and elements. Its additional entries in tables and
    /// sets with known unique ids, and the fields of known records, are kept: in phase Running, a
    /// known container keeps its content there (2§9).
    ///
    /// # Errors
    /// [`NodeError::UnknownPeer`], [`NodeError::NotConnected`] unless it is Running.
    pub fn send_state(&mut self, id: PeerId) -> Result<(), NodeError> {
        let key = self.peers.key(id).ok_or(NodeError::UnknownPeer(id))?;
        if self.connection(key).is_none_or(|connection| connection.phase() != Phase::Running) {
            return Err(NodeError::NotConnected(id));
        }
        self.give_state(key, FullState::in_pieces(0));
        Ok(())
    }

    /// Returns the progress of sending the full state to a peer, in phase Sync or by
    /// [`send_state`](Self::send_state). `None` if it is not being sent.
    pub fn state_progress(&self, id: PeerId) -> Option<Progress> {
        match &self.find(id)?.exchange.stage {
            Stage::Giving(giving) => Some(self.store()?.progress(&giving.state)),
            _ => None,
        }
    }

    /// Expires due entries, and notifies peers and the application.
    pub(super) fn expire(&mut self) {
        while self.terminated().is_none() {
            let now = self.clock.now();
            let Some(state) = &mut self.store else { return };
            state.store.feed_time(now);
            let Some(mut expired) = state.store.poll_expired() else { return };
            if let Some(access) = expired.access.take() {
                self.propagate(access, None);
            }
            self.delivery.push(Notification::Expired(Box::new(expired)));
        }
    }

    /// Updates the wall clock for time stamps.
    pub(super) fn feed_store_wall_clock(&mut self) {
        if let Some(state) = &mut self.store {
            state.store.feed_wall_clock(self.clock.wall_ahead());
        }
    }

    /// Returns when the next entry expires.
    pub(super) fn next_expiry(&self) -> Option<Time> {
        self.store().filter(|_| self.terminated().is_none())?.next_expiry()
    }
}
