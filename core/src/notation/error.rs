//! What can be wrong with a text.

use crate::data::{ConversionError, TypeTag};
use crate::pattern::PatternError;

/// Says what is wrong with a literal or a declaration, and where.
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
    /// Returns what is wrong, without its place.
    pub fn reason(&self) -> String {
        self.kind.to_string()
    }

    /// Returns the name that should be a variable's, if no variable has it.
    pub fn unknown_variable(&self) -> Option<&str> {
        match &self.kind {
            ParseErrorKind::UnknownVariable(name) => Some(name),
            _ => None,
        }
    }
}

/// Says what is wrong with a literal or a declaration.
///
/// Texts quoted from the input are cut to a few dozen characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseErrorKind {
    /// Something else should stand here.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What should stand here, in words.
        expected: &'static str,
        /// What stands here, quoted.
        found: String,
    },
    /// No token begins like this.
    #[error("unexpected character {0:?}")]
    Character(char),
    /// The text or line ends within a string.
    #[error("string without end")]
    UnterminatedString,
    /// The text or line ends within a pattern.
    #[error("pattern without end")]
    UnterminatedPattern,
    /// The text ends within a body or an expression.
    #[error("the text ends before this does")]
    UnterminatedBlock,
    /// The text ends within an `@if`.
    #[error("@if without @endif")]
    UnterminatedIf,
    /// Whether an `@if` holds can't be said.
    #[error(
        "cannot decide `@if ({0})`: only constants, `!`, `&&`, `||` and Cluster::is_enabled() can be"
    )]
    Condition(String),
    /// A script can't be loaded.
    #[error("{0}")]
    Load(String),
    /// A field that is added to a record may not be needed.
    #[error("`{0}` must be `&optional` or have a `&default`, as it is added to a record")]
    MandatoryField(String),
    /// Nothing stands between a pattern's slashes.
    #[error("empty pattern; `/()/` matches an empty text")]
    EmptyPattern,
    /// A port's protocol is none that Bro knows.
    #[error("no transport protocol is named `{0}`; ports end in /tcp, /udp, /icmp or /unknown")]
    UnknownTransport(String),
    /// A number is divided by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A number's text is malformed, or doesn't fit its type.
    #[error("{}", wrong_number(.0))]
    Number(String),
    /// A subnet's width is greater than its address is long.
    #[error("subnet width of `{text}`, limit is {limit}")]
    Width {
        /// The subnet.
        text: String,
        /// The greatest width.
        limit: u8,
    },
    /// No type of this name is declared.
    #[error("no type is named `{0}`")]
    UnknownType(String),
    /// No enum constant of this name is declared.
    #[error("no constant is named `{0}`")]
    UnknownConstant(String),
    /// The enum has no constant of this name.
    #[error("`{name}` is no constant of {ty}")]
    NotInEnum {
        /// The name.
        name: String,
        /// The enum.
        ty: String,
    },
    /// The record type has no field of this name.
    #[error("`{name}` is no field of {ty}")]
    UnknownField {
        /// The name.
        name: String,
        /// The record type.
        ty: String,
    },
    /// A place leads on from what has no such parts.
    #[error("a value of type {0} has no such part")]
    NoPart(String),
    /// Two fields, parameters or constants have the same name.
    #[error("`{0}` occurs twice")]
    Duplicate(String),
    /// Two elements or entries of a set or table have the same index.
    #[error("two entries with the same index")]
    DuplicateIndex,
    /// A field without `&optional` and without a constant `&default` is left out.
    #[error("field `{name}` of {ty} is missing")]
    MissingField {
        /// The name.
        name: String,
        /// The record type.
        ty: String,
    },
    /// The value is not of the type that is wanted here.
    #[error("expected a value of type {expected}, found {found}")]
    Mismatch {
        /// The type wanted.
        expected: String,
        /// The value, in words.
        found: &'static str,
    },
    /// A value that is named here is not what is wanted.
    #[error("{0}")]
    Value(ConversionError),
    /// Values of these kinds have no sum, difference, product, quotient or remainder.
    #[error("no `{operator}` of {left} and {right}")]
    Operands {
        /// `+`, `-`, `*`, `/` or `%`.
        operator: char,
        /// The first operand, in words.
        left: &'static str,
        /// The second operand, in words.
        right: &'static str,
    },
    /// No variable or constant of this name is declared.
    #[error("no variable is named `{0}`")]
    UnknownVariable(String),
    /// The variable or constant is not `&redef`.
    #[error("`{0}` is declared without &redef")]
    NotRedefinable(String),
    /// Nothing can be added to, or removed from, what has this type.
    #[error("`{operator}` of a value of type {ty}")]
    Redefinition {
        /// `+=` or `-=`.
        operator: &'static str,
        /// The type.
        ty: String,
    },
    /// Values of this type cannot be written.
    #[error("a value of type {0} cannot be written")]
    NoLiteral(String),
    /// Elements of one container have different types.
    #[error("elements of types {first} and {second} in one container")]
    Mixed {
        /// The type of those before.
        first: String,
        /// The type of the one that differs.
        second: String,
    },
    /// An index has another number of components than the type.
    #[error("index with {found} components, expected {expected}")]
    IndexLength {
        /// The number in the type.
        expected: usize,
        /// The number in the text.
        found: usize,
    },
    /// Nothing says of which type the elements of an empty container are.
    #[error("the type of an empty container is not known")]
    EmptyContainer,
    /// Values of this type can't be in an index; see [`Type::check_index`](crate::data::Type::check_index).
    #[error("bad index type: no {0} can be, or be part of, the index of a table or set")]
    IndexType(TypeTag),
    /// The pattern is one that Bro doesn't compile; the column is the pattern's own.
    #[error("error compiling pattern: {0}")]
    Pattern(PatternError),
    /// A call has another number of arguments than the event has parameters.
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
        /// The greatest depth.
        limit: u32,
    },
}

impl ParseErrorKind {
    /// Quotes a piece of the input, cut if it is long.
    pub(super) fn quote(text: &str) -> String {
        const LIMIT: usize = 40;
        match text.char_indices().nth(LIMIT) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text.to_owned(),
        }
    }
}

/// Says what the text of a number, an address or a port is not.
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
