//! Reads the records of a segment in order.

use std::io::{self, Read};

use super::record::{Parsed, Record, parse, view};

/// How much is read at a time: more from one time to the next.
const PIECES: (usize, usize) = (4 << 10, 256 << 10);

/// Reads records from the beginning of a segment on. At its end it can wait for more.
#[derive(Debug)]
pub(super) struct Scanner<R> {
    source: R,
    buffer: Vec<u8>,
    /// Where the bytes begin that are not used yet.
    start: usize,
    /// How many bytes of the segment lie before them.
    offset: u64,
    /// The sequence number that the next record must have at least.
    expected: u64,
    /// How much is read the next time.
    piece: usize,
    /// Whether the segment is read as if its last line had an end.
    closed: bool,
}

/// What is next in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Record {
        record: Record<'a>,
        /// How many records before it are missing.
        missing: u64,
    },
    /// Bytes that are no record, and are skipped.
    Damaged { offset: u64, bytes: u64 },
    /// The end for now, with the number of bytes there that are no whole record.
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

    /// Returns how many bytes lie before the next record.
    pub(super) fn offset(&self) -> u64 {
        self.offset - u64::from(self.closed)
    }

    /// Returns whether a complete segment has a last line without an end.
    pub(super) fn is_torn(&self) -> bool {
        self.closed
    }

    /// Returns what is next. If the segment is `complete`, its last line needs no end: it is a record or
    /// damaged.
    pub(super) fn next(&mut self, complete: bool) -> io::Result<Step<'_>> {
        let mut at_end = false;
        loop {
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            // The record itself is borrowed below, where the loop ends.
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
                    // An old record is what another file left on the disk.
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

    /// Reads more; returns how much.
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
