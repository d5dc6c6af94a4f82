//! The variables that a node shares with its peers.

use super::exchange::Stage;
use super::{NodeError, NodeMachine, PeerId};
use crate::Time;
use crate::connection::{Phase, StateSource};
use crate::data::StateAccess;
use crate::state::{FullState, Progress, StateError, Store};

impl NodeMachine {
    /// Sets the source of our state for peers (§3.4). Default: [`StateSource::None`].
    pub fn set_state_source(&mut self, state: StateSource) {
        self.state.source = state;
    }

    /// Sets the variables that the node shares with peers: the node sends them in phase Sync,
    /// applies the operations of peers, and expires entries. Call this before
    /// [`start`](Self::start).
    ///
    /// Local changes made while a peer sends its state are either undone by that state or sent to
    /// the peer in phase Running.
    ///
    /// Without a store, operations of peers are passed to the application. It must set whether it
    /// has state with [`set_state_source`](Self::set_state_source).
    pub fn set_store(&mut self, store: Store) {
        self.state.set_store(store, &self.settings.options, &self.clock);
    }

    /// Returns the variables that the node shares with peers.
    pub fn store(&self) -> Option<&Store> {
        self.state.store.as_ref()
    }

    /// Changes a variable, and sends the change to every peer that has requested sync.
    ///
    /// ```
    /// # use brocomm::node::{NodeMachine, NodeConfig};
    /// # use brocomm::state::{StoreLimits, Store};
    /// # use brocomm::{Time, data::Declarations};
    /// # let now = Time::from_secs_f64(1_500_000_000.0);
    /// # let mut node = NodeMachine::new(NodeConfig::default()).unwrap();
    /// let mut declarations = Declarations::new();
    /// declarations.read("global hits = 0 &synchronized;")?;
    /// let mut store = Store::new("#host#1#", StoreLimits::default());
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
        let Some(store) = &mut self.state.store else {
            return Err(StateError::UnknownTarget("state".into()));
        };
        if let Some(access) = change(store)? {
            self.propagate(access, None);
        }
        Ok(())
    }

    /// Stops sending changes to peers until [`resume_state_updates`](Self::resume_state_updates)
    /// has been called as many times. Changes in between are never sent.
    pub fn suspend_state_updates(&mut self) {
        self.state.suspended = self.state.suspended.saturating_add(1);
    }

    /// Resumes sending changes to peers.
    pub fn resume_state_updates(&mut self) {
        self.state.suspended = self.state.suspended.saturating_sub(1);
    }

    /// Sends all variables to a peer in phase Running, as in phase Sync.
    ///
    /// The peer then has all local values, entries and elements. It keeps its additional entries in
    /// tables and sets with known unique IDs, and the fields of known records: in phase Running, a
    /// known container keeps its content (2§9).
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
    /// [`send_state`](Self::send_state). Returns `None` if it is not being sent.
    pub fn state_progress(&self, id: PeerId) -> Option<Progress> {
        match &self.find(id)?.exchange.stage {
            Stage::SendingState(transfer) => Some(self.store()?.progress(&transfer.state)),
            _ => None,
        }
    }
}
