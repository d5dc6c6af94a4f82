//! Local changes while a peer sends its state.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::data::{Name, Opcode, StateAccess, Value};
use crate::state::Store;

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
