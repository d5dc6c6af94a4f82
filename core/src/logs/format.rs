//! Log formats.

use bytes::Bytes;
use thiserror::Error;

use super::ascii::append;
use super::{AsciiFormat, LogField, LogValue};
use crate::Time;
use crate::data::Name;
use crate::notation::{address, print};
use crate::time::Wall;

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
        // Only checked, because the caller decides where a log is written.
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

/// The format of times in JSON: Bro's option `json_timestamps`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum JsonTimestamps {
    /// Seconds since the Unix epoch, with up to six decimals: `JSON::TS_EPOCH`.
    #[default]
    Epoch,
    /// Whole milliseconds since the Unix epoch: `JSON::TS_MILLIS`.
    Millis,
    /// UTC as in `"2026-11-22T21:36:57.922919Z"`: `JSON::TS_ISO8601`.
    Iso8601,
}

/// Writes logs like Bro's ASCII writer with `use_json`: an object per line, no header (3§4).
///
/// Unset columns are omitted. Ports are numbers; addresses, subnets and names of constants are
/// strings; sets and vectors are arrays. Bytes that are not printable ASCII, and `"`, `'`, `\` and
/// `&`, are written as `\u00hh`. A `count` above the range of a signed number is `null`.
///
/// Where Bro writes invalid JSON, for unset elements of a vector and for non-finite numbers, this
/// writes `null`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JsonFormat {
    /// How times are written.
    pub timestamps: JsonTimestamps,
}

impl JsonFormat {
    /// Appends an entry's line.
    pub fn entry(&self, fields: &[LogField], values: &[LogValue], out: &mut Vec<u8>) {
        out.push(b'{');
        let columns = fields.iter().zip(values);
        let set = columns.filter(|(_, value)| !matches!(value, LogValue::Unset(_)));
        for (i, (field, value)) in set.enumerate() {
            if i > 0 {
                out.push(b',');
            }
            string(&field.name, out);
            out.push(b':');
            self.value(value, out);
        }
        out.extend_from_slice(b"}\n");
    }

    fn value(&self, value: &LogValue, out: &mut Vec<u8>) {
        match value {
            LogValue::Unset(_) => out.extend_from_slice(b"null"),
            LogValue::Bool(value) => append(out, format_args!("{value}")),
            LogValue::Int(value) => append(out, format_args!("{value}")),
            LogValue::Count(value) | LogValue::Counter(value) => unsigned(*value, out),
            LogValue::Double(value) | LogValue::Interval(value) => double(*value, out),
            LogValue::Time(value) => self.time(*value, out),
            LogValue::String(text)
            | LogValue::Enum(text)
            | LogValue::Func(text)
            | LogValue::File(text) => string(text, out),
            LogValue::Port(port) => append(out, format_args!("{}", port.number)),
            LogValue::Addr(addr) => append(out, format_args!("\"{}\"", address(*addr))),
            LogValue::Subnet(subnet) => append(out, format_args!("\"{subnet}\"")),
            LogValue::Set(items) | LogValue::Vector(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    self.value(item, out);
                }
                out.push(b']');
            }
        }
    }

    fn time(&self, seconds: f64, out: &mut Vec<u8>) {
        match self.timestamps {
            JsonTimestamps::Epoch => double(seconds, out),
            JsonTimestamps::Millis => {
                let millis = (seconds * 1000.0).trunc();
                if (0.0..i64::MAX as f64).contains(&millis) {
                    unsigned(millis as u64, out);
                } else {
                    out.extend_from_slice(b"null");
                }
            }
            JsonTimestamps::Iso8601 => {
                // Outside this range, a year does not have four digits.
                if !(-62_167_219_200.0..253_402_300_799.0).contains(&seconds) {
                    return out.extend_from_slice(b"null");
                }
                let (mut whole, mut micros) =
                    (seconds.floor() as i64, ((seconds - seconds.floor()) * 1e6).round() as u64);
                if micros >= 1_000_000 {
                    (whole, micros) = (whole.saturating_add(1), 0);
                }
                let second = Wall::of_seconds(whole, 0).iso8601();
                append(out, format_args!("\"{second}.{micros:06}Z\""));
            }
        }
    }
}

fn unsigned(value: u64, out: &mut Vec<u8>) {
    if value < i64::MAX as u64 {
        append(out, format_args!("{value}"));
    } else {
        out.extend_from_slice(b"null");
    }
}

fn double(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() {
        out.extend_from_slice(print::double(value).as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
}

fn string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text {
        match byte {
            0..=0x1f | 0x7f.. | b'"' | b'\'' | b'\\' | b'&' => {
                append(out, format_args!("\\u00{byte:02x}"));
            }
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}
