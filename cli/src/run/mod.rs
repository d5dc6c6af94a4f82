//! `brocomm run`: runs a node.

mod control;
#[cfg(unix)]
mod control_socket;
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
mod sinks;
mod spooling;
mod state;
mod status;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use brocomm::node::{NodeConfig, NodeMachine};
use brocomm_tokio::{Node, Subscription};

use crate::address;
use crate::bridge::{self, Bridge};
use crate::clock::Clock;
use crate::config::{self, Outputs, SpoolTable};
use crate::failure::{Failure, failed, misused, reason, tell, warn};
use crate::logs::interval;
use crate::session::{OutputFormat, timeout};
use crate::spool::spooler::Spooler;
use crate::variables;
use crate::zeek::counts::Counts;
use crate::zeek::serve;
use control::Signals;
use input::Input;
use log::Log;
use log_files::LogFiles;
use metrics::{Metrics, Tally};
use running::{Reading, Running};
use spooling::Spooling;
use state::State;
use status::Status;

/// Runs a node: connects to peers, accepts others, and prints what they send.
///
/// The configuration lists the peers and what to request from them. `brocomm config example` prints
/// one with every key. The node writes communication.log as Bro does. Errors also go to standard
/// error; with `--log-level info`, all lines.
///
/// SIGTERM and Ctrl-C stop the node after flushing its send queues. SIGUSR1 lists the peers on
/// standard error.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The configuration file, in TOML.
    #[arg(value_name = "CONFIG", default_value = "brocomm.toml")]
    configuration: PathBuf,

    /// The file for the communication log. It is overwritten.
    #[arg(long, value_name = "FILE", default_value = "communication.log")]
    log: PathBuf,

    /// Write no communication log.
    #[arg(long, conflicts_with = "log")]
    no_log: bool,

    #[command(flatten)]
    clock: Clock,

    #[command(flatten)]
    form: OutputFormat,

    /// Raise an event for each line of standard input, as for `brocomm send`: as in a Bro script,
    /// or JSON.
    ///
    /// JSON lines without an event, as in the output of `brocomm listen --json`, are skipped. An
    /// event waits for a peer that requests it, and for room in its send queue if `overflow` is
    /// "block". An invalid line is reported with its number, and the next one is read.
    #[arg(long)]
    stdin: bool,

    /// How long an event on standard input waits for a peer to request it, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = timeout,
        allow_negative_numbers = true, requires = "stdin")]
    timeout: Duration,

    /// Stop the node when standard input ends and all its events are sent.
    #[arg(long, requires = "stdin")]
    exit_at_eof: bool,

    /// Keep the `&synchronized` variables in this file over a restart.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Write the logs that peers send to files in this folder, as `brocomm logs` does, instead of
    /// printing their entries.
    #[arg(long, value_name = "DIR")]
    write_logs: Option<PathBuf>,

    /// Rotate the files at this interval, counted from midnight: 90s, 30min, 1h, 1d.
    #[arg(long, value_name = "INTERVAL", value_parser = interval, requires = "write_logs")]
    rotate: Option<Duration>,

    /// Keep events and log entries of peers in a spool in this folder, for `brocomm spool read` and
    /// other readers. The table [spool] of the configuration selects them.
    #[arg(long, value_name = "DIR")]
    spool: Option<PathBuf>,

    /// Serve metrics for Prometheus over HTTP at this address, under /metrics. With port 0 the
    /// system chooses a port. There is no access control.
    #[arg(long, value_name = "ADDR:PORT", value_parser = address::parse_with_port)]
    metrics: Option<String>,

    /// Answer `brocomm top` on this Unix socket, for this user only: `brocomm top PATH`.
    #[cfg(unix)]
    #[arg(long, value_name = "PATH")]
    control_socket: Option<PathBuf>,

    /// Show no status line, even on a terminal.
    #[arg(long)]
    no_status: bool,

    #[command(flatten)]
    zeek: serve::Options,
}

impl Args {
    /// Returns the name of the configuration.
    pub(crate) fn configuration(&self) -> &Path {
        &self.configuration
    }
}

const AFTER_HELP: &str = "\
Examples:
  brocomm config example > brocomm.toml         then edit it
  brocomm run
  brocomm run sensor.toml --print json | jq 'select(.notification == \"event\")'
  brocomm run --spool spool                     keep what peers send
  echo 'ping(1)' | brocomm run client.toml --stdin --exit-at-eof
  brocomm run --metrics 127.0.0.1:9477 --log-format json --log-level info

Exit codes:
  0  the node stopped and its queues were flushed
  1  an address or a file cannot be used, a peer did not receive everything, a line of standard input
     was not sent, or the output was not read
  2  the command line or the configuration is wrong";

/// Runs the node until it stops.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let (configuration, outputs) = config::load_outputs_and_warn(&args.configuration)?;
    if !outputs.zeek.is_empty() {
        warn(format_args!(
            "{}: [[zeek]] is ignored: `brocomm bridge` connects to Zeek",
            args.configuration.display()
        ));
    }
    run_with(args, configuration, Vec::new(), Counts::default(), &outputs, out)
}

/// Runs a node, with connections to Zeeks if there are any.
pub(crate) fn run_with(
    args: &Args,
    configuration: NodeConfig,
    targets: Vec<bridge::Prepared>,
    counts: Counts,
    outputs: &Outputs,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    if !configuration.options.listen && !configuration.nodes.iter().any(|(_, node)| node.connect) {
        return Err(misused(format_args!(
            "{}: nothing to do: set `listen = true`, or `connect = true` in a node",
            args.configuration.display()
        )));
    }
    #[cfg(unix)]
    let mut control_socket =
        args.control_socket.as_deref().map(control_socket::ControlSocket::bind).transpose()?;
    let metrics = args.metrics.as_deref().map(Metrics::bind).transpose()?;
    let description = configuration.options.peer_description.clone();
    let log = match args.no_log {
        true => None,
        false => Some(Log::create(&args.log, &description, args.clock)?),
    };
    let serving = args.zeek.bind(&configuration.declarations)?;
    let folder = args.write_logs.as_deref();
    let folder = folder.map(|path| LogFiles::folder(path, args.rotate, args.clock)).transpose()?;
    let spooler = spooler(args, outputs, &configuration)?;
    let sinks = sinks::prepare(outputs, spooler.as_ref(), &description.to_string())?;
    let communication = communication(configuration, args)?;
    let state = args.state.clone().map(State::new).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(format_args!("cannot start: {}", reason(&error))))?;
    let result = runtime.block_on(async {
        let node = Node::run(communication)
            .map_err(|error| failed(format_args!("cannot start: {error}")))?;
        // The log is written even if standard output is not read.
        let printed = Subscription::new("standard output");
        // Entries that are written to files are not printed.
        let printed = if folder.is_some() { printed.without_log_entries() } else { printed };
        let notifications = node.subscribe_with(printed);
        let observed = node.subscribe_with(Subscription::new("communication log").without_data());
        let files = folder.map(|folder| {
            let notifications = node.subscribe_with(Subscription::new("log files"));
            LogFiles::start(node.clone(), notifications, folder)
        });
        let spooled = spooler.as_ref().map(|spooler| spooler.numbers().clone());
        let spooling = spooler.map(|spooler| {
            let notifications = node.subscribe_with(Subscription::new("spool"));
            Spooling::start(node.clone(), notifications, spooler)
        });
        let sinks = sinks.start();
        let tally = Tally::default();
        let served = serving.map(|serving| serving.start(&node, &counts)).transpose()?;
        let bridge = (!targets.is_empty()).then(|| Bridge::start(&node, targets, &counts));
        #[cfg(unix)]
        if let Some(socket) = &mut control_socket {
            socket.serve(&node)?;
        }
        if let Some(metrics) = metrics {
            let zeek = (bridge.is_some() || served.is_some()).then_some(&counts);
            metrics.serve(&node, &tally, zeek, spooled.as_ref())?;
        }
        let input = args.stdin.then(|| Input::new(node.clone(), args.timeout));
        let declared = node.with(|node, _| Arc::clone(node.declarations()));
        let running = Running {
            node,
            notifications,
            observed,
            reading: input.map(|input| Reading::start(input, args.exit_at_eof)),
            signals: Signals::new()?,
            printer: args.form.printer(out, None).declared(&declared),
            log,
            files,
            spooling,
            tally,
            status: Status::new(!args.no_status),
            state,
            manager: service::Manager::of_environment(),
            ending: None,
        };
        let result = running.run().await;
        if let Some(bridge) = bridge {
            bridge.end().await;
        }
        if let Some(served) = served {
            served.end().await;
        }
        sinks.end().await;
        result
    });
    // Do not wait for a thread that may block on standard input.
    runtime.shutdown_background();
    result
}

/// Opens the spool, if one is configured.
fn spooler(
    args: &Args,
    outputs: &Outputs,
    configuration: &NodeConfig,
) -> Result<Option<Spooler>, Failure> {
    let usual = SpoolTable::default();
    let table = outputs.spool.as_ref().unwrap_or(&usual);
    let Some(dir) = args.spool.as_deref().or(table.dir.as_deref()) else {
        if outputs.spool.is_some() {
            return Err(misused(format_args!(
                "{}: [spool] has no `dir`: name a folder there, or with --spool",
                args.configuration.display()
            )));
        }
        return Ok(None);
    };
    Spooler::open(dir, table, &configuration.declarations).map(Some)
}

/// Creates the node with its synchronized variables.
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
