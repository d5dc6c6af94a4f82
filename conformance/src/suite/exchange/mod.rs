//! The suite's end of a connection.

mod handshake;
mod ledger;
mod receive;
mod send;
mod serials;
mod socket;

use std::net::TcpStream;
use std::time::{Duration, Instant};

use brocomm::lowlevel::connection::Authority;
use brocomm::lowlevel::serial;
use brocomm::lowlevel::wire::{DataFormat, Decoder, Encoder, FramingLimits};

use super::transcript::Recorder;
use super::{Entry, LineKind, Outcome, Role, Trial};
use ledger::{Announced, Ledger};
use socket::Socket;

pub(crate) use handshake::Hello;
pub(crate) use receive::Got;
pub(crate) use send::{chunk, header};
pub(crate) use serials::token;

/// A connection to the implementation, controlled by the case.
///
/// Sends messages or arbitrary bytes, and receives messages. Every received message is checked,
/// whatever the case tests. The exchange tracks the state of both sides (capabilities, phase,
/// object caches), so that it encodes and decodes SERIALs correctly. It does not track what is sent
/// as [bytes](Self::send_bytes).
#[derive(Debug)]
pub(crate) struct Exchange {
    number: usize,
    role: Role,
    entry: Entry,
    data_format: DataFormat,
    socket: Socket,
    recorder: Recorder,
    patience: Duration,
    deadline: Instant,

    encoder: Encoder,
    writer: serial::Writer,
    decoder: Decoder,
    reader: serial::Reader,
    /// The input that is not decoded yet, and its offset in the stream.
    undecoded: Vec<u8>,
    undecoded_from: u64,
    /// Whether the implementation has closed the connection.
    closed: bool,

    ledger: Ledger,
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
            data_format: trial.data_format(),
            socket: Socket::new(stream, trial.patience)?,
            recorder: trial.recorder.clone(),
            patience: trial.patience,
            deadline: trial.deadline,
            encoder: Encoder::new(trial.framing()),
            writer: serial::Writer::new(Hello::CACHE_SIZE),
            decoder: Decoder::new(trial.framing(), FramingLimits::default()),
            reader: serial::Reader::new(serial::ReaderLimits::default()),
            undecoded: Vec::new(),
            undecoded_from: 0,
            closed: false,
            ledger: Ledger::new(match trial.role() {
                Role::Listens => brocomm::node::Role::Initiator,
                Role::Connects => brocomm::node::Role::Acceptor,
            }),
        })
    }

    /// Returns what the implementation has announced so far.
    pub(crate) fn theirs(&self) -> &Announced {
        &self.ledger.theirs
    }

    /// Returns the data format of the connection (2§13).
    pub(crate) fn data_format(&self) -> DataFormat {
        self.ledger.data_format()
    }

    /// Sets the time limit for expected messages. The default is that of the settings.
    pub(crate) fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Returns which side sends its state in Sync, from the suite's point of view (§3.3). Returns
    /// `None` until both sides have completed the handshake.
    pub(crate) fn authority(&self) -> Option<Authority> {
        self.ledger.authority()
    }
}
