//! The WebSocket protocol (RFC 6455), as far as the API needs it: both sides, without extensions.
//!
//! `tungstenite`'s frame layer would do for the headers, but it reads from and writes to streams,
//! draws its masks from the system, and leaves everything to its user that a machine without I/O has
//! to decide anyway: limits, fragments, the order of frames, UTF-8, close codes. What is left of it,
//! reading and writing a header, is little, and spares its dependencies.

mod close;
mod frame;
mod handshake;
mod head;
mod incoming;
mod output;
mod request;

pub(crate) use close::{close_payload, read_close};
pub(crate) use frame::{Masks, Opcode};
pub(crate) use handshake::{Answer, accept_key, request};
pub(crate) use head::Head;
pub(crate) use incoming::{Frames, Incoming};
pub(crate) use output::Output;

pub use close::{CloseFrame, codes};
pub use handshake::HandshakeError;
pub use incoming::{Limits, Violation};

#[cfg(test)]
mod tests;
