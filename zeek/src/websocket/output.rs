//! What waits to be written.

use super::frame::{self, Masks, Opcode};

/// How much that was written is kept in front of the queue at least before the rest is moved up.
const COMPACT: usize = 64 << 10;

/// Holds bytes until they are written.
#[derive(Debug)]
pub(crate) struct Output {
    queue: Vec<u8>,
    /// How much of the queue has been written.
    start: usize,
    /// How many bytes have been written in all.
    written: u64,
    /// Clients mask what they send.
    masks: Option<Masks>,
}

impl Output {
    pub(crate) fn new(masks: Option<Masks>) -> Output {
        Output { queue: Vec::new(), start: 0, written: 0, masks }
    }

    pub(crate) fn pending(&self) -> &[u8] {
        self.queue.get(self.start..).unwrap_or_default()
    }

    /// Returns how many bytes have been written.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Returns where what is appended now will end, counted as `written` is.
    pub(crate) fn end(&self) -> u64 {
        self.written + self.pending().len() as u64
    }

    /// Records that so many bytes were written, at most what is pending.
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

    /// Appends bytes that are no frame.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.queue.extend_from_slice(bytes);
    }

    /// Appends a frame.
    pub(crate) fn frame(&mut self, opcode: Opcode, payload: &[u8]) {
        let mask = self.masks.as_mut().map(Masks::next);
        frame::write(opcode, payload, mask, &mut self.queue);
    }

    /// Forgets what was not written; nobody will read it.
    pub(crate) fn clear(&mut self) {
        self.queue = Vec::new();
        self.start = 0;
    }
}
