//! The configuration of a client.

use std::time::Duration;

use brocomm::data::Name;

use crate::json::Options;
use crate::websocket::Limits;

/// The path of version 1 of the API.
pub const API_PATH: &str = "/v1/messages/json";

/// The configuration of a client: how to connect, and what to subscribe to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfig {
    /// The server's name and port, for the `Host` header: `localhost:27759`.
    pub host: String,
    /// The path. Zeek supports only [`API_PATH`].
    pub path: String,
    /// The name of the client in Zeek's logs. Must consist of letters, digits and `-/_.=:*@`.
    pub application: Option<String>,
    /// The prefixes of the topics to receive. An empty prefix matches all topics, an empty list
    /// none.
    pub subscriptions: Vec<Name>,
    /// How values are written.
    pub encoding: Options,
    /// The memory limits.
    pub limits: Limits,
    /// The time limits for the server.
    pub timeouts: Timeouts,
}

impl ClientConfig {
    /// Creates a configuration with the defaults for everything else.
    pub fn new(host: impl Into<String>, subscriptions: &[&str]) -> ClientConfig {
        ClientConfig {
            host: host.into(),
            path: API_PATH.to_owned(),
            application: None,
            subscriptions: subscriptions.iter().map(|topic| Name::from(*topic)).collect(),
            encoding: Options::default(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
        }
    }

    /// Checks for everything that a server would reject.
    ///
    /// # Errors
    ///
    /// The first problem.
    pub fn check(&self) -> Result<(), ConfigError> {
        let is_word =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_word(&self.host) {
            return Err(ConfigError::Host(self.host.clone()));
        }
        if !is_word(&self.path) || !self.path.starts_with('/') {
            return Err(ConfigError::Path(self.path.clone()));
        }
        match &self.application {
            Some(name) if !is_application(name.as_bytes()) => {
                return Err(ConfigError::Application(name.clone()));
            }
            _ => {}
        }
        match self.subscriptions.iter().find(|topic| topic.as_str().is_none()) {
            Some(topic) => Err(ConfigError::Subscription(topic.clone())),
            None => Ok(()),
        }
    }
}

/// Returns whether a server accepts this as the name of an application.
pub(crate) fn is_application(name: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-/_.=:*@".contains(byte);
    !name.is_empty() && name.iter().all(is_allowed)
}

/// An error in a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The host is empty or contains blanks.
    #[error("host `{0}` must be a name or address without blanks")]
    Host(String),
    /// The path doesn't begin with a slash, or contains blanks.
    #[error("path `{0}` must begin with / and have no blanks")]
    Path(String),
    /// The application's name contains a character that is not allowed.
    #[error("application `{0}` must consist of letters, digits and -/_.=:*@")]
    Application(String),
    /// A topic is not UTF-8.
    #[error("topic `{0}` must be UTF-8")]
    Subscription(Name),
}

/// The time limits of a client for its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the answer to the handshake: 10 s by default.
    pub handshake: Duration,
    /// For the acknowledgement of the subscriptions: 30 s by default.
    pub ack: Duration,
    /// How long the server may be silent before the client sends a ping: 20 s by default. Zeek
    /// itself pings every 5 s.
    pub idle: Duration,
    /// For the answer to a ping: 60 s by default. Zeek stops reading while it is busy.
    pub pong: Duration,
    /// For the answer to a close frame: 2 s by default.
    pub close: Duration,
    /// How often a ping confirms sent events: 100 ms by default.
    pub confirm: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            handshake: Duration::from_secs(10),
            ack: Duration::from_secs(30),
            idle: Duration::from_secs(20),
            pong: Duration::from_secs(60),
            close: Duration::from_secs(2),
            confirm: Duration::from_millis(100),
        }
    }
}
