//! `brocomm config`: checks a configuration, or prints an example.

mod import;
mod json;
mod kafka;
mod load;
mod nats;
mod parquet;
mod quote;
mod reader;
mod reference;
mod spool;
mod summary;
mod tables;
#[cfg(test)]
mod tests;
mod tls;
mod values;
mod zeek;

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::built_in;
use crate::failure::{Failure, failed, misused, tell, warn};
use brocomm::node::NodeConfig;
pub(crate) use kafka::KafkaTable;
use load::{Problem, load, load_with};
pub(crate) use nats::NatsTable;
pub(crate) use parquet::ParquetTable;
pub(crate) use quote::toml_string;
pub(crate) use reader::suggestion;
pub(crate) use spool::SpoolTable;
pub(crate) use zeek::ZeekTarget;

/// Checks or explains the configuration of `brocomm run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Checks a configuration and prints what the node would do, or all errors.
    ///
    /// Each error has the position, the value, and what is allowed.
    #[command(after_help = EXIT_CODES)]
    Check {
        /// The configuration file, in TOML.
        file: PathBuf,

        /// Print a JSON object: file; errors: [{file, line, column, text}, …], where line and
        /// column may be null; warnings; and, without errors, node and peers.
        #[arg(long)]
        json: bool,
    },
    /// Prints a configuration with the entries and options that a Bro script sets.
    ///
    /// Reads `redef Communication::nodes += {…}` and the options of the Communication framework
    /// from a script such as local.bro and from the scripts that it loads, which are beside it or
    /// in the folders of BROPATH. Skips everything else in the scripts.
    #[command(after_help = IMPORT_HELP)]
    Import {
        /// The script.
        file: PathBuf,
    },
    /// Prints the declarations of Bro 2.5's types, events and synchronized variables.
    ///
    /// They are built in: the name bro-2.5.bro in `declaration_files` or --declarations refers to
    /// them, unless a file of that name exists.
    #[command(after_help = PRINT_EXIT_CODES)]
    Declarations,
    /// Prints a configuration with every key, its default and its meaning.
    #[command(after_help = PRINT_EXIT_CODES)]
    Example,
    /// Prints a reference of all keys with meaning, type and default, in Markdown.
    #[command(after_help = PRINT_EXIT_CODES)]
    Reference,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  the configuration can be used; there may be warnings
  1  standard output cannot be written
  2  the configuration or the command line is wrong";

const PRINT_EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  standard output cannot be written
  2  the command line is wrong";

const IMPORT_HELP: &str = "\
Examples:
  brocomm config import local.bro > brocomm.toml

Exit codes:
  0  the configuration was printed
  2  the command line or the script is wrong";

/// The example, with all keys commented out.
const EXAMPLE: &str = include_str!("example.toml");

/// Runs the command.
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
            let (configuration, outputs) = load_outputs_and_warn(file)?;
            warn_of_targets(file, &configuration, &outputs.zeek);
            Ok(summary::write(&configuration, &outputs, out)?)
        }
    }
}

/// The other outputs for entries and events.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outputs {
    /// The Zeeks that a bridge connects to.
    pub(crate) zeek: Vec<ZeekTarget>,
    pub(crate) spool: Option<SpoolTable>,
    pub(crate) kafka: Option<KafkaTable>,
    pub(crate) nats: Option<NatsTable>,
    pub(crate) parquet: Option<ParquetTable>,
}

impl Outputs {
    /// Returns the names of the tables of sinks, which need a spool.
    pub(crate) fn sinks(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            ("kafka", self.kafka.is_some()),
            ("nats", self.nats.is_some()),
            ("parquet", self.parquet.is_some()),
        ];
        all.into_iter().filter_map(|(name, is_there)| is_there.then_some(name))
    }
}

/// Loads a configuration with the other outputs, and prints warnings and errors.
pub(crate) fn load_outputs_and_warn(file: &Path) -> Result<(NodeConfig, Outputs), Failure> {
    let mut outputs = Outputs::default();
    let configuration =
        load_with(file, &mut outputs).map_err(|problems| failure(file, &problems))?;
    warnings(file, &configuration);
    Ok((configuration, outputs))
}

/// Prints why events will not be passed to Zeek.
pub(crate) fn warn_of_targets(file: &Path, configuration: &NodeConfig, targets: &[ZeekTarget]) {
    for target in targets {
        for warning in target.warnings(&configuration.declarations) {
            warn(format_args!("{}: warning: {}: {warning}", file.display(), target.url));
        }
    }
}

fn warnings(file: &Path, configuration: &NodeConfig) {
    for warning in configuration.warnings() {
        warn(format_args!("{}: warning: {warning}", file.display()));
    }
}

/// Loads a configuration, and prints errors.
pub(crate) fn load_or_tell(file: &Path) -> Result<NodeConfig, Failure> {
    load(file).map_err(|problems| failure(file, &problems))
}

fn failure(file: &Path, problems: &[Problem]) -> Failure {
    problems.iter().for_each(|problem| tell(format_args!("{problem}")));
    let count = problems.len();
    let errors = if count == 1 { "1 error".into() } else { format!("{count} errors") };
    misused(format_args!("{}: {errors}", file.display()))
}
