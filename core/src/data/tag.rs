//! Type tags and internal tags (2§4).

use crate::numbered::numbered;

numbered! {
    /// The tag of a type, on the wire and by name in scripts (2§4).
    TypeTag {
        /// No value.
        Void = 0, "void";
        /// `T` or `F`.
        Bool = 1, "bool";
        /// A signed 64-bit integer.
        Int = 2, "int";
        /// An unsigned 64-bit integer.
        Count = 3, "count";
        /// An unsigned 64-bit integer that can only increase.
        Counter = 4, "counter";
        /// An IEEE 754 double.
        Double = 5, "double";
        /// Seconds since the Unix epoch.
        Time = 6, "time";
        /// A length of time in seconds.
        Interval = 7, "interval";
        /// Bytes, including NULs.
        String = 8, "string";
        /// A regular expression.
        Pattern = 9, "pattern";
        /// A named constant.
        Enum = 10, "enum";
        /// A timer internal to Bro; never a value.
        Timer = 11, "timer";
        /// A transport-layer port.
        Port = 12, "port";
        /// An IP address.
        Addr = 13, "addr";
        /// An address with a prefix width.
        Subnet = 14, "subnet";
        /// Any type.
        Any = 15, "any";
        /// A table, or a set.
        Table = 16, "table";
        /// Unused by Bro.
        Union = 17, "union";
        /// Named fields.
        Record = 18, "record";
        /// A list of types: a table's index, a function's parameters.
        List = 19, "types";
        /// A function, event or hook.
        Func = 20, "func";
        /// A file.
        File = 21, "file";
        /// Elements by position.
        Vector = 22, "vector";
        /// A value whose content only its own functions interpret.
        Opaque = 23, "opaque";
        /// A type as a value.
        Type = 24, "type";
        /// The type of an erroneous expression.
        Error = 25, "error";
    }
}

impl TypeTag {
    /// Returns whether the standard type of this tag has no parts of its own.
    ///
    /// These types are encoded as a bare `BroType` (2§4), and both sides share instances of them.
    pub const fn is_atomic(self) -> bool {
        !matches!(
            self,
            TypeTag::Enum
                | TypeTag::Table
                | TypeTag::Union
                | TypeTag::Record
                | TypeTag::List
                | TypeTag::Func
                | TypeTag::File
                | TypeTag::Vector
                | TypeTag::Opaque
        )
    }

    /// Returns the internal representation of values of this type, which determines their encoding
    /// (2§6).
    pub(crate) const fn internal(self) -> InternalTag {
        match self {
            TypeTag::Void => InternalTag::Void,
            TypeTag::Bool | TypeTag::Int | TypeTag::Enum => InternalTag::Int,
            TypeTag::Count | TypeTag::Counter | TypeTag::Port => InternalTag::Unsigned,
            TypeTag::Double | TypeTag::Time | TypeTag::Interval => InternalTag::Double,
            TypeTag::String => InternalTag::String,
            TypeTag::Addr => InternalTag::Addr,
            TypeTag::Subnet => InternalTag::Subnet,
            TypeTag::Error => InternalTag::Error,
            _ => InternalTag::Other,
        }
    }
}

/// Bro's internal representation of a value (2§4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum InternalTag {
    /// Nothing.
    Void = 0,
    /// A signed 64-bit integer.
    Int = 1,
    /// An unsigned 64-bit integer.
    Unsigned = 2,
    /// A double.
    Double = 3,
    /// Bytes.
    String = 4,
    /// An address.
    Addr = 5,
    /// An address and a width.
    Subnet = 6,
    /// A separate object.
    Other = 7,
    /// The error type.
    Error = 8,
}
