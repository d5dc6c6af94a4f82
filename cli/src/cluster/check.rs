//! `brocomm cluster check`: runs the checks of `brocomm doctor` for each node.

use std::io::Write;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::show::table;
use super::{Files, Member};
use crate::config::suggestion;
use crate::doctor::{Finding, examine};
use crate::failure::{Failure, misused};
use crate::session::timeout;
use crate::tls::Tls;

/// Connects to all nodes of a cluster at once, as `brocomm doctor` does, and prints a table.
///
/// Changes nothing. A node is BAD if it cannot be reached, or if it has no entry for this host with
/// the class, so run this where BroControl runs.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(flatten)]
    files: Files,

    /// Names of nodes, or all, manager, loggers, proxies, workers; all by default.
    #[arg(value_name = "NODE")]
    nodes: Vec<String>,

    /// The class to send. A Bro uses it to choose the entry in its `Communication::nodes`.
    #[arg(long, default_value = "control")]
    class: String,

    /// The time limit for each step, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = timeout,
        allow_negative_numbers = true)]
    timeout: Duration,

    /// Print one JSON object per node: node, type, address, finding ("ok", "note" or "BAD") and
    /// findings, the lines of `brocomm doctor --json`.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    tls: Tls,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm cluster check node.cfg
  brocomm cluster check node.cfg workers --json

Exit codes:
  0  no node is BAD; there may be notes
  1  a node is BAD
  2  the command line is wrong, or FILE has errors, which are listed on standard error";

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let cluster = args.files.load()?;
    let members = cluster.select(&args.nodes).map_err(|name| {
        let known: Vec<&str> = cluster.members.iter().map(|member| &*member.name).collect();
        let hint = suggestion(&name, &known);
        misused(format_args!("{}: no node is named {name}{hint}", args.files.file.display()))
    })?;
    // Errors in files are reported once.
    args.tls.read()?;
    let examined = |member: &Member| {
        examine(&member.address.to_string(), &args.class, args.timeout, args.tls.clone())
    };
    let results: Vec<(&Member, Vec<Finding>)> = thread::scope(|scope| {
        let mut threads = Vec::new();
        for &member in &members {
            let examined = &examined;
            let thread = thread::Builder::new().spawn_scoped(scope, move || examined(member));
            threads.push((member, thread));
        }
        let mut results = Vec::new();
        for (member, thread) in threads {
            let lost = |why: String| vec![Finding::bad("connection", why)];
            let findings = match thread {
                Ok(thread) => thread.join().unwrap_or_else(|_| lost("it was not checked".into())),
                Err(error) => lost(format!("cannot start a thread for it: {error}")),
            };
            results.push((member, findings));
        }
        results
    });
    let mut rows = vec![["NODE", "TYPE", "ADDRESS", "FINDING", ""].map(str::to_owned)];
    let mut result = Ok(());
    for (member, findings) in &results {
        let worst = |kind: &str| findings.iter().find(|finding| finding.kind == kind);
        let worst = worst("BAD").or_else(|| worst("note"));
        let kind = worst.map_or("ok", |finding| finding.kind.as_str());
        if kind == "BAD" {
            result = Err(Failure::Reported);
        }
        let (address, role) = (member.address.to_string(), member.role.to_string());
        if args.json {
            let findings: Vec<_> = findings.iter().map(|finding| &finding.line).collect();
            let line = json!({ "node": member.name, "type": role, "address": address,
                "finding": kind, "findings": findings });
            writeln!(out, "{line}")?;
        } else {
            let text = worst.map(|finding| format!("{}: {}", finding.step, finding.text));
            let text = text.unwrap_or_default();
            rows.push([member.name.clone(), role, address, kind.to_owned(), text]);
        }
    }
    if !args.json {
        table(&rows, out)?;
    }
    result
}
