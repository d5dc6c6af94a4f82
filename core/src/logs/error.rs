//! What can be wrong with a log message (part 3).

use thiserror::Error;

use crate::wire::MessageType;

/// What is wrong with a LOG_CREATE_WRITER or LOG_WRITE, and where.
///
/// Such a message is no message of the protocol: it ends the connection.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}: {kind}, {} (at byte {offset} of the argument)", self.section())]
#[non_exhaustive]
pub struct LogError {
    /// What is wrong.
    pub kind: LogErrorKind,
    /// Which of the two messages it is.
    pub message: MessageType,
    /// Where in the message's argument it was noticed, in bytes.
    pub offset: u32,
}

impl LogError {
    /// Returns the section of the specification that was violated, as in `3§1`.
    pub const fn section(&self) -> &'static str {
        match self.message {
            MessageType::LogCreateWriter => "3§1",
            _ => "3§2",
        }
    }
}

/// What is wrong with a LOG_CREATE_WRITER or LOG_WRITE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LogErrorKind {
    /// The argument ends too early.
    #[error("{wanted} bytes are missing")]
    Truncated {
        /// How many bytes are missing at least.
        wanted: u32,
    },
    /// A LOG_CREATE_WRITER goes on after its last column.
    #[error("{left} bytes are left over")]
    LeftOver {
        /// How many.
        left: u32,
    },
    /// There are more columns, options or elements than the bytes that are left can hold, or fewer
    /// than none.
    #[error("{count} elements in {left} bytes")]
    TooManyElements {
        /// The number that the peer gives.
        count: i64,
        /// How many bytes are left.
        left: u32,
    },
    /// An entry has more values than [`LogLimits::values`](crate::logs::LogLimits::values).
    #[error("entry of at least {count} values, limit is {limit}")]
    TooManyValues {
        /// The number as far as it is known.
        count: u64,
        /// The limit in force.
        limit: u32,
    },
    /// A value or column is of a type that logs do not have.
    #[error("type {0} in a log")]
    BadType(i32),
    /// An element of a set or vector is a set or vector itself.
    #[error("{0} within a set or vector")]
    Nested(crate::data::TypeTag),
    /// An address is neither an IPv4 nor an IPv6 one.
    #[error("address family {0}, must be 4 or 6")]
    BadFamily(u8),
    /// A subnet's width does not exist; it is counted in 128 bits, for IPv4 as well.
    #[error("subnet width {width}, must be {least} to 128")]
    BadWidth {
        /// The width.
        width: u8,
        /// The least that the address's family has.
        least: u8,
    },
    /// A port's protocol is not one of 0 (unknown), 1 (TCP), 2 (UDP) and 3 (ICMP).
    #[error("transport protocol {0}, must be 0 to 3")]
    BadTransport(i32),
    /// A port's number is above 65535.
    #[error("port {0}, must be 0 to 65535")]
    BadPort(u64),
    /// The peer announces more writers than [`LogLimits::writers`](crate::logs::LogLimits::writers).
    #[error("more than {limit} writers")]
    TooManyWriters {
        /// The limit in force.
        limit: u32,
    },
    /// The announcements of all writers take more than
    /// [`LogLimits::announced`](crate::logs::LogLimits::announced).
    #[error("announcements of {bytes} bytes, limit is {limit}")]
    AnnouncedTooMuch {
        /// Their size.
        bytes: u64,
        /// The limit in force.
        limit: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_small_and_say_where() {
        assert!(size_of::<LogError>() <= 32);
        let kind = LogErrorKind::BadWidth { width: 24, least: 96 };
        let error = LogError { kind, message: MessageType::LogWrite, offset: 7 };
        let text = "LOG_WRITE: subnet width 24, must be 96 to 128, 3§2 (at byte 7 of the argument)";
        assert_eq!(error.to_string(), text);
    }
}
