//! Reads the records of a segment in order.

use std::io::{self, Read};

use super::record::{Parsed, Record, parse, view};

/// The minimum and maximum size of a read. It doubles from read to read.
const PIECES: (usize, usize) = (4 << 10, 256 << 10);

/// Reads records from the start of a segment. At the end it can wait for more.
#[derive(Debug)]
pub(super) struct Scanner<R> {
    source: R,
    buffer: Vec<u8>,
    /// The start of the unused bytes in the buffer.
    start: usize,
    /// The offset of these bytes in the segment.
    offset: u64,
    /// The minimum sequence number of the next record.
    expected: u64,
    /// The size of the next read.
    piece: usize,
    /// Whether a line end was added to a last line without one.
    closed: bool,
}

/// The next part of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Record {
        record: Record<'a>,
        /// The number of records missing before it.
        missing: u64,
    },
    /// Bytes that are not a record, and are skipped.
    Damaged { offset: u64, bytes: u64 },
    /// The current end, with the number of bytes there that are not a complete record.
    End { torn: u64 },
}

impl<R: Read> Scanner<R> {
    /// Starts at the beginning of a segment whose first record has this number.
    pub(super) fn new(source: R, first: u64) -> Scanner<R> {
        Scanner {
            source,
            buffer: Vec::new(),
            start: 0,
            offset: 0,
            expected: first,
            piece: PIECES.0,
            closed: false,
        }
    }

    /// Returns the offset of the next record.
    pub(super) fn offset(&self) -> u64 {
        self.offset - u64::from(self.closed)
    }

    /// Returns whether the last line of a complete segment has no line end.
    pub(super) fn is_torn(&self) -> bool {
        self.closed
    }

    /// Returns the next part. If the segment is `complete`, its last line needs no line end: it is
    /// either a record or damaged.
    pub(super) fn next(&mut self, complete: bool) -> io::Result<Step<'_>> {
        let mut at_end = false;
        loop {
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            // The record is borrowed again below, at the end of the loop.
            let parsed = match rest.is_empty() {
                true => None,
                false => Some(match parse(rest, self.closed) {
                    Parsed::Record(record, length) => (Some(record.sequence), length),
                    Parsed::Damaged(length) => (None, length),
                    Parsed::Incomplete => (None, 0),
                }),
            };
            match parsed {
                Some((sequence, length)) if length > 0 => {
                    let (at, offset) = (self.start, self.offset);
                    self.start += length;
                    self.offset += length as u64;
                    // An older record is a remainder of another file on the disk.
                    let Some(sequence) = sequence.filter(|it| *it >= self.expected) else {
                        return Ok(Step::Damaged { offset, bytes: length as u64 });
                    };
                    let missing = sequence - self.expected;
                    self.expected = sequence.saturating_add(1);
                    let bytes = self.buffer.get(at..at + length).unwrap_or_default();
                    return Ok(match view(bytes) {
                        Some(record) => Step::Record { record, missing },
                        None => Step::Damaged { offset, bytes: length as u64 },
                    });
                }
                Some(_) if at_end && complete && !self.closed => {
                    self.buffer.push(b'\n');
                    self.closed = true;
                }
                _ if at_end => return Ok(Step::End { torn: rest.len() as u64 }),
                _ => at_end = self.fill()? == 0,
            }
        }
    }

    /// Reads more bytes; returns how many.
    fn fill(&mut self) -> io::Result<usize> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let length = self.buffer.len();
        self.buffer.resize(length + self.piece, 0);
        self.piece = (self.piece * 2).min(PIECES.1);
        let read = loop {
            match self.source.read(self.buffer.get_mut(length..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(length + read.as_ref().copied().unwrap_or_default());
        read
    }
}
