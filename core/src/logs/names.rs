//! Names for the numbers of log streams and writers (part 3).

use std::collections::BTreeMap;

use thiserror::Error;

use super::{WRITER_ASCII, WRITER_NONE, WRITER_SQLITE};
use crate::data::Name;

/// Maps a peer's numbers of streams and writers to names.
///
/// The numbers are constants of the sender's enums `Log::ID` and `Log::Writer` and depend on the
/// scripts that it has loaded, so the receiver must configure the names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogNames {
    /// Names of streams, such as `Conn::LOG`.
    pub streams: BTreeMap<i32, Name>,
    /// Names of kinds of writers, such as `Log::WRITER_ASCII`.
    pub writers: BTreeMap<i32, Name>,
}

impl LogNames {
    /// Parses lines such as `stream 12 Communication::LOG` and `writer 1 Log::WRITER_ASCII`. Empty
    /// lines and text after a `#` are ignored. Later lines take precedence.
    ///
    /// # Errors
    /// Fails if a line is invalid. The error contains the number of the first one.
    pub fn parse(text: &str) -> Result<LogNames, LogNamesError> {
        let mut names = LogNames::default();
        for (at, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            let error = LogNamesError { line: at.saturating_add(1) };
            let (map, number, name) = match words.as_slice() {
                [] => continue,
                ["stream", number, name] => (&mut names.streams, number, name),
                ["writer", number, name] => (&mut names.writers, number, name),
                _ => return Err(error),
            };
            let number = number.parse().map_err(|_| error)?;
            map.insert(number, Name::from(*name));
        }
        Ok(names)
    }

    /// Returns a stream's name, or one such as `log-12` for an unknown number.
    pub fn stream(&self, number: i32) -> Name {
        let named = self.streams.get(&number).cloned();
        named.unwrap_or_else(|| Name::from(format!("log-{number}")))
    }

    /// Returns the name of a kind of writer, or one such as `writer-7` for an unknown number. The
    /// writers of a Bro without plugins are known: `Log::WRITER_ASCII`, `Log::WRITER_NONE` and
    /// `Log::WRITER_SQLITE`.
    pub fn writer(&self, number: i32) -> Name {
        let named = self.writers.get(&number).cloned();
        named.unwrap_or_else(|| match number {
            WRITER_ASCII => Name::from_static("Log::WRITER_ASCII"),
            WRITER_NONE => Name::from_static("Log::WRITER_NONE"),
            WRITER_SQLITE => Name::from_static("Log::WRITER_SQLITE"),
            _ => Name::from(format!("writer-{number}")),
        })
    }
}

/// The error for an invalid line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("line {line} is neither \"stream NUMBER NAME\" nor \"writer NUMBER NAME\"")]
pub struct LogNamesError {
    /// The line's number, from 1.
    pub line: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_mapped_to_names() {
        let text =
            "# of sensor 3\nstream 12 Communication::LOG # sic\n\n writer\t2 Log::WRITER_X\n";
        let names = LogNames::parse(text).unwrap();
        assert_eq!(names.stream(12), "Communication::LOG");
        assert_eq!(names.stream(13), "log-13");
        assert_eq!(names.stream(-1), "log--1");
        assert_eq!(names.writer(1), "Log::WRITER_ASCII");
        assert_eq!(names.writer(2), "Log::WRITER_X");
        assert_eq!(names.writer(3), "Log::WRITER_SQLITE");
        assert_eq!(names.writer(4), "writer-4");
        assert_eq!(LogNames::default().writer(2), "Log::WRITER_NONE");
    }

    #[test]
    fn an_invalid_line_is_an_error() {
        for text in
            ["stream 12", "\nstreams 12 x", "stream x y", "writer 1 a b", "stream 2147483648 x"]
        {
            let line = if text.starts_with('\n') { 2 } else { 1 };
            assert_eq!(LogNames::parse(text), Err(LogNamesError { line }), "{text:?}");
        }
    }
}
