//! Validation of configurations.

mod error;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use super::{Backoff, Bound, Handshake, KeepAlive, NodeConfig, Options, PeerConfig};
use crate::ConfigErrors;

pub(super) use error::NodeConfigErrorKind;
pub use error::{ConfigurationWarning, NodeConfigError};

/// The minimum limit for messages, sufficient for a VERSION with a class and a request of some
/// events.
const LEAST_MESSAGE: u32 = 1024;

/// The minimum depth, sufficient for a SERIAL message with a call with simple values.
const LEAST_DEPTH: u32 = 4;

impl NodeConfig {
    /// Checks the configuration.
    ///
    /// ```
    /// use brocomm::node::{NodeConfig, PeerConfig, Options};
    ///
    /// let configuration = NodeConfig {
    ///     options: Options { compression_level: 10, ..Options::default() },
    ///     nodes: vec![("a".into(), PeerConfig { auth: true, ..PeerConfig::new([192, 0, 2, 1].into()) })],
    ///     ..NodeConfig::default()
    /// };
    /// let errors: Vec<String> =
    ///     configuration.validate().unwrap_err().iter().map(ToString::to_string).collect();
    /// assert_eq!(errors, [
    ///     "compression_level = 10: must be 0 (none) to 9 (best)",
    ///     "nodes.a.auth = true: no effect without `sync`; set it, or remove this",
    /// ]);
    /// ```
    ///
    /// # Errors
    ///
    /// Returns all errors, in the order of the fields.
    pub fn validate(&self) -> Result<(), ConfigErrors<NodeConfigError>> {
        let mut errors = Found::default();
        check_options(self, &mut errors);
        check_peers(self, &mut errors);
        if let Err((name, tag)) = self.declarations.check() {
            errors.add("declarations", name, NodeConfigErrorKind::IndexType(tag));
        }
        ConfigErrors::none_in(errors.0)
    }
}

/// The errors found so far.
#[derive(Default)]
struct Found(Vec<NodeConfigError>);

impl Found {
    fn add(&mut self, key: impl Into<String>, value: impl fmt::Display, kind: NodeConfigErrorKind) {
        self.0.push(NodeConfigError { key: key.into(), value: Some(value.to_string()), kind });
    }

    fn unset(&mut self, key: impl Into<String>, kind: NodeConfigErrorKind) {
        self.0.push(NodeConfigError { key: key.into(), value: None, kind });
    }

    fn no_nul(&mut self, key: impl Into<String>, text: &[u8]) {
        if let Some(at) = text.iter().position(|byte| *byte == 0) {
            self.add(key, quoted(text), NodeConfigErrorKind::ContainsNul { at });
        }
    }

    fn bound(&mut self, key: &str, bound: Bound) {
        for (part, value) in [("events", bound.events), ("bytes", bound.bytes)] {
            if value == 0 {
                self.add(format!("{key}.{part}"), value, NodeConfigErrorKind::ZeroBound);
            }
        }
    }

    fn zone(&mut self, key: impl Into<String>, zone: Option<&str>, address: IpAddr) {
        match zone {
            None if is_link_local(address) => {
                self.unset(key, NodeConfigErrorKind::ZoneMissing { address });
            }
            None => {}
            Some(zone) if !has_zones(address) => {
                self.add(
                    key,
                    quoted(zone.as_bytes()),
                    NodeConfigErrorKind::ZoneWithoutNeed { address },
                );
            }
            Some(zone) => {
                let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '%' | '/');
                if zone.is_empty() || zone.contains(odd) {
                    self.add(key, quoted(zone.as_bytes()), NodeConfigErrorKind::ZoneMalformed);
                }
            }
        }
    }
}

/// Returns whether an address requires a zone, which those in fe80::/10 do.
fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local())
}

/// Returns whether an address may have a zone, including the deprecated site-local ones, fec0::/10.
fn has_zones(address: IpAddr) -> bool {
    let is_site_local = |v6: Ipv6Addr| v6.segments().first().is_some_and(|s| s & 0xFFC0 == 0xFEC0);
    is_link_local(address) || matches!(address, IpAddr::V6(v6) if is_site_local(v6))
}

/// Quotes a text.
fn quoted(text: &[u8]) -> String {
    format!("\"{}\"", text.escape_ascii())
}

/// Formats a time as in Bro.
fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds == 1.0 { "1 sec".to_owned() } else { format!("{seconds} secs") }
}

fn check_peers(configuration: &NodeConfig, errors: &mut Found) {
    let mut names = HashSet::new();
    for (name, node) in &configuration.nodes {
        let key = |field: &str| format!("nodes.{name}.{field}");
        let shown = format!("nodes.{}", name.escape_debug());
        if name.is_empty() || name.contains(char::is_control) {
            errors.add(shown, node.host, NodeConfigErrorKind::NodeName);
        } else if !names.insert(name) {
            errors.add(shown, node.host, NodeConfigErrorKind::DuplicateNode);
        }
        address(node, &key, errors);
        errors.no_nul(key("class"), node.class.as_deref().unwrap_or_default());
        retry(node, &key, errors);
        if node.auth && !node.sync {
            errors.add(key("auth"), true, NodeConfigErrorKind::AuthWithoutSync);
        }
        errors.no_nul(key("capture_filter"), node.capture_filter.as_deref().unwrap_or_default());
        if let Some(level) = node.compression.filter(|level| *level > 9) {
            errors.add(key("compression"), level, NodeConfigErrorKind::CompressionLevel);
        }
        let format = node.data_format.or(configuration.options.data_format);
        if let Some(format) = format.filter(|format| node.ssl && !format.has_tls()) {
            errors.add(
                key("ssl"),
                true,
                NodeConfigErrorKind::TlsWithDataFormat { releases: format.releases() },
            );
        }
        kept(node, &key, errors);
    }
}

fn address(node: &PeerConfig, key: &dyn Fn(&str) -> String, errors: &mut Found) {
    if node.host.is_unspecified() || node.host.is_multicast() {
        errors.add(key("host"), node.host, NodeConfigErrorKind::NoPeerAddress);
    }
    errors.zone(key("zone_id"), node.zone_id.as_deref(), node.host);
    if node.p == Some(0) {
        errors.add(key("p"), 0, NodeConfigErrorKind::PortZero);
    }
}

fn retry(node: &PeerConfig, key: &dyn Fn(&str) -> String, errors: &mut Found) {
    if node.retry.is_zero() {
        return;
    } else if !node.connect {
        errors.add(key("retry"), time(node.retry), NodeConfigErrorKind::RetryWithoutConnect);
    }
    if node.retry < Duration::from_secs(1) {
        errors.add(key("retry"), time(node.retry), NodeConfigErrorKind::RetryBelowSecond);
    }
}

/// Checks the settings for store and forward and for liveness.
fn kept(node: &PeerConfig, key: &dyn Fn(&str) -> String, errors: &mut Found) {
    if let Some(bound) = node.store_and_forward {
        if !node.connect || node.retry < Duration::from_secs(1) {
            let shown = format!("{} events", bound.events);
            errors.add(key("store_and_forward"), shown, NodeConfigErrorKind::StoreWithoutRetry);
        }
        errors.bound(&key("store_and_forward"), bound);
    }
    if let Some(liveness) = node.liveness {
        if liveness.ping_after.is_zero() {
            errors.add(
                key("liveness.ping_after"),
                time(liveness.ping_after),
                NodeConfigErrorKind::ZeroTime,
            );
        }
        if liveness.close_after <= liveness.ping_after {
            let kind =
                NodeConfigErrorKind::CloseBeforePing { ping_after: time(liveness.ping_after) };
            errors.add(key("liveness.close_after"), time(liveness.close_after), kind);
        }
    }
}

fn check_options(configuration: &NodeConfig, errors: &mut Found) {
    let options = &configuration.options;
    listening(configuration, errors);
    if options.compression_level > 9 {
        errors.add(
            "compression_level",
            options.compression_level,
            NodeConfigErrorKind::CompressionLevel,
        );
    }
    let any_sync = configuration.nodes.iter().any(|(_, node)| node.sync);
    // An application that makes the requests itself may request sync.
    let may_sync = any_sync || options.handshake == Handshake::Application;
    if options.forward_remote_state_changes && !may_sync {
        errors.add("forward_remote_state_changes", true, NodeConfigErrorKind::ForwardWithoutSync);
    }
    if options.remote_trace_sync_peers > 0 && options.remote_trace_sync_interval.is_zero() {
        let peers = options.remote_trace_sync_peers;
        errors.add("remote_trace_sync_peers", peers, NodeConfigErrorKind::TraceSyncWithoutInterval);
    }
    if options.max_remote_events_processed == 0 {
        errors.add("max_remote_events_processed", 0, NodeConfigErrorKind::ZeroBound);
    }
    tls(configuration, errors);
    errors.no_nul("peer_description", &options.peer_description);
    errors.no_nul("default_capture_filter", &options.default_capture_filter);
    errors.bound("outgoing", options.outgoing.bound);
    errors.bound("outgoing_total", options.outgoing_total);
    errors.bound("incoming", options.incoming.bound);
    errors.bound("incoming_total", options.incoming_total);
    if let Some(backoff) = options.retry_backoff {
        growing(backoff, configuration, errors);
    }
    if let Some(keep_alive) = options.keep_alive {
        kept_alive(keep_alive, errors);
    }
    limits(options, errors);
}

fn listening(configuration: &NodeConfig, errors: &mut Found) {
    let options = &configuration.options;
    let address = options.listen_interface;
    if address.is_multicast() {
        errors.add("listen_interface", address, NodeConfigErrorKind::MulticastInterface);
    } else if address.is_ipv6() && !address.is_unspecified() && !options.listen_ipv6 {
        errors.add("listen_interface", address, NodeConfigErrorKind::Ipv6Disabled { address });
    }
    // Listening on port 0 lets the system choose a port, but connecting requires one.
    let mut nodes = configuration.nodes.iter().filter(|_| options.listen_port == 0);
    if let Some((name, _)) = nodes.find(|(_, node)| node.connect && node.p.is_none()) {
        errors.add(
            "listen_port",
            0,
            NodeConfigErrorKind::PortOfPeer { key: format!("nodes.{name}.p") },
        );
    }
    let zone = Some(options.listen_ipv6_zone_id.as_str()).filter(|zone| !zone.is_empty());
    errors.zone("listen_ipv6_zone_id", zone, address);
    if options.listen_retry.is_zero() {
        errors.add("listen_retry", time(options.listen_retry), NodeConfigErrorKind::ZeroTime);
    }
}

/// Checks the requirements of TLS (part 4 §6).
fn tls(configuration: &NodeConfig, errors: &mut Found) {
    let options = &configuration.options;
    let old = options.data_format.filter(|format| options.listen_ssl && !format.has_tls());
    if let Some(format) = old {
        let kind = NodeConfigErrorKind::TlsWithDataFormat { releases: format.releases() };
        errors.add("listen_ssl", true, kind);
    }
    #[cfg(feature = "__tls")]
    if options.tls.is_some() {
        return;
    }
    let needed_by = if options.listen_ssl {
        Some("listen_ssl".to_owned())
    } else {
        let first = configuration.nodes.iter().find(|(_, node)| node.ssl);
        first.map(|(name, _)| format!("nodes.{name}.ssl"))
    };
    if let Some(needed_by) = needed_by {
        errors.unset("tls", NodeConfigErrorKind::NeededForTls { needed_by });
    }
}

fn growing(backoff: Backoff, configuration: &NodeConfig, errors: &mut Found) {
    if !(backoff.factor >= 1.0 && backoff.factor.is_finite()) {
        errors.add("retry_backoff.factor", backoff.factor, NodeConfigErrorKind::BackoffFactor);
    }
    let longest = configuration.nodes.iter().filter(|(_, node)| node.connect);
    if let Some((name, node)) = longest.max_by_key(|(_, node)| node.retry)
        && backoff.max < node.retry
    {
        let (key, retry) = (format!("nodes.{name}.retry"), time(node.retry));
        errors.add(
            "retry_backoff.max",
            time(backoff.max),
            NodeConfigErrorKind::BackoffMax { key, retry },
        );
    }
    if !(0.0..=1.0).contains(&backoff.jitter) {
        errors.add("retry_backoff.jitter", backoff.jitter, NodeConfigErrorKind::BackoffJitter);
    }
}

fn kept_alive(keep_alive: KeepAlive, errors: &mut Found) {
    // The range of Linux. Other systems accept more.
    let seconds = NodeConfigErrorKind::KeepAlive { least: 1, greatest: 32_767, unit: "seconds" };
    for (key, value) in [("idle", keep_alive.idle), ("interval", keep_alive.interval)] {
        if !(1..=32_767).contains(&value.as_secs()) || value.subsec_nanos() != 0 {
            errors.add(format!("keep_alive.{key}"), time(value), seconds.clone());
        }
    }
    if !(1..=127).contains(&keep_alive.probes) {
        let probes = NodeConfigErrorKind::KeepAlive { least: 1, greatest: 127, unit: "numbers" };
        errors.add("keep_alive.probes", keep_alive.probes, probes);
    }
}

fn limits(options: &Options, errors: &mut Found) {
    if options.cache_size == 0 {
        errors.add("cache_size", 0, NodeConfigErrorKind::ZeroBound);
    }
    let (wire, serial) = (options.wire_limits, options.serial_limits);
    for (key, value, least) in [
        ("wire_limits.chunk", wire.chunk, LEAST_MESSAGE),
        ("wire_limits.message", wire.message, LEAST_MESSAGE),
        ("wire_limits.inflated", wire.inflated, LEAST_MESSAGE),
        ("serial_limits.depth", serial.depth, LEAST_DEPTH),
        ("serial_limits.objects", serial.objects, LEAST_MESSAGE),
    ] {
        if value < least {
            errors.add(key, value, NodeConfigErrorKind::LowBound { least });
        }
    }
    if serial.cache == 0 {
        errors.add("serial_limits.cache", 0, NodeConfigErrorKind::ZeroBound);
    }
}
