//! What crossed the wire, phase by phase.

use std::io::{self, Write};

use brocomm::connection::{Observed, Phase, Role};
use brocomm::wire::MessageType;
use serde_json::{Value, json};

/// Messages of one type that a side sent in one phase.
struct Row {
    message: MessageType,
    /// Messages and bytes of the initiator, then of the acceptor.
    counts: [(u64, u64); 2],
}

const WIDTHS: [usize; 5] = [16, 8, 11, 8, 11];

const PHASES: [Phase; 3] = [Phase::Setup, Phase::Handshake, Phase::Running];

/// Returns the same for programs: an object for what each side sent of one type in one phase.
pub(super) fn objects(observed: &[Observed], names: [&str; 2]) -> Vec<Value> {
    let mut objects = Vec::new();
    for phase in PHASES {
        for Row { message, counts } in rows(observed, phase) {
            let sides = names.iter().zip(counts).filter(|(_, (count, _))| *count > 0);
            objects.extend(sides.map(|(from, (count, bytes))| {
                json!({ "phase": phase.to_string().to_lowercase(), "message": message.name(), "from": from,
                    "count": count, "bytes": bytes })
            }));
        }
    }
    objects
}

/// Prints a table per phase.
pub(super) fn print(
    observed: &[Observed],
    names: [&str; 2],
    out: &mut dyn Write,
) -> io::Result<()> {
    let [initiator, acceptor] = names;
    let wide = WIDTHS[1] + WIDTHS[2];
    let (one, other) = (format!("{initiator} > {acceptor}"), format!("{acceptor} > {initiator}"));
    writeln!(out, "{:16}{one:>wide$}{other:>wide$}", "")?;
    line(out, ["phase, message", "count", "bytes", "count", "bytes"].map(str::to_owned))?;
    let mut total = [(0, 0); 2];
    for phase in PHASES {
        writeln!(out, "{phase}")?;
        for row in rows(observed, phase) {
            for (sum, count) in total.iter_mut().zip(row.counts) {
                *sum = (sum.0 + count.0, sum.1 + count.1);
            }
            counts(out, &format!("  {}", row.message), row.counts)?;
        }
    }
    counts(out, "all", total)
}

fn rows(observed: &[Observed], phase: Phase) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    // Its CAPS are the first that a side sends in Handshake, whatever it may have had by then to
    // leave Setup (§3.1, §3.2).
    let mut in_setup = [true; 2];
    for seen in observed {
        let Ok(message) = &seen.message else { continue };
        let message = message.message_type();
        let in_setup = &mut in_setup[usize::from(seen.side == Role::Acceptor)];
        *in_setup &= message != MessageType::Caps;
        if phase != if *in_setup { Phase::Setup } else { seen.phase } {
            continue;
        }
        let place = rows.iter().position(|row| row.message == message).unwrap_or_else(|| {
            rows.push(Row { message, counts: [(0, 0); 2] });
            rows.len() - 1
        });
        let side = usize::from(seen.side == Role::Acceptor);
        let (count, bytes) = &mut rows[place].counts[side];
        *count += 1;
        *bytes += seen.wire_len;
    }
    rows
}

fn counts(out: &mut dyn Write, name: &str, counts: [(u64, u64); 2]) -> io::Result<()> {
    let [one, other] = counts;
    let [a, b, c, d] = [one.0, one.1, other.0, other.1].map(|count| count.to_string());
    line(out, [name.to_owned(), a, b, c, d])
}

fn line(out: &mut dyn Write, cells: [String; 5]) -> io::Result<()> {
    let [name, numbers @ ..] = &cells;
    write!(out, "{name:16}")?;
    for (number, width) in numbers.iter().zip(&WIDTHS[1..]) {
        write!(out, "{number:>width$}")?;
    }
    writeln!(out)
}
