//! The model of a session.

use std::collections::{BTreeMap, VecDeque};

use brocomm::data::{Entry, Value};
use brocomm::lowlevel::serial::{Opcode, Serial, StateAccess};
use brocomm::lowlevel::wire::Message;

use super::Operation;
use super::echoes::Echoes;
use crate::cases::logs::Logs;
use crate::suite::{Exchange, Got, Outcome, Stop, token};

/// What the implementation must still send, each kind in order.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// Whether the session is restricted to what a Bro accepts.
    pub tame: bool,
    /// Whether the suite compresses.
    pub compressed: bool,
    /// Whether the suite has announced its log.
    pub announced: bool,
    pub state: State,
    pub echoes: Echoes,
    pongs: VecDeque<u32>,
    reports: VecDeque<State>,
    /// The changes that the implementation makes to its state.
    changes: VecDeque<Change>,
    entries: VecDeque<String>,
}

/// The values of the implementation's variables.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct State {
    pub n: u64,
    pub t: BTreeMap<String, u64>,
}

impl State {
    /// Parses the implementation's report.
    pub(super) fn of((n, t): &(u64, Value)) -> State {
        State { n: *n, t: elements(t) }
    }

    /// Applies an operation as a receiver must (2§9).
    pub(super) fn apply(&mut self, operation: &Operation) {
        match operation {
            Operation::Assign(n) => self.n = *n,
            Operation::Increment(by) => self.n = self.n.wrapping_add(*by),
            Operation::AssignElement(key, n) => drop(self.t.insert(key.clone(), *n)),
            Operation::IncrementElement(key, by) => {
                if let Some(n) = self.t.get_mut(key) {
                    *n = n.wrapping_add(*by);
                }
            }
            Operation::Delete(key) => drop(self.t.remove(key)),
        }
    }
}

/// Returns the entries of the implementation's `conformance_t`.
fn elements(table: &Value) -> BTreeMap<String, u64> {
    let Value::Table(table) = table else { return BTreeMap::new() };
    let element = |entry: &Entry| match (&entry.index.items[..], &entry.value) {
        ([Value::String(key)], Some(Value::Count(n))) => {
            Some((String::from_utf8_lossy(key).into_owned(), *n))
        }
        _ => None,
    };
    table.entries.iter().filter_map(element).collect()
}

/// A change of its state that the implementation sends.
#[derive(Debug)]
enum Change {
    /// `conformance_n` was incremented to this.
    Increment(u64),
    /// The element with this index was assigned this value.
    AssignElement(String, u64),
}

impl Change {
    fn is(&self, access: &StateAccess) -> bool {
        let StateAccess { opcode, target, op1, op2, .. } = access;
        match self {
            Change::Increment(n) => {
                let before = Value::Count(n.wrapping_sub(1));
                *opcode == Opcode::Incr
                    && *target == "conformance_n"
                    && *op1 == Value::Count(*n)
                    && *op2 == Some(before)
            }
            Change::AssignElement(key, n) => {
                *opcode == Opcode::AssignIdx
                    && matches!(op1, Value::List(list) if list.items == [Value::string(key)])
                    && *op2 == Some(Value::Count(*n))
            }
        }
    }
}

impl Model {
    pub(super) fn new(requested: bool, tame: bool) -> Model {
        Model { echoes: Echoes::new(requested), tame, ..Model::default() }
    }

    pub(super) fn ping(&mut self, seq: u32) {
        self.pongs.push_back(seq);
    }

    /// Expects the implementation to increment `conformance_n` and to assign the result to an
    /// element.
    pub(super) fn change(&mut self, key: &str) {
        let n = self.state.n.wrapping_add(1);
        self.state.apply(&Operation::Assign(n));
        self.state.apply(&Operation::AssignElement(key.to_owned(), n));
        self.changes.push_back(Change::Increment(n));
        self.changes.push_back(Change::AssignElement(key.to_owned(), n));
    }

    pub(super) fn report(&mut self) {
        self.reports.push_back(self.state.clone());
    }

    pub(super) fn entry(&mut self, text: &str) {
        self.entries.push_back(text.to_owned());
    }

    pub(super) fn awaits_entries(&self) -> bool {
        !self.entries.is_empty()
    }

    /// Compares a received message with the expected ones.
    fn came(&mut self, got: &Got, logs: Logs) -> Outcome {
        match (&got.message, &got.serial) {
            (_, Some(Serial::Event(event))) => match (event.name.as_str(), &event.args[..]) {
                (Some("conformance_echoed"), [value]) => self.echoes.came(value),
                (Some("conformance_reported"), [Value::Count(n), t @ Value::Table(_)]) => {
                    let (came, expected) = (State::of(&(*n, t.clone())), self.reports.pop_front());
                    Stop::unless(expected.as_ref() == Some(&came), || {
                        format!("expected the report {expected:?}, found {came:?}")
                    })
                }
                _ => Stop::failed(format!("unexpected event {}", event.name)),
            },
            (_, Some(Serial::StateAccess(access))) => {
                let expected = self.changes.pop_front();
                Stop::unless(expected.as_ref().is_some_and(|change| change.is(access)), || {
                    format!("expected the change {expected:?}, found {access:?}")
                })
            }
            (Message::Pong(args), _) => {
                let expected = self.pongs.pop_front();
                Stop::unless(expected == Some(args.seq), || {
                    format!("expected the PONG {expected:?}, found {}", args.seq)
                })
            }
            (Message::LogWrite(argument), _) => {
                logs.texts(argument)?.into_iter().try_for_each(|text| {
                    let expected = self.entries.pop_front();
                    Stop::unless(expected.as_ref() == Some(&text), || {
                        format!("expected the entry {expected:?}, found {text:?}")
                    })
                })
            }
            _ => Ok(()),
        }
    }

    /// Waits until everything expected has arrived, except log entries.
    pub(super) fn settle(&mut self, peer: &mut Exchange) -> Outcome {
        if self.echoes.requested {
            let number = token();
            self.echoes.expect(&number);
            peer.send_echo(number)?;
        }
        while !self.echoes.all_came() || !self.pongs.is_empty() {
            self.next(peer)?;
        }
        self.settle_state(peer)
    }

    /// Waits until the implementation has sent all expected state changes.
    pub(super) fn settle_state(&mut self, peer: &mut Exchange) -> Outcome {
        while !self.reports.is_empty() || !self.changes.is_empty() {
            self.next(peer)?;
        }
        Ok(())
    }

    /// Waits until all expected log entries have arrived.
    pub(super) fn settle_entries(&mut self, peer: &mut Exchange) -> Outcome {
        while self.awaits_entries() {
            self.next(peer)?;
        }
        Ok(())
    }

    fn next(&mut self, peer: &mut Exchange) -> Outcome {
        match peer.receive()? {
            Some(got) => self.came(&got, Logs::on(peer)),
            None => Stop::failed("it closed a legal session"),
        }
    }
}

#[cfg(test)]
mod tests {
    use brocomm::data::Declarations;
    use brocomm::state::{Store, StoreLimits};
    use proptest::prelude::*;

    use super::super::perform::access;
    use super::super::script::operation;
    use super::*;

    const VARIABLES: &str = "
        global conformance_n: count = 0 &synchronized;
        global conformance_t: table[string] of count &synchronized;
    ";

    proptest! {
        /// The model has its own rules, so that it finds errors in the core's rules.
        #[test]
        fn the_core_applies_operations_like_the_model(
            operations in proptest::collection::vec(operation(), 0..30),
        ) {
            let mut declarations = Declarations::new();
            declarations.read(VARIABLES).unwrap();
            let mut store = Store::new("#suite#1#", StoreLimits::default());
            store.declare_synchronized(&declarations).unwrap();
            let mut state = State::default();
            for operation in &operations {
                state.apply(operation);
                // Fails if there is nothing to increment.
                let _ = store.apply(&access(operation));
                let (n, t) = (store.get("conformance_n"), store.get("conformance_t"));
                let Value::Count(n) = n.unwrap() else { panic!("conformance_n is not a count") };
                prop_assert_eq!(&State::of(&(n, t.unwrap())), &state, "{}", operation);
            }
        }
    }
}
