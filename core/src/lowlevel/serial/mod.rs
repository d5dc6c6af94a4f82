//! Values and types to and from the argument of a SERIAL message (part 2).
//!
//! A [`Reader`] belongs to one direction of a connection, a [`Writer`] to the other; each keeps
//! that direction's object cache. How ids are written and what the cache does is a [`Mode`], which
//! both sides derive from the capabilities that were announced and from the connection's phase.
//!
//! # Lazy reading
//!
//! Whoever wants an event's name and one argument, or only to send it on, need not pay for the
//! rest. [`Reader::read_lazily`] walks through the whole message, checks all of it and keeps the
//! cache in step, but builds no values; it notes where each argument is and what its type is.
//! A [`LazyEvent`] then decodes what it is asked for, at any time: it needs neither the reader nor
//! its cache, and no error can show any more. [`Writer::forward`] writes one for another peer.
//!
//! ```
//! use brocomm::data::Value;
//! use brocomm::lowlevel::serial::{LazySerial, Limits, Mode, Reader, Writer};
//! # let mut chunk = Vec::new();
//! # let args = [Value::Count(443), Value::string("https")];
//! # Writer::new(3000).event(Mode::RUNNING, b"service_seen", 1.0, &args, &mut chunk).unwrap();
//! # let chunk = bytes::Bytes::from(chunk);
//!
//! let mut reader = Reader::new(Limits::default());
//! let LazySerial::Event(event) = reader.read_lazily(&chunk, Mode::RUNNING)? else { return Ok(()) };
//! assert_eq!(event.name(), "service_seen");
//! assert_eq!(event.arg(1), Some(Value::string("https")));
//!
//! let (mut writer, mut forwarded) = (Writer::new(3000), Vec::new());
//! writer.forward(Mode::RUNNING, &event, &mut forwarded).expect("it is small");
//! assert_eq!(forwarded, chunk);
//! # Ok::<(), brocomm::lowlevel::serial::SerialError>(())
//! ```
//!
//! Other reading is the same, with all arguments decoded at once. Either way the cache keeps values
//! as the messages that they came in, and decodes one when it is first referred to; how much memory
//! that keeps alive is bounded by [`Limits::cache_bytes`].

mod cache;
mod cursor;
mod error;
mod kind;
mod lazy;
mod limits;
mod mode;
mod reader;
mod tape;
mod transcript;
mod writer;

pub use crate::data::object::{File, Func, Id, Opcode, Packet, Serial, StateAccess};
pub use cache::CacheCounters;
pub use error::{Place, SerialError, SerialErrorKind, WriteError};
pub use kind::Family;
pub use lazy::{LazyEvent, LazySerial};
pub use limits::Limits;
pub use mode::{Caching, Mode};
pub use reader::Reader;
pub use transcript::Transcript;
pub(crate) use writer::MAX_CONTENT;
pub use writer::Writer;
