//! The sinks of a running node, which read its spool.

#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "nats")]
mod nats;
#[cfg(feature = "parquet")]
mod parquet;

use std::io;
use std::path::{Path, PathBuf};

use brocomm_sinks::{Report, SinkCounts};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::config::Outputs;
use crate::failure::{Failure, misused, reason, tell, warn};
use crate::spool::spooler::Spooler;

/// The inputs of a sink.
#[cfg_attr(
    not(any(feature = "kafka", feature = "nats", feature = "parquet")),
    allow(dead_code, reason = "there are no sinks")
)]
struct Given<'a> {
    /// The spool.
    path: &'a Path,
    durable: watch::Receiver<u64>,
    end: watch::Receiver<bool>,
    counts: &'a SinkCounts,
    report: &'a mut dyn FnMut(Report),
}

/// Runs a sink until it is to end.
type Run = Box<dyn FnOnce(Given<'_>) -> io::Result<()> + Send>;

/// A sink that reads a spool.
struct Sink {
    /// Where it sends entries, as in `NATS nats://127.0.0.1:4222`.
    target: String,
    /// What to report when it works.
    working: &'static str,
    run: Run,
    counts: SinkCounts,
}

/// The sinks of a node.
pub(super) struct Sinks {
    path: PathBuf,
    durable: Option<watch::Receiver<u64>>,
    prepared: Vec<Sink>,
    end: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Prepares the sinks of a configuration.
pub(super) fn prepare(
    outputs: &Outputs,
    spooler: Option<&Spooler>,
    node: &str,
) -> Result<Sinks, Failure> {
    let (end, tasks) = (watch::Sender::new(false), Vec::new());
    let Some(spooler) = spooler else {
        if let Some(table) = outputs.sinks().next() {
            return Err(misused(format_args!(
                "[{table}] needs a spool: add a table [spool] with `dir`, or use --spool"
            )));
        }
        let path = PathBuf::new();
        return Ok(Sinks { path, durable: None, prepared: Vec::new(), end, tasks });
    };
    let mut sinks = Sinks {
        path: spooler.path().to_owned(),
        durable: Some(spooler.spool().subscribe()),
        prepared: Vec::new(),
        end,
        tasks,
    };
    for name in outputs.sinks() {
        let sink = sink(name, outputs, spooler, node)?;
        spooler.numbers().add(name, sink.counts.clone());
        sinks.prepared.push(sink);
    }
    Ok(sinks)
}

/// Prepares a sink by the name of its table.
#[cfg_attr(
    not(any(feature = "kafka", feature = "nats", feature = "parquet")),
    allow(unused_variables, reason = "there are no sinks")
)]
fn sink(name: &str, outputs: &Outputs, spooler: &Spooler, node: &str) -> Result<Sink, Failure> {
    #[cfg(feature = "kafka")]
    if let ("kafka", Some(table)) = (name, &outputs.kafka) {
        return kafka::sink(table, node);
    }
    #[cfg(feature = "nats")]
    if let ("nats", Some(table)) = (name, &outputs.nats) {
        return nats::sink(table, spooler, node);
    }
    #[cfg(feature = "parquet")]
    if let ("parquet", Some(table)) = (name, &outputs.parquet) {
        return Ok(parquet::sink(table));
    }
    Err(misused(format_args!(
        "[{name}]: this program was built without it; build it with `--features {name}`"
    )))
}

impl Sinks {
    /// Starts all sinks, each in a thread of its own.
    pub(super) fn start(mut self) -> Sinks {
        let Some(durable) = &self.durable else { return self };
        for Sink { target, working, run, counts } in self.prepared.drain(..) {
            let (path, durable, end) = (self.path.clone(), durable.clone(), self.end.subscribe());
            self.tasks.push(spawn_blocking(move || {
                let mut report = |report| say(&target, working, report);
                let given =
                    Given { path: &path, durable, end, counts: &counts, report: &mut report };
                if let Err(error) = run(given) {
                    let path = path.display();
                    tell(format_args!("{target}: spool {path}: {}", reason(&error)));
                }
            }));
        }
        self
    }

    /// Stops all sinks. Waits until entries in flight are acknowledged. All others remain in the
    /// spool.
    pub(super) async fn end(self) {
        self.end.send_replace(true);
        for task in self.tasks {
            // The sinks themselves have time limits.
            let _ = task.await;
        }
    }
}

fn say(target: &str, working: &str, report: Report) {
    match report {
        Report::Working => tracing::info!("{target}: {working}"),
        Report::Waiting { reason } => {
            warn(format_args!("{target}: {reason}; entries wait in the spool"));
        }
        Report::Refused { sequence, reason } => warn(format_args!(
            "{target}: entry {sequence} is left out: {reason}; further cases are only counted"
        )),
    }
}

/// Returns the contents of a file that a sink's table names.
#[cfg(any(feature = "kafka", feature = "nats"))]
fn read(table: &str, path: &Path) -> Result<String, Failure> {
    crate::file::read_text(path).map_err(|error| {
        misused(format_args!("[{table}]: {}: cannot read: {}", path.display(), reason(&error)))
    })
}

/// Returns the secret in a file, without trailing whitespace.
#[cfg(any(feature = "kafka", feature = "nats"))]
fn secret(table: &str, path: &Path) -> Result<String, Failure> {
    read(table, path).map(|text| text.trim_end().to_owned())
}
