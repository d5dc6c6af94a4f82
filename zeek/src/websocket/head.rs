//! The head of an HTTP message that comes in pieces.

use std::ops::Deref;

use super::handshake::{Answer, answer, find};
use super::request::{Request, read_request};

/// Bytes up to the end of a head, and what may follow. It is only read when that can decide something,
/// so that one that comes byte by byte takes no longer.
#[derive(Debug, Default)]
pub(crate) struct Head {
    bytes: Vec<u8>,
    searched: usize,
    has_line: bool,
}

impl Head {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Reads it as a server's answer.
    pub(crate) fn answer(&mut self, key: &str, limit: usize, is_ended: bool) -> Answer {
        match self.is_due(limit) || is_ended {
            true => answer(&self.bytes, key, limit, is_ended),
            false => Answer::Incomplete,
        }
    }

    /// Reads it as a client's request; `None` if it is not complete.
    pub(crate) fn request(&mut self, limit: usize) -> Result<Option<Request>, String> {
        if self.is_due(limit) { read_request(&self.bytes, limit) } else { Ok(None) }
    }

    /// Returns whether its first line or all of it has ended since the last time, or whether its
    /// beginning is new or it is too long.
    fn is_due(&mut self, limit: usize) -> bool {
        const BEGINNING: usize = 16;
        let fresh = self.bytes.get(self.searched.saturating_sub(3)..).unwrap_or_default();
        self.searched = self.bytes.len();
        let line = !self.has_line && find(fresh, b"\r\n").is_some();
        self.has_line |= line;
        line || self.searched <= BEGINNING
            || self.searched > limit
            || find(fresh, b"\r\n\r\n").is_some()
    }
}

impl Deref for Head {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_where_something_is_decided() {
        let text = b"GET /a/long/path HTTP/1.1\r\nA: b\r\nC: d\r\n\r\nmore";
        let mut head = Head::default();
        let due = text.iter().enumerate().filter_map(|(at, byte)| {
            head.push(&[*byte]);
            head.is_due(44).then_some(at + 1)
        });
        let due: Vec<usize> = due.filter(|at| *at > 16).collect();
        assert_eq!(due, [27, 41, 45], "the line, the end, and what is too long");
    }
}
