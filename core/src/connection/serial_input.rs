//! Received SERIALs (§5, 2§2).

use bytes::Bytes;

use super::setup::PEER_DESCRIPTION;
use super::{CommLogMessage, Connection, Notification, Phase, ProtocolErrorKind, Undeclared};
use crate::data::{CallMismatch, Event, Id, Name, Serial, Value};
use crate::serial::{LazyEvent, LazySerial, Mode};
use crate::wire::MessageType;

impl Connection {
    /// Decodes a SERIAL, always, to keep the cache valid, and delivers it if it is accepted.
    #[inline]
    pub(super) fn serial(&mut self, argument: &Bytes, offset: u64) {
        let mode = self.read_mode();
        let read = if self.config.events_lazily {
            match self.reader.read_lazily(argument, mode) {
                Ok(LazySerial::Event(event)) => return self.lazy_call(event),
                Ok(LazySerial::Other(serial)) => Ok(serial),
                Err(error) => Err(error),
            }
        } else {
            self.reader.read(argument, mode)
        };
        match read {
            Ok(Serial::Event(event)) => self.call(event),
            Ok(Serial::Id(id)) => match self.phase {
                Phase::Running => self.deliver(Notification::Id(id)),
                Phase::Handshake if *id.name == *PEER_DESCRIPTION.as_bytes() => {
                    self.description(&id);
                }
                // In other phases an ID has no effect (§3.2).
                _ => self.counters.discarded += 1,
            },
            Ok(Serial::StateAccess(access)) => {
                if self.ours.sync.is_some() && self.ours.accept_input {
                    self.counters.accesses_received += 1;
                    self.notify(Notification::StateAccess(access));
                } else {
                    self.counters.discarded += 1;
                }
            }
            Ok(Serial::Packet(packet)) => self.deliver(Notification::Packet(packet)),
            Err(error) => {
                let what = ProtocolErrorKind::Serial(Box::new(error));
                self.violation(what, Some(MessageType::Serial), offset);
            }
        }
    }

    #[inline]
    fn call(&mut self, mut event: Event) {
        // Created values count as if the peer had sent them.
        let objects = self.config.serial_limits.objects;
        let checked = self.config.declarations.receive_call(&mut event, objects);
        match self.mismatch(checked) {
            Some(mismatch) => self.reject(event.name, mismatch),
            None => self.deliver_event(Notification::Event(event)),
        }
    }

    fn lazy_call(&mut self, event: LazyEvent) {
        let declarations = &self.config.declarations;
        let checked = declarations.check_call_tags(event.name_bytes(), event.arg_tags());
        match self.mismatch(checked) {
            Some(mismatch) => self.reject(event.name(), mismatch),
            None => self.deliver_event(Notification::LazyEvent(event)),
        }
    }

    /// Returns what is wrong with a call, whether or not input is accepted (§5).
    fn mismatch(&self, checked: Result<(), CallMismatch>) -> Option<CallMismatch> {
        match checked {
            Err(CallMismatch::Unknown | CallMismatch::NotAnEvent)
                if self.config.undeclared == Undeclared::Deliver =>
            {
                None
            }
            checked => checked.err(),
        }
    }

    fn reject(&mut self, name: Name, mismatch: CallMismatch) {
        self.counters.calls_rejected += 1;
        self.notify(Notification::CallRejected { name: name.compact(), mismatch });
    }

    /// Delivers a valid call, if input is accepted (§4).
    fn deliver_event(&mut self, notification: Notification) {
        if self.ours.accept_input {
            self.counters.events_received += 1;
            self.notify(notification);
        } else {
            self.counters.discarded += 1;
        }
    }

    /// Handles the peer's description (§3.2).
    fn description(&mut self, id: &Id) {
        if !self.ours.accept_input {
            self.counters.discarded += 1;
        } else if let Some(Value::String(text)) = &id.value {
            let name = Name::from_bytes(text.clone()).compact();
            self.peer.description = Some(name.clone());
            self.notify(Notification::PeerDescription(name));
        } else {
            self.log(CommLogMessage::PeerDescriptionNotAString);
        }
    }

    fn deliver(&mut self, notification: Notification) {
        if self.ours.accept_input {
            self.notify(notification);
        } else {
            self.counters.discarded += 1;
        }
    }

    /// Returns how the peer encodes a SERIAL now.
    ///
    /// That depends on the phase of the *writer* (2§3), which follows from ours. The peer is not
    /// Running before both PHASE_DONEs are exchanged, nor while it sends its state; then we are not
    /// Running either. When it is Running, all of that precedes in its stream, so we are Running
    /// too. In between, when it has sent its PHASE_DONE and not received ours, or is about to
    /// receive our state, it sends nothing with IDs.
    fn read_mode(&self) -> Mode {
        let running = self.phase == Phase::Running;
        Mode::new(self.peer.caps, self.config.capabilities, running)
    }
}
