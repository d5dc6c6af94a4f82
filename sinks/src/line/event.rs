//! Events in the form of Zeek's WebSocket API.

use brocomm::data::{Declarations, Event};
use brocomm_zeek::json::{self, NonUtf8};
use brocomm_zeek::mapping::{self, Mapping};
use brocomm_zeek::message::write_event;

/// Converts events to lines, as the messages that a bridge sends to Zeek.
///
/// ```
/// use brocomm::data::{Declarations, Event};
/// use brocomm_sinks::line::EventLine;
///
/// let mut declarations = Declarations::new();
/// declarations.read("event ping(n: count);")?;
/// let event = Event::parse("ping(7)", &declarations)?;
/// let (form, mut line) = (EventLine::new(declarations), Vec::new());
/// form.write("brocomm/from-bro/sensor/ping", &event, &mut line)?;
/// assert!(line.starts_with(br#"{"type":"data-message","topic":"brocomm/from-bro/sensor/ping","#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct EventLine {
    mapping: Mapping,
}

impl EventLine {
    /// Creates a converter with the node's declarations. Undeclared events keep the types that they
    /// were received with.
    pub fn new(declarations: Declarations) -> EventLine {
        let options = mapping::Options {
            widen: true,
            drop_fields: true,
            drop_holes: false,
            functions: true,
            as_zeek: true,
        };
        EventLine { mapping: Mapping::new(declarations.clone(), declarations, options) }
    }

    /// Appends the line of an event under a topic, without the line end.
    ///
    /// # Errors
    /// The reason why the event cannot be converted. Nothing is appended.
    pub fn write(&self, topic: &str, event: &Event, out: &mut Vec<u8>) -> Result<(), String> {
        let by_declaration = self.mapping.to_zeek(event, &event.name);
        let mut mapped = by_declaration
            .or_else(|_| self.mapping.guess_zeek(event))
            .map_err(|refusal| refusal.to_string())?;
        mapped.metadata.extend(Mapping::timestamp(event));
        let options = json::Options { non_utf8: NonUtf8::Escape, ..json::Options::default() };
        let start = out.len();
        write_event(topic.as_bytes(), &mapped, options, out).map(drop).map_err(|error| {
            out.truncate(start);
            error.to_string()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(declared: &str, call: &str) -> String {
        let mut declarations = Declarations::new();
        declarations.read(declared).unwrap();
        let event = Event::parse(call, &declarations).unwrap();
        let mut out = Vec::new();
        EventLine::new(declarations).write("t", &event, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_is_json_without_line_breaks() {
        let line = line("event e(s: string, v: vector of count);", r#"e("a\xff\nb", [1, 2])"#);
        assert!(!line.contains('\n'), "{line}");
        let json: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(json["topic"], "t");
        let args = &json["data"][2]["data"][1]["data"];
        assert_eq!(args[1]["data"][1], serde_json::json!({"@data-type": "count", "data": 2}));
    }

    #[test]
    fn undeclared_events_keep_their_types() {
        let event = Event { name: "e".into(), time: 0.0, args: vec![7_u64.into(), true.into()] };
        let mut out = Vec::new();
        EventLine::new(Declarations::new()).write("t", &event, &mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let args = &json["data"][2]["data"][1]["data"];
        assert_eq!(args[0], serde_json::json!({"@data-type": "count", "data": 7}));
        assert_eq!(args[1], serde_json::json!({"@data-type": "boolean", "data": true}));
    }
}
