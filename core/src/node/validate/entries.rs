//! Validation of peers' entries.

use std::collections::HashSet;
use std::time::Duration;

use super::{Found, NodeConfigErrorKind as Kind, time};
use crate::node::{NodeConfig, PeerConfig};

pub(super) fn check(configuration: &NodeConfig, errors: &mut Found) {
    let mut names = HashSet::new();
    for (name, node) in &configuration.nodes {
        let key = |field: &str| format!("nodes.{name}.{field}");
        let shown = format!("nodes.{}", name.escape_debug());
        if name.is_empty() || name.contains(char::is_control) {
            errors.add(shown, node.host, Kind::NodeName);
        } else if !names.insert(name) {
            errors.add(shown, node.host, Kind::DuplicateNode);
        }
        address(node, &key, errors);
        errors.no_nul(key("class"), node.class.as_deref().unwrap_or_default());
        retry(node, &key, errors);
        if node.auth && !node.sync {
            errors.add(key("auth"), true, Kind::AuthWithoutSync);
        }
        errors.no_nul(key("capture_filter"), node.capture_filter.as_deref().unwrap_or_default());
        if let Some(level) = node.compression.filter(|level| *level > 9) {
            errors.add(key("compression"), level, Kind::CompressionLevel);
        }
        let format = node.data_format.or(configuration.options.data_format);
        if let Some(format) = format.filter(|format| node.ssl && !format.has_tls()) {
            errors.add(key("ssl"), true, Kind::TlsWithDataFormat { releases: format.releases() });
        }
        kept(node, &key, errors);
    }
}

fn address(node: &PeerConfig, key: &dyn Fn(&str) -> String, errors: &mut Found) {
    if node.host.is_unspecified() || node.host.is_multicast() {
        errors.add(key("host"), node.host, Kind::NoPeerAddress);
    }
    errors.zone(key("zone_id"), node.zone_id.as_deref(), node.host);
    if node.p == Some(0) {
        errors.add(key("p"), 0, Kind::PortZero);
    }
}

fn retry(node: &PeerConfig, key: &dyn Fn(&str) -> String, errors: &mut Found) {
    if node.retry.is_zero() {
        return;
    } else if !node.connect {
        errors.add(key("retry"), time(node.retry), Kind::RetryWithoutConnect);
    }
    if node.retry < Duration::from_secs(1) {
        errors.add(key("retry"), time(node.retry), Kind::RetryBelowSecond);
    }
}

/// Checks the settings for store and forward and for liveness.
fn kept(node: &PeerConfig, key: &dyn Fn(&str) -> String, errors: &mut Found) {
    if let Some(bound) = node.store_and_forward {
        if !node.connect || node.retry < Duration::from_secs(1) {
            let shown = format!("{} events", bound.events);
            errors.add(key("store_and_forward"), shown, Kind::StoreWithoutRetry);
        }
        errors.bound(&key("store_and_forward"), bound);
    }
    if let Some(liveness) = node.liveness {
        if liveness.ping_after.is_zero() {
            errors.add(key("liveness.ping_after"), time(liveness.ping_after), Kind::ZeroTime);
        }
        if liveness.close_after <= liveness.ping_after {
            let kind = Kind::CloseBeforePing { ping_after: time(liveness.ping_after) };
            errors.add(key("liveness.close_after"), time(liveness.close_after), kind);
        }
    }
}
