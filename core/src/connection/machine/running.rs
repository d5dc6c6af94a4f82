//! Running, messages that do not depend on the phase (§3.5), and what each side has announced.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::Connection;
use super::output::Output;
use crate::connection::{
    CommLogMessage, Command, ConnectionConfig, ConnectionNotification, PRINT_HOOK, Phase,
    SyncRequest, SyncRole, UsageError,
};
use crate::data::{Event, Id, Name, Packet};
use crate::logs::{entries_in, writer_in};
use crate::serial::{CacheCounters, LazyEvent, Mode, Templates, WriteError, Writer};
use crate::wire::{
    Caps, Compression, DataFormat, Message, PingArgs, PingLayout, PrintItems, SyncPoint, Version,
};
use crate::{Time, wire};

/// The result of sending something that the peer must request first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "it may not have been sent"]
pub enum Sent {
    /// It is queued.
    Sent,
    /// The peer has not requested it.
    NotRequested,
    /// It is dropped, not queued, because the connection is not Running (§3.4).
    NotRunning,
}

/// Commands for sending.
impl Connection {
    /// Sends an event if the peer has requested it.
    ///
    /// The event must be among
    /// [`ConnectionConfig::declarations`](crate::connection::ConnectionConfig::declarations), and
    /// its arguments are checked and coerced to the declared types, as
    /// [`coerce_call`](crate::data::Declarations::coerce_call) does. With
    /// [`Undeclared::Deliver`](crate::connection::Undeclared::Deliver), other events are sent
    /// unchanged.
    ///
    /// # Errors
    /// [`UsageError::Event`], whether or not the peer has requested it; [`UsageError::QueueFull`];
    /// [`UsageError::Unwritable`].
    #[inline]
    pub fn send_event(&mut self, event: &Event) -> Result<Sent, UsageError> {
        let ConnectionConfig { declarations, undeclared, .. } = &self.config;
        match undeclared.coerce_call(declarations, event).map_err(Box::new)? {
            None => self.send_checked_event(event),
            Some(args) => {
                let (name, time) = (event.name.clone(), event.time);
                self.send_checked_event(&Event { name, time, args })
            }
        }
    }

    /// Sends an event that was already checked.
    #[inline]
    pub(crate) fn send_checked_event(&mut self, event: &Event) -> Result<Sent, UsageError> {
        let Event { name, time, args } = event;
        self.send_call(name, |writer, mode, out| writer.event(mode, name, *time, args, out))
    }

    /// Sends an event of this name, if the peer has requested it.
    #[inline]
    fn send_call(
        &mut self,
        name: &[u8],
        write: impl FnOnce(&mut Writer, Mode, &mut Vec<u8>) -> Result<(), WriteError>,
    ) -> Result<Sent, UsageError> {
        if self.phase != Phase::Running {
            self.counters.not_running += 1;
            return Ok(Sent::NotRunning);
        }
        if !self.is_event_requested(name) {
            return Ok(Sent::NotRequested);
        }
        self.output.check_room()?;
        let mode = self.modes.write;
        self.output.serial(|writer, argument| write(writer, mode, argument))?;
        self.counters.events_sent += 1;
        Ok(Sent::Sent)
    }

    /// Sends an event that was already checked to one of several peers that have requested it.
    #[inline]
    pub(crate) fn send_to_one_of_many(
        &mut self,
        event: &Event,
        templates: &mut Templates,
    ) -> Result<Sent, UsageError> {
        if self.phase != Phase::Running {
            self.counters.not_running += 1;
            return Ok(Sent::NotRunning);
        }
        self.output.check_room()?;
        let mode = self.modes.write;
        self.output.event(mode, event, templates)?;
        self.counters.events_sent += 1;
        Ok(Sent::Sent)
    }

    /// Forwards an event from another peer, if this one has requested it, without decoding its
    /// values.
    ///
    /// # Errors
    /// [`UsageError::QueueFull`]; [`UsageError::Unwritable`].
    pub fn forward_event(&mut self, event: &LazyEvent) -> Result<Sent, UsageError> {
        self.send_call(event.name_bytes(), |writer, mode, out| writer.forward(mode, event, out))
    }

    /// Sends an ID with its value (2§8). If the variable is declared, coerces the value to its
    /// type.
    ///
    /// # Errors
    /// [`UsageError::WrongPhase`] outside Running; [`UsageError::Variable`];
    /// [`UsageError::QueueFull`]; [`UsageError::Unwritable`].
    pub fn send_id(&mut self, id: &Arc<Id>) -> Result<(), UsageError> {
        self.check_running(Command::SendId)?;
        let coerced = self.config.declarations.coerce_id(id).map_err(Box::new)?;
        let id = coerced.as_ref().unwrap_or(id);
        self.output.check_room()?;
        let mode = self.modes.write;
        self.output.serial(|writer, argument| writer.id(mode, id, argument))
    }

    /// Sends a packet (2§2), in any phase after Setup, except as the receiver in Sync.
    ///
    /// # Errors
    /// [`UsageError::WrongPhase`]; [`UsageError::QueueFull`]; [`UsageError::Unwritable`].
    pub fn send_packet(&mut self, packet: &Packet) -> Result<(), UsageError> {
        self.check_talking(Command::SendPacket)?;
        self.output.check_room()?;
        self.output.serial(|writer, argument| writer.packet(packet, argument))
    }

    /// Sends a PING (§2.7), in any phase after Setup, except as the receiver in Sync. The answer is
    /// a [`ConnectionNotification::Pong`].
    ///
    /// `now` is used as the time of issue and of departure. **Only for peers known not to be a
    /// Bro** (§2).
    ///
    /// # Errors
    /// [`UsageError::WrongPhase`]; [`UsageError::QueueFull`].
    pub fn ping(&mut self, seq: u32, now: Time) -> Result<(), UsageError> {
        self.feed_time(now);
        self.check_talking(Command::Ping)?;
        self.output.check_room()?;
        let now = self.now.as_secs_f64();
        let layout = PingLayout::Padded32;
        let args = PingArgs { seq, time1: now, time2: now, time3: 0.0, layout };
        self.output.message(&Message::Ping(args));
        Ok(())
    }

    /// Sends text printed to files (§2.12), if the peer has requested `print_hook`.
    ///
    /// # Errors
    /// [`UsageError::QueueFull`]; [`UsageError::Unwritable`] beyond 1 GiB.
    pub fn send_print(&mut self, items: &PrintItems) -> Result<Sent, UsageError> {
        Output::check_size(items.iter().map(|item| item.file.len() + item.text.len() + 2).sum())?;
        let requested = self.is_event_requested(PRINT_HOOK);
        self.send_if(requested, || Message::RemotePrint(items.clone()))
    }

    /// Announces that a point of the trace is reached (§2.11).
    ///
    /// # Errors
    /// [`UsageError::WrongPhase`] outside Running; [`UsageError::QueueFull`].
    pub fn send_sync_point(&mut self, point: SyncPoint) -> Result<(), UsageError> {
        self.check_running(Command::SendSyncPoint)?;
        self.output.check_room()?;
        self.output.message(&Message::SyncPoint(point));
        Ok(())
    }

    /// Announces a log writer (§2.13), if the peer has requested logs. The argument must be in data
    /// format 26; it is converted to the peer's.
    ///
    /// Before Running it is queued, and [`Sent::NotRunning`] is returned. When the handshake or
    /// Sync is complete, the announced writers are sent if the peer has requested logs (§3.3), and
    /// otherwise discarded.
    ///
    /// # Errors
    /// [`UsageError::QueueFull`]; [`UsageError::WrongPhase`] if the connection is closed;
    /// [`UsageError::Log`] if it cannot be converted; [`UsageError::Unwritable`] beyond 1 GiB.
    pub fn send_log_create_writer(&mut self, writer: Bytes) -> Result<Sent, UsageError> {
        Output::check_size(writer.len())?;
        match self.phase {
            Phase::Running if self.peer.logs => {
                let writer = writer_in(writer, self.data_format).map_err(Box::new)?;
                self.send_if(true, || Message::LogCreateWriter(writer))
            }
            Phase::Running => Ok(Sent::NotRequested),
            Phase::Closed => Err(self.wrong_phase(Command::SendLogCreateWriter)),
            _ => {
                self.ours.writers.push(writer);
                Ok(Sent::NotRunning)
            }
        }
    }

    /// Sends log entries (§2.14), if the peer has requested logs. The argument must be in data
    /// format 26; it is converted to the peer's. For a Bro 2.0, which has no IPv6 addresses, these
    /// become unset values.
    ///
    /// # Errors
    /// [`UsageError::QueueFull`]; [`UsageError::Log`] if they cannot be converted;
    /// [`UsageError::Unwritable`] beyond 1 GiB.
    pub fn send_log_write(&mut self, entries: Bytes) -> Result<Sent, UsageError> {
        Output::check_size(entries.len())?;
        if self.data_format == DataFormat::V26 || self.phase != Phase::Running || !self.peer.logs {
            return self.send_if(self.peer.logs, || Message::LogWrite(entries));
        }
        self.output.check_room()?;
        let data_format = self.data_format;
        let (entries, values) = entries_in(entries, data_format).map_err(Box::new)?;
        if values > 0 && !std::mem::replace(&mut self.ours.values_unset, true) {
            self.log(CommLogMessage::LogValuesUnset { values, data_format });
        }
        self.send_if(true, || Message::LogWrite(entries))
    }

    fn send_if(
        &mut self,
        requested: bool,
        message: impl FnOnce() -> Message,
    ) -> Result<Sent, UsageError> {
        if self.phase != Phase::Running {
            return Ok(Sent::NotRunning);
        }
        if !requested {
            return Ok(Sent::NotRequested);
        }
        self.output.check_room()?;
        self.output.message(&message());
        Ok(Sent::Sent)
    }

    /// Returns an error outside Running.
    pub(super) fn check_running(&self, command: Command) -> Result<(), UsageError> {
        match self.phase {
            Phase::Running => Ok(()),
            _ => Err(self.wrong_phase(command)),
        }
    }

    /// Returns an error in Setup, on the receiving side in Sync, and on a closed connection.
    fn check_talking(&self, command: Command) -> Result<(), UsageError> {
        match self.phase {
            Phase::Setup | Phase::Sync(SyncRole::Receiver) | Phase::Closed => {
                Err(self.wrong_phase(command))
            }
            Phase::Handshake | Phase::Sync(SyncRole::Sender) | Phase::Running => Ok(()),
        }
    }

    /// Sends the writers announced so far, if the peer has requested logs. If it requests them
    /// later, it never gets these writers.
    pub(super) fn announce_writers(&mut self) {
        if !self.peer.logs && self.phase != Phase::Running {
            return;
        }
        for writer in std::mem::take(&mut self.ours.writers) {
            // Skip a writer that cannot be converted.
            if let (true, Ok(writer)) = (self.peer.logs, writer_in(writer, self.data_format)) {
                self.output.message(&Message::LogCreateWriter(writer));
            }
        }
    }
}

/// Handling of input.
impl Connection {
    pub(super) fn enter_running(&mut self) {
        self.phase = Phase::Running;
        self.update_modes();
        self.announce_writers();
        self.notify(ConnectionNotification::HandshakeDone);
    }

    pub(super) fn pong(&mut self, args: PingArgs) {
        let now = self.now.as_secs_f64();
        self.notify(ConnectionNotification::Pong {
            seq: args.seq,
            d1: now - args.time1,
            d2: now - args.time2,
            d3: args.time3,
        });
    }
}

/// What the peer has announced and requested so far.
#[derive(Debug, Default)]
pub(super) struct Peer {
    pub(super) version: Option<Version>,
    /// Empty until CAPS arrive (§2.9).
    pub(super) caps: Caps,
    pub(super) description: Option<Name>,
    /// The events it has requested.
    pub(super) events: BTreeSet<Name>,
    /// The size of their names, for
    /// [`ConnectionConfig::requests_limit`](crate::connection::ConnectionConfig::requests_limit).
    pub(super) events_size: usize,
    pub(super) sync: Option<SyncRequest>,
    pub(super) logs: bool,
    /// Whether its PHASE_DONE of the handshake has arrived.
    pub(super) phase_done: bool,
}

/// What we have requested and announced so far.
#[derive(Debug, Default)]
pub(super) struct Ours {
    /// The events we have requested.
    pub(super) events: BTreeSet<Name>,
    pub(super) sync: Option<SyncRequest>,
    pub(super) logs: bool,
    pub(super) accept_input: bool,
    pub(super) compression: Option<Compression>,
    /// Whether our PHASE_DONE of the handshake is sent.
    pub(super) phase_done: bool,
    /// Announcements of log writers to send later.
    pub(super) writers: Vec<Bytes>,
    /// Whether we have logged that IPv6 addresses are unset for this peer.
    pub(super) values_unset: bool,
}

/// The counters of a connection. Counters of several connections can be added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Received bytes and messages.
    pub input: wire::FramingCounters,
    /// Bytes and messages queued for sending.
    pub output: wire::FramingCounters,
    /// Received objects and references.
    pub read: CacheCounters,
    /// Objects and references queued for sending.
    pub written: CacheCounters,
    /// Events delivered.
    pub events_received: u64,
    /// Log entries delivered.
    pub log_entries_received: u64,
    /// Calls dropped because they match no declaration (§5).
    pub calls_rejected: u64,
    /// Operations on state delivered.
    pub accesses_received: u64,
    /// SERIALs decoded and dropped because the peer's input is not accepted or its state was not
    /// requested (§3.4, §4).
    pub discarded: u64,
    /// Events queued for sending.
    pub events_sent: u64,
    /// Operations on state queued for sending.
    pub accesses_sent: u64,
    /// Events and operations on state that were not sent because the connection was not Running
    /// (§3.4).
    pub not_running: u64,
}

impl std::ops::AddAssign for Counters {
    fn add_assign(&mut self, other: Counters) {
        self.input += other.input;
        self.output += other.output;
        self.read += other.read;
        self.written += other.written;
        self.events_received += other.events_received;
        self.log_entries_received += other.log_entries_received;
        self.calls_rejected += other.calls_rejected;
        self.accesses_received += other.accesses_received;
        self.discarded += other.discarded;
        self.events_sent += other.events_sent;
        self.accesses_sent += other.accesses_sent;
        self.not_running += other.not_running;
    }
}
