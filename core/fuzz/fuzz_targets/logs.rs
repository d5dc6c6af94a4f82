//! Log messages: what is read is written to the same bytes, and makes one line in a log.
#![no_main]

use brocomm::Time;
use brocomm::logs::{AsciiFormat, JsonFormat, LogStream, LogStreams};
use brocomm::lowlevel::logs::{LogReceiver, LogWriter, ReceivedEntry};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // The first two bytes say how long the announcement is; entries follow it.
    let Some((length, rest)) = input.split_first_chunk() else { return };
    let split = usize::from(u16::from_be_bytes(*length)).min(rest.len());
    let (announcement, entries) = rest.split_at(split);
    let (announcement, entries) =
        (Bytes::copy_from_slice(announcement), Bytes::copy_from_slice(entries));
    let mut receiver = LogReceiver::default();
    if receiver.announce(&announcement).is_ok() {
        let writer = LogWriter::decode(&announcement).expect("it was announced");
        let mut again = Vec::new();
        writer.encode(&mut again);
        let again = LogWriter::decode(&again.into()).expect("our own bytes");
        // NaN equals nothing.
        assert_eq!(format!("{writer:?}"), format!("{again:?}"));
    }
    for received in receiver.entries(&entries) {
        let Ok(ReceivedEntry::Entry(entry)) = received else { continue };
        let mut line = Vec::new();
        AsciiFormat::default().entry(&entry.values, &mut line);
        JsonFormat::default().entry(&entry.writer.fields, &entry.values, &mut line);
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 2);

        let writer = &entry.writer;
        let mut streams = LogStreams::new();
        let stream = LogStream::new(writer.stream, writer.path.clone(), writer.fields.clone());
        if streams.declare(stream).is_err() {
            // A column of ours has a type that makes sense.
            continue;
        }
        let encoded = streams.write(writer.stream, &entry.values, Time::EPOCH).expect("it fits");
        let encoded = Bytes::copy_from_slice(encoded.as_bytes());
        let mut reader = LogReceiver::default();
        let mut announcement = Vec::new();
        streams.writers().for_each(|active| active.writer.encode(&mut announcement));
        reader.announce(&announcement.into()).expect("our own bytes");
        let again = reader.entries(&encoded).next().expect("an entry").expect("our own bytes");
        let ReceivedEntry::Entry(again) = again else { panic!("dropped") };
        assert_eq!(format!("{:?}", entry.values), format!("{:?}", again.values));
    }
});
