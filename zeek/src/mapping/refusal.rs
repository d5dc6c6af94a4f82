//! Why a value is not carried over.

use std::fmt;

use brocomm::data::{Name, Step};

/// Says why an event is not carried over, and where in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// Where, from the event's arguments on.
    pub path: Vec<Step>,
    /// Why.
    pub kind: RefusalKind,
}

/// The kinds of [`Refusal`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusalKind {
    /// Nothing declares the event on Zeek's side.
    #[error("event {0} is not declared on Zeek's side")]
    Undeclared(Name),
    /// The number of arguments is not that of the parameters.
    #[error("expected {expected} arguments, found {found}")]
    ArgumentCount {
        /// How many parameters are declared.
        expected: usize,
        /// How many arguments there are.
        found: usize,
    },
    /// The value is of another type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// The type on the other side.
        expected: String,
        /// What there is.
        found: String,
    },
    /// A number is of another type, and can't become one of the expected type without loss.
    #[error("{number} cannot become a {expected}")]
    Number {
        /// The number.
        number: String,
        /// The type on the other side.
        expected: String,
    },
    /// A field that must be set is not, or the record doesn't have it.
    #[error("must be set")]
    Missing,
    /// The other side's record doesn't have the field.
    #[error("the record on the other side has no such field")]
    ExtraField,
    /// The other side's enum doesn't have the constant.
    #[error("enum {ty} has no constant {constant}")]
    Constant {
        /// The enum.
        ty: Name,
        /// The constant's name, or its number.
        constant: String,
    },
    /// A time or interval that 64 bits of nanoseconds don't hold, an infinity, or NaN.
    #[error("{0} is out of range for Zeek: must be within 292 years of 1970")]
    OutOfRange(&'static str),
    /// An interval other than 0 that is shorter than a nanosecond.
    #[error("interval of {0:e} s is shorter than a nanosecond")]
    TooShort(f64),
    /// What Zeek sends for a time or interval that it can't represent.
    #[error("a {0} that Zeek could not represent")]
    Unrepresentable(&'static str),
    /// A vector's element that is not set.
    #[error("Zeek's vectors have no holes")]
    Hole,
    /// Two indices of a table or set are the same on the other side.
    #[error("two indices become the same")]
    SameIndex,
    /// A function, where those are not passed.
    #[error("functions are not passed")]
    Function,
    /// A value of a type that the other side does not have.
    #[error("a value of type {0} has no counterpart")]
    NoCounterpart(String),
    /// A record with another number of fields than is declared; the declarations may be out of date.
    #[error("expected {expected} fields, found {found}: is the declaration up to date?")]
    Length {
        /// How many fields are declared.
        expected: usize,
        /// How many came.
        found: usize,
    },
    /// The types of a container's elements differ, and nothing declares them.
    #[error("elements of several types in one container")]
    Mixed,
    /// Values are nested too deeply.
    #[error("nested too deeply")]
    TooDeep,
}

impl Refusal {
    /// Returns a short word for the reason, for counting.
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
        for step in &self.path {
            match step {
                Step::Field(name) => write!(f, "${name}")?,
                Step::Element(at) | Step::Component(at) => write!(f, "[{at}]")?,
                Step::Entry(at) => write!(f, "{{{at}}}")?,
                Step::Argument(at) => write!(f, "argument {at}")?,
                _ => {}
            }
        }
        if !self.path.is_empty() {
            f.write_str(": ")?;
        }
        self.kind.fmt(f)
    }
}

impl std::error::Error for Refusal {}
