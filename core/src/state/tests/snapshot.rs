use std::sync::Arc;

use bytes::Bytes;

use super::{all, count, notified, shown, store, store_of, value};
use crate::Time;
use crate::data::{
    BitVector, Bloom, BloomCells, BloomFilter, Hasher, Opaque, OpaqueState, Type, TypeKind, Value,
};
use crate::state::store::full::SnapshotError;
use crate::state::{Path, StateError};
use crate::wire::DataFormat;

#[test]
fn a_snapshot_restores_everything() {
    let mut before = store("a");
    before.assign(Path::to("tr").index(["k".into()]), value("[$a=\"x\"]")).unwrap();
    before.assign(Path::to("v").element(5), 1u64).unwrap();
    before.delete("t1", count(1)).unwrap();
    before.delete("m", count(1)).unwrap();
    before.add("own_set", count(7)).unwrap();
    let bytes = Bytes::from(before.snapshot().unwrap());
    let mut after = store("a");
    assert_eq!(after.restore(&bytes), Ok(vec![]));
    assert_eq!(all(&before), all(&after));
    assert_eq!(shown(&after, "own_set"), "{7}");
    assert_eq!(before.cost(), after.cost());
    // IDs are the same, and new ones continue after them.
    let path = Path::to("tr").index(["k".into()]).field("b");
    assert_eq!(
        notified(&before.increment(path.clone(), 1).unwrap().unwrap()),
        notified(&after.increment(path, 1).unwrap().unwrap())
    );
    let new = after.assign("v", value("vector(1)")).unwrap().unwrap();
    assert!(
        before
            .get(Path::to(match new.op1 {
                crate::data::Value::Vector(vector) => vector.mutable.unique_id.clone(),
                other => panic!("{other:?}"),
            }))
            .is_err()
    );
    assert_eq!(after.snapshot().map(|again| again == bytes), Ok(false));
}

/// Renews the checksum of a snapshot that was changed.
fn with_checksum(mut snapshot: Vec<u8>) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    let end = snapshot.len() - 4;
    crc.update(&snapshot[..end]);
    snapshot[end..].copy_from_slice(&crc.sum().to_be_bytes());
    snapshot
}

#[test]
fn a_snapshot_in_any_data_format_contains_its_number_and_is_restored() {
    let mut before = store("a");
    before.assign(Path::to("v").element(5), 1u64).unwrap();
    for format in DataFormat::ALL {
        let bytes = Bytes::from(before.snapshot_in(format).unwrap());
        assert_eq!(bytes[8..16], [0, 0, 0, 2, 0, 0, 0, format.number() as u8]);
        let mut after = store("a");
        assert_eq!(after.restore(&bytes), Ok(vec![]), "{format}");
        assert_eq!(all(&before), all(&after), "{format}");
        // With the number of another format, it is invalid or has other values.
        for other in DataFormat::ALL.into_iter().filter(|other| *other != format) {
            let mut changed = bytes.to_vec();
            changed[15] = other.number() as u8;
            let restored = after.restore(&with_checksum(changed).into());
            let is_same = restored == Ok(vec![]) && all(&before) == all(&after);
            // Only the formats of 2.0 and 2.1 encode the values of this store in the same way.
            let are_alike = [format, other].iter().all(|format| *format <= DataFormat::V22);
            assert_eq!(is_same, are_alike, "{format} as {other}");
        }
    }
}

#[test]
fn a_snapshot_of_version_1_is_in_data_format_26() {
    let before = store("a");
    let mut bytes = before.snapshot().unwrap();
    bytes[11] = 1;
    bytes.drain(12..16);
    let mut after = store("a");
    assert_eq!(after.restore(&with_checksum(bytes).into()), Ok(vec![]));
    assert_eq!(all(&before), all(&after));
}

/// Their seeds cannot be converted (2§13).
#[test]
fn bloom_filters_of_older_bros_are_kept() {
    const SCRIPT: &str = "global a: opaque of bloomfilter &synchronized; global b: opaque of bloomfilter &synchronized;";
    let filter = |seeds: &[u64]| {
        let hasher = Hasher { double: false, k: 1, seed: seeds.into() };
        let cells = BloomCells::Basic(Arc::new(BitVector { num_bits: 64, blocks: vec![1] }));
        let filter = BloomFilter { hasher: hasher.into(), cells };
        let state = OpaqueState::Bloom(Bloom { ty: None, filter: filter.into() });
        Value::Opaque(
            Opaque { ty: Type::new("", TypeKind::Opaque("bloomfilter".into())), state }.into(),
        )
    };
    let (older, newer) = (filter(&[7]), filter(&[7, 8]));
    for (a, b, number) in [(&newer, &newer, 26), (&older, &older, 25)] {
        let mut before = store_of(SCRIPT, "a");
        before.assign("a", a.clone()).unwrap();
        before.assign("b", b.clone()).unwrap();
        let bytes = Bytes::from(before.snapshot().unwrap());
        assert_eq!(bytes[15], number);
        let mut after = store_of(SCRIPT, "a");
        assert_eq!(after.restore(&bytes), Ok(vec![]));
        assert_eq!(after.get("a").as_ref(), Ok(a));
        assert_eq!(after.get("b").as_ref(), Ok(b));
    }
    // No format has both.
    let mut mixed = store_of(SCRIPT, "a");
    mixed.assign("a", older).unwrap();
    mixed.assign("b", newer).unwrap();
    let error = mixed.snapshot().unwrap_err();
    assert!(error.to_string().starts_with("snapshot of a: "), "{error}");
}

#[test]
fn large_tables_keep_their_entries_and_time_stamps() {
    const SCRIPT: &str = "
        global t: table[count] of count &synchronized &create_expire=1min;
        global own: table[count] of count;";
    let mut before = store_of(SCRIPT, "a");
    before.feed_time(Time::from_secs_f64(1000.0));
    for index in 0..10_000 {
        before.assign(Path::to("t").index(count(index)), index).unwrap();
        before.assign(Path::to("own").index(count(index)), index).unwrap();
    }
    let bytes = Bytes::from(before.snapshot().unwrap());
    let mut after = store_of(SCRIPT, "a");
    after.feed_time(Time::from_secs_f64(1050.0));
    assert_eq!(after.restore(&bytes), Ok(vec![]));
    assert_eq!(all(&before), all(&after));
    assert_eq!(shown(&before, "own"), shown(&after, "own"));
    assert_eq!(after.next_expiry(), Some(Time::from_secs_f64(1060.0)));
    after.feed_time(Time::from_secs_f64(1060.0));
    assert_eq!(std::iter::from_fn(|| after.poll_expired()).count(), 10_000);
}

#[test]
fn variables_with_other_declarations_are_not_restored() {
    let before = store_of(
        "global a = 1 &synchronized; global b: set[count] = { 1 } &synchronized;
         global c: set[count] = { 2 } &synchronized; global d: set[count] = { 3 } &synchronized;",
        "a",
    );
    let bytes = Bytes::from(before.snapshot().unwrap());
    // Another order, so that new containers reuse IDs; one variable with another type; one removed.
    let mut after = store_of(
        "global d: set[count] &synchronized; global c: set[count] &synchronized;
         global e: set[count] = { 9 } &synchronized; global a = \"x\" &synchronized;",
        "a",
    );
    let skipped = after.restore(&bytes).unwrap();
    assert!(
        matches!(&skipped[..], [(a, StateError::Type { .. }), (b, StateError::UnknownTarget(_))]
        if *a == "a" && *b == "b"),
        "{skipped:?}"
    );
    assert_eq!(all(&after), ["d = {3}", "c = {2}", "e = {9}", "a = x"]);
    after.add("d", count(5)).unwrap();
    assert_eq!(all(&after), ["d = {3,5}", "c = {2}", "e = {9}", "a = x"]);
}

#[test]
fn any_damage_is_detected_and_leaves_the_initial_state() {
    let mut before = store("a");
    before.assign("n", 99i64).unwrap();
    let bytes = before.snapshot().unwrap();
    let initial = all(&store("a"));
    let mut after = store("a");
    let mut damaged = |bytes: Vec<u8>| {
        let result = after.restore(&Bytes::from(bytes)).unwrap_err();
        assert_eq!(all(&after), initial);
        result
    };
    for end in (0..bytes.len()).step_by(17) {
        damaged(bytes[..end].to_vec());
    }
    for at in (0..bytes.len()).step_by(13) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        damaged(bytes);
    }
    assert_eq!(damaged(b"{}".to_vec()), SnapshotError::NoSnapshot);
    let mut newer = bytes.clone();
    newer[11] = 3;
    assert_eq!(damaged(newer), SnapshotError::Version { found: 3 });
    for number in [0, 24, 27] {
        let mut other = bytes.clone();
        other[15] = number;
        let error = damaged(with_checksum(other));
        assert_eq!(error, SnapshotError::DataFormat { found: number.into() });
        assert!(error.to_string().ends_with("expected 21, 22, 23, 25, 26"), "{error}");
    }
    let mut flipped = bytes;
    flipped[40] ^= 1;
    assert!(matches!(damaged(flipped), SnapshotError::Checksum { .. }));
}
