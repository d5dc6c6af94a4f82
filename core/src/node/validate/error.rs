//! What can be wrong with a configuration.

use std::fmt;
use std::net::IpAddr;

use crate::data::TypeTag;

/// Says which value of a configuration is wrong, and what would be right.
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
    /// Returns whether this is needed only because TLS is used.
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

/// Writes what was found.
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

/// Says what is wrong with a value of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NodeConfigErrorKind {
    /// The interface is an IPv6 one, but IPv6 is off (part 4 §1). The beginning is Bro's.
    #[error(
        "Attempt to listen on address {address}, but IPv6 communication disabled; set \
         `listen_ipv6`, or listen on an IPv4 address"
    )]
    Ipv6Disabled {
        /// The interface.
        address: IpAddr,
    },
    /// No interface has the address.
    #[error("a multicast address is no interface; give one of this machine's, or 0.0.0.0 for all")]
    MulticastInterface,
    /// No peer has the address.
    #[error("no peer has a multicast or wildcard address; give its own")]
    NoPeerAddress,
    /// There is a zone, but the address is not one that has zones.
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
    /// A zone's text is none.
    #[error("a zone is the name or number of an interface, without blanks, `%` or `/`")]
    ZoneMalformed,
    /// A port is 0.
    #[error("ports are 1 to 65535")]
    PortZero,
    /// An entry without a port takes the node's own, which is left to the system.
    #[error("the port to connect to where an entry has none; give one, or set `{key}`")]
    PortOfPeer {
        /// The key of the entry's port.
        key: String,
    },
    /// A level of compression that there isn't.
    #[error("levels are 0 (none) to 9 (best)")]
    CompressionLevel,
    /// A declaration has a table or set with an index that Bro refuses.
    #[error("no {0} can be, or be part of, the index of a table or set; use another type")]
    IndexType(TypeTag),
    /// A time is 0.
    #[error("has to be more than 0 secs")]
    ZeroTime,
    /// A bound is 0, so that nothing at all gets through.
    #[error("has to be at least 1, or nothing gets through")]
    ZeroBound,
    /// A bound is so low that peers as they are can't be talked to.
    #[error("has to be at least {least}, or not even a handshake gets through")]
    LowBound {
        /// The least that is of use.
        least: u32,
    },
    /// Changes of state are to be forwarded, but no entry has sync.
    #[error("no entry has `sync`, so that there is nothing to forward; set it, or leave this out")]
    ForwardWithoutSync,
    /// Peers are to be waited for at sync points, of which there are none.
    #[error(
        "there are no sync points without `remote_trace_sync_interval`; set it, or leave this out"
    )]
    TraceSyncWithoutInterval,
    /// TLS is asked for, but there is nothing to make it with.
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
        /// The key that asks for TLS.
        needed_by: String,
    },
    /// A NUL where text goes to a peer, which takes it as the text's end.
    #[error("byte {at} is a NUL, where peers take the text to end; leave it out")]
    ContainsNul {
        /// Where the NUL is, counted from 0.
        at: usize,
    },
    /// The time between attempts to connect shrinks, or is not a number.
    #[error("the wait is multiplied with this, so it has to be a number of at least 1")]
    BackoffFactor,
    /// The part that is random is not between none and all.
    #[error("this part of the wait is random, so it has to be a number from 0 to 1")]
    BackoffJitter,
    /// The longest wait is less than the first one.
    #[error("the wait begins with `{key} = {retry}`; it can only grow, so give at least that")]
    BackoffMax {
        /// The key of the first wait.
        key: String,
        /// The first wait.
        retry: String,
    },
    /// What systems can't do for a socket.
    #[error("must be {least} to {greatest}, in whole {unit}")]
    KeepAlive {
        /// The least value.
        least: u32,
        /// The greatest value.
        greatest: u32,
        /// Of what.
        unit: &'static str,
    },
    /// An entry's name is used by an earlier one too.
    #[error("an earlier entry has this name; give each its own")]
    DuplicateNode,
    /// An entry's name is none.
    #[error("the name of an entry has to be some text, without control characters")]
    NodeName,
    /// An entry is to be connected to again, but is not connected to.
    #[error("we don't connect to this peer; set `connect`, or leave this out")]
    RetryWithoutConnect,
    /// An entry is to be connected to again at once, which Bro takes for never.
    #[error("whole seconds count, so this means never; give at least 1 sec, or leave it out")]
    RetryBelowSecond,
    /// Our state is authoritative, but not synchronised.
    #[error("no state is synchronised with this peer; set `sync`, or leave this out")]
    AuthWithoutSync,
    /// Events are kept for a peer that we don't connect to again.
    #[error(
        "events are kept for peers that we connect to again; set `connect` and `retry`, or leave \
         this out"
    )]
    StoreWithoutRetry,
    /// A connection is closed before the peer could have answered.
    #[error("the peer is pinged after {ping_after} only; give more than that")]
    CloseBeforePing {
        /// The silence after which it is pinged.
        ping_after: String,
    },
}
