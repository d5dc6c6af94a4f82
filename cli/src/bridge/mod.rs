//! `brocomm bridge`: a node that exchanges events with Zeeks.

pub(crate) mod acknowledge;
mod inbound;
mod outgoing;
mod pump;
mod target;
pub(crate) mod weight;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use brocomm::data::Declarations;
use brocomm::node::Notification;
use brocomm_tokio::{Node, Subscription};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::config;
use crate::failure::{Failure, misused};
use crate::run;
use crate::zeek::counts::Counts;
pub(crate) use target::Prepared;

/// The time limit for flushing the targets' queues when the node stops.
const LAST: Duration = Duration::from_secs(5);

/// Runs a node that passes events between Bros and Zeeks.
///
/// The configuration is that of `brocomm run` with one or more tables `[[zeek]]`, each for the
/// WebSocket server of a Zeek. Events from peers are published in Zeek under a topic, and events
/// that Zeek publishes under other topics are raised for peers. The declarations of both sides
/// determine how records and enums correspond. Events arrive at most once; lost events are counted
/// by reason.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
// The options of `run` already form a group with this name.
#[group(skip)]
pub(crate) struct Args {
    #[command(flatten)]
    run: run::Args,

    /// Record in this file how many events were accepted and passed on. If the bridge is killed,
    /// the next one counts the difference as lost (`killed`).
    #[arg(long, value_name = "FILE")]
    counts: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm config example > bridge.toml          then edit it, [[zeek]] included
  brocomm config check bridge.toml
  brocomm bridge bridge.toml --metrics 127.0.0.1:9477

Exit codes:
  0  the node stopped and its queues were flushed
  1  an address or a file cannot be used, or a peer did not receive everything
  2  the command line or the configuration is wrong";

/// Runs the node until it is stopped.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let file = args.run.configuration();
    let (configuration, mut outputs) = config::load_outputs_and_warn(file)?;
    let targets = std::mem::take(&mut outputs.zeek);
    if targets.is_empty() {
        return Err(misused(format_args!(
            "{}: no [[zeek]]: `brocomm bridge` needs a Zeek to connect to",
            file.display()
        )));
    }
    config::warn_of_targets(file, &configuration, &targets);
    let declarations: &Declarations = &configuration.declarations;
    let prepared = targets.into_iter().map(|target| Prepared::new(target, declarations)).collect();
    let counts = Counts::default();
    if let Some(file) = &args.counts {
        counts.keep(file)?;
    }
    run::run_with(&args.run, configuration, prepared, counts, &outputs, out)
}

/// All connections to Zeeks, with the tasks that pass events between them and a node.
pub(crate) struct Bridge {
    end: watch::Sender<bool>,
    offering: JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
    raising: Vec<JoinHandle<()>>,
    names: Vec<String>,
    counts: Counts,
}

impl Bridge {
    /// Starts connecting and passing events, in the current runtime.
    pub(crate) fn start(node: &Node, targets: Vec<Prepared>, counts: &Counts) -> Bridge {
        let end = watch::Sender::new(false);
        let targets: Vec<Arc<Prepared>> = targets.into_iter().map(Arc::new).collect();
        let names = targets.iter().map(|target| target.name.clone()).collect();
        let (mut tasks, mut raising) = (Vec::new(), Vec::new());
        for target in &targets {
            let (inbound, task) = inbound::start(node.clone(), Arc::clone(target), counts.clone());
            raising.push(task);
            let target = Arc::clone(target);
            tasks.push(tokio::spawn(pump::run(target, inbound, counts.clone(), end.subscribe())));
        }
        let offering = tokio::spawn(offer(node.clone(), targets, counts.clone()));
        Bridge { end, offering, tasks, raising, names, counts: counts.clone() }
    }

    /// Sends what is queued, within a time limit, closes all connections, and logs the numbers of
    /// events.
    pub(crate) async fn end(self) {
        let deadline = tokio::time::Instant::now() + LAST;
        // Events that arrived before the node stopped are still offered.
        let _ = tokio::time::timeout_at(deadline, self.offering).await;
        self.end.send_replace(true);
        // Events from Zeek are still raised, or counted as lost.
        for task in self.tasks.into_iter().chain(self.raising) {
            let _ = timeout(LAST, task).await;
        }
        for name in self.names {
            tracing::info!("{name}: {}", self.counts.line(&name));
        }
    }
}

/// Offers the events of peers to all targets. Events from a Zeek are not events of a peer, so none
/// returns to its origin.
async fn offer(node: Node, targets: Vec<Arc<Prepared>>, counts: Counts) {
    let mut notifications = node.subscribe_with(Subscription::new("bridge"));
    while let Some(notification) = notifications.next().await {
        let Notification::Event { peer, event } = notification else { continue };
        for target in &targets {
            target.offer(&peer, &event, &counts).await;
        }
    }
}
