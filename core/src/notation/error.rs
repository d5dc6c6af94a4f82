//! Parse errors.

use crate::data::{ConversionError, TypeTag};
use crate::pattern::PatternError;

/// An error in a literal or declaration, with its position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
#[non_exhaustive]
pub struct ParseError {
    pub(crate) kind: ParseErrorKind,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

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
    /// Something else was expected here.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// A description of what was expected.
        expected: &'static str,
        /// The input here, quoted.
        found: String,
    },
    /// An invalid character.
    #[error("unexpected character {0:?}")]
    Character(char),
    /// The text or line ends within a string.
    #[error("unterminated string")]
    UnterminatedString,
    /// The text or line ends within a pattern.
    #[error("unterminated pattern")]
    UnterminatedPattern,
    /// The text ends within a body or an expression.
    #[error("unterminated body or expression")]
    UnterminatedBlock,
    /// The text ends within an `@if`.
    #[error("@if without @endif")]
    UnterminatedIf,
    /// The condition of an `@if` cannot be evaluated.
    #[error(
        "cannot evaluate `@if ({0})`; supported: constants, `!`, `&&`, `||`, Cluster::is_enabled()"
    )]
    Condition(String),
    /// A script cannot be loaded.
    #[error("{0}")]
    Load(String),
    /// A field that is added to a record is mandatory.
    #[error("`{0}` must be `&optional` or have a `&default`, as it is added to a record")]
    MandatoryField(String),
    /// A pattern is empty.
    #[error("empty pattern; `/()/` matches an empty text")]
    EmptyPattern,
    /// A port's protocol is unknown.
    #[error("no transport protocol is named `{0}`; ports end in /tcp, /udp, /icmp or /unknown")]
    UnknownTransport(String),
    /// A number is divided by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A number is malformed or out of range.
    #[error("{}", wrong_number(.0))]
    Number(String),
    /// A subnet's width exceeds its address's length.
    #[error("subnet width of `{text}`, limit is {limit}")]
    Width {
        /// The subnet.
        text: String,
        /// The maximum width.
        limit: u8,
    },
    /// No type with this name is declared.
    #[error("no type is named `{0}`")]
    UnknownType(String),
    /// No enum constant with this name is declared.
    #[error("no constant is named `{0}`")]
    UnknownConstant(String),
    /// The enum has no constant with this name.
    #[error("{ty} has no constant `{name}`")]
    NotInEnum {
        /// The name.
        name: String,
        /// The enum.
        ty: String,
    },
    /// The record type has no field with this name.
    #[error("{ty} has no field `{name}`")]
    UnknownField {
        /// The name.
        name: String,
        /// The record type.
        ty: String,
    },
    /// A path leads to a part that its container cannot have.
    #[error("a value of type {0} has no such part")]
    NoPart(String),
    /// Two fields, parameters or constants have the same name.
    #[error("`{0}` occurs twice")]
    Duplicate(String),
    /// Two elements or entries of a set or table have the same index.
    #[error("two entries with the same index")]
    DuplicateIndex,
    /// A field that is neither `&optional` nor has a constant `&default` is missing.
    #[error("field `{name}` of {ty} is missing")]
    MissingField {
        /// The name.
        name: String,
        /// The record type.
        ty: String,
    },
    /// The value does not have the expected type.
    #[error("expected a value of type {expected}, found {found}")]
    Mismatch {
        /// The expected type.
        expected: String,
        /// A description of the value.
        found: &'static str,
    },
    /// The value of a named constant does not have the expected type.
    #[error("{0}")]
    Value(ConversionError),
    /// The operator is not defined for these kinds of values.
    #[error("cannot apply `{operator}` to {left} and {right}")]
    Operands {
        /// `+`, `-`, `*`, `/` or `%`.
        operator: char,
        /// A description of the first operand.
        left: &'static str,
        /// A description of the second operand.
        right: &'static str,
    },
    /// No variable or constant with this name is declared.
    #[error("no variable is named `{0}`")]
    UnknownVariable(String),
    /// The variable or constant has no value that is known here.
    #[error("the value of `{0}` is no constant")]
    NotConstant(String),
    /// The variable or constant is not `&redef`.
    #[error("`{0}` is declared without &redef")]
    NotRedefinable(String),
    /// Values of this type do not support `+=` or `-=`.
    #[error("cannot apply `{operator}` to a value of type {ty}")]
    Redefinition {
        /// `+=` or `-=`.
        operator: &'static str,
        /// The type.
        ty: String,
    },
    /// There are no literals of this type.
    #[error("a value of type {0} cannot be written as a literal")]
    NoLiteral(String),
    /// Elements of one container have different types.
    #[error("elements of types {first} and {second} in one container")]
    Mixed {
        /// The type of the preceding elements.
        first: String,
        /// The type of the element that differs.
        second: String,
    },
    /// The number of an index's components differs from that of its type.
    #[error("index with {found} components, expected {expected}")]
    IndexLength {
        /// The number in the type.
        expected: usize,
        /// The number in the text.
        found: usize,
    },
    /// The type of an empty container's elements is unknown.
    #[error("the type of an empty container is not known")]
    EmptyContainer,
    /// Values of this type cannot be in an index. See
    /// [`Type::check_index`](crate::data::Type::check_index).
    #[error("bad index type: no {0} can be, or be part of, the index of a table or set")]
    IndexType(TypeTag),
    /// Bro cannot compile the pattern. The column is relative to the pattern.
    #[error("error compiling pattern: {0}")]
    Pattern(PatternError),
    /// The number of a call's arguments differs from the number of parameters.
    #[error("{name} with {found} arguments, expected {expected}")]
    ArgumentCount {
        /// The event.
        name: String,
        /// The number of parameters.
        expected: usize,
        /// The number of arguments.
        found: usize,
    },
    /// No attribute has this name.
    #[error("no attribute is named `&{0}`")]
    UnknownAttribute(String),
    /// Parentheses, braces or types are nested too deeply.
    #[error("nested too deeply, limit is {limit}")]
    TooDeep {
        /// The maximum depth.
        limit: u32,
    },
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
