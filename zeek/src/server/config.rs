//! What a server is to be.

use std::time::Duration;

use brocomm::data::Name;

use crate::json::Options;
use crate::websocket::Limits;

/// Says how a server behaves towards one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// The name that the client gets. Zeek's own ends with `-websocket-` and a number.
    pub endpoint: Name,
    /// The version that the client gets.
    pub version: Name,
    /// How values are written.
    pub encoding: Options,
    /// Bounds of memory.
    pub limits: Limits,
    /// How often to ping, and how long to wait for the answer; `None` is never. 5 s by default, as
    /// with Zeek.
    pub ping_interval: Option<Duration>,
    /// How long to wait for the request: 3 s by default, as Zeek does.
    pub handshake: Duration,
    /// How long to wait for the answer to a close frame: 2 s by default.
    pub close: Duration,
    /// What goes wrong.
    pub faults: Faults,
}

impl ServerConfig {
    /// Makes a configuration with all else as it is by default.
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

/// Says what is to go wrong, for tests of clients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// How long the acknowledgement is held back.
    pub late_ack: Duration,
    /// Answer each event with an error once so many were taken.
    pub error_after: Option<u64>,
    /// Close the connection with this code once so many events were taken.
    pub close_after: Option<(u64, u16)>,
    /// Stop reading once so many events were taken.
    pub stop_after: Option<u64>,
    /// Leave the client's pings unanswered.
    pub no_pong: bool,
}
