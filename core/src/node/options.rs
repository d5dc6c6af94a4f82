//! The configuration of a node: its options and its entries for peers (part 4 §1, §2).

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::EventPattern;
use crate::connection::{Handshake, Undeclared};
use crate::data::{Declarations, Name};
use crate::logs::LogLimits;
use crate::wire::DataFormat;
use crate::{serial, wire};

/// The options of a node. See [`PeerConfig`] for those of each peer.
///
/// Names and defaults are Bro's if Bro has the option (part 4 §1, §6, part 1 §6).
/// [`validate`](super::NodeConfig::validate) checks the values. Fields may be added, and some
/// depend on features, so end a literal with `..Options::default()`.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Whether to listen for peers. Default no, as in Bro, where a separate script turns it on.
    pub listen: bool,
    /// The interface to listen on; `0.0.0.0` and `::` are wildcards. Default `0.0.0.0`.
    pub listen_interface: IpAddr,
    /// The TCP port to listen on, and to connect to if an entry has none. Default 47757.
    pub listen_port: u16,
    /// Whether peers that connect must use TLS. Default no.
    pub listen_ssl: bool,
    /// Whether listening sockets may be IPv6. If so, a wildcard means both families, one socket
    /// each; otherwise only IPv4. Default no. Outgoing connections are not affected.
    pub listen_ipv6: bool,
    /// The RFC 4007 zone of a non-global IPv6 interface. Default empty.
    pub listen_ipv6_zone_id: String,
    /// The delay before binding again if the address is in use. Default 30 s.
    pub listen_retry: Duration,
    /// The compression level for peers whose entry has none, 0 (none) to 9. Default 0.
    pub compression_level: u8,

    /// Whether a peer's events are forwarded to others that requested them, never back. Default no
    /// (§6).
    pub forward_remote_events: bool,
    /// Whether a peer's operations on state are forwarded to others that requested sync, never
    /// back. Default no (§6).
    pub forward_remote_state_changes: bool,
    /// Whether operations on state carry the old values, and differences are reported. Default no
    /// (§6).
    pub remote_check_sync_consistency: bool,
    /// The time between two sync points of a trace, or zero for no sync points. Default zero
    /// (§2.11).
    pub remote_trace_sync_interval: Duration,
    /// The number of peers that must reach a sync point before we continue. Default 0 (§2.11).
    pub remote_trace_sync_peers: u32,
    /// The number of events of one peer that are delivered before the next peer's turn. Default 10
    /// (§6).
    pub max_remote_events_processed: u32,

    /// Authorities, our certificate and its key: the contents of the files in Bro's
    /// `ssl_ca_certificate` and `ssl_private_key`, with `ssl_passphrase`. Default none; required
    /// for TLS (part 4 §6).
    #[cfg(feature = "__tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub tls: Option<crate::tls::TlsConfig>,

    /// The data format to announce to peers whose entry has none, and to those without an entry.
    /// Default `None`: the format that the peer uses, from Bro 2.0 on (§2.1).
    pub data_format: Option<DataFormat>,
    /// The description of this node for peers, and the `peer` in our communication log. Default
    /// `bro`.
    pub peer_description: Name,
    /// The capture filter sent in place of an empty one (part 4 §2). Default `ip or not ip`.
    pub default_capture_filter: Bytes,
    /// Who makes the requests and completes the handshake. Default [`Handshake::Automatic`].
    pub handshake: Handshake,
    /// How undeclared events are handled. Default [`Undeclared::Ignore`], as in Bro.
    pub undeclared: Undeclared,

    /// The send queue of one peer. Default 10,000 events, 16 MiB, and [`Overflow::Block`].
    pub outgoing: Queue,
    /// The bound on all send queues together, with the same policy. Default 100,000 events and 256
    /// MiB. An event queued for several peers counts for each.
    pub outgoing_total: Bound,
    /// The receive queue of one peer. Default 1000 events, 16 MiB, and [`Overflow::Block`]: the
    /// peer waits until half of it is taken.
    ///
    /// Policies that drop apply to events, log entries, prints, packets and IDs. Other
    /// notifications, such as operations on state, have the same bound separately. When it is
    /// reached, the peer waits regardless of the policy. The same applies to the size of the log
    /// lines that the peer causes, which are not counted otherwise. A notification that keeps a
    /// larger message alive is counted with the size of the message.
    pub incoming: Queue,
    /// The bound on all receive queues together, with the same policy. Default 10,000 events and
    /// 256 MiB. Waiting peers continue when a quarter of it is taken; a peer with an empty queue
    /// may always send one more event.
    pub incoming_total: Bound,

    /// How the delay between attempts to connect grows. Default none: it remains
    /// [`PeerConfig::retry`](super::PeerConfig::retry).
    pub retry_backoff: Option<Backoff>,
    /// TCP keep-alive, to detect vanished peers. Default: after 60 s of silence, then every 10 s,
    /// up to 6 times.
    pub keep_alive: Option<KeepAlive>,
    /// The maximum time that [`terminate`](super::NodeMachine::terminate_communication) waits for
    /// peers to receive their queues. Default 5 s.
    pub terminate_timeout: Duration,

    /// The size of the object cache for sending. Default 3000 (2§5).
    pub cache_size: u32,
    /// Limits on a peer's messages.
    pub wire_limits: wire::FramingLimits,
    /// Limits on the resources for a peer's SERIAL messages.
    pub serial_limits: serial::ReaderLimits,
    /// Limits on the resources for a peer's logs.
    pub log_limits: LogLimits,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            listen: false,
            listen_interface: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            listen_port: 47757,
            listen_ssl: false,
            listen_ipv6: false,
            listen_ipv6_zone_id: String::new(),
            listen_retry: Duration::from_secs(30),
            compression_level: 0,
            forward_remote_events: false,
            forward_remote_state_changes: false,
            remote_check_sync_consistency: false,
            remote_trace_sync_interval: Duration::ZERO,
            remote_trace_sync_peers: 0,
            max_remote_events_processed: 10,
            #[cfg(feature = "__tls")]
            tls: None,
            data_format: None,
            peer_description: Name::from_static("bro"),
            default_capture_filter: Bytes::from_static(b"ip or not ip"),
            handshake: Handshake::Automatic,
            undeclared: Undeclared::Ignore,
            outgoing: Queue { bound: Bound::new(10_000, 16 << 20), overflow: Overflow::Block },
            outgoing_total: Bound::new(100_000, 256 << 20),
            incoming: Queue { bound: Bound::new(1000, 16 << 20), overflow: Overflow::Block },
            incoming_total: Bound::new(10_000, 256 << 20),
            retry_backoff: None,
            keep_alive: Some(KeepAlive {
                idle: Duration::from_secs(60),
                interval: Duration::from_secs(10),
                probes: 6,
            }),
            terminate_timeout: Duration::from_secs(5),
            cache_size: 3000,
            wire_limits: wire::FramingLimits::default(),
            serial_limits: serial::ReaderLimits::default(),
            log_limits: LogLimits::default(),
        }
    }
}

/// The bound of a queue, and the policy when it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// The bound.
    pub bound: Bound,
    /// The policy when the bound is reached.
    pub overflow: Overflow,
}

/// The bound of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The maximum number of items, as counted by [`Depth::events`](super::Depth::events).
    pub events: usize,
    /// The maximum estimated size in memory, in bytes. The last accepted event may exceed it.
    pub bytes: usize,
}

impl Bound {
    /// Creates a bound.
    pub const fn new(events: usize, bytes: usize) -> Bound {
        Bound { events, bytes }
    }

    /// Returns `numerator / denominator` of the bound, at least 1 each.
    pub(crate) fn part(self, numerator: usize, denominator: usize) -> Bound {
        let part = |whole: usize| (whole / denominator * numerator).max(1);
        Bound { events: part(self.events), bytes: part(self.bytes) }
    }
}

/// The policy when a queue is full. Dropped items are counted and logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Overflow {
    /// The sender waits: [`raise`](super::NodeMachine::raise) returns an error, or reading from the
    /// peer stops. Nothing is lost.
    #[default]
    Block,
    /// The new item is dropped.
    DropNewest,
    /// The oldest item is dropped.
    DropOldest,
    /// The connection to that peer is closed.
    Disconnect,
}

/// The growth of the delay between attempts to connect.
///
/// The first delay is `retry`. After `n` consecutive failures it is `retry × factor^(n-1)`, at most
/// `max`, reduced by a random part of up to `jitter` of it. An established connection resets `n` to
/// 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    /// The factor of the delay, at least 1.
    pub factor: f64,
    /// The maximum delay.
    pub max: Duration,
    /// The random part of the delay, 0 to 1. The random seed is [fed
    /// in](super::NodeMachine::feed_random).
    pub jitter: f64,
}

/// TCP keep-alive settings, which the transport sets on each socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepAlive {
    /// The silence before the first probe.
    pub idle: Duration,
    /// The time between probes.
    pub interval: Duration,
    /// The maximum number of unanswered probes.
    pub probes: u32,
}

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
    /// The delay before connecting again, in whole seconds. Less than one second means never.
    /// Default zero (§3.6).
    pub retry: Duration,
    /// Whether the peer's events and state are accepted. Default yes (§4).
    pub accept_input: bool,
    /// Whether to synchronize state with the peer. Default no.
    pub sync: bool,
    /// Whether to request the peer's logs. Default no.
    pub request_logs: bool,
    /// Whether our state is authoritative. Requires `sync`. Default no.
    pub auth: bool,
    /// The capture filter to send, or empty for the [default
    /// one](super::Options::default_capture_filter). Default none.
    pub capture_filter: Option<Bytes>,
    /// Whether to use TLS. Default no.
    pub ssl: bool,
    /// The level of compression, 0 to 9. Default
    /// [`Options::compression_level`](super::Options::compression_level).
    pub compression: Option<u8>,
    /// The data format to announce, which must match the peer's. Default
    /// [`Options::data_format`](super::Options::data_format). If several entries exist for a peer
    /// that connects, the first one with a data format is used, regardless of its class.
    pub data_format: Option<DataFormat>,

    /// The bound on the events kept while the peer is disconnected; the oldest are dropped. Only
    /// with `connect` and `retry`. Default none: events are not kept.
    pub store_and_forward: Option<Bound>,
    /// When to ping a silent peer, and to close the connection if it stays silent. Default none.
    /// **Only for peers that are not Bro** (part 5).
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
            data_format: None,
            store_and_forward: None,
            liveness: None,
        }
    }
}

/// The times after which a silent peer is pinged, and its connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Liveness {
    /// The silence after which it is pinged.
    pub ping_after: Duration,
    /// The silence after which the connection is closed. Must be longer than `ping_after`.
    pub close_after: Duration,
}

/// The configuration of a node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeConfig {
    /// The options of the node itself.
    pub options: Options,
    /// The peers by name, in order of declaration: the first entry that applies to a peer is used
    /// (§4). Names are unique.
    pub nodes: Vec<(String, PeerConfig)>,
    /// The declared types, events and variables.
    pub declarations: Arc<Declarations>,
}
