//! Statements as data (2§11).

use std::sync::Arc;

use super::{Expr, Id};

/// Holds a statement of a function's body without loss; it is never run.
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
        /// What to do if it doesn't in time.
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
