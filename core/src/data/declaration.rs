//! Declared types, events and variables.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::coerce::{Origin, coerce_operands, coerced};
use super::convert::fit;
use super::fits::CheckedTypes;
use super::{
    Attribute, AttributeTag, Attributes, BroType, ConversionError, ConversionErrorKind, Event,
    Field, Id, Name, StateAccess, Type, TypeTag, Value,
};

/// The declaration of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDecl {
    /// The event's full name (`Module::name`, or `name` in the global module).
    pub name: Name,
    /// The parameters, in order.
    pub params: Vec<Field>,
}

impl EventDecl {
    /// Creates a declaration.
    pub fn new(name: impl Into<Name>, params: Vec<Field>) -> EventDecl {
        EventDecl { name: name.into(), params }
    }

    /// Checks a call's arguments as a receiver does: their number, then each one's type tag (§5).
    ///
    /// # Errors
    ///
    /// Returns which of the two does not match, and its position. The receiver drops such a call
    /// and keeps the connection.
    pub fn check(&self, args: &[Value]) -> Result<(), CallMismatch> {
        self.check_tags(args.iter().map(Value::tag))
    }

    #[inline]
    fn check_tags(&self, args: impl ExactSizeIterator<Item = TypeTag>) -> Result<(), CallMismatch> {
        self.check_count(args.len())?;
        for (position, (param, found)) in self.params.iter().zip(args).enumerate() {
            match param.ty.tag() {
                Some(expected) if expected != TypeTag::Any && expected != found => {
                    let error = ConversionErrorKind::Type { expected, found }.into();
                    return Err(CallMismatch::argument(position, param, error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_count(&self, found: usize) -> Result<(), CallMismatch> {
        let expected = self.params.len();
        if expected == found {
            Ok(())
        } else {
            Err(CallMismatch::ArgumentCount { expected, found })
        }
    }

    /// Coerces the arguments to the parameters' types, with the rules for this origin. Returns
    /// `None` if they already have these types.
    #[inline]
    pub(crate) fn coerce(
        &self,
        origin: Origin<'_>,
        args: &[Value],
    ) -> Result<Option<Vec<Value>>, CallMismatch> {
        self.check_count(args.len())?;
        let all = || self.params.iter().zip(args);
        let stays = |arg: &Value, param: &Field| {
            arg.is_of(&param.ty) && (origin != Origin::Own || arg.check_possible().is_ok())
        };
        if all().all(|(param, arg)| stays(arg, param)) {
            return Ok(None);
        }
        let coerced = |(position, (param, arg)): (usize, (&Field, &Value))| {
            if stays(arg, param) {
                return Ok(arg.clone());
            }
            arg.coerce_from(origin, &param.ty)
                .map_err(|error| CallMismatch::argument(position, param, error))
        };
        all().enumerate().map(coerced).collect::<Result<_, _>>().map(Some)
    }
}

/// Checks that Bro's scripts can create the arguments of an undeclared call.
pub(crate) fn check_arguments(args: &[Value]) -> Result<(), CallMismatch> {
    args.iter().enumerate().try_for_each(|(position, arg)| {
        let impossible = |kind: ConversionErrorKind| CallMismatch::Impossible {
            position,
            error: Box::new(kind.into()),
        };
        arg.check_possible().map_err(impossible)
    })
}

/// The reason why a call does not match the declaration of its event (§5).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallMismatch {
    /// No event with this name is declared.
    #[error("no such event is declared")]
    Unknown,
    /// The name is that of a variable.
    #[error("declared as a variable, not as an event")]
    NotAnEvent,
    /// The number of arguments differs from the number of parameters.
    #[error("expected {expected} argument{}, found {found}", if *expected == 1 { "" } else { "s" })]
    ArgumentCount {
        /// The number of declared parameters.
        expected: usize,
        /// The number of arguments in the call.
        found: usize,
    },
    /// An argument does not have its parameter's type and cannot be coerced to it.
    #[error("argument {position}, {name}: {error}")]
    Argument {
        /// The argument's position, from 0.
        position: usize,
        /// The parameter's name.
        name: Name,
        /// The expected and the found type, and the position within the argument.
        error: Box<ConversionError>,
    },
    /// An argument of an undeclared event is a value that Bro's scripts cannot create.
    #[error("argument {position}: {error}")]
    Impossible {
        /// The argument's position, from 0.
        position: usize,
        /// What is wrong with the argument.
        error: Box<ConversionError>,
    },
}

impl CallMismatch {
    fn argument(position: usize, param: &Field, error: ConversionError) -> CallMismatch {
        CallMismatch::Argument { position, name: param.name.clone(), error: Box::new(error) }
    }

    /// Returns the message that Bro logs for such a call and passes to `remote_connection_error`,
    /// so that logs can be searched for it.
    pub(crate) fn in_bros_words(&self) -> &'static str {
        match self {
            CallMismatch::Unknown => "unknown event/function, ignoring",
            CallMismatch::NotAnEvent => "not a function/event, ignoring",
            CallMismatch::ArgumentCount { .. } => "wrong number of arguments, ignoring",
            CallMismatch::Argument { .. } | CallMismatch::Impossible { .. } => {
                "mismatch in argument types; ignoring"
            }
        }
    }

    /// Returns [Bro's message](Self::in_bros_words), followed in parentheses by the details that it
    /// lacks: the numbers of arguments, or the argument with both types.
    pub(crate) fn in_full(&self) -> String {
        let words = self.in_bros_words();
        match self {
            CallMismatch::Unknown | CallMismatch::NotAnEvent => words.to_owned(),
            _ => format!("{words} ({self})"),
        }
    }

    /// Returns whether Bro drops such a call and logs it. Bro delivers a call with an argument of
    /// the right kind even if its parts have other types than declared.
    pub fn is_dropped_by_bro(&self) -> bool {
        match self {
            CallMismatch::Argument { error, .. } => {
                error.path.is_empty() && matches!(error.kind, ConversionErrorKind::Type { .. })
            }
            _ => true,
        }
    }
}

/// The error for an event that does not match its declaration. Nothing was sent.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {event}: {mismatch}")]
#[non_exhaustive]
pub struct CallError {
    /// The event's name.
    pub event: Name,
    /// What does not match.
    pub mismatch: CallMismatch,
}

crate::errors::debug_as_display!(CallError);

/// The error for a value that does not match its variable's declaration. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("value for {variable}: {error}")]
#[non_exhaustive]
pub struct VariableError {
    /// The variable's name.
    pub variable: Name,
    /// The expected and the found type.
    pub error: ConversionError,
}

/// The types, events and variables that a node has declared.
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
    /// Creates an empty set of declarations.
    pub fn new() -> Declarations {
        Declarations::default()
    }

    /// Adds an event, replacing an earlier one with the same name.
    pub fn add_event(&mut self, event: EventDecl) {
        self.events.insert(event.name.clone(), event);
    }

    /// Returns the type with this full name.
    pub fn ty(&self, name: impl AsRef<[u8]>) -> Option<&Type> {
        self.types.get(name.as_ref())
    }

    /// Returns the event with this full name.
    pub fn event(&self, name: impl AsRef<[u8]>) -> Option<&EventDecl> {
        self.events.get(name.as_ref())
    }

    /// Checks that Bro's scripts could declare all of this: that tables and sets have index types
    /// that Bro accepts. Declarations from [`read`](Self::read) always pass.
    ///
    /// # Errors
    ///
    /// Returns the name of the first type, event or variable that Bro would reject, and the type
    /// that an index cannot contain.
    pub fn check(&self) -> Result<(), (Name, TypeTag)> {
        let types = self.types.iter();
        let events = self.events.iter();
        let params =
            events.flat_map(|(name, event)| event.params.iter().map(move |p| (name, &p.ty)));
        let globals = self.globals.iter().map(|global| (&global.name, &global.ty));
        let mut checked = CheckedTypes::default();
        types.chain(params).chain(globals).try_for_each(|(name, ty)| {
            ty.check_indices(&mut checked).map_err(|tag| (name.clone(), tag))
        })
    }

    /// Checks a call against the declarations, by the tags of its arguments' types, as a receiver
    /// does (§5).
    pub(crate) fn check_call_tags(
        &self,
        name: &[u8],
        args: impl ExactSizeIterator<Item = TypeTag>,
    ) -> Result<(), CallMismatch> {
        match self.event(name) {
            Some(event) => event.check_tags(args),
            None => Err(self.not_an_event(name)),
        }
    }

    /// Returns the error for a name that is not that of an event.
    pub(crate) fn not_an_event(&self, name: &[u8]) -> CallMismatch {
        match self.globals.contains(name) {
            true => CallMismatch::NotAnEvent,
            false => CallMismatch::Unknown,
        }
    }

    /// Coerces the arguments of an outgoing call to the declared types, as Bro does for an event
    /// that a script raises; see [`Value::coerce`]. Returns `None` if they already have these
    /// types, or if no event with that name is declared and Bro's scripts can create the arguments.
    /// The call is then sent unchanged.
    ///
    /// ```
    /// # use brocomm::data::{Declarations, Value};
    /// let mut known = Declarations::new();
    /// known.read("event scan_seen(host: addr, tries: count);")?;
    /// let host = Value::Addr([10, 0, 0, 1].into());
    /// let coerced = known.coerce_call("scan_seen", &[host.clone(), Value::Int(5)])?;
    /// assert_eq!(coerced, Some(vec![host, Value::Count(5)]));
    ///
    /// let error = known.coerce_call("scan_seen", &["10.0.0.1".into(), Value::Int(5)]).unwrap_err();
    /// assert_eq!(error.to_string(), "event scan_seen: argument 0, host: expected addr, found string");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if an argument does not match its parameter, if the number of arguments is wrong, if
    /// the name is that of a variable, or if no script can create an argument: a table with an
    /// index that Bro rejects, or a pattern that Bro cannot compile.
    #[inline]
    pub fn coerce_call(
        &self,
        name: impl AsRef<[u8]>,
        args: &[Value],
    ) -> Result<Option<Vec<Value>>, CallError> {
        let name = name.as_ref();
        let coerced = match self.event(name) {
            Some(event) => event.coerce(Origin::Own, args),
            None => match self.not_an_event(name) {
                CallMismatch::Unknown => check_arguments(args).map(|()| None),
                mismatch => Err(mismatch),
            },
        };
        coerced.map_err(|mismatch| CallError { event: Name::copy_of(name), mismatch })
    }

    /// Checks a peer's call (§5), then coerces its arguments to the declared types as far as Bro's
    /// rules for received values allow. At most `fields` missing record fields are filled in.
    ///
    /// # Errors
    ///
    /// Returns why a receiver drops the call.
    #[inline]
    pub(crate) fn receive_call(&self, event: &mut Event, fields: u32) -> Result<(), CallMismatch> {
        let Some(declared) = self.event(&event.name) else {
            return Err(self.not_an_event(&event.name));
        };
        declared.check(&event.args)?;
        let origin = Origin::Peer { room: &Cell::new(fields) };
        if let Some(args) = declared.coerce(origin, &event.args)? {
            event.args = args;
        }
        Ok(())
    }
}

/// The declaration of a global variable or constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Global {
    /// Its full name (`Module::name`, or `name` in the global module).
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// Whether it is a `const`, which only a `redef` changes.
    pub is_const: bool,
    /// Its attributes, such as `&synchronized`.
    pub attributes: Option<Arc<Attributes>>,
    /// Its initial value, if the declaration gives one.
    pub init: Option<Value>,
}

impl Global {
    /// Creates a variable without attributes and without an initial value.
    pub fn new(name: impl Into<Name>, ty: Type) -> Global {
        Global { name: name.into(), ty, is_const: false, attributes: None, init: None }
    }

    /// Creates a variable that is `&synchronized`, without an initial value.
    pub fn synchronized(name: impl Into<Name>, ty: Type) -> Global {
        let list = vec![Attribute { tag: AttributeTag::Synchronized, expr: None }];
        let attributes = Some(Arc::new(Attributes { ty: ty.clone(), list }));
        Global { attributes, ..Global::new(name, ty) }
    }

    /// Checks that a Rust type can represent every value of the variable.
    ///
    /// # Errors
    ///
    /// Returns the position at which the types differ.
    pub fn check<T: BroType>(&self) -> Result<(), ConversionError> {
        fit(&T::bro_type(), &self.ty)
    }

    /// Returns whether it is `&synchronized`.
    pub fn is_synchronized(&self) -> bool {
        self.has(AttributeTag::Synchronized)
    }

    /// Returns whether it has this attribute.
    pub fn has(&self, tag: AttributeTag) -> bool {
        self.attributes.as_deref().is_some_and(|attributes| attributes.has(tag))
    }
}

/// Variables and constants by name, in order of declaration. The full state is sent in this order
/// (§3.4).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Globals {
    list: Vec<Global>,
    places: BTreeMap<Name, usize>,
    /// The names of variables and constants whose types are not known.
    untyped: BTreeSet<Name>,
}

impl Globals {
    /// Adds a variable. It replaces an earlier one with the same name, at the same position.
    pub fn insert(&mut self, global: Global) {
        match self.places.get(&global.name).and_then(|place| self.list.get_mut(*place)) {
            Some(old) => *old = global,
            None => {
                self.places.insert(global.name.clone(), self.list.len());
                self.list.push(global);
            }
        }
    }

    /// Returns the variable with this full name.
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&Global> {
        self.list.get(*self.places.get(name.as_ref())?)
    }

    /// Returns whether a variable with this full name is declared.
    pub fn contains(&self, name: impl AsRef<[u8]>) -> bool {
        self.places.contains_key(name.as_ref())
    }

    /// Adds the name of a variable whose type is not known.
    pub(crate) fn add_untyped(&mut self, name: Name) {
        self.untyped.insert(name);
    }

    /// Returns whether a variable with this full name is declared, even if its type is not known.
    pub(crate) fn is_declared(&self, name: &[u8]) -> bool {
        self.contains(name) || self.untyped.contains(name)
    }

    /// Iterates over the variables in order of declaration.
    pub fn iter(&self) -> std::slice::Iter<'_, Global> {
        self.list.iter()
    }

    /// Returns the number of variables.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Returns whether no variable is declared.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl<'a> IntoIterator for &'a Globals {
    type Item = &'a Global;
    type IntoIter = std::slice::Iter<'a, Global>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Extend<Global> for Globals {
    fn extend<I: IntoIterator<Item = Global>>(&mut self, globals: I) {
        globals.into_iter().for_each(|global| self.insert(global));
    }
}

impl Declarations {
    /// Coerces the operands of an operation to the types of its variable. Returns `None` if they
    /// already have these types, or if the variable is not declared, as for the unique ID of a
    /// container. In either case, the values must be ones that Bro's scripts can create.
    pub(crate) fn coerce_access(
        &self,
        access: &StateAccess,
    ) -> Result<Option<StateAccess>, VariableError> {
        let StateAccess { op1, op2, op3, .. } = access;
        check_possible(&access.target, [Some(op1), op2.as_ref(), op3.as_ref()])?;
        let Some(global) = self.globals.get(&access.target) else { return Ok(None) };
        let coerced = coerce_operands(&global.ty, access);
        coerced.map_err(|error| VariableError { variable: global.name.clone(), error })
    }

    /// Coerces the value of an ID to the type of the variable with its name. Returns `None` if it
    /// already has this type, or if the variable is not declared.
    pub(crate) fn coerce_id(&self, id: &Id) -> Result<Option<Arc<Id>>, VariableError> {
        check_possible(&id.name, [id.value.as_ref()])?;
        let Some(global) = self.globals.get(&id.name) else { return Ok(None) };
        let value = id.value.as_ref().map_or(Ok(None), |value| coerced(value, &global.ty));
        match value {
            Ok(None) => Ok(None),
            Ok(value) => Ok(Some(Arc::new(Id { value, ..id.clone() }))),
            Err(error) => Err(VariableError { variable: global.name.clone(), error }),
        }
    }
}

fn check_possible<'v>(
    variable: &Name,
    values: impl IntoIterator<Item = Option<&'v Value>>,
) -> Result<(), VariableError> {
    let refused = |kind: ConversionErrorKind| VariableError {
        variable: variable.compact(),
        error: kind.into(),
    };
    values.into_iter().flatten().try_for_each(Value::check_possible).map_err(refused)
}

#[cfg(test)]
mod access_tests;
#[cfg(test)]
mod tests;
