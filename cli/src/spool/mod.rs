//! `brocomm spool`: inspects a spool.

pub(crate) mod numbers;
mod read;
mod show;
pub(crate) mod spooler;

use std::io::Write;
use std::path::PathBuf;

use crate::failure::{Failure, failed, misused, reason};

/// Shows, reads or verifies a spool, even while a node writes to it.
///
/// `brocomm run --spool DIR` and `brocomm logs --spool DIR` keep events and log entries in a spool:
/// a folder with segments of numbered entries that survives crashes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Prints the segments of a spool and the positions of its readers.
    #[command(after_help = EXIT_CODES)]
    Show {
        /// The folder.
        dir: PathBuf,

        /// Print one JSON object: epoch, segments, readers.
        #[arg(long)]
        json: bool,
    },
    /// Prints the entries of a spool, one JSON line each.
    Read(read::Args),
    /// Checks all entries of a spool, and prints what is damaged or missing.
    #[command(after_help = VERIFY_EXIT_CODES)]
    Verify {
        /// The folder.
        dir: PathBuf,
    },
}

const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  the spool cannot be read
  2  the command line is wrong, or the folder has no spool";

const VERIFY_EXIT_CODES: &str = "\
Exit codes:
  0  all entries are intact, and none is missing
  1  an entry is damaged or missing, or the spool cannot be read
  2  the command line is wrong, or the folder has no spool";

/// Runs the command.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    match &args.command {
        Command::Show { dir, json } => show::show(dir, *json, out),
        Command::Read(args) => read::run(args, out),
        Command::Verify { dir } => show::verify(dir, out),
    }
}

/// Checks that a folder has a spool.
fn check(dir: &std::path::Path) -> Result<(), Failure> {
    match dir.join("identity").try_exists() {
        Ok(true) => Ok(()),
        Ok(false) => Err(misused(format_args!("{}: there is no spool", dir.display()))),
        Err(error) => Err(cannot_read(dir, &error)),
    }
}

fn cannot_read(dir: &std::path::Path, error: &std::io::Error) -> Failure {
    failed(format_args!("spool {}: cannot read: {}", dir.display(), reason(error)))
}
