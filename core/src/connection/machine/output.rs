//! The send queue, and commands for clients that serialize values themselves.

use super::Connection;
use crate::connection::{Command, Phase, UsageError};
use crate::data::{Event, Name};
use crate::serial;
use crate::serial::{Mode, Template, Templates};
use crate::wire::{Encoder, EventNames, Framing, Message};

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
        if self.phase != Phase::Running {
            return Err(self.wrong_phase(Command::SendSerial));
        }
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
        if self.phase != Phase::Running {
            return Err(self.wrong_phase(Command::RequestEvents));
        }
        Output::check_size(names.iter().map(|name| name.len() + 1).sum())?;
        let request: EventNames = names.iter().map(|name| &**name).collect();
        if !request.is_empty() {
            self.output.check_room()?;
            self.ours.events.extend(names.iter().map(Name::compact));
            self.output.message(&Message::RequestEvents(request));
        }
        Ok(())
    }
}
