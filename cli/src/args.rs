//! The command line.

use clap::{Parser, Subcommand};

use crate::decode;

/// Looks into, and takes part in, sessions of Bro's communication framework.
///
/// Bro 2.x sensors and Broccoli clients exchange events, state and logs over 47757/tcp. This program
/// shows what such sessions carry.
#[derive(Debug, Parser)]
#[command(name = "brocomm", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm decode session.jsonl                  one line per message
  brocomm decode --json session.jsonl.gz | jq   the same for programs
  brocomm decode --summary *.jsonl              what a session consists of

Exit codes:
  0  everything went well
  1  something failed, or could not be decoded
  2  the command line is wrong";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Decode(decode::Args),
}
