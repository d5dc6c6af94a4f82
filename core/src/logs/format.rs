//! Log formats.

use bytes::Bytes;
use thiserror::Error;

use super::{AsciiFormat, JsonFormat, JsonTimestamps, LogField, LogValue};
use crate::Time;
use crate::data::Name;

/// One of Bro's log formats.
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
    /// Appends the beginning of a log opened at this time.
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

    /// Appends the end of a log closed at this time.
    pub fn close(&self, at: Time, out: &mut Vec<u8>) {
        if let LogFormat::Ascii(ascii) = self {
            ascii.close(at, out);
        }
    }

    /// Returns this format with the writer's options applied (3§1).
    ///
    /// Applies `separator`, `set_separator`, `empty_field`, `unset_field` and `meta_prefix`, which
    /// may be empty, and `tsv`, `use_json` and `json_timestamps`. Ignores others.
    ///
    /// # Errors
    /// Fails if an option has a value for which Bro's writer fails.
    pub fn configured(&self, options: &[(Name, Bytes)]) -> Result<LogFormat, LogOptionError> {
        let option =
            |key: &str| options.iter().rev().find(|(name, _)| *name == key).map(|(_, value)| value);
        let flag = |key: &'static str| match option(key) {
            None => Ok(None),
            Some(value) if **value == *b"T" => Ok(Some(true)),
            Some(value) if **value == *b"F" => Ok(Some(false)),
            Some(value) => Err(LogOptionError::new(key, value, "\"T\" or \"F\"")),
        };
        let (tsv, use_json) = (flag("tsv")?, flag("use_json")?);
        // Checked only: the caller decides where a log is written.
        let _ = flag("output_to_stdout")?;
        if use_json.unwrap_or(matches!(self, LogFormat::Json(_))) {
            let ours = if let LogFormat::Json(json) = self { *json } else { JsonFormat::default() };
            let timestamps = match option("json_timestamps") {
                None => ours.timestamps,
                Some(value) => match &**value {
                    b"JSON::TS_EPOCH" => JsonTimestamps::Epoch,
                    b"JSON::TS_MILLIS" => JsonTimestamps::Millis,
                    b"JSON::TS_ISO8601" => JsonTimestamps::Iso8601,
                    _ => {
                        let allowed = "JSON::TS_EPOCH, JSON::TS_MILLIS or JSON::TS_ISO8601";
                        return Err(LogOptionError::new("json_timestamps", value, allowed));
                    }
                },
            };
            return Ok(LogFormat::Json(JsonFormat { timestamps }));
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
            if let Some(value) = option(key) {
                *place = Bytes::copy_from_slice(value);
            }
        }
        ascii.tsv = tsv.unwrap_or(ascii.tsv);
        Ok(LogFormat::Ascii(ascii))
    }
}

/// An invalid option of a writer (3§1).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("option {option} is \"{}\", must be {allowed}", value.escape_ascii())]
pub struct LogOptionError {
    /// The option's name.
    pub option: &'static str,
    /// Its value.
    pub value: Bytes,
    /// The allowed values.
    pub allowed: &'static str,
}

impl LogOptionError {
    fn new(option: &'static str, value: &[u8], allowed: &'static str) -> LogOptionError {
        LogOptionError { option, value: Bytes::copy_from_slice(value), allowed }
    }
}
