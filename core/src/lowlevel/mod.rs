//! The layers below a node, for writing a transport, decoding recorded sessions, or inspecting
//! bytes.
//!
//! Clients and programs that run a node do not need this module.

pub mod driver;
pub mod serial;
pub mod wire;

pub mod connection {
    //! The phases of a connection, in both roles (§3).
    //!
    //! A [`Connection`] is a sans-IO state machine: the caller feeds it input and polls it for output;
    //! it uses no sockets, clocks or threads. It has four kinds of methods:
    //!
    //! * `feed_*`: bytes arrived, the stream ended, the transport failed, time passed.
    //! * `poll_*` and [`advance`](Connection::advance): bytes to send, notifications, whether to close
    //!   the transport.
    //! * commands, from [`request_events`](Connection::request_events) to [`close`](Connection::close).
    //!   A command that is not allowed in the current phase returns a
    //!   [`UsageError`](crate::node::UsageError) and changes nothing.
    //! * getters.
    //!
    //! Calls may come in any order, polls may be skipped or repeated, and the same calls always return
    //! the same results. After each call that is not a getter, a driver must at least: write the bytes
    //! of [`poll_transmit`](Connection::poll_transmit), handle the notifications of
    //! [`poll_notification`](Connection::poll_notification), close the transport if
    //! [`poll_close`](Connection::poll_close) requires it, read only while
    //! [`wants_input`](Connection::wants_input), and call [`feed_time`](Connection::feed_time) at
    //! [`next_timeout`](Connection::next_timeout).
    //!
    //! The [crate](crate#the-io-loop) shows two connections that exchange their bytes in memory.
    //!
    //! With [`ConnectionConfig::tls`] the bytes fed and returned are those of TLS, and
    //! [`Secured`](ConnectionNotification::Secured) is the first notification.
    //!
    //! # Hostile peers
    //!
    //! | attempt | answer |
    //! | --- | --- |
    //! | claims a large length, or inflates to one | [`ConnectionConfig::wire_limits`], checked before anything is allocated |
    //! | nests, references or caches without end | [`ConnectionConfig::serial_limits`] |
    //! | sends faster than the user takes notifications | [`ConnectionConfig::notification_limit`], then input waits |
    //! | requests replies and never reads them | [`ConnectionConfig::reply_limit`], then input waits |
    //! | never reads at all | [`ConnectionConfig::output_limit`], then commands return an error |
    //! | requests events without end | [`ConnectionConfig::requests_limit`], then the connection is closed |
    //! | breaks the protocol in any way | one [`ProtocolError`](crate::node::ProtocolError), and the connection is closed |

    pub use crate::connection::{
        Authority, Command, ConfigError, Connection, ConnectionConfig, ConnectionNotification,
        Counters, Handshake, LEGALITY, Legality, LegalityRow, Observed, Observer, ObserverCounters,
        PollClose, ProtocolErrorKind, Requests, Sent, StateSource, legality,
    };
}

pub mod syntax {
    //! The syntax tree in Bro's types and functions (2§4, 2§11). It is never evaluated.

    pub use crate::data::value::syntax::*;
}

pub mod opaque {
    //! The content of opaque values (2§7).

    pub use crate::data::value::object::{
        BitVector, Bloom, BloomCells, BloomFilter, Bucket, Cardinality, CounterVector, Entropy,
        Hasher, Opaque, OpaqueState, TopK,
    };
}

pub mod types {
    //! The content of [`Type`](crate::data::Type) (2§4).

    pub use crate::data::value::types::{
        Enclosing, EnumType, FuncType, ListType, RecordType, SetType, TableType, TypeDef, TypeKind,
    };
}

pub mod logs {
    //! Decoding, encoding and forwarding of log messages (part 3).

    pub use crate::logs::decode::LogErrorKind;
    pub use crate::logs::receive::{
        Announced, DroppedEntry, LogLimits, LogReceiver, Mismatch, ReceivedEntry,
    };
    pub use crate::logs::stream::{ActiveWriter, EncodedEntry};
    pub use crate::logs::values::LogValues;
    pub use crate::logs::writer::{LogWriter, WRITER_ASCII, WRITER_NONE, WRITER_SQLITE};
}

pub mod state {
    //! The operations of a [`Store`](crate::state::Store), step by step (2§9, §3.4).

    pub use crate::state::store::Expired;
    pub use crate::state::store::apply::{Alias, Applied, Inconsistency};
    pub use crate::state::store::full::SnapshotError;
    pub use crate::state::store::full::{FullState, Progress};
    pub use crate::state::store::local::Touched;
}

#[cfg(feature = "__tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub mod tls {
    //! The parameters and errors of TLS connections (part 4 §6).

    pub use crate::tls::certificate::CertificateProblem;
    pub use crate::tls::config::Pem;
    pub use crate::tls::error::Alert;
    pub use crate::tls::error::TlsError;
    pub use crate::tls::machine::Negotiated;
}

pub mod commlog {
    //! The lines of the communication log, as data (part 4).

    pub use crate::connection::CommLogMessage;
    pub use crate::node::communication_log::{CommunicationLine, PeerPrefix};
    pub use crate::node::log::CommLogLine;
}
