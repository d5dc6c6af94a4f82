//! The main loop of a running node. It never blocks on output.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use brocomm::node::Notification;
use brocomm_tokio::{Node, Notifications};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval_at, sleep_until};

use super::control::{Control, Signals};
use super::input::{Input, Progress};
use super::log::Log;
use super::log_files::{self, LogFiles};
use super::metrics::Tally;
use super::spooling::Spooling;
use super::state::State;
use super::status::Status;
use super::{explain, peers, print, service};
use crate::failure::{Failure, failed};
use crate::logging;
use crate::output::{self, GRACE};
use crate::printer::Printer;
use crate::variables;

/// The interval for writing changed variables and notifying the service manager.
const KEEP: Duration = Duration::from_secs(10);

/// A running node with its inputs and outputs.
pub(super) struct Running<'a> {
    pub(super) node: Node,
    /// The subscriber for printing.
    pub(super) notifications: Notifications,
    /// The subscriber for everything else: the log, counters and reactions.
    pub(super) observed: Notifications,
    pub(super) reading: Option<Reading>,
    pub(super) signals: Signals,
    pub(super) printer: Printer<'a>,
    pub(super) log: Option<Log>,
    pub(super) files: Option<LogFiles>,
    pub(super) spooling: Option<Spooling>,
    pub(super) tally: Tally,
    pub(super) status: Status,
    pub(super) state: Option<State>,
    pub(super) manager: service::Manager,
    pub(super) ending: Option<Ending>,
}

/// Why the node stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Standard input has ended.
    AtEndOfInput,
    /// A signal arrived, or output failed.
    Requested,
}

/// The task that reads standard input.
pub(super) struct Reading {
    task: Option<JoinHandle<()>>,
    progress: Arc<Progress>,
}

impl Reading {
    /// Starts the task. It ends at the end of the input only with `exit_at_eof`.
    pub(super) fn start(mut input: Input, exit_at_eof: bool) -> Reading {
        let progress = input.progress();
        let task = tokio::spawn(async move {
            input.raise_all().await;
            match exit_at_eof {
                true => input.flush().await,
                false => pending().await,
            }
        });
        Reading { task: Some(task), progress }
    }

    /// Waits until the end of the input stops the node. Cancel safe.
    async fn ended(reading: &mut Option<Reading>) {
        let task = reading.as_mut().and_then(|reading| reading.task.as_mut());
        let Some(task) = task else { return pending().await };
        // If the task panicked, there is no more input either.
        let _ = task.await;
        if let Some(reading) = reading {
            reading.task = None;
        }
    }
}

impl Running<'_> {
    pub(super) async fn run(mut self) -> Result<(), Failure> {
        self.notify_status();
        if !self.node.with(|node, _| node.options().listen) {
            self.manager.notify(service::State::Ready);
        }
        let mut keep = interval_at(Instant::now() + KEEP, KEEP);
        let (mut result, mut undelivered, mut is_logged) = (Ok(()), None, false);
        while undelivered.is_none() || !is_logged {
            let failure = tokio::select! {
                notification = next(&mut self.notifications, self.ending),
                    if undelivered.is_none() =>
                {
                    match notification {
                        Some(Notification::Terminated { undelivered: peers }) => {
                            undelivered = Some(peers.len());
                            Ok(())
                        }
                        Some(notification) if self.files.is_some() && log_files::is_log(&notification) => Ok(()),
                        Some(notification) => {
                            // Before the line that reports it.
                            self.tell_ready(&notification);
                            print::show(&mut self.printer, self.node.now(), notification)
                                .map_err(Failure::from)
                        }
                        None => {
                            undelivered = Some(0);
                            Ok(())
                        }
                    }
                }
                notification = observe(&mut self.observed, &self.log, self.ending),
                    if !is_logged =>
                {
                    is_logged = notification.is_none();
                    notification.map_or(Ok(()), |notification| self.observe(&notification))
                }
                control = self.signals.next() => match control {
                    Control::End if self.ending == Some(Ending::Requested) => return Err(at_once()),
                    Control::End => {
                        self.terminate(Ending::Requested);
                        Ok(())
                    }
                    Control::ShowPeers => {
                        logging::answer(&self.node.with(|node, now| peers::table(node, now)));
                        Ok(())
                    }
                },
                () = Reading::ended(&mut self.reading) => {
                    if self.ending.is_none() {
                        self.terminate(Ending::AtEndOfInput);
                    }
                    Ok(())
                }
                error = output::stdout().failed(), if result.is_ok() => Err(error.into()),
                failure = LogFiles::failed(&mut self.files), if result.is_ok() => Err(failure),
                failure = Spooling::failed(&mut self.spooling), if result.is_ok() => Err(failure),
                failure = failed_log(&self.log), if result.is_ok() => Err(failure),
                _ = keep.tick() => {
                    self.notify_status();
                    self.keep()
                }
                written = written(&mut self.state) => written,
                () = self.status.tick() => {
                    let Running { node, status, .. } = &mut self;
                    node.with(|node, now| status.show(node, now));
                    Ok(())
                }
            };
            // The first failure stops the node.
            if failure.is_err() && result.is_ok() {
                self.terminate(Ending::Requested);
                result = failure;
            }
        }
        self.end(undelivered.unwrap_or_default(), result).await
    }

    /// Starts to stop the node.
    fn terminate(&mut self, why: Ending) {
        self.ending = Some(why);
        if why == Ending::Requested {
            let patience = self.node.with(|node, _| node.options().terminate_timeout) + GRACE;
            end_output_by(&self.log, patience);
        }
        self.manager.notify(service::State::Stopping);
        self.node.with(|node, now| node.terminate_communication(now));
    }

    fn notify_status(&mut self) {
        let summary = self.node.with(|node, _| peers::summary(node));
        self.manager.notify(service::State::Status(&summary));
    }

    fn tell_ready(&mut self, notification: &Notification) {
        if let Notification::Listening(_) = notification {
            self.manager.notify(service::State::Ready);
        }
    }

    fn observe(&mut self, notification: &Notification) -> Result<(), Failure> {
        self.tally.note(notification);
        match notification {
            Notification::Log(entry) => {
                if logging::wants(entry) {
                    let text = self.node.with(|node, now| explain::explained(entry, node, now));
                    text.iter().for_each(|text| logging::communication(entry, text));
                }
                return self.log.as_mut().map_or(Ok(()), |log| log.write(entry));
            }
            Notification::ConnectionClosed { peer, established, cause } => {
                let text = self
                    .node
                    .with(|node, now| explain::closed(peer, *established, cause, node, now));
                text.iter().for_each(|text| logging::peer(peer, text));
            }
            Notification::Listening(_) => self.tell_ready(notification),
            Notification::StateAccessPerformed { .. } | Notification::Expired(_) => {
                if let Some(state) = &mut self.state {
                    state.changed = true;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Starts writing the variables if any have changed.
    fn keep(&mut self) -> Result<(), Failure> {
        if let Some(state) = self.state.as_mut().filter(|state| state.is_due()) {
            state.begin(snapshot(&self.node)?);
        }
        Ok(())
    }

    /// Writes the remaining output after the node has stopped.
    async fn end(mut self, undelivered: usize, result: Result<(), Failure>) -> Result<(), Failure> {
        self.status.end();
        let failed_lines = self.reading.as_ref().map_or(0, |reading| reading.progress.end());
        let filed = LogFiles::finish(&mut self.files).await;
        let spooled = Spooling::finish(&mut self.spooling).await;
        let closed = self.log.as_mut().map_or(Ok(()), |log| log.close(self.node.now()));
        // The file may not have been written yet.
        self.state.iter_mut().for_each(|state| state.changed = true);
        let kept = self.finish().await;
        // Do not wait long for messages that are not read.
        output::end_by(std::time::Instant::now() + GRACE);
        if undelivered > 0 {
            let peers = if undelivered == 1 { "peer" } else { "peers" };
            return Err(failed(format_args!("{undelivered} {peers} did not receive everything")));
        }
        if failed_lines > 0 {
            let lines = if failed_lines == 1 { "line" } else { "lines" };
            return Err(failed(format_args!(
                "{failed_lines} {lines} of standard input failed, see above"
            )));
        }
        result.and(closed).and(filed).and(spooled).and(kept)
    }

    /// Waits until the variables and all output are written. After a signal the wait has a time
    /// limit; a second signal ends it.
    async fn finish(self) -> Result<(), Failure> {
        let Running { node, mut signals, log, mut state, manager, ending, .. } = self;
        let mut deadline = (ending == Some(Ending::Requested)).then(|| Instant::now() + GRACE);
        loop {
            tokio::select! {
                kept = write_rest(&node, &log, &mut state, &manager) => return kept,
                control = signals.next() => match control {
                    Control::End if deadline.is_some() => return Err(at_once()),
                    Control::End => deadline = Some(Instant::now() + GRACE),
                    Control::ShowPeers => {}
                },
                () = passed(deadline) => break,
            }
        }
        // Makes all waits for output end now.
        end_output_by(&log, Duration::ZERO);
        let logged = log.map_or(Ok(()), |log| log.finish());
        match state.filter(State::is_writing) {
            Some(state) => Err(state.late()),
            None => logged,
        }
    }
}

/// Stops all waits for room, and sets a time limit for writing the rest.
fn end_output_by(log: &Option<Log>, patience: Duration) {
    let deadline = std::time::Instant::now() + patience;
    output::end_by(deadline);
    log.iter().for_each(|log| log.end_by(deadline));
}

/// Waits until everything is written. Can be dropped and called again.
async fn write_rest(
    node: &Node,
    log: &Option<Log>,
    state: &mut Option<State>,
    manager: &service::Manager,
) -> Result<(), Failure> {
    let mut kept = Ok(());
    if let Some(state) = state {
        kept = state.written().await;
        if state.changed {
            state.begin(snapshot(node)?);
            kept = state.written().await.and(kept);
        }
    }
    if let Some(log) = log {
        log.written().await;
        kept = log.finish().and(kept);
    }
    manager.notified().await;
    output::stdout().written().await;
    kept
}

/// Returns a snapshot of the node's variables. Called only if they have a file.
fn snapshot(node: &Node) -> Result<Vec<u8>, Failure> {
    let snapshot = node.with(|node, _| node.store().map(variables::snapshot));
    snapshot.unwrap_or_else(|| Ok(Vec::new()))
}

async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}

/// Reports that the program exits without waiting.
fn at_once() -> Failure {
    let failure = failed(format_args!("ended without waiting for peers"));
    output::end_by(std::time::Instant::now());
    failure
}

/// Waits for room in the output, then for the next notification. The peers wait meanwhile if the
/// queue fills up. When the node stops, it does not wait for room.
async fn next(notifications: &mut Notifications, ending: Option<Ending>) -> Option<Notification> {
    if ending != Some(Ending::Requested) {
        output::stdout().room().await;
    }
    notifications.next().await
}

/// The same for the log.
async fn observe(
    observed: &mut Notifications,
    log: &Option<Log>,
    ending: Option<Ending>,
) -> Option<Notification> {
    if let Some(log) = log.as_ref().filter(|_| ending != Some(Ending::Requested)) {
        log.room().await;
    }
    observed.next().await
}

async fn failed_log(log: &Option<Log>) -> Failure {
    match log {
        Some(log) => log.failed().await,
        None => pending().await,
    }
}

/// Waits until variables are written. Never returns if none are being written.
async fn written(state: &mut Option<State>) -> Result<(), Failure> {
    match state.as_mut().filter(|state| state.is_writing()) {
        Some(state) => state.written().await,
        None => pending().await,
    }
}
