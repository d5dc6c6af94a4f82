//! What a node knows by name: types, events, variables.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::coerce::Origin;
use super::{
    ConversionError, ConversionErrorKind, Event, Field, Globals, Name, Type, TypeTag, Value,
};

/// Describes an event that a node has a handler for.
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
    /// Returns which of the two it is, and where; either way the call is to be dropped and the
    /// connection stays.
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

    /// Makes arguments of the parameters' types, by the rules for this origin; `None` if they are
    /// of these types already.
    #[inline]
    fn coerce(
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

/// Checks that Bro's scripts can make the arguments of a call of which nothing is declared.
pub(crate) fn check_arguments(args: &[Value]) -> Result<(), CallMismatch> {
    args.iter().enumerate().try_for_each(|(position, arg)| {
        let impossible = |kind: ConversionErrorKind| CallMismatch::Impossible {
            position,
            error: Box::new(kind.into()),
        };
        arg.check_possible().map_err(impossible)
    })
}

/// Why a call does not fit what it names (§5).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallMismatch {
    /// Nothing of that name is known.
    #[error("no such event is declared")]
    Unknown,
    /// The name is a variable's.
    #[error("declared as a variable, not as an event")]
    NotAnEvent,
    /// The number of arguments is not that of the parameters.
    #[error("expected {expected} argument{}, found {found}", if *expected == 1 { "" } else { "s" })]
    ArgumentCount {
        /// How many parameters are declared.
        expected: usize,
        /// How many arguments the call has.
        found: usize,
    },
    /// An argument is not of its parameter's type, and cannot be coerced to it.
    #[error("argument {position}, {name}: {error}")]
    Argument {
        /// The argument's position, from 0.
        position: usize,
        /// The parameter's name.
        name: Name,
        /// What is expected and what was found, and where in the argument.
        error: Box<ConversionError>,
    },
    /// An argument of an event that is not declared is a value that Bro's scripts cannot make.
    #[error("argument {position}: {error}")]
    Impossible {
        /// The argument's position, from 0.
        position: usize,
        /// What is wrong with it.
        error: Box<ConversionError>,
    },
}

impl CallMismatch {
    fn argument(position: usize, param: &Field, error: ConversionError) -> CallMismatch {
        CallMismatch::Argument { position, name: param.name.clone(), error: Box::new(error) }
    }

    /// Returns what Bro says about such a call, in its log and in `remote_connection_error`; people
    /// search their logs for it.
    pub fn in_bros_words(&self) -> &'static str {
        match self {
            CallMismatch::Unknown => "unknown event/function, ignoring",
            CallMismatch::NotAnEvent => "not a function/event, ignoring",
            CallMismatch::ArgumentCount { .. } => "wrong number of arguments, ignoring",
            CallMismatch::Argument { .. } | CallMismatch::Impossible { .. } => {
                "mismatch in argument types; ignoring"
            }
        }
    }

    /// Writes [Bro's words](Self::in_bros_words), followed in parentheses by what they do not say:
    /// the numbers of arguments, or the argument with both types.
    pub(crate) fn in_full(&self) -> String {
        let words = self.in_bros_words();
        match self {
            CallMismatch::Unknown | CallMismatch::NotAnEvent => words.to_owned(),
            _ => format!("{words} ({self})"),
        }
    }

    /// Returns whether a Bro drops such a call and says so. It delivers a call with an argument of the
    /// right kind whose parts are of other types than declared.
    pub fn is_dropped_by_bro(&self) -> bool {
        match self {
            CallMismatch::Argument { error, .. } => {
                error.path.is_empty() && matches!(error.kind, ConversionErrorKind::Type { .. })
            }
            _ => true,
        }
    }
}

/// Why an event is not raised: it does not fit its declaration. Nothing of it was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {event}: {mismatch}")]
#[non_exhaustive]
pub struct CallError {
    /// The event's name.
    pub event: Name,
    /// What does not fit.
    pub mismatch: CallMismatch,
}

/// Why a value is not sent: it does not fit the declaration of the variable that it is for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("value for {variable}: {error}")]
#[non_exhaustive]
pub struct VariableError {
    /// The variable's name.
    pub variable: Name,
    /// What is expected and what was found.
    pub error: ConversionError,
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
    /// Creates an empty set of declarations.
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
    /// cannot be in an index.
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

    /// Checks a call against what is known, as a receiver does (§5).
    ///
    /// # Errors
    ///
    /// Returns why the call is to be dropped.
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
            None => Err(self.not_an_event(name)),
        }
    }

    fn not_an_event(&self, name: &[u8]) -> CallMismatch {
        match self.globals.contains(name) {
            true => CallMismatch::NotAnEvent,
            false => CallMismatch::Unknown,
        }
    }

    /// Makes arguments of the declared types for a call of our own, as Bro's script does for an
    /// event that it raises; see [`Value::coerce`]. Returns `None` if they are of these types
    /// already, or if nothing of that name is declared: then the call goes as it is, if Bro's scripts
    /// can make its arguments.
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
    /// Returns which argument does not fit its parameter, and why; or that there are more or fewer
    /// than are declared, or that the name is a variable's; or which argument no script can make: a
    /// table with an index that Bro refuses, or a pattern that it does not compile.
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

    /// Checks a call that a peer made (§5), and then makes its arguments of the declared types, as
    /// far as Bro's rules for what it receives allow. Records that lack fields may be filled up by
    /// so many in all.
    ///
    /// # Errors
    ///
    /// Returns why the call is to be dropped.
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
