//! The options of a node (part 4 §1, §6).

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bytes::Bytes;

use crate::connection::Undeclared;
use crate::data::Name;
use crate::logs::LogLimits;
use crate::{serial, wire};

/// The options of a node; see [`PeerConfig`](super::PeerConfig) for those of each peer.
///
/// Names and defaults are Bro's where Bro has the option (part 4 §1, §6, part 1 §6).
/// [`validate`](super::NodeConfig::validate) checks the values. Fields may be added, and some
/// depend on features, so end a literal with `..Options::default()`.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Whether to listen for peers. Default no, as in Bro, where a separate script turns it on.
    pub listen: bool,
    /// The interface to listen on; `0.0.0.0` and `::` are wildcards. Default `0.0.0.0`.
    pub listen_interface: IpAddr,
    /// The TCP port to listen on, and to connect to where a node has none. Default 47757.
    pub listen_port: u16,
    /// Whether peers that connect must use TLS. Default no.
    pub listen_ssl: bool,
    /// Whether listening sockets may be IPv6. A wildcard then means both families, one socket each;
    /// otherwise IPv4 only. Default no. Outgoing connections are not affected.
    pub listen_ipv6: bool,
    /// The RFC 4007 zone of a non-global IPv6 interface. Default empty.
    pub listen_ipv6_zone_id: String,
    /// How long to wait before binding again if the address is in use. Default 30 s.
    pub listen_retry: Duration,
    /// The level of compression for peers whose node has none of its own, 0 to 9; 0 for none.
    /// Default 0.
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
    /// The time between two sync points of a trace; zero for none. Default zero (§2.11).
    pub remote_trace_sync_interval: Duration,
    /// How many peers must reach a sync point before we continue. Default 0 (§2.11).
    pub remote_trace_sync_peers: u32,
    /// How many events of one peer are delivered before the next peer's turn. Default 10 (§6).
    pub max_remote_events_processed: u32,

    /// Authorities, our certificate and its key: the contents of the files in Bro's
    /// `ssl_ca_certificate` and `ssl_private_key`, with `ssl_passphrase`. Default none; required
    /// for TLS (part 4 §6).
    #[cfg(feature = "__tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub tls: Option<crate::tls::TlsConfig>,

    /// The description of this node for peers, and the `peer` in our communication log. Default
    /// `bro`.
    pub peer_description: Name,
    /// The capture filter that is sent for an empty one (part 4 §2). Default `ip or not ip`.
    pub default_capture_filter: Bytes,
    /// Who makes the requests of a handshake. Default [`Handshake::Automatic`].
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
    /// notifications, such as operations on state, have the same bound separately; when it is
    /// reached, the peer waits regardless of the policy. The same holds for the size of the log
    /// lines that the peer causes, which are not counted otherwise. A notification that keeps a
    /// larger message alive counts with the size of the message.
    pub incoming: Queue,
    /// The bound on all receive queues together, with the same policy. Default 10,000 events and
    /// 256 MiB. Waiting peers continue when a quarter of it is taken; a peer with an empty queue
    /// may always send one more event.
    pub incoming_total: Bound,

    /// How the time between attempts to connect grows. Default none: it stays
    /// [`PeerConfig::retry`](super::PeerConfig::retry).
    pub retry_backoff: Option<Backoff>,
    /// TCP keep-alive, to detect vanished peers. Default after 60 s of silence, then every 10 s, 6
    /// times.
    pub keep_alive: Option<KeepAlive>,
    /// How long [`terminate`](super::NodeMachine::terminate_communication) waits for peers to
    /// receive their queues. Default 5 s.
    pub terminate_timeout: Duration,

    /// The size of the object cache for sending. Default 3000 (2§5).
    pub cache_size: u32,
    /// Limits on a peer's messages.
    pub wire_limits: wire::Limits,
    /// Limits on the resources for a peer's SERIAL messages.
    pub serial_limits: serial::Limits,
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
            wire_limits: wire::Limits::default(),
            serial_limits: serial::Limits::default(),
            log_limits: LogLimits::default(),
        }
    }
}

/// Who makes the requests of a handshake, and completes it (§3.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Handshake {
    /// The node, according to the entry that applies (§4).
    #[default]
    Automatic,
    /// The application, when
    /// [`ConnectionEstablished`](super::Notification::ConnectionEstablished) comes; it must call
    /// [`complete_handshake`](super::NodeMachine::complete_handshake) (part 4 §4).
    Application,
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
    /// The sender waits: [`raise`](super::NodeMachine::raise) returns an error, or the peer is not
    /// read from. Nothing is lost.
    #[default]
    Block,
    /// The new item is dropped.
    DropNewest,
    /// The oldest item is dropped.
    DropOldest,
    /// The connection to that peer is closed.
    Disconnect,
}

/// How the time between attempts to connect grows.
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
    /// The random part of the delay, 0 to 1. The random numbers are [fed
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
