//! The WebSocket protocol (RFC 6455) as needed by the API: both sides, without extensions.
//!
//! `tungstenite`'s frame layer could read and write the headers, but it does I/O on streams, takes
//! its masks from the system's random generator, and leaves to its user what a sans-IO state
//! machine must implement anyway: limits, fragments, the order of frames, UTF-8, close codes. Only
//! reading and writing headers would remain, which is little code and avoids a dependency.

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
