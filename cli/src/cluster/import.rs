//! `brocomm cluster import`: a configuration for one node of a cluster.

use std::fmt::Write as _;
use std::io::Write;
use std::net::IpAddr;

use super::Files;
use super::entries::{Entry, NOTHING, entries};
use super::model::{Cluster, Member, Role};
use crate::built_in;
use crate::config::{suggestion, toml_string};
use crate::failure::{Failure, misused};

/// Prints a configuration with which `brocomm run` replaces one node.
///
/// It has the entries, classes, events and options that Bro's cluster framework gives a node of
/// this type. As a logger or proxy, brocomm can replace a Bro. As a worker it is a source of events
/// and logs. As the manager it only observes, because it does not run the manager's scripts. As
/// control it connects to all nodes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(flatten)]
    files: Files,

    /// The node to replace; or control, for a controller that connects to all nodes.
    #[arg(long = "as", value_name = "NODE")]
    node: String,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm cluster import node.cfg --as proxy-1 > brocomm.toml

Exit codes:
  0  the configuration was printed
  2  the command line is wrong, or FILE has errors, which are listed on standard error";

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let cluster = args.files.load()?;
    let toml = match cluster.member(&args.node) {
        Some(member) => node(&cluster, member),
        None if args.node == "control" => controller(&cluster),
        None => {
            let names = cluster.members.iter().map(|member| &*member.name);
            let names: Vec<&str> = names.chain(["control"]).collect();
            let hint = suggestion(&args.node, &names);
            let (file, name) = (args.files.file.display(), &args.node);
            return Err(misused(format_args!("{file}: no node is named {name}{hint}")));
        }
    };
    Ok(out.write_all(toml.as_bytes())?)
}

fn node(cluster: &Cluster, me: &Member) -> String {
    let mut toml = String::new();
    // Writing to a string can't fail.
    let _ = write_node(cluster, me, &mut toml);
    toml
}

fn write_node(cluster: &Cluster, me: &Member, toml: &mut String) -> std::fmt::Result {
    let Member { name, role, address, .. } = me;
    writeln!(toml, "# {name}, a {role}, with the entries that Bro's cluster framework gives it.")?;
    if *role == Role::Manager {
        writeln!(
            toml,
            "# brocomm does not run a manager's scripts: it only observes, and does not answer."
        )?;
    }
    writeln!(toml, "peer_description = {}", toml_string(name))?;
    writeln!(toml, "listen = true")?;
    writeln!(toml, "listen_port = {}", address.port)?;
    if cluster.listen_ipv6 {
        writeln!(toml, "listen_ipv6 = true")?;
    }
    writeln!(toml, "declaration_files = [\"{}\"]", built_in::FILE)?;
    let entries = entries(cluster, me);
    match role {
        Role::Logger | Role::Manager => writeln!(toml, "max_remote_events_processed = 10000")?,
        Role::Proxy => {
            writeln!(toml, "forward_remote_events = false")?;
            // Without workers there is no state to forward.
            if entries.iter().any(|entry| entry.sync) {
                writeln!(toml, "forward_remote_state_changes = true")?;
            }
        }
        Role::Worker | Role::Standalone => {}
    }
    entries.iter().try_for_each(|entry| write_entry(entry, toml))
}

/// Writes the configuration of a node that connects to all others with the class "control".
fn controller(cluster: &Cluster) -> String {
    let mut toml = format!(
        "# A controller of all nodes.\npeer_description = \"control\"\ndeclaration_files = [\"{}\"]\n",
        built_in::FILE
    );
    for member in &cluster.members {
        let entry = Entry {
            other: &member.name,
            address: &member.address,
            connect: true,
            class: Some("control"),
            events: Some("/Control::.*_response/"),
            sync: false,
            auth: false,
            request_logs: false,
        };
        let _ = write_entry(&entry, &mut toml);
    }
    toml
}

fn write_entry(entry: &Entry<'_>, toml: &mut String) -> std::fmt::Result {
    let Entry { other, address, connect, class, events, sync, auth, request_logs } = *entry;
    writeln!(toml, "\n[nodes.{}]", toml_string(other))?;
    writeln!(toml, "host = \"{}\"", address.ip)?;
    // As in Bro, other addresses have no zones.
    let has_zone = match address.ip {
        IpAddr::V6(ip) => matches!(ip.segments(), [0xfe80..=0xfeff, ..]),
        IpAddr::V4(_) => false,
    };
    if has_zone && !address.zone_id.is_empty() {
        writeln!(toml, "zone_id = {}", toml_string(&address.zone_id))?;
    }
    if let Some(class) = class {
        writeln!(toml, "class = {}", toml_string(class))?;
    }
    if connect {
        writeln!(toml, "p = {}\nconnect = true\nretry = \"1 min\"", address.port)?;
    }
    // Bro's pattern that matches no event requests nothing.
    if let Some(events) = events.filter(|events| *events != NOTHING) {
        writeln!(toml, "events = {}", toml_string(events))?;
    }
    for (key, is_on) in [("sync", sync), ("auth", auth), ("request_logs", request_logs)] {
        if is_on {
            writeln!(toml, "{key} = true")?;
        }
    }
    Ok(())
}
