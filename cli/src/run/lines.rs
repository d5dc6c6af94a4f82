//! Reading lines of bytes.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// The maximum length of a line in bytes.
pub(super) const LONGEST: usize = 16 << 20;

/// A reader of lines with a maximum length.
pub(super) struct Lines<R> {
    reader: R,
    longest: usize,
    /// The incomplete line.
    begun: Vec<u8>,
    is_too_long: bool,
    number: u64,
}

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The line number, from 1.
    pub(super) number: u64,
    /// The bytes without the line end, or `None` if the line is too long.
    pub(super) bytes: Option<Vec<u8>>,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    pub(super) fn new(reader: R, longest: usize) -> Lines<R> {
        Lines { reader, longest, begun: Vec::new(), is_too_long: false, number: 0 }
    }

    /// Returns the next line, or `None` at the end. Cancel safe.
    pub(super) async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let buffer = self.reader.fill_buf().await?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            let is_over = buffer.is_empty();
            if is_over && self.begun.is_empty() && !self.is_too_long {
                return Ok(None);
            }
            self.is_too_long |= self.begun.len().saturating_add(part.len()) > self.longest;
            if self.is_too_long {
                self.begun = Vec::new();
            } else {
                self.begun.extend_from_slice(part);
            }
            let consumed = part.len() + usize::from(end.is_some());
            self.reader.consume(consumed);
            if end.is_some() || is_over {
                self.number += 1;
                let mut bytes = std::mem::take(&mut self.begun);
                if bytes.last() == Some(&b'\r') {
                    bytes.pop();
                }
                let bytes = (!std::mem::take(&mut self.is_too_long)).then_some(bytes);
                return Ok(Some(Line { number: self.number, bytes }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::BufReader;

    use super::*;

    /// Reads all lines from a reader that returns `piece` bytes at a time.
    fn lines(text: &[u8], longest: usize, piece: usize) -> Vec<Line> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut lines = Lines::new(BufReader::with_capacity(piece, text), longest);
        let mut all = Vec::new();
        while let Some(line) = runtime.block_on(lines.next()).unwrap() {
            all.push(line);
        }
        all
    }

    #[test]
    fn lines_have_a_maximum_length() {
        let line = |number, bytes: &[u8]| Line { number, bytes: Some(bytes.to_vec()) };
        let too_long = |number| Line { number, bytes: None };
        for piece in 1..12 {
            assert_eq!(
                lines(b"a\r\n\n\xff\0b\n12345\n1234\nend", 4, piece),
                [
                    line(1, b"a"),
                    line(2, b""),
                    line(3, b"\xff\0b"),
                    too_long(4),
                    line(5, b"1234"),
                    line(6, b"end")
                ]
            );
            assert_eq!(lines(b"12345", 4, piece), [too_long(1)]);
            assert_eq!(lines(b"\n", 4, piece), [line(1, b"")]);
            assert_eq!(lines(b"", 4, piece), []);
        }
    }
}
