//! The phases of a connection, in both roles (§3). See
//! [`lowlevel::connection`](crate::lowlevel::connection).

mod config;
mod error;
mod machine;
mod notification;
mod observer;
mod phase;
#[cfg(test)]
mod tests;

pub use crate::role::Role;
pub(crate) use config::PRINT_HOOK;
pub use config::{ConfigError, ConnectionConfig, Handshake, Requests, StateSource, Undeclared};
pub use error::{Command, ProtocolError, ProtocolErrorKind, UsageError};
pub use machine::{Connection, Counters, PollClose, Sent};
pub use notification::{CloseCause, CommLogMessage, ConnectionNotification, LogLevel, LogSource};
pub use observer::{Observed, Observer, ObserverCounters};
pub use phase::{
    Authority, LEGALITY, Legality, LegalityRow, Phase, SyncRequest, SyncRole, legality,
};
