//! What can be wrong with the entries of peers.

use std::collections::HashSet;
use std::time::Duration;

use super::{ConfigurationErrorKind as Kind, Found, time};
use crate::node::{Configuration, Node};

pub(super) fn check(configuration: &Configuration, findings: &mut Found) {
    let mut names = HashSet::new();
    for (name, node) in &configuration.nodes {
        let key = |field: &str| format!("nodes.{name}.{field}");
        let shown = format!("nodes.{}", name.escape_debug());
        if name.is_empty() || name.contains(char::is_control) {
            findings.add(shown, node.host, Kind::NodeName);
        } else if !names.insert(name) {
            findings.add(shown, node.host, Kind::DuplicateNode);
        }
        address(node, &key, findings);
        findings.no_nul(key("class"), node.class.as_deref().unwrap_or_default());
        retry(node, &key, findings);
        if node.auth && !node.sync {
            findings.add(key("auth"), true, Kind::AuthWithoutSync);
        }
        findings.no_nul(key("capture_filter"), node.capture_filter.as_deref().unwrap_or_default());
        if let Some(level) = node.compression.filter(|level| *level > 9) {
            findings.add(key("compression"), level, Kind::CompressionLevel);
        }
        kept(node, &key, findings);
    }
}

fn address(node: &Node, key: &dyn Fn(&str) -> String, findings: &mut Found) {
    if node.host.is_unspecified() || node.host.is_multicast() {
        findings.add(key("host"), node.host, Kind::NoPeerAddress);
    }
    findings.zone(key("zone_id"), node.zone_id.as_deref(), node.host);
    if node.p == Some(0) {
        findings.add(key("p"), 0, Kind::PortZero);
    }
}

fn retry(node: &Node, key: &dyn Fn(&str) -> String, findings: &mut Found) {
    if node.retry.is_zero() {
        return;
    } else if !node.connect {
        findings.add(key("retry"), time(node.retry), Kind::RetryWithoutConnect);
    }
    if node.retry < Duration::from_secs(1) {
        findings.add(key("retry"), time(node.retry), Kind::RetryBelowSecond);
    }
}

/// Checks what is kept for the peer, and whether the peer is alive.
fn kept(node: &Node, key: &dyn Fn(&str) -> String, findings: &mut Found) {
    if let Some(bound) = node.store_and_forward {
        if !node.connect || node.retry < Duration::from_secs(1) {
            let shown = format!("{} events", bound.events);
            findings.add(key("store_and_forward"), shown, Kind::StoreWithoutRetry);
        }
        findings.bound(&key("store_and_forward"), bound);
    }
    if let Some(liveness) = node.liveness {
        if liveness.ping_after.is_zero() {
            findings.add(key("liveness.ping_after"), time(liveness.ping_after), Kind::ZeroTime);
        }
        if liveness.close_after <= liveness.ping_after {
            let kind = Kind::CloseBeforePing { ping_after: time(liveness.ping_after) };
            findings.add(key("liveness.close_after"), time(liveness.close_after), kind);
        }
    }
}
