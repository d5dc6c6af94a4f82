//! `brocomm config import`: converts the communication settings in Bro scripts to a configuration.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;

use brocomm::data::{Declarations, Record, Value};

use super::quote::toml_string as string;
use crate::failure::{Failure, misused, reason, warn};
use crate::scripts::Scripts;

/// Declarations of the Communication framework's options that scripts set, with Bro's defaults.
const DECLARATIONS: &str = include_str!("communication.bro");

/// Prints a configuration with the entries and options of a script.
pub(super) fn import(file: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    let shown = file.display();
    let text = fs::read(file)
        .map_err(|error| misused(format_args!("{shown}: cannot read it: {}", reason(&error))))?;
    let text = String::from_utf8_lossy(&text);
    let mut declared = Declarations::new();
    declared.read(DECLARATIONS).map_err(|error| misused(format_args!("{error}")))?;
    let known = declared.events.len();
    let mut scripts = Scripts::lenient();
    scripts.add(file, &text, &mut declared).map_err(|error| {
        misused(format_args!("{shown}:{}:{}: {}", error.line, error.column, error.reason()))
    })?;
    let (nodes, listens) = (entries(&declared), loads_listen(&text));
    if nodes.is_empty() && !listens {
        warn(format_args!(
            "{shown}: warning: it adds nothing to `Communication::nodes`, and does not load \
             `frameworks/communication/listen`"
        ));
    }
    let mut toml = format!("# The settings of Bro's Communication framework in {shown}.\n");
    // Writing to a string can't fail.
    let _ = options(&declared, listens, &mut toml);
    if declared.events.len() > known {
        let _ = writeln!(toml, "declaration_files = [{}]", string(&shown.to_string()));
    }
    for (name, record) in nodes {
        let _ = entry(&name, record, &mut toml);
    }
    Ok(out.write_all(toml.as_bytes())?)
}

/// Returns whether a script makes a Bro listen.
fn loads_listen(text: &str) -> bool {
    let mut lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let scripts = ["communication/listen", "frameworks/control/controllee"];
    lines.any(|line| {
        let loaded = line.trim().strip_prefix("@load ").unwrap_or_default().trim();
        let loaded = loaded.trim_end_matches(".bro");
        scripts.iter().any(|script| loaded.ends_with(script))
    })
}

/// Returns the entries of `Communication::nodes`, in the order of the script.
fn entries(declared: &Declarations) -> Vec<(String, &Record)> {
    let nodes = declared.globals.get("Communication::nodes");
    let Some(Value::Table(table)) = nodes.and_then(|global| global.init.as_ref()) else {
        return Vec::new();
    };
    let entries = table.entries.iter().filter_map(|entry| {
        let [Value::String(name)] = &entry.index.items[..] else { return None };
        let Some(Value::Record(record)) = &entry.value else { return None };
        Some((String::from_utf8_lossy(name).into_owned(), &**record))
    });
    entries.collect()
}

fn options(declared: &Declarations, listens: bool, toml: &mut String) -> std::fmt::Result {
    let value = |name: &str| declared.globals.get(name)?.init.as_ref();
    if let Some(Value::String(name)) = value("peer_description") {
        writeln!(toml, "peer_description = {}", string(&String::from_utf8_lossy(name)))?;
    }
    writeln!(toml, "listen = {listens}")?;
    for (name, key) in [
        ("Communication::listen_interface", "listen_interface"),
        ("Communication::listen_port", "listen_port"),
        ("Communication::listen_ssl", "listen_ssl"),
        ("Communication::listen_ipv6", "listen_ipv6"),
        ("Communication::listen_ipv6_zone_id", "listen_ipv6_zone_id"),
        ("Communication::listen_retry", "listen_retry"),
        ("Communication::compression_level", "compression_level"),
        ("forward_remote_events", "forward_remote_events"),
        ("forward_remote_state_changes", "forward_remote_state_changes"),
        ("remote_check_sync_consistency", "remote_check_sync_consistency"),
        ("ssl_ca_certificate", "ssl_ca_certificate"),
        ("ssl_private_key", "ssl_private_key"),
        ("ssl_passphrase", "ssl_passphrase"),
    ] {
        if let Some(text) = value(name).and_then(toml_value) {
            writeln!(toml, "{key} = {text}")?;
        }
    }
    Ok(())
}

fn entry(name: &str, record: &Record, toml: &mut String) -> std::fmt::Result {
    writeln!(toml, "\n[nodes.{}]", string(name))?;
    let is_on = |key: &str| matches!(record.get(key), Some(Value::Bool(true)));
    for key in ["host", "zone_id", "p", "class", "events", "connect", "retry", "accept_input"] {
        let is_default = match (key, record.get(key)) {
            ("zone_id", Some(Value::String(text))) => text.is_empty(),
            ("connect", Some(Value::Bool(on))) => !on,
            ("accept_input", Some(Value::Bool(on))) => *on,
            ("retry", Some(Value::Interval(retry))) => *retry < 1.0,
            // Only an entry that connects needs a port.
            ("p", _) => !is_on("connect"),
            _ => false,
        };
        if let (false, Some(text)) = (is_default, record.get(key).and_then(toml_value)) {
            writeln!(toml, "{key} = {text}")?;
        }
    }
    if let Some(text) = record.get("compression").and_then(toml_value) {
        writeln!(toml, "compression = {text}")?;
    }
    for key in ["sync", "request_logs", "auth", "ssl"] {
        if is_on(key) {
            writeln!(toml, "{key} = true")?;
        }
    }
    match record.get("capture_filter").and_then(toml_value) {
        Some(filter) => writeln!(toml, "capture_filter = {filter}"),
        None => Ok(()),
    }
}

/// Formats a value for the configuration.
fn toml_value(value: &Value) -> Option<String> {
    Some(match value {
        Value::Bool(on) => on.to_string(),
        Value::Count(number) => number.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Port(port) => port.number.to_string(),
        Value::Interval(seconds) => seconds.to_string(),
        Value::Addr(addr) => format!("\"{addr}\""),
        Value::String(text) => string(&String::from_utf8_lossy(text)),
        Value::Pattern(pattern) => {
            // Bro puts its anchors for whole strings around it.
            let exact = String::from_utf8_lossy(&pattern.exact).into_owned();
            let bare = exact.strip_prefix("^?(").and_then(|text| text.strip_suffix(")$?"));
            string(&format!("/{}/", bare.unwrap_or(&exact)))
        }
        _ => return None,
    })
}
