//! Recorded sessions, read lazily and forwarded.

use crate::common::good_recordings;
use brocomm::lowlevel::connection::Observer;
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::serial::{LazySerial, Mode, Reader, ReaderLimits, Writer};
use brocomm::lowlevel::wire::{Framing, Message};
use brocomm::node::Role;
use brocomm_conformance::StepKind;

fn reader() -> Reader {
    let mut reader = Reader::new(ReaderLimits::default());
    reader.set_cache_size(3000);
    reader
}

#[test]
fn recordings_read_lazily_give_the_same_values() {
    let (mut events, mut references) = (0, 0);
    let (mut came, mut went) = (0, 0);
    for (name, recording) in good_recordings() {
        let mut observer = Observer::new(Framing::Clear, Default::default(), Default::default());
        let mut readers =
            [Reader::new(ReaderLimits::default()), Reader::new(ReaderLimits::default())];
        let mut writers = [(); 2].map(|()| (Writer::new(3000), Writer::new(3000)));
        let mut ends = [(); 2].map(|()| [(); 2].map(|()| reader()));
        let mut forwarders = [(); 2].map(|()| Writer::new(3000));
        let mut kept = Vec::new();
        for step in &recording.steps {
            let StepKind::Data { from, bytes } = &step.kind else { continue };
            observer.feed(from.role(), bytes);
            while let Some(observed) = observer.poll() {
                let side = usize::from(observed.side == Role::Initiator);
                let chunk = match observed.message.unwrap() {
                    Message::Serial(chunk) => chunk,
                    Message::Version(version) => {
                        readers[side].set_cache_size(version.cache_size);
                        continue;
                    }
                    _ => continue,
                };
                let (serial, mode) = (observed.serial.unwrap().unwrap(), observed.mode.unwrap());
                match (serial, readers[side].read_lazily(&chunk, mode).unwrap()) {
                    (Serial::Event(event), LazySerial::Event(skimmed)) => {
                        let running = Mode::RUNNING.with_data_format(mode.data_format);
                        for mode in [running, mode] {
                            let (forwarder, plain) = &mut writers[side];
                            let (mut forwarded, mut written) = (Vec::new(), Vec::new());
                            forwarder.forward(mode, &skimmed, &mut forwarded).unwrap();
                            let decoded = skimmed.to_event();
                            let (name, time) = (&decoded.name, decoded.time);
                            plain.event(mode, name, time, &decoded.args, &mut written).unwrap();
                            let [of_forwarded, of_written] = &mut ends[side];
                            let forwarded = of_forwarded.read(&forwarded.into(), mode).unwrap();
                            let written = of_written.read(&written.into(), mode).unwrap();
                            assert_eq!(format!("{forwarded:?}"), format!("{written:?}"), "{name}");
                        }
                        let mut forwarded = Vec::new();
                        forwarders[side].forward(mode, &skimmed, &mut forwarded).unwrap();
                        came += chunk.len();
                        went += forwarded.len();
                        kept.push((event, skimmed));
                    }
                    (serial, LazySerial::Other(other)) => {
                        assert_eq!(format!("{serial:?}"), format!("{other:?}"), "{name}");
                    }
                    (serial, skimmed) => panic!("{name}: {serial:?}, {skimmed:?}"),
                }
            }
        }
        references += readers.iter().map(|reader| reader.counters().references).sum::<u64>();
        assert!(readers.iter().all(|reader| reader.cached_bytes() < 4 << 20), "{name}");
        drop(readers);
        events += kept.len();
        for (event, skimmed) in kept.iter().rev() {
            assert_eq!(format!("{event:?}"), format!("{skimmed:?}"), "{name}");
        }
    }
    assert!(events > 3000 && references > 10_000, "{events} events, {references} references");
    // Only values that came as a reference and are not containers are sent in full.
    assert!(went < came + came / 10, "{went} bytes of {came}");
}
