//! Logs that peers send (part 3).

use std::sync::Arc;

use bytes::{Buf, Bytes};

use super::super::log::LogLine;
use super::super::{Notification, PeerId};
use super::Communication;
use crate::logs::{Announced, DroppedEntry, LogEntry, LogError, LogLimits, LogReceiver, Received};

/// Understands the logs that come over one connection.
#[derive(Debug, Default)]
pub(super) struct LogInput {
    receiver: LogReceiver,
    /// What is left of the LOG_WRITE that came last: entries are read as there is room for them.
    rest: Bytes,
    /// How much of that message was read.
    read: usize,
    /// Whether one of its entries was dropped.
    dropped: bool,
}

impl LogInput {
    /// Returns that of a connection; most peers send no logs, and have none.
    fn of(input: &mut Option<Box<LogInput>>, limits: LogLimits) -> &mut LogInput {
        input.get_or_insert_with(|| {
            Box::new(LogInput { receiver: LogReceiver::new(limits), ..LogInput::default() })
        })
    }
}

impl Communication {
    /// A peer announced a writer.
    pub(super) fn writer_came(&mut self, id: PeerId, argument: &Bytes) {
        let limits = self.options.log_limits;
        let Some(peer) = self.peers.get_mut(&id) else { return };
        match LogInput::of(&mut peer.log_input, limits).receiver.announce(argument) {
            Ok(Announced::New(writer)) => {
                let peer = Arc::clone(&peer.who);
                self.tell(id, Notification::LogWriterAnnounced { peer, writer });
            }
            Ok(Announced::Again(_)) => {}
            Err(error) => self.reject_log(id, error),
        }
    }

    /// A peer sent entries, which [`drain`](Self::drain) looks at.
    pub(super) fn entries_came(&mut self, id: PeerId, argument: Bytes) {
        let limits = self.options.log_limits;
        if let Some(peer) = self.peers.get_mut(&id) {
            let LogInput { rest, read, dropped, .. } = LogInput::of(&mut peer.log_input, limits);
            (*rest, *read, *dropped) = (argument, 0, false);
        }
    }

    /// Looks at the next entry of the LOG_WRITE that came last; returns whether there was one.
    pub(super) fn next_log_entry(&mut self, id: PeerId) -> bool {
        let Some(peer) = self.peers.get_mut(&id) else { return false };
        let Some(input) = peer.log_input.as_deref_mut() else { return false };
        let LogInput { receiver, rest, read, dropped } = input;
        let mut entries = receiver.entries(rest);
        let Some(entry) = entries.next() else { return false };
        let position = entries.position().min(rest.len());
        match entry {
            Ok(received) => {
                rest.advance(position);
                *read = read.saturating_add(position);
                match received {
                    Received::Entry(LogEntry { writer, values }) => {
                        let peer = Arc::clone(&peer.who);
                        self.tell_bounded(id, Notification::LogEntry { peer, writer, values });
                    }
                    // Once per message, as in Bro, which drops the rest of it as well (3§2).
                    Received::Dropped(DroppedEntry { path, why, .. }) => {
                        if !std::mem::replace(dropped, true) {
                            self.log_peer(id, LogLine::LogEntryUnknown);
                            let line = LogLine::LogEntryUnknown;
                            self.error(id, format!("{line}: {path}: {why}").into());
                        }
                    }
                }
            }
            Err(error) => {
                let offset = u32::try_from(*read).unwrap_or(u32::MAX);
                let error = LogError { offset: error.offset.saturating_add(offset), ..error };
                *rest = Bytes::new();
                self.reject_log(id, error);
            }
        }
        true
    }

    /// Ends the connection to a peer that sent what is no log message.
    fn reject_log(&mut self, id: PeerId, error: LogError) {
        if let Some(connection) = self.connection_mut(id) {
            connection.reject_log(error);
            self.touch_peer(id);
        }
    }
}
