use bytes::Bytes;

use super::{all, count, shown, store, store_of, told, value};
use crate::Time;
use crate::state::store::snapshot::SnapshotError;
use crate::state::{Path, StateError};

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
        told(&before.increment(path.clone(), 1).unwrap().unwrap()),
        told(&after.increment(path, 1).unwrap().unwrap())
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
    newer[11] = 2;
    assert_eq!(damaged(newer), SnapshotError::Version { found: 2 });
    let mut flipped = bytes;
    flipped[40] ^= 1;
    assert!(matches!(damaged(flipped), SnapshotError::Checksum { .. }));
}
