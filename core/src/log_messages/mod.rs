//! What LOG_CREATE_WRITER and LOG_WRITE carry, to and from their arguments (3§1, 3§2).
//!
//! As `serial` is for a SERIAL: a connection hands these arguments on as they are, and ends if they
//! can't be read. What is done with logs is in [`logs`](crate::logs), where all of this is public.

pub(crate) mod encode;
mod error;
mod field;
#[cfg(feature = "serde")]
mod json;
mod loggable;
mod reader;
mod value;
mod writer;

pub use error::{LogError, LogErrorKind};
pub use field::LogField;
#[cfg(feature = "serde")]
pub use json::LogObject;
pub(crate) use loggable::{is_element, is_loggable};
pub(crate) use reader::{RawEntry, Reader};
pub use value::LogValue;
pub use writer::{LogWriter, WRITER_ASCII, WRITER_NONE, WRITER_SQLITE};
