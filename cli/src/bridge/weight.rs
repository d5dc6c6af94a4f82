//! The memory that an event uses.

use brocomm_zeek::Data;
use brocomm_zeek::message::ZeekEvent;

/// Returns the approximate size of an event in memory, in bytes.
pub(crate) fn weight(event: &ZeekEvent) -> usize {
    let args: usize = event.args.iter().map(data).sum();
    let metadata: usize = event.metadata.iter().map(|(_, value)| data(value)).sum();
    size_of::<ZeekEvent>() + event.name.len() + args + metadata
}

fn data(value: &Data) -> usize {
    let within: usize = match value {
        Data::String(bytes) => bytes.len(),
        Data::Enum(name) => name.len(),
        Data::Vector(items) | Data::Set(items) => items.iter().map(data).sum(),
        Data::Table(entries) => entries.iter().map(|(key, value)| data(key) + data(value)).sum(),
        _ => 0,
    };
    size_of::<Data>() + within
}
