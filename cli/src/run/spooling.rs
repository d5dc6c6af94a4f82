//! The spool of a running node.

use std::future::{pending, ready};

use brocomm::logs::LogEntry;
use brocomm::node::Notification;
use brocomm_tokio::{Node, Notifications};
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{sleep, timeout};

use crate::failure::{Failure, failed};
use crate::output::GRACE;
use crate::spool::spooler::Spooler;

/// Spools in a thread of its own, so that a slow disk does not block anything else.
pub(super) struct Spooling(Option<JoinHandle<Result<(), Failure>>>);

impl Spooling {
    /// Starts spooling what the node receives.
    pub(super) fn start(node: Node, notifications: Notifications, spooler: Spooler) -> Spooling {
        let handle = Handle::current();
        let spool = move || handle.block_on(spool(node, notifications, spooler));
        Spooling(Some(spawn_blocking(spool)))
    }

    /// Waits until spooling fails, and returns the failure. Cancel safe.
    pub(super) async fn failed(spooling: &mut Option<Spooling>) -> Failure {
        let Some(Spooling(Some(task))) = spooling else { return pending().await };
        let ended = task.await;
        *spooling = Some(Spooling(None));
        match ended {
            Ok(Err(failure)) => failure,
            // The node has stopped.
            Ok(Ok(())) => pending().await,
            Err(error) => failed(format_args!("spooling has stopped: {error}")),
        }
    }

    /// Waits until everything received is spooled.
    pub(super) async fn finish(spooling: &mut Option<Spooling>) -> Result<(), Failure> {
        let Some(Spooling(Some(task))) = spooling else { return Ok(()) };
        match timeout(GRACE, task).await {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => Err(failed(format_args!("not all entries were spooled: {error}"))),
            Err(_) => Err(failed(format_args!("not all entries were spooled in time"))),
        }
    }
}

async fn spool(
    node: Node,
    mut notifications: Notifications,
    mut spooler: Spooler,
) -> Result<(), Failure> {
    let never = || false;
    let mut is_written = true;
    loop {
        let now = node.now();
        if spooler.is_full() || spooler.next_timeout().is_some_and(|due| due <= now) {
            // While there is no room, peers wait once the queue of notifications is full.
            spooler.commit(&never)?;
            is_written = true;
        }
        let wait = spooler.next_timeout().map(|due| due.saturating_since(now));
        let due = async {
            match wait {
                Some(wait) => sleep(wait).await,
                None => pending().await,
            }
        };
        let notification = tokio::select! {
            biased;
            notification = notifications.next() => notification,
            // Nothing more has arrived.
            () = ready(()), if !is_written => {
                spooler.commit(&never)?;
                is_written = true;
                continue;
            }
            () = due => continue,
        };
        match notification {
            Some(Notification::LogEntry { peer, writer, values }) => {
                spooler.entry(&peer.descr, &LogEntry { writer, values }, now);
                is_written = false;
            }
            Some(Notification::Event { peer, event }) => {
                spooler.event(&peer.descr, &event, now);
                is_written = false;
            }
            Some(_) => {}
            None => return spooler.finish(&never),
        }
    }
}
