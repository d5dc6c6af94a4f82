//! Parsing of events in the JSON that this program prints.

use brocomm::data::{Declarations, Event};
use brocomm::json::EventSeed;
use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny};

/// The keys that this program prints in addition to the event's own.
const BESIDE: &[&str] = &[
    "t",
    "peer",
    "notification",
    "to",
    "from",
    "phase",
    "message",
    "offset",
    "bytes",
    "file",
    "note",
];

/// The keys that identify the kind of a line.
#[derive(Deserialize)]
struct Line {
    event: Option<IgnoredAny>,
    notification: Option<IgnoredAny>,
    message: Option<IgnoredAny>,
}

/// Returns whether a text is JSON. No call in a script's notation begins like JSON.
pub(crate) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// Parses an event in JSON.
///
/// Returns `None` for a line of this program's output that is not an event, so that output can be
/// piped to another command.
///
/// # Errors
///
/// A message with the position of the error.
pub(crate) fn json(text: &str, declared: &Declarations) -> Result<Option<Event>, String> {
    let error = |error: serde_json::Error| error.to_string();
    let line: Line = serde_json::from_str(text).map_err(error)?;
    if line.event.is_none() && (line.notification.is_some() || line.message.is_some()) {
        return Ok(None);
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let event = EventSeed::new(declared).ignoring(BESIDE).deserialize(&mut json).map_err(error)?;
    json.end().map_err(error)?;
    Ok(Some(event))
}

#[cfg(test)]
mod tests {
    use brocomm::data::Value;

    use super::*;

    fn read(text: &str) -> Result<Option<Event>, String> {
        let mut declared = Declarations::new();
        declared.read("event seen(host: addr, ports: count);").unwrap();
        assert!(is_json(text), "{text}");
        json(text, &declared)
    }

    #[test]
    fn events_are_read_as_they_are_printed() {
        let args = [Value::Addr([10, 0, 0, 1].into()), Value::Count(5)];
        for text in [
            r#"{"event":"seen","args":["10.0.0.1",5]}"#,
            r#" {"args":["10.0.0.1",5],"event":"seen","time":1.5} "#,
            r#"{"t":1.5,"peer":"p","notification":"event","event":"seen","time":1.5,"args":["10.0.0.1",5]}"#,
            r#"{"t":1.5,"from":"listener","phase":"running","message":"SERIAL","offset":1,"bytes":2,
                "file":"f","event":"seen","time":1.5,"args":["10.0.0.1",5],"note":"n"}"#,
            r#"{"to":"p","event":"seen","args":["10.0.0.1",5]}"#,
        ] {
            let event = read(text).unwrap().unwrap_or_else(|| panic!("{text}"));
            assert_eq!((event.name.to_string().as_str(), &event.args[..]), ("seen", &args[..]));
        }
    }

    #[test]
    fn other_lines_of_our_output_are_skipped() {
        for text in [
            r#"{"notification":"listening","address":"a"}"#,
            r#"{"t":1,"peer":"p","notification":"event_requested","name":"seen"}"#,
            r#"{"t":1,"from":"listener","phase":"setup","message":"CAPS","caps":{}}"#,
        ] {
            assert_eq!(read(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn other_json_is_an_error() {
        for (text, expected) in [
            ("{}", r#"the key "event" is missing"#),
            ("{", "EOF while parsing"),
            (r#"{"event":"seen","args":[1,2]}"#, "args.0: expected addr, found 1"),
            (r#"{"event":"seen","arg":[1,2]}"#, "args: seen takes 2 arguments, found 0"),
            (r#"{"event":"other","arg":[1,2]}"#, "arg: unknown key"),
            (r#"{"event":"other"} x"#, "trailing characters"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
