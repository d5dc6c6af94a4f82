//! The columns of a log (3§1).

use std::fmt;

use crate::data::{Name, TypeTag};

/// Describes a column of a log (3§1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogField {
    /// The column's name; the parts of a nested record's are joined by a dot, as in `id.orig_h`.
    pub name: Name,
    /// A second name, which Bro uses for tables of its input framework only.
    pub secondary_name: Option<Name>,
    /// The type; of sets it is [`TypeTag::Table`].
    pub ty: TypeTag,
    /// The type of the elements of a set or vector; else [`TypeTag::Void`].
    pub subtype: TypeTag,
    /// Whether entries may lack it.
    pub optional: bool,
}

impl LogField {
    /// Makes a column that is neither a set nor a vector, and which every entry has.
    pub fn new(name: impl Into<Name>, ty: TypeTag) -> LogField {
        let name = name.into();
        LogField { name, secondary_name: None, ty, subtype: TypeTag::Void, optional: false }
    }

    /// Makes a column of sets.
    pub fn set(name: impl Into<Name>, elements: TypeTag) -> LogField {
        LogField { subtype: elements, ..LogField::new(name, TypeTag::Table) }
    }

    /// Makes a column of vectors.
    pub fn vector(name: impl Into<Name>, elements: TypeTag) -> LogField {
        LogField { subtype: elements, ..LogField::new(name, TypeTag::Vector) }
    }

    /// Lets entries lack the column.
    #[must_use]
    pub fn optional(mut self) -> LogField {
        self.optional = true;
        self
    }

    /// Returns the type as the header line `#types` has it: `count`, `set[string]`, `vector[addr]`
    /// (3§3).
    pub fn type_name(&self) -> impl fmt::Display + use<> {
        TypeName { ty: self.ty, subtype: self.subtype }
    }
}

struct TypeName {
    ty: TypeTag,
    subtype: TypeTag,
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ty {
            TypeTag::Table => write!(f, "set[{}]", self.subtype),
            TypeTag::Vector => write!(f, "vector[{}]", self.subtype),
            ty => ty.fmt(f),
        }
    }
}
