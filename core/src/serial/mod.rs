//! Values and types to and from the argument of a SERIAL message (part 2).
//!
//! A [`Reader`] belongs to one direction of a connection, a [`Writer`] to the other; each keeps
//! that direction's object cache. How ids are written and what the cache does is a [`Mode`], which
//! both sides derive from the capabilities that were announced and from the connection's phase.

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
