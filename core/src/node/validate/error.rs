//! Configuration errors.

use std::fmt;
use std::net::IpAddr;

use crate::data::TypeTag;

/// An invalid value in a configuration, with a message that describes valid ones.
///
/// Displayed as one line: `nodes.sensor1.compression = 10: must be 0 (none) to 9 (best)`.
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

/// Writes an error or warning.
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
    #[error("must not be a multicast address; use one of this machine's addresses, or 0.0.0.0")]
    MulticastInterface,
    /// The address cannot be a peer's.
    #[error("must not be a multicast or wildcard address; use the peer's own")]
    NoPeerAddress,
    /// There is a zone, but the address cannot have one.
    #[error(
        "{address} cannot have a zone, only the non-global IPv6 addresses in fe80::/10 and \
         fec0::/10 can; remove the zone"
    )]
    ZoneWithoutNeed {
        /// The address.
        address: IpAddr,
    },
    /// A link-local address lacks its zone.
    #[error("{address} is link-local; name the interface to use, as in `eth0`")]
    ZoneMissing {
        /// The address.
        address: IpAddr,
    },
    /// A zone is invalid.
    #[error("must be the name or number of an interface, without blanks, `%` or `/`")]
    ZoneMalformed,
    /// A port is 0.
    #[error("must be 1 to 65535")]
    PortZero,
    /// An entry has no port, and the node's own port is chosen by the system.
    #[error("entries without a port connect to this one; set it, or set `{key}`")]
    PortOfPeer {
        /// The key of the entry's port.
        key: String,
    },
    /// The compression level is out of range.
    #[error("must be 0 (none) to 9 (best)")]
    CompressionLevel,
    /// A declaration has a table or set with an index type that Bro rejects.
    #[error("no {0} can be, or be part of, the index of a table or set; use another type")]
    IndexType(TypeTag),
    /// A time is 0.
    #[error("must be more than 0 secs")]
    ZeroTime,
    /// A bound is 0, which would block everything.
    #[error("must be at least 1, otherwise everything is blocked")]
    ZeroBound,
    /// A bound is too low for real peers.
    #[error("must be at least {least}, otherwise handshakes fail")]
    LowBound {
        /// The minimum useful value.
        least: u32,
    },
    /// Forwarding of state is on, but no entry has sync.
    #[error("no effect, because no entry has `sync`; set it, or remove this")]
    ForwardWithoutSync,
    /// A number of peers for sync points is set, but there are no sync points.
    #[error("no effect without `remote_trace_sync_interval`; set it, or remove this")]
    TraceSyncWithoutInterval,
    /// TLS is on, but certificates or the feature are missing.
    #[cfg_attr(
        feature = "__tls",
        error("`{needed_by}` requires TLS, which needs certificates and a private key")
    )]
    #[cfg_attr(
        not(feature = "__tls"),
        error("`{needed_by}` requires TLS; build brocomm with its feature `tls`")
    )]
    NeededForTls {
        /// The key that turns TLS on.
        needed_by: String,
    },
    /// TLS is on for a release that supports only SSLv3.
    #[error("Bro {releases} supports only SSLv3, which is not supported here; turn TLS off")]
    TlsWithDataFormat {
        /// The releases of the data format.
        releases: &'static str,
    },
    /// Text for a peer contains a NUL, which the peer would treat as its end.
    #[error("NUL at byte {at}, which would end the text for peers; remove it")]
    ContainsNul {
        /// The position of the NUL, from 0.
        at: usize,
    },
    /// The backoff factor is below 1 or not a number.
    #[error("must be a number of at least 1")]
    BackoffFactor,
    /// The jitter is not between 0 and 1.
    #[error("must be a number from 0 to 1")]
    BackoffJitter,
    /// The maximum delay is less than the first one.
    #[error("must be at least the first delay, `{key} = {retry}`")]
    BackoffMax {
        /// The key of the first delay.
        key: String,
        /// The first delay.
        retry: String,
    },
    /// A keep-alive setting is out of the range that operating systems support.
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
    #[error("an earlier entry has the same name; names must be unique")]
    DuplicateNode,
    /// An entry's name is invalid.
    #[error("an entry's name must not be empty or contain control characters")]
    NodeName,
    /// An entry has `retry` without `connect`.
    #[error("no effect without `connect`; set it, or remove this")]
    RetryWithoutConnect,
    /// An entry has a retry below one second, which Bro treats as never.
    #[error("must be at least 1 sec, because only whole seconds count; remove it to never retry")]
    RetryBelowSecond,
    /// An entry has `auth` without `sync`.
    #[error("no effect without `sync`; set it, or remove this")]
    AuthWithoutSync,
    /// Events are kept for a peer to which the node does not reconnect.
    #[error("no effect without `connect` and `retry`; set them, or remove this")]
    StoreWithoutRetry,
    /// A connection is closed before the peer can answer a PING.
    #[error("must be more than `ping_after`, which is {ping_after}")]
    CloseBeforePing {
        /// The silence after which it is pinged.
        ping_after: String,
    },
}
