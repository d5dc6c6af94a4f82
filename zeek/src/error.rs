//! Errors decoding and encoding messages.

use brocomm::data::Subnet;

/// An error decoding a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {kind}")]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// The position, in bytes from the start of the message.
    pub offset: usize,
}

/// The kinds of [`DecodeError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The text is not the expected JSON.
    #[error("expected {0}")]
    Expected(&'static str),
    /// There is text after the value.
    #[error("text after the end of the message")]
    Trailing,
    /// A string has an escape that is neither one of JSON's nor `\v`, or half a surrogate pair.
    #[error("invalid escape in a string")]
    Escape,
    /// Arrays and objects are nested too deeply.
    #[error("nested too deeply, limit is {limit}")]
    TooDeep {
        /// The maximum depth, in arrays and objects.
        limit: u32,
    },
    /// An object has no `@data-type`, or an unknown one.
    #[error("a value without a known `@data-type`")]
    UnknownKind,
    /// An object has no `data`.
    #[error("a value without `data`")]
    NoData,
    /// The text of a value does not match its kind, or the value is out of range.
    #[error("not a valid {kind}: {text}")]
    Value {
        /// The kind, as used in `@data-type`.
        kind: &'static str,
        /// The text, truncated if it is long.
        text: String,
    },
    /// A set has a duplicate element, or a table a duplicate key.
    #[error("the same element or key twice")]
    Duplicate,
}

/// An error encoding a value: Zeek would reject it, or read another value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Zeek's JSON has no infinity and no NaN.
    #[error("double {0} has no JSON form")]
    NotFinite(f64),
    /// Zeek reads doubles close to zero as other values.
    #[error("double {0:e} is too close to 0: Zeek reads another value")]
    Subnormal(f64),
    /// Zeek reads the largest doubles as infinity.
    #[error("double {0:e} is too large: Zeek reads infinity")]
    TooLarge(f64),
    /// Zeek stores intervals in 64 bits of nanoseconds; others wrap around.
    #[error("interval of {0} ns is out of range: must be within 292 years")]
    Timespan(i64),
    /// Zeek stores times in 64 bits of nanoseconds; others wrap around.
    #[error("time {0} ns is out of range: must be between the years 1677 and 2262")]
    Timestamp(i64),
    /// Zeek reads a subnet whose width is too large as `::/0`.
    #[error("subnet {}/{}: width must be 0 to {}", .0.prefix, .0.width, Subnet::max_width(.0.prefix))]
    SubnetWidth(Subnet),
    /// Two values of a table have the same key.
    #[error("two values of a table have the same key")]
    DuplicateKey,
    /// Bytes are not UTF-8, with [`NonUtf8::Refuse`](crate::json::NonUtf8) or in a name or topic.
    #[error("not UTF-8: {0}")]
    NotUtf8(String),
    /// Zeek does not accept values nested this deeply.
    #[error("nested too deeply, limit is {limit}")]
    TooDeep {
        /// The maximum depth, in arrays and objects.
        limit: u32,
    },
    /// Nobody can subscribe to the topic, or Zeek treats it as missing.
    #[error("topic `{0}` reaches nobody")]
    Topic(String),
    /// The event has no name.
    #[error("an event must have a name")]
    NoName,
}
