//! Messages as lines of text.

use std::fmt::{self, Display};
use std::io::{self, Write};
use std::time::Duration;

use brocomm::connection::Observed;

use super::content::{Access, Content, Point};
use super::printed::without_tabs;
use super::view::View;
use super::{notes, side};

/// Prints one line per message.
pub(super) struct Lines;

impl View for Lines {
    fn show(&mut self, time: Duration, observed: &Observed, out: &mut dyn Write) -> io::Result<()> {
        let message = observed.message.as_ref();
        let message = message.map_or("-", |message| message.message_type().name());
        let start = format!(
            "{:12.6} {} {:<9} {message}",
            time.as_secs_f64(),
            side::arrow(observed.side),
            side::phase(observed.phase)
        );
        let mut line = match Content::of(observed) {
            // One space more than the longest name of a message, LOG_CREATE_WRITER, needs.
            Some(content) => format!("{start:<45} {}", without_tabs(&content.to_string())),
            None => start,
        };
        if let Some(note) = notes::note(observed) {
            line.push_str(&format!("  # {note}"));
        }
        writeln!(out, "{line}")
    }
}

impl Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Version { protocol, data_format, cache_size, runtime, class } => {
                write!(
                    f,
                    "protocol={protocol} data_format={data_format} cache_size={cache_size} \
                     runtime={runtime}s"
                )?;
                match class {
                    Some(class) => write!(f, " class=\"{class}\""),
                    None => Ok(()),
                }
            }
            Content::Event { name, args, .. } => write!(f, "{name}({})", args.join(", ")),
            Content::Id { name, value: Some(value), .. } => write!(f, "id {name} = {value}"),
            Content::Id { name, ty, value: None } => write!(f, "id {name}: {ty}"),
            Content::StateAccess(access) => access.fmt(f),
            Content::Packet { time, length, captured, link_type, tag } => {
                write!(f, "packet time={time:.6} length={length} captured={captured}")?;
                write!(f, " link_type={link_type}")?;
                if tag.is_empty() { Ok(()) } else { write!(f, " tag=\"{tag}\"") }
            }
            Content::Events(names) => f.write_str(&names.join(", ")),
            Content::Filter(filter) => write!(f, "\"{filter}\""),
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
                    write!(f, "{separator}{}: \"{}\"", print.file, print.text)?;
                }
                Ok(())
            }
            Content::LogWriter { stream, writer, path, columns } => {
                write!(f, "{path} (stream {stream}, writer {writer}): ")?;
                let columns: Vec<String> =
                    columns.iter().map(|column| format!("{} {}", column.name, column.ty)).collect();
                f.write_str(&columns.join(", "))
            }
            Content::LogEntries(entries) => {
                for (i, entry) in entries.iter().enumerate() {
                    let separator = if i == 0 { "" } else { "; " };
                    write!(f, "{separator}{}: {}", entry.path, entry.values.join(", "))?;
                }
                Ok(())
            }
            Content::Skipped(_) => f.write_str("not decoded, as one before it could not be"),
            Content::Error(error) => write!(f, "ERROR: {error}"),
        }
    }
}

/// Like a statement, after the name of the operation (2§9).
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
                // An index assign without a value unsets a record's field.
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
    use super::*;

    fn shown(operation: &'static str, operands: [Option<&str>; 3]) -> String {
        let operands = operands.map(|operand| operand.map(str::to_owned));
        Access { operation, target: "t".to_owned(), operands }.to_string()
    }

    #[test]
    fn state_accesses_show_what_each_operand_means() {
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
    fn what_a_peer_need_not_send_is_left_out() {
        let id = |value: Option<&str>| Content::Id {
            name: "x".to_owned(),
            ty: "count".to_owned(),
            value: value.map(str::to_owned),
        };
        assert_eq!(id(Some("7")).to_string(), "id x = 7");
        assert_eq!(id(None).to_string(), "id x: count");
        assert_eq!(Content::Caps { flags: 32, names: Vec::new() }.to_string(), "32");
        let packet = |tag: &str| Content::Packet {
            time: 1.5,
            length: 60,
            captured: 40,
            link_type: 1,
            tag: tag.to_owned(),
        };
        let start = "packet time=1.500000 length=60 captured=40 link_type=1";
        assert_eq!(packet("").to_string(), start);
        assert_eq!(packet("a").to_string(), format!("{start} tag=\"a\""));
    }
}
