//! The Communication framework: a node with its peers (part 4, §3.3, §4, §6).

mod configuration;
mod entry;
mod options;
mod pattern;
mod targets;
mod validate;

pub use configuration::Configuration;
pub use entry::{Liveness, Node};
pub use options::{Backoff, Bound, Handshake, KeepAlive, Options, Overflow, Queue};
pub use pattern::{EventPattern, PatternError, PatternErrorKind};
pub use targets::{ListenTarget, listen_targets};
pub use validate::{OptionsError, OptionsErrorKind, OptionsWarning, OptionsWarningKind};
