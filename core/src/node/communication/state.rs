//! Synchronized state: given to peers, taken from them, and kept the same (§3.3–§3.5, 2§9).

use std::collections::VecDeque;
use std::sync::Arc;

use super::super::log::LogLine;
use super::super::outbox::Outgoing;
use super::super::{Notification, PeerId};
use super::{Communication, NodeError};
use crate::Time;
use crate::connection::{Phase, Sent, StateSource, SyncRole, UsageError};
use crate::data::{Id, StateAccess};
use crate::state::{Applied, FullState, Inconsistency, StateError, Store};

/// The variables that a node has in common with its peers.
#[derive(Debug)]
pub(super) struct State {
    store: Store,
    /// How often the application has asked that nobody be told of changes.
    suspended: u32,
}

/// The full state on its way to a peer.
#[derive(Debug, Default)]
pub(super) struct Sending {
    state: FullState,
    /// What was found to go next when there was no room for it.
    next: Option<StateAccess>,
    /// Changes of what was given already.
    changes: VecDeque<Arc<StateAccess>>,
}

/// The variables themselves.
impl Communication {
    /// Gives the node variables to have in common with peers: it sends them in Sync, carries out
    /// the operations of peers, and lets entries expire. Best before [`start`](Self::start).
    ///
    /// Without, operations of peers are handed to the application, which says with
    /// [`set_state_source`](Self::set_state_source) whether it has state of its own.
    pub fn set_store(&mut self, mut store: Store) {
        store.set_check_consistency(self.options.remote_check_sync_consistency);
        store.advance(self.now);
        self.state = StateSource::Application;
        self.store = Some(State { store, suspended: 0 });
    }

    /// Returns the variables that the node has in common with peers.
    pub fn store(&self) -> Option<&Store> {
        self.store.as_ref().map(|state| &state.store)
    }

    /// Changes a variable, and tells every peer that has requested sync.
    ///
    /// ```
    /// # use brocomm::node::{Communication, Configuration};
    /// # use brocomm::state::{Limits, Store};
    /// # use brocomm::{Time, data::Declarations};
    /// # let now = Time::from_secs_f64(1_500_000_000.0);
    /// # let mut node = Communication::new(Configuration::default()).unwrap();
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

    /// Tells peers of no changes of ours until
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

    /// Sends a peer that is Running all variables, as in Sync; what it has becomes as it is here.
    ///
    /// # Errors
    /// [`NodeError::UnknownPeer`], [`NodeError::NotConnected`] unless it is Running.
    pub fn send_state(&mut self, id: PeerId) -> Result<(), NodeError> {
        if !self.peers.contains_key(&id) {
            return Err(NodeError::UnknownPeer(id));
        }
        if self.connection(id).is_none_or(|connection| connection.phase() != Phase::Running) {
            return Err(NodeError::NotConnected(id));
        }
        self.begin_to_send_state(id);
        Ok(())
    }

    /// Lets entries expire whose time is over, and tells everybody.
    pub(super) fn expire(&mut self) {
        while self.terminated().is_none() {
            let now = self.now;
            let Some(state) = &mut self.store else { return };
            state.store.advance(now);
            let Some(mut expired) = state.store.poll_expired() else { return };
            if let Some(access) = expired.access.take() {
                self.propagate(access, None);
            }
            self.notifications.push_back(Notification::Expired(Box::new(expired)));
        }
    }

    /// Returns when the next entry expires.
    pub(super) fn next_expiry(&self) -> Option<Time> {
        self.store().filter(|_| self.terminated().is_none())?.next_expiry()
    }
}

/// To peers.
impl Communication {
    /// Tells all peers that want to know of an operation that was carried out here, but not the one
    /// where it came from.
    fn propagate(&mut self, access: StateAccess, origin: Option<PeerId>) {
        let Some(state) = self.store.as_ref().filter(|state| state.suspended == 0) else { return };
        let access = Arc::new(access);
        let mut running = Vec::new();
        for (id, peer) in self.peers.iter_mut().filter(|(id, _)| Some(**id) != origin) {
            if let Some(sending) = &mut peer.sending {
                // What was not given yet is given as it is then.
                if state.store.is_for(&sending.state, &access) {
                    sending.changes.push_back(Arc::clone(&access));
                }
                continue;
            }
            let connection =
                peer.link.and_then(|link| self.links.get(&link)?.connection.as_deref());
            if connection.is_some_and(|c| c.phase() == Phase::Running && c.is_sync_requested()) {
                peer.outbox.push(Outgoing::Access(Arc::clone(&access)));
                running.push(*id);
            }
        }
        running.into_iter().for_each(|id| self.pump(id));
    }

    pub(super) fn sync_started(&mut self, id: PeerId, role: SyncRole) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.receives_state = role == SyncRole::Receiver;
        }
        if role == SyncRole::Sender && self.store.is_some() {
            self.begin_to_send_state(id);
        }
    }

    fn begin_to_send_state(&mut self, id: PeerId) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.sending = Some(Box::default());
            self.pump_state(id);
        }
    }

    /// Sends the full state as far as there is room; the rest follows when some of it is written.
    pub(super) fn pump_state(&mut self, id: PeerId) {
        loop {
            let Some(state) = &self.store else { return };
            let Some(sending) = self.peers.get_mut(&id).and_then(|peer| peer.sending.as_mut())
            else {
                return;
            };
            let next = match sending.next.take() {
                Some(access) => Ok(Some(access)),
                None => match sending.changes.pop_front() {
                    Some(change) => Ok(Some(Arc::unwrap_or_clone(change))),
                    None => state.store.next_state(&mut sending.state),
                },
            };
            match next {
                Ok(Some(access)) => {
                    if !self.send_piece(id, access) {
                        return;
                    }
                }
                Ok(None) => return self.state_is_sent(id),
                // The others are sent without it.
                Err(error) => self.error(id, format!("serializing state access: {error}").into()),
            }
        }
    }

    /// Sends an operation of the full state; returns whether there is room for another.
    fn send_piece(&mut self, id: PeerId, access: StateAccess) -> bool {
        let sent = self.connection_mut(id).map(|connection| connection.send_state_access(&access));
        match sent {
            Some(Ok(Sent::Sent)) => {
                self.touch_peer(id);
                true
            }
            Some(Err(UsageError::QueueFull { .. })) => {
                if let Some(sending) =
                    self.peers.get_mut(&id).and_then(|peer| peer.sending.as_mut())
                {
                    sending.next = Some(access);
                }
                false
            }
            Some(Err(error)) => {
                self.error(id, format!("serializing state access: {error}").into());
                true
            }
            // It is not wanted, or the connection is over.
            Some(Ok(_)) | None => {
                if let Some(peer) = self.peers.get_mut(&id) {
                    peer.sending = None;
                }
                false
            }
        }
    }

    fn state_is_sent(&mut self, id: PeerId) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.sending = None;
        }
        let in_sync = |phase| phase == Phase::Sync(SyncRole::Sender);
        if self.connection(id).is_some_and(|connection| in_sync(connection.phase())) {
            // We are the sender, so it is not refused.
            let _ = self.state_done(id);
        }
    }
}

/// From peers.
impl Communication {
    /// Carries out an operation of a peer, or leaves that to the application.
    pub(super) fn state_access(&mut self, id: PeerId, access: Box<StateAccess>) {
        let now = self.now;
        let Some(peer) = self.peers.get(&id) else { return };
        let (who, full) = (Arc::clone(&peer.who), peer.receives_state);
        let Some(state) = &mut self.store else {
            return self.tell(id, Notification::StateAccess { peer: who, access });
        };
        state.store.advance(now);
        let applied =
            if full { state.store.apply_full(&access) } else { state.store.apply(&access) };
        match applied {
            Ok(Applied { inconsistency, expired }) => {
                // A full state carries no old values.
                if let Some(inconsistency) = inconsistency.filter(|_| !full) {
                    self.inconsistent(id, inconsistency);
                }
                if let Some(expired) = expired {
                    self.tell(id, Notification::Expired(Box::new(expired)));
                }
                if self.options.forward_remote_state_changes {
                    self.propagate((*access).clone(), Some(id));
                }
                self.tell(id, Notification::StateAccessPerformed { peer: who, access });
            }
            Err(error) => {
                let target = access.target;
                self.tell(id, Notification::StateAccessRejected { peer: who, target, error });
            }
        }
    }

    fn inconsistent(&mut self, id: PeerId, what: Inconsistency) {
        let Some(who) = self.peers.get(&id).map(|peer| Arc::clone(&peer.who)) else { return };
        let value = |value: &Option<crate::data::Value>| match value {
            Some(value) => value.to_string(),
            None => "<none>".to_owned(),
        };
        let index = what.index.as_ref().map(|index| format!("[{index}]")).unwrap_or_default();
        let line = format!(
            "{}{index} should be {} but is {} before {}",
            what.id,
            value(&what.expected_old),
            value(&what.real_old),
            what.operation
        );
        self.log_peer(id, LogLine::StateInconsistency(line.into()));
        let inconsistency = Box::new(what);
        self.tell(id, Notification::StateInconsistency { peer: who, inconsistency });
    }

    /// Takes an ID with its value, if it is one of the variables.
    pub(super) fn take_id(&mut self, id: PeerId, what: Arc<Id>) {
        let Some(who) = self.peers.get(&id).map(|peer| Arc::clone(&peer.who)) else { return };
        if let Some(state) = &mut self.store {
            match state.store.apply_id(&what) {
                Ok(_) | Err(StateError::UnknownTarget(_)) => {}
                Err(error) => {
                    let reason = format!("unserializing ID {}: {error}", what.name);
                    self.error(id, reason.into());
                }
            }
        }
        self.tell_bounded(id, Notification::Id { peer: who, id: what });
    }
}
