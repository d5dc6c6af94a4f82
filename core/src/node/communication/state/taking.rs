//! From peers: the full state, and changes.

use super::super::PeerKey;
use std::sync::Arc;

use super::super::super::Notification;
use super::super::super::log::CommLogLine;
use super::{NodeMachine, Stage};
use crate::data::{Id, StateAccess};
use crate::state::{Applied, Inconsistency, StateError};

impl NodeMachine {
    /// Carries out an operation of a peer, or leaves that to the application.
    pub(in super::super) fn state_access(&mut self, id: PeerKey, access: Box<StateAccess>) {
        let now = self.clock.now();
        let Some(peer) = self.peers.get_mut(id) else { return };
        let who = Arc::clone(&peer.who);
        let Some(state) = &mut self.store else {
            return self.tell(id, Notification::StateAccess { peer: who, access });
        };
        state.store.feed_time(now);
        let open = access.open_containers();
        let (applied, full) = match &mut peer.exchange.stage {
            Stage::Taking(pending) => {
                pending.undo(&access, &state.store);
                (state.store.apply_full(&access), true)
            }
            _ => (state.store.apply(&access), false),
        };
        match applied {
            Ok(Applied { inconsistency, expired, aliases }) => {
                for alias in aliases {
                    peer.exchange.note(alias, &state.store);
                }
                peer.exchange.note_open(open, &state.store);
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

    fn inconsistent(&mut self, id: PeerKey, what: Inconsistency) {
        let Some(who) = self.peers.get(id).map(|peer| Arc::clone(&peer.who)) else { return };
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
        self.log_peer(id, CommLogLine::StateInconsistency(line.into()));
        let inconsistency = Box::new(what);
        self.tell(id, Notification::StateInconsistency { peer: who, inconsistency });
    }

    /// Takes an ID with its value, if it is one of the variables.
    pub(in super::super) fn take_id(&mut self, id: PeerKey, what: Arc<Id>) {
        let Some(who) = self.peers.get(id).map(|peer| Arc::clone(&peer.who)) else { return };
        if let Some(state) = &mut self.store {
            match state.store.apply_id(&what) {
                Ok(Applied { aliases, .. }) => {
                    if let Some(peer) = self.peers.get_mut(id) {
                        aliases
                            .into_iter()
                            .for_each(|alias| peer.exchange.note(alias, &state.store));
                    }
                }
                Err(StateError::UnknownTarget(_)) => {}
                Err(error) => {
                    let reason = format!("unserializing ID {}: {error}", what.name);
                    self.error(id, reason.into());
                }
            }
        }
        self.tell_bounded(id, Notification::Id { peer: who, id: what });
    }
}
