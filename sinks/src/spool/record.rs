//! The format of a record in a segment: one line with a header of fixed length.
//!
//! ```text
//! B1 0000000000000007 18a5f1c2d3e4f506 0000002a 5f3c9a10 zeek.logs.Conn::LOG.default.conn {"ts":…}
//! ```
//!
//! The fields are: the version, the sequence number, the time in nanoseconds, the length of the
//! payload (everything after the header, without the line end), the CRC-32 of the header before it
//! and the payload, the subject, and the JSON line. All numbers are hexadecimal. A subject contains
//! no space, and a JSON line no newline, so reading can continue at the next line after a damaged
//! one.

use brocomm::Time;
use thiserror::Error;

/// The start of each record.
const MARK: &[u8] = b"B1 ";

/// The length of the part of the header that the checksum covers.
const COVERED: usize = MARK.len() + 17 + 17 + 9;

/// The length of the header.
pub(super) const HEAD: usize = COVERED + 9;

/// The maximum length of a subject and its line together, in bytes.
pub const MAX_RECORD: usize = 16 << 20;

/// An entry of a spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// The sequence number, from 1.
    pub sequence: u64,
    /// When it was spooled.
    pub time: Time,
    /// Its subject, in the form of NATS.
    pub subject: &'a str,
    /// The JSON line, without its end.
    pub line: &'a [u8],
}

/// The reason why an entry is not a valid record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecordError {
    /// The entry is too long.
    #[error("the entry has {0} bytes, must be at most {MAX_RECORD}")]
    TooLong(usize),
    /// The line contains a newline.
    #[error("the line has a newline")]
    Newline,
    /// The subject is empty, or contains a space or a control character.
    #[error("the subject is empty, or has a space or a control character")]
    Subject,
}

impl Record<'_> {
    /// Appends the record to a segment's bytes.
    ///
    /// # Errors
    /// The entry is not a valid record. Nothing is appended.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), RecordError> {
        let length = self.subject.len() + 1 + self.line.len();
        if length > MAX_RECORD {
            return Err(RecordError::TooLong(length));
        }
        if self.line.contains(&b'\n') {
            return Err(RecordError::Newline);
        }
        if self.subject.is_empty() || self.subject.bytes().any(|byte| byte <= b' ') {
            return Err(RecordError::Subject);
        }
        let start = out.len();
        out.reserve(HEAD + length + 1);
        out.extend_from_slice(MARK);
        hex(self.sequence, 16, out);
        hex(self.time.as_nanos(), 16, out);
        // At most MAX_RECORD.
        hex(length as u64, 8, out);
        let mut sum = crc32fast::Hasher::new();
        sum.update(out.get(start..).unwrap_or_default());
        for part in [self.subject.as_bytes(), b" ", self.line] {
            sum.update(part);
        }
        hex(sum.finalize().into(), 8, out);
        for part in [self.subject.as_bytes(), b" ", self.line, b"\n"] {
            out.extend_from_slice(part);
        }
        Ok(())
    }
}

/// The result of parsing the start of some bytes of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parsed<'a> {
    /// A record, with its length.
    Record(Record<'a>, usize),
    /// Not a record. The next one cannot start before this many bytes.
    Damaged(usize),
    /// More bytes are needed to decide.
    Incomplete,
}

/// Parses the start of some bytes. `at_end` says that no more bytes will follow.
pub(super) fn parse(bytes: &[u8], at_end: bool) -> Parsed<'_> {
    match head(bytes) {
        Head::Length(length) => {
            // A record without its line end was not acknowledged.
            let whole = bytes.get(..=HEAD + length).and_then(|line| line.split_last());
            match whole {
                // The record is valid even if its line end is damaged.
                Some((_, line)) if has_sum(line) => match view(line) {
                    Some(record) => Parsed::Record(record, HEAD + length + 1),
                    None => damaged(bytes, at_end),
                },
                _ => damaged(bytes, at_end),
            }
        }
        Head::Incomplete | Head::Invalid => damaged(bytes, at_end),
    }
}

enum Head {
    Length(usize),
    Incomplete,
    Invalid,
}

fn head(bytes: &[u8]) -> Head {
    let begun = bytes.len().min(MARK.len());
    if bytes.get(..begun) != MARK.get(..begun) {
        return Head::Invalid;
    }
    let Some(head) = bytes.get(..HEAD) else { return Head::Incomplete };
    let length = number(head, COVERED - 9, 8).and_then(|length| usize::try_from(length).ok());
    match length {
        Some(length) if length <= MAX_RECORD => Head::Length(length),
        _ => Head::Invalid,
    }
}

/// Skips to the next line. Without a line end, more bytes may follow.
fn damaged(bytes: &[u8], at_end: bool) -> Parsed<'static> {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => Parsed::Damaged(end + 1),
        None if at_end => Parsed::Damaged(bytes.len()),
        // A line that is too long for a record is damaged, whatever follows.
        None if bytes.len() > HEAD + MAX_RECORD => Parsed::Damaged(bytes.len()),
        None => Parsed::Incomplete,
    }
}

/// Returns whether a record without its line end has the right checksum.
fn has_sum(record: &[u8]) -> bool {
    let (Some(head), Some(payload)) = (record.get(..COVERED), record.get(HEAD..)) else {
        return false;
    };
    let mut sum = crc32fast::Hasher::new();
    sum.update(head);
    sum.update(payload);
    number(record, COVERED, 8) == Some(sum.finalize().into())
}

/// Returns the record in these bytes, whose checksum is right, with or without the line end.
pub(super) fn view(bytes: &[u8]) -> Option<Record<'_>> {
    let (sequence, time) = (number(bytes, 3, 16)?, number(bytes, 20, 16)?);
    let length = usize::try_from(number(bytes, COVERED - 9, 8)?).ok()?;
    let payload = bytes.get(HEAD..HEAD.checked_add(length)?)?;
    let space = payload.iter().position(|byte| *byte == b' ')?;
    let (subject, line) = payload.split_at_checked(space)?;
    let subject = std::str::from_utf8(subject).ok()?;
    Some(Record { sequence, time: Time::from_nanos(time), subject, line: line.get(1..)? })
}

/// Appends a number and a space.
fn hex(number: u64, digits: u32, out: &mut Vec<u8>) {
    // Each record has four of these. The standard formatting would take longer than everything
    // else.
    out.extend((0..digits).rev().map(|digit| {
        // A digit of 0 to 15.
        let value = (number >> (4 * digit) & 15) as u8;
        if value < 10 { b'0' + value } else { b'a' + value - 10 }
    }));
    out.push(b' ');
}

/// Reads a number and the space after it.
fn number(bytes: &[u8], at: usize, digits: usize) -> Option<u64> {
    let (text, space) = (bytes.get(at..at + digits)?, bytes.get(at + digits)?);
    let mut number = 0;
    for digit in text {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        number = number << 4 | u64::from(value);
    }
    (*space == b' ').then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(sequence: u64, subject: &str, line: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let time = Time::from_nanos(0x18a5_f1c2_d3e4_f506);
        Record { sequence, time, subject, line }.write(&mut out).unwrap();
        out
    }

    #[test]
    fn a_record_is_a_line() {
        let out = written(7, "a.b", b"{\"x\":1}");
        let text = String::from_utf8(out.clone()).unwrap();
        assert!(text.starts_with("B1 0000000000000007 18a5f1c2d3e4f506 0000000b "), "{text}");
        assert!(text.ends_with(" a.b {\"x\":1}\n"), "{text}");
        let Parsed::Record(record, length) = parse(&out, true) else { panic!("{text}") };
        assert_eq!((record.sequence, record.subject, record.line), (7, "a.b", &b"{\"x\":1}"[..]));
        assert_eq!(length, out.len());
    }

    #[test]
    fn entries_that_cannot_be_read_back_are_refused() {
        let long = vec![b'x'; MAX_RECORD];
        for (subject, line, error) in [
            ("a", &b"b\nc"[..], RecordError::Newline),
            ("", b"b", RecordError::Subject),
            ("a b", b"c", RecordError::Subject),
            ("a\n", b"c", RecordError::Subject),
            ("a", &long, RecordError::TooLong(MAX_RECORD + 2)),
        ] {
            let mut out = Vec::new();
            let record = Record { sequence: 1, time: Time::EPOCH, subject, line };
            assert_eq!(record.write(&mut out), Err(error));
            assert!(out.is_empty());
        }
    }

    #[test]
    fn a_partial_record_waits_for_the_rest() {
        let out = written(1, "a", b"{}");
        for length in 0..out.len() {
            assert_eq!(parse(&out[..length], false), Parsed::Incomplete, "{length}");
            assert_eq!(parse(&out[..length], true), Parsed::Damaged(length), "{length}");
        }
    }

    #[test]
    fn each_changed_byte_is_detected_and_the_next_record_is_read() {
        let (one, two) = (written(1, "a", b"{\"k\":\"v\"}"), written(2, "b", b"[]"));
        for at in 0..one.len() - 1 {
            for change in [1, 0x20, 0xff] {
                let mut bytes = [&one[..], &two].concat();
                bytes[at] ^= change;
                let (mut rest, mut read) = (&bytes[..], Vec::new());
                while !rest.is_empty() {
                    let length = match parse(rest, true) {
                        Parsed::Record(record, length) => {
                            read.push(record.sequence);
                            length
                        }
                        Parsed::Damaged(length) => length,
                        Parsed::Incomplete => panic!("at the end"),
                    };
                    rest = &rest[length..];
                }
                assert_eq!(read, [2], "byte {at} changed by {change}");
            }
        }
    }
}
