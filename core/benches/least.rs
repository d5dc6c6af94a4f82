//! Instructions that events take at least, beside what they take: to create and free their values, and to copy
//! their bytes. Everything else is decoding, encoding and bookkeeping.
//!
//! The values are created from others of the same shape. Strings share the memory of a chunk, as decoded ones do.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use brocomm::data::{Entry, Event, Items, List, Record, Table, Value};
use brocomm::lowlevel::serial::Mode;
use brocomm_benches::counting::{Case, count, figures};
use brocomm_benches::{EVENTS, Sender, large, small, strings, table};
use bytes::BytesMut;

/// Creates a value of the same shape.
fn again(value: &Value) -> Value {
    match value {
        Value::Record(record) => {
            let fields = record.fields.iter().map(|field| field.as_ref().map(again)).collect();
            Record { ty: record.ty.clone(), mutable: Default::default(), fields }.into()
        }
        Value::Table(table) => {
            let entry = |entry: &Entry| Entry {
                index: Arc::new(list(&entry.index)),
                value: entry.value.as_ref().map(again),
                last_access: entry.last_access,
                expire_access: entry.expire_access,
            };
            let entries = table.entries.iter().map(entry).collect();
            Table { entries, ..Table::new(table.ty.clone()) }.into()
        }
        other => other.clone(),
    }
}

fn list(list: &List) -> List {
    List::new(list.ty.clone(), list.items.iter().cloned().collect::<Items>())
}

/// Lets all strings share one chunk.
fn shared(mut event: Event) -> Event {
    let chunk = BytesMut::from(&b"twenty bytes of text"[..]).freeze();
    for arg in &mut event.args {
        if let Value::String(text) = arg {
            *text = chunk.clone();
        }
    }
    event.name = chunk.into();
    event
}

/// Creates events and frees them, this number at a time.
fn create(event: Event, at_once: usize) {
    let event = shared(event);
    let mut events = Vec::with_capacity(at_once);
    count(|| {
        for _ in 0..EVENTS / at_once {
            for _ in 0..at_once {
                let Event { name, time, args } = black_box(&event);
                events.push(Event { name: name.clone(), time: *time, args: args.iter().map(again).collect() });
            }
            black_box(&mut events).clear();
        }
    });
}

/// Copies the bytes of an event.
fn copy(event: Event) {
    let mut sender = Sender::warm(event, Mode::RUNNING);
    sender.send();
    let bytes = std::mem::take(&mut sender.out);
    let mut out = Vec::with_capacity(bytes.len() * EVENTS);
    count(|| (0..EVENTS).for_each(|_| black_box(&mut out).extend_from_slice(black_box(&bytes))));
}

const CASES: [Case; 8] = [
    ("create small", 1, || create(small(), 1)),
    ("create large", 1, || create(large(), 1)),
    ("create 20 small at once, each", 1, || create(small(), 20)),
    ("create 20 large at once, each", 1, || create(large(), 20)),
    ("create 100 strings, each", 100, || create(strings(100), 1)),
    ("create table, each entry", 100, || create(table(100), 1)),
    ("copy the bytes of small", 1, || copy(small())),
    ("copy the bytes of large", 1, || copy(large())),
];

fn main() {
    if std::env::args().any(|arg| arg == "--cases") {
        CASES.iter().for_each(|(_, _, work)| work());
        return;
    }
    let Some(figures) = figures(Path::new(env!("CARGO_TARGET_TMPDIR")), &CASES) else {
        println!("least: skipped: there is no valgrind");
        return;
    };
    figures.iter().for_each(|(case, figure)| println!("{figure:>7} {case}"));
}
