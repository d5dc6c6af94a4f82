//! From VERSION to Running: Setup, Handshake and Sync (§3.1–§3.4).

use std::sync::Arc;

use bytes::Bytes;

use super::Connection;
use super::output::Output;
use super::running::Sent;
use crate::connection::{
    Authority, CommLogMessage, Command, ConnectionNotification, Handshake, PRINT_HOOK, Phase,
    ProtocolErrorKind, Requests, StateSource, SyncRequest, SyncRole, Undeclared, UsageError,
};
use crate::data::{Attribute, AttributeTag, Attributes, Id, Name, StateAccess, Type, Value};
use crate::serial::Mode;
use crate::wire::{Caps, Compression, DataFormat, EventNames, Message, MessageType, Version};

/// The overhead counted for each requested event in addition to its name, in bytes.
const NAME_OVERHEAD: usize = 32;

/// Commands for the handshake.
impl Connection {
    /// Requests events by name (§2.3). May be called more than once; requests add up.
    ///
    /// # Errors
    /// [`UsageError::WrongPhase`] and [`UsageError::HandshakeCompleted`], as for all requests: make
    /// them between [`ConnectionNotification::Established`] and
    /// [`complete_handshake`](Self::complete_handshake) (§3.2). [`UsageError::QueueFull`];
    /// [`UsageError::Unwritable`] beyond 1 GiB.
    pub fn request_events(&mut self, names: &[Name]) -> Result<(), UsageError> {
        self.check_request(Command::RequestEvents)?;
        Output::check_size(names.iter().map(|name| name.len() + 1).sum())?;
        match names {
            [] => self.log(CommLogMessage::NoEventsToRequest),
            names => self.ask_for_events(names),
        }
        Ok(())
    }

    pub(super) fn ask_for_events(&mut self, names: &[Name]) {
        self.ours.events.extend(names.iter().map(Name::compact));
        let names = names.iter().map(|name| &**name).collect();
        self.output.message(&Message::RequestEvents(names));
    }

    /// Sends a capture filter in pcap's syntax (§2.4).
    ///
    /// # Errors
    /// As [`request_events`](Self::request_events).
    pub fn send_capture_filter(&mut self, filter: &Bytes) -> Result<(), UsageError> {
        self.check_request(Command::SendCaptureFilter)?;
        Output::check_size(filter.len())?;
        self.output.message(&Message::CaptureFilter(filter.clone()));
        Ok(())
    }

    /// Requests the peer's synchronized state (§2.5).
    ///
    /// # Errors
    /// As [`request_events`](Self::request_events).
    pub fn request_sync(&mut self, request: SyncRequest) -> Result<(), UsageError> {
        self.check_request(Command::RequestSync)?;
        self.ask_for_sync(request);
        Ok(())
    }

    fn ask_for_sync(&mut self, request: SyncRequest) {
        self.ours.sync = Some(request);
        let SyncRequest { authoritative } = request;
        self.output.message(&Message::RequestSync { authoritative });
    }

    /// Requests the peer's logs (§2.15).
    ///
    /// # Errors
    /// As [`request_events`](Self::request_events).
    pub fn request_logs(&mut self) -> Result<(), UsageError> {
        self.check_request(Command::RequestLogs)?;
        self.ours.logs = true;
        self.output.message(&Message::RequestLogs);
        Ok(())
    }

    /// Sets whether the peer's events and state are accepted (§4). The default is no.
    ///
    /// # Errors
    /// [`UsageError::WrongPhase`] if the connection is over.
    pub fn set_accept_input(&mut self, accept: bool) -> Result<(), UsageError> {
        if self.phase == Phase::Closed {
            return Err(self.wrong_phase(Command::SetAcceptInput));
        }
        self.ours.accept_input = accept;
        Ok(())
    }

    /// Sets the compression level for sending; `None` disables compression (§1.5).
    ///
    /// # Errors
    /// [`UsageError::WrongPhase`] after the handshake is complete.
    pub fn set_compression(&mut self, level: Option<Compression>) -> Result<(), UsageError> {
        if !matches!(self.phase, Phase::Setup | Phase::Handshake) {
            return Err(self.wrong_phase(Command::SetCompression));
        }
        self.ours.compression = level;
        Ok(())
    }

    /// Ends the requests: sends PHASE_DONE (§3.2).
    ///
    /// # Errors
    /// As [`request_events`](Self::request_events).
    pub fn complete_handshake(&mut self) -> Result<(), UsageError> {
        self.check_request(Command::CompleteHandshake)?;
        self.ours.phase_done = true;
        self.output.message(&Message::PhaseDone);
        self.complete_when_both_done(self.decoder.offset());
        Ok(())
    }

    /// Sends the requests of a peer entry in Bro's order, and completes the handshake (§3.2, §4).
    pub(super) fn apply(&mut self, requests: &Requests) {
        self.ours.accept_input = requests.accept_input;
        if !requests.events.is_empty() {
            self.ask_for_events(&requests.events);
        }
        if let Some(filter) = &requests.capture_filter {
            self.output.message(&Message::CaptureFilter(filter.clone()));
        }
        if let Some(request) = requests.sync {
            self.ask_for_sync(request);
        }
        if requests.request_logs {
            self.ours.logs = true;
            self.output.message(&Message::RequestLogs);
        }
        self.ours.phase_done = true;
        self.output.message(&Message::PhaseDone);
    }

    pub(super) fn wrong_phase(&self, command: Command) -> UsageError {
        UsageError::WrongPhase { command, phase: self.phase }
    }

    fn check_request(&self, command: Command) -> Result<(), UsageError> {
        if self.phase != Phase::Handshake {
            Err(self.wrong_phase(command))
        } else if self.ours.phase_done {
            Err(UsageError::HandshakeCompleted { command })
        } else {
            self.output.check_room()
        }
    }
}

/// Requests from the peer. A Bro also tolerates them later (§3.7).
impl Connection {
    pub(super) fn peer_requests_events(&mut self, names: &EventNames, offset: u64) {
        let limit = self.config.requests_limit;
        let asked: usize = names.iter().map(|name| name.len() + NAME_OVERHEAD).sum();
        let bytes = self.peer.events_size.saturating_add(asked);
        if bytes > limit {
            let what = ProtocolErrorKind::TooManyEvents { bytes, limit };
            return self.violation(what, Some(MessageType::RequestEvents), offset);
        }
        for name in names.iter() {
            let known = name == PRINT_HOOK
                || self.config.undeclared == Undeclared::Deliver
                || self.config.declarations.events.contains_key(name);
            let is_new = !self.peer.events.contains(name);
            let name = Name::from_bytes(Bytes::copy_from_slice(name));
            if !known {
                self.log(CommLogMessage::UnknownEvent(name));
                continue;
            }
            if is_new {
                self.peer.events_size += name.len() + NAME_OVERHEAD;
                self.peer.events.insert(name.clone());
                self.notify(ConnectionNotification::EventRequested(name));
            } else {
                self.log(CommLogMessage::RegisteredForEvent(name));
            }
        }
    }
}

/// After both sides have sent PHASE_DONE (§3.3).
impl Connection {
    pub(super) fn complete_when_both_done(&mut self, offset: u64) {
        if self.ours.phase_done && self.peer.phase_done {
            self.handshake_complete(offset);
        }
    }

    fn handshake_complete(&mut self, offset: u64) {
        let caps = self.peer.caps;
        if !caps.contains(Caps::PID_64BIT) {
            self.log(CommLogMessage::CompatibilityMode);
        }
        if caps.contains(Caps::NEW_CACHE_STRATEGY) {
            self.log(CommLogMessage::KeepInCache);
        }
        if caps.contains(Caps::BROCCOLI_PEER) {
            self.log(CommLogMessage::PeerIsBroccoli);
        }
        if let Some(level) = self.ours.compression.filter(|_| caps.contains(Caps::COMPRESSION)) {
            self.output.compress(level);
            self.log(CommLogMessage::EnablingCompression(level));
        }
        self.announce_writers();
        let their_runtime = self.peer.version.as_ref().map_or(0, |version| version.runtime);
        let (ours, theirs) = (self.ours.sync, self.peer.sync);
        match Authority::decide(ours, theirs, self.config.runtime, their_runtime, self.role) {
            Authority::NoSync => self.enter_running(),
            Authority::Sync(role) => self.enter_sync(role),
            Authority::Misconfiguration => {
                let what = ProtocolErrorKind::AuthoritativeOnBothSides;
                self.violation(what, Some(MessageType::PhaseDone), offset);
            }
        }
    }
}

/// The name of the ID with a node's description (§3.1).
pub(super) const PEER_DESCRIPTION: &str = "peer_description";

impl Connection {
    /// Queues the first messages: VERSION, and our description if there is one.
    pub(super) fn begin(&mut self) {
        self.begun = true;
        let class = self.config.class.clone();
        if let Some(class) = class.as_ref().filter(|class| !class.is_empty()) {
            self.log(CommLogMessage::SendingClass(class.clone()));
        }
        self.output.message(&Message::Version(Version {
            protocol: Version::PROTOCOL,
            cache_size: self.config.cache_size,
            data_format: self.config.data_format.map_or(0, DataFormat::number),
            runtime: self.config.runtime,
            class,
        }));
        if self.config.data_format.is_some() {
            self.describe();
        }
        self.log(CommLogMessage::PeerConnected);
        self.log(CommLogMessage::PhaseVersion);
    }

    /// Queues our description, if there is one, as soon as the data format is known.
    fn describe(&mut self) {
        if self.config.description.is_empty() {
            return;
        }
        let id = Arc::new(description_id(&self.config.description));
        let mode = Mode::HANDSHAKE.with_data_format(self.data_format);
        // Fails only for a description that no receiver would accept; then none is sent.
        let _ = self.output.serial(|writer, argument| writer.id(mode, &id, argument));
    }

    /// Returns the data format to use, given the number that the peer announced; `None` if they
    /// differ.
    fn agreed(&self, theirs: u32) -> Option<DataFormat> {
        match (self.config.data_format, theirs) {
            (ours, 0) => Some(ours.unwrap_or_default()),
            (Some(ours), _) => Some(ours).filter(|ours| ours.number() == theirs),
            (None, _) => DataFormat::from_number(theirs),
        }
    }

    /// Handles the peer's VERSION and enters Handshake.
    pub(super) fn version(&mut self, mut version: Version, offset: u64) {
        // Copied, so that the received message need not stay in memory.
        version.class = version.class.map(|class| Bytes::copy_from_slice(&class));
        let got = version.data_format;
        let wrong = match self.agreed(got) {
            _ if version.protocol != Version::PROTOCOL => {
                ProtocolErrorKind::ProtocolVersion { got: version.protocol }
            }
            Some(format) => return self.established(version, format),
            None => {
                let expected = self.config.data_format.unwrap_or_default();
                ProtocolErrorKind::DataVersion { got, expected: expected.number() }
            }
        };
        self.violation(wrong, Some(MessageType::Version), offset);
    }

    fn established(&mut self, version: Version, format: DataFormat) {
        self.data_format = format;
        self.update_modes();
        if self.config.data_format.is_none() {
            self.describe();
        }
        self.reader.set_cache_size(version.cache_size);
        self.peer.version = Some(version.clone());
        self.phase = Phase::Handshake;
        self.output.message(&Message::Caps(self.config.capabilities));
        self.notify(ConnectionNotification::Established(version));
        self.log(CommLogMessage::PhaseHandshake);
        if format != DataFormat::V26 {
            self.log(CommLogMessage::PeerRelease(format));
        }
        match self.config.handshake {
            Handshake::Automatic => self.apply(&self.config.requests.clone()),
            Handshake::Application => self.held = true,
        }
    }
}

/// Creates the ID as Bro declares it: a constant with `&redef`.
fn description_id(description: &Name) -> Id {
    let redef = Attribute { tag: AttributeTag::Redef, expr: None };
    Id {
        is_const: 1,
        attributes: Some(Arc::new(Attributes { ty: Type::STRING, list: vec![redef] })),
        ..Id::global(
            PEER_DESCRIPTION,
            Type::STRING,
            Some(Value::String(description.as_bytes().clone())),
        )
    }
}

impl Connection {
    /// Sends an operation on synchronized state: as the sender in Sync, part of its state, one
    /// [`Assign`](crate::data::Opcode::Assign) per variable (§3.4); in Running, a change (§3.5).
    ///
    /// If the target is a declared variable, coerces the operands to the declared types. An
    /// operation on a container by its unique ID is sent unchanged.
    ///
    /// # Errors
    /// [`UsageError::Variable`]; [`UsageError::QueueFull`]; [`UsageError::Unwritable`].
    pub fn send_state_access(&mut self, access: &StateAccess) -> Result<Sent, UsageError> {
        let coerced = self.config.declarations.coerce_access(access).map_err(Box::new)?;
        self.send_checked_access(coerced.as_ref().unwrap_or(access))
    }

    /// Sends an operation on state that was already checked.
    pub(crate) fn send_checked_access(&mut self, access: &StateAccess) -> Result<Sent, UsageError> {
        match self.phase {
            Phase::Sync(SyncRole::Sender) | Phase::Running => {}
            _ => {
                self.counters.not_running += 1;
                return Ok(Sent::NotRunning);
            }
        }
        if self.peer.sync.is_none() {
            return Ok(Sent::NotRequested);
        }
        self.output.check_room()?;
        let mode = self.modes.write;
        self.output.serial(|writer, argument| writer.state_access(mode, access, argument))?;
        self.counters.accesses_sent += 1;
        Ok(Sent::Sent)
    }

    /// Ends the transfer of our state: sends PHASE_DONE and enters Running (§3.4).
    ///
    /// # Errors
    /// [`UsageError::WrongPhase`] unless we are the sender in Sync.
    pub fn state_done(&mut self) -> Result<(), UsageError> {
        if self.phase != Phase::Sync(SyncRole::Sender) {
            return Err(self.wrong_phase(Command::StateDone));
        }
        self.log(CommLogMessage::DoneFullState);
        self.output.message(&Message::PhaseDone);
        self.enter_running();
        Ok(())
    }

    pub(super) fn enter_sync(&mut self, role: SyncRole) {
        self.phase = Phase::Sync(role);
        self.notify(ConnectionNotification::SyncStarted(role));
        if role == SyncRole::Sender {
            self.log(CommLogMessage::StartingFullState);
            if self.config.state == StateSource::None {
                // We are the sender, so this cannot fail.
                let _ = self.state_done();
            }
        }
    }
}
