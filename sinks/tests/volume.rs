//! Volumes that fill up, fail, or have several readers.

use std::time::Duration;

use brocomm::Time;
use brocomm_sinks::spool::{
    AppendError, Contents, Folder, Fsync, OpenError, Reader, Spool, SpoolConfig, WhenFull,
    WriteError, epoch, inspect,
};

use crate::support::{Memory, TempDir, read_all};

const NOW: Time = Time::from_nanos(1_500_000_000_000_000_000);
const SECOND: Duration = Duration::from_secs(1);

fn config() -> SpoolConfig {
    SpoolConfig { fsync: Fsync::Always, segment: 1000, size: 5000, ..SpoolConfig::default() }
}

fn spool(memory: &Memory, config: SpoolConfig) -> Spool {
    Spool::on(memory.volume(), config, 7, NOW).unwrap().0
}

fn add(spool: &mut Spool, now: Time) -> Result<u64, WriteError> {
    let sequence = spool.append(now, "a.b", &[b'x'; 50]).unwrap();
    spool.commit(now).map(|()| sequence)
}

#[test]
fn a_full_disk_loses_and_duplicates_nothing() {
    for room in 0..300 {
        let memory = Memory::default();
        memory.disk().room = Some(room);
        let mut spool = spool(&memory, config());
        let mut durable = 0;
        for _ in 0..5 {
            let result = add(&mut spool, NOW);
            if let Err(error) = result {
                assert!(matches!(error, WriteError::Write(_)) && !error.is_final(), "{error}");
            }
            assert!(spool.durable() >= durable);
            durable = spool.durable();
        }
        assert_eq!(memory.read_all().len() as u64, durable);
        memory.disk().room = None;
        spool.commit(NOW).unwrap();
        assert_eq!(spool.durable(), 5);
        let sequences: Vec<u64> = memory.read_all().iter().map(|(at, _)| *at).collect();
        assert_eq!(sequences, [1, 2, 3, 4, 5], "room for {room}");
        inspect(&memory, |contents| assert_eq!(contents.damages, 0)).unwrap();
    }
}

#[test]
fn pending_bytes_are_bounded_while_the_disk_is_full() {
    let memory = Memory::default();
    memory.disk().room = Some(0);
    let mut spool = spool(&memory, config());
    let line = vec![b'x'; 100_000];
    let mut taken = 0;
    let error = loop {
        match spool.append(NOW, "a", &line) {
            Ok(_) => taken += 1,
            Err(error) => break error,
        }
        assert!(spool.commit(NOW).is_err());
    };
    assert_eq!(error, AppendError::Full);
    assert!((10..=11).contains(&taken), "{taken}");
}

#[test]
fn a_failed_flush_is_final() {
    let memory = Memory::default();
    let mut spool = spool(&memory, config());
    add(&mut spool, NOW).unwrap();
    memory.disk().flush_fails = true;
    let error = add(&mut spool, NOW).unwrap_err();
    assert!(error.is_final(), "{error}");
    assert_eq!(spool.durable(), 1);
}

#[test]
fn unread_segments_are_not_deleted() {
    let memory = Memory::default();
    let mut spool = spool(&memory, config());
    memory.disk().positions = vec![0, 100];
    let error = (0..200).find_map(|_| add(&mut spool, NOW).err()).unwrap();
    assert!(matches!(error, WriteError::Limit) && !error.is_final(), "{error}");
    assert_eq!(spool.first(), 1);
    let durable = spool.durable();
    // After the slower one has read a segment, there is room.
    let second = *memory.disk().segments.keys().nth(1).unwrap();
    memory.disk().positions = vec![second - 1, 100];
    spool.commit(NOW).unwrap();
    assert_eq!((spool.first(), spool.durable()), (second, durable + 1));
    assert!(spool.bytes() <= 5000);
}

#[test]
fn the_oldest_segments_are_deleted_without_readers_or_by_policy() {
    let drop_oldest = SpoolConfig { when_full: WhenFull::DropOldest, ..config() };
    for (config, positions) in [(config(), vec![]), (drop_oldest, vec![3])] {
        let memory = Memory::default();
        let mut spool = spool(&memory, config);
        memory.disk().positions = positions;
        let mut reader = Reader::on(memory.volume(), 1);
        reader.next_entry().unwrap();
        for _ in 0..200 {
            add(&mut spool, NOW).unwrap();
            assert!(spool.bytes() <= 5000);
        }
        let first = spool.first();
        assert!(first > 100);
        let read = read_all(&mut reader);
        assert_eq!(read.first().map(|(at, _)| *at), Some(first));
        assert_eq!(read.last().map(|(at, _)| *at), Some(200));
        // It counts the entries that it has missed.
        assert_eq!(reader.missed().entries, first - 1);
    }
}

#[test]
fn old_segments_are_deleted_once_they_are_read() {
    let memory = Memory::default();
    let config = SpoolConfig { age: 100 * SECOND, size: 1 << 30, ..config() };
    let mut spool = spool(&memory, config);
    memory.disk().positions = vec![0];
    let mut now = NOW;
    for _ in 0..300 {
        now += SECOND;
        memory.disk().now = now;
        add(&mut spool, now).unwrap();
    }
    assert_eq!(spool.first(), 1);
    memory.disk().positions = vec![u64::MAX];
    spool.retain(now).unwrap();
    let oldest = memory.disk().segments.values().next().unwrap().modified;
    assert!(now.saturating_since(oldest) < 100 * SECOND);
    assert!(memory.disk().segments.len() > 1);
}

#[test]
fn only_the_last_segment_is_read_when_a_spool_is_opened() {
    let memory = Memory::default();
    let mut one = spool(&memory, SpoolConfig { size: 1 << 30, ..config() });
    (0..500).for_each(|_| assert!(add(&mut one, NOW).is_ok()));
    memory.disk().read.clear();
    let last = *memory.disk().segments.keys().last().unwrap();
    assert_eq!(spool(&memory, config()).appended(), 500);
    assert_eq!(memory.disk().read, [last]);
}

#[test]
fn fsync_is_as_often_as_configured() {
    for (fsync, durable) in
        [(Fsync::Always, [1, 2, 3]), (Fsync::Every(SECOND), [0, 0, 3]), (Fsync::Never, [1, 2, 3])]
    {
        let memory = Memory::default();
        let mut spool = spool(&memory, SpoolConfig { fsync, ..config() });
        for (at, expected) in durable.into_iter().enumerate() {
            let now = NOW + Duration::from_millis(500) * u32::try_from(at).unwrap();
            add(&mut spool, now).unwrap();
            assert_eq!(spool.durable(), expected, "{fsync:?}");
            let stored = memory.disk().segments[&1].clone();
            let flushed = if fsync == Fsync::Never { 0 } else { expected };
            assert_eq!(
                stored.flushed as u64,
                flushed * (stored.bytes.len() as u64 / (at as u64 + 1))
            );
        }
        assert_eq!(spool.next_timeout(), None);
    }
}

#[test]
fn positions_and_the_epoch_are_kept_on_the_disk() {
    let folder = TempDir::new();
    let path = folder.path();
    let (mut spool, _) = Spool::open(path, config(), NOW).unwrap();
    assert!(matches!(Spool::open(path, config(), NOW), Err(OpenError::Locked)));
    (0..30).for_each(|_| assert!(add(&mut spool, NOW).is_ok()));
    let mut reader = Reader::open(path, "one").unwrap();
    (0..20).for_each(|_| drop(reader.next_entry().unwrap().unwrap()));
    reader.acknowledge(12).unwrap();
    drop(spool);

    let later = NOW + SECOND;
    let (spool, recovery) = Spool::open(path, config(), later).unwrap();
    assert_eq!((spool.epoch(), recovery.last), (NOW.as_nanos(), 30));
    assert_eq!(epoch(path).unwrap(), Some(NOW.as_nanos()));
    assert_eq!(Folder::new(path).positions().unwrap(), [("one".to_owned(), 12)]);
    let mut reader = Reader::open(path, "one").unwrap();
    assert_eq!(reader.next_entry().unwrap().unwrap().sequence, 13);
    reader.rewind();
    assert_eq!(read_all(&mut reader).len(), 18);

    // After its position is damaged, the reader starts again.
    std::fs::write(path.join("readers/one"), "position-1 0000").unwrap();
    assert_eq!(read_all(&mut Reader::open(path, "one").unwrap()).len(), 30);
    for name in ["", "../x", "a.b", "~", &"x".repeat(65)] {
        assert!(Reader::open(path, name).is_err(), "{name}");
    }
}

#[test]
fn numbers_continue_after_all_segments_are_deleted() {
    let memory = Memory::default();
    memory.disk().positions = vec![4, 9];
    let mut spool = spool(&memory, config());
    assert_eq!(add(&mut spool, NOW).unwrap(), 10);
    assert_eq!(memory.read_all().len(), 1);
}

#[test]
fn numbers_continue_after_acknowledged_ones() {
    // The system has lost what was not flushed, and a reader had already read it.
    let memory = Memory::default();
    let mut one = spool(&memory, config());
    (0..3).for_each(|_| assert!(add(&mut one, NOW).is_ok()));
    memory.disk().positions = vec![2, 7];
    let mut two = spool(&memory, config());
    assert_eq!(two.durable(), 7);
    assert_eq!(add(&mut two, NOW).unwrap(), 8);
    let sequences: Vec<u64> = memory.read_all().iter().map(|(at, _)| *at).collect();
    assert_eq!(sequences, [1, 2, 3, 8]);
    let mut reader = Reader::on(memory.volume(), 8);
    assert_eq!(reader.next_entry().unwrap().unwrap().sequence, 8);
    assert_eq!(reader.missed().entries, 0);
}

#[test]
fn entries_not_flushed_before_a_system_restart_get_another_epoch() {
    let mark = |folder: &TempDir| folder.path().join("unflushed");
    let open = |folder: &TempDir, fsync, seconds| {
        let config = SpoolConfig { fsync, ..config() };
        Spool::open(folder.path(), config, NOW + SECOND * seconds).unwrap().0.epoch()
    };
    let first = NOW.as_nanos();
    for then in [Fsync::Never, Fsync::Always] {
        let folder = TempDir::new();
        assert_eq!(open(&folder, Fsync::Always, 0), first);
        assert!(!mark(&folder).exists());
        assert_eq!(open(&folder, Fsync::Never, 1), first);
        // Only the program was restarted, if the system has a boot ID.
        let is_known = !std::fs::read_to_string(mark(&folder)).unwrap().is_empty();
        let second = open(&folder, then, 2);
        assert_eq!(second == first, is_known);
        std::fs::write(mark(&folder), "another run").unwrap();
        let third = open(&folder, then, 3);
        assert_eq!(third, (NOW + SECOND * 3).as_nanos());
        assert_eq!(mark(&folder).exists(), then == Fsync::Never);
        if is_known {
            assert_eq!(open(&folder, then, 4), third);
        }
    }
}

#[test]
fn damage_to_a_spool_is_found() {
    let memory = Memory::default();
    let mut spool = spool(&memory, config());
    (0..30).for_each(|_| assert!(add(&mut spool, NOW).is_ok()));
    let (first, second) = {
        let mut disk = memory.disk();
        let firsts: Vec<u64> = disk.segments.keys().copied().collect();
        disk.segments.get_mut(&firsts[0]).unwrap().bytes[200] ^= 1;
        disk.segments.get_mut(&firsts[2]).unwrap().bytes.truncate(100);
        (disk.segments.remove(&firsts[1]), firsts[1])
    };
    assert!(first.is_some());
    let mut all: Vec<Contents> = Vec::new();
    inspect(&memory, |contents| all.push(contents)).unwrap();
    assert_eq!((all[0].missing, all[0].damages), (1, 1));
    assert_eq!(all[0].records, second - 2);
    assert!(all[1].missing > 1, "a segment is gone");
    assert_eq!(all[1].damages + u64::from(all[1].torn > 0), 1);
}
