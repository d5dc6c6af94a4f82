//! Configuration errors and warnings.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::{quoted, time};
use crate::connection::Undeclared;
use crate::data::{Declarations, TypeTag};
use crate::node::{Bound, EventPattern, NodeConfig, PeerConfig};

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
fn finding(
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
    Ipv6Disabled { address: IpAddr },
    #[error("must not be a multicast address; use one of this machine's addresses, or 0.0.0.0")]
    MulticastInterface,
    #[error("must not be a multicast or wildcard address; use the peer's own")]
    NoPeerAddress,
    #[error(
        "{address} cannot have a zone, only the non-global IPv6 addresses in fe80::/10 and \
         fec0::/10 can; remove the zone"
    )]
    ZoneWithoutNeed { address: IpAddr },
    #[error("{address} is link-local; name the interface to use, as in `eth0`")]
    ZoneMissing { address: IpAddr },
    #[error("must be the name or number of an interface, without blanks, `%` or `/`")]
    ZoneMalformed,
    #[error("must be 1 to 65535")]
    PortZero,
    #[error("entries without a port connect to this one; set it, or set `{key}`")]
    PortOfPeer { key: String },
    #[error("must be 0 (none) to 9 (best)")]
    CompressionLevel,
    #[error("no {0} can be, or be part of, the index of a table or set; use another type")]
    IndexType(TypeTag),
    #[error("must be more than 0 secs")]
    ZeroTime,
    #[error("must be at least 1, otherwise everything is blocked")]
    ZeroBound,
    /// A bound is too low for real peers.
    #[error("must be at least {least}, otherwise handshakes fail")]
    LowBound { least: u32 },
    #[error("no effect, because no entry has `sync`; set it, or remove this")]
    ForwardWithoutSync,
    #[error("no effect without `remote_trace_sync_interval`; set it, or remove this")]
    TraceSyncWithoutInterval,
    #[cfg_attr(
        feature = "__tls",
        error("`{needed_by}` requires TLS, which needs certificates and a private key")
    )]
    #[cfg_attr(
        not(feature = "__tls"),
        error("`{needed_by}` requires TLS; build brocomm with its feature `tls`")
    )]
    NeededForTls { needed_by: String },
    #[error("Bro {releases} supports only SSLv3, which is not supported here; turn TLS off")]
    TlsWithDataFormat { releases: &'static str },
    /// Text for a peer contains a NUL, which the peer would treat as its end.
    #[error("NUL at byte {at}, which would end the text for peers; remove it")]
    ContainsNul { at: usize },
    #[error("must be a number of at least 1")]
    BackoffFactor,
    #[error("must be a number from 0 to 1")]
    BackoffJitter,
    /// The maximum delay is less than the first one.
    #[error("must be at least the first delay, `{key} = {retry}`")]
    BackoffMax { key: String, retry: String },
    #[error("must be {least} to {greatest}, in whole {unit}")]
    KeepAlive { least: u32, greatest: u32, unit: &'static str },
    #[error("an earlier entry has the same name; names must be unique")]
    DuplicateNode,
    #[error("an entry's name must not be empty or contain control characters")]
    NodeName,
    #[error("no effect without `connect`; set it, or remove this")]
    RetryWithoutConnect,
    /// An entry has a retry below one second, which Bro treats as never.
    #[error("must be at least 1 sec, because only whole seconds count; remove it to never retry")]
    RetryBelowSecond,
    #[error("no effect without `sync`; set it, or remove this")]
    AuthWithoutSync,
    #[error("no effect without `connect` and `retry`; set them, or remove this")]
    StoreWithoutRetry,
    #[error("must be more than `ping_after`, which is {ping_after}")]
    CloseBeforePing { ping_after: String },
}

/// A valid value in a configuration that is probably a mistake.
///
/// Displayed like [`NodeConfigError`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigurationWarning {
    /// The field, as a path: `listen_interface`, `nodes.sensor1.compression`.
    pub key: String,
    /// The value; `None` if it is not set.
    pub value: Option<String>,
    pub(crate) kind: ConfigurationWarningKind,
}

impl fmt::Display for ConfigurationWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        finding(f, &self.key, self.value.as_deref(), &self.kind)
    }
}

/// The kind of warning about a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConfigurationWarningKind {
    /// The pattern matches none of the declared events. Bro logs `warning: no events to request`.
    NoEventMatches {
        /// The number of declared events.
        declared: usize,
    },
    /// No events are declared for a pattern to match, and it lists no names explicitly.
    NothingDeclared,
    /// Events or state are requested but not accepted.
    InputNotAccepted,
    /// The time is not in whole seconds. The fraction is dropped.
    FractionDropped,
    /// The entry is never used because an earlier one applies to the same peers (§4).
    Shadowed {
        /// The name of the earlier entry.
        by: String,
    },
    /// The entry waits for its peer, but the node does not listen.
    NotListening,
    /// The node neither listens nor connects.
    NothingToDo,
    /// The bound for all peers is below that for one peer, which can never be reached.
    TotalBelowOne {
        /// The key of the bound on one peer.
        key: &'static str,
        /// That bound.
        one: usize,
    },
}

impl fmt::Display for ConfigurationWarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEventMatches { declared } => {
                write!(f, "none of the {declared} declared events matches, so none is requested")
            }
            Self::NothingDeclared => f.write_str(
                "no events are declared that could match, so none is requested; declare them, \
                 or list names without wildcards",
            ),
            Self::InputNotAccepted => {
                f.write_str("all input is dropped, because `accept_input` is false")
            }
            Self::FractionDropped => f.write_str("only whole seconds count"),
            Self::Shadowed { by } => {
                write!(f, "never used, because the earlier `{by}` is for the same peers")
            }
            Self::NotListening => {
                f.write_str("the peer cannot connect to this node, because `listen` is false")
            }
            Self::NothingToDo => f.write_str("the node neither listens nor connects to any peer"),
            Self::TotalBelowOne { key, one } => {
                write!(f, "less than `{key} = {one}`, which can never be reached")
            }
        }
    }
}

impl NodeConfig {
    /// Returns the warnings, in the order of the fields.
    pub fn warnings(&self) -> Vec<ConfigurationWarning> {
        let mut warnings = Warnings(Vec::new());
        let options = &self.options;
        if !options.listen && !self.nodes.iter().any(|(_, node)| node.connect) {
            warnings.add("listen", options.listen, ConfigurationWarningKind::NothingToDo);
        }
        warnings.total("outgoing", options.outgoing.bound, options.outgoing_total);
        warnings.total("incoming", options.incoming.bound, options.incoming_total);
        for (at, (name, node)) in self.nodes.iter().enumerate() {
            self.entry(&mut warnings, name, node, self.nodes.get(..at).unwrap_or_default());
        }
        warnings.0
    }

    fn entry(
        &self,
        warnings: &mut Warnings,
        name: &str,
        node: &PeerConfig,
        earlier: &[(String, PeerConfig)],
    ) {
        let key = |field: &str| format!("nodes.{name}.{field}");
        let shadow = earlier.iter().find(|(_, other)| same_peers(other, node));
        if !node.connect
            && let Some((by, _)) = shadow
        {
            let kind = ConfigurationWarningKind::Shadowed { by: format!("nodes.{by}") };
            warnings.add(key("host"), node.host, kind);
        }
        if let Some(events) = &node.events {
            let shown = || quoted(events.source().as_bytes());
            if let Some(kind) = self.unmatched(events) {
                warnings.add(key("events"), shown(), kind);
            }
            if !node.accept_input {
                warnings.add(key("events"), shown(), ConfigurationWarningKind::InputNotAccepted);
            }
        }
        if !node.connect && !self.options.listen {
            warnings.add(key("connect"), false, ConfigurationWarningKind::NotListening);
        }
        if node.retry > Duration::from_secs(1) && node.retry.subsec_nanos() != 0 {
            warnings.add(key("retry"), time(node.retry), ConfigurationWarningKind::FractionDropped);
        }
        // With `auth`, our state is authoritative, and no state is received.
        if node.sync && !node.auth && !node.accept_input {
            warnings.add(key("sync"), true, ConfigurationWarningKind::InputNotAccepted);
        }
    }

    /// Returns a warning if a pattern matches no event.
    fn unmatched(&self, events: &EventPattern) -> Option<ConfigurationWarningKind> {
        let Declarations { events: declared, .. } = &*self.declarations;
        if declared.keys().any(|name| events.matches(name)) {
            return None;
        }
        let outright = self.options.undeclared == Undeclared::Deliver
            && events.names_outright().is_some_and(|names| !names.is_empty());
        match declared.len() {
            _ if outright => None,
            0 => Some(ConfigurationWarningKind::NothingDeclared),
            declared => Some(ConfigurationWarningKind::NoEventMatches { declared }),
        }
    }
}

/// Returns whether two entries apply to the same peers (§4).
fn same_peers(one: &PeerConfig, other: &PeerConfig) -> bool {
    fn class(node: &PeerConfig) -> &[u8] {
        node.class.as_deref().unwrap_or_default()
    }
    let canonical = |host: IpAddr| host.to_canonical();
    canonical(one.host) == canonical(other.host) && class(one) == class(other)
}

struct Warnings(Vec<ConfigurationWarning>);

impl Warnings {
    fn add(
        &mut self,
        key: impl Into<String>,
        value: impl fmt::Display,
        kind: ConfigurationWarningKind,
    ) {
        self.0.push(ConfigurationWarning { key: key.into(), value: Some(value.to_string()), kind });
    }

    fn total(&mut self, queue: &str, one: Bound, total: Bound) {
        let keys = match queue {
            "outgoing" => ["outgoing.events", "outgoing.bytes"],
            _ => ["incoming.events", "incoming.bytes"],
        };
        let parts = [("events", one.events, total.events), ("bytes", one.bytes, total.bytes)];
        for (key, (part, one, total)) in keys.into_iter().zip(parts) {
            if total < one {
                let kind = ConfigurationWarningKind::TotalBelowOne { key, one };
                self.add(format!("{queue}_total.{part}"), total, kind);
            }
        }
    }
}
