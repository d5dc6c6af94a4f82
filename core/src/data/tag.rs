//! Type tags and internal tags (2§4).

use std::fmt;

macro_rules! tags {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal, $internal:ident;)*) => {
        /// The tag of a type, on the wire and by name in scripts (2§4).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum TypeTag {
            $($(#[$doc])* $variant = $number,)*
        }

        impl TypeTag {
            /// All tags, in the order of their numbers.
            pub const ALL: &'static [TypeTag] = &[$(TypeTag::$variant,)*];

            /// Returns the tag with this number, or `None`.
            pub const fn from_u8(number: u8) -> Option<TypeTag> {
                match number {
                    $($number => Some(TypeTag::$variant),)*
                    _ => None,
                }
            }

            /// Returns the type's name in scripts and logs.
            pub const fn name(self) -> &'static str {
                match self {
                    $(TypeTag::$variant => $name,)*
                }
            }

            /// Returns the internal representation of values of this type, which determines their
            /// encoding (2§6).
            pub(crate) const fn internal(self) -> InternalTag {
                match self {
                    $(TypeTag::$variant => InternalTag::$internal,)*
                }
            }
        }
    };
}

tags! {
    /// No value.
    Void = 0, "void", Void;
    /// `T` or `F`.
    Bool = 1, "bool", Int;
    /// A signed 64-bit integer.
    Int = 2, "int", Int;
    /// An unsigned 64-bit integer.
    Count = 3, "count", Unsigned;
    /// An unsigned 64-bit integer that can only increase.
    Counter = 4, "counter", Unsigned;
    /// An IEEE 754 double.
    Double = 5, "double", Double;
    /// Seconds since the Unix epoch.
    Time = 6, "time", Double;
    /// A length of time in seconds.
    Interval = 7, "interval", Double;
    /// Bytes, including NULs.
    String = 8, "string", String;
    /// A regular expression.
    Pattern = 9, "pattern", Other;
    /// A named constant.
    Enum = 10, "enum", Int;
    /// A timer internal to Bro; never a value.
    Timer = 11, "timer", Other;
    /// A transport-layer port.
    Port = 12, "port", Unsigned;
    /// An IP address.
    Addr = 13, "addr", Addr;
    /// An address with a prefix width.
    Subnet = 14, "subnet", Subnet;
    /// Any type.
    Any = 15, "any", Other;
    /// A table, or a set.
    Table = 16, "table", Other;
    /// Unused by Bro.
    Union = 17, "union", Other;
    /// Named fields.
    Record = 18, "record", Other;
    /// A list of types: a table's index, a function's parameters.
    List = 19, "types", Other;
    /// A function, event or hook.
    Func = 20, "func", Other;
    /// A file.
    File = 21, "file", Other;
    /// Elements by position.
    Vector = 22, "vector", Other;
    /// A value whose content only its own functions interpret.
    Opaque = 23, "opaque", Other;
    /// A type as a value.
    Type = 24, "type", Other;
    /// The type of an erroneous expression.
    Error = 25, "error", Error;
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
}

impl fmt::Display for TypeTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
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
