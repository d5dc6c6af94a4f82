//! Formats events of a Zeek.

use brocomm::data::{Event, Value};
use brocomm_zeek::Data;
use brocomm_zeek::json;
use brocomm_zeek::mapping::Mapping;
use brocomm_zeek::message::ZeekEvent;

/// Returns an event with Bro values, converted by the declarations of Zeek's side or, without one,
/// by the kind of the value. Other values become the text of their JSON.
pub(super) fn shown(event: &ZeekEvent, mapping: &Mapping) -> Event {
    if let Ok(event) = mapping.to_bro(event, &event.name) {
        return event;
    }
    let arg = |data: &Data| {
        let alone = ZeekEvent::new("", vec![data.clone()]);
        mapping.guess(&alone).ok().and_then(|event| event.args.into_iter().next())
    };
    let args = event.args.iter().map(|data| arg(data).unwrap_or_else(|| text(data)));
    Event { name: event.name.clone(), time: 0.0, args: args.collect() }
}

fn text(data: &Data) -> Value {
    if let Data::Enum(name) = data {
        return Value::String(name.as_bytes().clone());
    }
    let mut text = Vec::new();
    // This is for display only, so values that cannot be sent do not matter.
    let options = json::Options { spelling: json::Spelling::Zeek, ..json::Options::default() };
    let _ = json::write(data, options, &mut text);
    Value::String(text.into())
}
