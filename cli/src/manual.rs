//! `brocomm completions` and `brocomm man`: shell completions and manual pages.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::failure::{Failure, failed, reason};

/// Prints shell completions.
#[derive(Debug, clap::Args)]
#[command(after_help = COMPLETIONS_HELP)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

const COMPLETIONS_HELP: &str = "\
Examples:
  brocomm completions bash > ~/.local/share/bash-completion/completions/brocomm

Exit codes:
  0  the completions were printed
  2  the command line is wrong";

/// Writes manual pages, one per command.
#[derive(Debug, clap::Args)]
#[command(after_help = MAN_HELP)]
pub(crate) struct Man {
    /// The directory for the pages. It is created if needed.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

const MAN_HELP: &str = "\
Examples:
  brocomm man ~/.local/share/man/man1

Exit codes:
  0  the pages were written
  1  the pages could not be written
  2  the command line is wrong";

/// Prints the completions.
pub(crate) fn completions(args: &Completions, out: &mut dyn Write) -> Result<(), Failure> {
    // The generator panics on write errors, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "brocomm", &mut script);
    Ok(out.write_all(&script)?)
}

/// Writes the pages.
pub(crate) fn man(args: &Man) -> Result<(), Failure> {
    let written = fs::create_dir_all(&args.folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), &args.folder));
    written.map_err(|error| {
        failed(format_args!("{}: cannot write: {}", args.folder.display(), reason(&error)))
    })
}
