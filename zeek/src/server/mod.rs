//! A server of the API: one connection of one client.

mod config;
mod greeting;
mod machine;
mod notification;
mod publishing;
#[cfg(test)]
mod tests;
mod timers;

pub use config::{Faults, ServerConfig};
pub use machine::Server;
pub use notification::{Notification, PublishError};
