//! Lazy reading gives the same values as eager reading, at any time and in any order.

use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::serial::{LazyEvent, LazySerial, Mode, Reader, ReaderLimits, Writer};
use brocomm_conformance::strategies::{self, mode, on_few};
use bytes::Bytes;
use proptest::prelude::*;

fn lazily(reader: &mut Reader, chunk: &Bytes, mode: Mode) -> LazyEvent {
    match reader.read_lazily(chunk, mode).unwrap() {
        LazySerial::Event(event) => {
            assert_eq!(event.argument(), chunk);
            event
        }
        LazySerial::Other(other) => panic!("not an event: {other:?}"),
    }
}

fn shown(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
}

proptest! {
    #![proptest_config(on_few(16))]

    /// Reads the arguments from last to first, after all messages have arrived and the cache has
    /// evicted them.
    #[test]
    fn lazy_reading_gives_the_same_values(
        events in strategies::events(200),
        modes in proptest::collection::vec(mode(), 1..4),
        size in prop_oneof![1u32..4, 4u32..40, Just(3000), Just(0)],
        turns in proptest::collection::vec(any::<bool>(), 1..9),
    ) {
        let mut writer = Writer::new(size);
        let mut readers = [(); 3].map(|()| {
            let mut reader = Reader::new(ReaderLimits::default());
            reader.set_cache_size(size);
            reader
        });
        let [eager, lazy, mixed] = &mut readers;
        let stretch = events.len().div_ceil(modes.len());
        let mut kept = Vec::new();
        for (at, event) in events.iter().enumerate() {
            let mode = modes[at / stretch];
            let mut out = Vec::new();
            writer.event(mode, &event.name, event.time, &event.args, &mut out).unwrap();
            let chunk = Bytes::from(out);
            let Serial::Event(read) = eager.read(&chunk, mode).unwrap() else { panic!("no event") };
            let skimmed = lazily(lazy, &chunk, mode);
            prop_assert_eq!(&skimmed.name(), &read.name);
            prop_assert_eq!(skimmed.name_bytes(), &*read.name);
            prop_assert_eq!(skimmed.time().to_bits(), read.time.to_bits());
            prop_assert_eq!(skimmed.len(), read.args.len());
            for (position, arg) in read.args.iter().enumerate() {
                prop_assert_eq!(skimmed.arg_tag(position), Some(arg.tag()));
            }
            if turns[at % turns.len()] {
                prop_assert_eq!(shown(&lazily(mixed, &chunk, mode)), shown(&read));
            } else {
                prop_assert_eq!(shown(&mixed.read(&chunk, mode).unwrap()), shown(&Serial::Event(read.clone())));
            }
            prop_assert_eq!(lazy.counters(), eager.counters());
            prop_assert_eq!(mixed.counters(), eager.counters());
            kept.push((skimmed, read));
        }
        drop(readers);
        for (skimmed, read) in kept.iter().rev() {
            for (position, arg) in read.args.iter().enumerate().rev() {
                prop_assert_eq!(shown(&skimmed.arg(position).unwrap()), shown(arg));
            }
            prop_assert!(skimmed.arg(read.args.len()).is_none());
            prop_assert_eq!(shown(&skimmed.to_event()), shown(read));
            prop_assert_eq!(shown(&skimmed.args().collect::<Vec<_>>()), shown(&read.args));
        }
    }

    /// Forwarding writes the same as writing the decoded event, except that it may use more
    /// references.
    #[test]
    fn forwarding_writes_the_same_as_the_decoded_event(
        events in strategies::events(100),
        from in mode(),
        to in (mode(), any::<bool>()),
        size in prop_oneof![1u32..4, 4u32..40, Just(3000), Just(0)],
    ) {
        let to = Mode { to_broccoli: to.1, ..to.0 };
        let mut writer = Writer::new(3000);
        let mut reader = Reader::new(ReaderLimits::default());
        let (mut forwarder, mut plain) = (Writer::new(size), Writer::new(size));
        let mut readers = [(); 2].map(|()| {
            let mut reader = Reader::new(ReaderLimits::default());
            reader.set_cache_size(size);
            reader
        });
        for event in &events {
            let mut out = Vec::new();
            writer.event(from, &event.name, event.time, &event.args, &mut out).unwrap();
            let skimmed = lazily(&mut reader, &Bytes::from(out), from);
            let event = skimmed.to_event();
            let (mut forwarded, mut written) = (Vec::new(), Vec::new());
            forwarder.forward(to, &skimmed, &mut forwarded).unwrap();
            plain.event(to, &event.name, event.time, &event.args, &mut written).unwrap();
            let [forwarded, written] = [&forwarded, &written].map(|out| Bytes::copy_from_slice(out));
            let [of_forwarded, of_written] = &mut readers;
            let forwarded = of_forwarded.read(&forwarded, to).unwrap();
            prop_assert_eq!(shown(&forwarded), shown(&of_written.read(&written, to).unwrap()));
        }
    }

    /// Lazy reading defers no error: what it accepts can be decoded, and it accepts the same as
    /// eager reading.
    #[test]
    fn lazy_reading_finds_errors_at_once(
        event in strategies::event(),
        mode in mode(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..3),
    ) {
        let mut out = Vec::new();
        Writer::new(3000).event(mode, &event.name, event.time, &event.args, &mut out).unwrap();
        for (at, byte) in damage {
            let at = at.index(out.len());
            out[at] = byte;
        }
        let chunk = Bytes::from(out);
        let eager = Reader::new(ReaderLimits::default()).read(&chunk, mode);
        let lazy = Reader::new(ReaderLimits::default()).read_lazily(&chunk, mode);
        match (eager, lazy) {
            (Ok(Serial::Event(event)), Ok(LazySerial::Event(skimmed))) => {
                prop_assert_eq!(event.args.len(), skimmed.len());
                prop_assert!((0..skimmed.len()).all(|at| skimmed.arg(at).is_some()));
                prop_assert_eq!(shown(&skimmed.to_event()), shown(&event));
            }
            (Ok(other), Ok(LazySerial::Other(skimmed))) => prop_assert_eq!(shown(&skimmed), shown(&other)),
            (Err(eager), Err(lazy)) => prop_assert_eq!(eager, lazy),
            (eager, lazy) => prop_assert!(false, "{:?}, {:?}", eager, lazy),
        }
    }
}

/// An event can outlive its reader and be sent to another thread.
#[test]
fn lazy_events_are_send_and_outlive_the_reader() {
    fn can_travel<T: Send + Sync + 'static>(_: &T) {}
    let mut out = Vec::new();
    let args = [brocomm::data::Value::Count(7), "text".into()];
    Writer::new(10).event(Mode::RUNNING, b"e", 1.0, &args, &mut out).unwrap();
    let skimmed =
        lazily(&mut Reader::new(ReaderLimits::default()), &Bytes::from(out), Mode::RUNNING);
    can_travel(&skimmed);
    assert_eq!(skimmed.arg(1), Some("text".into()));
}
