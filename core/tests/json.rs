//! Every value from a peer round-trips through JSON.

#[path = "../../cli/tests/cli/support/schema.rs"]
mod schema;

use brocomm::data::{Declarations, Event, EventDecl, Field, Subnet, Type, Value};
use brocomm::json::{EventSeed, ValueSeed};
use brocomm::lowlevel::connection::Observer;
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::wire::Framing;
use brocomm_conformance::explore::tame;
use brocomm_conformance::{StepKind, sessions, strategies};
use proptest::prelude::*;
use serde::de::DeserializeSeed;

/// Reads a value of a known type, as a program that received the JSON does.
fn read(text: &str, ty: &Type) -> Result<Value, serde_json::Error> {
    let known = Declarations::new();
    ValueSeed::new(ty, &known).deserialize(&mut serde_json::Deserializer::from_str(text))
}

fn there_and_back(value: &Value) -> Value {
    let text = serde_json::to_string(value).unwrap();
    read(&text, &value.ty()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Declares an event with the types of its arguments.
fn declared(event: &Event) -> Declarations {
    let params = event.args.iter().map(|arg| Field::new("", arg.ty())).collect();
    let mut known = Declarations::new();
    known.add_event(EventDecl::new(event.name.clone(), params));
    known
}

proptest! {
    #[test]
    fn values_and_events_fit_the_schema(event in strategies::event()) {
        for value in &event.args {
            let value = serde_json::to_value(value).unwrap();
            prop_assert_eq!(schema::check("value", &value), Ok(()));
        }
        prop_assert_eq!(schema::check("event", &serde_json::to_value(&event).unwrap()), Ok(()));
    }

    #[test]
    fn values_round_trip(value in strategies::any_value().prop_map(tame)) {
        prop_assert_eq!(there_and_back(&value), value.clone());
        // Many tools sort the keys of objects.
        let sorted = serde_json::to_value(&value).unwrap().to_string();
        prop_assert_eq!(read(&sorted, &value.ty()).unwrap(), value);
    }

    #[test]
    fn events_round_trip(event in strategies::event()) {
        let event = Event { args: event.args.into_iter().map(tame).collect(), ..event };
        let (text, known) = (serde_json::to_string(&event).unwrap(), declared(&event));
        let mut json = serde_json::Deserializer::from_str(&text);
        prop_assert_eq!(EventSeed::new(&known).deserialize(&mut json).unwrap(), event);
    }

    /// Without a declaration, a value that names its type still round-trips.
    #[test]
    fn scalars_of_type_any_round_trip(value in strategies::scalar().prop_map(tame)) {
        let ty = Type::vector(Type::ANY);
        let vector = brocomm::data::Vector::new(ty, vec![Some(value)]);
        prop_assert_eq!(there_and_back(&vector.clone().into()), vector.into());
    }

    /// Changing any one character gives an error or another value, never a panic.
    #[test]
    fn json_with_a_changed_character_does_not_panic(
        event in strategies::event(),
        at in any::<prop::sample::Index>(),
        by in prop::sample::select(br#"{}[]",:0129e-nt\$/"#.to_vec()),
    ) {
        let mut text = serde_json::to_vec(&event).unwrap();
        let at = at.index(text.len());
        text[at] = by;
        let _ = serde_json::from_slice::<Event>(&text);
        let known = declared(&event);
        let _ = EventSeed::new(&known).deserialize(&mut serde_json::Deserializer::from_slice(&text));
    }

    /// So does replacing any value by another one.
    #[test]
    fn json_with_misplaced_parts_does_not_panic(
        event in strategies::event(),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
    ) {
        let mut json = serde_json::to_value(&event).unwrap();
        let count = nodes(&mut json).len();
        let part = nodes(&mut json).remove(from.index(count)).clone();
        let at = to.index(count);
        replace(&mut json, at, part);
        let _ = EventSeed::new(&declared(&event)).deserialize(&json);
        let _ = serde_json::from_value::<Event>(json);
    }
}

/// Lists the nodes of a tree in preorder.
fn nodes(json: &mut serde_json::Value) -> Vec<&serde_json::Value> {
    let mut all = vec![&*json];
    let mut at = 0;
    while let Some(&node) = all.get(at) {
        match node {
            serde_json::Value::Array(items) => all.extend(items),
            serde_json::Value::Object(members) => all.extend(members.values()),
            _ => {}
        }
        at += 1;
    }
    all
}

fn replace(json: &mut serde_json::Value, at: usize, part: serde_json::Value) {
    let mut queue = std::collections::VecDeque::from([json]);
    for _ in 0..at {
        match queue.pop_front().unwrap() {
            serde_json::Value::Array(items) => queue.extend(items.iter_mut()),
            serde_json::Value::Object(members) => queue.extend(members.values_mut()),
            _ => {}
        }
    }
    *queue.pop_front().unwrap() = part;
}

/// Checks every value of every recording, including those of faulty sessions.
#[test]
fn recorded_values_round_trip() {
    let (mut compared, mut bytes) = (0, 0);
    for session in sessions() {
        let further = session.further_connections().unwrap();
        for recording in std::iter::once(session.recording().unwrap()).chain(further) {
            let mut observer =
                Observer::new(Framing::Clear, Default::default(), Default::default());
            observer.set_lenient(true);
            for step in &recording.steps {
                let StepKind::Data { from, bytes } = &step.kind else { continue };
                observer.feed(from.role(), bytes);
            }
            while let Some(observed) = observer.poll() {
                let Some(Ok(serial)) = observed.serial else { continue };
                for value in values(serial) {
                    if is_known_by_name(&value.ty()) || is_too_wide(&value) {
                        continue;
                    }
                    let value = tame(value);
                    assert_eq!(there_and_back(&value), value, "{}", session.name());
                    bytes += serde_json::to_string(&value).unwrap().len();
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 5000, "{compared} values compared, {bytes} bytes");
}

/// Whether only the sender knows the type.
fn is_known_by_name(ty: &Type) -> bool {
    matches!(ty, Type::Named(_))
}

/// Whether the width of an IPv4 subnet refers to a 128-bit address.
fn is_too_wide(value: &Value) -> bool {
    let Value::Subnet(Subnet { prefix, width }) = value else { return false };
    *width > Subnet::max_width(*prefix)
}

fn values(serial: Serial) -> Vec<Value> {
    match serial {
        Serial::Event(event) => event.args,
        Serial::Id(id) => id.value.iter().cloned().collect(),
        Serial::StateAccess(access) => {
            [Some(access.op1), access.op2, access.op3].into_iter().flatten().collect()
        }
        Serial::Packet(_) => Vec::new(),
    }
}
