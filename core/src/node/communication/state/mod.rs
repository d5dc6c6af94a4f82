//! Synchronized state: given to peers, taken from them, and kept the same (§3.3–§3.5, 2§9).

mod giving;
mod pending;
mod taking;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use self::pending::Pending;
use super::super::log::CommLogLine;
use super::super::{Notification, PeerId};
use super::{NodeError, NodeMachine, PeerKey};
use crate::Time;
use crate::connection::{Phase, StateSource};
use crate::data::{Name, StateAccess};
use crate::state::{Alias, FullState, Progress, StateError, Store};

/// The variables that a node has in common with its peers.
#[derive(Debug)]
pub(super) struct State {
    store: Store,
    /// How often the application has asked that nobody be told of changes.
    suspended: u32,
}

/// What passes between the node and one peer, for as long as they are connected.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    stage: Stage,
    /// By which unique ids the peer calls containers that we call otherwise, by ours.
    aliases: BTreeMap<Name, Name>,
    /// The unique ids of containers that have no type at the peer yet, so that it puts nothing into
    /// them.
    open: BTreeSet<Name>,
    /// At how many of both it is looked at which are of containers that are gone.
    prune_at: usize,
}

/// How far a peer and we have come.
#[derive(Debug, Default)]
enum Stage {
    /// Neither has the other's state, so changes mean nothing to it.
    #[default]
    Before,
    /// The peer is given the full state.
    Giving(Box<Giving>),
    /// The peer gives its full state; changes of ours wait until that is over, as long as it does
    /// not undo them.
    Taking(Box<Pending>),
    /// Each is told of the other's changes.
    Running,
}

/// The full state on its way to a peer.
#[derive(Debug, Default)]
struct Giving {
    state: FullState,
    /// What was found to go next when there was no room for it.
    next: Option<StateAccess>,
    /// Changes of what was given already.
    changes: VecDeque<Arc<StateAccess>>,
}

/// An operation is on a container that takes no elements at the peer.
#[derive(Debug)]
struct NoTypeYet;

impl Exchange {
    /// Records that a peer knows a container by this id, perhaps by no other.
    fn note(&mut self, Alias { ours, theirs }: Alias, store: &Store) {
        self.aliases.insert(ours, theirs);
        self.prune(store);
    }

    /// Records which containers of a peer have no type yet.
    fn note_open(&mut self, open: Vec<Name>, store: &Store) {
        self.open.extend(open);
        self.prune(store);
    }

    fn prune(&mut self, store: &Store) {
        if self.aliases.len() + self.open.len() > self.prune_at {
            self.aliases.retain(|ours, _| store.id_of(ours).is_some());
            let theirs: BTreeSet<&Name> = self.aliases.values().collect();
            self.open.retain(|id| store.id_of(id).is_some() || theirs.contains(id));
            self.prune_at = (self.aliases.len() + self.open.len()).saturating_mul(2).max(64);
        }
    }

    /// Addresses an operation by an id that the peer knows; or returns that at the peer what it is
    /// on has no type yet.
    fn address(&self, access: &Arc<StateAccess>) -> Result<Arc<StateAccess>, NoTypeYet> {
        let target = self.aliases.get(&access.target);
        if self.open.contains(target.unwrap_or(&access.target)) {
            return Err(NoTypeYet);
        }
        Ok(match target {
            None => Arc::clone(access),
            Some(target) => {
                Arc::new(StateAccess { target: target.clone(), ..StateAccess::clone(access) })
            }
        })
    }
}

/// The variables themselves.
impl NodeMachine {
    /// Gives the node variables to have in common with peers: it sends them in Sync, carries out
    /// the operations of peers, and lets entries expire. Best before [`start`](Self::start).
    ///
    /// What is changed here while a peer gives its state is undone by it, or else told to the peer
    /// once it is Running.
    ///
    /// Without, operations of peers are handed to the application, which says with
    /// [`set_state_source`](Self::set_state_source) whether it has state of its own.
    pub fn set_store(&mut self, mut store: Store) {
        store.set_check_consistency(self.options.remote_check_sync_consistency);
        store.feed_time(self.clock.now());
        self.state = StateSource::Application;
        self.store = Some(State { store, suspended: 0 });
        self.feed_store_wall_clock();
    }

    /// Returns the variables that the node has in common with peers.
    pub fn store(&self) -> Option<&Store> {
        self.store.as_ref().map(|state| &state.store)
    }

    /// Changes a variable, and tells every peer that has requested sync.
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
    /// What the operation gives, or [`StateError::UnknownTarget`] if the node has no variables.
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

    /// Tells peers of no changes until
    /// [`resume_state_updates`](Self::resume_state_updates) is called as often. They never learn
    /// of those in between.
    pub fn suspend_state_updates(&mut self) {
        if let Some(state) = &mut self.store {
            state.suspended = state.suspended.saturating_add(1);
        }
    }

    /// Tells peers of changes again.
    pub fn resume_state_updates(&mut self) {
        if let Some(state) = &mut self.store {
            state.suspended = state.suspended.saturating_sub(1);
        }
    }

    /// Sends a peer that is Running all variables, as in Sync.
    ///
    /// It then has all values, entries and elements that are here. What it has besides in tables
    /// and sets that it knows by their unique ids stays there, and so do the fields of records that
    /// it knows: a known container that arrives in Running is the one that is there already (2§9).
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

    /// Tells how much of the full state a peer was given that is being given it: in Sync, or by
    /// [`send_state`](Self::send_state). None for another peer.
    pub fn state_progress(&self, id: PeerId) -> Option<Progress> {
        match &self.find(id)?.exchange.stage {
            Stage::Giving(giving) => Some(self.store()?.progress(&giving.state)),
            _ => None,
        }
    }

    /// Says that a peer is not told of a change.
    fn not_told(&mut self, id: PeerKey, change: &StateAccess) {
        let Some(state) = &self.store else { return };
        let variables = state.store.variables_of(&change.target);
        let variables: Vec<String> = variables.iter().map(Name::to_string).collect();
        if !variables.is_empty() {
            self.not_sent(
                id,
                format!(
                    "{}: what is changed there has no type at the peer yet, so that it takes no \
                     elements; assign a value to it",
                    variables.join(", ")
                ),
            );
        }
    }

    /// Says why something is not sent to a peer.
    fn not_sent(&mut self, id: PeerKey, why: String) {
        self.log_peer(id, CommLogLine::StateNotSent(why.as_str().into()));
        self.error(id, format!("state not sent: {why}").into());
    }

    /// Lets entries expire whose time is over, and tells everybody.
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

    /// Lets time stamps show the wall clock.
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
