//! A summary of a configuration.

use std::io::{self, Write};
use std::net::IpAddr;

use brocomm::data::{Declarations, Name, Value};
use brocomm::node::{EventPattern, NodeConfig, Options, PeerConfig};

use super::{Outputs, ZeekTarget};

/// Prints a summary of what a node with this configuration does.
pub(super) fn write(
    configuration: &NodeConfig,
    outputs: &Outputs,
    out: &mut dyn Write,
) -> io::Result<()> {
    let targets = &outputs.zeek;
    let NodeConfig { options, nodes, declarations } = configuration;
    writeln!(out, "This node, `{}`:", options.peer_description)?;
    if options.listen {
        for target in options.listen_targets() {
            writeln!(out, "  listens on {target}")?;
        }
    } else {
        writeln!(out, "  does not listen")?;
    }
    let (events, globals) = (declarations.events.len(), declarations.globals.len());
    writeln!(out, "  declares {}, {}", count(events, "event"), count(globals, "variable"))?;
    let forwards = [
        (options.forward_remote_events, "events"),
        (options.forward_remote_state_changes, "state changes"),
    ];
    for (_, what) in forwards.into_iter().filter(|(on, _)| *on) {
        writeln!(out, "  forwards the {what} of its peers")?;
    }
    if nodes.is_empty() {
        writeln!(out, "\nNo peers are configured: any may connect and request, none may send.")?;
    } else {
        writeln!(out, "\nIts peers (the first match applies):")?;
    }
    for (name, node) in nodes {
        writeln!(out, "  {name}: {}", described(node, options, configuration))?;
    }
    if !targets.is_empty() {
        writeln!(out, "\nThe Zeeks that `brocomm bridge` connects to:")?;
    }
    for target in targets {
        writeln!(out, "  {}: {}", target.url, passed(target, declarations))?;
    }
    if let Some(spool) = &outputs.spool {
        let dir = spool.dir.as_ref().map(|dir| dir.display().to_string());
        writeln!(out, "\nSpools to {}:", dir.as_deref().unwrap_or("the folder of --spool"))?;
        for (what, pattern) in [("events", &spool.events), ("logs", &spool.logs)] {
            let pattern = pattern.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string);
            writeln!(out, "  {what}: {pattern}")?;
        }
    }
    if let Some(kafka) = &outputs.kafka {
        let topic = match kafka.topic_name.as_str() {
            "" => "a topic for each log and event".to_owned(),
            topic => format!("the topic {topic}"),
        };
        sink(format_args!("Kafka {}, {topic}", kafka.brokers.join(", ")), "kafka", out)?;
    }
    if let Some(nats) = &outputs.nats {
        sink(format_args!("NATS {}", nats.servers.join(", ")), "nats", out)?;
    }
    if let Some(parquet) = &outputs.parquet {
        sink(format_args!("Parquet files in {}", parquet.dir.display()), "parquet", out)?;
    }
    Ok(())
}

/// Describes where the spool is sent, and whether this program can do so.
fn sink(target: std::fmt::Arguments<'_>, feature: &str, out: &mut dyn Write) -> io::Result<()> {
    let is_there = match feature {
        "kafka" => cfg!(feature = "kafka"),
        "nats" => cfg!(feature = "nats"),
        _ => cfg!(feature = "parquet"),
    };
    let without = if is_there { "" } else { " (but this program is built without it)" };
    writeln!(out, "Sends the spool to {target}{without}")
}

/// Describes which events are passed between the peers and a Zeek.
fn passed(target: &ZeekTarget, bro: &Declarations) -> String {
    let of_bro = target.events_to_zeek(bro).count();
    let known = |to: &EventPattern, number| format!("{to} ({})", count(number, "known event"));
    let to_zeek = target.to_zeek.as_ref().map(|to| format!("gets {}", known(to, of_bro)));
    let to_bro = target.to_bro.as_ref().map(|to| {
        let names = target.events_to_bro();
        format!("sends {}", known(to, names.filter(|name| to.matches(name)).count()))
    });
    let parts: Vec<String> = [to_zeek, to_bro].into_iter().flatten().collect();
    if parts.is_empty() { "passes nothing".to_owned() } else { parts.join(", ") }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

pub(super) fn described(
    node: &PeerConfig,
    options: &Options,
    configuration: &NodeConfig,
) -> String {
    let class = node.class.as_ref().map(|class| format!(" as \"{}\"", class.escape_ascii()));
    let class = class.unwrap_or_default();
    let zone = node.zone_id.as_ref().map(|zone| format!("%{zone}")).unwrap_or_default();
    let mut parts = vec![if node.connect {
        let port = node.p.unwrap_or(options.listen_port);
        let host = match node.host {
            IpAddr::V6(host) => format!("[{host}{zone}]"),
            host => host.to_string(),
        };
        format!("connects to {host}:{port}{class}")
    } else {
        format!("waits for {}{zone}{class}", node.host)
    }];
    if node.retry.as_secs() > 0 {
        parts.push(format!("again after {}", Value::Interval(node.retry.as_secs_f64())));
    }
    if let Some(events) = &node.events {
        let matching = |name: &&Name| events.matches(name);
        let known = configuration.declarations.events.keys().filter(matching).count();
        parts.push(format!("requests {events} ({})", count(known, "known event")));
    }
    if let Some(filter) = &node.capture_filter {
        let filter = if filter.is_empty() { &options.default_capture_filter } else { filter };
        parts.push(format!("sends the capture filter \"{}\"", filter.escape_ascii()));
    }
    for (on, what) in [
        (!node.accept_input, "accepts nothing from it"),
        (node.sync && !node.auth, "uses its state"),
        (node.sync && node.auth, "sends it our state"),
        (node.request_logs, "requests its logs"),
        (node.ssl, "over TLS"),
    ] {
        if on {
            parts.push(what.to_owned());
        }
    }
    let level = node.compression.unwrap_or(options.compression_level);
    if level > 0 {
        parts.push(format!("compresses at level {level}"));
    }
    if let Some(format) = node.data_format.or(options.data_format) {
        parts.push(format!("uses data format {format} (Bro {})", format.releases()));
    }
    if let Some(bound) = node.store_and_forward {
        parts.push(format!("keeps up to {} events for it", bound.events));
    }
    if node.liveness.is_some() {
        parts.push("pings it".to_owned());
    }
    parts.join(", ")
}
