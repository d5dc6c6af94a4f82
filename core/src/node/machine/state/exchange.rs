//! What passes between the node and one peer.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::data::{Name, Opcode, StateAccess, Value};
use crate::state::{Alias, FullState, Store};

/// What passes between the node and one peer, for as long as they are connected.
#[derive(Debug, Default)]
pub(in super::super) struct Exchange {
    pub(super) stage: Stage,
    /// By which unique ids the peer calls containers that we call otherwise, by ours.
    aliases: BTreeMap<Name, Name>,
    /// At how many of these it is looked at which are of containers that are gone.
    prune_at: usize,
}

/// How far a peer and we have come.
#[derive(Debug, Default)]
pub(super) enum Stage {
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
pub(super) struct Giving {
    pub(super) state: FullState,
    /// What was found to go next when there was no room for it.
    pub(super) next: Option<StateAccess>,
    /// Changes of what was given already.
    pub(super) changes: VecDeque<Arc<StateAccess>>,
}

impl Exchange {
    /// Records that a peer knows a container by this id, perhaps by no other.
    pub(super) fn note(&mut self, Alias { ours, theirs }: Alias, store: &Store) {
        self.aliases.insert(ours, theirs);
        if self.aliases.len() > self.prune_at {
            self.aliases.retain(|ours, _| store.id_of(ours).is_some());
            self.prune_at = self.aliases.len().saturating_mul(2).max(64);
        }
    }

    /// Addresses an operation by an id that the peer knows.
    pub(super) fn address(&self, access: &Arc<StateAccess>) -> Arc<StateAccess> {
        match self.aliases.get(&access.target) {
            None => Arc::clone(access),
            Some(target) => {
                Arc::new(StateAccess { target: target.clone(), ..StateAccess::clone(access) })
            }
        }
    }
}

/// Holds our changes until a peer has given its state; those that its state undoes are dropped, for
/// it would be told of what is no longer so.
///
/// Most of what a peer gives undoes nothing, which is found without looking at each change.
#[derive(Debug, Default)]
pub(super) struct Pending {
    changes: VecDeque<Arc<StateAccess>>,
    /// The variables that were changed.
    variables: BTreeSet<Name>,
    /// The parts of containers that were changed: by our id, and the index.
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

    /// Drops what an operation of the peer's state undoes, which is about to be carried out.
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
