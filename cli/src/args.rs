//! The command line.

use clap::{Parser, Subcommand};

use crate::{
    config, connect, decode, doctor, listen, logging, logs, manual, ping, print, replay, run, send,
    state, tail,
};

/// Looks into, and takes part in, sessions of Bro's communication framework.
///
/// Bro 2.x sensors and Broccoli clients exchange events, state and logs over 47757/tcp. This program
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
    Logs(logs::Args),
    Tail(tail::Args),
    Print(print::Args),
    State(state::Args),
    Replay(replay::Args),
    Config(config::Args),
    Doctor(doctor::Args),
    /// Lets two nodes talk on this machine, shows what crosses the wire, and judges it.
    ///
    /// Needs nothing outside: both nodes are in this program, on the loopback interface. They
    /// exchange a class, requests for events, a capture filter, compression and hundreds of events
    /// of many types in both directions.
    #[command(after_help = DEMO_HELP)]
    Demo,
    Completions(manual::Completions),
    Man(manual::Man),
}

const DEMO_HELP: &str = "\
Exit codes:
  0  everything arrived, in order and unchanged
  1  something did not";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Calls with the name and the command for each that does something.
    fn each(command: &clap::Command, name: &str, call: &mut impl FnMut(&str, &clap::Command)) {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let name = format!("{name} {}", sub.get_name());
            if sub.has_subcommands() {
                each(sub, &name, call);
            } else {
                call(&name, sub);
            }
        }
    }

    /// The files of the tests that run the program.
    fn tests() -> Vec<String> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let sources = files.filter(|path| path.extension().is_some_and(|rs| rs == "rs"));
        sources.map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_tells_its_exit_codes() {
        each(&Cli::command(), "brocomm", &mut |name, command| {
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("Exit codes:\n"), "{name}");
        });
    }

    #[test]
    fn every_option_is_tested() {
        let (tests, mut untested) = (tests(), Vec::new());
        each(&Cli::command(), "brocomm", &mut |name, command| {
            // A test gives an option where its file has both, the command and the option.
            let word = format!("\"{}\"", command.get_name());
            let tests: Vec<&String> = tests.iter().filter(|test| test.contains(&word)).collect();
            if tests.is_empty() {
                untested.push(name.to_owned());
            }
            for arg in command.get_arguments().filter(|arg| !arg.is_positional()) {
                let long = arg.get_long().map(|long| format!("--{long}"));
                let short = arg.get_short().map(|short| format!("-{short}"));
                let is_in = |option: &String| {
                    let forms = [format!("\"{option}\""), format!("\"{option}=")];
                    forms.iter().any(|form| tests.iter().any(|test| test.contains(form)))
                };
                if !long.iter().chain(&short).any(is_in) {
                    untested.push(format!("{name} {}", long.or(short).unwrap_or_default()));
                }
            }
        });
        assert_eq!(untested, [""; 0]);
    }
}
