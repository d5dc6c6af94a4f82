//! `brocomm config`: checks the file of a node, or shows an example of one.

mod import;
mod json;
mod load;
mod quote;
mod reader;
mod reference;
mod summary;
mod tables;
#[cfg(test)]
mod tests;
mod tls;
mod values;

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::built_in;
use crate::failure::{Failure, failed, misused, tell, warn};
use brocomm::node::NodeConfig;
use load::load;
pub(crate) use quote::toml_string;
pub(crate) use reader::suggestion;

/// Checks or explains the file that `brocomm run` reads.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Returns what a node with this configuration would do, or all that is wrong with it.
    ///
    /// Of what is wrong each line says where, and what would be right.
    #[command(after_help = EXIT_CODES)]
    Check {
        /// The configuration, in TOML.
        file: PathBuf,

        /// Print one JSON object: file; errors: [{file, line, column, text}, …], of which line and
        /// column may be null; warnings; and, unless there are errors, node and peers.
        #[arg(long)]
        json: bool,
    },
    /// Prints a configuration with the entries and options that a script of Bro sets.
    ///
    /// Reads `redef Communication::nodes += {…}` and the options of the Communication framework from
    /// a script such as local.bro, with what it loads from beside it and from the folders in BROPATH.
    /// What else it redefines, and what it does, is passed over.
    #[command(after_help = IMPORT_HELP)]
    Import {
        /// The script.
        file: PathBuf,
    },
    /// Prints the declarations of Bro 2.5's types, events and synchronized variables.
    ///
    /// They are built in: where there is no such file, the name bro-2.5.bro in `declaration_files` or
    /// --declarations means them.
    #[command(after_help = PRINT_EXIT_CODES)]
    Declarations,
    /// Prints a configuration with every key, its default and its meaning.
    #[command(after_help = PRINT_EXIT_CODES)]
    Example,
    /// Prints what each key means, of which type it is, and its default, in Markdown.
    #[command(after_help = PRINT_EXIT_CODES)]
    Reference,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  the configuration can be used; there may be warnings
  1  something is wrong with it
  2  the command line is wrong";

const PRINT_EXIT_CODES: &str = "\
Exit codes:
  0  it was printed
  1  standard output cannot be written
  2  the command line is wrong";

const IMPORT_HELP: &str = "\
Examples:
  brocomm config import local.bro > brocomm.toml

Exit codes:
  0  the configuration was printed
  2  the command line is wrong, or the script";

/// The example, in which each key is commented out.
const EXAMPLE: &str = include_str!("example.toml");

/// Does what is asked for.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    match &args.command {
        Command::Example => Ok(out.write_all(EXAMPLE.as_bytes())?),
        Command::Declarations => Ok(out.write_all(built_in::text().as_bytes())?),
        Command::Import { file } => import::import(file, out),
        Command::Reference => {
            let page = reference::page().map_err(|wrong| failed(format_args!("{wrong:?}")))?;
            Ok(out.write_all(page.as_bytes())?)
        }
        Command::Check { file, json: true } => json::check(file, out),
        Command::Check { file, .. } => {
            // That something is wrong with the file is what was asked.
            let configuration = load_and_warn(file).map_err(|_| Failure::Told)?;
            Ok(summary::write(&configuration, out)?)
        }
    }
}

/// Reads a configuration, and tells what is odd or wrong with it.
pub(crate) fn load_and_warn(file: &Path) -> Result<NodeConfig, Failure> {
    let configuration = load_or_tell(file)?;
    for warning in configuration.warnings() {
        warn(format_args!("{}: warning: {warning}", file.display()));
    }
    Ok(configuration)
}

/// Reads a configuration, and tells what is wrong with it.
pub(crate) fn load_or_tell(file: &Path) -> Result<NodeConfig, Failure> {
    load(file).map_err(|problems| {
        problems.iter().for_each(|problem| tell(format_args!("{problem}")));
        let count = problems.len();
        let errors = if count == 1 { "1 error".into() } else { format!("{count} errors") };
        misused(format_args!("{}: {errors}", file.display()))
    })
}
