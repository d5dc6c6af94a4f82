//! The files of the logs that peers send to a running node.

use std::future::{pending, ready};
use std::io;
use std::path::Path;
use std::time::Duration;

use brocomm::logs::{AsciiFormat, LogEntry, LogFormat, LogNames, Rotation};
use brocomm::node::Notification;
use brocomm_tokio::{Node, Notifications};
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{sleep, timeout};

use crate::clock::Clock;
use crate::failure::{Failure, failed, warn};
use crate::log_folder::LogFolder;
use crate::output::GRACE;

/// The wait if nothing is due.
const IDLE: Duration = Duration::from_secs(3600);

/// Writes logs in a thread of its own, so that a slow disk does not block anything else.
pub(super) struct LogFiles(Option<JoinHandle<Result<(), String>>>);

/// Returns whether a notification is written to files.
pub(super) fn is_log(notification: &Notification) -> bool {
    matches!(notification, Notification::LogWriterAnnounced { .. } | Notification::LogEntry { .. })
}

impl LogFiles {
    /// Creates the folder if needed.
    pub(super) fn folder(
        path: &Path,
        rotate: Option<Duration>,
        clock: Clock,
    ) -> Result<LogFolder, Failure> {
        let rotation = rotate.map_or_else(Rotation::default, Rotation::every);
        let format = LogFormat::Ascii(AsciiFormat::default());
        Ok(LogFolder::new(path, format, rotation, clock, LogNames::default())?.mixing())
    }

    /// Starts writing the logs that the node receives.
    pub(super) fn start(node: Node, notifications: Notifications, folder: LogFolder) -> LogFiles {
        let handle = Handle::current();
        LogFiles(Some(spawn_blocking(move || handle.block_on(write(node, notifications, folder)))))
    }

    /// Waits until the files can no longer be written, and returns the failure. Cancel safe.
    pub(super) async fn failed(files: &mut Option<LogFiles>) -> Failure {
        let Some(LogFiles(Some(task))) = files else { return pending().await };
        let ended = task.await;
        *files = Some(LogFiles(None));
        match ended {
            Ok(Err(problem)) => failed(format_args!("{problem}")),
            // The node has stopped.
            Ok(Ok(())) => pending().await,
            Err(error) => failed(format_args!("the logs are no longer written: {error}")),
        }
    }

    /// Waits until all received entries are written.
    pub(super) async fn finish(files: &mut Option<LogFiles>) -> Result<(), Failure> {
        let Some(LogFiles(Some(task))) = files else { return Ok(()) };
        match timeout(GRACE, task).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(problem))) => Err(failed(format_args!("{problem}"))),
            Ok(Err(error)) => Err(failed(format_args!("not all logs were written: {error}"))),
            Err(_) => Err(failed(format_args!("not all logs were written in time"))),
        }
    }
}

async fn write(
    node: Node,
    mut notifications: Notifications,
    mut folder: LogFolder,
) -> Result<(), String> {
    let mut is_flushed = true;
    loop {
        let due = async {
            let wait = folder.next_timeout().map(|due| due.saturating_since(node.now()));
            sleep(wait.unwrap_or(IDLE)).await;
        };
        let notification = tokio::select! {
            biased;
            notification = notifications.next() => notification,
            // Nothing more has arrived.
            () = ready(()), if !is_flushed => {
                folder.flush()?;
                is_flushed = true;
                continue;
            }
            () = due => {
                folder.rotate(node.now())?;
                continue;
            }
        };
        let now = node.now();
        folder.rotate(now)?;
        match notification {
            Some(Notification::LogWriterAnnounced { peer, writer }) => {
                if let Err(problem) = folder.announce(peer.id.0, &writer, now) {
                    warn(format_args!("{}: {problem}", peer.endpoint));
                }
                is_flushed = false;
            }
            Some(Notification::LogEntry { peer, writer, values }) => {
                folder.entry(peer.id.0, &LogEntry { writer, values }, now)?;
                is_flushed = false;
            }
            Some(Notification::ConnectionClosed { peer, .. }) => folder.forget(peer.id.0),
            Some(_) => {}
            None => break,
        }
    }
    let problem = folder.finish(node.now(), &mut io::sink());
    problem.map_err(|error| error.to_string())?.map_or(Ok(()), Err)
}
