//! The notation of Bro's scripts: parsing literals and declarations, printing values (2§4, 2§6).
//!
//! [`Value::parse`], [`Type::parse`], [`Event::parse`] and [`Declarations::read`] parse text;
//! [`Value`] and [`Type`] implement `Display`. Errors are [`ParseError`]s.
//!
//! [`Value::parse`]: crate::data::Value::parse
//! [`Type::parse`]: crate::data::Type::parse
//! [`Event::parse`]: crate::data::Event::parse
//! [`Declarations::read`]: crate::data::Declarations::read
//! [`Value`]: crate::data::Value
//! [`Type`]: crate::data::Type

mod declare;
mod lexer;
pub(crate) mod literal;
mod parser;
pub(crate) mod print;
mod script;

use crate::data::{ConversionError, TypeTag};
use crate::pattern::PatternError;

#[cfg(feature = "serde")]
pub(crate) use literal::merge;
pub(crate) use literal::parse_path;
pub(crate) use print::address;
pub use script::{Load, Loaded};

/// An error in a literal or declaration, with its position.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
#[non_exhaustive]
pub struct ParseError {
    pub(crate) kind: ParseErrorKind,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

crate::errors::debug_as_display!(ParseError);

impl ParseError {
    /// Returns the message without the position.
    pub fn reason(&self) -> String {
        self.kind.to_string()
    }

    /// Returns the name of the undeclared variable, if that is the error.
    pub fn unknown_variable(&self) -> Option<&str> {
        match &self.kind {
            ParseErrorKind::UnknownVariable(name) => Some(name),
            _ => None,
        }
    }
}

/// The kind of error in a literal or declaration.
///
/// Quoted input is truncated to a few dozen characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseErrorKind {
    #[error("expected {expected}, found {found}")]
    Expected { expected: &'static str, found: String },
    #[error("unexpected character {0:?}")]
    Character(char),
    /// The text or line ends within a string.
    #[error("unterminated string")]
    UnterminatedString,
    /// The text or line ends within a pattern.
    #[error("unterminated pattern")]
    UnterminatedPattern,
    #[error("unterminated body or expression")]
    UnterminatedBlock,
    #[error("@if without @endif")]
    UnterminatedIf,
    #[error(
        "cannot evaluate `@if ({0})`; supported: constants, `!`, `&&`, `||`, Cluster::is_enabled()"
    )]
    Condition(String),
    #[error("{0}")]
    Load(String),
    #[error("`{0}` must be `&optional` or have a `&default`, as it is added to a record")]
    MandatoryField(String),
    #[error("empty pattern; `/()/` matches an empty text")]
    EmptyPattern,
    #[error("no transport protocol is named `{0}`; ports end in /tcp, /udp, /icmp or /unknown")]
    UnknownTransport(String),
    #[error("division by zero")]
    DivisionByZero,
    #[error("{}", wrong_number(.0))]
    Number(String),
    #[error("subnet width of `{text}`, limit is {limit}")]
    Width { text: String, limit: u8 },
    #[error("no type is named `{0}`")]
    UnknownType(String),
    #[error("no constant is named `{0}`")]
    UnknownConstant(String),
    #[error("{ty} has no constant `{name}`")]
    NotInEnum { name: String, ty: String },
    #[error("{ty} has no field `{name}`")]
    UnknownField { name: String, ty: String },
    #[error("a value of type {0} has no such part")]
    NoPart(String),
    /// The type is truncated.
    #[error("`{name}` is already declared as {ty}")]
    Redeclared { name: String, ty: String },
    #[error("`{0}` occurs twice")]
    Duplicate(String),
    #[error("two entries with the same index")]
    DuplicateIndex,
    #[error("field `{name}` of {ty} is missing")]
    MissingField { name: String, ty: String },
    #[error("expected a value of type {expected}, found {found}")]
    Mismatch { expected: String, found: String },
    #[error("{0}")]
    Value(ConversionError),
    #[error("cannot apply `{operator}` to {left} and {right}")]
    Operands { operator: char, left: String, right: String },
    #[error("no variable is named `{0}`")]
    UnknownVariable(String),
    #[error("the value of `{0}` is no constant")]
    NotConstant(String),
    #[error("`{0}` is declared without &redef")]
    NotRedefinable(String),
    #[error("cannot apply `{operator}` to a value of type {ty}")]
    Redefinition { operator: &'static str, ty: String },
    #[error("a value of type {0} cannot be written as a literal")]
    NoLiteral(String),
    #[error("elements of types {first} and {second} in one container")]
    Mixed { first: String, second: String },
    #[error("index with {found} components, expected {expected}")]
    IndexLength { expected: usize, found: usize },
    #[error("the type of an empty container is not known")]
    EmptyContainer,
    #[error("bad index type: no {0} can be, or be part of, the index of a table or set")]
    IndexType(TypeTag),
    /// Bro cannot compile the pattern. The column is relative to the pattern.
    #[error("error compiling pattern: {0}")]
    Pattern(PatternError),
    #[error("{name} with {found} arguments, expected {expected}")]
    ArgumentCount { name: String, expected: usize, found: usize },
    #[error("no attribute is named `&{0}`")]
    UnknownAttribute(String),
    #[error("nested too deeply, limit is {limit}")]
    TooDeep { limit: u32 },
}

impl ParseErrorKind {
    /// Quotes a piece of the input, truncated if long.
    pub(super) fn quote(text: &str) -> String {
        const LIMIT: usize = 40;
        match text.char_indices().nth(LIMIT) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text.to_owned(),
        }
    }
}

/// Returns the message for an invalid number, address or port.
fn wrong_number(text: &str) -> String {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_port = text.split_once('/').is_some_and(|(port, protocol)| {
        digits(port) && protocol.bytes().all(|b| b.is_ascii_lowercase())
    });
    if is_port {
        format!("`{text}` is not a port: must be 0 to 65535")
    } else if text.matches('.').count() > 1 {
        format!("`{text}` is not an address: four numbers up to 255, with dots between")
    } else {
        format!("`{text}` is not a number, or out of range")
    }
}
