//! `brocomm run`: a whole node with its peers.

mod control;
mod explain;
mod input;
mod lines;
mod log;
mod log_files;
mod metrics;
mod peers;
mod print;
mod running;
mod service;
mod state;
mod status;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use brocomm::node::{NodeConfig, NodeMachine};
use brocomm_tokio::{Node, Subscription};

use crate::address;
use crate::clock::Clock;
use crate::config;
use crate::failure::{Failure, failed, misused, reason, tell};
use crate::logs::interval;
use crate::printer::Printer;
use crate::session::{Form, timeout};
use crate::variables;
use control::Signals;
use input::Input;
use log::Log;
use log_files::LogFiles;
use metrics::{Metrics, Tally};
use running::{Reading, Running};
use state::State;
use status::Status;

/// Runs a node: connects to peers, waits for others, and shows what they send.
///
/// The configuration says who the peers are and what is asked of them; `brocomm config example`
/// prints one in which every key is explained. What happens is written to communication.log, as Bro
/// does, and errors to standard error as well; with `--log-level info` all of it.
///
/// SIGTERM and Ctrl-C end the node in order: what waits for peers is sent first. On SIGUSR1 its
/// peers are listed on standard error.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The configuration, in TOML.
    #[arg(value_name = "CONFIG", default_value = "brocomm.toml")]
    configuration: PathBuf,

    /// Where to write the communication log; the file is made new.
    #[arg(long, value_name = "FILE", default_value = "communication.log")]
    log: PathBuf,

    /// Write no communication log.
    #[arg(long, conflicts_with = "log")]
    no_log: bool,

    #[command(flatten)]
    clock: Clock,

    #[command(flatten)]
    form: Form,

    /// Raise an event for each line of standard input, written as for `brocomm send`: as in a script
    /// of Bro, or as JSON.
    ///
    /// Lines of JSON that carry no event, as `brocomm listen --json` prints them, are passed over.
    /// An event waits for a peer that requests it, and for room in that peer's queue if `overflow`
    /// is "block". A line that is wrong is an error with its number, and the next one is read.
    #[arg(long)]
    stdin: bool,

    /// How many seconds an event on standard input waits for a peer that requests it.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = timeout,
        allow_negative_numbers = true, requires = "stdin")]
    timeout: Duration,

    /// End the node when standard input ends and all events on it are sent.
    #[arg(long, requires = "stdin")]
    exit_at_eof: bool,

    /// Keep the variables that are declared `&synchronized` in this file over a restart.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Write the logs that peers send into files of this folder, as `brocomm logs` does, instead of
    /// printing their entries.
    #[arg(long, value_name = "DIR")]
    write_logs: Option<PathBuf>,

    /// Begin new files that often, counted from midnight: 90s, 30min, 1h, 1d.
    #[arg(long, value_name = "INTERVAL", value_parser = interval, requires = "write_logs")]
    rotate: Option<Duration>,

    /// Serve metrics for Prometheus over HTTP at this address, under /metrics; the system chooses the
    /// port if it is 0. Whoever reaches it can read them.
    #[arg(long, value_name = "ADDR:PORT", value_parser = address::parse_with_port)]
    metrics: Option<String>,

    /// Show no status line, even on a terminal.
    #[arg(long)]
    no_status: bool,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm config example > brocomm.toml         then edit it
  brocomm run
  brocomm run sensor.toml --print json | jq 'select(.notification == \"event\")'
  echo 'ping(1)' | brocomm run client.toml --stdin --exit-at-eof
  brocomm run --metrics 127.0.0.1:9477 --log-format json --log-level info

Exit codes:
  0  the node stopped and its queues were flushed
  1  an address or a file can't be used, peers did not take all that waited for them, a line of
     standard input was not sent, or nobody read all of the output
  2  the command line or the configuration is wrong";

/// Runs the node until it is told to end.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let configuration = config::load_and_warn(&args.configuration)?;
    if !configuration.options.listen && !configuration.nodes.iter().any(|(_, node)| node.connect) {
        return Err(misused(format_args!(
            "{}: nothing to do: set `listen = true`, or `connect = true` in a node",
            args.configuration.display()
        )));
    }
    let metrics = args.metrics.as_deref().map(Metrics::bind).transpose()?;
    let description = configuration.options.peer_description.clone();
    let log = match args.no_log {
        true => None,
        false => Some(Log::create(&args.log, &description, args.clock)?),
    };
    let folder = args.write_logs.as_deref();
    let folder = folder.map(|path| LogFiles::folder(path, args.rotate, args.clock)).transpose()?;
    let communication = communication(configuration, args)?;
    let state = args.state.clone().map(State::new).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(format_args!("cannot start: {}", reason(&error))))?;
    let result = runtime.block_on(async {
        let node = Node::run(communication)
            .map_err(|error| failed(format_args!("cannot start: {error}")))?;
        // Lines of the log come though nobody reads the output.
        let notifications = node.subscribe_with(Subscription::new("standard output"));
        let observed = node.subscribe_with(Subscription::new("communication log"));
        let files = folder.map(|folder| {
            let notifications = node.subscribe_with(Subscription::new("log files"));
            LogFiles::start(node.clone(), notifications, folder)
        });
        let tally = Tally::default();
        if let Some(metrics) = metrics {
            metrics.serve(&node, &tally)?;
        }
        let input = args.stdin.then(|| Input::new(node.clone(), args.timeout));
        let running = Running {
            node,
            notifications,
            observed,
            reading: input.map(|input| Reading::start(input, args.exit_at_eof)),
            signals: Signals::new()?,
            printer: Printer::new(out, args.form.print(), None),
            log,
            files,
            tally,
            status: Status::new(!args.no_status),
            state,
            manager: service::Manager::of_environment(),
            ending: None,
        };
        running.run().await
    });
    // A thread may wait for standard input, and nobody waits for it.
    runtime.shutdown_background();
    result
}

/// Makes the node, with the variables that it has in common with its peers.
fn communication(configuration: NodeConfig, args: &Args) -> Result<NodeMachine, Failure> {
    let declarations = Arc::clone(&configuration.declarations);
    let description = configuration.options.peer_description.clone();
    let mut communication = NodeMachine::new(configuration).map_err(|errors| {
        errors.iter().for_each(|error| tell(format_args!("{error}")));
        Failure::Usage
    })?;
    let now = SystemTime::now().into();
    if let Some(store) = variables::store(&declarations, &description, args.state.as_deref(), now)?
    {
        communication.set_store(store);
    }
    Ok(communication)
}
