//! Configuration errors.

use std::fmt;
use std::net::IpAddr;

use crate::data::TypeTag;

/// An invalid value in a configuration, with a message about valid ones.
///
/// Prints as one line: `nodes.sensor1.compression = 10: levels are 0 (none) to 9 (best)`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeConfigError {
    /// The field, as a path: `listen_interface`, `outgoing.events`, `nodes.sensor1.compression`.
    pub key: String,
    /// The value; `None` if it is not set.
    pub value: Option<String>,
    pub(crate) kind: NodeConfigErrorKind,
}

impl NodeConfigError {
    /// Returns whether the value is required only because TLS is used.
    pub fn is_needed_for_tls(&self) -> bool {
        matches!(self.kind, NodeConfigErrorKind::NeededForTls { .. })
    }
}

impl fmt::Display for NodeConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        finding(f, &self.key, self.value.as_deref(), &self.kind)
    }
}

impl std::error::Error for NodeConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.kind)
    }
}

/// Writes a finding.
pub(super) fn finding(
    f: &mut fmt::Formatter<'_>,
    key: &str,
    value: Option<&str>,
    kind: &dyn fmt::Display,
) -> fmt::Result {
    match value {
        Some(value) => write!(f, "{key} = {value}: {kind}"),
        None => write!(f, "{key} is not set: {kind}"),
    }
}

/// The kind of error in a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NodeConfigErrorKind {
    /// The interface is IPv6, but IPv6 is off (part 4 §1). The message begins like Bro's.
    #[error(
        "Attempt to listen on address {address}, but IPv6 communication disabled; set \
         `listen_ipv6`, or listen on an IPv4 address"
    )]
    Ipv6Disabled {
        /// The interface.
        address: IpAddr,
    },
    /// The interface is a multicast address.
    #[error("a multicast address is no interface; give one of this machine's, or 0.0.0.0 for all")]
    MulticastInterface,
    /// The address cannot be a peer's.
    #[error("no peer has a multicast or wildcard address; give its own")]
    NoPeerAddress,
    /// There is a zone, but the address cannot have one.
    #[error(
        "{address} has no zones, only the non-global IPv6 addresses in fe80::/10 and fec0::/10 \
         have; leave the zone out"
    )]
    ZoneWithoutNeed {
        /// The address.
        address: IpAddr,
    },
    /// A link-local address lacks its zone.
    #[error("{address} is on every link; name the interface to use, as in `eth0`")]
    ZoneMissing {
        /// The address.
        address: IpAddr,
    },
    /// A zone is malformed.
    #[error("a zone is the name or number of an interface, without blanks, `%` or `/`")]
    ZoneMalformed,
    /// A port is 0.
    #[error("ports are 1 to 65535")]
    PortZero,
    /// An entry has no port, and the node's own port is chosen by the system.
    #[error("the port to connect to where an entry has none; give one, or set `{key}`")]
    PortOfPeer {
        /// The key of the entry's port.
        key: String,
    },
    /// The compression level is out of range.
    #[error("levels are 0 (none) to 9 (best)")]
    CompressionLevel,
    /// A declaration has a table or set with an index type that Bro rejects.
    #[error("no {0} can be, or be part of, the index of a table or set; use another type")]
    IndexType(TypeTag),
    /// A time is 0.
    #[error("has to be more than 0 secs")]
    ZeroTime,
    /// A bound is 0, which blocks everything.
    #[error("has to be at least 1, or nothing gets through")]
    ZeroBound,
    /// A bound is too low for real peers.
    #[error("has to be at least {least}, or not even a handshake gets through")]
    LowBound {
        /// The minimum useful value.
        least: u32,
    },
    /// Forwarding of state is on, but no entry has sync.
    #[error("no entry has `sync`, so that there is nothing to forward; set it, or leave this out")]
    ForwardWithoutSync,
    /// A number of peers for sync points is set, but there are no sync points.
    #[error(
        "there are no sync points without `remote_trace_sync_interval`; set it, or leave this out"
    )]
    TraceSyncWithoutInterval,
    /// TLS is on, but certificates or the feature are missing.
    #[cfg_attr(
        feature = "__tls",
        error("TLS, which `{needed_by}` asks for, needs certificates and a private key")
    )]
    #[cfg_attr(
        not(feature = "__tls"),
        error(
            "`{needed_by}` asks for TLS, for which brocomm has to be built with its feature `tls`"
        )
    )]
    NeededForTls {
        /// The key that turns TLS on.
        needed_by: String,
    },
    /// TLS is on for a release that offers SSLv3 only.
    #[error("Bro {releases} offers SSLv3 only, which no current TLS can speak; leave TLS out")]
    TlsWithDataFormat {
        /// The releases of the data format.
        releases: &'static str,
    },
    /// Text for a peer contains a NUL, which the peer would treat as its end.
    #[error("byte {at} is a NUL, where peers take the text to end; leave it out")]
    ContainsNul {
        /// The position of the NUL, from 0.
        at: usize,
    },
    /// The backoff factor is below 1 or not a number.
    #[error("the wait is multiplied with this, so it has to be a number of at least 1")]
    BackoffFactor,
    /// The jitter is not between 0 and 1.
    #[error("this part of the wait is random, so it has to be a number from 0 to 1")]
    BackoffJitter,
    /// The maximum delay is less than the first one.
    #[error("the wait begins with `{key} = {retry}`; it can only grow, so give at least that")]
    BackoffMax {
        /// The key of the first delay.
        key: String,
        /// The first delay.
        retry: String,
    },
    /// A keep-alive setting is out of the range of operating systems.
    #[error("must be {least} to {greatest}, in whole {unit}")]
    KeepAlive {
        /// The minimum.
        least: u32,
        /// The maximum.
        greatest: u32,
        /// The unit.
        unit: &'static str,
    },
    /// An earlier entry has the same name.
    #[error("an earlier entry has this name; give each its own")]
    DuplicateNode,
    /// An entry's name is invalid.
    #[error("the name of an entry has to be some text, without control characters")]
    NodeName,
    /// An entry has `retry` without `connect`.
    #[error("we don't connect to this peer; set `connect`, or leave this out")]
    RetryWithoutConnect,
    /// An entry has a retry below one second, which Bro treats as never.
    #[error("whole seconds count, so this means never; give at least 1 sec, or leave it out")]
    RetryBelowSecond,
    /// An entry has `auth` without `sync`.
    #[error("no state is synchronised with this peer; set `sync`, or leave this out")]
    AuthWithoutSync,
    /// Events are kept for a peer to which the node does not reconnect.
    #[error(
        "events are kept for peers that we connect to again; set `connect` and `retry`, or leave \
         this out"
    )]
    StoreWithoutRetry,
    /// A connection is closed before the peer can answer a PING.
    #[error("the peer is pinged after {ping_after} only; give more than that")]
    CloseBeforePing {
        /// The silence after which it is pinged.
        ping_after: String,
    },
}
