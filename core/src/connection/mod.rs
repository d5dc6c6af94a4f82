//! One connection's phases, in both roles (§3); [`lowlevel::connection`](crate::lowlevel::connection) shows it.

mod authority;
mod config;
mod counters;
mod error;
mod handshake;
mod legality;
mod log;
mod log_input;
mod machine;
mod notification;
mod observer;
mod output;
mod peer;
mod phase;
mod receive;
mod running;
#[cfg(feature = "__tls")]
mod secure;
mod serial_input;
mod setup;
mod sync;
#[cfg(test)]
mod tests;
mod verbatim;

pub use crate::role::Role;
pub use authority::{Authority, SyncRequest};
pub use config::{ConfigError, ConnectionConfig, Requests, StateSource, Undeclared};
pub use counters::Counters;
pub use error::{Command, ProtocolError, ProtocolErrorKind, UsageError};
pub(crate) use handshake::PRINT_HOOK;
pub use legality::{LEGALITY, Legality, LegalityRow, legality};
pub use log::{CommLogMessage, LogLevel, LogSource};
pub use machine::{Connection, PollClose};
pub use notification::{CloseCause, Notification};
pub use observer::{Observed, Observer, ObserverCounters};
pub use phase::{Phase, SyncRole};
pub use running::Sent;
