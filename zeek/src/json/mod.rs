//! Zeek's JSON, read and written.
//!
//! It is not quite JSON: Zeek writes every byte of a string but `"`, `\` and a few control
//! characters as it is, `\v` among the escapes, and infinities without quotes. [`read`] takes all of
//! that. [`write()`] gives JSON that any reader takes, and no value that Zeek would read as another;
//! with [`Spelling::Zeek`] it writes what Zeek itself would.

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

/// How deep arrays and objects may be nested: Zeek takes no deeper ones.
pub const MAX_DEPTH: u32 = 128;

/// Reads a value: `{"@data-type":"count","data":1}`. Strings share the text's buffer.
///
/// # Errors
///
/// Returns what is wrong with the text, and where.
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
/// Returns why the value can't be sent. Then a part of it may have been appended.
pub fn write(data: &Data, options: Options, out: &mut Vec<u8>) -> Result<bool, EncodeError> {
    let mut writer = Writer::new(options, out);
    writer.data(data)?;
    Ok(writer.is_utf8())
}

#[cfg(test)]
mod tests;
