use std::sync::Arc;

use bytes::Bytes;

use super::NodeConfigErrorKind as Kind;
use super::*;
use crate::connection::Undeclared;
use crate::data::Declarations;
use crate::node::{Backoff, Handshake, KeepAlive, Liveness, Options, PeerConfig, Queue};

fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Returns a peer that we connect to.
fn sensor() -> PeerConfig {
    PeerConfig { connect: true, ..PeerConfig::new([192, 0, 2, 1].into()) }
}

fn node(address: &str) -> PeerConfig {
    PeerConfig::new(address.parse().unwrap())
}

fn configured(options: Options, nodes: &[(&str, PeerConfig)]) -> NodeConfig {
    let nodes = nodes.iter().map(|(name, node)| ((*name).to_owned(), node.clone())).collect();
    NodeConfig { options, nodes, ..NodeConfig::default() }
}

fn errors(options: Options, nodes: &[(&str, PeerConfig)]) -> Vec<NodeConfigError> {
    configured(options, nodes).validate().err().map(Vec::from).unwrap_or_default()
}

#[track_caller]
fn option(options: Options, key: &str, value: &str, kind: Kind) {
    let value = Some(value.to_owned());
    assert_eq!(errors(options, &[]), [NodeConfigError { key: key.into(), value, kind }]);
}

#[track_caller]
fn entry(entry: PeerConfig, field: &str, value: &str, kind: Kind) {
    let (key, value) = (format!("nodes.a.{field}"), Some(value.to_owned()));
    assert_eq!(errors(Options::default(), &[("a", entry)]), [NodeConfigError { key, value, kind }]);
}

macro_rules! options {
    ($($field:ident : $value:expr),* $(,)?) => { Options { $($field: $value,)* ..Options::default() } };
}

#[test]
fn defaults_are_valid() {
    assert_eq!(NodeConfig::default().validate(), Ok(()));
    assert_eq!(errors(Options::default(), &[("a", sensor()), ("b", node("::1"))]), []);
}

#[test]
fn where_to_listen() {
    let v6: IpAddr = "2001:db8::1".parse().unwrap();
    let on = |text: &str| text.parse::<IpAddr>().unwrap();
    option(
        options! { listen_interface: v6 },
        "listen_interface",
        "2001:db8::1",
        Kind::Ipv6Disabled { address: v6 },
    );
    assert!(
        errors(options! { listen_interface: v6 }, &[])[0]
            .to_string()
            .contains("Attempt to listen on address 2001:db8::1, but IPv6 communication disabled")
    );
    assert_eq!(errors(options! { listen_interface: v6, listen_ipv6: true }, &[]), []);
    assert_eq!(errors(options! { listen_interface: on("::") }, &[]), []);
    option(
        options! { listen_interface: on("224.0.0.1") },
        "listen_interface",
        "224.0.0.1",
        Kind::MulticastInterface,
    );
    option(options! { listen_retry: Duration::ZERO }, "listen_retry", "0 secs", Kind::ZeroTime);
}

#[test]
fn a_port_is_needed_only_to_connect() {
    let options = options! { listen: true, listen_port: 0 };
    assert_eq!(errors(options.clone(), &[("a", node("192.0.2.1"))]), []);
    assert_eq!(errors(options.clone(), &[("a", PeerConfig { p: Some(1), ..sensor() })]), []);
    let kind = Kind::PortOfPeer { key: "nodes.a.p".into() };
    let error = NodeConfigError { key: "listen_port".into(), value: Some("0".into()), kind };
    assert_eq!(errors(options, &[("a", sensor()), ("b", sensor())]), [error]);
    entry(PeerConfig { p: Some(0), ..sensor() }, "p", "0", Kind::PortZero);
}

#[test]
fn zones_belong_to_addresses_that_are_not_global() {
    let (local, global): (IpAddr, IpAddr) =
        ("fe80::1".parse().unwrap(), "2001:db8::1".parse().unwrap());
    let options = |address, zone: &str| {
        options! { listen_interface: address, listen_ipv6: true, listen_ipv6_zone_id: zone.into() }
    };
    assert_eq!(errors(options(local, "eth0"), &[]), []);
    assert_eq!(errors(options("fec0::1".parse().unwrap(), ""), &[]), []);
    let error = &errors(options(local, ""), &[])[0];
    assert_eq!(
        error.to_string(),
        "listen_ipv6_zone_id is not set: fe80::1 is link-local; name the interface to use, as \
         in `eth0`"
    );
    option(
        options(global, "eth0"),
        "listen_ipv6_zone_id",
        "\"eth0\"",
        Kind::ZoneWithoutNeed { address: global },
    );
    option(options(local, "%eth0"), "listen_ipv6_zone_id", "\"%eth0\"", Kind::ZoneMalformed);

    let zoned =
        |address: &str, zone: &str| PeerConfig { zone_id: Some(zone.into()), ..node(address) };
    assert_eq!(errors(Options::default(), &[("a", zoned("fec0::1", "2"))]), []);
    entry(zoned("fe80::1", ""), "zone_id", "\"\"", Kind::ZoneMalformed);
    let address = [192, 0, 2, 1].into();
    entry(zoned("192.0.2.1", "a"), "zone_id", "\"a\"", Kind::ZoneWithoutNeed { address });
    let missing = errors(Options::default(), &[("a", node("fe80::1"))]);
    let (key, kind) = ("nodes.a.zone_id".into(), Kind::ZoneMissing { address: local });
    assert_eq!(missing, [NodeConfigError { key, value: None, kind }]);
}

#[test]
fn levels_of_compression() {
    let ten = options! { compression_level: 10 };
    option(ten, "compression_level", "10", Kind::CompressionLevel);
    assert_eq!(errors(options! { compression_level: 9 }, &[]), []);
    entry(
        PeerConfig { compression: Some(10), ..sensor() },
        "compression",
        "10",
        Kind::CompressionLevel,
    );
}

#[test]
fn state_is_forwarded_only_with_sync() {
    let key = "forward_remote_state_changes";
    let options = options! { forward_remote_state_changes: true };
    option(options.clone(), key, "true", Kind::ForwardWithoutSync);
    assert_eq!(errors(options.clone(), &[("a", PeerConfig { sync: true, ..sensor() })]), []);
    assert_eq!(errors(Options { handshake: Handshake::Application, ..options }, &[]), []);
}

#[test]
fn sync_points_need_an_interval() {
    let (key, kind) = ("remote_trace_sync_peers", Kind::TraceSyncWithoutInterval);
    option(options! { remote_trace_sync_peers: 2 }, key, "2", kind);
    let both = options! { remote_trace_sync_peers: 2, remote_trace_sync_interval: secs(1.0) };
    assert_eq!(errors(both, &[]), []);
}

#[test]
fn tls_needs_certificates() {
    let missing = |needed_by: &str| {
        let kind = Kind::NeededForTls { needed_by: needed_by.into() };
        [NodeConfigError { key: "tls".into(), value: None, kind }]
    };
    assert_eq!(errors(options! { listen_ssl: true }, &[]), missing("listen_ssl"));
    let tls = PeerConfig { ssl: true, ..sensor() };
    let found = errors(Options::default(), &[("a", sensor()), ("b", tls)]);
    assert_eq!(found, missing("nodes.b.ssl"));
}

#[test]
fn texts_must_not_contain_nul() {
    let kind = Kind::ContainsNul { at: 1 };
    let nul = Bytes::from_static(b"a\0");
    let options = options! { peer_description: nul.clone().into() };
    option(options, "peer_description", "\"a\\x00\"", kind.clone());
    let options = options! { default_capture_filter: nul.clone() };
    option(options, "default_capture_filter", "\"a\\x00\"", kind.clone());
    entry(PeerConfig { class: Some(nul.clone()), ..sensor() }, "class", "\"a\\x00\"", kind.clone());
    entry(
        PeerConfig { capture_filter: Some(nul), ..sensor() },
        "capture_filter",
        "\"a\\x00\"",
        kind,
    );
}

#[test]
fn bounds_must_not_be_zero() {
    let queue =
        |events, bytes| Queue { bound: Bound::new(events, bytes), ..Options::default().outgoing };
    let zero = Kind::ZeroBound;
    option(options! { outgoing: queue(0, 1) }, "outgoing.events", "0", zero.clone());
    option(options! { incoming: queue(1, 0) }, "incoming.bytes", "0", zero.clone());
    let total = options! { outgoing_total: Bound::new(1, 0) };
    option(total, "outgoing_total.bytes", "0", zero.clone());
    let total = options! { incoming_total: Bound::new(0, 1) };
    option(total, "incoming_total.events", "0", zero.clone());
    let fairness = options! { max_remote_events_processed: 0 };
    option(fairness, "max_remote_events_processed", "0", zero.clone());
    option(options! { cache_size: 0 }, "cache_size", "0", zero.clone());
    let kept = |bound| PeerConfig { store_and_forward: Some(bound), retry: secs(1.0), ..sensor() };
    entry(kept(Bound::new(0, 1)), "store_and_forward.events", "0", zero.clone());

    let mut options = Options::default();
    options.serial_limits.cache = 0;
    option(options, "serial_limits.cache", "0", zero);
    let mut options = Options::default();
    options.wire_limits.message = 1023;
    option(options, "wire_limits.message", "1023", Kind::LowBound { least: 1024 });
    let mut options = Options::default();
    options.serial_limits.depth = 3;
    option(options, "serial_limits.depth", "3", Kind::LowBound { least: 4 });
}

#[test]
fn backoff_must_be_valid() {
    let growing = |factor, max, jitter| {
        options! { retry_backoff: Some(Backoff { factor, max: secs(max), jitter }) }
    };
    for factor in [0.9, f64::NAN, f64::INFINITY] {
        let (key, value) = ("retry_backoff.factor", factor.to_string());
        option(growing(factor, 60.0, 0.5), key, &value, Kind::BackoffFactor);
    }
    for jitter in [-0.1, 1.1, f64::NAN] {
        let (key, value) = ("retry_backoff.jitter", jitter.to_string());
        option(growing(2.0, 60.0, jitter), key, &value, Kind::BackoffJitter);
    }
    let nodes = [("a", PeerConfig { retry: secs(60.0), ..sensor() })];
    assert_eq!(errors(growing(1.0, 60.0, 1.0), &nodes), []);
    let kind = Kind::BackoffMax { key: "nodes.a.retry".into(), retry: "60 secs".into() };
    let (key, value) = ("retry_backoff.max".into(), Some("59 secs".into()));
    assert_eq!(errors(growing(1.0, 59.0, 0.0), &nodes), [NodeConfigError { key, value, kind }]);
}

#[test]
fn keep_alive_must_be_in_the_range_of_systems() {
    let kept = |idle, interval, probes| {
        let (idle, interval) = (secs(idle), secs(interval));
        options! { keep_alive: Some(KeepAlive { idle, interval, probes }) }
    };
    let seconds = Kind::KeepAlive { least: 1, greatest: 32_767, unit: "seconds" };
    option(kept(0.5, 1.0, 1), "keep_alive.idle", "0.5 secs", seconds.clone());
    option(kept(1.0, 32_768.0, 1), "keep_alive.interval", "32768 secs", seconds);
    let probes = Kind::KeepAlive { least: 1, greatest: 127, unit: "numbers" };
    option(kept(1.0, 1.0, 0), "keep_alive.probes", "0", probes);
    assert_eq!(errors(kept(1.0, 32_767.0, 127), &[]), []);
}

#[test]
fn entries_have_unique_names_and_valid_hosts() {
    let twice = [("a", sensor()), ("b", sensor()), ("a", sensor()), ("", sensor())];
    let found = errors(Options::default(), &twice);
    let error = |key: &str, kind| NodeConfigError {
        key: key.into(),
        value: Some("192.0.2.1".into()),
        kind,
    };
    assert_eq!(found, [error("nodes.a", Kind::DuplicateNode), error("nodes.", Kind::NodeName)]);
    for address in ["0.0.0.0", "::", "224.0.0.1", "ff02::1"] {
        entry(node(address), "host", address, Kind::NoPeerAddress);
    }
}

#[test]
fn options_that_need_connect_retry_or_sync_require_it() {
    let waits = PeerConfig { retry: secs(5.0), ..node("192.0.2.1") };
    entry(waits, "retry", "5 secs", Kind::RetryWithoutConnect);
    let short = PeerConfig { retry: secs(0.5), ..sensor() };
    entry(short, "retry", "0.5 secs", Kind::RetryBelowSecond);
    entry(PeerConfig { auth: true, ..sensor() }, "auth", "true", Kind::AuthWithoutSync);
    let kept = PeerConfig { store_and_forward: Some(Bound::new(7, 1)), ..sensor() };
    entry(kept.clone(), "store_and_forward", "7 events", Kind::StoreWithoutRetry);
    let kept = [("a", PeerConfig { retry: secs(1.0), ..kept })];
    assert_eq!(errors(Options::default(), &kept), []);
}

#[test]
fn a_silent_peer_must_be_pinged_before_it_is_disconnected() {
    let alive = |ping, close| {
        let liveness = Liveness { ping_after: secs(ping), close_after: secs(close) };
        PeerConfig { liveness: Some(liveness), ..sensor() }
    };
    let kind = Kind::CloseBeforePing { ping_after: "9 secs".into() };
    entry(alive(9.0, 9.0), "liveness.close_after", "9 secs", kind);
    entry(alive(0.0, 9.0), "liveness.ping_after", "0 secs", Kind::ZeroTime);
    assert_eq!(errors(Options::default(), &[("a", alive(9.0, 9.5))]), []);
}

#[test]
fn all_errors_are_reported_in_the_order_of_the_fields() {
    let options = options! {
        cache_size: 0, compression_level: 11, listen_retry: Duration::ZERO, listen_port: 0,
        listen_ssl: true,
    };
    let a = PeerConfig { auth: true, p: Some(0), compression: Some(12), ..node("fe80::1") };
    let b = PeerConfig { retry: secs(0.5), ..sensor() };
    let keys: Vec<String> =
        errors(options, &[("a", a), ("b", b)]).into_iter().map(|error| error.key).collect();
    assert_eq!(
        keys,
        [
            "listen_port",
            "listen_retry",
            "compression_level",
            "tls",
            "cache_size",
            "nodes.a.zone_id",
            "nodes.a.p",
            "nodes.a.auth",
            "nodes.a.compression",
            "nodes.b.retry",
        ]
    );
}

#[test]
fn probable_mistakes_are_warnings() {
    let warnings = |configuration: &NodeConfig| {
        configuration.warnings().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        warnings(&NodeConfig::default()),
        ["listen = false: the node neither listens nor connects to any peer"]
    );
    let events = |pattern: &str| PeerConfig { events: Some(pattern.parse().unwrap()), ..sensor() };
    let mut declarations = Declarations::new();
    declarations.read("ping(count); pong(count);").unwrap();
    let mut configuration = configured(
        options! { outgoing_total: Bound::new(9, 1 << 30) },
        &[
            ("a", events("p.ng")),
            ("b", events("M::.*")),
            ("c", PeerConfig { accept_input: false, sync: true, ..events("ping") }),
            ("d", node("192.0.2.1")),
            ("e", PeerConfig { retry: secs(1.5), ..events("undeclared") }),
        ],
    );
    configuration.declarations = Arc::new(declarations);
    assert_eq!(
        warnings(&configuration),
        [
            "outgoing_total.events = 9: less than `outgoing.events = 10000`, which can never be reached",
            "nodes.b.events = \"M::.*\": none of the 2 declared events matches, so none is requested",
            "nodes.c.events = \"ping\": all input is dropped, because `accept_input` is false",
            "nodes.c.sync = true: all input is dropped, because `accept_input` is false",
            "nodes.d.host = 192.0.2.1: never used, because the earlier `nodes.a` is for the same peers",
            "nodes.d.connect = false: the peer cannot connect to this node, because `listen` is false",
            "nodes.e.events = \"undeclared\": none of the 2 declared events matches, so none is requested",
            "nodes.e.retry = 1.5 secs: only whole seconds count",
        ]
    );
    let mut bare = configured(Options::default(), &[("a", events("p.*")), ("b", events("ping"))]);
    assert_eq!(bare.warnings().len(), 2);
    // Names need no declarations if undeclared events are delivered.
    bare.options.undeclared = Undeclared::Deliver;
    assert_eq!(bare.warnings().len(), 1);
    assert_eq!(bare.warnings()[0].kind, super::error::ConfigurationWarningKind::NothingDeclared);
}
