//! What lies below a node: for those who write a transport, follow a recorded session, or look at
//! every byte.
//!
//! A client, or a program that keeps a node, needs none of this.

pub mod connection;
pub mod driver;
pub mod serial;
pub mod wire;

pub mod syntax {
    //! Bro's syntax tree, as types and functions carry it (2§4, 2§11). It is never evaluated.

    pub use crate::data::syntax::*;
}

pub mod opaque {
    //! The insides of opaque values (2§7).

    pub use crate::data::opaque::*;
}

pub mod types {
    //! The insides of [`Type`](crate::data::Type) (2§4).

    pub use crate::data::types::{
        Enclosing, EnumType, FuncType, ListType, RecordType, SetType, TableType, TypeDef, TypeKind,
    };
}

pub mod logs {
    //! Log messages read, written and sent on (part 3).

    pub use crate::logs::error::LogErrorKind;
    pub use crate::logs::receive::{
        Announced, DroppedEntry, LogLimits, LogReceiver, Mismatch, ReceivedEntry,
    };
    pub use crate::logs::stream::{ActiveWriter, EncodedEntry};
    pub use crate::logs::writer::{LogWriter, WRITER_ASCII, WRITER_NONE, WRITER_SQLITE};
}

pub mod state {
    //! What happens to a [`Store`](crate::state::Store), step by step (2§9, §3.4).

    pub use crate::state::apply::{Alias, Applied, Inconsistency};
    pub use crate::state::container::Expired;
    pub use crate::state::full::{FullState, Progress};
    pub use crate::state::local::Touched;
    pub use crate::state::snapshot::SnapshotError;
}

#[cfg(feature = "__tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub mod tls {
    //! What a TLS session agreed on, or why there is none (part 4 §6).

    pub use crate::tls::alert::Alert;
    pub use crate::tls::certificate::CertificateProblem;
    pub use crate::tls::config_error::Pem;
    pub use crate::tls::error::TlsError;
    pub use crate::tls::negotiated::Negotiated;
}

pub mod commlog {
    //! Every line of the communication log, as data (part 4).

    pub use crate::connection::CommLogMessage;
    pub use crate::node::communication_log::{CommunicationLine, PeerPrefix};
    pub use crate::node::log::CommLogLine;
}
