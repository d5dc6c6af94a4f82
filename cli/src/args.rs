//! The command line.

use clap::{Parser, Subcommand};

use crate::{
    bench, cluster, config, connect, control, decode, demo, doctor, listen, logging, logs, manual,
    ping, print, replay, request, run, send, state, tail,
};

/// Looks into, and takes part in, sessions of Bro's communication framework.
///
/// Bro 2.5 sensors and Broccoli clients exchange events, state and logs over 47757/tcp. This program
/// is such a peer itself, and shows what sessions carry.
#[derive(Debug, Parser)]
#[command(name = "brocomm", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) logging: logging::Logging,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm decode session.jsonl                  one line per message
  brocomm decode --json session.jsonl.gz | jq   the same for programs
  brocomm decode --summary *.jsonl              what a session consists of
  brocomm decode session.pcap                   the same from a capture of packets
  brocomm listen --event 'ping(count)'          show what peers send, ping events above all
  brocomm run node.toml                         a whole node with its peers
  brocomm logs sensor --write logs              write the logs that a peer sends
  brocomm state get sensor hits --declarations vars.bro
                                                what the variables of a peer hold
  brocomm send sensor 'ping(7)'                 send an event
  brocomm config example > node.toml            a configuration to begin with
  brocomm doctor sensor                         what is wrong with a peer
  brocomm cluster show node.cfg                 who talks to whom in a cluster of Bros
  brocomm bench sensor                          how many events it answers, and how fast
  brocomm demo                                  see it work, without any peer

Exit codes:
  0  everything went well
  1  something failed, or could not be decoded
  2  the command line is wrong";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Decode(decode::Args),
    Listen(listen::Args),
    Connect(connect::Args),
    Run(run::Args),
    Send(send::Args),
    Ping(ping::Args),
    Bench(bench::Args),
    Logs(logs::Args),
    Tail(tail::Args),
    Print(print::Args),
    State(state::Args),
    Replay(replay::Args),
    Config(config::Args),
    Doctor(doctor::Args),
    Control(control::Args),
    Request(request::Args),
    Cluster(cluster::Args),
    Demo(demo::Args),
    Completions(manual::Completions),
    Man(manual::Man),
}

#[cfg(test)]
mod tests;
