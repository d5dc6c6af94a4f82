//! `brocomm logs --listen`: writes the logs of all peers that connect.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, SystemTime};

use brocomm::lowlevel::connection::{ConnectionConfig, ConnectionNotification};
use brocomm_std::{Listener, Peer};

use super::{Args, Logs, for_logs};
use crate::diagnosis;
use crate::failure::{Failure, failed, tell, warn};
use crate::follow::Follow;
use crate::logging;
use crate::session;
use crate::stop::Stop;

/// The maximum number of queued entries. When the queue is full, peers wait.
const WAITING: usize = 1024;

/// The wait if nothing is due.
const IDLE: Duration = Duration::from_secs(3600);

/// The messages to the thread that writes. Peers are numbered in order.
enum Report {
    Log {
        sender: u64,
        from: SocketAddr,
        notification: ConnectionNotification,
    },
    Gone {
        sender: u64,
        fault: Option<String>,
    },
    /// No more peers are accepted, with the error if there was one.
    NoMore(Option<String>),
}

/// Accepts peers, each in its own thread, and writes their logs.
pub(super) fn run(
    address: &str,
    args: &Args,
    logs: &mut Logs,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let config = args.manner.config(Default::default(), for_logs())?;
    let (stop, once) = (Stop::on_signal(), args.again.once);
    let listener = session::bind(address)?;
    // Finishes the output normally whenever a signal arrives.
    let _held = stop.hold();
    writeln!(out, "listening on {}", listener.local_addr())?;
    out.flush()?;
    let (reports, received) = sync_channel(WAITING);
    let accepting = {
        let stop = stop.clone();
        thread::spawn(move || accept(listener, &config, once, &stop, &reports))
    };
    let mut result = Ok(());
    loop {
        logs.now = SystemTime::now().into();
        if result.is_ok() {
            result = logs.due(logs.now);
        }
        let wait = logs.next_timeout().map_or(IDLE, |due| due.saturating_since(logs.now));
        match received.recv_timeout(wait.min(IDLE)) {
            // After a failure, only waits for the peers.
            Ok(report) if result.is_ok() => {
                let mut waiting = std::iter::once(report).chain(received.try_iter().take(WAITING));
                let taken = waiting.try_for_each(|report| take(logs, report, once));
                result = taken.and_then(|()| logs.flush());
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
        }
        if result.is_err() {
            stop.all();
        }
    }
    let _ = accepting.join();
    result
}

/// Writes the logs of a peer.
fn take(logs: &mut Logs, report: Report, once: bool) -> Result<(), Failure> {
    logs.now = SystemTime::now().into();
    match report {
        Report::Log { sender, from, notification } => logs.take(sender, from, &notification),
        Report::Gone { sender, fault } => {
            logs.forget(sender);
            match fault {
                Some(fault) if once => Err(failed(format_args!("{fault}"))),
                fault => {
                    fault.iter().for_each(|fault| tell(format_args!("{fault}")));
                    Ok(())
                }
            }
        }
        Report::NoMore(None) => Ok(()),
        Report::NoMore(Some(error)) => Err(failed(format_args!("{error}"))),
    }
}

/// Accepts peers until stopped, then waits until all have disconnected.
fn accept(
    mut listener: Listener,
    config: &ConnectionConfig,
    once: bool,
    stop: &Stop,
    reports: &SyncSender<Report>,
) {
    let _registered = stop.add(listener.stop_handle());
    thread::scope(|scope| {
        let mut senders = 0..;
        let error = loop {
            match session::accept(&mut listener, config, stop) {
                Ok(Some(peer)) => {
                    let (name, sender) = (peer.remote_addr(), senders.next().unwrap_or(u64::MAX));
                    let begun = session::begin(scope, move || follow(sender, peer, stop, reports));
                    if let Err(error) = begun {
                        warn(format_args!("{name}: {error}"));
                    } else if once {
                        break None;
                    }
                }
                Ok(None) => break None,
                Err(error) => break Some(error.to_string()),
            }
        };
        // Later peers are refused instead of waiting in the backlog.
        drop(listener);
        // The receiver may be gone.
        let _ = reports.send(Report::NoMore(error));
    });
}

/// Reports the logs of a peer until it disconnects or violates the protocol, which does not affect
/// other peers.
fn follow(sender: u64, mut peer: Peer, stop: &Stop, reports: &SyncSender<Report>) {
    let _registered = stop.add(peer.stop_handle());
    let from = peer.remote_addr();
    let mut fault = None;
    loop {
        let notification = match peer.next(None) {
            Ok(Some(notification)) => notification,
            Ok(None) => break,
            Err(error) => {
                fault = Some(error.to_string());
                break;
            }
        };
        logging::connection(from, &notification);
        if let ConnectionNotification::Closed(cause) = &notification {
            fault = diagnosis::fault(cause).map(|fault| format!("{from}: {fault}"));
        }
        let is_log = matches!(
            notification,
            ConnectionNotification::LogWriterAnnounced(_) | ConnectionNotification::LogEntry(_)
        );
        if is_log && reports.send(Report::Log { sender, from, notification }).is_err() {
            break;
        }
    }
    if session::part(&mut peer).is_err() {
        warn(format_args!("{from}: the connection could not be closed cleanly"));
    }
    let _ = reports.send(Report::Gone { sender, fault });
}
