//! Logs that the peer sends (part 3).

use bytes::Bytes;

use super::{CloseCause, Connection, Notification, Phase, ProtocolError, ProtocolErrorKind};
use crate::logs::{Announced, LogError, LogReceiver, Received, Unread};
use crate::wire::MessageType;

/// The logs from the peer. Most peers send none.
#[derive(Debug)]
pub(super) struct LogInput {
    receiver: LogReceiver,
    /// The rest of the last LOG_WRITE. Entries are decoded on demand, since an entry needs several
    /// times the memory of its bytes.
    unread: Unread,
    /// The number of notifications before the rest.
    before: usize,
    /// Whether one of the message's entries was dropped.
    dropped: bool,
    /// The phase and the stream offset of the message.
    phase: Phase,
    offset: u64,
}

impl LogInput {
    /// Returns whether entries are left, which precede all later input.
    pub(super) fn is_waiting(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Records that a notification was taken.
    pub(super) fn advance(&mut self) {
        self.before = self.before.saturating_sub(1);
    }
}

impl Connection {
    /// The peer announces a writer.
    pub(super) fn log_writer(&mut self, argument: &Bytes, offset: u64) {
        match self.log_input().receiver.announce(argument) {
            Ok(Announced::New(writer)) => self.notify(Notification::LogWriterAnnounced(writer)),
            Ok(Announced::Again(_)) => {}
            Err(error) => {
                let what = ProtocolErrorKind::Log(Box::new(error));
                self.violation(what, Some(MessageType::LogCreateWriter), offset);
            }
        }
    }

    /// The peer sends entries, which are decoded one by one after everything before them is taken.
    pub(super) fn log_entries(&mut self, argument: Bytes, offset: u64) {
        let (before, phase) = (self.notifications.len(), self.phase);
        let input = self.log_input();
        (input.unread, input.before) = (Unread::new(argument), before);
        (input.dropped, input.phase, input.offset) = (false, phase, offset);
    }

    fn log_input(&mut self) -> &mut LogInput {
        let (limits, phase) = (self.config.log_limits, self.phase);
        self.log_input.get_or_insert_with(|| {
            Box::new(LogInput {
                receiver: LogReceiver::new(limits),
                unread: Unread::default(),
                before: 0,
                dropped: false,
                phase,
                offset: 0,
            })
        })
    }

    /// Decodes the next entry, if it is next in order.
    pub(super) fn next_log_entry(&mut self) -> Option<Notification> {
        let input = self.log_input.as_deref_mut().filter(|input| input.before == 0)?;
        match input.receiver.next(&mut input.unread)? {
            Ok(Received::Entry(entry)) => Some(Notification::LogEntry(entry)),
            Ok(Received::Dropped(entry)) => {
                let first = !std::mem::replace(&mut input.dropped, true);
                Some(Notification::LogEntryDropped { entry: Box::new(entry), first })
            }
            Err(error) => {
                let (phase, offset) = (input.phase, input.offset);
                self.reject_log_entry(error, phase, offset);
                None
            }
        }
    }

    /// Ends the connection for an entry that cannot be decoded. What arrived after it, including
    /// the end of the connection, is ignored.
    fn reject_log_entry(&mut self, error: LogError, phase: Phase, offset: u64) {
        self.notifications.clear();
        let message = Some(error.message);
        let kind = ProtocolErrorKind::Log(Box::new(error));
        let cause = CloseCause::Protocol(ProtocolError { kind, message, phase, offset });
        if self.phase == Phase::Closed {
            self.notify(Notification::Closed(cause));
        } else {
            self.close_because(cause);
        }
    }
}
