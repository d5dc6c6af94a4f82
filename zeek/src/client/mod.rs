//! A client of the API.

mod config;
mod confirm;
mod machine;
mod notification;
#[cfg(test)]
mod tests;
mod timers;

pub(crate) use config::is_application;
pub use config::{API_PATH, ClientConfig, ConfigError, Timeouts};
pub use machine::{Client, Phase, SendError};
pub use notification::{CloseCause, Notification};
