//! Validation of the node's options.

use super::{Found, NodeConfigErrorKind as Kind, time};
use crate::node::{Backoff, Handshake, KeepAlive, NodeConfig, Options};

/// The minimum limit for messages, sufficient for a VERSION with a class and a request of some
/// events.
const LEAST_MESSAGE: u32 = 1024;
/// The minimum depth, sufficient for a SERIAL message with a call with simple values.
const LEAST_DEPTH: u32 = 4;

pub(super) fn check(configuration: &NodeConfig, errors: &mut Found) {
    let options = &configuration.options;
    listening(configuration, errors);
    if options.compression_level > 9 {
        errors.add("compression_level", options.compression_level, Kind::CompressionLevel);
    }
    let any_sync = configuration.nodes.iter().any(|(_, node)| node.sync);
    // An application that makes the requests itself may request sync.
    let may_sync = any_sync || options.handshake == Handshake::Application;
    if options.forward_remote_state_changes && !may_sync {
        errors.add("forward_remote_state_changes", true, Kind::ForwardWithoutSync);
    }
    if options.remote_trace_sync_peers > 0 && options.remote_trace_sync_interval.is_zero() {
        let peers = options.remote_trace_sync_peers;
        errors.add("remote_trace_sync_peers", peers, Kind::TraceSyncWithoutInterval);
    }
    if options.max_remote_events_processed == 0 {
        errors.add("max_remote_events_processed", 0, Kind::ZeroBound);
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
        errors.add("listen_interface", address, Kind::MulticastInterface);
    } else if address.is_ipv6() && !address.is_unspecified() && !options.listen_ipv6 {
        errors.add("listen_interface", address, Kind::Ipv6Disabled { address });
    }
    // Listening on port 0 lets the system choose a port, but connecting requires one.
    let mut nodes = configuration.nodes.iter().filter(|_| options.listen_port == 0);
    if let Some((name, _)) = nodes.find(|(_, node)| node.connect && node.p.is_none()) {
        errors.add("listen_port", 0, Kind::PortOfPeer { key: format!("nodes.{name}.p") });
    }
    let zone = Some(options.listen_ipv6_zone_id.as_str()).filter(|zone| !zone.is_empty());
    errors.zone("listen_ipv6_zone_id", zone, address);
    if options.listen_retry.is_zero() {
        errors.add("listen_retry", time(options.listen_retry), Kind::ZeroTime);
    }
}

/// Checks the requirements of TLS (part 4 §6).
fn tls(configuration: &NodeConfig, errors: &mut Found) {
    let options = &configuration.options;
    let old = options.data_format.filter(|format| options.listen_ssl && !format.has_tls());
    if let Some(format) = old {
        let kind = Kind::TlsWithDataFormat { releases: format.releases() };
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
        errors.unset("tls", Kind::NeededForTls { needed_by });
    }
}

fn growing(backoff: Backoff, configuration: &NodeConfig, errors: &mut Found) {
    if !(backoff.factor >= 1.0 && backoff.factor.is_finite()) {
        errors.add("retry_backoff.factor", backoff.factor, Kind::BackoffFactor);
    }
    let longest = configuration.nodes.iter().filter(|(_, node)| node.connect);
    if let Some((name, node)) = longest.max_by_key(|(_, node)| node.retry)
        && backoff.max < node.retry
    {
        let (key, retry) = (format!("nodes.{name}.retry"), time(node.retry));
        errors.add("retry_backoff.max", time(backoff.max), Kind::BackoffMax { key, retry });
    }
    if !(0.0..=1.0).contains(&backoff.jitter) {
        errors.add("retry_backoff.jitter", backoff.jitter, Kind::BackoffJitter);
    }
}

fn kept_alive(keep_alive: KeepAlive, errors: &mut Found) {
    // The range of Linux. Other systems accept more.
    let seconds = Kind::KeepAlive { least: 1, greatest: 32_767, unit: "seconds" };
    for (key, value) in [("idle", keep_alive.idle), ("interval", keep_alive.interval)] {
        if !(1..=32_767).contains(&value.as_secs()) || value.subsec_nanos() != 0 {
            errors.add(format!("keep_alive.{key}"), time(value), seconds.clone());
        }
    }
    if !(1..=127).contains(&keep_alive.probes) {
        let probes = Kind::KeepAlive { least: 1, greatest: 127, unit: "numbers" };
        errors.add("keep_alive.probes", keep_alive.probes, probes);
    }
}

fn limits(options: &Options, errors: &mut Found) {
    if options.cache_size == 0 {
        errors.add("cache_size", 0, Kind::ZeroBound);
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
            errors.add(key, value, Kind::LowBound { least });
        }
    }
    if serial.cache == 0 {
        errors.add("serial_limits.cache", 0, Kind::ZeroBound);
    }
}
