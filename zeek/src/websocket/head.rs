//! The head of an HTTP message that arrives in pieces.

use std::ops::Deref;

use super::handshake::{Answer, answer, find};
use super::request::{Request, read_request};

/// The bytes of a head, and those after it. It is parsed only when the result can change, so a head
/// that arrives byte by byte costs no more.
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

    /// Parses it as a server's answer.
    pub(crate) fn answer(&mut self, key: &str, limit: usize, is_ended: bool) -> Answer {
        match self.is_due(limit) || is_ended {
            true => answer(&self.bytes, key, limit, is_ended),
            false => Answer::Incomplete,
        }
    }

    /// Parses it as a client's request. Returns `None` if it is not complete.
    pub(crate) fn request(&mut self, limit: usize) -> Result<Option<Request>, String> {
        if self.is_due(limit) { read_request(&self.bytes, limit) } else { Ok(None) }
    }

    /// Returns whether to parse it now: only the start has arrived, the first line or the whole
    /// head has just become complete, or it is too long.
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
    fn the_head_is_parsed_only_when_the_result_can_change() {
        let text = b"GET /a/long/path HTTP/1.1\r\nA: b\r\nC: d\r\n\r\nmore";
        let mut head = Head::default();
        let due = text.iter().enumerate().filter_map(|(at, byte)| {
            head.push(&[*byte]);
            head.is_due(44).then_some(at + 1)
        });
        let due: Vec<usize> = due.filter(|at| *at > 16).collect();
        assert_eq!(due, [27, 41, 45], "the first line, the end, and the limit");
    }
}
