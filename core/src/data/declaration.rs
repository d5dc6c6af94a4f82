//! What a node knows by name: types, events, variables.

use std::collections::BTreeMap;

use super::{Field, Globals, Name, Type, TypeTag, Value};

/// Describes an event that a node has a handler for.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDecl {
    /// The event's full name (`Module::name`, or `name` in the global module).
    pub name: Name,
    /// The parameters, in order.
    pub params: Vec<Field>,
}

impl EventDecl {
    /// Makes a declaration.
    pub fn new(name: impl Into<Name>, params: Vec<Field>) -> EventDecl {
        EventDecl { name: name.into(), params }
    }

    /// Checks a call's arguments as a receiver does: their number, then each one's type tag (§5).
    ///
    /// # Errors
    ///
    /// Says which of the two it is; either way the call is to be dropped and the connection stays.
    pub fn check(&self, args: &[Value]) -> Result<(), CallMismatch> {
        self.check_tags(args.iter().map(Value::tag))
    }

    fn check_tags(&self, args: impl ExactSizeIterator<Item = TypeTag>) -> Result<(), CallMismatch> {
        if args.len() != self.params.len() {
            return Err(CallMismatch::ArgumentCount);
        }
        let fits = |(param, arg): (&Field, TypeTag)| match param.ty.tag() {
            Some(TypeTag::Any) | None => true,
            Some(tag) => tag == arg,
        };
        if self.params.iter().zip(args).all(fits) {
            Ok(())
        } else {
            Err(CallMismatch::ArgumentTypes)
        }
    }
}

/// Says why a call does not fit what it names (§5).
///
/// The texts are Bro's own, which people search their logs for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum CallMismatch {
    /// Nothing of that name is known.
    #[error("unknown event/function, ignoring")]
    Unknown,
    /// The name is a variable's.
    #[error("not a function/event, ignoring")]
    NotAnEvent,
    /// The number of arguments is not that of the parameters.
    #[error("wrong number of arguments, ignoring")]
    ArgumentCount,
    /// An argument's type tag is not its parameter's.
    #[error("mismatch in argument types; ignoring")]
    ArgumentTypes,
}

/// Holds what a node knows by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Declarations {
    /// Types by full name.
    pub types: BTreeMap<Name, Type>,
    /// Events by full name.
    pub events: BTreeMap<Name, EventDecl>,
    /// Variables and constants by full name, in order of declaration.
    pub globals: Globals,
}

impl Declarations {
    /// Makes an empty set of declarations.
    pub fn new() -> Declarations {
        Declarations::default()
    }

    /// Adds an event; an earlier one of the same name is replaced.
    pub fn add_event(&mut self, event: EventDecl) {
        self.events.insert(event.name.clone(), event);
    }

    /// Returns the type of this full name.
    pub fn ty(&self, name: impl AsRef<[u8]>) -> Option<&Type> {
        self.types.get(name.as_ref())
    }

    /// Returns the event of this full name.
    pub fn event(&self, name: impl AsRef<[u8]>) -> Option<&EventDecl> {
        self.events.get(name.as_ref())
    }

    /// Checks that Bro's scripts could declare all of this, as what [`read`](Self::read) adds can
    /// be: tables and sets have indices that Bro takes.
    ///
    /// # Errors
    ///
    /// Returns the name of the first type, event or variable that they could not, and the type that
    /// can't be in an index.
    pub fn check(&self) -> Result<(), (Name, TypeTag)> {
        let types = self.types.iter();
        let events = self.events.iter();
        let params =
            events.flat_map(|(name, event)| event.params.iter().map(move |p| (name, &p.ty)));
        let globals = self.globals.iter().map(|global| (&global.name, &global.ty));
        types
            .chain(params)
            .chain(globals)
            .try_for_each(|(name, ty)| ty.check_indices().map_err(|tag| (name.clone(), tag)))
    }

    /// Checks a call against what is known (§5).
    ///
    /// # Errors
    ///
    /// Says why the call is to be dropped.
    pub fn check_call(&self, name: impl AsRef<[u8]>, args: &[Value]) -> Result<(), CallMismatch> {
        self.check_call_tags(name.as_ref(), args.iter().map(Value::tag))
    }

    /// Checks a call of which only the tags of the arguments' types are known.
    pub(crate) fn check_call_tags(
        &self,
        name: &[u8],
        args: impl ExactSizeIterator<Item = TypeTag>,
    ) -> Result<(), CallMismatch> {
        match self.event(name) {
            Some(event) => event.check_tags(args),
            None if self.globals.contains(name) => Err(CallMismatch::NotAnEvent),
            None => Err(CallMismatch::Unknown),
        }
    }
}
