//! A passive follower of both directions of a session.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::{Authority, Phase, Role, SyncRequest, SyncRole};
use crate::data::{Declarations, Serial};
use crate::serial::{self, CacheCounters, Mode, SerialError, Transcript};
use crate::wire::{self, Caps, Decoded, Decoder, Framing, Message, WireError};

/// Follows a session from outside, such as a recorded one, and decodes what both sides send.
///
/// How a SERIAL is written depends on what *both* sides have said before (2§3, 2§5), so bytes have
/// to be fed in the order in which they passed, as far as it is known; a side's bytes may not be fed
/// before those that it answers. The observer judges nothing: messages that break §3.7 are shown
/// like others.
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
/// let (wire, serial) = (wire::Limits::default(), serial::Limits::default());
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
}

/// Shows one message, or where a direction ends to be decodable.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Observed {
    /// Who sent it.
    pub side: Role,
    /// Where it begins in the stream of that side, in bytes.
    pub offset: u64,
    /// The bytes that it took there, length words included; 0 for an error.
    pub wire_len: u64,
    /// How far the connection had come on the side that sent it, before it sent it.
    ///
    /// A side is seen to enter a phase when the messages that let it do so have been fed, which is a
    /// little before they reach it.
    pub phase: Phase,
    /// The message. An error comes once, and is the last that is shown of this side.
    pub message: Result<Message, WireError>,
    /// What a SERIAL carries. After the first that cannot be read the side's cache is out of step:
    /// the error comes once, and later SERIALs have `None` here.
    pub serial: Option<Result<Serial, SerialError>>,
    /// How the SERIAL was written, if it was decoded.
    pub mode: Option<Mode>,
    /// What the sender decided about each object of the SERIAL, if
    /// [asked for](Observer::set_transcripts).
    pub transcript: Option<Transcript>,
}

/// Counts what could and could not be decoded of one side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObserverCounters {
    /// Bytes and messages.
    pub wire: wire::Counters,
    /// Objects and references.
    pub serial: CacheCounters,
    /// SERIALs that were not decoded because one before them could not be read.
    pub serials_skipped: u64,
    /// Bytes that were not decoded: those from a chunk in error on.
    pub bytes_skipped: u64,
}

/// Follows what one side sends.
#[derive(Debug)]
struct Direction {
    decoder: Decoder,
    /// `None` after a SERIAL that could not be read.
    reader: Option<serial::Reader>,
    counters: ObserverCounters,
    /// The bytes that were fed.
    fed: u64,
    /// Where the chunk in error begins.
    failed_at: Option<u64>,
    phase: Phase,
    caps: Caps,
    runtime: u32,
    sync: Option<SyncRequest>,
    /// Whether its PHASE_DONE of the handshake has been seen.
    phase_done: bool,
}

impl Direction {
    fn new(framing: Framing, wire: wire::Limits, serial: serial::Limits) -> Direction {
        Direction {
            decoder: Decoder::new(framing, wire),
            reader: Some(serial::Reader::new(serial)),
            counters: ObserverCounters::default(),
            fed: 0,
            failed_at: None,
            phase: Phase::Setup,
            caps: Caps::NONE,
            runtime: 0,
            sync: None,
            phase_done: false,
        }
    }
}

impl Observer {
    /// Makes an observer of a session that begins.
    pub fn new(framing: Framing, wire: wire::Limits, serial: serial::Limits) -> Observer {
        Observer {
            initiator: Direction::new(framing, wire, serial),
            acceptor: Direction::new(framing, wire, serial),
            observed: VecDeque::new(),
            transcripts: false,
        }
    }

    /// Sets the types that values may be sent with by name only (2§4).
    pub fn set_declarations(&mut self, known: &Arc<Declarations>) {
        self.readers().for_each(|reader| reader.set_declarations(Arc::clone(known)));
    }

    /// Accepts what some recordings hold though it is not valid; see
    /// [`Reader::set_lenient`](serial::Reader::set_lenient).
    pub fn set_lenient(&mut self, lenient: bool) {
        self.readers().for_each(|reader| reader.set_lenient(lenient));
    }

    /// Says whether to note what the sender decided about each object. Bytes after the content of a
    /// SERIAL are an error then.
    pub fn set_transcripts(&mut self, transcripts: bool) {
        self.transcripts = transcripts;
    }

    /// Takes bytes that one side sent, split in any way.
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
                    self.observed.push_back(Observed {
                        side,
                        offset,
                        wire_len: 0,
                        phase,
                        message: Err(error),
                        serial: None,
                        mode: None,
                        transcript: None,
                    });
                    return;
                }
            }
        }
    }

    /// Returns what was observed next, in the order in which it was fed.
    #[must_use = "what was observed waits in memory"]
    pub fn poll(&mut self) -> Option<Observed> {
        self.observed.pop_front()
    }

    /// Returns whether a side's stream could end here: between two messages.
    ///
    /// # Errors
    /// What it ends inside of, or the error that was shown.
    pub fn finish(&self, side: Role) -> Result<(), WireError> {
        self.get(side).decoder.finish()
    }

    /// Returns how far the connection has come on one side.
    pub fn phase(&self, side: Role) -> Phase {
        self.get(side).phase
    }

    /// Returns what could and could not be decoded of one side.
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

    fn observe(&mut self, side: Role, decoded: Decoded) {
        let Decoded { message, offset, wire_len } = decoded;
        let mut observed = Observed {
            side,
            offset,
            wire_len,
            phase: self.get(side).phase,
            message: Ok(message),
            serial: None,
            mode: None,
            transcript: None,
        };
        if let Ok(message) = &observed.message {
            self.follow(side, message);
        }
        if let Ok(Message::Serial(argument)) = &observed.message {
            let argument = argument.clone();
            self.read(&argument, &mut observed);
        }
        self.observed.push_back(observed);
    }

    /// Decodes a SERIAL as its receiver does.
    fn read(&mut self, argument: &Bytes, observed: &mut Observed) {
        let receiver = self.get(observed.side.other()).caps;
        let transcripts = self.transcripts;
        let writer = self.direction(observed.side);
        let Some(reader) = &mut writer.reader else {
            writer.counters.serials_skipped += 1;
            return;
        };
        let mode = Mode::new(writer.caps, receiver, writer.phase == Phase::Running);
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

    /// Follows both sides' phases through a message (§3).
    fn follow(&mut self, side: Role, message: &Message) {
        let sender = self.direction(side);
        match message {
            Message::Version(version) => {
                sender.runtime = version.runtime;
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
