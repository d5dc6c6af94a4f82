//! Sending of the full state in pieces (§3.4).

use std::collections::VecDeque;

use super::Store;
use super::Target;
use super::read::{Reading, Rest};
use crate::data::{self, Name, Opcode, StateAccess, Value};
use crate::state::StateError;
use crate::state::container::{Content, Key};
use crate::state::stored::Index;

/// The progress of sending the full state to one peer; see [`Store::next_state`].
#[derive(Debug, Clone)]
pub struct FullState {
    /// The maximum cost of a piece.
    piece: u64,
    /// The number of variables sent.
    variables: usize,
    /// The partially sent containers, inner ones first.
    rest: VecDeque<Rest>,
    /// The number of operations returned.
    operations: u64,
    /// The cost of the sent state.
    cost: u64,
}

/// The progress of sending the full state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of variables sent, at least in part.
    pub variables: usize,
    /// The total number of variables.
    pub of: usize,
    /// The number of operations so far.
    pub operations: u64,
    /// The cost of the sent state; see [`StoreLimits::cost`](super::StoreLimits::cost).
    pub cost: u64,
    /// The cost of the whole store. It may change meanwhile, and includes variables that are not
    /// synchronized.
    pub of_cost: u64,
}

impl FullState {
    /// The default cost of a piece, in units of [`StoreLimits::cost`](super::StoreLimits::cost): at
    /// most about 256 KiB, except for a single larger value.
    pub const PIECE: u64 = 4096;

    /// Creates a transfer of the full state in pieces of the default cost, [`PIECE`](Self::PIECE).
    pub fn new() -> FullState {
        FullState::in_pieces(FullState::PIECE)
    }

    /// Creates a transfer of the full state in pieces of about this cost.
    pub fn in_pieces(piece: u64) -> FullState {
        FullState { piece, variables: 0, rest: VecDeque::new(), operations: 0, cost: 0 }
    }
}

impl Default for FullState {
    fn default() -> FullState {
        FullState::new()
    }
}

impl Store {
    /// Returns the next operation of the full state, or `None` when it is complete: an assignment
    /// for each synchronized variable with a value, in order of declaration.
    ///
    /// The assignment contains only the first entries or elements of a large table or vector, at
    /// any depth; the others follow as separate operations. So each call takes a bounded time, and
    /// the state can change in between; see [`Store::is_for`]. A single large string is sent at
    /// once, and so is a vector up to its last element without a value. The peer treats entries
    /// sent separately as new for their expiry. They still expire there no later than here, because
    /// expiry is sent too.
    ///
    /// # Errors
    ///
    /// [`StateError::TooDeep`] or [`StateError::TooLarge`] if a variable's value cannot be sent; it
    /// is skipped, and the next call continues after it.
    pub fn next_state(&self, state: &mut FullState) -> Result<Option<StateAccess>, StateError> {
        while let Some(rest) = state.rest.pop_front() {
            if let Some(access) = self.next_part(state, rest)? {
                return Ok(Some(access));
            }
        }
        while let Some(variable) = self.variables.get(state.variables) {
            state.variables = state.variables.saturating_add(1);
            let Some(slot) = variable.slot.as_ref().filter(|_| variable.synchronized) else {
                continue;
            };
            let mut reading = Reading::piece(&self.heap, state.piece);
            let op1 = reading.slot(slot)?;
            state.took(reading);
            let (opcode, target) = (Opcode::Assign, variable.name.clone());
            return Ok(Some(StateAccess { opcode, target, op1, op2: None, op3: None }));
        }
        Ok(None)
    }

    /// Returns the next entry or element of a partially sent container.
    fn next_part(
        &self,
        state: &mut FullState,
        rest: Rest,
    ) -> Result<Option<StateAccess>, StateError> {
        let mut reading = Reading::piece(&self.heap, state.piece);
        let (key, op1, op2) = match rest {
            Rest::Entries(key, last) => {
                let Some(table) = self.heap.table(key) else { return Ok(None) };
                let Some((index, entry)) = table.after(last.as_ref()).next() else {
                    return Ok(None);
                };
                state.rest.push_front(Rest::Entries(key, Some(index.clone())));
                let data::Entry { index, value, .. } = reading.entry(table, index, entry)?;
                (key, Value::List(index), value)
            }
            Rest::Elements(key, next) => {
                let Some(Content::Vector(slots)) = self.heap.get(key).map(|c| &c.content) else {
                    return Ok(None);
                };
                // Skip elements that have lost their value meanwhile.
                let mut rest = slots.iter().enumerate().skip(next);
                let Some((at, slot)) = rest.find_map(|(at, slot)| Some((at, slot.as_ref()?)))
                else {
                    return Ok(None);
                };
                state.rest.push_front(Rest::Elements(key, at.saturating_add(1)));
                let op1 = Value::Count(u64::try_from(at).unwrap_or(u64::MAX));
                (key, op1, Some(reading.slot(slot)?))
            }
        };
        state.took(reading);
        let opcode = if op2.is_some() { Opcode::AssignIdx } else { Opcode::Add };
        Ok(Some(StateAccess { opcode, target: self.heap.id(key), op1, op2, op3: None }))
    }

    /// Returns how much of the full state was sent.
    pub fn progress(&self, state: &FullState) -> Progress {
        Progress {
            variables: state.variables,
            of: self.variables.len(),
            operations: state.operations,
            cost: state.cost,
            of_cost: u64::try_from(self.heap.cost).unwrap_or(u64::MAX),
        }
    }

    /// Returns whether a peer that is receiving the full state also needs this operation, which was
    /// just applied here: whether it changes state that has already been sent.
    pub fn is_for(&self, state: &FullState, access: &StateAccess) -> bool {
        let was_given = |name: &Name| matches!(self.target(name), Ok(Target::Variable(n)) if n < state.variables);
        let Ok(Target::Container(key)) = self.target(&access.target) else {
            return was_given(&access.target);
        };
        let later = |rest: &Rest| comes_later(rest, key, &access.op1);
        self.names_of(key).iter().any(was_given) && !state.rest.iter().any(later)
    }
}

/// Returns whether a part of a container is still to be sent.
fn comes_later(rest: &Rest, container: Key, index: &Value) -> bool {
    match (rest, index) {
        (Rest::Entries(key, last), Value::List(index)) if *key == container => {
            last.as_ref().is_none_or(|last| Index::new(&index.items) > *last)
        }
        (Rest::Elements(key, next), Value::Count(at)) if *key == container => {
            usize::try_from(*at).is_ok_and(|at| at >= *next)
        }
        _ => false,
    }
}

impl FullState {
    /// Records what was sent. The rest of inner containers must be sent before that of the outer
    /// ones.
    fn took(&mut self, reading: Reading<'_>) {
        self.operations = self.operations.saturating_add(1);
        self.cost = self.cost.saturating_add(reading.parts);
        reading.cut.into_iter().rev().for_each(|rest| self.rest.push_front(rest));
    }
}
