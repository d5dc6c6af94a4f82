//! The configuration of a server.

use std::time::Duration;

use brocomm::data::Name;

use crate::json::Options;
use crate::websocket::Limits;

/// The configuration of a server for one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// The name sent to the client. Zeek's own ends with `-websocket-` and a number.
    pub endpoint: Name,
    /// The version sent to the client.
    pub version: Name,
    /// How values are written.
    pub encoding: Options,
    /// The memory limits.
    pub limits: Limits,
    /// How often to ping, and how long to wait for the answer. `None` disables pings. 5 s by
    /// default, as in Zeek.
    pub ping_interval: Option<Duration>,
    /// How long to wait for the request: 3 s by default, as in Zeek.
    pub handshake: Duration,
    /// How long to wait for the answer to a close frame: 2 s by default.
    pub close: Duration,
    /// Deliberate faults.
    pub faults: Faults,
}

impl ServerConfig {
    /// Creates a configuration with the defaults for everything else.
    pub fn new(endpoint: impl Into<Name>, version: impl Into<Name>) -> ServerConfig {
        ServerConfig {
            endpoint: endpoint.into(),
            version: version.into(),
            encoding: Options::default(),
            limits: Limits::default(),
            ping_interval: Some(Duration::from_secs(5)),
            handshake: Duration::from_secs(3),
            close: Duration::from_secs(2),
            faults: Faults::default(),
        }
    }
}

/// Deliberate faults, for tests of clients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// How long to delay the acknowledgement.
    pub late_ack: Duration,
    /// Answer each event with an error after this number of events.
    pub error_after: Option<u64>,
    /// Close the connection with this code after this number of events.
    pub close_after: Option<(u64, u16)>,
    /// Stop reading after this number of events.
    pub stop_after: Option<u64>,
    /// Leave the client's pings unanswered.
    pub no_pong: bool,
}
