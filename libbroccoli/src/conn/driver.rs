//! One connection of a handle: a socket, and the protocol on it.

use std::borrow::Cow;
use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

use brocomm::data::Name;
use brocomm::lowlevel::connection::{Connection, ConnectionNotification};
use brocomm::lowlevel::wire::DataFormat;
use brocomm::node::{CloseCause, Phase};
use libc::{POLLIN, POLLOUT};

use super::shared::Shared;
use super::socket::Socket;
use crate::event::in_data_format;
use crate::forks;
use crate::util::now;

/// The size of a read in bytes.
const READ: usize = 16 << 10;
/// The maximum number of reads before the input is handled; 80 KiB in total.
const READS: usize = 5;

#[derive(Debug)]
pub(super) struct Driver {
    pub(super) machine: Connection,
    /// `None` when it is closed.
    pub(super) socket: Option<Socket>,
    /// The generation of the process that opened the connection, the only one that reads.
    owner: u32,
    lock: Option<Shared>,
    /// The number of bytes read.
    pub(super) read: u64,
    /// Whether something was sent that the system may delay.
    unpushed: bool,
    /// Whether the connection can no longer be used.
    pub(super) dead: bool,
}

impl Driver {
    pub(super) fn new(machine: Connection, socket: Socket) -> Driver {
        let (owner, lock) = (forks::generation(), Shared::new());
        Driver { machine, socket: Some(socket), owner, lock, read: 0, unpushed: false, dead: false }
    }

    /// Returns whether this process opened the connection. A forked process only sends.
    pub(super) fn is_owner(&self) -> bool {
        self.owner == forks::generation()
    }

    pub(super) fn is_running(&self) -> bool {
        !self.dead && self.machine.phase() == Phase::Running
    }

    /// Returns the number of received messages.
    pub(super) fn messages(&self) -> u64 {
        self.machine.counters().input.messages
    }

    /// Returns the number of bytes that were read and not yet handled.
    pub(super) fn unhandled(&self) -> u64 {
        self.read.saturating_sub(self.machine.counters().input.bytes)
    }

    /// Reads available input without waiting.
    pub(super) fn receive(&mut self) {
        let Some(socket) = self.socket.as_ref().filter(|_| !self.dead) else { return };
        let mut buffer = [MaybeUninit::uninit(); READ];
        for _ in 0..READS {
            if !self.machine.wants_input() {
                return;
            }
            match socket.receive(&mut buffer) {
                Ok([]) => return self.machine.feed_eof(now()),
                Ok(bytes) => {
                    self.read += bytes.len() as u64;
                    self.machine.feed_bytes(bytes, now());
                    if bytes.len() < READ {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => return self.machine.feed_failure(&error.to_string(), now()),
            }
        }
    }

    /// Writes pending output. Waits until all of it is written if it `may_wait`. Returns whether
    /// all of it is written.
    pub(super) fn flush(&mut self, may_wait: bool) -> io::Result<bool> {
        let Driver { machine, socket, lock, .. } = self;
        let socket = socket.as_ref().ok_or(ErrorKind::NotConnected)?;
        if !machine.has_output() {
            return Ok(true);
        }
        let mut write = || {
            loop {
                let waiting = machine.poll_transmit();
                if waiting.is_empty() {
                    return Ok(true);
                }
                match socket.send(waiting) {
                    Ok(sent) => machine.advance(sent, machine.now()),
                    Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                    Err(_) if !may_wait => return Ok(false),
                    Err(_) => drop(socket.wait(POLLOUT, None)?),
                }
            }
        };
        match lock {
            Some(lock) if forks::is_shared() => lock.locked(write),
            _ => write(),
        }
    }

    /// Returns the argument of a SERIAL in the data format of the connection.
    ///
    /// # Errors
    /// The reason why it cannot be sent to this peer.
    pub(super) fn spoken<'a>(&self, argument: &'a [u8]) -> Result<Cow<'a, [u8]>, String> {
        match self.machine.data_format() {
            None | Some(DataFormat::V26) => Ok(argument.into()),
            Some(format) => in_data_format(argument, format).map(Cow::Owned),
        }
    }

    /// Sends the argument of a SERIAL and waits until it is written.
    pub(super) fn send(&mut self, argument: &[u8]) -> io::Result<()> {
        self.machine.send_serial(argument).map_err(io::Error::other)?;
        self.unpushed = true;
        self.flush(true).map(drop)
    }

    /// Makes the system send delayed bytes, because the program is about to wait.
    pub(super) fn push(&mut self) {
        if std::mem::take(&mut self.unpushed) {
            self.socket.iter().for_each(Socket::push);
        }
    }

    /// Requests events after the handshake.
    pub(super) fn request(&mut self, names: &[Name]) -> io::Result<()> {
        self.machine.request_events_late(names).map_err(io::Error::other)?;
        self.flush(true).map(drop)
    }

    /// Performs the handshake, with a timeout for each phase. Calls `take` with each notification.
    pub(super) fn shake_hands(
        &mut self,
        timeout: Duration,
        mut take: impl FnMut(ConnectionNotification),
    ) -> Result<(), String> {
        let mut phase = self.machine.phase();
        let mut deadline = Instant::now() + timeout;
        let mut position = ChunkPosition::default();
        loop {
            while let Some(notification) = self.machine.poll_notification() {
                take(notification);
            }
            let all = self.flush(false).unwrap_or_else(|error| {
                self.machine.feed_failure(&error.to_string(), now());
                true
            });
            match self.machine.phase() {
                Phase::Running => return Ok(()),
                Phase::Closed => return Err("the handshake failed".into()),
                other if other != phase => {
                    phase = other;
                    deadline = Instant::now() + timeout;
                }
                _ => {}
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(format!("the peer does not answer in phase {phase}"));
            }
            if let Some(socket) = &self.socket {
                let events = if all { POLLIN } else { POLLIN | POLLOUT };
                socket.wait(events, Some(left)).map_err(|error| error.to_string())?;
            }
            self.machine.feed_time(now());
            self.receive_within(&mut position);
        }
    }

    /// Reads only the handshake: everything after it must stay in the socket, because programs wait
    /// for it there. Over TLS its end is not known.
    fn receive_within(&mut self, position: &mut ChunkPosition) {
        #[cfg(feature = "tls")]
        if self.machine.config().tls.is_some() {
            return self.receive();
        }
        let mut buffer = [MaybeUninit::uninit(); READ];
        while self.machine.phase() != Phase::Running && self.machine.wants_input() {
            let (Some(socket), Some(room)) = (&self.socket, buffer.get_mut(..position.wanted()))
            else {
                return;
            };
            match socket.receive(room) {
                Ok([]) => return self.machine.feed_eof(now()),
                Ok(bytes) => {
                    self.read += bytes.len() as u64;
                    position.pass(bytes);
                    self.machine.feed_bytes(bytes, now());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => return self.machine.feed_failure(&error.to_string(), now()),
            }
        }
    }

    /// Closes the connection. Writes pending output only as far as possible without waiting.
    pub(super) fn close(&mut self) {
        if self.is_owner() && !self.dead {
            self.machine.close(now());
            let _ = self.flush(false);
            self.discard_input();
        }
        self.dead = true;
        self.socket = None;
    }

    /// Reads available input. Closing a socket with unread input would reset the connection, and
    /// the peer would lose what it has not read.
    fn discard_input(&self) {
        let mut buffer = [MaybeUninit::uninit(); READ];
        let Some(socket) = &self.socket else { return };
        for _ in 0..READS {
            if !matches!(socket.receive(&mut buffer), Ok([_, ..])) {
                return;
            }
        }
    }
}

/// The position of a stream within the framing (§1.1).
#[derive(Debug, Default)]
struct ChunkPosition {
    /// The bytes of a chunk's length that were read so far.
    length: [u8; 4],
    have: usize,
    /// The number of remaining bytes of the chunk.
    left: usize,
}

impl ChunkPosition {
    /// Returns how many bytes can be read without exceeding a chunk or its length.
    fn wanted(&self) -> usize {
        if self.left > 0 { self.left.min(READ) } else { self.length.len() - self.have }
    }

    fn pass(&mut self, bytes: &[u8]) {
        if self.left > 0 {
            self.left = self.left.saturating_sub(bytes.len());
            return;
        }
        for (to, byte) in self.length.iter_mut().skip(self.have).zip(bytes) {
            *to = *byte;
        }
        self.have += bytes.len();
        if self.have == self.length.len() {
            // The first bit marks a partial chunk.
            self.left = (u32::from_be_bytes(self.length) & 0x7fff_ffff) as usize;
            self.have = 0;
        }
    }
}

/// Returns the reason for the end of a connection, as text.
pub(super) fn reason(cause: &CloseCause) -> String {
    match cause {
        CloseCause::PeerClosed => "the peer closed it".into(),
        CloseCause::PeerClosedMidMessage(_) => {
            "the peer closed it in the middle of a message".into()
        }
        CloseCause::TransportFailed { reason } => reason.to_string(),
        CloseCause::ClosedByUs => "closed by the program".into(),
        CloseCause::Protocol(error) => error.to_string(),
        #[cfg(feature = "tls")]
        CloseCause::Tls(error) => format!("TLS: {error}"),
        other => format!("{other:?}"),
    }
}
