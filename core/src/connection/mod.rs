//! The phases of a connection, in both roles (§3). See
//! [`lowlevel::connection`](crate::lowlevel::connection).

mod config;
mod error;
mod handshake;
mod legality;
mod log;
mod machine;
mod notification;
mod observer;
mod output;
mod peer;
mod receive;
mod running;
#[cfg(feature = "__tls")]
mod secure;
#[cfg(test)]
mod tests;
mod verbatim;

pub use crate::role::Role;
pub use config::{ConfigError, ConnectionConfig, Handshake, Requests, StateSource, Undeclared};
pub use error::{Command, ProtocolError, ProtocolErrorKind, UsageError};
pub(crate) use handshake::PRINT_HOOK;
pub use legality::{Authority, LEGALITY, Legality, LegalityRow, SyncRequest, legality};
pub use log::{CommLogMessage, LogLevel, LogSource};
pub use machine::{Connection, PollClose};
pub use notification::{CloseCause, Notification};
pub use observer::{Observed, Observer, ObserverCounters};
pub use peer::{Counters, Phase, SyncRole};
pub use running::Sent;
