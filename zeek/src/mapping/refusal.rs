//! Errors converting values.

use std::fmt;

use brocomm::data::{Name, Step};

/// An error converting an event, with the position in the event.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The position, starting at the event's arguments.
    pub path: Vec<Step>,
    /// What is wrong.
    pub kind: RefusalKind,
}

/// The kinds of [`Refusal`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusalKind {
    /// The event is not declared on Zeek's side.
    #[error("event {0} is not declared on Zeek's side")]
    Undeclared(Name),
    /// The number of arguments differs from that of the parameters.
    #[error("expected {expected} arguments, found {found}")]
    ArgumentCount {
        /// The number of declared parameters.
        expected: usize,
        /// The number of arguments.
        found: usize,
    },
    /// The value has another type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// The type on the other side.
        expected: String,
        /// The actual type.
        found: String,
    },
    /// A number has another type, and cannot be converted to the expected type without loss.
    #[error("{number} cannot become a {expected}")]
    Number {
        /// The number.
        number: String,
        /// The type on the other side.
        expected: String,
    },
    /// A field that must be set is unset or missing.
    #[error("must be set")]
    Missing,
    /// The record on the other side doesn't have the field.
    #[error("the record on the other side has no such field")]
    ExtraField,
    /// The enum on the other side doesn't have the constant.
    #[error("enum {ty} has no constant {constant}")]
    Constant {
        /// The enum.
        ty: Name,
        /// The constant's name, or its number.
        constant: String,
    },
    /// A time or interval does not fit into 64 bits of nanoseconds, or is infinite or NaN.
    #[error("{0} is out of range for Zeek: must be within 292 years of 1970")]
    OutOfRange(&'static str),
    /// An interval other than 0 is shorter than a nanosecond.
    #[error("interval of {0:e} s is shorter than a nanosecond")]
    TooShort(f64),
    /// The value that Zeek sends for a time or interval that it can't represent.
    #[error("a {0} that Zeek could not represent")]
    Unrepresentable(&'static str),
    /// An element of a vector is unset.
    #[error("Zeek's vectors have no holes")]
    Hole,
    /// Two indices of a table or set become the same on the other side.
    #[error("two indices become the same")]
    SameIndex,
    /// The value is a function, and [`Options::functions`](super::Options::functions) is off.
    #[error("functions are not passed")]
    Function,
    /// The other side doesn't have the type of the value.
    #[error("a value of type {0} has no counterpart")]
    NoCounterpart(String),
    /// A record has another number of fields than declared. The declaration may be out of date.
    #[error("expected {expected} fields, found {found}: is the declaration up to date?")]
    Length {
        /// The number of declared fields.
        expected: usize,
        /// The number of received fields.
        found: usize,
    },
    /// The elements of an undeclared container have several types.
    #[error("elements of several types in one container")]
    Mixed,
    /// Values are nested too deeply.
    #[error("nested too deeply")]
    TooDeep,
}

impl Refusal {
    /// Returns a short name of the reason, for counters.
    pub const fn reason(&self) -> &'static str {
        match self.kind {
            RefusalKind::Undeclared(_) => "undeclared",
            RefusalKind::ArgumentCount { .. } => "argument_count",
            RefusalKind::Type { .. } => "type",
            RefusalKind::Number { .. } => "number",
            RefusalKind::Missing => "missing_field",
            RefusalKind::ExtraField => "extra_field",
            RefusalKind::Constant { .. } => "enum_constant",
            RefusalKind::OutOfRange(_) | RefusalKind::Unrepresentable(_) => "time_range",
            RefusalKind::TooShort(_) => "interval_precision",
            RefusalKind::Hole => "hole",
            RefusalKind::SameIndex => "same_index",
            RefusalKind::Function => "function",
            RefusalKind::NoCounterpart(_) => "no_counterpart",
            RefusalKind::Length { .. } => "field_count",
            RefusalKind::Mixed => "mixed",
            RefusalKind::TooDeep => "too_deep",
        }
    }

    pub(super) fn within(mut self, step: Step) -> Refusal {
        self.path.insert(0, step);
        self
    }
}

impl From<RefusalKind> for Refusal {
    fn from(kind: RefusalKind) -> Refusal {
        Refusal { path: Vec::new(), kind }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.path.iter().enumerate() {
            let is_word = !matches!(step, Step::Field(_) | Step::Element(_));
            write!(f, "{}{step}", if is_word && at > 0 { ", " } else { "" })?;
        }
        if !self.path.is_empty() {
            f.write_str(": ")?;
        }
        self.kind.fmt(f)
    }
}

impl std::error::Error for Refusal {}
