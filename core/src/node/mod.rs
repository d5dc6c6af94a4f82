//! The Communication framework: a node with its peers (part 4, §3.3, §4, §6).

mod configuration;
mod entry;
mod options;
mod pattern;

pub use configuration::Configuration;
pub use entry::{Liveness, Node};
pub use options::{Backoff, Bound, Handshake, KeepAlive, Options, Overflow, Queue};
pub use pattern::{EventPattern, PatternError, PatternErrorKind};
