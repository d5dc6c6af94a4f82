//! The contents of a spool after a crash.

use std::collections::BTreeMap;
use std::time::Duration;

use brocomm::Time;
use brocomm_sinks::spool::{Fsync, Reader, Spool, SpoolConfig};
use proptest::prelude::*;

use crate::support::{Memory, read_all};

const NOW: Time = Time::from_nanos(1_500_000_000_000_000_000);

fn config(segment: u64) -> SpoolConfig {
    let fsync = Fsync::Every(Duration::from_millis(100));
    SpoolConfig { fsync, segment, ..SpoolConfig::default() }
}

fn line(number: u64, length: usize) -> Vec<u8> {
    format!("{{\"n\":{number},\"x\":\"{}\"}}", "B1 ".repeat(length)).into_bytes()
}

/// Creates a spool with some records. Returns the bytes of its only segment, and the end of each
/// record.
fn small() -> (Vec<u8>, Vec<usize>) {
    let memory = Memory::default();
    let (mut spool, _) = Spool::on(memory.volume(), config(1 << 20), 7, NOW).unwrap();
    let mut ends = Vec::new();
    for number in 1..=8_u64 {
        let length = usize::try_from(number % 5).unwrap();
        spool.append(NOW, "a.b", &line(number, length)).unwrap();
        spool.finish(NOW).unwrap();
        ends.push(memory.disk().segments[&1].bytes.len());
    }
    let bytes = memory.disk().segments[&1].bytes.clone();
    (bytes, ends)
}

/// Opens a spool with these bytes, appends one more entry, and reads everything.
fn reopened(bytes: Vec<u8>) -> Vec<(u64, Vec<u8>)> {
    let memory = Memory::default();
    memory.disk().segments.entry(1).or_default().bytes = bytes;
    let (mut spool, recovery) = Spool::on(memory.volume(), config(1 << 20), 7, NOW).unwrap();
    let added = spool.append(NOW, "a.b", b"added").unwrap();
    assert_eq!(added, recovery.last + 1);
    spool.finish(NOW).unwrap();
    let mut all = memory.read_all();
    assert_eq!(all.pop(), Some((added, b"added".to_vec())));
    all
}

fn entry(number: u64) -> (u64, Vec<u8>) {
    (number, line(number, usize::try_from(number % 5).unwrap()))
}

#[test]
fn a_truncated_spool_has_all_complete_records() {
    let (bytes, ends) = small();
    for length in 0..=bytes.len() {
        // The line end is written last, and a record is complete without it.
        let whole = ends.iter().filter(|end| **end <= length + 1).count() as u64;
        let expected: Vec<_> = (1..=whole).map(entry).collect();
        assert_eq!(reopened(bytes[..length].to_vec()), expected, "cut off at {length}");
        // The file system may have allocated space that was never written.
        let zeros = [&bytes[..length], &[0; 100]].concat();
        assert_eq!(reopened(zeros), expected, "zeros from {length} on");
    }
}

#[test]
fn a_damaged_byte_affects_only_its_record() {
    let (bytes, ends) = small();
    for at in 0..bytes.len() {
        let hit = ends.iter().filter(|end| **end <= at).count() as u64 + 1;
        for change in [0x01, 0x0a, 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] ^= change;
            let read = reopened(bytes);
            let others: Vec<_> = (1..=8).filter(|number| *number != hit).map(entry).collect();
            let all: Vec<_> = (1..=8).map(entry).collect();
            // A line end belongs to its record, which is readable without it.
            assert!(read == others || read == all, "byte {at} changed by {change}: {read:?}");
        }
    }
}

/// A step in the life of a spool.
#[derive(Debug, Clone)]
enum Step {
    Append(usize),
    Commit {
        after: u64,
    },
    Finish,
    /// Only this part, in 1/256, of the unflushed bytes remains, followed by garbage.
    Crash {
        part: u8,
        garbage: Vec<u8>,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0_usize..60).prop_map(Step::Append),
        4 => (0_u64..200).prop_map(|after| Step::Commit { after }),
        1 => Just(Step::Finish),
        1 => (any::<u8>(), prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(part, garbage)| Step::Crash { part, garbage }),
    ]
}

proptest! {
    #[test]
    fn durable_records_are_not_lost_and_damaged_ones_not_read(
        steps in prop::collection::vec(step(), 1..120),
        piece in 1_usize..200,
        segment in 200_u64..2000,
    ) {
        let memory = Memory::default();
        memory.disk().piece = Some(piece);
        let mut now = NOW;
        let (mut spool, _) = Spool::on(memory.volume(), config(segment), 7, now).unwrap();
        // A reader that is always open, and sees what is durable.
        let mut reader = Reader::on(memory.volume(), 1);
        let mut seen = Vec::new();
        let (mut appended, mut durable) = (BTreeMap::new(), BTreeMap::new());
        for step in steps {
            match step {
                Step::Append(length) => {
                    let text = line(now.as_nanos(), length);
                    let sequence = spool.append(now, "a.b", &text).unwrap();
                    appended.insert(sequence, text);
                }
                Step::Commit { after } => {
                    now += Duration::from_millis(after);
                    spool.commit(now).unwrap();
                }
                Step::Finish => spool.finish(now).unwrap(),
                Step::Crash { part, garbage } => {
                    for stored in memory.disk().segments.values_mut() {
                        let lost = stored.bytes.len() - stored.flushed;
                        let kept = stored.flushed + lost * usize::from(part) / 256;
                        stored.bytes.truncate(kept);
                        if lost > 0 {
                            stored.bytes.extend(&garbage);
                        }
                    }
                    let last = spool.durable();
                    let (opened, recovery) =
                        Spool::on(memory.volume(), config(segment), 7, now).unwrap();
                    prop_assert!(recovery.last >= last);
                    // Entries that were not durable may still exist. Otherwise their numbers are
                    // used again.
                    appended.retain(|sequence, _| *sequence <= recovery.last);
                    spool = opened;
                    // A reader in the same program ends together with the spool.
                    reader = Reader::on(memory.volume(), reader.next_sequence());
                }
            }
            durable.extend(appended.range(..=spool.durable()).map(|(at, text)| (*at, text.clone())));
            while reader.next_sequence() <= spool.durable() {
                let entry = reader.next_entry().unwrap().unwrap();
                seen.push((entry.sequence, entry.line.to_vec()));
            }
        }
        spool.finish(now).unwrap();
        let read = memory.read_all();
        prop_assert_eq!(&read, &appended.clone().into_iter().collect::<Vec<_>>());
        for (sequence, text) in durable {
            prop_assert_eq!(appended.get(&sequence), Some(&text));
        }
        seen.extend(read_all(&mut reader));
        prop_assert_eq!(seen, read);
    }

    #[test]
    fn arbitrary_bytes_are_read_to_the_end(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let memory = Memory::default();
        memory.disk().segments.entry(1).or_default().bytes = bytes;
        prop_assert_eq!(memory.read_all(), []);
    }
}
