//! The configuration of a node: its options and its entries for peers (part 4 §1, §2).

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::EventPattern;
use crate::connection::{Handshake, Undeclared};
use crate::data::{Declarations, Name};
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

/// Describes a peer: an entry of `Communication::nodes`, with Bro's names and defaults (part 4 §2).
///
/// There may be more fields, so that a literal ends with `..PeerConfig::new(host)`:
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
    /// If we connect: the class that we send. If the peer does: the class it has to send for this
    /// entry to apply (§4). Default none.
    pub class: Option<Bytes>,
    /// The events to request, of those that are declared. Default none.
    pub events: Option<EventPattern>,
    /// Whether we connect; else we wait for the peer. Default no.
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

    /// How much of what is raised while the peer is away is kept for it, oldest out; only with
    /// `connect` and `retry`. Default none: it misses that.
    pub store_and_forward: Option<Bound>,
    /// Pings a silent peer, and closes the connection to one that stays silent. Default none;
    /// **only for peers known not to be a Bro** (part 5).
    pub liveness: Option<Liveness>,
}

impl PeerConfig {
    /// Makes an entry with nothing but the address.
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

/// Says when a silent peer is pinged, and when given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Liveness {
    /// The silence after which it is pinged.
    pub ping_after: Duration,
    /// The silence after which the connection is closed; longer than `ping_after`.
    pub close_after: Duration,
}

/// Holds all that a node is told before it begins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeConfig {
    /// What concerns the node as a whole.
    pub options: Options,
    /// The peers by name, in order of declaration: of several that apply to a peer, the first counts
    /// (§4). Names are unique.
    pub nodes: Vec<(String, PeerConfig)>,
    /// The types, events and variables that the node knows.
    pub declarations: Arc<Declarations>,
}
