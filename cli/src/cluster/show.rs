//! `brocomm cluster show`: prints the nodes of a cluster and their connections.

use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::json;

use super::entries::{Entry, entries};
use super::model::{Cluster, Member};
use super::{Files, layout, svg};
use crate::failure::{Failure, failed, reason};
use crate::style::{Colors, Tone};

/// Prints the nodes of a cluster, their ports, and what their connections carry.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(flatten)]
    files: Files,

    /// Draw the cluster into this SVG file instead.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "layout"])]
    svg: Option<PathBuf>,

    /// Print the script that BroControl would generate: cluster-layout.bro, or
    /// standalone-layout.bro.
    #[arg(long, conflicts_with = "json")]
    layout: bool,

    /// Print one JSON object per node: node, type, address, interface, logger, manager, proxy, and
    /// entries, those of its `Communication::nodes`.
    #[arg(long)]
    json: bool,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm cluster show node.cfg
  brocomm cluster show node.cfg --svg cluster.svg

Exit codes:
  0  the cluster was printed, or drawn
  1  the file cannot be written
  2  the command line is wrong, or FILE has errors, which are listed on standard error";

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let cluster = args.files.load()?;
    if let Some(file) = &args.svg {
        return std::fs::write(file, svg::draw(&cluster)).map_err(|error| {
            failed(format_args!("{}: cannot write: {}", file.display(), reason(&error)))
        });
    }
    if args.layout {
        return Ok(out.write_all(layout::write(&cluster).as_bytes())?);
    }
    match args.json {
        true => cluster.members.iter().try_for_each(|member| json(&cluster, member, out))?,
        false => text(&cluster, out)?,
    }
    Ok(())
}

/// A connection between two nodes of a cluster.
pub(super) struct Connection<'a> {
    pub(super) from: &'a Member,
    pub(super) to: &'a str,
    pub(super) address: String,
    pub(super) class: &'a str,
    /// What it carries.
    pub(super) logs: bool,
    pub(super) events: bool,
    pub(super) state: bool,
}

/// Returns all connections, each from the node that opens it.
pub(super) fn connections(cluster: &Cluster) -> Vec<Connection<'_>> {
    let mut connections = Vec::new();
    for from in &cluster.members {
        for own in entries(cluster, from).into_iter().filter(|entry| entry.connect) {
            let other = cluster.member(own.other).map(|to| entries(cluster, to));
            let back = other.into_iter().flatten().find(|entry| entry.other == from.name);
            let has = |is: fn(&Entry<'_>) -> bool| is(&own) || back.as_ref().is_some_and(is);
            connections.push(Connection {
                from,
                to: own.other,
                address: own.address.to_string(),
                class: own.class.unwrap_or_default(),
                logs: has(|entry| entry.request_logs),
                events: has(|entry| entry.events.is_some_and(|events| events != "/EMPTY/")),
                state: has(|entry| entry.sync),
            });
        }
    }
    connections
}

impl Connection<'_> {
    /// Describes what the connection carries.
    pub(super) fn carries(&self) -> String {
        let parts = [(self.events, "events"), (self.logs, "logs"), (self.state, "state")];
        let parts: Vec<&str> = parts.iter().filter(|(is, _)| *is).map(|(_, what)| *what).collect();
        if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
    }
}

fn text(cluster: &Cluster, out: &mut dyn Write) -> io::Result<()> {
    let row = |cells: [&str; 5]| cells.map(str::to_owned);
    let mut nodes = vec![row(["NODE", "TYPE", "LISTENS ON", "INTERFACE", "HOST OF CONTROLLERS"])];
    let control =
        cluster.control.as_ref().map(|address| address.ip.to_string()).unwrap_or_default();
    for Member { name, role, address, interface, .. } in &cluster.members {
        let (role, address) = (role.to_string(), address.to_string());
        nodes.push(row([name, &role, &address, interface, &control]));
    }
    table(&nodes, out)?;
    let connections = connections(cluster);
    if connections.is_empty() {
        return Ok(());
    }
    let mut rows = vec![row(["FROM", "TO", "ADDRESS", "CLASS", "CARRIES"])];
    for connection in &connections {
        let carries = connection.carries();
        rows.push(row([
            &connection.from.name,
            connection.to,
            &connection.address,
            connection.class,
            &carries,
        ]));
    }
    writeln!(out)?;
    table(&rows, out)
}

/// Prints rows in aligned columns.
pub(super) fn table<const N: usize>(rows: &[[String; N]], out: &mut dyn Write) -> io::Result<()> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let colors = Colors::of_stdout();
    for (n, row) in rows.iter().enumerate() {
        let last = row.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).take(last).enumerate() {
            let tone = if n == 0 { Tone::Strong } else { Tone::of_finding(cell) };
            let blanks = if column + 1 == last { 0 } else { width + 2 - cell.chars().count() };
            line += &format!("{}{:blanks$}", colors.paint(tone, cell), "");
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn json(cluster: &Cluster, member: &Member, out: &mut dyn Write) -> io::Result<()> {
    let entry = |entry: &Entry<'_>| {
        json!({
            "name": entry.other,
            "host": entry.address.ip.to_string(),
            "port": entry.connect.then_some(entry.address.port),
            "connects": entry.connect,
            "class": entry.class,
            "events": entry.events,
            "sync": entry.sync,
            "auth": entry.auth,
            "requests_logs": entry.request_logs,
        })
    };
    let entries: Vec<_> = entries(cluster, member).iter().map(entry).collect();
    let Member { name, role, address, interface, logger, manager, proxy } = member;
    let line = json!({
        "node": name,
        "type": role.to_string(),
        "address": address.to_string(),
        "interface": interface,
        "logger": logger,
        "manager": manager,
        "proxy": proxy,
        "entries": entries,
    });
    writeln!(out, "{line}")
}
