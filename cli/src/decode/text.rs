//! Messages as lines of text.

use std::fmt::{self, Display};
use std::io::{self, Write};
use std::time::Duration;

use brocomm::connection::Observed;

use super::content::{Content, Point};
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
            Content::StateAccess { operation, target, operands } => {
                access(f, operation, target, operands)
            }
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
            Content::Length(length) => write!(f, "{length} bytes"),
            Content::Skipped(_) => f.write_str("not decoded, as one before it could not be"),
            Content::Error(error) => write!(f, "ERROR: {error}"),
        }
    }
}

/// Writes a state access like a statement, after the name of the operation (2§9).
fn access(
    f: &mut fmt::Formatter<'_>,
    operation: &str,
    target: &str,
    [first, second, third]: &[Option<String>; 3],
) -> fmt::Result {
    let first = first.as_deref().unwrap_or_default();
    write!(f, "{operation} {target}")?;
    let old = match operation {
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
