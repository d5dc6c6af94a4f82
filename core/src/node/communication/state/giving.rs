//! To peers: the full state, and changes.

use super::super::PeerKey;
use std::sync::Arc;

use super::super::super::log::CommLogLine;
use super::super::super::outbox::Outgoing;
use super::{Giving, NoTypeYet, NodeMachine, Stage};
use crate::connection::{Phase, Sent, SyncRole, UsageError};
use crate::data::StateAccess;
use crate::state::FullState;

/// How many changes may wait for a peer before it is given up: each costs some 200 bytes, and the
/// whole state, with which the next connection begins, is of more use to it then.
const MAX_CHANGES: usize = 1 << 18;

impl NodeMachine {
    /// Tells all peers that want to know of an operation that was carried out here, but not the one
    /// where it came from.
    pub(super) fn propagate(&mut self, mut access: StateAccess, origin: Option<PeerKey>) {
        let Some(state) = self.store.as_ref().filter(|state| state.suspended == 0) else { return };
        if let Some(id) = state.store.id_of(&access.target) {
            access.target = id;
        }
        let access = Arc::new(access);
        let (mut running, mut overfull, mut open) = (Vec::new(), Vec::new(), Vec::new());
        for (id, peer) in self.peers.iter_mut().filter(|(id, _)| Some(*id) != origin) {
            let connection = peer.link.and_then(|link| self.links.get(link)?.begun());
            let Some(connection) = connection.filter(|c| c.is_sync_requested()) else { continue };
            let Ok(addressed) = peer.exchange.address(&access) else {
                open.push(id);
                continue;
            };
            let waiting = match &mut peer.exchange.stage {
                Stage::Before => continue,
                Stage::Giving(giving) => {
                    // What was not given yet is given as it is then.
                    if state.store.is_for(&giving.state, &access) {
                        giving.changes.push_back(addressed);
                    }
                    giving.changes.len()
                }
                Stage::Taking(pending) => {
                    pending.push(&access, &state.store);
                    pending.len()
                }
                Stage::Running if connection.phase() == Phase::Running => {
                    peer.outbox.push(Outgoing::Access(addressed));
                    running.push(id);
                    peer.outbox.accesses()
                }
                Stage::Running => continue,
            };
            if waiting > MAX_CHANGES {
                overfull.push(id);
            }
        }
        running.sort_unstable();
        overfull.sort_unstable();
        open.sort_unstable();
        running.into_iter().for_each(|id| self.pump(id));
        open.into_iter().for_each(|id| self.not_told(id, &access));
        for id in overfull {
            self.give_up(
                id,
                CommLogLine::OutgoingFull,
                "too many changes of state wait to be sent",
            );
            self.drain(id);
        }
    }

    pub(in super::super) fn sync_started(&mut self, id: PeerKey, role: SyncRole) {
        match role {
            SyncRole::Sender if self.store.is_some() => self.give_state(id, FullState::new()),
            SyncRole::Sender => {}
            SyncRole::Receiver => {
                if let Some(peer) = self.peers.get_mut(id) {
                    peer.exchange.stage = Stage::Taking(Default::default());
                }
            }
        }
    }

    /// A peer is Running, as far as what its connection tells was looked at: it is told of the
    /// changes that its own state has left as they are.
    pub(in super::super) fn state_runs(&mut self, id: PeerKey) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let exchange = &mut peer.exchange;
        match std::mem::replace(&mut exchange.stage, Stage::Running) {
            Stage::Taking(pending) => {
                let mut open = Vec::new();
                for change in pending.into_changes() {
                    match exchange.address(&change) {
                        Ok(addressed) => peer.outbox.push(Outgoing::Access(addressed)),
                        Err(NoTypeYet) => open.push(change),
                    }
                }
                open.iter().for_each(|change| self.not_told(id, change));
            }
            giving @ Stage::Giving(_) => exchange.stage = giving,
            Stage::Before | Stage::Running => {}
        }
    }

    pub(super) fn give_state(&mut self, id: PeerKey, state: FullState) {
        if let Some(peer) = self.peers.get_mut(id) {
            // What waits is in the state.
            peer.outbox.drop_accesses();
            let giving = Giving { state, ..Giving::default() };
            peer.exchange.stage = Stage::Giving(Box::new(giving));
            self.pump_state(id);
        }
    }

    fn giving(&mut self, id: PeerKey) -> Option<&mut Giving> {
        match &mut self.peers.get_mut(id)?.exchange.stage {
            Stage::Giving(giving) => Some(giving),
            _ => None,
        }
    }

    /// Sends the full state as far as there is room; the rest follows when some of it is written.
    pub(in super::super) fn pump_state(&mut self, id: PeerKey) {
        loop {
            let Some(state) = &self.store else { return };
            let Some(peer) = self.peers.get_mut(id) else { return };
            let Stage::Giving(giving) = &mut peer.exchange.stage else { return };
            let next = match giving.next.take() {
                Some(access) => Ok(Some(access)),
                None => match giving.changes.pop_front() {
                    Some(change) => Ok(Some(Arc::unwrap_or_clone(change))),
                    None => state.store.next_state(&mut giving.state),
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
                Err(error) => self.not_sent(id, error.to_string()),
            }
        }
    }

    /// Sends an operation of the full state; returns whether there is room for another.
    fn send_piece(&mut self, id: PeerKey, access: StateAccess) -> bool {
        let sent =
            self.connection_mut(id).map(|connection| connection.send_checked_access(&access));
        match sent {
            Some(Ok(Sent::Sent)) => {
                self.touch_peer(id);
                true
            }
            Some(Err(UsageError::QueueFull { .. })) => {
                if let Some(giving) = self.giving(id) {
                    giving.next = Some(access);
                }
                false
            }
            Some(Err(error)) => {
                self.not_sent(id, error.to_string());
                true
            }
            // It is not wanted, or the connection is over.
            Some(Ok(_)) | None => {
                self.state_is_given(id);
                false
            }
        }
    }

    fn state_is_given(&mut self, id: PeerKey) {
        if let Some(peer) = self.peers.get_mut(id) {
            peer.exchange.stage = Stage::Running;
        }
    }

    fn state_is_sent(&mut self, id: PeerKey) {
        self.state_is_given(id);
        let in_sync = |phase| phase == Phase::Sync(SyncRole::Sender);
        if self.connection(id).is_some_and(|connection| in_sync(connection.phase())) {
            // We are the sender, so it is not refused.
            let _ = self.state_done(id.id());
        }
    }
}
