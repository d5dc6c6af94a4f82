//! Processing of messages from the peer.

use super::legality::is_violation;
use super::{CloseCause, CommLogMessage, Connection, Notification, Phase, ProtocolErrorKind};
use crate::wire::{Decoded, Message, MessageType};

impl Connection {
    /// Processes input as far as there is room.
    pub(super) fn process(&mut self) {
        while self.phase != Phase::Closed {
            if !self.has_room() {
                self.backlog = true;
                return;
            }
            match self.decoder.poll() {
                Ok(Some(decoded)) => self.receive(decoded),
                Ok(None) => break,
                Err(error) => {
                    let (message, offset) = (error.message, error.offset);
                    self.violation(ProtocolErrorKind::Wire(Box::new(error)), message, offset);
                }
            }
        }
        self.backlog = false;
        if let Some(cause) = self.end.take() {
            let cause = match (cause, self.decoder.finish()) {
                (CloseCause::PeerClosed, Err(inside)) => {
                    CloseCause::PeerClosedMidMessage(Box::new(inside))
                }
                (cause, _) => cause,
            };
            self.close_because(cause);
        }
    }

    /// Checks a message against the table of §3.7 and acts on it.
    fn receive(&mut self, decoded: Decoded) {
        let Decoded { message, offset, .. } = decoded;
        self.held_bytes = message.held_bytes();
        let kind = message.message_type();
        if is_violation(kind, self.phase, self.peer.phase_done) {
            let what = match (kind, self.phase) {
                (_, Phase::Setup) => ProtocolErrorKind::NoVersion,
                (MessageType::PhaseDone, Phase::Sync(_)) => {
                    ProtocolErrorKind::UnexpectedPhaseDoneInSync
                }
                (MessageType::PhaseDone, _) => ProtocolErrorKind::UnexpectedPhaseDone,
                _ => ProtocolErrorKind::UnexpectedMessage,
            };
            return self.violation(what, Some(kind), offset);
        }
        match message {
            Message::Version(version) => self.version(version, offset),
            Message::Serial(argument) => self.serial(&argument, offset),
            Message::RequestEvents(names) => self.peer_requests_events(&names, offset),
            Message::CaptureFilter(filter) => self.notify(Notification::CaptureFilter(filter)),
            Message::RequestSync { authoritative } => self.peer_requests_sync(authoritative),
            Message::RequestLogs => self.peer_requests_logs(),
            Message::PhaseDone => self.phase_done(offset),
            Message::Caps(caps) => self.peer.caps = caps,
            // The decoder has already handled it.
            Message::Compress => self.log(CommLogMessage::EnablingDecompression),
            Message::Ping(args) => self.answer_ping(args),
            Message::Pong(args) => self.pong(args),
            Message::SyncPoint(point) => self.notify(Notification::SyncPoint(point)),
            Message::RemotePrint(items) => self.notify(Notification::RemotePrint(items)),
            Message::LogCreateWriter(writer) => self.log_writer(&writer, offset),
            Message::LogWrite(entries) => self.log_entries(entries, offset),
        }
    }

    /// Ends the peer's part of the handshake or of Sync. Otherwise it is a violation.
    fn phase_done(&mut self, offset: u64) {
        match self.phase {
            Phase::Handshake if !self.peer.phase_done => {
                self.peer.phase_done = true;
                self.complete_when_both_done(offset);
            }
            Phase::Sync(_) => self.enter_running(),
            // A repetition in Handshake, which is ignored as in Bro.
            _ => {}
        }
    }
}
