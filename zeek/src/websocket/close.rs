//! Close frames and their codes (RFC 6455 §7.4).

use brocomm::data::Name;
use bytes::Bytes;

use super::Violation;

/// The close codes that Zeek uses.
pub mod codes {
    /// A normal end.
    pub const NORMAL: u16 = 1000;
    /// Zeek terminates.
    pub const GOING_AWAY: u16 = 1001;
    /// A violation of the WebSocket protocol.
    pub const PROTOCOL_ERROR: u16 = 1002;
    /// A close frame without a code. Never sent.
    pub const NO_STATUS: u16 = 1005;
    /// An end without a close frame. Never sent.
    pub const ABNORMAL: u16 = 1006;
    /// Text that is not UTF-8.
    pub const INVALID_PAYLOAD: u16 = 1007;
    /// An invalid path or application name.
    pub const POLICY: u16 = 1008;
    /// A message that is too long.
    pub const TOO_BIG: u16 = 1009;
    /// No answer to a ping, or a subscription that failed.
    pub const INTERNAL: u16 = 1011;
}

/// The contents of a close frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFrame {
    /// The code, one of [`codes`] or another one. [`codes::NO_STATUS`] if there was none.
    pub code: u16,
    /// The reason, often empty.
    pub reason: Name,
}

/// Reads the payload of a close frame.
pub(crate) fn read_close(payload: &Bytes) -> Result<CloseFrame, Violation> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return Ok(CloseFrame { code: codes::NO_STATUS, reason: Name::new() });
    };
    let code = u16::from_be_bytes(*code);
    match code {
        ..1000 | 1004 | 1006 | 1014..3000 => Err(Violation::CloseCode(code)),
        _ if std::str::from_utf8(reason).is_err() => Err(Violation::NotUtf8),
        _ => Ok(CloseFrame { code, reason: Name::from_bytes(payload.slice_ref(reason)) }),
    }
}

/// Returns the payload of a close frame.
pub(crate) fn close_payload(code: u16, reason: &[u8]) -> Vec<u8> {
    // The maximum payload of a control frame, without the code.
    const MOST: usize = 123;
    if code == codes::NO_STATUS {
        return Vec::new();
    }
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason.get(..MOST).unwrap_or(reason));
    payload
}
