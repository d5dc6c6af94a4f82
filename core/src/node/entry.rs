//! The configuration of a peer (part 4 §2).

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use super::{Bound, EventPattern};

/// The configuration of a peer: an entry of `Communication::nodes`, with Bro's names and defaults
/// (part 4 §2).
///
/// Fields may be added, so end a literal with `..PeerConfig::new(host)`:
///
/// ```
/// use brocomm::node::PeerConfig;
///
/// let node = PeerConfig {
///     connect: true,
///     retry: std::time::Duration::from_secs(60),
///     events: Some("Notice::.*|scan_seen".parse()?),
///     ..PeerConfig::new([192, 0, 2, 1].into())
/// };
/// assert!(node.accept_input);
/// # Ok::<(), brocomm::pattern::PatternError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PeerConfig {
    /// The peer's address.
    pub host: IpAddr,
    /// The RFC 4007 zone of a non-global IPv6 `host`. Default none.
    pub zone_id: Option<String>,
    /// The peer's TCP port if we connect. Default
    /// [`Options::listen_port`](super::Options::listen_port).
    pub p: Option<u16>,
    /// If we connect: the class that we send. If the peer connects: the class that it must send for
    /// this entry to apply (§4). Default none.
    pub class: Option<Bytes>,
    /// A pattern of the declared events to request. Default none.
    pub events: Option<EventPattern>,
    /// Whether we connect; otherwise we wait for the peer. Default no.
    pub connect: bool,
    /// How long to wait before connecting again, in whole seconds; less than one: never. Default
    /// zero (§3.6).
    pub retry: Duration,
    /// Whether the peer's events and state are accepted. Default yes (§4).
    pub accept_input: bool,
    /// Whether to synchronise state with the peer. Default no.
    pub sync: bool,
    /// Whether to request the peer's logs. Default no.
    pub request_logs: bool,
    /// If we synchronise, whether our state is the authoritative one. Default no.
    pub auth: bool,
    /// The capture filter to send; empty for the
    /// [default one](super::Options::default_capture_filter). Default none.
    pub capture_filter: Option<Bytes>,
    /// Whether to use TLS. Default no.
    pub ssl: bool,
    /// The level of compression, 0 to 9. Default
    /// [`Options::compression_level`](super::Options::compression_level).
    pub compression: Option<u8>,

    /// The bound on the events kept while the peer is disconnected; the oldest are dropped. Only
    /// with `connect` and `retry`. Default none: events are not kept.
    pub store_and_forward: Option<Bound>,
    /// Pings a silent peer, and closes the connection if it stays silent. Default none; **only for
    /// peers that are not Bro** (part 5).
    pub liveness: Option<Liveness>,
}

impl PeerConfig {
    /// Creates an entry with only the address.
    pub const fn new(host: IpAddr) -> PeerConfig {
        PeerConfig {
            host,
            zone_id: None,
            p: None,
            class: None,
            events: None,
            connect: false,
            retry: Duration::ZERO,
            accept_input: true,
            sync: false,
            request_logs: false,
            auth: false,
            capture_filter: None,
            ssl: false,
            compression: None,
            store_and_forward: None,
            liveness: None,
        }
    }
}

/// When a silent peer is pinged, and when its connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Liveness {
    /// The silence after which it is pinged.
    pub ping_after: Duration,
    /// The silence after which the connection is closed; longer than `ping_after`.
    pub close_after: Duration,
}
