//! The suite's end of a connection.

mod handshake;
mod link;
mod receive;
mod send;
mod serials;

use std::net::TcpStream;
use std::time::{Duration, Instant};

use brocomm::data::{Id, Name};
use brocomm::serial;
use brocomm::wire::{Caps, Decoder, Encoder, Limits, Version};

use super::transcript::Recorder;
use super::{Entry, LineKind, Outcome, Role, Trial};
use link::Link;

pub(crate) use handshake::Hello;
pub(crate) use receive::Got;
pub(crate) use send::{chunk, header};
pub(crate) use serials::token;

/// Is a connection to the implementation, whose other end is the case.
///
/// Sends messages, or any bytes; receives messages, and checks each: what the implementation sends
/// has to be right whatever the case is about. It keeps the book that both sides have to keep (who
/// announced what, whether the connection is Running, both object caches), so that a SERIAL is
/// written and read as it must be then. What is sent as [bytes](Self::send_bytes) is not booked.
#[derive(Debug)]
pub(crate) struct Exchange {
    number: usize,
    role: Role,
    entry: Entry,
    link: Link,
    recorder: Recorder,
    patience: Duration,
    deadline: Instant,

    encoder: Encoder,
    writer: serial::Writer,
    decoder: Decoder,
    reader: serial::Reader,
    /// What has come, as far as it is not decoded yet, and its offset in the stream.
    undecoded: Vec<u8>,
    undecoded_from: u64,
    /// The implementation has closed.
    closed: bool,

    ours: Ours,
    theirs: Theirs,
}

/// What the suite has announced.
#[derive(Debug, Default)]
struct Ours {
    runtime: u32,
    caps: Option<Caps>,
    sync: Option<bool>,
    phase_done: u32,
}

/// Is what the implementation has announced on a connection.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Theirs {
    /// Its VERSION (§2.1).
    pub(crate) version: Option<Version>,
    /// Its CAPS (§2.9).
    pub(crate) caps: Option<Caps>,
    /// Its `peer_description` (§3.1).
    pub(crate) description: Option<std::sync::Arc<Id>>,
    /// The events that it requested (§2.3).
    pub(crate) requested: Vec<Name>,
    /// The capture filter that it sent (§2.4).
    pub(crate) capture_filter: Option<bytes::Bytes>,
    /// Whether it requested sync, and with authority (§2.5).
    pub(crate) sync: Option<bool>,
    /// Whether it requested logs (§2.15).
    pub(crate) logs: bool,
    /// Whether it compresses (§2.10).
    pub(crate) compress: bool,
    /// How many PHASE_DONE it sent (§2.6).
    pub(crate) phase_done: u32,
}

impl Exchange {
    pub(super) fn new(trial: &Trial<'_>, entry: Entry, stream: TcpStream) -> Outcome<Exchange> {
        let number = trial.opened;
        let meaning = format!("connection {number}, class {:?}", entry.class());
        trial.recorder.add(number, LineKind::Opened, &[], meaning);
        Ok(Exchange {
            number,
            role: trial.role(),
            entry,
            link: Link::new(stream, trial.patience)?,
            recorder: trial.recorder.clone(),
            patience: trial.patience,
            deadline: trial.deadline,
            encoder: Encoder::new(trial.framing()),
            writer: serial::Writer::new(Hello::CACHE_SIZE),
            decoder: Decoder::new(trial.framing(), Limits::default()),
            reader: serial::Reader::new(serial::Limits::default()),
            undecoded: Vec::new(),
            undecoded_from: 0,
            closed: false,
            ours: Ours::default(),
            theirs: Theirs::default(),
        })
    }

    /// Returns what the implementation has announced so far.
    pub(crate) fn theirs(&self) -> &Theirs {
        &self.theirs
    }

    /// Sets how long to wait for anything that has to come; the runner's patience if not called.
    pub(crate) fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Tells whether both sides have completed the handshake, and Sync if there is one (§3.5).
    pub(crate) fn is_running(&self) -> bool {
        let phases = match self.sync_sender() {
            None => 1,
            Some(Sender::Suite) => return self.ours.phase_done >= 2 && self.theirs.phase_done >= 1,
            Some(Sender::Implementation) => 2,
        };
        self.ours.phase_done >= 1 && self.theirs.phase_done >= phases
    }

    /// Returns who sends its state in Sync, by the rule of §3.3; nobody if there is no Sync, or if
    /// both sides claim authority.
    pub(crate) fn sync_sender(&self) -> Option<Sender> {
        match (self.ours.sync, self.theirs.sync) {
            (None, None) | (Some(true), Some(true)) => None,
            (None, Some(_)) | (Some(true), Some(false)) => Some(Sender::Suite),
            (Some(_), None) | (Some(false), Some(true)) => Some(Sender::Implementation),
            (Some(false), Some(false)) => {
                let theirs = self.theirs.version.as_ref().map_or(0, |version| version.runtime);
                let initiator = match self.role {
                    Role::Listens => Sender::Suite,
                    Role::Connects => Sender::Implementation,
                };
                Some(match self.ours.runtime.cmp(&theirs) {
                    std::cmp::Ordering::Greater => Sender::Suite,
                    std::cmp::Ordering::Less => Sender::Implementation,
                    std::cmp::Ordering::Equal => initiator,
                })
            }
        }
    }
}

/// Says who sends its state in Sync (§3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Sender {
    /// The suite.
    Suite,
    /// The implementation that is tested.
    Implementation,
}
