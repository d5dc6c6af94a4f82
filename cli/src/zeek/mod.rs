//! `brocomm zeek`: connects to the WebSocket server of a Zeek.

pub(crate) mod connection;
pub(crate) mod counts;
pub(crate) mod doctor;
mod form;
mod ledger;
mod listen;
mod send;
pub(crate) mod serve;
pub(crate) mod stream;
pub(crate) mod tls;
mod trust;
pub(crate) mod url;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use brocomm::data::Declarations;
use brocomm_zeek::client::ClientConfig;
use brocomm_zeek::signatures;

use crate::failure::{Failure, failed, misused, reason};

/// Exchanges events with a Zeek 8 or newer over its WebSocket API.
///
/// Zeek listens if a script calls `Cluster::listen_websocket`. With zeekctl, the manager listens on
/// 127.0.0.1:27759 by default.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Listen(listen::Args),
    Send(send::Args),
}

/// Runs the subcommand.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    match &args.command {
        Command::Listen(args) => listen::run(args, out),
        Command::Send(args) => send::run(args),
    }
}

/// Options for connecting to a Zeek.
#[derive(Debug, clap::Args)]
struct Options {
    /// Declarations of Zeek's side: a script with its types and events; may be repeated.
    #[arg(long, value_name = "FILE")]
    signatures: Vec<PathBuf>,

    /// The name under which Zeek logs this client.
    #[arg(long, value_name = "NAME", default_value = "brocomm")]
    application: String,

    #[command(flatten)]
    tls: tls::Files,
}

impl Options {
    /// Returns a configuration and the declarations.
    fn read(&self, topics: &[String]) -> Result<(ClientConfig, Declarations), Failure> {
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        let mut config = ClientConfig::new("localhost", &topics);
        config.application = Some(self.application.clone());
        config.check().map_err(|error| misused(format_args!("{error}")))?;
        Ok((config, read_signatures(&self.signatures)?))
    }
}

/// Reads the declarations of Zeek's side.
pub(crate) fn read_signatures(files: &[PathBuf]) -> Result<Declarations, Failure> {
    let mut declared = signatures::base();
    files.iter().try_for_each(|file| read_script(file, &mut declared))?;
    Ok(declared)
}

fn read_script(file: &Path, into: &mut Declarations) -> Result<(), Failure> {
    let shown = file.display();
    let text = fs::read_to_string(file).map_err(|error| {
        misused(format_args!("{shown}: cannot read signatures: {}", reason(&error)))
    })?;
    signatures::read(&text, into)
        .map_err(|error| misused(format_args!("{shown}: cannot use signatures: {error}")))
}

/// Runs a future to completion.
fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(format_args!("cannot start: {}", reason(&error))))?;
    let result = runtime.block_on(future);
    runtime.shutdown_background();
    result
}
