use super::{count, notified, shown, store_of, sync};
use crate::Time;
use crate::data::Opcode;
use crate::state::store::local::Touched;
use crate::state::{Expired, Path, Store};

const SCRIPT: &str = "
    type R: record { inner: table[count] of string &write_expire=10sec; };
    global born: table[count] of string = { [0] = \"initial\" } &create_expire=1min
        &expire_func=gone &synchronized;
    global written: table[count] of string &write_expire=10sec &synchronized;
    global used: set[count] &read_expire=10sec &synchronized;
    global r: R &synchronized;
    global own: set[count] &create_expire=5sec;
";

fn at(seconds: f64) -> Time {
    Time::from_secs_f64(1_500_000_000.0 + seconds)
}

fn begin() -> Store {
    let mut store = store_of(SCRIPT, "a");
    // The lifetime of initial entries begins when the time becomes known.
    assert!(expire(&mut store, 0.0).is_empty());
    store
}

fn expire(store: &mut Store, seconds: f64) -> Vec<Expired> {
    store.feed_time(at(seconds));
    std::iter::from_fn(|| store.poll_expired()).collect()
}

fn tell(store: &mut Store, seconds: f64) -> Vec<String> {
    expire(store, seconds).iter().map(|e| e.access.as_ref().map_or("-".into(), notified)).collect()
}

#[test]
fn lifetimes_begin_with_creation() {
    let mut store = begin();
    assert!(store.next_expiry().is_some_and(|time| time <= at(60.0)));
    store.assign(Path::to("born").index(count(1)), "one").unwrap();
    assert!(expire(&mut store, 30.0).is_empty());
    store.assign(Path::to("born").index(count(1)), "again").unwrap();
    let gone = expire(&mut store, 60.0);
    let shown: Vec<_> =
        gone.iter().map(|e| (e.index.items[0].to_string(), e.value.clone())).collect();
    assert_eq!(shown, [("0".into(), Some("initial".into())), ("1".into(), Some("again".into()))]);
    let one = &gone[0];
    assert_eq!(
        (one.variables.as_slice(), &*one.id),
        (["born".into()].as_slice(), b"#a#1#1".as_slice())
    );
    assert!(one.func.is_some());
    assert_eq!(notified(one.access.as_ref().unwrap()), "expire #a#1#1 0 - -");
    assert_eq!(store.next_expiry(), None);
}

#[test]
fn writes_and_reads_renew_lifetimes() {
    let mut store = begin();
    for index in [1, 2] {
        store.assign(Path::to("written").index(count(index)), "w").unwrap();
        store.add("used", count(index)).unwrap();
    }
    store.feed_time(at(6.0));
    store.assign(Path::to("written").index(count(1)), "again").unwrap();
    let touched = store.touch("used", count(1)).unwrap();
    assert_eq!((touched.found, touched.value), (true, None));
    assert_eq!(notified(&touched.access.unwrap()), "read_idx #a#1#3 1 - -");
    assert_eq!(tell(&mut store, 10.0), ["expire #a#1#2 2 - -", "expire #a#1#3 2 - -"]);
    // Peers are notified once per half of the lifetime.
    store.feed_time(at(10.5));
    assert_eq!(store.touch("used", count(1)).unwrap().access, None);
    store.feed_time(at(11.0));
    assert!(store.touch("used", count(1)).unwrap().access.is_some());
    assert_eq!(store.touch("used", count(9)), Ok(Touched::default()));
    assert_eq!(tell(&mut store, 16.0), ["expire #a#1#2 1 - -"]);
    assert!(tell(&mut store, 20.9).is_empty());
    assert_eq!(tell(&mut store, 21.0), ["expire #a#1#3 1 - -"]);
}

#[test]
fn tables_in_records_expire_too_but_deleted_tables_do_not() {
    let mut store = begin();
    let inner = || Path::to("r").field("inner");
    store.assign(inner().index(count(1)), "x").unwrap();
    store.assign(inner().index(count(2)), "y").unwrap();
    store.delete(inner(), count(2)).unwrap();
    let gone = expire(&mut store, 10.0);
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].variables, ["r"]);
    store.assign(inner().index(count(3)), "z").unwrap();
    let r = store.get("r").unwrap();
    store.assign("r", r).unwrap();
    // The old table is gone; the lifetime in the new one starts again.
    assert_eq!(expire(&mut store, 20.0).len(), 1);
    assert_eq!(store.next_expiry(), Some(at(60.0)));
}

#[test]
fn entries_of_local_variables_expire_silently() {
    let mut store = begin();
    store.add("own", count(1)).unwrap();
    assert_eq!(tell(&mut store, 5.0), ["-"]);
}

#[test]
fn a_peers_expiry_and_reads_are_applied() {
    let (mut a, mut b) = (begin(), begin());
    a.add("used", count(1)).unwrap();
    a.assign(Path::to("born").index(count(7)), "x").unwrap();
    sync(&a, &mut b);
    a.feed_time(at(9.0));
    b.feed_time(at(9.0));
    b.apply(&a.touch("used", count(1)).unwrap().access.unwrap()).unwrap();
    assert!(expire(&mut b, 18.0).is_empty());
    assert_eq!(expire(&mut b, 19.0).len(), 1);
    for expired in expire(&mut a, 60.0) {
        let access = expired.access.unwrap();
        assert_eq!(access.opcode, Opcode::Expire);
        let applied = b.apply(&access).unwrap();
        if access.target == "#a#1#1" {
            let there = applied.expired.unwrap();
            assert_eq!((there.access, there.func.is_some()), (None, true));
        }
    }
    assert_eq!(shown(&b, "born"), "{}");
    assert!(expire(&mut b, 100.0).is_empty());
}

#[test]
fn time_does_not_go_back() {
    let mut store = begin();
    store.add("used", count(1)).unwrap();
    store.feed_time(at(20.0));
    store.feed_time(at(1.0));
    assert!(store.poll_expired().is_some());
}

#[test]
fn time_stamps_use_the_wall_clock_but_lifetimes_do_not() {
    // One node's clock was set after it started; the other started with the right time.
    for ahead in [3600.0, -3600.0] {
        let (mut stepped, mut right) = (begin(), store_of(SCRIPT, "b"));
        assert!(expire(&mut right, ahead).is_empty());
        stepped.feed_time(at(10.0));
        right.feed_time(at(ahead + 10.0));
        stepped.feed_wall_clock(ahead as i128 * 1_000_000_000);
        stepped.assign(Path::to("born").index(count(1)), "one").unwrap();
        let crate::data::Value::Table(table) = stepped.get("born").unwrap() else { panic!() };
        let entry = table.entries.iter().find(|e| e.index.items == count(1)).unwrap();
        let now = at(ahead + 10.0).as_secs_f64();
        assert_eq!((entry.last_access, entry.expire_access), (now, now));
        sync(&stepped, &mut right);
        right.assign(Path::to("born").index(count(2)), "two").unwrap();
        sync(&right, &mut stepped);
        for (store, began) in [(&mut stepped, 0.0), (&mut right, ahead)] {
            // The initial entry expires first, then both others.
            assert_eq!(expire(store, began + 69.0).len(), 1, "{ahead}");
            assert_eq!(expire(store, began + 70.0).len(), 2, "{ahead}");
        }
    }
}
