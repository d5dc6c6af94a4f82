//! Errors of operations on state.

use super::Path;
use crate::data::{ConversionError, Name, Opcode, TypeTag};

/// The reason why an operation, local or from a peer, failed (2§9). Nothing has changed.
///
/// These errors do not end a connection. A peer's operation that cannot be applied is skipped and
/// reported (2§9).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// The state would exceed [`StoreLimits::cost`](super::StoreLimits::cost).
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

/// Limits on the content of a [`Store`](super::Store).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreLimits {
    /// The maximum total cost: one for each value without parts, entry, field, element, component
    /// of an index and container, and one more for each 64 bytes of a string. Default: 32,000,000;
    /// each takes about 50 to 150 bytes of memory (a table of 1,000,000 counts and short strings
    /// costs 3,000,000 and takes about 360 MB, with expiry about 500 MB).
    pub cost: usize,
}

impl Default for StoreLimits {
    fn default() -> StoreLimits {
        StoreLimits { cost: 32_000_000 }
    }
}
