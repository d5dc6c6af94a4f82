//! Event calls, and their conversion from and to Rust values.

use super::{
    ConversionError, ConversionErrorKind, Event, EventDecl, Field, FromValue, Name, Step, Value,
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
pub(crate) fn check_count(args: &[Value], expected: usize) -> Result<(), ConversionError> {
    let found = args.len();
    if found == expected {
        Ok(())
    } else {
        Err(ConversionErrorKind::Length { expected, found }.into())
    }
}
