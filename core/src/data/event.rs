//! Event calls, their conversion from and to Rust values, and typed handlers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::convert::fit;
use super::{
    BroType, CallMismatch, ConversionError, ConversionErrorKind, Declarations, Event, EventDecl,
    Field, FromValue, Name, Step, Type, Value,
};
use crate::Time;

/// Creates a [`data::Event`](crate::data::Event) from its name and arguments.
///
/// Arguments are Rust values that implement [`ToValue`](crate::data::ToValue). They are not
/// consumed. The time is 0; [`Event::at`](crate::data::Event::at) sets another.
///
/// A number without a suffix is an `i32`, and so an `int`; write a `count` as `443u64`. When a
/// declared event is sent, a non-negative `int` becomes a `count` where one is expected; see
/// [`Declarations::coerce_call`](crate::data::Declarations::coerce_call).
///
/// Containers get a new type in each event, which is sent to the peer in full each time. A struct
/// with `#[derive(Event)]` reuses its types.
///
/// ```
/// use brocomm::data::Value;
/// use brocomm::{Time, event};
///
/// let host: std::net::IpAddr = [10, 0, 0, 1].into();
/// let scan = event!("scan_seen", host, 443u64).at(Time::from_secs_f64(1.5));
/// assert_eq!(scan.args, [Value::Addr(host), Value::Count(443)]);
/// assert_eq!(scan.time, 1.5);
/// ```
#[macro_export]
macro_rules! event {
    ($name:expr $(, $arg:expr)* $(,)?) => {
        $crate::data::Event::new($name, vec![$($crate::data::ToValue::to_value(&$arg)),*])
    };
}

/// A Rust type that represents one event. Implemented by `#[derive(Event)]` (feature `derive`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    note = "add `#[derive(Event)]` to the struct"
)]
pub trait EventType: Sized {
    /// The event's full name.
    const NAME: &'static str;

    /// Returns the parameters. They are always the same instances.
    fn params() -> &'static [Field];

    /// Creates the arguments.
    fn to_args(&self) -> Vec<Value>;

    /// Converts the arguments to the Rust type.
    ///
    /// # Errors
    ///
    /// Returns which argument does not match, and the reason.
    fn from_args(args: &[Value]) -> Result<Self, ConversionError>;

    /// Returns the event's declaration.
    fn declaration() -> EventDecl {
        EventDecl { name: Name::from_static(Self::NAME), params: Self::params().to_vec() }
    }

    /// Creates the event, at time 0; see [`Event::at`].
    fn to_event(&self) -> Event {
        Event { name: Name::from_static(Self::NAME), time: 0.0, args: self.to_args() }
    }

    /// Converts an event to the Rust type.
    ///
    /// # Errors
    ///
    /// Fails for another event, or if an argument does not match.
    fn from_event(event: &Event) -> Result<Self, ConversionError> {
        if event.name == Self::NAME {
            Self::from_args(&event.args)
        } else {
            let (expected, found) = (Self::NAME, event.name.compact());
            Err(ConversionErrorKind::Event { expected, found }.into())
        }
    }
}

impl Event {
    /// Creates an event, at time 0.
    pub fn new(name: impl Into<Name>, args: Vec<Value>) -> Event {
        Event { name: name.into(), time: 0.0, args }
    }

    /// Returns the event with this time, the sender's network time.
    #[must_use]
    pub fn at(self, time: Time) -> Event {
        Event { time: time.as_secs_f64(), ..self }
    }

    /// Converts the argument at this position to a Rust type.
    ///
    /// # Errors
    ///
    /// Fails if the argument does not match or does not exist.
    pub fn arg<T: FromValue>(&self, position: usize) -> Result<T, ConversionError> {
        argument(&self.args, position)
    }
}

/// Converts the argument at this position to a Rust type.
pub(super) fn argument<T: FromValue>(
    args: &[Value],
    position: usize,
) -> Result<T, ConversionError> {
    let value = args.get(position).ok_or_else(|| ConversionErrorKind::Missing.into());
    value.and_then(T::from_value).map_err(|error| error.within(Step::Argument(position)))
}

/// Checks the number of arguments.
pub(super) fn check_count(args: &[Value], expected: usize) -> Result<(), ConversionError> {
    let found = args.len();
    if found == expected {
        Ok(())
    } else {
        Err(ConversionErrorKind::Length { expected, found }.into())
    }
}

/// Dispatches events to functions with typed Rust arguments.
///
/// Handlers are checked against the declared events when they are added. A connection does not call
/// them: the caller passes received events to [`dispatch`](Self::dispatch), together with the state
/// that the handlers work on.
///
/// ```
/// use std::net::IpAddr;
/// use std::sync::Arc;
///
/// use brocomm::data::{Declarations, Handlers};
/// use brocomm::event;
///
/// let mut declarations = Declarations::new();
/// declarations.read("event scan_seen(host: addr, ports: set[port], tries: count);")?;
///
/// type Seen = Vec<(IpAddr, u32)>;
/// let handlers = Handlers::new(Arc::new(declarations)).on(
///     "scan_seen",
///     |seen: &mut Seen, host: IpAddr, _: Vec<u8>, tries: u32| seen.push((host, tries)),
/// );
/// let error = handlers.unwrap_err();
/// assert_eq!(error.to_string(), "handler of scan_seen: parameter 1, ports: expected string, found table");
///
/// # let mut declarations = Declarations::new();
/// # declarations.read("event scan_seen(host: addr, tries: count);")?;
/// let handlers = Handlers::new(Arc::new(declarations)).on(
///     "scan_seen",
///     |seen: &mut Seen, host: IpAddr, tries: u32| seen.push((host, tries)),
/// )?;
/// let host = IpAddr::from([10, 0, 0, 1]);
/// let mut seen = Seen::new();
/// handlers.dispatch(&event!("scan_seen", host, 443u64), &mut seen)?;
/// assert_eq!(seen, [(host, 443)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Handlers<S> {
    declarations: Arc<Declarations>,
    handlers: BTreeMap<Name, Vec<Box<Call<S>>>>,
}

type Call<S> = dyn Fn(&mut S, &[Value]) -> Result<(), ConversionError> + Send + Sync;

impl<S: 'static> Handlers<S> {
    /// Creates an empty set of handlers for the events of these declarations.
    pub fn new(declarations: Arc<Declarations>) -> Handlers<S> {
        Handlers { declarations, handlers: BTreeMap::new() }
    }

    /// Adds a handler: a function that takes the state, `&mut S`, and one [`FromValue`] per
    /// parameter, up to eight.
    ///
    /// An event may have several handlers, called in the order in which they were added.
    ///
    /// # Errors
    ///
    /// Fails if the event is not declared or a parameter differs from its declaration.
    pub fn on<A, H: Handler<S, A>>(
        mut self,
        name: &str,
        handler: H,
    ) -> Result<Handlers<S>, SignatureError> {
        self.check(name, &H::types())?;
        self.add(name, move |state, args| handler.call(state, args));
        Ok(self)
    }

    /// Adds a handler for a type with `#[derive(Event)]`.
    ///
    /// # Errors
    ///
    /// Fails if the event is not declared or a parameter differs from its declaration.
    pub fn on_event<E: EventType>(
        mut self,
        handler: impl Fn(&mut S, E) + Send + Sync + 'static,
    ) -> Result<Handlers<S>, SignatureError> {
        let types: Vec<Type> = E::params().iter().map(|param| param.ty.clone()).collect();
        self.check(E::NAME, &types)?;
        self.add(E::NAME, move |state, args| {
            handler(state, E::from_args(args)?);
            Ok(())
        });
        Ok(self)
    }

    /// Returns the names of the events that have handlers, for requesting them from peers.
    pub fn events(&self) -> impl Iterator<Item = &Name> {
        self.handlers.keys()
    }

    /// Calls the handlers of an event. Returns whether it has any.
    ///
    /// # Errors
    ///
    /// Fails if an argument cannot be converted for a handler. That handler and later ones are not
    /// called.
    pub fn dispatch(&self, event: &Event, state: &mut S) -> Result<bool, DispatchError> {
        let Some(handlers) = self.handlers.get(&*event.name) else { return Ok(false) };
        handlers
            .iter()
            .try_for_each(|handler| handler(state, &event.args))
            .map_err(|error| DispatchError { event: event.name.compact(), error })?;
        Ok(true)
    }

    fn check(&self, name: &str, types: &[Type]) -> Result<(), SignatureError> {
        let signature = |kind| SignatureError { event: name.into(), kind };
        let Some(declared) = self.declarations.event(name) else {
            return Err(signature(SignatureErrorKind::Undeclared));
        };
        let (expected, found) = (declared.params.len(), types.len());
        if expected != found {
            return Err(signature(SignatureErrorKind::Count { expected, found }));
        }
        let check = |(position, (wanted, param)): (usize, (&Type, &Field))| {
            fit(wanted, &param.ty).map_err(|error| {
                let (name, error) = (param.name.clone(), Box::new(error));
                signature(SignatureErrorKind::Parameter { position, name, error })
            })
        };
        types.iter().zip(&declared.params).enumerate().try_for_each(check)
    }

    fn add(
        &mut self,
        name: &str,
        call: impl Fn(&mut S, &[Value]) -> Result<(), ConversionError> + Send + Sync + 'static,
    ) {
        self.handlers.entry(name.into()).or_default().push(Box::new(call));
    }
}

impl<S> fmt::Debug for Handlers<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.handlers.iter().map(|(name, handlers)| (name, handlers.len()));
        f.debug_map().entries(counts).finish()
    }
}

/// A function that can handle an event: it takes `&mut S` and up to eight [`FromValue`]s.
///
/// Do not implement this trait: methods may be added.
pub trait Handler<S, A>: Send + Sync + 'static {
    /// Returns the types of the parameters.
    #[doc(hidden)]
    fn types() -> Vec<Type>;

    /// Converts the arguments and calls the function.
    #[doc(hidden)]
    fn call(&self, state: &mut S, args: &[Value]) -> Result<(), ConversionError>;
}

macro_rules! handler {
    ($($count:literal ($($arg:ident $at:literal),*);)*) => {$(
        impl<S, F, $($arg: FromValue),*> Handler<S, ($($arg,)*)> for F
        where
            F: Fn(&mut S, $($arg),*) + Send + Sync + 'static,
        {
            fn types() -> Vec<Type> {
                vec![$(<$arg as BroType>::bro_type()),*]
            }

            fn call(&self, state: &mut S, args: &[Value]) -> Result<(), ConversionError> {
                check_count(args, $count)?;
                self(state, $(argument::<$arg>(args, $at)?),*);
                Ok(())
            }
        }
    )*};
}

handler! {
    0 ();
    1 (A 0);
    2 (A 0, B 1);
    3 (A 0, B 1, C 2);
    4 (A 0, B 1, C 2, D 3);
    5 (A 0, B 1, C 2, D 3, E 4);
    6 (A 0, B 1, C 2, D 3, E 4, G 5);
    7 (A 0, B 1, C 2, D 3, E 4, G 5, H 6);
    8 (A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7);
}

/// The error for a handler that differs from the event's declaration.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("handler of {event}: {kind}")]
#[non_exhaustive]
pub struct SignatureError {
    /// The event's name.
    pub event: Name,
    /// The difference.
    pub kind: SignatureErrorKind,
}

crate::errors::debug_as_display!(SignatureError);

/// The difference between a handler and the declaration of its event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureErrorKind {
    /// No event with this name is declared.
    #[error("no such event is declared")]
    Undeclared,
    /// The handler has more or fewer parameters.
    #[error("{expected} parameters are declared, the handler has {found}")]
    Count {
        /// The number of declared parameters.
        expected: usize,
        /// The number of the handler's parameters.
        found: usize,
    },
    /// A parameter is declared with a type that the handler does not take.
    #[error("parameter {position}, {name}: {error}")]
    Parameter {
        /// The parameter's position, from 0.
        position: usize,
        /// Its declared name.
        name: Name,
        /// The handler's type and the declared type.
        error: Box<ConversionError>,
    },
}

/// The error for an event whose arguments a handler does not accept.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event}: {error}")]
pub struct DispatchError {
    /// The event's name.
    pub event: Name,
    /// The argument that does not match, and the reason.
    pub error: ConversionError,
}

crate::errors::debug_as_display!(DispatchError);

impl DispatchError {
    /// Returns the error for the handlers of a received event, if the event is declared.
    pub(crate) fn of(event: Name, mismatch: CallMismatch) -> Option<DispatchError> {
        let error = match mismatch {
            CallMismatch::Unknown | CallMismatch::NotAnEvent => return None,
            CallMismatch::ArgumentCount { expected, found } => {
                ConversionErrorKind::Length { expected, found }.into()
            }
            CallMismatch::Argument { position, error, .. }
            | CallMismatch::Impossible { position, error } => {
                error.within(Step::Argument(position))
            }
        };
        Some(DispatchError { event, error })
    }
}
