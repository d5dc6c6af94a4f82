//! Logs of records.

use super::*;

#[test]
fn log_entries_are_written_from_records_and_read_by_column() {
    let [collector, sensor] = pair(|node| node.log::<Info>("scans").receive_logs());
    let mut entries = collector.log_entries().unwrap();
    let log = sensor.log::<Info>("scans").unwrap();
    assert_eq!(log.write(&info(1), late()).unwrap().peers, 1);
    assert_eq!(
        log.write(&Info { note: Some("again".into()), ..info(2) }, late()).unwrap().peers,
        1
    );
    for (last, note) in [(1, LogValue::Unset(TypeTag::String)), (2, LogValue::string("again"))] {
        let (_, entry) = entries.next(late()).unwrap();
        assert_eq!(entry.writer.path, "scans");
        assert_eq!(entry.get("host"), Some(&LogValue::Addr([10, 0, 0, last].into())));
        assert_eq!(entry.get("kind"), Some(&LogValue::Enum("Scan::PORT".into())));
        assert_eq!(entry.get("note"), Some(&note));
        assert_eq!(entry.get("hidden"), None);
    }
}

/// Some columns of `Info`, in another order.
#[derive(Debug, PartialEq, Record)]
pub(super) struct ScanEntry {
    note: Option<String>,
    kind: String,
    host: IpAddr,
}

#[derive(Debug, PartialEq, Record)]
struct Wrong {
    host: u64,
}

#[test]
fn a_log_is_read_as_records() {
    let [collector, sensor] = pair(|node| node.log::<Info>("scans").receive_logs());
    let mut scans = collector.logs::<ScanEntry>("scans").unwrap();
    let mut wrong = collector.logs::<Wrong>("scans").unwrap();
    let mut other = collector.logs::<ScanEntry>("conn").unwrap();
    let log = sensor.log::<Info>("scans").unwrap();
    log.write(&Info { note: Some("again".into()), ..info(2) }, late()).unwrap();
    let expected = ScanEntry {
        note: Some("again".into()),
        kind: "Scan::PORT".into(),
        host: [10, 0, 0, 2].into(),
    };
    assert_eq!(scans.next(late()).unwrap().unwrap().1, expected);
    let error = wrong.next(late()).unwrap().unwrap_err();
    let from = format!("entry of log scans from {}: ", error.peer);
    assert_eq!(error.to_string(), from + "$host: expected count, found addr");
    assert!(other.next(Some(Instant::now())).is_none());
}

#[derive(Record)]
#[bro(log)]
pub(super) struct Other {
    ts: Time,
}

#[derive(Record)]
#[bro(log)]
struct Fewer {
    host: IpAddr,
}

/// As the columns of `Info`, but for one type and what may be unset.
#[derive(Record)]
#[bro(log)]
struct Differs {
    host: IpAddr,
    kind: u64,
    note: String,
}

#[derive(Record)]
pub(super) struct Unloggable {
    hidden: u64,
}

#[test]
fn a_log_with_other_columns_is_refused() {
    let node = Node::builder().log::<Info>("scans").start().unwrap();
    let error = node.log::<Info>("conn").unwrap_err();
    assert_eq!(error, StreamError::NoLog { path: "conn".into() });
    assert_eq!(error.to_string(), "log conn is not declared");
    let error = |error: StreamError| error.to_string();
    for (found, expected) in [
        (
            node.log::<Other>("scans").map_err(error).map(drop),
            "log scans has no column ts, which the record has",
        ),
        (
            node.log::<Fewer>("scans").map_err(error).map(drop),
            "log scans has the column kind, for which the record has no field",
        ),
        (
            node.log::<Differs>("scans").map_err(error).map(drop),
            "entry for log scans, column kind: value of type count in column 1 of type enum",
        ),
    ] {
        assert_eq!(found, Err(expected.to_owned()));
    }
    let _ = (Other { ts: Time::from_secs_f64(0.0) }.ts, Unloggable { hidden: 0 }.hidden);
}
