//! Errors in SERIAL messages.

use std::fmt;

use crate::data::{Name, TypeTag};
use crate::wire::{self, DataFormat};

use super::Family;

/// An error in a SERIAL message, with its position and context (§5).
///
/// The object caches of the two sides differ afterwards, so the connection must be closed. With
/// `{:#}` it prints with the section that was violated.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SerialError {
    /// The problem.
    pub kind: SerialErrorKind,
    /// The byte offset in the argument chunk.
    pub offset: u32,
    /// What was being read.
    pub context: SerialContext,
}

impl fmt::Display for SerialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SerialError { kind, offset, context } = self;
        write!(f, "{context}: {kind} (byte {offset} of the SERIAL")?;
        wire::section(f, kind.section())?;
        f.write_str(")")
    }
}

impl std::error::Error for SerialError {}

/// The context of an error in a SERIAL message; prints as in Bro (part 4 §5).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SerialContext {
    /// The tag.
    Tag,
    /// A call, before its name was known.
    Call,
    /// A call of this name.
    CallOf(Box<Name>),
    /// An ID.
    Id,
    /// A state access.
    StateAccess,
    /// A packet.
    Packet,
    /// A connection.
    Connection,
    /// A timer.
    Timer,
}

impl fmt::Display for SerialContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SerialContext::Tag => f.write_str("unserializing"),
            SerialContext::Call => f.write_str("unserializing event/function"),
            SerialContext::CallOf(name) => write!(f, "unserializing event/function {name}"),
            SerialContext::Id => f.write_str("unserializing ID"),
            SerialContext::StateAccess => f.write_str("unserializing state access"),
            SerialContext::Packet => f.write_str("unserializing packet"),
            SerialContext::Connection => f.write_str("unserializing connection"),
            SerialContext::Timer => f.write_str("unserializing timer"),
        }
    }
}

/// The kind of error in a SERIAL message; the messages are Bro's where Bro has one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SerialErrorKind {
    /// The bytes end too early.
    #[error("data ends where {wanted} more bytes should follow")]
    Truncated {
        /// The minimum number of missing bytes.
        wanted: u32,
    },
    /// There are bytes after the content; Bro ignores them, and so does a reader unless it is
    /// strict.
    #[error("{left} bytes left over")]
    LeftOver {
        /// The number of bytes.
        left: u32,
    },
    /// The first byte is not a valid tag.
    #[error("unknown serialization type {0:x}")]
    UnknownTag(u8),
    /// The content has a kind that Bro itself cannot use or never sends.
    #[error("a {0} can't be received")]
    Refused(Family),
    /// A reference to an object that is not in the cache.
    #[error("unknown object {0} referenced")]
    UnknownObject(u64),
    /// An object refers to itself; only types may do so.
    #[error("object {0} refers to itself")]
    Cycle(u64),
    /// A serial type of no known family, or with the wrong bit 15.
    #[error("unknown object type")]
    UnknownSerialType(u16),
    /// A class number that does not exist in its family, or is that of a base class.
    #[error("unknown object type")]
    UnknownClass(Family, u8),
    /// An object has a different family than expected.
    #[error("type mismatch")]
    WrongFamily {
        /// The expected family.
        expected: Family,
        /// The received family.
        found: Family,
    },
    /// A value's class does not match its type.
    #[error("type mismatch for value")]
    WrongClass {
        /// The class number of the value.
        class: u8,
        /// The tag of its type.
        tag: TypeTag,
    },
    /// A type tag does not exist or does not match the type's class.
    #[error("type out of range")]
    BadTypeTag(u8),
    /// An internal tag does not match the type's tag.
    #[error("type out of range")]
    BadInternalTag(u8),
    /// A value of type `void`.
    #[error("type is void")]
    TypeIsVoid,
    /// A value of type `error`.
    #[error("type is error")]
    TypeIsError,
    /// A value of a type that has no values.
    #[error("a value of type {0}")]
    NoValues(TypeTag),
    /// A type is given by an unknown name.
    #[error("unknown type {0}")]
    UnknownType(Box<Name>),
    /// An attribute number that does not exist.
    #[error("unknown attribute {0}")]
    UnknownAttribute(u8),
    /// An operation on state that does not exist.
    #[error("unknown operation {0}")]
    UnknownOpcode(u8),
    /// A class of expression that does not exist or never occurs by itself.
    #[error("wrong expression type")]
    UnknownExpr(u8),
    /// A class of statement that does not exist or never occurs by itself.
    #[error("wrong stmt type")]
    UnknownStmt(u8),
    /// An address that is neither 1 nor 4 words long.
    #[error("address of {0} words")]
    BadAddr(u32),
    /// A subnet wider than its address.
    #[error("prefix width {width} where the address has {bits} bits")]
    BadWidth {
        /// The received width.
        width: u32,
        /// The address's bits.
        bits: u8,
    },
    /// A port number of more than 16 bits, or of an unknown protocol.
    #[error("{0} is not a port")]
    BadPort(u64),
    /// A value with attributes, which no Bro since 2.0 sends.
    #[error("a value with attributes")]
    ValueAttributes,
    /// A flag of a type that no Bro since 2.0 sets.
    #[error("a type with attributes")]
    TypeAttributes,
    /// A table with two equal indices.
    #[error("table with a duplicate index")]
    DuplicateIndex,
    /// A variable reference that is neither global nor local.
    #[error("name expression of kind {0}")]
    BadNameKind(u8),
    /// More elements than bytes left.
    #[error("{count} elements where only {left} bytes are left")]
    TooManyElements {
        /// The claimed number.
        count: u64,
        /// The number of remaining bytes.
        left: u32,
    },
    /// Objects are nested deeper than the limit.
    #[error("objects nested deeper than {0}")]
    TooDeep(u32),
    /// More objects than the limit allows.
    #[error("more than {0} objects")]
    TooManyObjects(u32),
}

impl SerialErrorKind {
    /// Returns the violated section of the specification.
    pub const fn section(&self) -> &'static str {
        use SerialErrorKind as K;
        match self {
            K::Truncated { .. } | K::BadAddr(_) | K::BadWidth { .. } => "2§1",
            K::LeftOver { .. } | K::UnknownTag(_) | K::Refused(_) => "2§2",
            K::UnknownSerialType(_) | K::UnknownClass(..) | K::WrongFamily { .. } => "2§3",
            K::ValueAttributes | K::TypeAttributes => "2§13",
            K::BadTypeTag(_)
            | K::BadInternalTag(_)
            | K::UnknownType(_)
            | K::UnknownAttribute(_) => "2§4",
            K::UnknownObject(_) | K::Cycle(_) => "2§5",
            K::WrongClass { .. }
            | K::TypeIsVoid
            | K::TypeIsError
            | K::NoValues(_)
            | K::BadPort(_)
            | K::DuplicateIndex => "2§6",
            K::UnknownOpcode(_) => "2§9",
            K::UnknownExpr(_) | K::UnknownStmt(_) | K::BadNameKind(_) => "2§11",
            K::TooManyElements { .. } | K::TooDeep(_) | K::TooManyObjects(_) => "2§12",
        }
    }
}

/// The reason why content cannot be written.
///
/// Nothing was written, and the cache is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The content, or without a cache the types sent with each value, exceeds the maximum size of
    /// a message.
    #[error("a serialization of more than {limit} bytes")]
    TooLarge {
        /// The maximum size, in bytes.
        limit: usize,
    },
    /// Values are nested deeper than a receiver accepts.
    #[error("values nested deeper than {limit}")]
    TooDeep {
        /// The maximum depth.
        limit: u32,
    },
    /// A table or set, or an operation on one, has an index type that Bro rejects (2§4).
    #[error("bad index type: no {0} can be, or be part of, the index of a table or set")]
    IndexType(TypeTag),
    /// A pattern that Bro does not compile (§5); [`Pattern::check`](crate::data::Pattern::check)
    /// says why.
    #[error("error compiling pattern, at column {column} of its text")]
    Pattern {
        /// The column in characters, from 1.
        column: u32,
    },
    /// The peer's release of Bro does not support something (2§13).
    #[error("Bro {} {what}", format.releases())]
    DataFormat {
        /// The data format of the connection.
        format: DataFormat,
        /// What the release does not support.
        what: Unsupported,
    },
    /// A subnet's width exceeds its address's length (2§1).
    #[error("prefix width {width}, must be at most {limit}")]
    Width {
        /// The width.
        width: u8,
        /// The greatest width of an address of this family.
        limit: u8,
    },
}

/// What a release of Bro does not support (2§13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsupported {
    /// An IPv6 address or subnet.
    #[error("has no IPv6 addresses")]
    Ipv6,
    /// An opaque value, or a type of one.
    #[error("has no opaque values")]
    Opaque,
    /// An X.509 certificate.
    #[error("has no X.509 values")]
    X509,
    /// A hook.
    #[error("has no hooks")]
    Hook,
    /// A function with a while statement.
    #[error("has no while statement")]
    While,
    /// A function with a fallthrough statement.
    #[error("has no fallthrough statement")]
    Fallthrough,
    /// A script function sent without an object cache, although it refers to itself.
    #[error("takes script functions only with an object cache")]
    UncachedFunction,
    /// A Bloom filter, or one of its hash functions, from a release with different hash functions.
    #[error("has Bloom filters with other hash functions than this one, of {seeds} seeds")]
    HasherSeeds {
        /// The number of seeds.
        seeds: usize,
    },
}
