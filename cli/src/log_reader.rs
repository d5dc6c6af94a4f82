//! What a peer sends of its logs.

use std::net::SocketAddr;
use std::sync::Arc;

use brocomm::connection::{Notification, Setup};
use brocomm::logs::{Announced, LogEntry, LogReceiver, LogWriter, Received};

use crate::failure::{Failure, failed, warn};

/// Asks a peer for its logs.
pub(crate) fn for_logs() -> Setup {
    Setup { request_logs: true, ..Setup::default() }
}

/// Understands logs as they come.
#[derive(Debug, Default)]
pub(crate) struct LogReader {
    receiver: LogReceiver,
}

/// What came of a log.
pub(crate) enum LogNews {
    /// A log begins.
    Writer(Arc<LogWriter>),
    /// An entry of one.
    Entry(LogEntry),
}

impl LogReader {
    /// Returns what a notification tells of logs, in order. Entries that fit no log are told to
    /// the user and left out.
    pub(crate) fn read(
        &mut self,
        peer: SocketAddr,
        told: &Notification,
    ) -> Result<Vec<LogNews>, Failure> {
        let broken = |error| failed(format_args!("{peer}: the peer broke the protocol: {error}"));
        match told {
            Notification::LogCreateWriter(argument) => {
                match self.receiver.announce(argument).map_err(broken)? {
                    Announced::New(writer) => Ok(vec![LogNews::Writer(writer)]),
                    Announced::Again(_) => Ok(Vec::new()),
                }
            }
            Notification::LogWrite(argument) => {
                let mut news = Vec::new();
                for received in self.receiver.entries(argument) {
                    match received.map_err(broken)? {
                        Received::Entry(entry) => news.push(LogNews::Entry(entry)),
                        Received::Dropped(entry) => {
                            let (path, why) = (entry.path, entry.why);
                            warn(format_args!("{peer}: write error for log entry: {path}: {why}"));
                        }
                    }
                }
                Ok(news)
            }
            _ => Ok(Vec::new()),
        }
    }
}
