//! How a log is written.

use bytes::Bytes;

use super::{AsciiFormat, JsonFormat, JsonTimestamps, LogField, LogValue};
use crate::Time;
use crate::data::Name;

/// Writes logs in one of Bro's forms.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogFormat {
    /// Columns.
    Ascii(AsciiFormat),
    /// A JSON object per line.
    Json(JsonFormat),
}

impl Default for LogFormat {
    fn default() -> Self {
        LogFormat::Ascii(AsciiFormat::default())
    }
}

impl LogFormat {
    /// Appends what a log begins with that is opened at a moment.
    pub fn open(&self, path: &[u8], fields: &[LogField], at: Time, out: &mut Vec<u8>) {
        if let LogFormat::Ascii(ascii) = self {
            ascii.open(path, fields, at, out);
        }
    }

    /// Appends an entry's line.
    pub fn entry(&self, fields: &[LogField], values: &[LogValue], out: &mut Vec<u8>) {
        match self {
            LogFormat::Ascii(ascii) => ascii.entry(values, out),
            LogFormat::Json(json) => json.entry(fields, values, out),
        }
    }

    /// Appends what a log ends with that is closed at a moment.
    pub fn close(&self, at: Time, out: &mut Vec<u8>) {
        if let LogFormat::Ascii(ascii) = self {
            ascii.close(at, out);
        }
    }

    /// Returns the form that a writer's own options ask for, where they say anything (3§1).
    ///
    /// Takes notice of `separator`, `set_separator`, `empty_field`, `unset_field`, `meta_prefix`,
    /// `tsv`, `use_json` and `json_timestamps`. Others, and values that make no sense, change
    /// nothing: they are a peer's.
    #[must_use]
    pub fn configured(&self, options: &[(Name, Bytes)]) -> LogFormat {
        let option =
            |key: &str| options.iter().rev().find(|(name, _)| *name == key).map(|(_, value)| value);
        let flag = |key| match option(key).map(|value| &**value) {
            Some(b"T") => Some(true),
            Some(b"F") => Some(false),
            _ => None,
        };
        let json = flag("use_json").unwrap_or(matches!(self, LogFormat::Json(_)));
        if json {
            let ours = if let LogFormat::Json(json) = self { *json } else { JsonFormat::default() };
            let timestamps = match option("json_timestamps").map(|value| &**value) {
                Some(b"JSON::TS_EPOCH") => JsonTimestamps::Epoch,
                Some(b"JSON::TS_MILLIS") => JsonTimestamps::Millis,
                Some(b"JSON::TS_ISO8601") => JsonTimestamps::Iso8601,
                _ => ours.timestamps,
            };
            return LogFormat::Json(JsonFormat { timestamps });
        }
        let mut ascii = match self {
            LogFormat::Ascii(ascii) => ascii.clone(),
            LogFormat::Json(_) => AsciiFormat::default(),
        };
        for (key, place) in [
            ("separator", &mut ascii.separator),
            ("set_separator", &mut ascii.set_separator),
            ("empty_field", &mut ascii.empty_field),
            ("unset_field", &mut ascii.unset_field),
            ("meta_prefix", &mut ascii.meta_prefix),
        ] {
            if let Some(value) = option(key).filter(|value| !value.is_empty()) {
                *place = Bytes::copy_from_slice(value);
            }
        }
        ascii.tsv = flag("tsv").unwrap_or(ascii.tsv);
        LogFormat::Ascii(ascii)
    }
}
