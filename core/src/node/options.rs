//! What a node is told before it begins, but for its peers (part 4 §1, §6).

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bytes::Bytes;

use crate::connection::Undeclared;
use crate::data::Name;
use crate::logs::LogLimits;
use crate::{serial, wire};

/// Configures a node; see [`PeerConfig`](super::PeerConfig) for what is told of each peer.
///
/// Names and defaults are Bro's where it has the option (part 4 §1, §6, part 1 §6); the others say
/// what this crate does where Bro leaves no choice. Plain data:
/// [`validate`](super::NodeConfig::validate) finds what makes no sense. There will be more fields, and
/// some depend on features, so that a literal ends with `..Options::default()`.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Whether to listen for peers. Default no, as in Bro, where a script of its own turns it on.
    pub listen: bool,
    /// The interface to listen on; `0.0.0.0` and `::` are wildcards. Default `0.0.0.0`.
    pub listen_interface: IpAddr,
    /// The TCP port to listen on, and to connect to where a node has none. Default 47757.
    pub listen_port: u16,
    /// Whether peers that connect have to use TLS. Default no.
    pub listen_ssl: bool,
    /// Whether listening sockets may be IPv6: with a wildcard both families then, one socket each;
    /// without this IPv4 only. Default no. Outgoing connections don't depend on it.
    pub listen_ipv6: bool,
    /// The RFC 4007 zone of a non-global IPv6 interface. Default empty.
    pub listen_ipv6_zone_id: String,
    /// How long to wait before binding again if the address is in use. Default 30 s.
    pub listen_retry: Duration,
    /// The level of compression for peers whose node has none of its own, 0 to 9; 0 for none.
    /// Default 0.
    pub compression_level: u8,

    /// Whether events that a peer sent are sent on to others that requested them, never back.
    /// Default no (§6).
    pub forward_remote_events: bool,
    /// Whether operations on state that a peer sent are sent on to others that requested sync,
    /// never back. Default no (§6).
    pub forward_remote_state_changes: bool,
    /// Whether operations on state carry the old values, and values unlike them are reported.
    /// Default no (§6).
    pub remote_check_sync_consistency: bool,
    /// The time between two sync points of a trace; zero for none. Default zero (§2.11).
    pub remote_trace_sync_interval: Duration,
    /// How many peers have to reach a sync point before we go on. Default 0 (§2.11).
    pub remote_trace_sync_peers: u32,
    /// How many events of one peer are delivered before others have their turn. Default 10 (§6).
    pub max_remote_events_processed: u32,

    /// Authorities, our certificate and its key: what Bro's `ssl_ca_certificate`, `ssl_private_key` and
    /// `ssl_passphrase` name, which the core does not read. Default none; needed for TLS (part 4 §6).
    #[cfg(feature = "__tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub tls: Option<crate::tls::TlsConfig>,

    /// What we tell peers about ourselves, and the `peer` of our communication log. Default `bro`.
    pub peer_description: Name,
    /// The capture filter that is sent for an empty one (part 4 §2). Default `ip or not ip`.
    pub default_capture_filter: Bytes,
    /// Who makes the requests of a handshake. Default [`Handshake::Automatic`].
    pub handshake: Handshake,
    /// What becomes of events that arrive without a declaration. Default [`Undeclared::Ignore`],
    /// as in Bro.
    pub undeclared: Undeclared,

    /// What may wait to be sent to one peer. Default 10,000 events, 16 MiB, and then senders wait.
    pub outgoing: Queue,
    /// What may wait to be sent to all peers together, by the same policy. Default 100,000 events
    /// and 256 MiB. An event that waits for several peers counts for each.
    pub outgoing_total: Bound,
    /// What may wait for the application from one peer. Default 1000 events, 16 MiB, and then the
    /// peer waits until half of it is taken.
    ///
    /// Dropped are events, log entries, prints, packets and IDs. The rest, such as operations on
    /// state, is bounded alike by itself, and with it the peer waits whatever the policy; also when
    /// the lines for the log that it causes, which do not count, take as many bytes by themselves.
    /// What keeps a larger message alive counts as that.
    pub incoming: Queue,
    /// What may wait for the application from all peers together, by the same policy. Default
    /// 10,000 events and 256 MiB. Peers that wait go on when a quarter of it is taken; one of which
    /// nothing waits may always send one more event.
    pub incoming_total: Bound,

    /// How the time between attempts to connect grows. Default none: it stays
    /// [`PeerConfig::retry`](super::PeerConfig::retry).
    pub retry_backoff: Option<Backoff>,
    /// What the transport asks of TCP, so that peers that vanished are found. Default after 60 s of
    /// silence, then every 10 s, 6 times.
    pub keep_alive: Option<KeepAlive>,
    /// How long [`terminate`](super::NodeMachine::terminate_communication) waits for peers to
    /// take what is queued for them. Default 5 s.
    pub terminate_timeout: Duration,

    /// How many objects of what we send are remembered. Default 3000 (2§5).
    pub cache_size: u32,
    /// Bounds on the messages that a peer sends.
    pub wire_limits: wire::Limits,
    /// Bounds on what a peer's SERIALs can cost.
    pub serial_limits: serial::Limits,
    /// Bounds on what a peer's logs can cost.
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

/// Says who makes the requests of a handshake, and completes it (§3.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Handshake {
    /// The node, as the entry that applies has it (§4).
    #[default]
    Automatic,
    /// The application, when
    /// [`ConnectionEstablished`](super::Notification::ConnectionEstablished) comes; it must call
    /// [`complete_handshake`](super::NodeMachine::complete_handshake) (part 4 §4).
    Application,
}

/// Bounds a queue, and says what happens at the bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// How much may wait.
    pub bound: Bound,
    /// What happens when more comes.
    pub overflow: Overflow,
}

/// Bounds what may wait in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The greatest number of what waits, as [`Depth::events`](super::Depth::events) counts it.
    pub events: usize,
    /// The greatest size of these, in bytes of memory, estimated. The last event that is accepted
    /// may pass it.
    pub bytes: usize,
}

impl Bound {
    /// Makes a bound.
    pub const fn new(events: usize, bytes: usize) -> Bound {
        Bound { events, bytes }
    }

    /// Returns `numerator / denominator` of it, at least 1 of each.
    pub(crate) fn part(self, numerator: usize, denominator: usize) -> Bound {
        let part = |whole: usize| (whole / denominator * numerator).max(1);
        Bound { events: part(self.events), bytes: part(self.bytes) }
    }
}

/// Says what happens when a queue is full. Whatever is dropped is counted and logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Overflow {
    /// Who adds to the queue waits: [`raise`](super::NodeMachine::raise) refuses, or the peer is
    /// not read from. Nothing is lost.
    #[default]
    Block,
    /// What would be added is dropped.
    DropNewest,
    /// What has waited longest is dropped.
    DropOldest,
    /// The connection to that peer is closed.
    Disconnect,
}

/// Says how the time between attempts to connect grows.
///
/// The first wait is `retry`. After `n` attempts that failed in a row it is `retry × factor^(n-1)`,
/// at most `max`, and then less by a random part of up to `jitter` of it. An established connection
/// sets `n` to 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    /// What the wait is multiplied with, at least 1.
    pub factor: f64,
    /// The longest wait.
    pub max: Duration,
    /// The part of the wait that is random, 0 to 1. The random numbers are
    /// [fed in](super::NodeMachine::feed_random).
    pub jitter: f64,
}

/// Says what is asked of TCP about silent peers; for the transport to set on each socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepAlive {
    /// The silence before the first probe.
    pub idle: Duration,
    /// The time between probes.
    pub interval: Duration,
    /// How many probes may go unanswered.
    pub probes: u32,
}
