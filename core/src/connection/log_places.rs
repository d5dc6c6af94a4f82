//! Where log messages came. They are looked into by whoever takes them, after other messages have
//! been processed; an error in one is still told with the place where it began.

use std::collections::VecDeque;

use super::{
    CloseCause, Connection, LogMessage, Notification, Phase, ProtocolError, ProtocolErrorKind,
};
use crate::log_messages::LogError;

/// Where a message came: its phase and its beginning in the stream of the peer.
#[derive(Debug, Clone, Copy)]
struct Place {
    phase: Phase,
    offset: u64,
}

#[derive(Debug, Default)]
pub(super) struct Places {
    /// Of those among the notifications.
    waiting: VecDeque<Place>,
    /// Of the last that was taken.
    taken: Option<Place>,
}

impl Places {
    /// Takes note that the next log message is taken from the notifications.
    pub(super) fn take(&mut self) {
        self.taken = self.waiting.pop_front();
    }
}

impl Connection {
    /// Hands on a log message that begins here.
    pub(super) fn notify_of_log(&mut self, notification: Notification, offset: u64) {
        let place = Place { phase: self.phase, offset };
        self.places.get_or_insert_default().waiting.push_back(place);
        self.notify(notification);
    }

    /// Ends the connection for the log message that was taken last. What came after it, the end of
    /// the connection included, counts for nothing.
    pub(crate) fn reject_log(&mut self, error: LogError) {
        let taken = self.places.take().and_then(|places| places.taken);
        let Some(Place { phase, offset }) = taken else { return };
        self.notifications.clear();
        let message = Some(error.message);
        let error =
            ProtocolError { kind: ProtocolErrorKind::Log(Box::new(error)), message, phase, offset };
        self.log(LogMessage::Violation(error.clone()));
        if self.phase == Phase::Closed {
            self.log(LogMessage::PeerDisconnected);
            self.notify(Notification::Closed(CloseCause::Protocol(error)));
        } else {
            self.close_because(CloseCause::Protocol(error));
        }
    }
}
