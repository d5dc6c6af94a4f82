//! The full state, in pieces (§3.4).

use std::collections::VecDeque;

use super::container::{Content, Key};
use super::read::{Reading, Rest};
use super::store::Target;
use super::{StateError, Store};
use crate::data::{Name, Opcode, StateAccess, Value};

/// Follows how much of the full state was given for one peer; see [`Store::next_state`].
#[derive(Debug, Clone)]
pub struct FullState {
    /// How much is given at once.
    piece: u64,
    /// How many variables were given.
    variables: usize,
    /// The containers that were given in part; those further in come first.
    rest: VecDeque<Rest>,
    /// How many operations were given.
    operations: u64,
    /// What they cost.
    cost: u64,
}

/// Tells how much of the full state was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// How many variables were given, at least in part.
    pub variables: usize,
    /// The actual number.
    pub of: usize,
    /// How many operations that took.
    pub operations: u64,
    /// What these gave costs this much; see [`Limits::cost`](super::Limits::cost).
    pub cost: u64,
    /// What all costs that the store holds. It grows and shrinks meanwhile, and counts variables
    /// that aren't synchronized as well.
    pub of_cost: u64,
}

impl FullState {
    /// How much is given at once, as [`Limits::cost`](super::Limits::cost) counts: at most some
    /// 256 KiB, besides a single value that is larger.
    pub const PIECE: u64 = 4096;

    /// Begins.
    pub fn new() -> FullState {
        FullState::in_pieces(FullState::PIECE)
    }

    /// Begins, with about as much at once.
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
    /// Returns the next operation of the full state, until all is given: an assignment for each
    /// synchronized variable that has a value, in order of declaration.
    ///
    /// Of a large table or vector, however deep in a variable, only the first entries or elements
    /// are in the assignment; operations on it give the others one by one. So each call takes a
    /// bounded time, and the state can change in between; see [`Store::is_for`]. A single large
    /// string is given at once, and so is a vector in which elements without a value follow. What is
    /// given one by one counts as new where entries expire; but they expire at the peer no later
    /// than here, for it is told.
    ///
    /// # Errors
    ///
    /// [`StateError::TooDeep`] or [`StateError::TooLarge`] if a variable has no value that can be
    /// sent; it is left out, and the next call goes on after it.
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

    /// Gives the next entry or element of a container that was given in part.
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
                (key, Value::List(index.clone()), reading.entry(index, entry)?.value)
            }
            Rest::Elements(key, next) => {
                let Some(Content::Vector(slots)) = self.heap.get(key).map(|c| &c.content) else {
                    return Ok(None);
                };
                // One that has come to have no value meanwhile is none here.
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

    /// Returns how much of the full state was given.
    pub fn progress(&self, state: &FullState) -> Progress {
        Progress {
            variables: state.variables,
            of: self.variables.len(),
            operations: state.operations,
            cost: state.cost,
            of_cost: u64::try_from(self.heap.cost).unwrap_or(u64::MAX),
        }
    }

    /// Returns whether a peer that is being given the full state needs this operation as well,
    /// which was just carried out here: whether it is on what was given already.
    pub fn is_for(&self, state: &FullState, access: &StateAccess) -> bool {
        let was_given = |name: &Name| matches!(self.target(name), Ok(Target::Variable(n)) if n < state.variables);
        let Ok(Target::Container(key)) = self.target(&access.target) else {
            return was_given(&access.target);
        };
        let later = |rest: &Rest| comes_later(rest, key, &access.op1);
        self.names_of(key).iter().any(was_given) && !state.rest.iter().any(later)
    }
}

/// Returns whether a part of a container is among those that are given later.
fn comes_later(rest: &Rest, container: Key, index: &Value) -> bool {
    match (rest, index) {
        (Rest::Entries(key, last), Value::List(index)) if *key == container => {
            last.as_ref().is_none_or(|last| index > last)
        }
        (Rest::Elements(key, next), Value::Count(at)) if *key == container => {
            usize::try_from(*at).is_ok_and(|at| at >= *next)
        }
        _ => false,
    }
}

impl FullState {
    /// Records what was given. What was left out of the containers further in comes before
    /// what was left out of those around them, which cannot be gone on with before.
    fn took(&mut self, reading: Reading<'_>) {
        self.operations = self.operations.saturating_add(1);
        self.cost = self.cost.saturating_add(reading.parts);
        reading.cut.into_iter().rev().for_each(|rest| self.rest.push_front(rest));
    }
}
