//! The layers below a node, for writing a transport, decoding recorded sessions, or inspecting
//! bytes.
//!
//! Clients and programs that run a node do not need this module.

pub mod connection;
pub mod driver;
pub mod serial;
pub mod wire;

pub mod syntax {
    //! The syntax tree in Bro's types and functions (2§4, 2§11). It is never evaluated.

    pub use crate::data::value::syntax::*;
}

pub mod opaque {
    //! The content of opaque values (2§7).

    pub use crate::data::value::opaque::*;
}

pub mod types {
    //! The content of [`Type`](crate::data::Type) (2§4).

    pub use crate::data::value::types::{
        Enclosing, EnumType, FuncType, ListType, RecordType, SetType, TableType, TypeDef, TypeKind,
    };
}

pub mod logs {
    //! Decoding, encoding and forwarding of log messages (part 3).

    pub use crate::logs::error::LogErrorKind;
    pub use crate::logs::receive::{
        Announced, DroppedEntry, LogLimits, LogReceiver, Mismatch, ReceivedEntry,
    };
    pub use crate::logs::stream::{ActiveWriter, EncodedEntry};
    pub use crate::logs::values::LogValues;
    pub use crate::logs::writer::{LogWriter, WRITER_ASCII, WRITER_NONE, WRITER_SQLITE};
}

pub mod state {
    //! The operations of a [`Store`](crate::state::Store), step by step (2§9, §3.4).

    pub use crate::state::store::apply::{Alias, Applied, Inconsistency};
    pub use crate::state::store::expiry::Expired;
    pub use crate::state::store::full::{FullState, Progress};
    pub use crate::state::store::local::Touched;
    pub use crate::state::store::snapshot::SnapshotError;
}

#[cfg(feature = "__tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub mod tls {
    //! The parameters and errors of TLS connections (part 4 §6).

    pub use crate::tls::alert::Alert;
    pub use crate::tls::certificate::CertificateProblem;
    pub use crate::tls::config_error::Pem;
    pub use crate::tls::error::TlsError;
    pub use crate::tls::negotiated::Negotiated;
}

pub mod commlog {
    //! The lines of the communication log, as data (part 4).

    pub use crate::connection::CommLogMessage;
    pub use crate::node::communication_log::{CommunicationLine, PeerPrefix};
    pub use crate::node::log::CommLogLine;
}
