//! The command line.

use clap::{Parser, Subcommand};

use crate::{
    bench, bridge, cluster, config, connect, control, decode, demo, doctor, listen, logging, logs,
    manual, ping, print, replay, request, run, send, spool, state, tail, top, zeek,
};

/// Runs, connects to and inspects nodes of Bro's Communication framework.
///
/// Bro 2.5 sensors and Broccoli clients exchange events, state and logs over 47757/tcp. This
/// program can act as such a peer, and decodes captures of their sessions.
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
  brocomm decode --json session.jsonl.gz | jq   the same as JSON
  brocomm decode --summary *.jsonl              statistics of sessions
  brocomm decode session.pcap                   the same for a packet capture
  brocomm listen --event 'ping(count)'          print what peers send, such as ping events
  brocomm run node.toml                         run a node with its peers
  brocomm bridge bridge.toml                    exchange events with a Zeek
  brocomm zeek listen ws://manager:27759        print what a Zeek publishes
  brocomm logs sensor --write logs              write the logs that a peer sends
  brocomm spool read spool                      print what a node has spooled
  brocomm state get sensor hits --declarations vars.bro
                                                print a peer's variable
  brocomm send sensor 'ping(7)'                 send an event
  brocomm config example > node.toml            write an example configuration
  brocomm doctor sensor                         check the connection to a peer
  brocomm cluster show node.cfg                 show the nodes and connections of a Bro cluster
  brocomm top ./brocomm.sock                    watch the peers of a running node
  brocomm bench sensor                          measure a peer's event rate and latency
  brocomm demo                                  run a demonstration without a peer

Exit codes:
  0  success
  1  an operation failed, or something could not be decoded
  2  the command line is wrong";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Decode(decode::Args),
    Listen(listen::Args),
    Connect(connect::Args),
    Run(run::Args),
    Bridge(bridge::Args),
    Zeek(zeek::Args),
    Send(send::Args),
    Ping(ping::Args),
    Bench(bench::Args),
    Logs(logs::Args),
    Tail(tail::Args),
    Spool(spool::Args),
    Print(print::Args),
    State(state::Args),
    Replay(replay::Args),
    Config(config::Args),
    Doctor(doctor::Args),
    Control(control::Args),
    Request(request::Args),
    Cluster(cluster::Args),
    Top(top::Args),
    Demo(demo::Args),
    Completions(manual::Completions),
    Man(manual::Man),
}

#[cfg(test)]
mod tests;
