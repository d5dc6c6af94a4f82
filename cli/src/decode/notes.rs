//! Notes about valid but unusual messages.

use std::net::IpAddr;

use brocomm::data::{Entry, Subnet, Value};
use brocomm::lowlevel::connection::Observed;
use brocomm::lowlevel::serial::Serial;

/// Returns a note about a message, if any.
pub(super) fn note(observed: &Observed) -> Option<String> {
    let Some(Ok(Serial::Event(event))) = &observed.serial else { return None };
    let Subnet { prefix, width } = event.args.iter().find_map(impossible_subnet)?;
    Some(format!("width {width} of the subnet of {prefix} is invalid: must be 0 to 32"))
}

/// Finds an IPv4 subnet with a width above 32, as some Broccoli clients send it.
fn impossible_subnet(value: &Value) -> Option<Subnet> {
    match value {
        Value::Subnet(subnet @ Subnet { prefix: IpAddr::V4(_), width: 33.. }) => Some(*subnet),
        Value::List(list) => list.items.iter().find_map(impossible_subnet),
        Value::Vector(vector) => vector.items.iter().flatten().find_map(impossible_subnet),
        Value::Record(record) => record.fields.iter().flatten().find_map(impossible_subnet),
        Value::Table(table) => table.entries.iter().find_map(|Entry { index, value, .. }| {
            let mut parts = index.items.iter().chain(value);
            parts.find_map(impossible_subnet)
        }),
        _ => None,
    }
}
