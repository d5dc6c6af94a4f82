//! Encoding and decoding of SERIAL messages (part 2).
//!
//! A [`Reader`] handles one direction of a connection, a [`Writer`] the other; each holds that
//! direction's object cache. The [`Mode`] determines the encoding of ids and the use of the cache;
//! both sides derive it from the announced capabilities and the connection's phase.
//!
//! # Lazy reading
//!
//! Lazy reading is faster if only an event's name and some arguments are needed, or if the event is
//! only forwarded. [`Reader::read_lazily`] checks the whole message and updates the cache, but
//! builds no values; it records the position and type of each argument. A [`LazyEvent`] then
//! decodes arguments at any time, without the reader or its cache, and without errors.
//! [`Writer::forward`] writes one for another peer.
//!
//! ```
//! use brocomm::data::Value;
//! use brocomm::lowlevel::serial::{LazySerial, ReaderLimits, Mode, Reader, Writer};
//! # let mut chunk = Vec::new();
//! # let args = [Value::Count(443), Value::string("https")];
//! # Writer::new(3000).event(Mode::RUNNING, b"service_seen", 1.0, &args, &mut chunk).unwrap();
//! # let chunk = bytes::Bytes::from(chunk);
//!
//! let mut reader = Reader::new(ReaderLimits::default());
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
//! [`Reader::read`] does the same and decodes all arguments at once. In both cases the cache stores
//! values as the messages that contain them, and decodes a value when it is first referred to;
//! [`ReaderLimits::cache_bytes`] bounds the memory for this.

mod cache;
mod error;
mod indices;
mod kind;
mod lazy;
mod mode;
mod reader;
mod scalar;
mod tape;
mod usual;
mod writer;

pub use crate::data::value::object::{File, Func, Id, Opcode, Packet, Serial, StateAccess};
pub use cache::CacheCounters;
pub use error::{SerialContext, SerialError, SerialErrorKind, Unsupported, WriteError};
pub use kind::Family;
pub use lazy::{LazyEvent, LazySerial, Transcript};
pub use mode::{Caching, Mode, ReaderLimits};
pub use reader::Reader;
pub use writer::Writer;
pub(crate) use writer::{MAX_CONTENT, Template, Templates};
