//! Attributes (2§4).

use std::sync::Arc;

use super::{Expr, Type};

/// Lists the attributes of a field, variable or table.
#[derive(Debug, Clone, PartialEq)]
pub struct Attributes {
    /// The type of what has the attributes.
    pub ty: Type,
    /// The attributes, in order.
    pub list: Vec<Attribute>,
}

impl Attributes {
    /// Returns whether an attribute of this kind is there.
    pub fn has(&self, tag: AttributeTag) -> bool {
        self.list.iter().any(|a| a.tag == tag)
    }
}

/// One attribute, such as `&optional` or `&default=5`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Which attribute it is.
    pub tag: AttributeTag,
    /// Its expression, for those that have one; never sent to a Broccoli.
    pub expr: Option<Arc<Expr>>,
}

macro_rules! attribute_tags {
    ($($variant:ident = $number:literal, $name:literal;)*) => {
        /// Names an attribute (2§4).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum AttributeTag {
            $(#[doc = concat!("`&", $name, "`")] $variant = $number,)*
        }

        impl AttributeTag {
            /// Returns the attribute with this number, if there is one.
            pub const fn from_u8(number: u8) -> Option<AttributeTag> {
                match number {
                    $($number => Some(AttributeTag::$variant),)*
                    _ => None,
                }
            }

            /// Returns the attribute's name, without the ampersand.
            pub const fn name(self) -> &'static str {
                match self {
                    $(AttributeTag::$variant => $name,)*
                }
            }
        }
    };
}

attribute_tags! {
    Optional = 0, "optional";
    Default = 1, "default";
    Redef = 2, "redef";
    RotateInterval = 3, "rotate_interval";
    RotateSize = 4, "rotate_size";
    AddFunc = 5, "add_func";
    DeleteFunc = 6, "delete_func";
    ExpireFunc = 7, "expire_func";
    ReadExpire = 8, "read_expire";
    WriteExpire = 9, "write_expire";
    CreateExpire = 10, "create_expire";
    Persistent = 11, "persistent";
    Synchronized = 12, "synchronized";
    Encrypt = 13, "encrypt";
    RawOutput = 14, "raw_output";
    Mergeable = 15, "mergeable";
    Priority = 16, "priority";
    Group = 17, "group";
    Log = 18, "log";
    ErrorHandler = 19, "error_handler";
    TypeColumn = 20, "type_column";
    Tracked = 21, "tracked";
    Deprecated = 22, "deprecated";
}
