//! Errors in log messages (part 3).

use std::fmt;

use thiserror::Error;

use crate::wire::{self, MessageType};

/// An error in a LOG_CREATE_WRITER or LOG_WRITE message, with its position.
///
/// Such a message violates the protocol and ends the connection. With `{:#}` it prints with the
/// section that was violated.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogError {
    /// The problem.
    pub kind: LogErrorKind,
    /// Which of the two messages it is.
    pub message: MessageType,
    /// The byte offset in the message's argument.
    pub offset: u32,
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LogError { kind, message, offset } = self;
        write!(f, "{message}: {kind} (at byte {offset} of the argument")?;
        wire::section(f, self.section())?;
        f.write_str(")")
    }
}

impl std::error::Error for LogError {}

impl LogError {
    /// Returns the section of the specification that was violated, as in `3§1`.
    pub const fn section(&self) -> &'static str {
        match self.message {
            MessageType::LogCreateWriter => "3§1",
            _ => "3§2",
        }
    }
}

/// The kind of error in a LOG_CREATE_WRITER or LOG_WRITE message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LogErrorKind {
    /// The argument ends too early.
    #[error("{wanted} bytes are missing")]
    Truncated {
        /// The minimum number of missing bytes.
        wanted: u32,
    },
    /// A LOG_CREATE_WRITER has bytes after its last column.
    #[error("{left} bytes are left over")]
    LeftOver {
        /// The number of extra bytes.
        left: u32,
    },
    /// The number of columns, options or elements is negative or too large for the remaining bytes.
    #[error("{count} elements in {left} bytes")]
    TooManyElements {
        /// The number given by the peer.
        count: i64,
        /// The number of remaining bytes.
        left: u32,
    },
    /// An entry has more values than [`LogLimits::values`](crate::logs::LogLimits::values).
    #[error("entry of at least {count} values, limit is {limit}")]
    TooManyValues {
        /// The number counted so far.
        count: u64,
        /// The configured limit.
        limit: u32,
    },
    /// A value or column has a type that logs do not support.
    #[error("type {0} in a log")]
    BadType(i32),
    /// An element of a set or vector is a set or vector itself.
    #[error("{0} within a set or vector")]
    Nested(crate::data::TypeTag),
    /// An address is neither IPv4 nor IPv6.
    #[error("address family {0}, must be 4 or 6")]
    BadFamily(u8),
    /// A subnet's width is out of range. It refers to a 128-bit address, even for IPv4.
    #[error("subnet width {width}, must be {least} to 128")]
    BadWidth {
        /// The width.
        width: u8,
        /// The minimum for the address's family.
        least: u8,
    },
    /// A port's protocol is not one of 0 (unknown), 1 (TCP), 2 (UDP) and 3 (ICMP).
    #[error("transport protocol {0}, must be 0 to 3")]
    BadTransport(i32),
    /// A port's number is above 65535.
    #[error("port {0}, must be 0 to 65535")]
    BadPort(u64),
    /// The peer announces more writers than
    /// [`LogLimits::writers`](crate::logs::LogLimits::writers).
    #[error("more than {limit} writers")]
    TooManyWriters {
        /// The configured limit.
        limit: u32,
    },
    /// The announcements of all writers exceed
    /// [`LogLimits::announced`](crate::logs::LogLimits::announced).
    #[error("announcements of {bytes} bytes, limit is {limit}")]
    AnnouncedTooMuch {
        /// Their size.
        bytes: u64,
        /// The configured limit.
        limit: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_small_and_contain_the_position() {
        assert!(size_of::<LogError>() <= 32);
        let kind = LogErrorKind::BadWidth { width: 24, least: 96 };
        let error = LogError { kind, message: MessageType::LogWrite, offset: 7 };
        let text = "LOG_WRITE: subnet width 24, must be 96 to 128 (at byte 7 of the argument)";
        assert_eq!(error.to_string(), text);
        let cited =
            "LOG_WRITE: subnet width 24, must be 96 to 128 (at byte 7 of the argument, 3§2)";
        assert_eq!(format!("{error:#}"), cited);
    }
}
