//! Which types logs have (3§2).

use crate::data::TypeTag;

/// Tells whether a column can be of this type (3§2).
pub(crate) const fn is_loggable(tag: TypeTag) -> bool {
    is_element(tag) || matches!(tag, TypeTag::Table | TypeTag::Vector)
}

/// Tells whether a set or vector in a column can have elements of this type.
pub(crate) const fn is_element(tag: TypeTag) -> bool {
    matches!(
        tag,
        TypeTag::Bool
            | TypeTag::Int
            | TypeTag::Count
            | TypeTag::Counter
            | TypeTag::Double
            | TypeTag::Time
            | TypeTag::Interval
            | TypeTag::String
            | TypeTag::Enum
            | TypeTag::Func
            | TypeTag::File
            | TypeTag::Port
            | TypeTag::Addr
            | TypeTag::Subnet
    )
}
