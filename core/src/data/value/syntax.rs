//! Bro's syntax tree as data: expressions and statements (2§11), attributes (2§4).

use std::sync::Arc;

use super::{Field, Id, Type, Value};
use crate::data::Name;
use crate::numbered::numbered;

/// A lossless representation of an expression, which is never evaluated.
///
/// Expressions occur in attributes (`&default=…`), in tables (`&create_expire`) and in the bodies
/// of functions that are sent as values.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// Bro's number for the operator.
    pub tag: u8,
    /// Whether it was in parentheses.
    pub paren: i32,
    /// The type of its value.
    pub ty: Option<Type>,
    /// The kind of expression, with its parts.
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

/// The kinds of expressions, with their parts (2§11).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ExprKind {
    /// A global variable, by name.
    Global {
        /// Its full name.
        name: Name,
        /// Whether it is in a constant's initialization.
        in_const_init: bool,
    },
    /// A local variable or parameter.
    Local {
        /// The variable.
        id: Arc<Id>,
        /// Whether it is in a constant's initialization.
        in_const_init: bool,
    },
    /// A constant.
    Const(Value),
    /// A unary operator without further data.
    Unary(UnaryClass, Arc<Expr>),
    /// A binary operator without further data.
    Binary(BinaryClass, Arc<Expr>, Arc<Expr>),
    /// `a ? b : c`
    Cond(Arc<Expr>, Arc<Expr>, Arc<Expr>),
    /// `a = b`
    Assign {
        /// The target.
        left: Arc<Expr>,
        /// The value.
        right: Arc<Expr>,
        /// A precomputed value.
        value: Option<Value>,
        /// Whether it is an initialization.
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
    /// A coercion from one record type to another, with the source of each field.
    RecordCoerce(Arc<Expr>, Vec<i32>),
    /// The list of a record's fields.
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
    /// `Type(…)` of a record, with the type, which only Bro 2.2 sends. Without a type it is a
    /// [`UnaryClass::RecordConstructor`].
    RecordConstructor(Arc<Expr>, Type),
}

numbered! {
    /// The classes of expressions with one operand and no further data (2§11).
    #[allow(missing_docs, reason = "the names are Bro's and say it all")]
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

numbered! {
    /// The classes of expressions with two operands and no further data (2§11).
    #[allow(missing_docs, reason = "the names are Bro's and say it all")]
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

/// A lossless representation of a statement in a function's body, which is never run.
#[derive(Debug, Clone, PartialEq)]
pub struct Stmt {
    /// Bro's number for the statement.
    pub tag: u8,
    /// When it last ran, in network time.
    pub last_access: f64,
    /// How often it ran.
    pub access_count: u32,
    /// The kind of statement, with its parts.
    pub kind: StmtKind,
}

/// The kinds of statements, with their parts (2§11).
///
/// Expressions that are optional in the encoding are optional here too, even if Bro always sends
/// them.
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
        /// The value to compare.
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
        /// The container to iterate over.
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
    /// The initialization of local variables.
    Init(Vec<Arc<Id>>),
    /// The empty statement.
    Null,
    /// `when ( … ) … timeout …`
    When {
        /// The condition.
        condition: Arc<Expr>,
        /// The statement to run when it becomes true.
        body: Arc<Stmt>,
        /// The statement to run on timeout.
        timeout_body: Option<Arc<Stmt>>,
        /// The timeout.
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
    /// The values that it matches.
    pub expr: Arc<Expr>,
    /// The statement.
    pub body: Arc<Stmt>,
}

/// The attributes of a field, variable or table.
#[derive(Debug, Clone, PartialEq)]
pub struct Attributes {
    /// The type of the field, variable or table.
    pub ty: Type,
    /// The attributes, in order.
    pub list: Vec<Attribute>,
}

impl Attributes {
    /// Returns whether there is an attribute of this kind.
    pub fn has(&self, tag: AttributeTag) -> bool {
        self.list.iter().any(|a| a.tag == tag)
    }
}

impl Field {
    /// Returns whether the field has this attribute.
    pub(crate) fn has(&self, tag: AttributeTag) -> bool {
        self.attributes.as_deref().is_some_and(|attributes| attributes.has(tag))
    }

    /// Returns whether a record may be created without the field.
    pub(crate) fn may_lack(&self) -> bool {
        self.has(AttributeTag::Optional) || self.has(AttributeTag::Default)
    }
}

/// Returns the constant that a field has if it is not set.
pub(crate) fn default_of(field: &Field) -> Option<&Value> {
    let attributes = field.attributes.as_deref()?;
    let default = attributes.list.iter().find(|a| a.tag == AttributeTag::Default)?;
    match &default.expr.as_deref()?.kind {
        ExprKind::Const(value) => Some(value),
        _ => None,
    }
}

/// One attribute, such as `&optional` or `&default=5`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The kind of attribute.
    pub tag: AttributeTag,
    /// Its expression, if any. Never sent to a Broccoli client.
    pub expr: Option<Arc<Expr>>,
}

numbered! {
    /// The kind of an attribute (2§4), by its number in data format 26. Attributes that only older
    /// formats have get numbers from 253.
    #[allow(missing_docs, reason = "the names are those of scripts")]
    AttributeTag {
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
        Postprocessor = 253, "postprocessor";
        Match = 254, "match";
        DisablePrintHook = 255, "disable_print_hook";
    }
}
