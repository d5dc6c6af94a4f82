//! The server's side of the HTTP handshake (RFC 6455 §4.2), as strict as Zeek's.

use super::handshake::{find, header, shown};

/// The request of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) path: Vec<u8>,
    pub(crate) key: Vec<u8>,
    pub(crate) application: Option<Vec<u8>>,
    /// The length of the request, after which frames begin.
    pub(crate) length: usize,
}

/// Reads a request if it is complete.
///
/// # Errors
///
/// The reason for the status line of the refusal, in Zeek's wording.
pub(crate) fn read_request(bytes: &[u8], limit: usize) -> Result<Option<Request>, String> {
    let too_long = || Err("Request too long".to_owned());
    let Some(line_end) = find(bytes, b"\r\n") else {
        return if bytes.len() > limit { too_long() } else { Ok(None) };
    };
    let line = bytes.get(..line_end).unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ');
    let mut word = || words.next().unwrap_or_default();
    let (method, path, version) = (word(), word(), word());
    if method != b"GET" {
        return Err(format!("Invalid HTTP method, need GET, got {}", shown(method)));
    }
    if version != b"HTTP/1.1" {
        return Err(format!("Invalid HTTP version, need HTTP/1.1, got: {}", shown(version)));
    }
    let Some(end) = find(bytes, b"\r\n\r\n").filter(|end| *end <= limit) else {
        return if bytes.len() > limit { too_long() } else { Ok(None) };
    };
    let head = bytes.get(..end).unwrap_or_default();
    let Some(key) = header(head, "Sec-WebSocket-Key") else {
        return Err("Missing Sec-WebSocket-Key value".to_owned());
    };
    match header(head, "Upgrade") {
        None => return Err("Missing Upgrade header".to_owned()),
        Some(upgrade) if !upgrade.eq_ignore_ascii_case(b"websocket") => {
            return Err(format!("Invalid Upgrade header, need WebSocket, got {}", shown(upgrade)));
        }
        Some(_) => {}
    }
    match header(head, "Sec-WebSocket-Version") {
        None => return Err("Missing Sec-WebSocket-Version value".to_owned()),
        Some(b"13") => {}
        Some(version) => {
            return Err(format!("Invalid Sec-WebSocket-Version, need 13, got {}", shown(version)));
        }
    }
    Ok(Some(Request {
        path: path.to_vec(),
        key: key.to_vec(),
        application: header(head, "X-Application-Name").map(<[u8]>::to_vec),
        length: end + 4,
    }))
}
