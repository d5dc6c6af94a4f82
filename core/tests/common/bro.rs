//! Nodes configured as a Bro was in a recording.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use brocomm::data::{Declarations, EventDecl, Field, Name, Type};
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::wire::Message;
use brocomm::node::{NodeConfig, Options, PeerConfig};
use regex::Regex;

use super::Seen;

/// Returns what the first group of a pattern matches.
fn find(pattern: &str, text: &str) -> Option<String> {
    // Compiling a pattern takes longer than searching all scripts.
    static PATTERNS: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);
    let mut patterns = PATTERNS.lock().unwrap();
    let compile = || Regex::new(pattern).expect("the test's own pattern");
    let compiled = patterns.entry(pattern.to_owned()).or_insert_with(compile);
    Some(compiled.captures(text)?[1].to_owned())
}

/// Returns the configuration that a Bro script makes, from the script and what both sides of the
/// recording sent, the connector first. Supports what the recordings' scripts use.
pub(crate) fn configuration(script: &str, seen: &[Seen; 2]) -> NodeConfig {
    let option =
        |name: &str| find(&format!(r"redef (?:Communication::)?{name} = ([^;]+);"), script);
    let entry = find(r"redef Communication::nodes \+= \{ \[.peer.\] = \[(.*)\] \};", script)
        .expect("every script has one node");
    let field = |name: &str| find(&format!(r#"\${name}=("[^"]*"|/[^/]*/|[^,\]]+\]?)"#), &entry);
    let flag = |name: &str| field(name).as_deref() == Some("T");
    let text = |name: &str| field(name).map(|text| text.trim_matches('"').to_owned());
    let seconds = |text: String| {
        let number: f64 = text.trim_end_matches(|c: char| c.is_alphabetic()).parse().unwrap();
        Duration::from_secs_f64(number)
    };
    let host = field("host").expect("every node has a host");
    let node = PeerConfig {
        p: field("p").map(|p| p.trim_end_matches("/tcp").parse().unwrap()),
        class: text("class").map(Into::into),
        events: field("events").map(|events| events.parse().unwrap()),
        connect: flag("connect"),
        retry: field("retry").map_or(Duration::ZERO, seconds),
        sync: flag("sync"),
        auth: flag("auth"),
        request_logs: flag("request_logs"),
        capture_filter: text("capture_filter").map(Into::into),
        compression: field("compression").map(|level| level.parse().unwrap()),
        ..PeerConfig::new(host.trim_matches(['[', ']']).parse().unwrap())
    };
    let options = Options {
        listen: script.contains("@load frameworks/communication/listen"),
        listen_port: option("listen_port")
            .map_or(47757, |p| p.trim_end_matches("/tcp").parse().unwrap()),
        listen_ipv6: option("listen_ipv6").as_deref() == Some("T"),
        remote_trace_sync_interval: option("remote_trace_sync_interval")
            .map_or(Duration::ZERO, seconds),
        remote_trace_sync_peers: option("remote_trace_sync_peers")
            .map_or(0, |n| n.parse().unwrap()),
        data_format: seen[0].config.data_format,
        ..Options::default()
    };
    NodeConfig {
        options,
        nodes: vec![("peer".to_owned(), node)],
        declarations: Arc::new(declared(seen)),
    }
}

/// Declares every event that either side requested or called, so that each pattern also has events
/// that it does not match.
fn declared(both: &[Seen; 2]) -> Declarations {
    let mut declarations = Declarations::new();
    for seen in both {
        for message in &seen.messages {
            let Message::RequestEvents(names) = message else { continue };
            for name in names.iter() {
                let name: Name = bytes::Bytes::copy_from_slice(name).into();
                declarations.add_event(EventDecl::new(name, Vec::new()));
            }
        }
    }
    for serial in both.iter().flat_map(|seen| &seen.serials) {
        if let Serial::Event(event) = serial {
            let params = event.args.iter().map(|_| Field::new("arg", Type::ANY)).collect();
            declarations.add_event(EventDecl::new(event.name.clone(), params));
        }
    }
    declarations
}
