//! Passive decoding of both directions of a session.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::{Authority, Phase, Role, SyncRequest, SyncRole};
use crate::data::{Declarations, Serial};
use crate::serial::{self, CacheCounters, Mode, SerialError, Transcript};
use crate::wire::{self, Caps, DataFormat, Decoded, Decoder, Framing, Message, WireError};

/// A passive decoder of both directions of a session, for example a recorded one.
///
/// The encoding of a SERIAL depends on earlier messages of *both* sides (2§3, 2§5). So feed the
/// bytes in their original order, as far as it is known. In particular, do not feed an answer
/// before the bytes that it answers. The observer does not enforce the protocol: messages that
/// violate §3.7 are returned like others.
///
/// ```
/// use brocomm::lowlevel::connection::Observer;
/// use brocomm::node::Role;
/// use brocomm::lowlevel::wire::{Encoder, Framing, Message};
/// use brocomm::lowlevel::{serial, wire};
///
/// let mut bytes = Vec::new();
/// Encoder::new(Framing::Clear).message(&Message::PhaseDone, &mut bytes);
///
/// let (wire, serial) = (wire::FramingLimits::default(), serial::ReaderLimits::default());
/// let mut observer = Observer::new(Framing::Clear, wire, serial);
/// observer.feed(Role::Acceptor, &bytes);
/// let observed = observer.poll().map(|observed| (observed.side, observed.message));
/// assert_eq!(observed, Some((Role::Acceptor, Ok(Message::PhaseDone))));
/// ```
#[derive(Debug)]
pub struct Observer {
    initiator: Direction,
    acceptor: Direction,
    observed: VecDeque<Observed>,
    transcripts: bool,
    /// The data format, if a VERSION does not name it.
    data_format: DataFormat,
}

/// A decoded message, or the point where a direction can no longer be decoded.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Observed {
    /// The sender.
    pub side: Role,
    /// Its offset in the sender's stream, in bytes.
    pub offset: u64,
    /// Its size in the stream, including length words; 0 for an error.
    pub wire_len: u64,
    /// The sender's phase before it sent the message.
    ///
    /// A side is taken to enter a phase when the messages that cause it have been fed, which is
    /// slightly earlier than when it received them.
    pub phase: Phase,
    /// The message. An error is returned once, as the last result for this side.
    pub message: Result<Message, WireError>,
    /// The contents of a SERIAL. After the first one that cannot be decoded the cache is invalid:
    /// the error is returned once, and later SERIALs have `None` here.
    pub serial: Option<Result<Serial, SerialError>>,
    /// The sender's data format, as far as it was known at that time.
    pub data_format: DataFormat,
    /// How the SERIAL was encoded, if it was decoded.
    pub mode: Option<Mode>,
    /// The sender's decisions about each object of the SERIAL, if
    /// [enabled](Observer::set_transcripts).
    pub transcript: Option<Transcript>,
}

/// The counters of one side: what could and could not be decoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObserverCounters {
    /// Bytes and messages.
    pub wire: wire::FramingCounters,
    /// Objects and references.
    pub serial: CacheCounters,
    /// SERIALs skipped after one that could not be decoded.
    pub serials_skipped: u64,
    /// Bytes skipped after an invalid chunk.
    pub bytes_skipped: u64,
}

/// One direction of the session.
#[derive(Debug)]
struct Direction {
    decoder: Decoder,
    /// `None` after a SERIAL that could not be decoded.
    reader: Option<serial::Reader>,
    counters: ObserverCounters,
    /// The number of bytes fed.
    fed: u64,
    /// The offset of the invalid chunk.
    failed_at: Option<u64>,
    phase: Phase,
    caps: Caps,
    /// The data format in its VERSION, if not 0.
    data_format: Option<DataFormat>,
    runtime: u32,
    sync: Option<SyncRequest>,
    /// Whether its PHASE_DONE of the handshake has been seen.
    phase_done: bool,
}

impl Direction {
    fn new(framing: Framing, wire: wire::FramingLimits, serial: serial::ReaderLimits) -> Direction {
        Direction {
            decoder: Decoder::new(framing, wire),
            reader: Some(serial::Reader::new(serial)),
            counters: ObserverCounters::default(),
            fed: 0,
            failed_at: None,
            phase: Phase::Setup,
            caps: Caps::NONE,
            data_format: None,
            runtime: 0,
            sync: None,
            phase_done: false,
        }
    }
}

impl Observer {
    /// Creates an observer for the start of a session.
    pub fn new(
        framing: Framing,
        wire: wire::FramingLimits,
        serial: serial::ReaderLimits,
    ) -> Observer {
        Observer {
            initiator: Direction::new(framing, wire, serial),
            acceptor: Direction::new(framing, wire, serial),
            observed: VecDeque::new(),
            transcripts: false,
            data_format: DataFormat::default(),
        }
    }

    /// Sets the data format of a session whose VERSIONs are not seen, or are both 0. Default 26.
    pub fn set_data_format(&mut self, data_format: DataFormat) {
        self.data_format = data_format;
    }

    /// Returns the data format of one side: the one it announces, or if that is 0, the other
    /// side's.
    pub fn data_format(&self, side: Role) -> DataFormat {
        let (own, other) = (self.get(side).data_format, self.get(side.other()).data_format);
        own.or(other).unwrap_or(self.data_format)
    }

    /// Sets the types that may be sent by name only (2§4).
    pub fn set_declarations(&mut self, known: &Arc<Declarations>) {
        self.readers().for_each(|reader| reader.set_declarations(Arc::clone(known)));
    }

    /// Accepts invalid values that some recordings contain. See
    /// [`Reader::set_lenient`](serial::Reader::set_lenient).
    pub fn set_lenient(&mut self, lenient: bool) {
        self.readers().for_each(|reader| reader.set_lenient(lenient));
    }

    /// Sets whether to record the sender's decisions about each object. If so, extra bytes after
    /// the contents of a SERIAL are an error.
    pub fn set_transcripts(&mut self, transcripts: bool) {
        self.transcripts = transcripts;
    }

    /// Feeds bytes that one side sent, split in any way.
    pub fn feed(&mut self, side: Role, bytes: &[u8]) {
        let direction = self.direction(side);
        direction.fed += bytes.len() as u64;
        if direction.failed_at.is_some() {
            return;
        }
        direction.decoder.feed(bytes);
        loop {
            let direction = self.direction(side);
            match direction.decoder.poll() {
                Ok(None) => return,
                Ok(Some(decoded)) => self.observe(side, decoded),
                Err(error) => {
                    direction.failed_at = Some(error.offset);
                    let (offset, phase) = (error.offset, direction.phase);
                    let observed = self.observed(side, (offset, 0), phase, Err(error));
                    return self.observed.push_back(observed);
                }
            }
        }
    }

    /// Returns the next result, in the order of the input.
    #[must_use = "results stay in memory until polled"]
    pub fn poll(&mut self) -> Option<Observed> {
        self.observed.pop_front()
    }

    /// Checks that a side's stream ends between two messages.
    ///
    /// # Errors
    /// Where the stream ends instead, or the error that was returned.
    pub fn finish(&self, side: Role) -> Result<(), WireError> {
        self.get(side).decoder.finish()
    }

    /// Returns the phase of one side.
    pub fn phase(&self, side: Role) -> Phase {
        self.get(side).phase
    }

    /// Returns the counters of one side.
    pub fn counters(&self, side: Role) -> ObserverCounters {
        let direction = self.get(side);
        let mut counters = direction.counters;
        counters.wire = direction.decoder.counters();
        if let Some(offset) = direction.failed_at {
            counters.bytes_skipped = direction.fed.saturating_sub(offset);
        }
        if let Some(reader) = &direction.reader {
            counters.serial = reader.counters();
        }
        counters
    }

    fn get(&self, side: Role) -> &Direction {
        match side {
            Role::Initiator => &self.initiator,
            Role::Acceptor => &self.acceptor,
        }
    }

    fn direction(&mut self, side: Role) -> &mut Direction {
        match side {
            Role::Initiator => &mut self.initiator,
            Role::Acceptor => &mut self.acceptor,
        }
    }

    fn readers(&mut self) -> impl Iterator<Item = &mut serial::Reader> {
        [&mut self.initiator, &mut self.acceptor].into_iter().flat_map(|side| &mut side.reader)
    }

    fn observed(
        &self,
        side: Role,
        (offset, wire_len): (u64, u64),
        phase: Phase,
        message: Result<Message, WireError>,
    ) -> Observed {
        let data_format = self.data_format(side);
        let (serial, mode, transcript) = (None, None, None);
        Observed { side, offset, wire_len, phase, message, serial, data_format, mode, transcript }
    }

    fn observe(&mut self, side: Role, decoded: Decoded) {
        let Decoded { message, offset, wire_len } = decoded;
        let phase = self.get(side).phase;
        self.follow(side, &message);
        let mut observed = self.observed(side, (offset, wire_len), phase, Ok(message));
        if let Ok(Message::Serial(argument)) = &observed.message {
            let argument = argument.clone();
            self.read(&argument, &mut observed);
        }
        self.observed.push_back(observed);
    }

    /// Decodes a SERIAL as its receiver does.
    fn read(&mut self, argument: &Bytes, observed: &mut Observed) {
        let receiver = self.get(observed.side.other()).caps;
        let (transcripts, data_format) = (self.transcripts, observed.data_format);
        let writer = self.direction(observed.side);
        let Some(reader) = &mut writer.reader else {
            writer.counters.serials_skipped += 1;
            return;
        };
        let running = writer.phase == Phase::Running;
        let mode = Mode::new(writer.caps, receiver, running).with_data_format(data_format);
        let result = if transcripts {
            let transcript = observed.transcript.insert(Transcript::new());
            reader.read_noting(argument, mode, transcript)
        } else {
            reader.read(argument, mode)
        };
        if result.is_err() {
            writer.counters.serial = reader.counters();
            writer.reader = None;
            observed.transcript = None;
        }
        observed.mode = Some(mode);
        observed.serial = Some(result);
    }

    /// Updates both sides' phases for a message (§3).
    fn follow(&mut self, side: Role, message: &Message) {
        let sender = self.direction(side);
        match message {
            Message::Version(version) => {
                sender.runtime = version.runtime;
                sender.data_format = DataFormat::from_number(version.data_format);
                if let Some(reader) = &mut sender.reader {
                    reader.set_cache_size(version.cache_size);
                }
                let receiver = self.direction(side.other());
                if receiver.phase == Phase::Setup {
                    receiver.phase = Phase::Handshake;
                }
            }
            Message::Caps(caps) => sender.caps = *caps,
            Message::RequestSync { authoritative } => {
                sender.sync = Some(SyncRequest { authoritative: *authoritative });
            }
            Message::PhaseDone => self.phase_done(side),
            _ => {}
        }
    }

    fn phase_done(&mut self, side: Role) {
        let sender = self.direction(side);
        match sender.phase {
            Phase::Sync(SyncRole::Sender) => self.set_phases(Phase::Running, Phase::Running),
            Phase::Setup | Phase::Handshake if !sender.phase_done => {
                sender.phase_done = true;
                if self.initiator.phase_done && self.acceptor.phase_done {
                    self.handshake_complete();
                }
            }
            _ => {}
        }
    }

    fn handshake_complete(&mut self) {
        let (ours, theirs) = (self.initiator.sync, self.acceptor.sync);
        let (our_runtime, their_runtime) = (self.initiator.runtime, self.acceptor.runtime);
        match Authority::decide(ours, theirs, our_runtime, their_runtime, Role::Initiator) {
            Authority::NoSync => self.set_phases(Phase::Running, Phase::Running),
            Authority::Sync(role) => {
                self.set_phases(Phase::Sync(role), Phase::Sync(role.other()));
            }
            Authority::Misconfiguration => self.set_phases(Phase::Closed, Phase::Closed),
        }
    }

    fn set_phases(&mut self, initiator: Phase, acceptor: Phase) {
        self.initiator.phase = initiator;
        self.acceptor.phase = acceptor;
    }
}
