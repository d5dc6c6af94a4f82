//! Whatever a peer can send goes to JSON and back without loss.

use crate::common::role;
use brocomm::connection::Observer;
use brocomm::data::{Event, Serial, Type, Value};
use brocomm::wire::{Framing, Message};
use brocomm_conformance::{StepKind, sessions, strategies};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn there_and_back<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_string(value).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Sorts the keys of all objects, as many a tool does.
fn sorted<T: Serialize>(value: &T) -> serde_json::Value {
    serde_json::to_value(value).unwrap()
}

proptest! {
    #[test]
    fn values_come_back_as_they_were(value in strategies::any_value()) {
        let back: Value = there_and_back(&value);
        prop_assert_eq!(format!("{:?}", &back), format!("{:?}", &value));
        prop_assert_eq!(&back, &value);
        let back: Value = serde_json::from_value(sorted(&value)).unwrap();
        prop_assert_eq!(&back, &value, "sorted");
    }

    #[test]
    fn types_come_back_as_they_were(ty in strategies::ty()) {
        prop_assert_eq!(format!("{:?}", there_and_back::<Type>(&ty)), format!("{ty:?}"));
    }

    #[test]
    fn events_come_back_as_they_were(event in strategies::event()) {
        let back: Event = there_and_back(&event);
        prop_assert_eq!(format!("{:?}", &back), format!("{:?}", &event));
        prop_assert_eq!(back, event);
    }

    /// Any one character that is not what it was gives an error or another value, never a panic.
    #[test]
    fn damage_is_survived(
        event in strategies::event(),
        at in any::<prop::sample::Index>(),
        by in prop::sample::select(br#"{}[]",:0129e-nt\#"#.to_vec()),
    ) {
        let mut text = serde_json::to_vec(&event).unwrap();
        let at = at.index(text.len());
        text[at] = by;
        let _ = serde_json::from_slice::<Event>(&text);
    }

    /// So does any value that stands in another's place.
    #[test]
    fn misplaced_parts_are_survived(
        event in strategies::event(),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
    ) {
        let mut json = sorted(&event);
        let count = nodes(&mut json).len();
        let part = nodes(&mut json).remove(from.index(count)).clone();
        let at = to.index(count);
        replace(&mut json, at, part);
        let _ = serde_json::from_value::<Event>(json);
    }
}

/// Lists a tree's nodes, each before its parts.
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

/// Every SERIAL of every recording, those of faulty sessions included.
#[test]
fn recorded_serials_come_back_and_give_the_same_bytes() {
    let (mut compared, mut longest) = (0, 0);
    for session in sessions() {
        let further = session.further_connections().unwrap();
        for recording in std::iter::once(session.recording().unwrap()).chain(further) {
            let mut observer =
                Observer::new(Framing::Clear, Default::default(), Default::default());
            observer.set_lenient(true);
            observer.set_transcripts(true);
            for step in &recording.steps {
                let StepKind::Data { from, bytes } = &step.kind else { continue };
                observer.feed(role(*from), bytes);
            }
            while let Some(observed) = observer.poll() {
                let Some(Ok(serial)) = observed.serial else { continue };
                let name = session.name();
                let text = serde_json::to_string(&serial).unwrap();
                longest = longest.max(text.len());
                let back: Serial = serde_json::from_str(&text)
                    .unwrap_or_else(|error| panic!("{name}: {error}: {text}"));
                // Some values hold NaN, which equals nothing: compare what is printed.
                assert!(format!("{back:?}") == format!("{serial:?}"), "{name}: {text}");
                let Ok(Message::Serial(argument)) = &observed.message else { panic!("{name}") };
                let mut again = Vec::new();
                let transcript = observed.transcript.unwrap();
                transcript.write_again(&back, observed.mode.unwrap(), &mut again);
                assert!(again == **argument, "{name}: {text}");
                compared += 1;
            }
        }
    }
    assert!(compared > 5000, "{compared} SERIALs compared, the longest of {longest} characters");
}
