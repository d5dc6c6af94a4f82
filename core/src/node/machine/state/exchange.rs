//! What passes between the node and one peer.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::data::{Name, Opcode, StateAccess, Value};
use crate::state::{Alias, FullState, Store};

/// The synchronisation with one peer during a connection.
#[derive(Debug, Default)]
pub(in super::super) struct Exchange {
    pub(super) stage: Stage,
    /// The peer's unique ids of containers, by our ids, where they differ.
    aliases: BTreeMap<Name, Name>,
    /// The unique ids of containers that have no type at the peer yet, so that it puts nothing into
    /// them.
    open: BTreeSet<Name>,
    /// The number of aliases and open containers at which those that were removed are dropped.
    prune_at: usize,
}

/// An operation is on a container that takes no elements at the peer.
#[derive(Debug)]
pub(super) struct NoTypeYet;

/// The stage of synchronisation with a peer.
#[derive(Debug, Default)]
pub(super) enum Stage {
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
pub(super) struct Giving {
    pub(super) state: FullState,
    /// The next operation, for which there was no room.
    pub(super) next: Option<StateAccess>,
    /// Changes of parts that were sent already.
    pub(super) changes: VecDeque<Arc<StateAccess>>,
}

impl Exchange {
    /// Records that a peer knows a container by this id, possibly by no other.
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

    /// Addresses an operation by an id that the peer knows.
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
/// dropped, because they would be outdated.
///
/// Most of a peer's state undoes nothing, which is detected without checking each change.
#[derive(Debug, Default)]
pub(super) struct Pending {
    changes: VecDeque<Arc<StateAccess>>,
    /// The variables that were changed.
    variables: BTreeSet<Name>,
    /// The changed parts of containers, by local id and index.
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
