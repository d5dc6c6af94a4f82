//! Events, tables and logs with Rust types.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use brocomm_std::brocomm::Time;
use brocomm_std::brocomm::data::{ToValue, TypeTag};
use brocomm_std::brocomm::logs::{LogValue, StreamError};
use brocomm_std::brocomm::node::{Bound, Handshake, Notification, PeerConfig};
use brocomm_std::brocomm::state::StateError;
use brocomm_std::{Builder, Change, Enum, Event, Node, Record, StartError, Table, TransportError};

#[derive(Debug, Event)]
#[bro(name = "counted")]
struct Counted(u64);

#[derive(Event)]
#[bro(name = "counted")]
struct CountedInWords(String);

#[derive(Event)]
#[bro(name = "counted")]
struct CountedTwice(u64, u64);

/// Far longer than a passing test takes.
fn late() -> Option<Instant> {
    Some(Instant::now() + Duration::from_secs(60))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
#[bro(name = "Scan::Kind", rename_all = "SCREAMING_SNAKE_CASE")]
enum Kind {
    Address,
    Port,
}

#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Scan::Info")]
struct Info {
    #[bro(log)]
    host: IpAddr,
    #[bro(log)]
    kind: Kind,
    #[bro(log)]
    note: Option<String>,
    hidden: u64,
}

#[derive(Debug, Clone, PartialEq, Event)]
#[bro(name = "Scan::seen")]
struct Seen {
    info: Info,
    ports: BTreeSet<u16>,
}

/// Its name in Bro is `want_block`.
#[derive(Debug, Clone, PartialEq, Event)]
struct WantBlock(IpAddr);

fn info(last: u8) -> Info {
    let host = IpAddr::from([10, 0, 0, last]);
    Info { host, kind: Kind::Port, note: None, hidden: u64::from(last) }
}

/// Returns two connected nodes, both configured by `built`.
fn pair(built: impl Fn(Builder) -> Builder) -> [Node; 2] {
    let listens = built(Node::builder()).listen("127.0.0.1:0").accept("127.0.0.1");
    let listens = listens.start().unwrap();
    let address = listens.listening(late()).unwrap().to_string();
    let connects = built(Node::builder()).connect(&address).start().unwrap();
    connects.connected(late()).unwrap();
    listens.connected(late()).unwrap();
    [listens, connects]
}

#[test]
fn typed_events_go_both_ways() {
    let [manager, sensor] = pair(|node| node.receive::<Seen>().receive::<WantBlock>());
    let mut scans = manager.events::<Seen>().unwrap();
    let mut blocks = sensor.events::<WantBlock>().unwrap();
    for last in 1..=3 {
        let seen = Seen { info: info(last), ports: [22, 443].into() };
        assert_eq!(sensor.raise(&seen, late()).unwrap().peers, 1);
        let (_, found) = scans.next(late()).unwrap().unwrap();
        assert_eq!(found, seen);
        manager.try_raise(WantBlock(found.info.host)).unwrap();
        assert_eq!(blocks.next(late()).unwrap().unwrap().1, WantBlock(seen.info.host));
    }
    let answer = std::thread::spawn(move || {
        let (_, block) = blocks.next(late()).unwrap().unwrap();
        let seen = Seen { info: Info { host: block.0, ..info(9) }, ports: BTreeSet::new() };
        sensor.raise(seen, late()).unwrap();
        sensor.flush(Duration::from_secs(60));
        sensor
    });
    let timeout = Duration::from_secs(60);
    let answered =
        manager.request(WantBlock([10, 0, 0, 9].into()), "Scan::seen", |_| true, timeout);
    assert_eq!(Seen::try_from(&answered.unwrap().1).unwrap().info, info(9));
    drop(answer.join().unwrap());
}

#[test]
fn a_node_can_wait_for_a_peer_that_requests_an_event_or_logs() {
    let node = Node::builder().send::<WantBlock>().log::<Info>("scans").listen("127.0.0.1:0");
    let node = node.start().unwrap();
    let address = node.listening(late()).unwrap().to_string();
    let log = node.log::<Info>("scans").unwrap();
    let connect = |builder: Builder, name| builder.name(name).connect(&address).start().unwrap();
    let _idle = connect(Node::builder(), "idle");
    let idle = node.connected(late()).unwrap();
    let now = || Some(Instant::now());
    assert_eq!((node.requested::<WantBlock>(now()), log.requested(now())), (None, None));
    assert_eq!(log.write(&info(1), late()).unwrap().peers, 0);

    let _collector = connect(Node::builder().receive_logs(), "collector");
    let collector = log.requested(late()).unwrap();
    assert_eq!(log.write(&info(1), late()).unwrap().peers, 1);
    assert_eq!(node.requested::<WantBlock>(now()), None);

    let _blocker = connect(Node::builder().receive::<WantBlock>(), "blocker");
    let blocker = node.requested::<WantBlock>(late()).unwrap();
    assert_eq!(node.raise(WantBlock([10, 0, 0, 1].into()), late()).unwrap().peers, 1);
    assert!(idle.id != collector.id && collector.id != blocker.id && idle.id != blocker.id);
    node.terminate();
    assert_eq!((node.requested::<Seen>(late()), log.requested(late()).is_some()), (None, false));
}

/// Run by `dropping_a_node_that_has_not_sent_all_is_a_warning`.
#[test]
#[ignore = "prints a warning"]
fn a_node_that_keeps_an_event_is_dropped() {
    let node = Node::builder().send::<WantBlock>().connect_with("127.0.0.1:1", |peer| {
        peer.store_and_forward = Some(Bound::new(10, 1 << 20));
    });
    let node = node.start().unwrap();
    assert_eq!(node.try_raise(WantBlock([10, 0, 0, 1].into())).unwrap().kept, 1);
}

#[test]
fn dropping_a_node_that_has_not_sent_all_is_a_warning() {
    let mut program = Command::new(std::env::current_exe().unwrap());
    let program =
        program.args(["a_node_that_keeps_an_event_is_dropped", "--ignored", "--nocapture"]);
    let printed = String::from_utf8(program.output().unwrap().stderr).unwrap();
    let warnings: Vec<&str> =
        printed.lines().filter(|line| line.starts_with("brocomm: ")).collect();
    let [warning] = warnings[..] else { panic!("{printed}") };
    let expected =
        "brocomm: a node was dropped before all was sent to 127.0.0.1:1; terminate it first";
    assert_eq!(warning, expected);
}

#[test]
fn waiting_for_progress_takes_nothing_from_subscribers() {
    let [manager, _sensor] = pair(|node| node.receive::<WantBlock>());
    // Nothing has been read yet, so this subscriber gets everything from the start.
    let mut all = manager.subscribe();
    let first = std::iter::from_fn(|| all.next(late()));
    let came = |wanted: fn(&Notification) -> bool| {
        move |notifications: Notification| wanted(&notifications)
    };
    let mut first =
        first.map(came(|notification| matches!(notification, Notification::Listening(_))));
    assert!(first.any(|is_it| is_it));
    manager.terminate();
    assert_eq!(manager.connected(late()).map(|_| ()), None);
}

fn table(node: &Node) -> Table<(IpAddr, u64), Info> {
    node.table("blocked").unwrap()
}

#[test]
fn a_table_is_a_map_on_both_sides() {
    let [manager, worker] = pair(|node| node.table::<(IpAddr, u64), Info>("blocked"));
    let (here, there) = (table(&manager), table(&worker));
    assert_eq!(here.name(), "blocked");
    let mut changes = there.changes();
    let mut change = || loop {
        match changes.next(late()).unwrap().unwrap() {
            Change::Replaced => {}
            change => return change,
        }
    };
    let keys: [(IpAddr, u64); 2] = [([10, 0, 0, 1].into(), 80), ([10, 0, 0, 2].into(), 443)];
    for (at, key) in (1..).zip(&keys) {
        assert_eq!(here.get(key), Ok(None));
        here.insert(key, info(at)).unwrap();
        assert_eq!(change(), Change::Set(*key, info(at)));
        assert_eq!(there.get(key), Ok(Some(info(at))));
        assert!(there.contains(key));
    }
    assert_eq!((there.len(), there.is_empty()), (2, false));
    here.insert(&keys[0], info(7)).unwrap();
    assert_eq!(change(), Change::Set(keys[0], info(7)));
    assert_eq!(here.remove(&keys[1]), Ok(true));
    assert_eq!(change(), Change::Removed(keys[1]));
    assert_eq!(here.remove(&keys[1]), Ok(false));
    assert_eq!(there.entries(), Ok(vec![(keys[0], info(7))]));
    // The other direction.
    let mut changes = here.changes();
    there.insert(&keys[1], info(3)).unwrap();
    assert_eq!(changes.next(late()), Some(Ok(Change::Set(keys[1], info(3)))));
    there.remove(&keys[0]).unwrap();
    assert_eq!(changes.next(late()), Some(Ok(Change::Removed(keys[0]))));
    // Changes that are not made with the methods of `Table`.
    worker
        .with(|node, now| {
            let empty = BTreeMap::<(IpAddr, u64), Info>::new().to_value();
            node.change_state(now, |store| store.assign("blocked", empty))
        })
        .unwrap();
    assert_eq!(changes.next(late()), Some(Ok(Change::Replaced)));
    assert!(here.is_empty());
    manager.terminate();
    worker.terminate();
    let after = std::iter::from_fn(|| changes.next(late()));
    assert!(after.collect::<Vec<_>>().is_empty());
}

#[test]
fn the_acceptor_has_the_authoritative_tables() {
    let build = || Node::builder().table::<String, u64>("hits");
    let manager = build().listen("127.0.0.1:0").accept("127.0.0.1").start().unwrap();
    let address = manager.listening(late()).unwrap().to_string();
    let hits = manager.table::<String, u64>("hits").unwrap();
    hits.insert(&"first".to_owned(), 1).unwrap();
    let worker = build().connect(&address).start().unwrap();
    let copy = worker.table::<String, u64>("hits").unwrap();
    let mut changes = copy.changes();
    assert_eq!(changes.next(late()), Some(Ok(Change::Replaced)));
    assert_eq!(copy.entries(), Ok(vec![("first".to_owned(), 1)]));
}

#[test]
fn a_table_with_other_types_is_refused() {
    let node = Node::builder()
        .table::<IpAddr, String>("blocked")
        .declare("global seen: set[addr] &synchronized; global own: table[addr] of string;")
        .start()
        .unwrap();
    assert!(node.table::<IpAddr, String>("blocked").is_ok());
    let other = node.table::<IpAddr, u64>("blocked").unwrap_err();
    assert_eq!(
        other.to_string(),
        "value for blocked: expected table[addr] of count, found table[addr] of string"
    );
    for name in ["own", "nowhere"] {
        let unknown = node.table::<IpAddr, String>(name).unwrap_err();
        assert_eq!(unknown, StateError::UnknownTarget(name.into()));
    }
    assert!(node.table::<IpAddr, String>("seen").is_err());
}

#[test]
fn an_event_with_other_arguments_than_declared_is_an_error() {
    let receiver = Node::builder().receive::<Counted>().listen("127.0.0.1:0").accept("127.0.0.1");
    let receiver = receiver.start().unwrap();
    let mut counted = receiver.events::<Counted>().unwrap();
    let address = receiver.listening(late()).unwrap().to_string();
    let (words, pairs) =
        (Node::builder().send::<CountedInWords>(), Node::builder().send::<CountedTwice>());
    let sender = words.connect(&address).start().unwrap();
    sender.requested::<CountedInWords>(late()).unwrap();
    sender.raise(CountedInWords("one".into()), late()).unwrap();
    let error = counted.next(late()).unwrap().unwrap_err().to_string();
    assert_eq!(error, "counted: argument 0: expected count, found string");
    sender.terminate();
    let sender = pairs.connect(&address).start().unwrap();
    sender.requested::<CountedTwice>(late()).unwrap();
    sender.raise(CountedTwice(1, 2), late()).unwrap();
    let error = counted.next(late()).unwrap().unwrap_err().to_string();
    assert_eq!(error, "counted: expected 1 values, found 2");
}

#[test]
fn a_table_that_a_peer_declares_with_other_types_is_an_error_among_the_changes() {
    let manager = Node::builder().table::<String, u64>("hits");
    let manager = manager.listen("127.0.0.1:0").accept("127.0.0.1").start().unwrap();
    let address = manager.listening(late()).unwrap().to_string();
    manager.table::<String, u64>("hits").unwrap().insert("first", 1).unwrap();
    let worker = Node::builder().table::<String, String>("hits").connect(&address).start().unwrap();
    let (mut changes, mut all) =
        (worker.table::<String, String>("hits").unwrap().changes(), worker.subscribe());
    let expected = "value for hits: entry 0: expected string, found count";
    // The manager's table does not replace that of the worker.
    assert_eq!(changes.next(late()).unwrap().unwrap_err().to_string(), expected);
    let mut all = std::iter::from_fn(|| all.next(late()));
    let reason = all.find_map(|notification| match notification {
        Notification::ConnectionError { reason, .. } => Some(reason),
        _ => None,
    });
    assert_eq!(reason.as_deref(), Some(&*format!("state not applied: {expected}")));
}

#[test]
fn an_entry_that_a_peer_declares_with_other_types_is_an_error_among_the_changes() {
    let manager = Node::builder().table::<String, u64>("hits");
    let manager = manager.listen("127.0.0.1:0").accept("127.0.0.1").start().unwrap();
    let address = manager.listening(late()).unwrap().to_string();
    let worker = Node::builder().table::<String, i64>("hits").connect(&address).start().unwrap();
    worker.connected(late()).unwrap();
    manager.connected(late()).unwrap();
    let here = manager.table::<String, u64>("hits").unwrap();
    let there = worker.table::<String, i64>("hits").unwrap();
    // Both tables were empty when the nodes connected.
    let (mut changes, mut back) = (there.changes(), here.changes());
    here.insert("first", 1).unwrap();
    assert_eq!(changes.next(late()), Some(Ok(Change::Replaced)));
    let error = changes.next(late()).unwrap().unwrap_err();
    assert_eq!(error.to_string(), "value for hits[first]: expected int, found count");
    there.insert("second", -2).unwrap();
    let error = back.next(late()).unwrap().unwrap_err();
    assert_eq!(error.to_string(), "value for hits: -2 is out of the range of count");
}

#[test]
fn an_error_about_an_entry_names_its_index() {
    let node = Node::builder().table::<(String, u64), u64>("hits").start().unwrap();
    node.table::<(String, u64), u64>("hits").unwrap().insert(&("a".into(), 1), 300).unwrap();
    let small = node.table::<(String, u64), u8>("hits").unwrap();
    let expected = "value for hits[a, 1]: 300 is out of the range of u8";
    assert_eq!(small.entries().unwrap_err().to_string(), expected);
    assert_eq!(small.get(&("a".into(), 1)).unwrap_err().to_string(), expected);
}

#[test]
fn keys_and_values_may_be_borrowed() {
    let name = "seen".to_owned();
    let node = Node::builder().table::<String, String>(&name).start().unwrap();
    let seen = node.table::<String, String>(&name).unwrap();
    let (key, value) = ("key".to_owned(), "value".to_owned());
    seen.insert(&key, "other").unwrap();
    seen.insert("key", &value).unwrap();
    assert_eq!(seen.get("key"), Ok(Some(value)));
    assert_eq!(seen.get(&key), seen.get("key"));
    assert!(seen.contains("key") && seen.contains(&key));
    assert_eq!((seen.remove("key"), seen.remove(&key)), (Ok(true), Ok(false)));
}

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
struct ScanEntry {
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
    assert_eq!(error.to_string(), "$host: expected count, found addr");
    assert!(other.next(Some(Instant::now())).is_none());
}

#[derive(Record)]
#[bro(log)]
struct Other {
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
struct Unloggable {
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

#[test]
fn a_subscriber_that_would_get_nothing_is_an_error() {
    let connects = || Node::builder().connect("127.0.0.1:1");
    let node = connects().send::<Seen>().receive_logs().start().unwrap();
    for (given, path) in [("Conn::LOG", "conn"), ("Notice::ALARM_LOG", "alarm"), ("a.log", "a")] {
        let error = node.logs::<ScanEntry>(given).map(drop).unwrap_err();
        let expected = format!("expected the path of a log, such as `{path}`, found `{given}`");
        assert_eq!(error.to_string(), expected);
    }
    let error = node.events::<Seen>().map(drop).unwrap_err();
    let expected =
        "the node does not request Scan::seen from any peer; call `receive` on its builder";
    assert_eq!(error.to_string(), expected);
    assert_eq!(format!("{error:?}"), expected, "`main` prints what `Debug` gives");
    let error = node.events::<WantBlock>().map(drop).unwrap_err();
    assert_eq!(error.to_string(), "handler of want_block: no such event is declared");

    let expected =
        "the node does not request logs from any peer; call `receive_logs` on its builder";
    let node = connects().log::<Info>("scans").start().unwrap();
    assert_eq!(node.logs::<ScanEntry>("scans").map(drop).unwrap_err().to_string(), expected);
    assert_eq!(node.log_entries().map(drop).unwrap_err().to_string(), expected);
    // Requested in another way than by the builder's methods.
    let one = Node::builder().send::<Seen>().connect_with("127.0.0.1:1", |peer| {
        (peer.events, peer.request_logs) = (Some("Scan::.*".parse().unwrap()), true);
    });
    let own = connects().send::<Seen>().options(|o| o.handshake = Handshake::Application);
    for builder in [one, own] {
        let node = builder.start().unwrap();
        assert!(node.events::<Seen>().is_ok() && node.log_entries().is_ok());
    }
}

#[test]
fn start_errors_say_why() {
    let build = Node::builder;
    for (builder, error) in [
        (build().connect("nowhere.invalid"), "cannot resolve nowhere.invalid: "),
        (
            build().connect("127.0.0.1:99999"),
            "cannot resolve 127.0.0.1:99999: `99999` is not a port: must be 0 to 65535",
        ),
        (build().connect(""), "cannot resolve \"\": "),
        (build().listen("127.0.0.1:x"), "cannot resolve 127.0.0.1:x: "),
        (
            build().receive::<Seen>().listen("127.0.0.1:0"),
            "the node listens, but ignores what peers send, so it would not get their events; name \
             their hosts with `accept`",
        ),
        (
            build().table::<u64, String>("t").listen("127.0.0.1:0"),
            "the node listens, but ignores what peers send, so it would not get their changes of",
        ),
        (
            build().receive_logs().listen("127.0.0.1:0"),
            "the node listens, but ignores what peers send, so it would not get their logs",
        ),
        (build().accept("[::1"), "cannot resolve [::1: a `]` is missing"),
        (
            build().accept("10.0.0.0/8"),
            "cannot resolve 10.0.0.0/8: `10.0.0.0/8` is not a host; name each host by itself",
        ),
        (build().accept("127.0.0.1:5"), "cannot resolve 127.0.0.1:5: peers connect from any port"),
        (build().accept("[::1]:5"), "cannot resolve [::1]:5: peers connect from any port"),
        (build().connect("fe80::1"), "cannot resolve fe80::1: `fe80::1` is link-local"),
        (build().declare("global x"), "declarations: line 1, column 9: "),
        (build().declare("global s: set[pattern] &synchronized;"), "declarations: "),
        (build().log::<Unloggable>("log"), "logs: record { hidden:count; } has no field with &log"),
        (
            build().log::<Other>("Scans::LOG"),
            "logs: expected the path of a log, such as `scans`, found `Scans::LOG`",
        ),
        (
            build().log::<Other>("Scans::SLOW_LOG"),
            "logs: expected the path of a log, such as `slow`, found `Scans::SLOW_LOG`",
        ),
        (
            build().log::<Other>("scans.log"),
            "logs: expected the path of a log, such as `scans`, found `scans.log`",
        ),
        (build().options(|options| options.cache_size = 0), "configuration: cache_size = 0: "),
    ] {
        let found = builder.start().unwrap_err();
        assert!(found.to_string().starts_with(error), "{found}");
        assert_eq!(format!("{found:?}"), found.to_string(), "`main` prints what `Debug` gives");
        let is_address = matches!(found, StartError::Address(TransportError::Resolve { .. }));
        assert_eq!(is_address, error.starts_with("cannot resolve"), "{found:?}");
    }
}

#[test]
fn a_node_is_called_brocomm_unless_it_is_named() {
    let [manager, worker] = pair(|node| node.receive::<WantBlock>());
    for node in [&manager, &worker] {
        assert_eq!(node.connected(late()).unwrap().descr, "brocomm");
    }
    let named = Node::builder().name("sensor").build().unwrap();
    assert_eq!(named.options().peer_description, "sensor");
}

#[test]
fn addresses_are_parsed() {
    let entry = |builder: Builder| {
        let node = builder.build().unwrap();
        let (name, entry) = node.nodes().next().unwrap();
        (name.to_owned(), entry.clone())
    };
    for (address, host, port, zone) in [
        ("127.0.0.1", "127.0.0.1", 47757, None),
        ("127.0.0.1:1", "127.0.0.1", 1, None),
        ("::1", "::1", 47757, None),
        ("[::1]", "::1", 47757, None),
        ("[::1]:99", "::1", 99, None),
        ("[fe80::1%1]:99", "fe80::1", 99, Some("1")),
        ("[fe80::1%1]", "fe80::1", 47757, Some("1")),
        ("fe80::1%1", "fe80::1", 47757, Some("1")),
    ] {
        let (name, node) = entry(Node::builder().connect(address));
        assert_eq!(name, address);
        assert_eq!((node.host, node.p), (host.parse().unwrap(), Some(port)), "{address}");
        assert_eq!(node.zone_id.as_deref(), zone, "{address}");
        assert!(node.connect && node.retry == Duration::from_secs(1));
    }
    let (_, accepted) = entry(Node::builder().accept("::1"));
    assert_eq!((accepted.connect, accepted.p), (false, None));
    for (address, interface, port, zone) in [
        ("127.0.0.1", "127.0.0.1", 47757, ""),
        ("0.0.0.0:0", "0.0.0.0", 0, ""),
        ("[fe80::1%1]:5", "fe80::1", 5, "1"),
    ] {
        let node = Node::builder().listen(address).build().unwrap();
        let options = node.options();
        assert!(options.listen, "{address}");
        assert_eq!(options.listen_interface, interface.parse::<IpAddr>().unwrap());
        assert_eq!((options.listen_port, &*options.listen_ipv6_zone_id), (port, zone));
    }
    let own = PeerConfig {
        events: Some("other".parse().unwrap()),
        ..PeerConfig::new([192, 0, 2, 1].into())
    };
    let built = Node::builder().receive::<Seen>().receive::<WantBlock>();
    let (_, kept) = entry(built.peer("own", own.clone()));
    assert_eq!(kept, own);
    let built = Node::builder().receive::<Seen>().receive::<WantBlock>();
    let requested = entry(built.accept("127.0.0.1")).1.events.unwrap();
    assert_eq!(requested.source(), "Scan::seen|want_block");
    for (name, is_it) in [("Scan::seen", true), ("want_block", true), ("want_blocks", false)] {
        assert_eq!(requested.matches(name.as_bytes()), is_it);
    }
}
