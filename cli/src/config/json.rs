//! The JSON output of `brocomm config check`.

use std::io::Write;
use std::path::Path;

use brocomm::lowlevel::wire::DataFormat;
use brocomm::node::{NodeConfig, PeerConfig};
use serde_json::{Value, json};

use super::Outputs;
use super::load::{Problem, load_with};
use super::summary::described;
use crate::failure::Failure;

/// Checks a configuration and prints one JSON object.
pub(super) fn check(file: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    let shown = file.display().to_string();
    let mut outputs = Outputs::default();
    match load_with(file, &mut outputs) {
        Ok(configuration) => {
            let warnings = configuration.warnings();
            let warnings = warnings.iter().map(ToString::to_string);
            let of_targets = outputs.zeek.iter().flat_map(|target| {
                let warnings = target.warnings(&configuration.declarations).into_iter();
                warnings.map(|warning| format!("{}: {warning}", target.url))
            });
            let warnings: Vec<String> = warnings.chain(of_targets).collect();
            let peers = configuration.nodes.iter();
            let peers: Vec<Value> =
                peers.map(|(name, entry)| peer(name, entry, &configuration)).collect();
            let object = json!({
                "file": shown,
                "errors": [],
                "warnings": warnings,
                "node": node(&configuration),
                "peers": peers,
            });
            Ok(writeln!(out, "{object}")?)
        }
        Err(problems) => {
            let errors: Vec<Value> = problems.iter().map(problem).collect();
            writeln!(out, "{}", json!({ "file": shown, "errors": errors, "warnings": [] }))?;
            Err(Failure::Usage)
        }
    }
}

fn problem(problem: &Problem) -> Value {
    let Problem { file, place, what } = problem;
    let (line, column) = place.unzip();
    json!({ "file": file.display().to_string(), "line": line, "column": column, "text": what })
}

fn node(configuration: &NodeConfig) -> Value {
    let NodeConfig { options, declarations, .. } = configuration;
    let targets = if options.listen { options.listen_targets() } else { Vec::new() };
    let listens: Vec<String> = targets.iter().map(ToString::to_string).collect();
    json!({
        "description": options.peer_description.to_string(),
        "listens": listens,
        "events": declarations.events.len(),
        "variables": declarations.globals.len(),
        "forwards_events": options.forward_remote_events,
        "forwards_state": options.forward_remote_state_changes,
    })
}

fn peer(name: &str, node: &PeerConfig, configuration: &NodeConfig) -> Value {
    let NodeConfig { options, declarations, .. } = configuration;
    let known = node.events.as_ref().map(|events| {
        let known = declarations.events.keys().filter(|name| events.matches(name));
        known.map(ToString::to_string).collect::<Vec<_>>()
    });
    json!({
        "name": name,
        "host": node.host.to_string(),
        "port": node.connect.then(|| node.p.unwrap_or(options.listen_port)),
        "connects": node.connect,
        "class": node.class.as_ref().map(|class| class.escape_ascii().to_string()),
        "events": known,
        "accepts_input": node.accept_input,
        "sync": node.sync,
        "auth": node.auth,
        "requests_logs": node.request_logs,
        "ssl": node.ssl,
        "compression": node.compression.unwrap_or(options.compression_level),
        "data_format": node.data_format.or(options.data_format).map_or(0, DataFormat::number),
        "summary": described(node, options, configuration),
    })
}
