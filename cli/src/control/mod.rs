//! `brocomm control`: the requests of a controller, as in Bro's `frameworks/control`.

mod answer;
mod ask;
pub(crate) mod client;
mod command;
pub(crate) mod status;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use crate::address;
use crate::cluster;
use crate::config::suggestion;
use crate::failure::{Failure, misused, tell};
use crate::session::{self, timeout};
use crate::tls::Tls;
use answer::Answer;
use client::Client;
use command::{Command, Task};

/// Asks running nodes for values and counters, sets their constants, and shuts them down.
///
/// A node answers if it loads `frameworks/control/controllee`, as all nodes under BroControl do,
/// and if its `Communication::nodes` has an entry with this host and the class "control". All nodes
/// are asked at the same time.
#[derive(Debug, clap::Args)]
#[command(
    after_help = AFTER_HELP,
    subcommand_precedence_over_arg = true,
    override_usage = "brocomm control [OPTIONS] <HOST[:PORT]>... <COMMAND>\n       \
        brocomm control [OPTIONS] --config <FILE> [NODE]... <COMMAND>"
)]
pub(crate) struct Args {
    /// The addresses of the nodes. The default port is 47757. With --config, names of nodes, or
    /// all, manager, loggers, proxies, workers; all by default.
    #[arg(value_name = "HOST[:PORT]|NODE")]
    nodes: Vec<String>,

    /// Take the nodes from this node.cfg, cluster-layout.bro or standalone-layout.bro.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The broctl.cfg with the ports; the one beside node.cfg by default, if there is one.
    #[arg(long, value_name = "FILE", requires = "config")]
    broctl_cfg: Option<PathBuf>,

    /// The class to send. A Bro uses it to choose the entry in its `Communication::nodes`.
    #[arg(long, default_value = "control")]
    class: String,

    /// The time limit for the answer of each node, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = timeout,
        allow_negative_numbers = true, global = true)]
    timeout: Duration,

    /// Print one JSON object per line: node, address, command and what the node answered, or error.
    #[arg(long, global = true)]
    json: bool,

    #[command(flatten)]
    tls: Tls,

    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm control sensor id Site::local_nets
  brocomm control sensor peers
  brocomm control --config node.cfg netstats
  brocomm control --config node.cfg workers set 'Notice::mail_dest = \"admin@example.com\"'

A standalone node under BroControl listens on port 47760.

Exit codes:
  0  all nodes answered
  1  a node failed; standard error names it
  2  the command line, or a file that it names, is wrong";

/// The end of the help of each command.
const EXIT_CODES: &str = "\
Exit codes:
  0  all nodes answered
  1  a node failed; standard error names it
  2  the command line, or a file that it names, is wrong";

/// A node to ask.
struct Target {
    /// Its name in the output.
    name: String,
    address: String,
}

/// Asks all nodes at the same time, and prints their answers in the order of the nodes.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let targets = targets(args)?;
    let task = args.command.task()?;
    let mut config = session::base(Arc::clone(task.declarations()));
    config.class = Some(Bytes::from(args.class.clone()));
    config.tls = args.tls.read()?;
    client::request(&mut config, task.answers());
    let ask = |target: &Target| -> Result<Answer, String> {
        let client = Client::connect(&target.address, config.clone(), args.timeout)?;
        ask::ask(client, &task)
    };
    let is_alone = targets.len() == 1 && args.config.is_none();
    thread::scope(|scope| {
        let asked: Vec<_> = targets
            .iter()
            .map(|target| {
                let ask = || ask(target);
                (target, thread::Builder::new().spawn_scoped(scope, ask))
            })
            .collect();
        let mut result = Ok(());
        for (target, asked) in asked {
            let answer = match asked {
                Ok(thread) => thread.join().unwrap_or_else(|_| Err("asking it failed".into())),
                Err(error) => Err(format!("cannot start a thread for it: {error}")),
            };
            let name = if is_alone { None } else { Some(target.name.as_str()) };
            if args.json {
                print_json(target, &task, &answer, out)?;
            } else if let Ok(answer) = &answer {
                answer.print(name, out)?;
            }
            out.flush()?;
            let failure = match &answer {
                Ok(answer) => answer.failure(),
                Err(why) => Some(why.clone()),
            };
            if let Some(why) = failure {
                tell(format_args!("{}: {why}", target.shown()));
                result = Err(Failure::Reported);
            }
        }
        result
    })
}

fn print_json(
    target: &Target,
    task: &Task,
    answer: &Result<Answer, String>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut line =
        json!({ "node": target.name, "address": target.address, "command": task.name() });
    let more = match answer {
        Ok(answer) => answer.json(),
        Err(why) => json!({ "error": why }),
    };
    if let (serde_json::Value::Object(line), serde_json::Value::Object(mut more)) =
        (&mut line, more)
    {
        line.append(&mut more);
    }
    serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)?;
    Ok(writeln!(out)?)
}

impl Target {
    fn shown(&self) -> String {
        match &self.name {
            name if *name == self.address => name.clone(),
            name => format!("{name} ({})", self.address),
        }
    }
}

/// Returns the nodes to ask.
fn targets(args: &Args) -> Result<Vec<Target>, Failure> {
    let Some(file) = &args.config else {
        if args.nodes.is_empty() {
            return Err(misused(format_args!(
                "no node is named; write `brocomm control HOST[:PORT] …`, or name a node.cfg with \
                 --config"
            )));
        }
        let read = |text: &String| {
            let address =
                address::parse_peer(text).map_err(|why| misused(format_args!("{text}: {why}")))?;
            Ok(Target { name: text.clone(), address })
        };
        return args.nodes.iter().map(read).collect();
    };
    let cluster = cluster::load(file, args.broctl_cfg.as_deref())?;
    let members = cluster.select(&args.nodes).map_err(|name| {
        let known: Vec<&str> = cluster.members.iter().map(|member| &*member.name).collect();
        let hint = suggestion(&name, &known);
        misused(format_args!("{}: no node is named {name}{hint}", file.display()))
    })?;
    // The zone is that of this host.
    let zone_id = cluster.control.as_ref().map(|address| &address.zone_id);
    let target = |member: &&cluster::Member| {
        let mut address = member.address.clone();
        address.zone_id = zone_id.cloned().unwrap_or_default();
        Target { name: member.name.clone(), address: address.to_string() }
    };
    Ok(members.iter().map(target).collect())
}
