//! The send queue.

use crate::connection::UsageError;
use crate::data::Event;
use crate::serial::{self, Mode, Templates};
use crate::wire::{Encoder, Framing, Message};

/// The number of written bytes at the front from which the rest is moved forward.
const COMPACT: usize = 64 << 10;

/// The capacity of the queue that is kept while nothing waits, in bytes.
const KEPT: usize = 4 << 10;

/// The send queue: encodes messages and keeps their bytes until they are written.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) encoder: Encoder,
    pub(super) writer: serial::Writer,
    queue: Vec<u8>,
    /// The number of bytes at the front that have been written.
    start: usize,
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
            queue: Vec::new(),
            start: 0,
            written: 0,
            limit,
            reply_end: 0,
            reply_bytes: 0,
        }
    }

    pub(super) fn pending(&self) -> &[u8] {
        self.queue.get(self.start..).unwrap_or_default()
    }

    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Records that this many bytes were written, at most those pending.
    pub(super) fn advance(&mut self, bytes: usize) {
        let bytes = bytes.min(self.pending().len());
        self.start += bytes;
        self.written += bytes as u64;
        if self.written >= self.reply_end {
            self.reply_bytes = 0;
        }
        if self.start == self.queue.len() {
            self.queue.clear();
            self.queue.shrink_to(KEPT);
            self.start = 0;
        } else if self.start >= COMPACT && self.start >= self.queue.len() / 2 {
            self.queue.drain(..self.start);
            self.start = 0;
        }
    }

    /// Frees unused memory.
    pub(super) fn release(&mut self) {
        if self.pending().is_empty() {
            self.queue.shrink_to_fit();
        }
    }

    /// Clears the queue.
    pub(super) fn clear(&mut self) {
        self.queue = Vec::new();
        self.start = 0;
    }

    /// Returns an error while the send queue is full.
    pub(super) fn check_room(&self) -> Result<(), UsageError> {
        let queued = self.queue.len().saturating_sub(self.start);
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
        let before = self.queue.len();
        self.message(message);
        self.reply_bytes += self.queue.len() - before;
        self.reply_end = self.written + self.pending().len() as u64;
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
        let Output { encoder, writer, queue, .. } = self;
        let Some(template) = templates.get(writer, mode, event) else {
            let Event { name, time, args } = event;
            return self.serial(|writer, out| writer.event(mode, name, *time, args, out));
        };
        match template.framed() {
            Some(size) if !encoder.is_compressed() => {
                template.fill(writer, mode, true, queue);
                encoder.count_framed(size);
                Ok(())
            }
            _ => self.serial(|writer, out| {
                template.fill(writer, mode, false, out);
                Ok(())
            }),
        }
    }

    /// Queues a SERIAL. Nothing changes if it cannot be encoded.
    #[inline]
    pub(super) fn serial(
        &mut self,
        write: impl FnOnce(&mut serial::Writer, &mut Vec<u8>) -> Result<(), serial::WriteError>,
    ) -> Result<(), UsageError> {
        let writer = &mut self.writer;
        self.encoder.serial(&mut self.queue, |argument| write(writer, argument))?;
        Ok(())
    }
}
