//! The full state, in pieces (§3.4).

use std::collections::VecDeque;
use std::ops::Bound;
use std::sync::Arc;

use super::container::Key;
use super::read::Reading;
use super::store::Target;
use super::{StateError, Store};
use crate::data::{List, Name, Opcode, StateAccess, Value};

/// Follows how much of the full state was given for one peer; see [`Store::next_state`].
#[derive(Debug, Clone)]
pub struct FullState {
    /// How many entries of a table are given at once.
    piece: usize,
    /// How many variables were given.
    variables: usize,
    /// The tables that were given in part, each with the last index that was.
    rest: VecDeque<(Key, Arc<List>)>,
    /// How many operations were given.
    operations: u64,
}

/// Tells how much of the full state was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How many variables were given, at least in part.
    pub variables: usize,
    /// How many there are.
    pub of: usize,
    /// How many operations that took.
    pub operations: u64,
}

impl FullState {
    /// How many entries of a table are given at once.
    pub const PIECE: usize = 4096;

    /// Begins.
    pub fn new() -> FullState {
        FullState::in_pieces(FullState::PIECE)
    }

    /// Begins, with at most so many entries of a table at once, and at least one.
    pub fn in_pieces(piece: usize) -> FullState {
        FullState { piece: piece.max(1), variables: 0, rest: VecDeque::new(), operations: 0 }
    }
}

impl Default for FullState {
    fn default() -> FullState {
        FullState::new()
    }
}

impl Store {
    /// Returns the next operation of the full state, until all is given: an assignment for each
    /// synchronized variable that has a value, in order of declaration.
    ///
    /// Of a large table only the first entries are in the assignment; operations on the table give
    /// the others one by one. So that each call takes a bounded time, and the state can change in
    /// between; see [`Store::is_for`].
    ///
    /// # Errors
    ///
    /// [`StateError::TooDeep`] or [`StateError::TooLarge`] if a variable has no value that can be
    /// sent; it is left out, and the next call goes on after it.
    pub fn next_state(&self, state: &mut FullState) -> Result<Option<StateAccess>, StateError> {
        while let Some((key, last)) = state.rest.pop_front() {
            if let Some(access) = self.next_entry(state, key, &last)? {
                return Ok(Some(access));
            }
        }
        while let Some(variable) = self.variables.get(state.variables) {
            state.variables = state.variables.saturating_add(1);
            let Some(slot) = variable.slot.as_ref().filter(|_| variable.synchronized) else {
                continue;
            };
            let mut reading = Reading::new(&self.heap, state.piece);
            let op1 = reading.slot(slot)?;
            state.rest.extend(reading.cut);
            state.operations = state.operations.saturating_add(1);
            let (opcode, target) = (Opcode::Assign, variable.name.clone());
            return Ok(Some(StateAccess { opcode, target, op1, op2: None, op3: None }));
        }
        Ok(None)
    }

    fn next_entry(
        &self,
        state: &mut FullState,
        key: Key,
        last: &Arc<List>,
    ) -> Result<Option<StateAccess>, StateError> {
        let Some(table) = self.heap.table(key) else { return Ok(None) };
        let after = (Bound::Excluded(last), Bound::Unbounded);
        let Some((index, entry)) = table.entries.range::<Arc<List>, _>(after).next() else {
            return Ok(None);
        };
        let mut reading = Reading::new(&self.heap, state.piece);
        let read = reading.entry(index, entry);
        state.rest.push_front((key, Arc::clone(index)));
        let op2 = read?.value;
        // Tables within this entry come before the next entry.
        reading.cut.into_iter().for_each(|cut| state.rest.push_front(cut));
        state.operations = state.operations.saturating_add(1);
        let opcode = if op2.is_some() { Opcode::AssignIdx } else { Opcode::Add };
        let (target, op1) = (self.heap.id(key), Value::List(Arc::clone(index)));
        Ok(Some(StateAccess { opcode, target, op1, op2, op3: None }))
    }

    /// Says how much of the full state was given.
    pub fn progress(&self, state: &FullState) -> Progress {
        let (variables, of) = (state.variables, self.variables.len());
        Progress { variables, of, operations: state.operations }
    }

    /// Returns whether a peer that is being given the full state needs this operation as well,
    /// which was just carried out here: whether it is on what was given already.
    pub fn is_for(&self, state: &FullState, access: &StateAccess) -> bool {
        let was_given = |name: &Name| matches!(self.target(name), Ok(Target::Variable(n)) if n < state.variables);
        let Ok(Target::Container(key)) = self.target(&access.target) else {
            return was_given(&access.target);
        };
        let index = match &access.op1 {
            Value::List(index) => Some(index),
            _ => None,
        };
        let later = |(table, last): &(Key, Arc<List>)| {
            *table == key && index.is_some_and(|index| *index > *last)
        };
        self.names_of(key).iter().any(was_given) && !state.rest.iter().any(later)
    }
}
