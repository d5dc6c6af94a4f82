//! A server of the API: one connection of one client.

mod config;
mod machine;
#[cfg(test)]
mod tests;

pub use config::{Faults, ServerConfig};
pub use machine::{Notification, PublishError, Server};
