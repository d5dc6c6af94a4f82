//! Logs as lines of JSON, with Bro's conventions (3§4).

use std::io::Write;

use super::{LogField, LogValue};
use crate::calendar::Wall;
use crate::notation::{address, number};

/// How a time is written in JSON; Bro's option `json_timestamps`.
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
        out.extend_from_slice(number::double(value).as_bytes());
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

fn append(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector never fails.
    let _ = out.write_fmt(text);
}
