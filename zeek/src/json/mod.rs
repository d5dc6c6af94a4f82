//! Reads and writes Zeek's JSON.
//!
//! It is not quite JSON: Zeek writes every byte of a string unescaped except `"`, `\` and a few
//! control characters, uses the escape `\v`, and writes infinities without quotes. [`read`] accepts
//! all of this. [`write()`] produces standard JSON, and no value that Zeek would read as another
//! one. With [`Spelling::Zeek`] it writes the same as Zeek.

mod calendar;
mod number;
mod reader;
mod scalar;
mod text;
mod value;
mod writer;

pub(crate) use reader::Reader;
pub(crate) use value::Parts;
pub(crate) use writer::Writer;

pub use writer::{NonUtf8, Options, Spelling};

use bytes::Bytes;

use crate::{Data, DecodeError, EncodeError};

/// The maximum nesting depth of arrays and objects, which is that of Zeek.
pub const MAX_DEPTH: u32 = 128;

/// Reads a value: `{"@data-type":"count","data":1}`. Strings share the text's buffer.
///
/// # Errors
///
/// The text is invalid. The error has the position.
pub fn read(text: &Bytes) -> Result<Data, DecodeError> {
    let mut reader = Reader::new(text);
    let data = reader.data()?;
    reader.end()?;
    Ok(data)
}

/// Appends a value to a text. Returns whether all of it is UTF-8; see [`NonUtf8::Raw`].
///
/// # Errors
///
/// The value cannot be encoded. A part of it may have been appended.
pub fn write(data: &Data, options: Options, out: &mut Vec<u8>) -> Result<bool, EncodeError> {
    let mut writer = Writer::new(options, out);
    writer.data(data)?;
    Ok(writer.is_utf8())
}

#[cfg(test)]
mod tests;
