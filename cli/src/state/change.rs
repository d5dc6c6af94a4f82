//! Changes of a peer's variables or of their parts.

use std::fmt;
use std::ops::ControlFlow;

use brocomm::data::{Declarations, Type, TypeTag, Value};
use brocomm::json::ValueSeed;
use brocomm::lowlevel::connection::Sent;
use brocomm::lowlevel::serial::StateAccess;
use brocomm::lowlevel::syntax::AttributeTag;
use brocomm::state::{Part, Path, StateError, Store};
use brocomm_std::Peer;
use serde::de::{DeserializeSeed, IgnoredAny};
use serde_json::{Value as Json, json};

use super::agree::disagreement;
use super::replica::{Given, Shown};
use super::task::Task;
use crate::declare::pointed;
use crate::decode::printed;
use crate::failure::{Failure, failed, misused, warn};
use crate::follow::End;

/// An operation on a variable or a part of it.
#[derive(Debug)]
pub(super) enum Operation {
    /// Assigns the value.
    Set(Value),
    /// Adds this element to the set.
    Add(Vec<Value>),
    /// Deletes this entry or element from the table or set.
    Delete(Vec<Value>),
    /// Unsets the field.
    Unset,
    /// Increments the number.
    Increment(i64),
}

/// A task that changes a variable.
pub(super) struct Change<'a> {
    /// What is changed, as written by the user.
    shown_place: String,
    place: Path,
    operation: Operation,
    /// The declared type of the variable.
    declared: Type,
    shown: Shown<'a>,
    /// The output after the peer has accepted the change.
    line: Option<(Json, String)>,
}

impl<'a> Change<'a> {
    /// Creates the change for a command. `make` returns the operation and its target.
    fn new(
        text: &str,
        declared: &Declarations,
        shown: Shown<'a>,
        make: impl FnOnce(Path, Option<Type>) -> Result<(Path, Operation), Failure>,
    ) -> Result<Change<'a>, Failure> {
        let (whole, ty) =
            Path::parse(text, declared).map_err(|error| match error.unknown_variable() {
                Some(name) => super::undeclared(name, declared),
                None => misused(format_args!("{}", pointed(text, &error))),
            })?;
        let shown_place = whole.to_string();
        let (place, operation) = make(whole, ty)?;
        let name = &place.target;
        match declared.globals.get(name) {
            Some(global) if global.has(AttributeTag::Synchronized) => {
                let declared = global.ty.clone();
                Ok(Change { shown_place, place, operation, declared, shown, line: None })
            }
            _ => Err(misused(format_args!("{name} is declared without &synchronized"))),
        }
    }

    /// `set PLACE VALUE`
    pub(super) fn set(
        text: &str,
        value: &str,
        declared: &Declarations,
        shown: Shown<'a>,
    ) -> Result<Change<'a>, Failure> {
        let json = shown.json;
        Change::new(text, declared, shown, |place, ty| {
            let Some(ty) = ty else {
                return Err(misused(format_args!(
                    "{text} is an element of a set; use `state add` or `state delete`"
                )));
            };
            let value = if json {
                json_or_literal(value, &ty, declared)
            } else {
                literal(value, &ty, declared)
            };
            let value = value.map_err(|error| misused(format_args!("{text}: {error}")))?;
            Ok((place, Operation::Set(value)))
        })
    }

    /// `add SET[ELEMENT]`
    pub(super) fn add(
        text: &str,
        declared: &Declarations,
        shown: Shown<'a>,
    ) -> Result<Change<'a>, Failure> {
        Change::new(text, declared, shown, |mut place, ty| match (place.parts.pop(), ty) {
            (Some(Part::Index(element)), None) => Ok((place, Operation::Add(element))),
            (Some(Part::Index(_)), Some(_)) => Err(misused(format_args!(
                "{text} is an entry of a table; use `state set '{text}' VALUE`"
            ))),
            _ => Err(misused(format_args!(
                "{text}: only elements can be added, to sets: `state add 'SET[ELEMENT]'`"
            ))),
        })
    }

    /// `delete TABLE[INDEX]`
    pub(super) fn delete(
        text: &str,
        declared: &Declarations,
        shown: Shown<'a>,
    ) -> Result<Change<'a>, Failure> {
        Change::new(text, declared, shown, |mut place, _| match place.parts.pop() {
            Some(Part::Index(index)) => Ok((place, Operation::Delete(index))),
            Some(field @ Part::Field(_)) => {
                place.parts.push(field);
                Ok((place, Operation::Unset))
            }
            _ => Err(misused(format_args!(
                "{text}: only entries of tables, elements of sets and fields can be deleted: \
                 `state delete 'TABLE[INDEX]'`"
            ))),
        })
    }

    /// `incr PLACE BY`
    pub(super) fn increment(
        text: &str,
        by: i64,
        declared: &Declarations,
        shown: Shown<'a>,
    ) -> Result<Change<'a>, Failure> {
        Change::new(text, declared, shown, |place, ty| {
            match ty.as_ref().and_then(Type::tag) {
                Some(TypeTag::Int | TypeTag::Count | TypeTag::Counter) => {}
                _ => {
                    let found = ty.map_or("element of a set".to_owned(), |ty| ty.to_string());
                    return Err(misused(format_args!(
                        "{text}: only an int, count or counter can be incremented, this is of \
                         type {found}"
                    )));
                }
            }
            Ok((place, Operation::Increment(by)))
        })
    }

    /// Checks that the peer's value has the declared type.
    fn check(&self, given: &Given) -> Result<(), Failure> {
        let name = &self.place.target;
        match given.type_of(name) {
            Some(found) => match self.disagreement(found) {
                Some(why) => Err(refused(format_args!("{name} {why}"))),
                None => Ok(()),
            },
            None if matches!(
                (&self.operation, self.place.parts.as_slice()),
                (Operation::Set(_), [])
            ) =>
            {
                warn(format_args!("the peer had no value for {name}, and may not know it"));
                Ok(())
            }
            None => Err(refused(format_args!("the peer has no {name}, or no value for it"))),
        }
    }

    /// Returns how the sent value's type differs from that of the peer's value. The peer's
    /// declaration is unknown, and may differ even if the type is `any` here.
    fn disagreement(&self, found: &Type) -> Option<String> {
        match &self.operation {
            Operation::Set(value) if self.declared.tag() == Some(TypeTag::Any) => {
                disagreement(&value.ty(), found)?;
                let (value, declared) = (value.ty(), &self.declared);
                Some(format!(
                    "is declared as {declared}, but the peer's is of type {found}, and the value of \
                     type {value}"
                ))
            }
            _ => disagreement(&self.declared, found),
        }
    }

    /// Returns the path of the changed container.
    fn container(&self) -> Path {
        let mut container = self.place.clone();
        if !matches!(self.operation, Operation::Add(_) | Operation::Delete(_)) {
            container.parts.pop();
        }
        container
    }

    /// Changes the local copy, and returns the operation to send.
    fn carry_out(&self, store: &mut Store) -> Result<Option<StateAccess>, StateError> {
        let place = self.place.clone();
        match &self.operation {
            Operation::Set(value) => store.assign(place, value.clone()),
            Operation::Add(element) => store.add(place, element.clone()),
            Operation::Delete(index) => store.delete(place, index.clone()),
            Operation::Unset => store.unset(place),
            Operation::Increment(by) => store.increment(place, *by),
        }
    }

    /// Returns the old value; for an element of a set, whether it existed.
    fn old(&self, store: &Store) -> Old {
        let value = |path: Path| store.get(path).map_or(Old::Nothing, Old::Value);
        match &self.operation {
            Operation::Set(_) | Operation::Unset | Operation::Increment(_) => {
                value(self.place.clone())
            }
            Operation::Add(index) | Operation::Delete(index) => {
                match store.contains(self.place.clone(), index.clone()) {
                    Ok(true) => match value(self.place.clone().index(index.clone())) {
                        Old::Nothing => Old::Element,
                        old => old,
                    },
                    _ => Old::Nothing,
                }
            }
        }
    }

    fn shown(&self, old: &Old, new: Option<&Value>) -> (Json, String) {
        let place = printed::bytes(self.shown_place.as_bytes());
        let (operation, ty) = match &self.operation {
            Operation::Set(value) => ("set", Some(value.ty().to_string())),
            Operation::Add(_) => ("add", None),
            Operation::Delete(_) | Operation::Unset => ("delete", None),
            Operation::Increment(_) => ("incr", None),
        };
        let was = old.value();
        let mut object = json!({ "name": place, "operation": operation, "value": new, "was": was });
        if let (Some(ty), Some(object)) = (ty, object.as_object_mut()) {
            object.insert("type".to_owned(), ty.into());
        }
        let (new, was) = (new.map(printed::value), old.value().map(printed::value));
        let value = new.as_ref().map(|new| format!(" = {new}")).unwrap_or_default();
        let remark = match (&self.operation, old, &was) {
            (_, _, Some(was)) => format!(" (was {was})"),
            (Operation::Add(_), Old::Element, _) => " (was there)".to_owned(),
            (Operation::Delete(_), Old::Nothing, _) => " (was not there)".to_owned(),
            _ => String::new(),
        };
        (object, format!("{operation} {place}{value}{remark}"))
    }
}

/// An old value.
enum Old {
    Nothing,
    /// An element of a set.
    Element,
    Value(Value),
}

impl Old {
    fn value(&self) -> Option<&Value> {
        match self {
            Old::Value(value) => Some(value),
            Old::Nothing | Old::Element => None,
        }
    }
}

impl Task for Change<'_> {
    fn begin(
        &mut self,
        store: &mut Store,
        given: &Given,
        peer: &mut Peer,
    ) -> Result<ControlFlow<()>, Failure> {
        if !peer.connection().is_sync_requested() {
            return Err(refused(format_args!(
                "the peer accepts no changes of its state; a Bro needs `$sync=T` in its \
                 entry for us"
            )));
        }
        self.check(given)?;
        // The local value of a variable that the peer has not sent is not the peer's value.
        let is_given = given.type_of(&self.place.target).is_some();
        let old = if is_given { self.old(store) } else { Old::Nothing };
        let access = self.carry_out(store).map_err(|error| match error {
            StateError::NoSuchEntry(_) | StateError::NoValue(_) => {
                refused(format_args!("the peer has no {}", self.shown_place))
            }
            StateError::NotOptional { .. } => refused(format_args!(
                "{} is neither &optional nor &default, so it can't be deleted",
                self.shown_place
            )),
            StateError::OutOfRange(_) => {
                refused(format_args!("{} would be out of range for its type", self.shown_place))
            }
            StateError::Gap { length, limit, .. } => refused(format_args!(
                "{}: the vector has {length} elements, and at most {limit} can be added",
                self.shown_place
            )),
            error => refused(format_args!("{}: {error}", self.shown_place)),
        })?;
        let Some(access) = access else {
            return Err(refused(format_args!("{} is not &synchronized", self.place.target)));
        };
        let access = given.addressed(access);
        if given.is_open(&access) {
            let container = self.container();
            return Err(refused(format_args!(
                "the peer's {container} is empty and has no type yet, so it accepts no elements; \
                 assign a value to it: `state set '{container}' VALUE`"
            )));
        }
        match peer.connection_mut().send_state_access(&access) {
            Ok(Sent::Sent) => {}
            Ok(why) => return Err(refused(format_args!("{why:?}"))),
            Err(error) => return Err(refused(format_args!("{error}"))),
        }
        let new = match &self.operation {
            Operation::Set(value) => Some(value.clone()),
            Operation::Increment(_) => store.get(self.place.clone()).ok(),
            Operation::Add(_) | Operation::Delete(_) | Operation::Unset => None,
        };
        self.line = Some(self.shown(&old, new.as_ref()));
        Ok(ControlFlow::Break(()))
    }

    fn end(&mut self, end: End) -> Result<(), Failure> {
        match (end, self.line.take()) {
            (End::Here { all_written: true }, Some((object, text))) => {
                Ok(self.shown.line(&object, &text)?)
            }
            _ => Err(failed(format_args!(
                "the peer did not receive the change of {}",
                self.shown_place
            ))),
        }
    }
}

/// Reports why nothing is sent.
fn refused(why: fmt::Arguments<'_>) -> Failure {
    failed(format_args!("nothing sent: {why}"))
}

/// Parses a value in Bro's notation.
fn literal(text: &str, ty: &Type, declared: &Declarations) -> Result<Value, String> {
    Value::parse(text, Some(ty), declared).map_err(|error| pointed(text, &error))
}

/// Parses a value as JSON, or else in Bro's notation.
fn json_or_literal(text: &str, ty: &Type, declared: &Declarations) -> Result<Value, String> {
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return literal(text, ty, declared);
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let value = ValueSeed::new(ty, declared).deserialize(&mut json);
    // `{}` is valid in both notations.
    value.or_else(|error| literal(text, ty, declared).map_err(|_| error.to_string()))
}
