//! Content round-trips regardless of the state of the cache (part 2).

use brocomm::data::Event;
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::serial::{
    Caching, Mode, Reader, ReaderLimits, SerialErrorKind, Transcript, WriteError, Writer,
};
use brocomm::lowlevel::wire::DataFormat;
use brocomm_conformance::strategies::{self, mode_of_any_format, on_few};
use bytes::Bytes;
use proptest::prelude::*;

fn write(writer: &mut Writer, event: &Event, mode: Mode) -> Bytes {
    sendable(writer, event, mode).expect("every release supports these values")
}

/// Writes an event if the release supports its values: Bro 2.0 has no IPv6 addresses.
fn sendable(writer: &mut Writer, event: &Event, mode: Mode) -> Option<Bytes> {
    let mut out = Vec::new();
    match writer.event(mode, &event.name, event.time, &event.args, &mut out) {
        Ok(()) => Some(Bytes::from(out)),
        Err(WriteError::DataFormat { format, .. }) => {
            assert_eq!(format, DataFormat::V21);
            assert!(out.is_empty());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Formats a SERIAL without what the format does not carry, such as some names of types.
fn printed(serial: &Serial, mode: Mode) -> String {
    let printed = format!("{serial:?}");
    if mode.data_format.has_type_names() {
        return printed;
    }
    const NAME: &str = "TypeDef { name: \"";
    let mut parts = printed.split(NAME);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + NAME + part.split_once('"').expect("a name ends").1)
}

proptest! {
    // Each case is a long stream of events.
    #![proptest_config(on_few(24))]

    /// Both sides evict the same types, so no reference fails, however small the cache.
    #[test]
    fn both_caches_evict_the_same_types(
        events in strategies::events(120),
        modes in proptest::collection::vec(mode_of_any_format(), 1..4),
        size in prop_oneof![1u32..4, 4u32..40, Just(3000), Just(0)],
    ) {
        let mut writer = Writer::new(size);
        let mut reader = Reader::new(ReaderLimits::default());
        reader.set_cache_size(size);
        // Capabilities may change between any two messages (§2.9).
        let stretch = events.len().div_ceil(modes.len());
        for (at, event) in events.iter().enumerate() {
            // The format does not change.
            let mode = modes[at / stretch].with_data_format(modes[0].data_format);
            let Some(chunk) = sendable(&mut writer, event, mode) else { continue };
            let serial = reader.read(&chunk, mode).unwrap();
            let sent = Serial::Event(event.clone());
            prop_assert_eq!(&serial, &sent);
            prop_assert_eq!(printed(&serial, mode), printed(&sent, mode));
        }
    }
}

proptest! {
    #![proptest_config(on_few(64))]

    #[test]
    fn events_round_trip(
        event in strategies::event(),
        mode in mode_of_any_format(),
    ) {
        let Some(chunk) = sendable(&mut Writer::new(3000), &event, mode) else { return Ok(()) };
        let mut reader = Reader::new(ReaderLimits::default());
        let mut transcript = Transcript::new();
        let serial = reader.read_noting(&chunk, mode, &mut transcript).unwrap();
        let mut again = Vec::new();
        transcript.write_again(&serial, mode, &mut again);
        prop_assert_eq!(&chunk, &again, "the same decisions give the same bytes");
        // Equal values may be of different types.
        let sent = Serial::Event(event.clone());
        prop_assert_eq!(printed(&serial, mode), printed(&sent, mode));
        prop_assert_eq!(serial, Serial::Event(event));
    }

    /// Without a cache, what was written before makes no difference, although a writer copies types
    /// from earlier events.
    #[test]
    fn without_a_cache_events_do_not_depend_on_earlier_ones(
        events in strategies::events(20),
        order in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 60),
        modes in prop::collection::vec(mode_of_any_format(), 1..4),
    ) {
        let mut writer = Writer::new(3000);
        for (event, mode) in order {
            let (event, mode) = (event.get(&events), *mode.get(&modes));
            for caching in [Caching::None, mode.caching] {
                let mode = Mode { caching, ..mode };
                let mut fresh = Writer::new(3000);
                let before = writer.counters().full;
                let written = sendable(&mut writer, event, mode);
                if caching == Caching::None {
                    prop_assert_eq!(written, sendable(&mut fresh, event, mode));
                    prop_assert_eq!(writer.counters().full - before, fresh.counters().full);
                }
            }
        }
    }

    /// A reader that records decisions does not use the fast paths. Both readers give the same
    /// values, errors and counts.
    #[test]
    fn fast_paths_read_the_same_as_the_slow_path(
        events in strategies::events(60),
        mode in mode_of_any_format(),
        size in prop_oneof![1u32..4, 4u32..40, Just(3000)],
        damage in proptest::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let mut writer = Writer::new(size);
        let [mut short, mut long] = [(); 2].map(|()| Reader::new(ReaderLimits::default()));
        for reader in [&mut short, &mut long] {
            reader.set_cache_size(size);
        }
        let mut transcript = Transcript::new();
        // Its containers are references the second time.
        let twice = events.iter().flat_map(|event| [event, event]);
        let mut chunks = Vec::from_iter(twice.filter_map(|event| sendable(&mut writer, event, mode)));
        if let Some((which, at, byte)) = damage.filter(|_| !chunks.is_empty()) {
            let which = which.index(chunks.len());
            let chunk = &mut chunks[which];
            let mut damaged = chunk.to_vec();
            let at = at.index(damaged.len());
            damaged[at] = byte;
            *chunk = Bytes::from(damaged);
        }
        for chunk in &chunks {
            let expected = long.read_noting(chunk, mode, &mut transcript);
            let read = short.read(chunk, mode);
            match expected {
                // Only the reader that records decisions rejects this.
                Err(error) if matches!(error.kind, SerialErrorKind::LeftOver { .. }) => break,
                Err(error) => {
                    prop_assert_eq!(read, Err(error));
                    break;
                }
                Ok(expected) => {
                    prop_assert_eq!(format!("{:?}", read.unwrap()), format!("{expected:?}"));
                    prop_assert_eq!(short.counters(), long.counters());
                }
            }
        }
    }

    #[test]
    fn arbitrary_bytes_end_in_an_error_or_a_value(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        mode in mode_of_any_format(),
    ) {
        let _ = Reader::new(ReaderLimits::default()).read(&Bytes::from(bytes), mode);
    }

    /// A changed byte gives an error or another value, never a panic.
    #[test]
    fn json_with_a_changed_character_does_not_panic(
        event in strategies::event(),
        mode in mode_of_any_format(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let Some(chunk) = sendable(&mut Writer::new(3000), &event, mode) else { return Ok(()) };
        let mut bytes = chunk.to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Reader::new(ReaderLimits::default()).read(&Bytes::from(bytes), mode);
    }
}

/// An object that is used regularly is still a reference after thousands of others.
#[test]
fn objects_in_use_stay_in_the_cache() {
    use brocomm::data::{Field, Record, Type, Value};
    let record = |n: u64| {
        let ty = Type::record(format!("R{n}"), vec![Field::new("a", Type::COUNT)]);
        Value::from(Record::new(ty, vec![Some(Value::Count(n))]))
    };
    let (mut writer, mut reader) = (Writer::new(100), Reader::new(ReaderLimits::default()));
    reader.set_cache_size(100);
    let mut send = |args: Vec<Value>| {
        let event = Event { name: "e".into(), time: 0.0, args };
        let chunk = write(&mut writer, &event, Mode::RUNNING);
        let serial = reader.read(&chunk, Mode::RUNNING).unwrap();
        assert_eq!(serial, Serial::Event(event));
        chunk.len()
    };
    // A copy of the same type: the same record would be sent as a reference.
    let kept = record(0);
    let first = send(vec![kept.compact()]);
    let again = send(vec![kept.compact()]);
    assert!(again < first);
    for n in 1..2000 {
        send(vec![record(n)]);
        if n % 50 == 0 {
            assert_eq!(send(vec![kept.compact()]), again, "after {n}");
        }
    }
    for n in 2000..2200 {
        send(vec![record(n)]);
    }
    let evicted = send(vec![kept.compact()]);
    assert!(again < evicted && evicted <= first, "evicted at last: {evicted}");
}

/// Broccoli can't read expressions in attributes (2§4). The value itself is unchanged.
#[test]
fn attributes_go_to_a_broccoli_without_expressions() {
    use brocomm::data::{Field, Record, Type, Value};
    use brocomm::lowlevel::syntax::{Attribute, AttributeTag, Attributes, Expr, ExprKind};
    let constant = ExprKind::Const(Value::Count(7));
    let expr = Expr { tag: 1, paren: 0, ty: Some(Type::COUNT), kind: constant };
    let list = vec![Attribute { tag: AttributeTag::Default, expr: Some(expr.into()) }];
    let attributes = Some(Attributes { ty: Type::COUNT, list }.into());
    let field = Field { attributes, ..Field::new("a", Type::COUNT) };
    let record = Record::new(Type::record("R", vec![field]), vec![Some(Value::Count(1))]);
    let event = Event { name: "e".into(), time: 0.0, args: vec![record.into()] };
    for to_broccoli in [false, true] {
        let mode = Mode { to_broccoli, ..Mode::HANDSHAKE };
        let chunk = write(&mut Writer::new(3000), &event, mode);
        let Serial::Event(read) = Reader::new(ReaderLimits::default()).read(&chunk, mode).unwrap()
        else {
            panic!("not an event")
        };
        let fields = read.args[0].ty().fields().unwrap().to_vec();
        let attribute = &fields[0].attributes.as_ref().unwrap().list[0];
        assert_eq!(attribute.tag, AttributeTag::Default);
        assert_eq!(attribute.expr.is_none(), to_broccoli);
    }
}
