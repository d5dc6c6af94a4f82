//! Messages as lines of text.

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};
use std::iter;
use std::time::Duration;

use brocomm::data::Event;
use brocomm::logs::{AsciiFormat, LogValue};
use brocomm::lowlevel::connection::Observed;
use brocomm::lowlevel::serial::{Id, Packet};
use bytes::Bytes;

use super::content::{Access, Content, Point};
use super::printed::WithoutTabs;
use super::view::View;
use super::{notes, printed, side};
use crate::style::{Colors, Tone};

/// Prints one line per message.
pub(super) struct Lines {
    colors: Colors,
    /// The last line, for its memory.
    line: String,
}

impl Default for Lines {
    fn default() -> Lines {
        Lines { colors: Colors::of_stdout(), line: String::new() }
    }
}

impl View for Lines {
    fn show(&mut self, time: Duration, observed: &Observed, out: &mut dyn Write) -> io::Result<()> {
        self.line.clear();
        // Writing to a string never fails.
        let _ = self.describe(time, observed);
        if observed.message.is_err() || matches!(observed.serial, Some(Err(_))) {
            return writeln!(out, "{}", self.colors.paint(Tone::Bad, &self.line));
        }
        self.line.push('\n');
        out.write_all(self.line.as_bytes())
    }
}

/// The column at which the content of a message begins, after the longest message name,
/// LOG_CREATE_WRITER, and a space.
const CONTENT: usize = 46;

impl Lines {
    fn describe(&mut self, time: Duration, observed: &Observed) -> fmt::Result {
        let line = &mut self.line;
        let message = observed.message.as_ref();
        let message = message.map_or("-", |message| message.message_type().name());
        let (arrow, phase) = (side::arrow(observed.side), side::phase(observed.phase));
        write!(line, "{:12.6} {arrow} {phase:<9} {message}", time.as_secs_f64())?;
        if let Some(content) = Content::of(observed) {
            let gap = CONTENT.saturating_sub(line.len()).max(1);
            line.extend(iter::repeat_n(' ', gap));
            write!(WithoutTabs(line), "{content}")?;
        }
        if let Some(note) = notes::note(observed) {
            write!(line, "  # {note}")?;
        }
        Ok(())
    }
}

impl Display for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Version { protocol, data_format, cache_size, runtime, class } => {
                write!(
                    f,
                    "protocol={protocol} data_format={data_format} cache_size={cache_size} \
                     runtime={runtime}s"
                )?;
                match class {
                    Some(class) => write!(f, " class=\"{}\"", printed::bytes(class.0)),
                    None => Ok(()),
                }
            }
            Content::Event(Event { name, args, .. }) => {
                printed::write_bytes(f, name)?;
                f.write_str("(")?;
                printed::write_values(f, args)?;
                f.write_str(")")
            }
            Content::Id(Id { name, value: Some(value), .. }) => {
                write!(f, "id {} = {}", printed::bytes(name), printed::value(value))
            }
            Content::Id(Id { name, ty, .. }) => write!(f, "id {}: {ty}", printed::bytes(name)),
            Content::StateAccess(access) => Access::of(access).fmt(f),
            Content::Packet(Packet { sec, usec, len, link_type, tag, data }) => {
                let time = f64::from(*sec) + f64::from(*usec) / 1e6;
                write!(f, "packet time={time:.6} length={len} captured={}", data.len())?;
                write!(f, " link_type={link_type}")?;
                if tag.is_empty() { Ok(()) } else { write!(f, " tag=\"{}\"", printed::bytes(tag)) }
            }
            Content::Events(names) => {
                let names: Vec<String> = names.iter().map(|name| printed::bytes(name.0)).collect();
                f.write_str(&names.join(", "))
            }
            Content::Filter(filter) => write!(f, "\"{}\"", printed::bytes(filter.0)),
            Content::Authoritative(authoritative) => write!(f, "authoritative={authoritative}"),
            Content::Ping { seq, time1, time2, time3 } => {
                write!(f, "seq={seq} time1={time1:.6} time2={time2:.6} time3={time3:.6}")
            }
            Content::Caps { flags, names } if names.is_empty() => write!(f, "{flags}"),
            Content::Caps { flags, names } => write!(f, "{flags} ({})", names.join(", ")),
            Content::Point(Point::Number(point)) => write!(f, "{point}"),
            Content::Point(Point::Word(word)) => f.write_str(word),
            Content::Prints(prints) => {
                for (i, print) in prints.iter().enumerate() {
                    let separator = if i == 0 { "" } else { ", " };
                    let (file, text) = (printed::bytes(print.file.0), printed::bytes(print.text.0));
                    write!(f, "{separator}{file}: \"{text}\"")?;
                }
                Ok(())
            }
            Content::LogWriter { stream, writer, path, columns } => {
                write!(f, "{} (stream {stream}, writer {writer}): ", printed::bytes(path))?;
                let columns = columns.iter().map(|column| {
                    format!("{} {}", printed::bytes(&column.name), column.type_name())
                });
                f.write_str(&columns.collect::<Vec<_>>().join(", "))
            }
            Content::LogEntries(entries) => {
                for (i, entry) in entries.iter().enumerate() {
                    let separator = if i == 0 { "" } else { "; " };
                    let values: Vec<String> = entry.values.iter().map(as_in_logs).collect();
                    write!(f, "{separator}{}: {}", printed::bytes(&entry.path), values.join(", "))?;
                }
                Ok(())
            }
            Content::Skipped(_) => {
                f.write_str("not decoded, because an earlier SERIAL could not be decoded")
            }
            Content::Error(error) => write!(f, "ERROR: {error}"),
        }
    }
}

/// Returns a value of a log entry as in Bro's log files.
fn as_in_logs(value: &LogValue) -> String {
    // No value begins with a newline, so none is escaped as a header line.
    let meta_prefix = Bytes::from_static(b"\n");
    let format = AsciiFormat { meta_prefix, ..AsciiFormat::default() };
    let mut line = Vec::new();
    format.entry(std::slice::from_ref(value), &mut line);
    printed::bytes(line.strip_suffix(b"\n").unwrap_or(&line))
}

/// Formatted like a statement, after the name of the operation (2§9).
impl Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Access { operation, target, operands: [first, second, third] } = self;
        let first = first.as_deref().unwrap_or_default();
        write!(f, "{operation} {target}")?;
        let old = match *operation {
            "assign" | "incr" => {
                write!(f, " = {first}")?;
                second
            }
            "assign_idx" | "incr_idx" => {
                // An indexed assignment without a value unsets a record field.
                write!(f, "[{first}] = {}", second.as_deref().unwrap_or("<uninitialized>"))?;
                third
            }
            _ => {
                write!(f, "[{first}]")?;
                second
            }
        };
        match old {
            Some(old) => write!(f, " (was {old})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use brocomm::data::{Type, Value};

    use super::*;

    fn shown(operation: &'static str, operands: [Option<&str>; 3]) -> String {
        let operands = operands.map(|operand| operand.map(str::to_owned));
        Access { operation, target: "t".to_owned(), operands }.to_string()
    }

    #[test]
    fn state_accesses_show_the_meaning_of_operands() {
        let cases = [
            ("assign", [Some("1"), None, None], "assign t = 1"),
            ("assign", [Some("1"), Some("0"), None], "assign t = 1 (was 0)"),
            ("assign_idx", [Some("k, 2"), Some("1"), None], "assign_idx t[k, 2] = 1"),
            ("assign_idx", [Some("k"), None, None], "assign_idx t[k] = <uninitialized>"),
            ("assign_idx", [Some("k"), Some("1"), Some("0")], "assign_idx t[k] = 1 (was 0)"),
            ("add", [Some("k"), None, None], "add t[k]"),
            ("incr", [Some("3"), Some("2"), None], "incr t = 3 (was 2)"),
            ("incr_idx", [Some("k"), Some("3"), Some("2")], "incr_idx t[k] = 3 (was 2)"),
            ("del", [Some("k"), Some("1"), None], "del t[k] (was 1)"),
            ("expire", [Some("k"), None, None], "expire t[k]"),
            ("read_idx", [Some("k"), None, None], "read_idx t[k]"),
        ];
        for (operation, operands, text) in cases {
            assert_eq!(shown(operation, operands), text);
        }
    }

    #[test]
    fn absent_parts_are_left_out() {
        let id = |value| Id::global("x", Type::COUNT, value);
        assert_eq!(Content::Id(&id(Some(Value::Count(7)))).to_string(), "id x = 7");
        assert_eq!(Content::Id(&id(None)).to_string(), "id x: count");
        assert_eq!(Content::Caps { flags: 32, names: Vec::new() }.to_string(), "32");
        let packet = |tag: &str| {
            let (data, tag) = (Bytes::from(vec![0; 40]), tag.into());
            let packet = Packet { sec: 1, usec: 500_000, len: 60, link_type: 1, tag, data };
            Content::Packet(&packet).to_string()
        };
        let start = "packet time=1.500000 length=60 captured=40 link_type=1";
        assert_eq!(packet(""), start);
        assert_eq!(packet("a"), format!("{start} tag=\"a\""));
    }
}
