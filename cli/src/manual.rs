//! `brocomm completions` and `brocomm man`: what shells and `man` want to know of the program.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::failure::{Failure, failed, reason};

/// Prints the completions of commands and options for a shell.
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
  0  they were printed
  2  the command line is wrong";

/// Writes a manual page for each command.
#[derive(Debug, clap::Args)]
#[command(after_help = MAN_HELP)]
pub(crate) struct Man {
    /// The folder to write them into; it is made if it isn't there.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

const MAN_HELP: &str = "\
Examples:
  brocomm man ~/.local/share/man/man1

Exit codes:
  0  they were written
  1  they could not be written
  2  the command line is wrong";

/// Prints the completions.
pub(crate) fn completions(args: &Completions, out: &mut dyn Write) -> Result<(), Failure> {
    // It panics where it can't write.
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
