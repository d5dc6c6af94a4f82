//! Events of a Zeek as this program shows them.

use brocomm::data::{Event, Value};
use brocomm_zeek::Data;
use brocomm_zeek::json;
use brocomm_zeek::mapping::Mapping;
use brocomm_zeek::message::ZeekEvent;

/// Returns an event with values of Bro, as far as they are known: by the declarations of Zeek's side,
/// or by what they are; what is neither is shown as the JSON that came.
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
    // It is only shown, so that what can't be sent is no matter.
    let options = json::Options { spelling: json::Spelling::Zeek, ..json::Options::default() };
    let _ = json::write(data, options, &mut text);
    Value::String(text.into())
}
