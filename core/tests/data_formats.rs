//! Recorded sessions of Bros before 2.5, in their data formats (2§13).

use std::collections::BTreeMap;

use brocomm::lowlevel::logs::{LogReceiver, LogWriter};
use brocomm::lowlevel::wire::{DataFormat, Message};
use brocomm_conformance::Side;

use crate::common::{good_recordings, is_older, observed};

#[test]
fn serials_of_older_bros_are_reproduced_byte_for_byte() {
    let mut serials = BTreeMap::new();
    for (name, recording) in good_recordings().iter().filter(|(name, _)| is_older(name)) {
        for side in Side::BOTH {
            for observed in observed(recording, side) {
                let Ok(Message::Serial(chunk)) = &observed.message else { continue };
                let serial = observed.serial.unwrap().unwrap_or_else(|error| {
                    panic!("{name}, {side}, at {}: {error}", observed.offset)
                });
                let (transcript, mode) = (observed.transcript.unwrap(), observed.mode.unwrap());
                let mut again = Vec::new();
                transcript.write_again(&serial, mode, &mut again);
                assert!(again == *chunk, "{name}, {side}, at {}: {serial:?}", observed.offset);
                *serials.entry(mode.data_format).or_insert(0) += 1;
            }
        }
    }
    let formats: Vec<_> = serials.keys().copied().collect();
    assert_eq!(formats, DataFormat::ALL[..4], "{serials:?}");
    assert!(serials.values().all(|count| *count > 50), "{serials:?}");
}

#[test]
fn logs_of_older_bros_are_reproduced_byte_for_byte() {
    let (mut writers, mut entries) = (BTreeMap::new(), BTreeMap::new());
    for (name, recording) in good_recordings().iter().filter(|(name, _)| is_older(name)) {
        for side in Side::BOTH {
            let mut receiver = None;
            for observed in observed(recording, side) {
                let format = observed.data_format;
                let receiver =
                    receiver.get_or_insert_with(|| LogReceiver::default().with_data_format(format));
                match observed.message.unwrap() {
                    Message::LogCreateWriter(argument) => {
                        let writer = LogWriter::decode_in(&argument, format).unwrap();
                        let mut again = Vec::new();
                        writer.encode_in(format, &mut again);
                        assert_eq!(again, argument, "{name}");
                        receiver.announce(&argument).unwrap();
                        *writers.entry(format).or_insert(0) += 1;
                    }
                    Message::LogWrite(argument) => {
                        for entry in receiver.entries(&argument) {
                            entry.unwrap_or_else(|error| panic!("{name}: {error}"));
                            *entries.entry(format).or_insert(0) += 1;
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    let formats: Vec<_> = writers.keys().copied().collect();
    assert_eq!(formats, DataFormat::ALL[..4], "{writers:?}");
    assert!(entries.keys().eq(writers.keys()), "{entries:?}");
}
