//! The client's side of the HTTP handshake (RFC 6455 §4.1), and code shared by both sides.

use base64ct::{Base64, Encoding};
use sha1::{Digest, Sha1};

/// An error in the answer to the handshake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The server refused the upgrade, with this status line. Zeek puts the reason there.
    #[error("refused: {0}")]
    Refused(String),
    /// The answer is not HTTP.
    #[error("not an HTTP answer: {0}")]
    NotHttp(String),
    /// A header is missing or has an unexpected value.
    #[error("wrong or missing header {0}")]
    Header(&'static str),
    /// The answer is longer than [`Limits::handshake`](super::Limits::handshake).
    #[error("answer too long")]
    TooLong,
    /// The connection ended before the answer did.
    #[error("closed during the handshake")]
    Closed,
}

/// The state of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Incomplete,
    /// The upgrade was accepted. Frames follow after this number of bytes.
    Accepted(usize),
    Wrong(HandshakeError),
}

/// Returns the request of a client.
pub(crate) fn request(host: &str, path: &str, application: Option<&str>, key: &str) -> String {
    let application =
        application.map(|name| format!("X-Application-Name: {name}\r\n")).unwrap_or_default();
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{application}\r\n"
    )
}

/// Returns the server's answer to a key.
pub(crate) fn accept_key(key: &[u8]) -> String {
    let mut digest = Sha1::new();
    digest.update(key);
    digest.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    Base64::encode_string(&digest.finalize())
}

/// Reads a server's answer. Zeek's refusals have no empty line at the end, so they are complete
/// only when the connection ends.
pub(crate) fn answer(bytes: &[u8], key: &str, limit: usize, is_ended: bool) -> Answer {
    let wrong = Answer::Wrong;
    let Some(line_end) = find(bytes, b"\r\n") else {
        return match bytes {
            _ if bytes.len() > limit => wrong(HandshakeError::TooLong),
            _ if is_ended => wrong(HandshakeError::Closed),
            // Other peers may never end a line.
            _ if !starts_alike(bytes, b"HTTP/1.") => wrong(HandshakeError::NotHttp(shown(bytes))),
            _ => Answer::Incomplete,
        };
    };
    let line = bytes.get(..line_end).unwrap_or_default();
    if !line.starts_with(b"HTTP/1.") {
        return wrong(HandshakeError::NotHttp(shown(line)));
    }
    let status = line.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    let end = find(bytes, b"\r\n\r\n");
    if status != b"101" {
        return match end {
            None if !is_ended && bytes.len() <= limit => Answer::Incomplete,
            _ => wrong(HandshakeError::Refused(shown(line))),
        };
    }
    let Some(end) = end else {
        return match bytes {
            _ if bytes.len() > limit => wrong(HandshakeError::TooLong),
            _ if is_ended => wrong(HandshakeError::Closed),
            _ => Answer::Incomplete,
        };
    };
    if end > limit {
        return wrong(HandshakeError::TooLong);
    }
    let head = bytes.get(..end).unwrap_or_default();
    let is = |name: &str, value: &str| {
        header(head, name).is_some_and(|found| found.eq_ignore_ascii_case(value.as_bytes()))
    };
    if !is("Upgrade", "websocket") {
        return wrong(HandshakeError::Header("Upgrade"));
    }
    let accept = header(head, "Sec-WebSocket-Accept");
    if accept != Some(accept_key(key.as_bytes()).as_bytes()) {
        return wrong(HandshakeError::Header("Sec-WebSocket-Accept"));
    }
    // We requested neither.
    for name in ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"] {
        if header(head, name).is_some() {
            return wrong(HandshakeError::Header(name));
        }
    }
    Answer::Accepted(end + 4)
}

/// Returns the value of a header.
pub(super) fn header<'h>(head: &'h [u8], name: &str) -> Option<&'h [u8]> {
    head.split(|byte| *byte == b'\n').skip(1).find_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (found, value) = line.split_at_checked(colon)?;
        let is_it = found.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
        is_it.then(|| value.get(1..).unwrap_or_default().trim_ascii())
    })
}

pub(super) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn starts_alike(bytes: &[u8], expected: &[u8]) -> bool {
    bytes.iter().zip(expected).all(|(a, b)| a == b)
}

pub(super) fn shown(bytes: &[u8]) -> String {
    const SHOWN: usize = 120;
    bytes.get(..SHOWN).unwrap_or(bytes).escape_ascii().to_string()
}
