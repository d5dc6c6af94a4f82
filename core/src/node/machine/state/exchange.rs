//! The exchange of state with one peer.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::data::{Name, Opcode, StateAccess, Value};
use crate::state::{Alias, FullState, Store};

/// The synchronization with one peer during a connection.
#[derive(Debug, Default)]
pub(in super::super) struct Exchange {
    pub(super) stage: Stage,
    /// The peer's unique IDs of containers, by our IDs, where they differ.
    aliases: BTreeMap<Name, Name>,
    /// The unique IDs of containers that have no type at the peer yet, so that it adds no elements
    /// to them.
    open: BTreeSet<Name>,
    /// The number of aliases and open containers from which those of removed containers are
    /// dropped.
    prune_at: usize,
}

/// The error that an operation changes a container that has no type at the peer.
#[derive(Debug)]
pub(super) struct NoTypeYet;

/// The stage of synchronization with a peer.
#[derive(Debug, Default)]
pub(super) enum Stage {
    /// Neither side has the other's state, so changes are not sent.
    #[default]
    Before,
    /// The full state is being sent to the peer.
    SendingState(Box<Transfer>),
    /// The peer is sending its full state. Local changes wait until it is complete, unless it
    /// undoes them.
    ReceivingState(Box<Pending>),
    /// Both sides send their changes.
    Running,
}

/// The full state being sent to a peer.
#[derive(Debug, Default)]
pub(super) struct Transfer {
    pub(super) state: FullState,
    /// The next operation, for which there was no room.
    pub(super) next: Option<StateAccess>,
    /// Changes of parts that have already been sent.
    pub(super) changes: VecDeque<Arc<StateAccess>>,
}

impl Exchange {
    /// Records that a peer knows a container by this ID, and possibly by no other.
    pub(super) fn note(&mut self, Alias { ours, theirs }: Alias, store: &Store) {
        self.aliases.insert(ours, theirs);
        self.prune(store);
    }

    /// Records which containers of a peer have no type yet.
    pub(super) fn note_open(&mut self, open: Vec<Name>, store: &Store) {
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

    /// Returns the operation with a target ID that the peer knows.
    pub(super) fn address(&self, access: &Arc<StateAccess>) -> Result<Arc<StateAccess>, NoTypeYet> {
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

/// Local changes that wait until a peer has sent its state. Changes that this state undoes are
/// dropped, because they are outdated.
///
/// Most of a peer's state undoes nothing, which is detected without checking each change.
#[derive(Debug, Default)]
pub(super) struct Pending {
    changes: VecDeque<Arc<StateAccess>>,
    /// The variables that were changed.
    variables: BTreeSet<Name>,
    /// The changed parts of containers, by local ID and index.
    places: BTreeSet<(Name, Value)>,
}

impl Pending {
    pub(super) fn push(&mut self, change: &Arc<StateAccess>, store: &Store) {
        self.variables.extend(store.variables_of(&change.target));
        self.places.insert((change.target.clone(), change.op1.clone()));
        self.changes.push_back(Arc::clone(change));
    }

    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// Drops the changes that an operation of the peer's state will undo.
    pub(super) fn undo(&mut self, access: &StateAccess, store: &Store) {
        match access.opcode {
            Opcode::Assign if self.variables.remove(&access.target) => {
                self.changes
                    .retain(|change| !store.variables_of(&change.target).contains(&access.target));
            }
            Opcode::AssignIdx | Opcode::Add if !self.places.is_empty() => {
                let Some(id) = store.id_of(&access.target) else { return };
                let place = (id, access.op1.clone());
                if self.places.remove(&place) {
                    let (id, index) = place;
                    self.changes.retain(|change| change.target != id || change.op1 != index);
                }
            }
            _ => {}
        }
    }

    pub(super) fn into_changes(self) -> VecDeque<Arc<StateAccess>> {
        self.changes
    }
}
