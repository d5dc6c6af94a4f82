//! What can be wrong with a text that came, and with a value that is to be sent.

use brocomm::data::Subnet;

/// An error reading a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {kind}")]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// Where, in bytes from the message's beginning.
    pub offset: usize,
}

/// The kinds of [`DecodeError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The text is not the JSON that is expected.
    #[error("expected {0}")]
    Expected(&'static str),
    /// The text goes on behind its value.
    #[error("text after the end of the message")]
    Trailing,
    /// A string with an escape that is neither JSON's nor `\v`, or with half a surrogate pair.
    #[error("invalid escape in a string")]
    Escape,
    /// Arrays and objects are nested too deeply.
    #[error("nested too deeply, limit is {limit}")]
    TooDeep {
        /// The greatest depth, in arrays and objects.
        limit: u32,
    },
    /// An object without `@data-type`, or of a kind that is not known.
    #[error("a value without a known `@data-type`")]
    UnknownKind,
    /// An object without `data`.
    #[error("a value without `data`")]
    NoData,
    /// The text of a value is not one of its kind, or it is out of range.
    #[error("not a valid {kind}: {text}")]
    Value {
        /// The kind, as `@data-type` has it.
        kind: &'static str,
        /// The text, cut if it is long.
        text: String,
    },
    /// A set has an element twice, or a table a key.
    #[error("the same element or key twice")]
    Duplicate,
}

/// A reason for not sending a value: Zeek would refuse it, or read another value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Zeek's JSON has no infinity and no NaN.
    #[error("double {0} has no JSON form")]
    NotFinite(f64),
    /// Zeek reads doubles next to zero as others.
    #[error("double {0:e} is too close to 0: Zeek reads another value")]
    Subnormal(f64),
    /// Zeek reads the greatest doubles as infinity.
    #[error("double {0:e} is too large: Zeek reads infinity")]
    TooLarge(f64),
    /// Zeek keeps intervals in 64 bits of nanoseconds, and wraps others around.
    #[error("interval of {0} ns is out of range: must be within 292 years")]
    Timespan(i64),
    /// Zeek keeps times in 64 bits of nanoseconds, and wraps others around.
    #[error("time {0} ns is out of range: must be between the years 1677 and 2262")]
    Timestamp(i64),
    /// Zeek reads a subnet with too large a width as `::/0`.
    #[error("subnet {}/{}: width must be 0 to {}", .0.prefix, .0.width, Subnet::max_width(.0.prefix))]
    SubnetWidth(Subnet),
    /// Two values of a table have the same key.
    #[error("two values of a table have the same key")]
    DuplicateKey,
    /// Bytes that are no UTF-8, where [`NonUtf8::Refuse`](crate::json::NonUtf8) is chosen, or in a
    /// name or topic.
    #[error("not UTF-8: {0}")]
    NotUtf8(String),
    /// Zeek takes no deeper values.
    #[error("nested too deeply, limit is {limit}")]
    TooDeep {
        /// The greatest depth, in arrays and objects.
        limit: u32,
    },
    /// A topic that reaches nobody, or that Zeek takes for none.
    #[error("topic `{0}` reaches nobody")]
    Topic(String),
    /// An event without a name.
    #[error("an event must have a name")]
    NoName,
}
