//! The queues of messages to send and of notifications, the encoding of SERIALs (2§3), and commands
//! for clients that serialize values themselves.

use std::collections::VecDeque;

use super::Connection;
use crate::connection::{Command, ConnectionNotification, Phase, UsageError};
use crate::data::{Event, Name, StateAccess};
use crate::serial;
use crate::serial::{LazyEvent, Mode, Template, Templates};
use crate::wire::{Encoder, Framing, Message};

/// The capacity of the queue that is kept while nothing waits, in bytes.
const KEPT: usize = 4 << 10;

/// The capacity up to which the queue grows faster than usual, without the last message.
const GROWN: usize = 64 << 10;

/// The send queue: encodes messages and keeps their bytes until they are written.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) encoder: Encoder,
    pub(super) writer: serial::Writer,
    /// The bytes that are written next, of which the first `start` have been written.
    front: Vec<u8>,
    start: usize,
    /// The number of bytes that are lent instead of being in `front`.
    lent: usize,
    /// The bytes after them.
    queue: Vec<u8>,
    /// The size of the last SERIAL.
    last: usize,
    /// The total number of bytes ever written.
    written: u64,
    limit: usize,
    /// The end of the last answer, as an offset like `written`.
    reply_end: u64,
    /// The size of the answers queued since all of them were last written.
    reply_bytes: usize,
}

impl Output {
    pub(super) fn new(framing: Framing, cache_size: u32, limit: usize) -> Output {
        Output {
            encoder: Encoder::new(framing),
            writer: serial::Writer::new(cache_size),
            front: Vec::new(),
            start: 0,
            lent: 0,
            queue: Vec::new(),
            last: 0,
            written: 0,
            limit,
            reply_end: 0,
            reply_bytes: 0,
        }
    }

    /// Returns the bytes that are written next; none while they are lent.
    pub(super) fn pending(&self) -> &[u8] {
        match self.front.get(self.start..).unwrap_or_default() {
            [] if self.lent == 0 => &self.queue,
            front => front,
        }
    }

    /// Returns the number of bytes to write, including those that are lent.
    #[inline]
    pub(super) fn queued(&self) -> usize {
        self.lent + self.front.len().saturating_sub(self.start) + self.queue.len()
    }

    /// Moves the queue to the front if that is empty.
    fn turn_over(&mut self) {
        if self.front.is_empty() {
            std::mem::swap(&mut self.front, &mut self.queue);
        }
    }

    /// Lends the bytes that are written next, so that they need not be copied: a block, and how
    /// many bytes of it have been written. [`take_back`](Self::take_back) ends this.
    pub(super) fn lend(&mut self) -> (Vec<u8>, usize) {
        self.turn_over();
        self.lent = self.pending().len();
        (std::mem::take(&mut self.front), self.start)
    }

    /// Takes back what was lent, to be [written](Self::advance).
    pub(super) fn take_back(&mut self, front: Vec<u8>) {
        // It may have been cleared.
        if std::mem::take(&mut self.lent) > 0 {
            self.front = front;
        }
    }

    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Records that this many bytes were written, at most those pending.
    pub(super) fn advance(&mut self, bytes: usize) {
        let bytes = bytes.min(self.pending().len());
        if bytes > 0 {
            self.turn_over();
        }
        self.start += bytes;
        self.written += bytes as u64;
        if self.written >= self.reply_end {
            self.reply_bytes = 0;
        }
        if bytes > 0 && self.start == self.front.len() {
            self.front.clear();
            self.start = 0;
            if self.queue.is_empty() {
                self.queue = std::mem::take(&mut self.front);
                self.queue.shrink_to(KEPT);
            }
        }
    }

    /// Frees unused memory.
    pub(super) fn release(&mut self) {
        self.writer.release();
        if self.queued() == 0 {
            self.clear();
        }
    }

    /// Clears the queue.
    pub(super) fn clear(&mut self) {
        (self.front, self.queue) = Default::default();
        (self.start, self.lent) = (0, 0);
    }

    /// Returns an error while the send queue is full.
    pub(super) fn check_room(&self) -> Result<(), UsageError> {
        let queued = self.queued();
        if queued < self.limit {
            Ok(())
        } else {
            Err(UsageError::QueueFull { queued, limit: self.limit })
        }
    }

    /// Returns an error for an argument that is too long for a length word.
    pub(super) fn check_size(argument: usize) -> Result<(), UsageError> {
        if argument > serial::MAX_CONTENT {
            Err(serial::WriteError::TooLarge { limit: serial::MAX_CONTENT }.into())
        } else {
            Ok(())
        }
    }

    pub(super) fn message(&mut self, message: &Message) {
        self.encoder.message(message, &mut self.queue);
    }

    /// Queues an answer to a PING, which a peer can trigger without the application.
    pub(super) fn reply(&mut self, message: &Message) {
        let before = self.queued();
        self.message(message);
        self.reply_bytes += self.queued() - before;
        self.reply_end = self.written + self.queued() as u64;
    }

    /// Returns the size of the answers queued since all of them were last written.
    pub(super) fn reply_bytes(&self) -> usize {
        self.reply_bytes
    }

    pub(super) fn compress(&mut self, level: crate::wire::Compression) {
        self.encoder.start_compression(level, &mut self.queue);
    }

    /// Queues an event for one of many peers. Nothing changes if it cannot be encoded.
    #[inline]
    pub(super) fn event(
        &mut self,
        mode: Mode,
        event: &Event,
        templates: &mut Templates,
    ) -> Result<(), UsageError> {
        self.make_room();
        let Output { encoder, writer, queue, .. } = self;
        let is_owned = templates.is_owned();
        match templates.get(writer, mode, event) {
            Some(template) if !encoder.is_compressed() && template.is_framed() => {
                let size = template.fill_framed(writer, mode, queue);
                self.last = size;
                encoder.count_framed(size);
                Ok(())
            }
            template => self.unframed(mode, event, template, is_owned),
        }
    }

    /// Does the same if the template, if any, does not have the frame of the event.
    #[inline(never)]
    fn unframed(
        &mut self,
        mode: Mode,
        event: &Event,
        template: Option<&mut Template>,
        is_owned: bool,
    ) -> Result<(), UsageError> {
        let Event { name, time, args } = event;
        self.serial(|writer, out| match template {
            Some(template) => {
                template.fill(writer, mode, out);
                Ok(())
            }
            None => writer.call(mode, (name, *time, args), is_owned, out),
        })
    }

    /// Queues a SERIAL. Nothing changes if it cannot be encoded.
    #[inline]
    pub(super) fn serial(
        &mut self,
        write: impl FnOnce(&mut serial::Writer, &mut Vec<u8>) -> Result<(), serial::WriteError>,
    ) -> Result<(), UsageError> {
        self.make_room();
        let before = self.queue.len();
        let writer = &mut self.writer;
        self.encoder.serial(&mut self.queue, |argument| write(writer, argument))?;
        self.last = self.queue.len().saturating_sub(before);
        Ok(())
    }

    /// Makes room for another SERIAL like the last one.
    #[inline]
    fn make_room(&mut self) {
        let room = self.queue.capacity() - self.queue.len();
        if room < self.last && !self.queue.is_empty() {
            self.grow();
        }
    }

    /// Grows the queue fourfold, up to a size: it is copied each time, and it is small again when it
    /// was written.
    #[cold]
    fn grow(&mut self) {
        let (length, last) = (self.queue.len(), self.last);
        let size = length.saturating_mul(4).min(GROWN.saturating_add(last));
        self.queue.reserve(size.saturating_sub(length).max(last));
    }
}

impl Connection {
    /// Sends the argument of a SERIAL unchanged, whether or not the peer has requested it. It must
    /// not refer to the object cache, its IDs must have the width that the peer expects (2§3), and
    /// it must be in the connection's data format.
    ///
    /// Create such arguments with a [`serial::Writer`] with a
    /// cache size of 0.
    ///
    /// # Errors
    /// [`UsageError::WrongPhase`] outside Running; [`UsageError::QueueFull`];
    /// [`UsageError::Unwritable`] beyond 1 GiB.
    pub fn send_serial(&mut self, argument: &[u8]) -> Result<(), UsageError> {
        self.check_running(Command::SendSerial)?;
        Output::check_size(argument.len())?;
        self.output.check_room()?;
        self.output.serial(|_, out| {
            out.extend_from_slice(argument);
            Ok(())
        })
    }

    /// Requests events after the handshake. A Bro tolerates this (§3.7); other peers may not.
    ///
    /// # Errors
    /// [`UsageError::WrongPhase`] outside Running; [`UsageError::QueueFull`];
    /// [`UsageError::Unwritable`] beyond 1 GiB.
    pub fn request_events_late(&mut self, names: &[Name]) -> Result<(), UsageError> {
        self.check_running(Command::RequestEvents)?;
        Output::check_size(names.iter().map(|name| name.len() + 1).sum())?;
        if !names.is_empty() {
            self.output.check_room()?;
            self.ask_for_events(names);
        }
        Ok(())
    }
}

/// A queue of notifications, each with the number of message bytes that it keeps in memory.
#[derive(Debug, Default)]
pub(in crate::connection) struct NotificationQueue(VecDeque<Queued>);

/// A notification in the queue. Nearly all are small, and the others are boxed, so that little has
/// to be copied.
#[derive(Debug)]
enum Queued {
    Event(Event, usize),
    LazyEvent(LazyEvent, usize),
    StateAccess(Box<StateAccess>, usize),
    Other(Box<ConnectionNotification>, usize),
}

impl NotificationQueue {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[inline]
    pub(super) fn push_event(&mut self, event: Event, held: usize) {
        self.0.push_back(Queued::Event(event, held));
    }

    pub(super) fn push(&mut self, notification: ConnectionNotification, held: usize) {
        self.0.push_back(match notification {
            ConnectionNotification::Event(event) => Queued::Event(event, held),
            ConnectionNotification::LazyEvent(event) => Queued::LazyEvent(event, held),
            ConnectionNotification::StateAccess(access) => Queued::StateAccess(access, held),
            other => Queued::Other(Box::new(other), held),
        });
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<(ConnectionNotification, usize)> {
        match self.0.pop_front()? {
            Queued::Event(event, held) => Some((ConnectionNotification::Event(event), held)),
            other => Some(other.unpack()),
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Frees unused memory.
    pub(super) fn release(&mut self) {
        self.0.shrink_to_fit();
    }
}

impl Queued {
    #[inline(never)]
    fn unpack(self) -> (ConnectionNotification, usize) {
        match self {
            Queued::Event(event, held) => (ConnectionNotification::Event(event), held),
            Queued::LazyEvent(event, held) => (ConnectionNotification::LazyEvent(event), held),
            Queued::StateAccess(access, held) => {
                (ConnectionNotification::StateAccess(access), held)
            }
            Queued::Other(other, held) => (*other, held),
        }
    }
}

/// How SERIALs are encoded in both directions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Modes {
    pub(super) read: Mode,
    pub(super) write: Mode,
}

impl Default for Modes {
    fn default() -> Modes {
        Modes { read: Mode::HANDSHAKE, write: Mode::HANDSHAKE }
    }
}

impl Connection {
    /// Derives the encoding of SERIALs anew from the phase, the capabilities and the data format.
    ///
    /// That of the peer depends on the phase of the *writer* (2§3), which follows from ours. The
    /// peer is Running only after both PHASE_DONEs are exchanged, and after its state, if it sends
    /// one. All of these precede its later messages in the stream, so when the peer is Running, we
    /// are too. In between, when it has sent its PHASE_DONE and not received ours, or is about to
    /// receive our state, it sends nothing with IDs.
    pub(super) fn update_modes(&mut self) {
        let (ours, theirs) = (self.config.capabilities, self.peer.caps);
        let running = self.phase == Phase::Running;
        let mode = |from, to| Mode::new(from, to, running).with_data_format(self.data_format);
        self.modes = Modes { read: mode(theirs, ours), write: mode(ours, theirs) };
    }
}
