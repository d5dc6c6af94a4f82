//! The output queue.

use super::frame::{self, Masks, Opcode};

/// The minimum number of written bytes at the front of the queue before the rest is moved up.
const COMPACT: usize = 64 << 10;

/// A queue of bytes to be written.
#[derive(Debug)]
pub(crate) struct Output {
    queue: Vec<u8>,
    /// The number of bytes at the front of the queue that have been written.
    start: usize,
    /// The total number of bytes written.
    written: u64,
    /// The masks, for a client.
    masks: Option<Masks>,
}

impl Output {
    pub(crate) fn new(masks: Option<Masks>) -> Output {
        Output { queue: Vec::new(), start: 0, written: 0, masks }
    }

    pub(crate) fn pending(&self) -> &[u8] {
        self.queue.get(self.start..).unwrap_or_default()
    }

    /// Returns the total number of bytes written.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Returns the end position of the queue, counted like `written`.
    pub(crate) fn end(&self) -> u64 {
        self.written + self.pending().len() as u64
    }

    /// Records that this number of bytes was written, at most all pending ones.
    pub(crate) fn advance(&mut self, bytes: usize) {
        let bytes = bytes.min(self.pending().len());
        self.start += bytes;
        self.written += bytes as u64;
        if self.start == self.queue.len() {
            self.queue.clear();
            self.queue.shrink_to(COMPACT);
            self.start = 0;
        } else if self.start >= COMPACT && self.start >= self.queue.len() / 2 {
            self.queue.drain(..self.start);
            self.start = 0;
        }
    }

    /// Appends bytes that are not a frame.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.queue.extend_from_slice(bytes);
    }

    /// Appends a frame.
    pub(crate) fn frame(&mut self, opcode: Opcode, payload: &[u8]) {
        let mask = self.masks.as_mut().map(Masks::next);
        frame::write(opcode, payload, mask, &mut self.queue);
    }

    /// Discards unwritten bytes, which nobody will read.
    pub(crate) fn clear(&mut self) {
        self.queue = Vec::new();
        self.start = 0;
    }
}
