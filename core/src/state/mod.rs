//! Synchronized variables (2§9, §3.3–§3.5).
//!
//! A [`Store`] holds `&synchronized` variables, with nested sets, tables, records and vectors. It
//! does no I/O; the caller sends the operations that it returns and passes in received ones:
//!
//! * local operations ([`Store::assign`], [`Store::increment`], …) return the
//!   [`StateAccess`](crate::data::StateAccess) to send to peers;
//! * [`Store::apply`] applies a peer's operations;
//! * [`Store::next_state`] returns the full state, [`Store::apply_full`] applies it;
//! * [`Store::feed_time`] and [`Store::poll_expired`] expire entries;
//! * [`Store::snapshot`] and [`Store::restore`] preserve the store over a restart.
//!
//! ```
//! use brocomm::data::{Declarations, Value};
//! use brocomm::lowlevel::state::FullState;
//! use brocomm::state::{StoreLimits, Path, Store};
//!
//! let mut declarations = Declarations::new();
//! declarations.read(
//!     "global hits = 0 &synchronized;
//!      global hosts: table[addr] of string &synchronized;",
//! )?;
//! let store = |host: &str| {
//!     let mut store = Store::new(format!("#{host}#1#"), StoreLimits::default());
//!     store.declare_synchronized(&declarations).map(|()| store)
//! };
//! let (mut ours, mut theirs) = (store("ours")?, store("theirs")?);
//!
//! // In Sync one side sends its state (§3.4).
//! let mut state = FullState::new();
//! while let Some(access) = ours.next_state(&mut state)? {
//!     theirs.apply_full(&access)?;
//! }
//! // In Running both sides can change it, here at the same time.
//! let path = Path::to("hosts").index([Value::Addr([10, 0, 0, 1].into())]);
//! let here = [ours.increment("hits", 1)?, ours.assign(path.clone(), "gateway")?];
//! let there = [theirs.increment("hits", 1)?];
//! here.iter().flatten().try_for_each(|access| theirs.apply(access).map(drop))?;
//! there.iter().flatten().try_for_each(|access| ours.apply(access).map(drop))?;
//! assert_eq!(ours.get("hits")?, Value::Count(2));
//! assert_eq!(theirs.get("hits")?, Value::Count(2));
//! assert_eq!(theirs.get(path)?, "gateway".into());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Convergence
//!
//! Operations can cross; each side applies the other's after its own. All sides converge if the
//! order does not matter: for increments, which are applied as differences; for changes of
//! different variables, entries, fields or elements; and for variables that only one side changes.
//! They also converge when one side replaces a container: changes of the old container that cross
//! the replacement are lost on all sides ([`StateError::UnknownTarget`]).
//!
//! Otherwise:
//!
//! * If two sides assign to the same place, the last assignment wins; but if the two cross, each
//!   side ends with the other's value, as in Bro. The same applies to an entry that one side adds
//!   and the other deletes or expires.
//! * Changes made while two nodes are not connected are lost on the side that then receives the
//!   other's state (§3.3), as are conflicting changes that it makes while receiving it. A
//!   `&mergeable` table also keeps its own entries, which are not sent to the other side.
//! * With more than two nodes, one forwards changes (`forward_remote_state_changes`). It should be
//!   the authoritative one. It forwards a received full state as changes; containers that the
//!   others already know keep their content there (2§9).

mod heap;
pub(crate) mod store;
mod stored;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::data::{ConversionError, Declarations, Name, Opcode, Type, TypeTag, Value};
use crate::notation::{ParseError, parse_path};

pub use crate::notation::literal::Part;
pub(crate) use store::Expired;
pub use store::Store;
pub(crate) use store::apply::{Alias, Applied, Inconsistency};
pub(crate) use store::full::{FullState, Progress};

/// The reason why an operation, local or from a peer, failed (2§9). Nothing has changed.
///
/// These errors do not end a connection. A peer's operation that cannot be applied is skipped and
/// reported (2§9).
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// There is no variable or container with this name. This is normal while a peer's operations
    /// cross local changes.
    #[error("no variable or container is named {0}")]
    UnknownTarget(Name),
    /// The variable, field or element has no value.
    #[error("{0} has no value")]
    NoValue(Name),
    /// The record has no such field.
    #[error("{target} has no field {field}")]
    UnknownField {
        /// The record's ID.
        target: Name,
        /// The field's name.
        field: Name,
    },
    /// The field cannot be unset because it is neither `&optional` nor `&default`.
    #[error("field {field} of {target} is neither &optional nor &default")]
    NotOptional {
        /// The record's ID.
        target: Name,
        /// The field's name.
        field: Name,
    },
    /// There is no such entry or element.
    #[error("no such entry in {0}")]
    NoSuchEntry(Name),
    /// The target of an assignment is a container's ID. Only variables, fields and elements can be
    /// assigned.
    #[error("cannot assign to the container {0} itself")]
    AssignToContainer(Name),
    /// The operation does not apply to the value there.
    #[error("cannot apply {} to {target}, which is of type {found}", operation.name())]
    WrongKind {
        /// The operation.
        operation: Opcode,
        /// Its target.
        target: Name,
        /// The type of the value there.
        found: TypeTag,
    },
    /// A path leads to a part that its container cannot have, such as a field of a table.
    #[error("{target}: a value of type {found} has no such part")]
    NoPart {
        /// The beginning of the path.
        target: Name,
        /// The type of the container.
        found: TypeTag,
    },
    /// A required operand is missing.
    #[error("{} of {target} lacks an operand", operation.name())]
    MissingOperand {
        /// The operation.
        operation: Opcode,
        /// Its target.
        target: Name,
    },
    /// A value does not have the declared type.
    #[error("value for {target}: {error}")]
    Type {
        /// The target.
        target: Name,
        /// What is wrong with the value.
        error: ConversionError,
    },
    /// A number would exceed the range of its type.
    #[error("{0} would be out of the range of its type")]
    OutOfRange(Name),
    /// An assignment is too far beyond the end of a vector.
    #[error("element {index} of {target}, which has {length} elements, limit is {limit} more")]
    Gap {
        /// The vector's ID.
        target: Name,
        /// The element's position.
        index: u64,
        /// The number of elements.
        length: usize,
        /// The maximum number of elements that an assignment adds.
        limit: usize,
    },
    /// The state would exceed [`StoreLimits::cost`](self::StoreLimits::cost).
    #[error("state costs {cost} and would cost {more} more, limit is {limit}")]
    Full {
        /// The current cost.
        cost: usize,
        /// The additional cost of the operation.
        more: usize,
        /// The limit.
        limit: usize,
    },
    /// Containers are nested too deeply, or contain themselves, so they have no value.
    #[error("{target} is nested more than {limit} deep")]
    TooDeep {
        /// The container at which the limit is reached.
        target: Name,
        /// The limit.
        limit: u32,
    },
    /// A container occurs so often within another that the value would be too large.
    #[error("{target} has more than {limit} parts that occur repeatedly")]
    TooLarge {
        /// The container at which the limit is reached.
        target: Name,
        /// The limit.
        limit: u64,
    },
}

crate::errors::debug_as_display!(StateError);

impl StateError {
    /// Creates the error that a value does not have the declared type.
    pub(super) fn value(target: &Name) -> impl Fn(ConversionError) -> StateError {
        let target = target.clone();
        move |error| StateError::Type { target: target.clone(), error }
    }

    /// Replaces a unique ID in a type error by the path that the caller used.
    pub(super) fn named_by(self, path: &Path) -> StateError {
        match self {
            StateError::Type { error, .. } => StateError::value(&path.target)(error),
            error => error,
        }
    }
}

/// Limits on the content of a [`Store`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreLimits {
    /// The maximum total cost: one for each value without parts, entry, field, element, component
    /// of an index and container, and one more for each 64 bytes of a string. Default: 32,000,000;
    /// each takes about 50 to 150 bytes of memory (a table of 1,000,000 counts and short strings
    /// costs 3,000,000 and takes about 150 MB, with expiry about 300 MB).
    pub cost: usize,
}

impl Default for StoreLimits {
    fn default() -> StoreLimits {
        StoreLimits { cost: 32_000_000 }
    }
}

/// A path to a variable, or to an element or field within it.
///
/// ```
/// # use brocomm::data::Value;
/// # use brocomm::state::Path;
/// let path = Path::to("seen").index([Value::Addr([10, 0, 0, 1].into())]).field("ports").element(0);
/// assert_eq!(path.to_string(), "seen[10.0.0.1]$ports[0]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    /// A variable's full name, or a container's unique ID (2§9).
    pub target: Name,
    /// The steps from there.
    pub parts: Vec<Part>,
}

impl Path {
    /// Creates the path of the variable with this full name, or of the container with this unique
    /// ID.
    pub fn to(target: impl Into<Name>) -> Path {
        Path { target: target.into(), parts: Vec::new() }
    }

    /// Parses a path in the notation of Bro's scripts: `hits`, `seen[10.0.0.1]`,
    /// `seen[10.0.0.1]$ports[0]`.
    ///
    /// Also returns the type at the path; `None` for an element of a set.
    ///
    /// ```
    /// # use brocomm::data::{Declarations, Type};
    /// # use brocomm::state::Path;
    /// let mut declarations = Declarations::new();
    /// declarations.read("global names: table[addr] of string &synchronized;")?;
    /// let (path, ty) = Path::parse("names[10.0.0.1]", &declarations)?;
    /// assert_eq!((path.to_string().as_str(), ty), ("names[10.0.0.1]", Some(Type::STRING)));
    /// # Ok::<(), brocomm::notation::ParseError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the text is invalid, the variable is not declared, or an index or field does not
    /// match the declaration. The error contains the position.
    pub fn parse(
        text: &str,
        declarations: &Declarations,
    ) -> Result<(Path, Option<Type>), ParseError> {
        let (target, parts, ty) = parse_path(text, declarations)?;
        Ok((Path { target, parts }, ty))
    }

    /// Extends the path to a table's entry.
    #[must_use]
    pub fn index(mut self, index: impl Into<Vec<Value>>) -> Path {
        self.parts.push(Part::Index(index.into()));
        self
    }

    /// Extends the path to a record's field.
    #[must_use]
    pub fn field(mut self, name: impl Into<Name>) -> Path {
        self.parts.push(Part::Field(name.into()));
        self
    }

    /// Extends the path to a vector's element.
    #[must_use]
    pub fn element(mut self, position: u64) -> Path {
        self.parts.push(Part::Element(position));
        self
    }
}

impl From<&str> for Path {
    fn from(variable: &str) -> Path {
        Path::to(variable)
    }
}

impl From<Name> for Path {
    fn from(variable: Name) -> Path {
        Path::to(variable)
    }
}

impl From<&Name> for Path {
    fn from(variable: &Name) -> Path {
        Path::to(variable.clone())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.target)?;
        self.parts.iter().try_for_each(|part| part.fmt(f))
    }
}
