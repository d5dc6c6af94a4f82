//! `brocomm run`: a whole node with its peers.

mod control;
mod log;
mod metrics;
mod peers;
mod print;
mod service;
mod status;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use brocomm::data::Event;
use brocomm::node::{Communication, Configuration, Notification};
use brocomm_tokio::{NodeHandle, Notifications, Subscription};
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};
use tokio::time::{Instant, interval_at};

use crate::address;
use crate::clock::Clock;
use crate::config;
use crate::declare::pointed;
use crate::failure::{Failure, failed, misused, tell, warn};
use crate::logging;
use crate::printer::Printer;
use crate::session::Form;
use crate::variables;
use control::{Control, Signals};
use log::Log;
use metrics::{Metrics, Tally};
use service::State;
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

    /// Raise an event for each line of standard input, written as for `brocomm send`.
    #[arg(long)]
    stdin: bool,

    /// Keep the variables that are declared `&synchronized` in this file over a restart.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

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
  echo 'ping(1)' | brocomm run client.toml --stdin
  brocomm run --metrics 127.0.0.1:9477 --log-format json --log-level info

Exit codes:
  0  the node was ended, and all that waited was sent
  1  an address or a file can't be used, or peers did not take all that waited for them
  2  the command line or the configuration is wrong";

/// How often variables that have changed are written, and the service manager is told how we are.
const KEEP: Duration = Duration::from_secs(10);

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
    let communication = communication(configuration, args)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(format_args!("cannot start: {error}")))?;
    let result = runtime.block_on(async {
        let start = |communication| {
            NodeHandle::run(communication)
                .map_err(|error| failed(format_args!("cannot start: {error}")))
        };
        let node = start(communication)?;
        let notifications = node.subscribe_with(Subscription::new("brocomm run"));
        let tally = Tally::default();
        if let Some(metrics) = metrics {
            metrics.serve(&node, &tally)?;
        }
        let stdin = args.stdin.then(|| BufReader::new(tokio::io::stdin()).lines());
        let running = Running {
            node,
            notifications,
            stdin,
            signals: Signals::new()?,
            printer: Printer::new(out, args.form.print(), None),
            log,
            tally,
            status: Status::new(!args.no_status),
            state: args.state.clone(),
            changed: false,
        };
        running.run().await
    });
    // A thread may wait for standard input, and nobody waits for it.
    runtime.shutdown_background();
    result
}

/// Makes the node, with the variables that it has in common with its peers.
fn communication(configuration: Configuration, args: &Args) -> Result<Communication, Failure> {
    let declarations = Arc::clone(&configuration.declarations);
    let description = configuration.options.peer_description.clone();
    let mut communication = Communication::new(configuration).map_err(|errors| {
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

/// A node that runs, and all that goes on around it.
struct Running<'a> {
    node: NodeHandle,
    notifications: Notifications,
    stdin: Option<Lines<BufReader<Stdin>>>,
    signals: Signals,
    printer: Printer<'a>,
    log: Option<Log>,
    tally: Tally,
    status: Status,
    /// Where variables are kept.
    state: Option<PathBuf>,
    /// Whether variables have changed since they were written.
    changed: bool,
}

impl Running<'_> {
    async fn run(mut self) -> Result<(), Failure> {
        let mut ending = false;
        self.tell_status();
        if !self.node.with(|node, _| node.options().listen) {
            service::tell(State::Ready);
        }
        let mut keep = interval_at(Instant::now() + KEEP, KEEP);
        loop {
            tokio::select! {
                notification = self.notifications.next() => {
                    let Some(notification) = notification else { return Ok(()) };
                    match notification {
                        Notification::Terminated { undelivered } => {
                            return self.ended(undelivered.len());
                        }
                        notification => self.told(notification)?,
                    }
                }
                control = self.signals.next() => match control {
                    Control::End if ending => {
                        return Err(failed(format_args!("ended without waiting for peers")));
                    }
                    Control::End => {
                        ending = true;
                        service::tell(State::Stopping);
                        self.node.with(|node, now| node.terminate_communication(now));
                    }
                    Control::ShowPeers => {
                        let table = self.node.with(|node, now| peers::table(node, now));
                        self.status.aside(|| logging::answer(&table));
                    }
                },
                line = next_line(&mut self.stdin) => self.input(line),
                _ = keep.tick() => {
                    self.tell_status();
                    self.keep()?;
                }
                () = self.status.tick() => {
                    let line = self.node.with(|node, _| peers::summary(node));
                    self.status.show(line);
                }
            }
        }
    }

    fn tell_status(&self) {
        service::tell(State::Status(&self.node.with(|node, _| peers::summary(node))));
    }

    fn told(&mut self, notification: Notification) -> Result<(), Failure> {
        self.tally.note(&notification);
        match &notification {
            Notification::Log(entry) => {
                if let Some(log) = &mut self.log {
                    log.write(entry)?;
                }
                if logging::wants(entry) {
                    self.status.aside(|| logging::communication(entry));
                }
                return Ok(());
            }
            Notification::Listening(_) => service::tell(State::Ready),
            _ => {}
        }
        self.changed |= matches!(
            notification,
            Notification::StateAccessPerformed { .. } | Notification::Expired(_)
        );
        let (now, printer) = (self.node.now(), &mut self.printer);
        self.status.aside(|| print::show(printer, now, notification))?;
        Ok(())
    }

    /// Writes the variables, if any have changed.
    fn keep(&mut self) -> Result<(), Failure> {
        let Some(file) = self.state.as_ref().filter(|_| self.changed) else { return Ok(()) };
        self.changed = false;
        self.node.with(|node, _| node.store().map_or(Ok(()), |store| variables::save(store, file)))
    }

    /// Raises what a line of input says.
    fn input(&mut self, line: Option<String>) {
        let Some(line) = line else {
            self.stdin = None;
            return;
        };
        if line.trim().is_empty() {
            return;
        }
        let declarations = self.node.with(|node, _| node.declarations().clone());
        let message = match Event::parse(&line, &declarations) {
            Err(error) => format!("standard input: {}", pointed(&line, &error)),
            Ok(event) => match self.node.try_raise(event) {
                Err(error) => format!("not raised: {line}: {error}"),
                Ok(raised) if raised.peers + raised.kept == 0 => {
                    format!("no peer that is connected has requested it: {line}")
                }
                Ok(_) => return,
            },
        };
        self.status.aside(|| warn(format_args!("{message}")));
    }

    fn ended(mut self, undelivered: usize) -> Result<(), Failure> {
        self.status.end();
        self.changed = true;
        self.keep()?;
        if let Some(log) = &mut self.log {
            log.close(self.node.now())?;
        }
        match undelivered {
            0 => Ok(()),
            1 => Err(failed(format_args!("1 peer did not take all that waited for it"))),
            n => Err(failed(format_args!("{n} peers did not take all that waited for them"))),
        }
    }
}

/// Returns the next line of input, `None` at its end; never, if there is no input.
async fn next_line(stdin: &mut Option<Lines<BufReader<Stdin>>>) -> Option<String> {
    match stdin {
        // What is no text ends the input as well.
        Some(lines) => lines.next_line().await.ok().flatten(),
        None => std::future::pending().await,
    }
}
