//! Chunks, compression and messages (§1, §2).
//!
//! A connection is two independent streams of bytes. A [`Decoder`] decodes one of them to
//! [`Message`]s, and an [`Encoder`] encodes messages to the other. They do not track phases: the
//! layer above checks whether a message is legal, and interprets the arguments of SERIAL,
//! LOG_CREATE_WRITER and LOG_WRITE, which are opaque here.
//!
//! ```
//! use brocomm::lowlevel::wire::{Decoder, Encoder, Framing, FramingLimits, Message};
//!
//! let mut bytes = Vec::new();
//! Encoder::new(Framing::Clear).message(&Message::PhaseDone, &mut bytes);
//!
//! let mut decoder = Decoder::new(Framing::Clear, FramingLimits::default());
//! decoder.feed(&bytes[..5]);
//! assert_eq!(decoder.poll(), Ok(None));
//! decoder.feed(&bytes[5..]);
//! let decoded = decoder.poll()?.expect("a complete message has arrived");
//! assert_eq!(decoded.message, Message::PhaseDone);
//! decoder.finish()?;
//! # Ok::<(), brocomm::lowlevel::wire::WireError>(())
//! ```
//!
//! The layers, from the bytes up: length words and partial chunks (§1.1–§1.3), the compression
//! transform (§1.5), the pairing of header and argument chunk (§1.4), the layout of each argument
//! (§2). Each has its own bound in [`FramingLimits`], checked before anything is copied or
//! allocated.

mod compress;
mod cursor;
mod data_format;
mod decoder;
mod encoder;
mod error;
mod input;
mod message;
mod message_type;
#[cfg(test)]
mod tests;

pub use compress::{Compression, MIN_COMPRESS};
pub(crate) use cursor::{Cursor, Truncated};
pub use data_format::DataFormat;
pub use decoder::{Decoded, Decoder};
pub use encoder::Encoder;
pub(crate) use encoder::{SERIAL_FRAME, serial_frame};
pub(crate) use error::section;
pub use error::{WireError, WireErrorKind};
pub use input::FramingCounters;
pub use input::FramingLimits;
pub use input::{Framing, MAX_PART};
pub use message::{
    Caps, EventNames, Message, PingArgs, PingLayout, PrintItem, PrintItems, SyncPoint, Version,
};
pub use message_type::MessageType;
