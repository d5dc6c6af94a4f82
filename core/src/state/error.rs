//! Why an operation on state was not carried out.

use super::Path;
use crate::data::{ConversionError, Name, Opcode, TypeTag};

/// Why an operation, our own or a peer's, was not carried out; nothing is changed then.
///
/// None of these ends a connection. A peer's access that cannot be replayed is left out, and
/// told (2§9).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// No variable, and no container, goes by this name; normal while a peer's accesses cross
    /// changes of ours.
    #[error("nothing is known by the name {0}, 2§9")]
    UnknownTarget(Name),
    /// The variable, field or element has no value.
    #[error("{0} has no value, 2§9")]
    NoValue(Name),
    /// The record has no such field.
    #[error("{target} has no field {field}, 2§9")]
    UnknownField {
        /// The record's id.
        target: Name,
        /// The field's name.
        field: Name,
    },
    /// The field cannot be unset, for it is neither `&optional` nor `&default`.
    #[error("field {field} of {target} is neither &optional nor &default")]
    NotOptional {
        /// The record's id.
        target: Name,
        /// The field's name.
        field: Name,
    },
    /// There is no such entry or element.
    #[error("no such entry in {0}, 2§9")]
    NoSuchEntry(Name),
    /// A container is assigned to by its id; only variables, fields and elements can be.
    #[error("assignment to the container {0} itself, 2§9")]
    AssignToContainer(Name),
    /// What is there is nothing that this operation is for.
    #[error("{} of {target}, which is of type {found}, 2§9", operation.name())]
    WrongKind {
        /// The operation.
        operation: Opcode,
        /// What it is on.
        target: Name,
        /// The type of what is there.
        found: TypeTag,
    },
    /// A path leads on from what has no such parts, such as to a field of a table.
    #[error("{target} leads through a {found}, which has no such part")]
    NoPart {
        /// Where the path begins.
        target: Name,
        /// The type of what has no such part.
        found: TypeTag,
    },
    /// An operand that the operation needs is not there.
    #[error("{} of {target} without all its operands, 2§9", operation.name())]
    MissingOperand {
        /// The operation.
        operation: Opcode,
        /// What it is on.
        target: Name,
    },
    /// A value is not of the type that is declared.
    #[error("value for {target}: {error}")]
    Type {
        /// What the value is for.
        target: Name,
        /// What is wrong with the value.
        error: ConversionError,
    },
    /// A number would leave the range of its type.
    #[error("{0} leaves the range of its type")]
    OutOfRange(Name),
    /// An element too far beyond a vector's end is assigned to.
    #[error("element {index} of {target}, which has {length} elements, limit is {limit} more")]
    Gap {
        /// The vector's id.
        target: Name,
        /// The element's position.
        index: u64,
        /// The number of elements.
        length: usize,
        /// How many elements an assignment may add.
        limit: usize,
    },
    /// The state would become larger than [`Limits::cost`](super::Limits::cost).
    #[error("state costs {cost} and would cost {more} more, limit is {limit}")]
    Full {
        /// What it costs now.
        cost: usize,
        /// What the operation would add.
        more: usize,
        /// The limit.
        limit: usize,
    },
    /// Containers lie within each other so deeply, or within themselves, that they have no value.
    #[error("{target} is nested more than {limit} deep")]
    TooDeep {
        /// The container in which the limit is reached.
        target: Name,
        /// The limit.
        limit: u32,
    },
    /// One container occurs so often within another that the value would be too large.
    #[error("{target} has more than {limit} parts that occur repeatedly")]
    TooLarge {
        /// The container in which the limit is reached.
        target: Name,
        /// The limit.
        limit: u64,
    },
}

impl StateError {
    /// Says that a value is not of the declared type.
    pub(super) fn value(target: &Name) -> impl Fn(ConversionError) -> StateError {
        let target = target.clone();
        move |error| StateError::Type { target: target.clone(), error }
    }

    /// Names, where a value is of another type, what the caller named instead of a unique id.
    pub(super) fn named_by(self, path: &Path) -> StateError {
        match self {
            StateError::Type { error, .. } => StateError::value(&path.target)(error),
            error => error,
        }
    }
}
