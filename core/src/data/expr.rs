//! Expressions as data (2§11).

use std::sync::Arc;

use super::{Attributes, Field, Id, Name, Type, Value};

/// Holds an expression without loss; it is never evaluated.
///
/// Expressions occur in attributes (`&default=…`), in tables (`&create_expire`) and in the bodies
/// of functions that are sent as values.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// The expression's own tag, Bro's number for the operator.
    pub tag: u8,
    /// Whether it stood in parentheses.
    pub paren: i32,
    /// The type of its value.
    pub ty: Option<Type>,
    /// What kind of expression it is, with its parts.
    pub kind: ExprKind,
}

impl Expr {
    /// Returns the value of a constant.
    pub fn as_const(&self) -> Option<&Value> {
        match &self.kind {
            ExprKind::Const(value) => Some(value),
            _ => None,
        }
    }
}

/// Tells the kinds of expressions apart, with the parts of each (2§11).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ExprKind {
    /// A global by its name.
    Global {
        /// Its full name.
        name: Name,
        /// Whether it stood in a constant's initialisation.
        in_const_init: bool,
    },
    /// A local variable or parameter.
    Local {
        /// The variable.
        id: Arc<Id>,
        /// Whether it stood in a constant's initialisation.
        in_const_init: bool,
    },
    /// A constant.
    Const(Value),
    /// An operator with one operand that adds nothing of its own.
    Unary(UnaryClass, Arc<Expr>),
    /// An operator with two operands that adds nothing of its own.
    Binary(BinaryClass, Arc<Expr>, Arc<Expr>),
    /// `a ? b : c`
    Cond(Arc<Expr>, Arc<Expr>, Arc<Expr>),
    /// `a = b`
    Assign {
        /// What is assigned to.
        left: Arc<Expr>,
        /// What is assigned.
        right: Arc<Expr>,
        /// A value that was computed in advance.
        value: Option<Value>,
        /// Whether it is an initialisation.
        is_init: i32,
    },
    /// `a$b`
    Field {
        /// The record.
        record: Arc<Expr>,
        /// The field's name.
        name: Name,
        /// The field's position.
        field: i32,
        /// The field's declaration.
        decl: Field,
    },
    /// `a?$b`
    HasField {
        /// The record.
        record: Arc<Expr>,
        /// The field's name.
        name: Name,
        /// The field's position.
        field: i32,
    },
    /// Makes one record type of another: for each field, where it comes from.
    RecordCoerce(Arc<Expr>, Vec<i32>),
    /// Makes a list of a record's fields.
    Flatten(Arc<Expr>, i32),
    /// `schedule a { b }`
    Schedule(Arc<Expr>, Arc<Expr>),
    /// `a(b)`
    Call(Arc<Expr>, Arc<Expr>),
    /// `event a(b)`
    Event {
        /// The event's full name.
        handler: Name,
        /// The name as the script wrote it.
        name: Name,
        /// The arguments.
        args: Arc<Expr>,
    },
    /// A list of expressions.
    List(Vec<Arc<Expr>>),
    /// A list of record fields to assign.
    RecordAssign(Vec<Arc<Expr>>),
    /// `table(…)`
    TableConstructor(Arc<Expr>, Option<Arc<Attributes>>),
    /// `set(…)`
    SetConstructor(Arc<Expr>, Option<Arc<Attributes>>),
}

macro_rules! classes {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $number:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "the names are Bro's and say it all")]
        pub enum $name {
            $($variant = $number,)*
        }

        impl $name {
            /// Returns the class with this number, if there is one.
            pub const fn from_u8(number: u8) -> Option<$name> {
                match number {
                    $($number => Some($name::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

classes! {
    /// Names the classes of expressions with one operand and nothing else (2§11).
    UnaryClass {
        Unary = 4,
        Incr = 6,
        Not = 7,
        Pos = 8,
        Neg = 9,
        Ref = 19,
        RecordConstructor = 24,
        FieldAssign = 25,
        ArithCoerce = 27,
        Size = 38,
        Clone = 39,
        VectorConstructor = 42,
        TableCoerce = 43,
        VectorCoerce = 44,
    }
}

classes! {
    /// Names the classes of expressions with two operands and nothing else (2§11).
    BinaryClass {
        Binary = 5,
        Add = 10,
        Sub = 11,
        Times = 12,
        Divide = 13,
        Mod = 14,
        Bool = 15,
        Eq = 16,
        Rel = 17,
        Index = 21,
        In = 31,
        AddTo = 36,
        RemoveFrom = 37,
    }
}
