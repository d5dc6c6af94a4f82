//! Bro's syntax tree as data: expressions and statements (2§11), attributes (2§4).

use std::sync::Arc;

use super::{Field, Id, Name, Type, Value};

/// An expression without loss; it is never evaluated.
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

/// A statement of a function's body without loss; it is never run.
#[derive(Debug, Clone, PartialEq)]
pub struct Stmt {
    /// The statement's own tag, Bro's number for it.
    pub tag: u8,
    /// When it was run last, in network time.
    pub last_access: f64,
    /// How often it was run.
    pub access_count: u32,
    /// What kind of statement it is, with its parts.
    pub kind: StmtKind,
}

/// Tells the kinds of statements apart, with the parts of each (2§11).
///
/// Where Bro allows an expression that it never leaves out, the expression is optional here too.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum StmtKind {
    /// A list of expressions (the base of `print`).
    ExprList(Arc<Expr>),
    /// `print …`
    Print(Arc<Expr>),
    /// An expression.
    Expr(Option<Arc<Expr>>),
    /// `if ( … ) … else …`
    If(Option<Arc<Expr>>, Arc<Stmt>, Arc<Stmt>),
    /// `switch … { … }`
    Switch {
        /// What is looked at.
        expr: Option<Arc<Expr>>,
        /// The cases.
        cases: Vec<Arc<Case>>,
        /// The position of the default case, −1 without one.
        default_index: i32,
    },
    /// `add …`
    Add(Option<Arc<Expr>>),
    /// `delete …`
    Delete(Option<Arc<Expr>>),
    /// `event …`
    Event(Option<Arc<Expr>>, Arc<Expr>),
    /// `for ( … in … ) …`
    For {
        /// What is walked through.
        expr: Option<Arc<Expr>>,
        /// The loop's variables.
        ids: Vec<Arc<Id>>,
        /// The body.
        body: Arc<Stmt>,
    },
    /// `next`
    Next,
    /// `break`
    Break,
    /// `return …`
    Return(Option<Arc<Expr>>),
    /// `{ … }`
    List(Vec<Arc<Stmt>>),
    /// The bodies of an event's handlers.
    EventBodyList {
        /// The bodies.
        bodies: Vec<Arc<Stmt>>,
        /// Whether it is the outermost list.
        topmost: bool,
    },
    /// The initialisation of local variables.
    Init(Vec<Arc<Id>>),
    /// The empty statement.
    Null,
    /// `when ( … ) … timeout …`
    When {
        /// The condition.
        condition: Arc<Expr>,
        /// What to do when it becomes true.
        body: Arc<Stmt>,
        /// What to do if it does not in time.
        timeout_body: Option<Arc<Stmt>>,
        /// How long to wait.
        timeout: Option<Arc<Expr>>,
    },
    /// `fallthrough`
    Fallthrough,
    /// `while ( … ) …`
    While(Arc<Expr>, Arc<Stmt>),
}

/// One case of a `switch`.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The values it is for.
    pub expr: Arc<Expr>,
    /// What to do.
    pub body: Arc<Stmt>,
}

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
