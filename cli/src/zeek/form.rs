//! Events of a Zeek as this program shows them.

use brocomm::data::{Event, Value};
use brocomm_zeek::json;
use brocomm_zeek::mapping::Mapping;
use brocomm_zeek::message::ZeekEvent;

/// Returns an event with values of Bro, as far as they are known: by the declarations of Zeek's side,
/// or by what they are; what is neither is shown as the JSON that came.
pub(super) fn shown(event: &ZeekEvent, mapping: &Mapping) -> Event {
    let mapped = mapping.to_bro(event, &event.name).or_else(|_| mapping.guess(event));
    mapped.unwrap_or_else(|_| {
        let args = event.args.iter().map(|data| {
            let mut text = Vec::new();
            // It is only shown, so that what can't be sent is no matter.
            let options =
                json::Options { spelling: json::Spelling::Zeek, ..json::Options::default() };
            let _ = json::write(data, options, &mut text);
            Value::String(text.into())
        });
        Event { name: event.name.clone(), time: 0.0, args: args.collect() }
    })
}
