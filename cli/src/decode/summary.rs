//! A summary of a session as a table or as JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use brocomm::data::Name;
use brocomm::lowlevel::connection::{Observed, Observer, ObserverCounters};
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::wire::MessageType;
use serde_json::{Map, Value, json};

use super::printed;
use super::side::{self, SIDES};
use super::view::View;
use crate::style::{Colors, Tone};

/// Counts messages by type and events by name.
#[derive(Default)]
pub(super) struct Summary {
    /// Set for JSON output. Contains the file name if it is printed.
    json: Option<Option<String>>,
    messages: [[Count; MessageType::ALL.len()]; 2],
    events: BTreeMap<Name, [u64; 2]>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    messages: u64,
    bytes: u64,
}

impl Summary {
    /// Creates the view with JSON output. `file` is added to the object if there are several files.
    pub(super) fn json(file: Option<String>) -> Summary {
        Summary { json: Some(file), ..Summary::default() }
    }

    fn object(&self, file: Option<&str>, observer: &Observer, errors: [usize; 2]) -> Value {
        let sides = |of: &dyn Fn(usize) -> Value| json!({ "connector": of(0), "listener": of(1) });
        let mut messages = Map::new();
        for (place, ty) in MessageType::ALL.iter().enumerate() {
            let count = |side: usize| self.messages[side][place];
            if count(0).messages + count(1).messages > 0 {
                let of = |side| {
                    let Count { messages, bytes } = count(side);
                    json!({ "count": messages, "bytes": bytes })
                };
                messages.insert(ty.name().to_owned(), sides(&of));
            }
        }
        let events = self.events.iter();
        let events = events.map(|(name, counts)| (key(name), sides(&|side| counts[side].into())));
        let total = |side: usize| {
            let ObserverCounters { wire, serial, serials_skipped, bytes_skipped, .. } =
                observer.counters(SIDES[side]);
            json!({
                "messages": wire.messages,
                "bytes": wire.bytes,
                "chunks": wire.chunks,
                "packed_bytes": wire.packed_bytes,
                "unpacked_bytes": wire.unpacked_bytes,
                "deflated": wire.deflated,
                "stored": wire.stored,
                "objects_in_full": serial.full,
                "cache_hits": serial.references,
                "objects_in_cache": serial.entries,
                "serials_not_decoded": serials_skipped,
                "bytes_not_decoded": bytes_skipped,
                "errors": errors[side],
            })
        };
        let events = events.collect::<Map<_, _>>();
        let mut object = json!({ "total": sides(&total), "messages": messages, "events": events });
        if let (Some(file), Value::Object(object)) = (file, &mut object) {
            object.insert("file".to_owned(), file.into());
        }
        object
    }
}

impl View for Summary {
    fn wants_heading(&self) -> bool {
        self.json.is_none()
    }

    fn show(&mut self, _: Duration, observed: &Observed, _: &mut dyn Write) -> io::Result<()> {
        let side = side::index(observed.side);
        if let Ok(message) = &observed.message {
            let ty = message.message_type();
            let place = MessageType::ALL.iter().position(|other| *other == ty);
            if let Some(count) = place.and_then(|place| self.messages[side].get_mut(place)) {
                count.messages += 1;
                count.bytes += observed.wire_len;
            }
        }
        if let Some(Ok(Serial::Event(event))) = &observed.serial {
            self.events.entry(event.name.compact()).or_default()[side] += 1;
        }
        Ok(())
    }

    fn end(
        &mut self,
        observer: &Observer,
        errors: [usize; 2],
        out: &mut dyn Write,
    ) -> io::Result<Option<String>> {
        if let Some(file) = &self.json {
            writeln!(out, "{}", self.object(file.as_deref(), observer, errors))?;
            return Ok(None);
        }
        let mut table = Table::default();
        table.row("message", ["C>L count", "C>L bytes", "L>C count", "L>C bytes"]);
        for (place, ty) in MessageType::ALL.iter().enumerate() {
            let [c, l] = [0, 1].map(|side| self.messages[side][place]);
            if c.messages + l.messages > 0 {
                table.row(ty.name(), [c.messages, c.bytes, l.messages, l.bytes]);
            }
        }
        let counters = SIDES.map(|side| observer.counters(side));
        let [c, l] = &counters.map(|counters| counters.wire);
        table.row("all messages", [c.messages, c.bytes, l.messages, l.bytes]);
        table.print(out)?;
        writeln!(out)?;
        totals(&counters, errors).print(out)?;
        if !self.events.is_empty() {
            let mut table = Table::default();
            table.row("event", ["C>L", "L>C"]);
            for (name, counts) in &self.events {
                table.row(&printed::bytes(name), *counts);
            }
            writeln!(out)?;
            table.print(out)?;
        }
        Ok(None)
    }
}

/// Returns an event's name as a JSON key, which must be text.
fn key(name: &Name) -> String {
    name.as_str().map_or_else(|| printed::bytes(name), str::to_owned)
}

/// Returns the table of the counters of each direction.
fn totals(counters: &[ObserverCounters; 2], errors: [usize; 2]) -> Table {
    let mut table = Table::default();
    table.row("total", ["C>L", "L>C"]);
    let mut row = |name: &str, value: &dyn Fn(&ObserverCounters) -> String| {
        table.row(name, [value(&counters[0]), value(&counters[1])]);
    };
    row("chunks", &|c| c.wire.chunks.to_string());
    row("compression ratio", &|c| ratio(c.wire.unpacked_bytes, c.wire.packed_bytes));
    row("chunks deflated", &|c| c.wire.deflated.to_string());
    row("chunks stored", &|c| c.wire.stored.to_string());
    row("objects in full", &|c| c.serial.full.to_string());
    row("cache hits", &|c| c.serial.references.to_string());
    row("objects in cache", &|c| c.serial.entries.to_string());
    row("SERIALs not decoded", &|c| c.serials_skipped.to_string());
    row("bytes not decoded", &|c| c.bytes_skipped.to_string());
    table.row("errors", errors);
    table
}

/// Formats the compression ratio.
fn ratio(unpacked: u64, packed: u64) -> String {
    if packed == 0 { "-".to_owned() } else { format!("{:.2}", unpacked as f64 / packed as f64) }
}

/// The rows whose numbers are 0 if all is well.
const WRONG: [&str; 3] = ["SERIALs not decoded", "bytes not decoded", "errors"];

/// A table with rows of a name and numbers.
#[derive(Default)]
struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    fn row<const N: usize>(&mut self, name: &str, values: [impl ToString; N]) {
        let mut row = vec![name.to_owned()];
        row.extend(values.iter().map(ToString::to_string));
        self.rows.push(row);
    }

    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut widths = Vec::new();
        for row in &self.rows {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.len().max(*width);
            }
        }
        let colors = Colors::of_stdout();
        for (n, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for (i, (cell, width)) in row.iter().zip(&widths).enumerate() {
                // Names are left-aligned, numbers right-aligned.
                line += &match i {
                    0 => format!("{cell:<width$}"),
                    _ => format!("  {cell:>width$}"),
                };
            }
            let is_wrong = row.first().is_some_and(|name| WRONG.contains(&name.as_str()))
                && row.iter().skip(1).any(|cell| cell != "0");
            let tone = match (n, is_wrong) {
                (0, _) => Tone::Strong,
                (_, true) => Tone::Bad,
                (_, false) => Tone::Plain,
            };
            writeln!(out, "{}", colors.paint(tone, line))?;
        }
        Ok(())
    }
}
