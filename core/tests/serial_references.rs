//! A container that was sent before is sent as a reference, and the peer gets the same one (2§5).

use std::sync::Arc;

use brocomm::data::{Event, Field, Record, Table, Type, Value, Vector};
use brocomm::lowlevel::serial::{
    Caching, Id, LazyEvent, LazySerial, Mode, Opcode, Reader, ReaderLimits, Serial, StateAccess,
    Writer,
};
use brocomm_conformance::strategies::{self, mode, on_few};
use bytes::Bytes;
use proptest::prelude::*;

fn write(writer: &mut Writer, args: &[Value], mode: Mode) -> Bytes {
    let mut out = Vec::new();
    writer.event(mode, b"e", 1.0, args, &mut out).unwrap();
    Bytes::from(out)
}

fn read(reader: &mut Reader, chunk: &Bytes, mode: Mode) -> Vec<Value> {
    match reader.read(chunk, mode).unwrap() {
        Serial::Event(event) => event.args,
        other => panic!("not an event: {other:?}"),
    }
}

fn lazily(reader: &mut Reader, chunk: &Bytes, mode: Mode) -> LazyEvent {
    match reader.read_lazily(chunk, mode).unwrap() {
        LazySerial::Event(event) => event,
        LazySerial::Other(other) => panic!("not an event: {other:?}"),
    }
}

fn reader(size: u32) -> Reader {
    let mut reader = Reader::new(ReaderLimits::default());
    reader.set_cache_size(size);
    reader
}

fn shown(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
}

/// Returns the address of a container.
fn place(value: &Value) -> usize {
    match value {
        Value::Record(record) => Arc::as_ptr(record) as usize,
        Value::Vector(vector) => Arc::as_ptr(vector) as usize,
        Value::Table(table) => Arc::as_ptr(table) as usize,
        Value::Opaque(opaque) => Arc::as_ptr(opaque) as usize,
        other => panic!("no container: {other:?}"),
    }
}

/// Returns one container of each kind. One of them is nested.
fn containers() -> Vec<Value> {
    let inner = Record::new(
        Type::record("inner", vec![Field::new("n", Type::COUNT)]),
        vec![Some(Value::Count(7))],
    );
    let fields = vec![Field::new("inner", inner.ty.clone()), Field::new("text", Type::STRING)];
    let text = Some(Value::string("a text that takes some room"));
    let outer = Record::new(Type::record("outer", fields), vec![Some(inner.into()), text]);
    let mut table = Table::new(Type::table(vec![Type::ADDR], Type::COUNT));
    let mut set = Table::new(Type::set(vec![Type::STRING]));
    for n in 0..4 {
        table.push(vec![Value::Addr([10, 0, 0, n].into())], Some(Value::Count(n.into())));
        set.push(vec![Value::string([n])], None);
    }
    let vector = Vector::new(Type::vector(Type::COUNT), vec![Some(Value::Count(1)), None]);
    vec![outer.into(), table.into(), set.into(), vector.into()]
}

const MODES: [Mode; 2] = [Mode::RUNNING, Mode::HANDSHAKE];

#[test]
fn a_container_sent_again_is_the_same_object() {
    for mode in MODES {
        let (mut writer, mut reader) = (Writer::new(3000), reader(3000));
        for value in containers() {
            let args = [value];
            let full = write(&mut writer, &args, mode);
            let first = read(&mut reader, &full, mode);
            let references = writer.counters().references;
            for _ in 0..3 {
                let again = write(&mut writer, &args, mode);
                assert_eq!(again.len(), 22 + if mode.pid_64bit { 9 } else { 5 } - 4);
                let second = read(&mut reader, &again, mode);
                assert_eq!(shown(&second), shown(&first));
                assert_eq!(place(&second[0]), place(&first[0]), "same object while in use");
            }
            assert_eq!(writer.counters().references, references + 3);
            // Nested containers are references as well, by themselves and in another container.
            if let Value::Record(outer) = &args[0] {
                let inner = outer.fields[0].clone().unwrap();
                let holder = Type::vector(inner.ty());
                let vector = Vector::new(holder, vec![Some(inner.clone())]);
                let chunk = write(&mut writer, &[inner, vector.into()], mode);
                let got = read(&mut reader, &chunk, mode);
                let Value::Record(first) = &first[0] else { panic!("{first:?}") };
                let expected = place(first.fields[0].as_ref().unwrap());
                let Value::Vector(holder) = &got[1] else { panic!("{got:?}") };
                assert_eq!(place(&got[0]), expected);
                assert_eq!(place(holder.items[0].as_ref().unwrap()), expected);
            }
        }
    }
}

/// The first message with a type has it in full; later ones refer to it. The object is also the
/// same if its type has left the cache in between, and equal if it was dropped in between.
#[test]
fn a_container_whose_type_left_the_cache_is_the_same_object() {
    let crowd = |n: u64| {
        let inner = |m: u64| Field::new("f", Type::record(format!("t{n}_{m}"), Vec::new()));
        let ty = Type::record(format!("t{n}"), (0..3).map(inner).collect());
        Value::from(Record::new(ty, vec![None; 3]))
    };
    for (is_kept, others) in [true, false].into_iter().flat_map(|kept| [(kept, 0), (kept, 12)]) {
        for value in containers() {
            let (mut writer, mut reader) = (Writer::new(40), reader(40));
            let before = write(&mut writer, &[value.compact()], Mode::RUNNING);
            read(&mut reader, &before, Mode::RUNNING);
            let full = write(&mut writer, std::slice::from_ref(&value), Mode::RUNNING);
            let first = read(&mut reader, &full, Mode::RUNNING);
            assert_eq!(shown(&first[0]), shown(&value));
            let expected = is_kept.then(|| place(&first[0]));
            let kept = first.into_iter().filter(|_| is_kept).collect::<Vec<_>>();
            for n in 0..others {
                let other = write(&mut writer, &[crowd(n)], Mode::RUNNING);
                read(&mut reader, &other, Mode::RUNNING);
            }
            // The writer is more careful than a peer needs to be.
            let (call, pid) = (&full[..18], &full[19..27]);
            let again = Bytes::from([call, &[0], pid].concat());
            let got = read(&mut reader, &again, Mode::RUNNING);
            assert_eq!(shown(&got[0]), shown(&value));
            expected.into_iter().for_each(|expected| assert_eq!(place(&got[0]), expected));
            drop(kept);
        }
    }
}

/// Neither an equal container nor a changed one is the same container.
#[test]
fn another_container_is_sent_in_full() {
    let (mut writer, mut reader) = (Writer::new(3000), reader(3000));
    let mut args = containers();
    let sent = write(&mut writer, &args, Mode::RUNNING);
    let first = read(&mut reader, &sent, Mode::RUNNING);
    let copies: Vec<Value> = args.iter().map(Value::compact).collect();
    let copied = write(&mut writer, &copies, Mode::RUNNING);
    let read_copies = read(&mut reader, &copied, Mode::RUNNING);
    for (first, copy) in first.iter().zip(&read_copies) {
        assert_eq!(first, copy);
        assert_ne!(place(first), place(copy));
    }
    let Value::Vector(vector) = &mut args[3] else { panic!("{args:?}") };
    Arc::make_mut(vector).items.push(Some(Value::Count(3)));
    let changed = write(&mut writer, &args, Mode::RUNNING);
    let got = read(&mut reader, &changed, Mode::RUNNING);
    assert_eq!(got, args);
    let same: Vec<bool> = first.iter().zip(&got).map(|(a, b)| place(a) == place(b)).collect();
    assert_eq!(same, [true, true, true, false]);
}

/// A change in a nested container also makes the outer one another container.
#[test]
fn a_changed_container_is_sent_in_full() {
    let (mut writer, mut reader) = (Writer::new(3000), reader(3000));
    let mut args = containers();
    let first = write(&mut writer, &args, Mode::RUNNING);
    assert_eq!(read(&mut reader, &first, Mode::RUNNING), args);
    let Value::Record(outer) = &mut args[0] else { panic!("{args:?}") };
    let Some(Value::Record(inner)) = &mut Arc::make_mut(outer).fields[0] else { panic!() };
    Arc::make_mut(inner).fields[0] = Some(Value::Count(8));
    let second = write(&mut writer, &args, Mode::RUNNING);
    let got = read(&mut reader, &second, Mode::RUNNING);
    assert_eq!(shown(&got), shown(&args));
}

/// Peers control what is forwarded, so what is kept for references has a bound.
#[test]
fn memory_for_references_is_bounded() {
    for mode in MODES {
        for length in [100, 10_000, 200_000] {
            let mut writer = Writer::new(3000);
            let ty = Type::vector(Type::STRING);
            let sent: Vec<_> = (0..2000)
                .map(|_| {
                    let text = Some(Value::string(vec![b'x'; length]));
                    let vector = Arc::new(Vector::new(ty.clone(), vec![text]));
                    write(&mut writer, &[Value::Vector(Arc::clone(&vector))], mode);
                    vector
                })
                .collect();
            let kept = sent.iter().filter(|vector| Arc::strong_count(vector) > 1).count();
            assert!(kept > 0 && kept <= 1024 && kept * length <= 1 << 20, "{kept} of {length}");
        }
    }
}

#[test]
fn no_references_without_a_cache_or_to_state() {
    let args = containers();
    let uncached = Mode { caching: Caching::None, ..Mode::HANDSHAKE };
    for (size, mode) in [(0, Mode::RUNNING), (3000, uncached)] {
        let mut writer = Writer::new(size);
        let lengths = [(); 2].map(|()| write(&mut writer, &args, mode).len());
        assert_eq!(lengths[0], lengths[1]);
    }
    let mut writer = Writer::new(3000);
    let mut lengths = Vec::new();
    for _ in 0..3 {
        let mut out = Vec::new();
        let id = Arc::new(Id::global("v", args[0].ty(), Some(args[0].clone())));
        writer.id(Mode::RUNNING, &id, &mut out).unwrap();
        let (target, op1) = ("v".into(), args[0].clone());
        let access = StateAccess { opcode: Opcode::Assign, target, op1, op2: None, op3: None };
        writer.state_access(Mode::RUNNING, &access, &mut out).unwrap();
        lengths.push(out.len());
    }
    assert_eq!(lengths[1], lengths[2]);
}

/// A forwarded event keeps its references, whether or not it is decoded on the way.
#[test]
fn references_survive_forwarding() {
    for mode in MODES {
        for (decoded, out_mode) in [(true, mode), (false, mode), (false, Mode::RUNNING)] {
            let (mut origin, mut through) = (Writer::new(3000), Writer::new(3000));
            let (mut middle, mut end) = (reader(3000), reader(3000));
            let args = containers();
            let mut held = Vec::new();
            let mut first: Option<Vec<Value>> = None;
            for round in 0..5 {
                let chunk = write(&mut origin, &args, mode);
                let mut out = Vec::new();
                if decoded {
                    let values = read(&mut middle, &chunk, mode);
                    through.event(out_mode, b"e", 1.0, &values, &mut out).unwrap();
                } else {
                    let event = lazily(&mut middle, &chunk, mode);
                    through.forward(out_mode, &event, &mut out).unwrap();
                }
                let got = read(&mut end, &Bytes::from(out), out_mode);
                let first = first.get_or_insert_with(|| got.clone());
                assert_eq!(shown(&got), shown(&args));
                for (first, got) in first.iter().zip(&got) {
                    assert_eq!(place(first), place(got), "{mode:?}, {decoded}, {round}");
                }
                held.push(got);
            }
        }
    }
}

proptest! {
    #![proptest_config(on_few(16))]

    /// However small the cache, every reference gives the right object, both at the next node and
    /// at the one after it.
    #[test]
    fn references_never_fail(
        pool in strategies::events(40),
        turns in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..200),
        modes in proptest::collection::vec((mode(), mode()), 1..4),
        size in prop_oneof![1u32..4, 4u32..40, 40u32..200, Just(3000)],
    ) {
        let (mut writer, mut forwarder, mut again) =
            (Writer::new(size), Writer::new(size), Writer::new(size));
        let [mut eager, mut lazy, mut forwarded, mut decoded] = [(); 4].map(|()| reader(size));
        let stretch = turns.len().div_ceil(modes.len());
        let mut kept: Vec<Event> = Vec::new();
        for (at, (index, choice)) in turns.iter().enumerate() {
            let (mode, onward) = modes[at / stretch];
            // An event from the pool or one that was read before, whose arguments may be wrapped.
            let mut event = match kept.len() {
                length if length > 0 && *choice < 2 => kept[index.index(length)].clone(),
                _ => pool[index.index(pool.len())].clone(),
            };
            if *choice == 3 {
                event.args.extend(event.args.clone());
            }
            let mut out = Vec::new();
            writer.event(mode, &event.name, event.time, &event.args, &mut out).unwrap();
            let chunk = Bytes::from(out);
            let Serial::Event(got) = eager.read(&chunk, mode).unwrap() else { panic!("no event") };
            prop_assert_eq!(shown(&got), shown(&event));
            let skimmed = lazily(&mut lazy, &chunk, mode);
            prop_assert_eq!(shown(&skimmed), shown(&event));
            for _ in 0..=usize::from(*choice == 4) {
                let mut out = Vec::new();
                forwarder.forward(onward, &skimmed, &mut out).unwrap();
                let passed_on = forwarded.read(&Bytes::from(out), onward).unwrap();
                prop_assert_eq!(shown(&passed_on), shown(&Serial::Event(event.clone())));
            }
            let mut out = Vec::new();
            again.event(onward, &got.name, got.time, &got.args, &mut out).unwrap();
            let passed_on = decoded.read(&Bytes::from(out), onward).unwrap();
            prop_assert_eq!(shown(&passed_on), shown(&Serial::Event(event.clone())));
            if *choice > 4 {
                kept.push(got);
            }
        }
    }
}
