//! Events, tables and logs with Rust types.

mod logs;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use brocomm_std::brocomm::Time;
use brocomm_std::brocomm::data::{ToValue, TypeTag};
use brocomm_std::brocomm::logs::{LogValue, StreamError};
use brocomm_std::brocomm::node::{Bound, Endpoint, Handshake, Notification, PeerConfig};
use brocomm_std::brocomm::state::StateError;
use brocomm_std::{Builder, Change, Enum, Event, Node, Record, StartError, Table, TransportError};

use logs::{Other, ScanEntry, Unloggable};

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
    let error = counted.next(late()).unwrap().unwrap_err();
    let Endpoint { port, .. } = error.peer.endpoint;
    let error = error.to_string();
    let from = format!("event counted from 127.0.0.1:{port} (brocomm): ");
    assert_eq!(error, from + "argument 0: expected count, found string");
    sender.terminate();
    let sender = pairs.connect(&address).start().unwrap();
    sender.requested::<CountedTwice>(late()).unwrap();
    sender.raise(CountedTwice(1, 2), late()).unwrap();
    let error = counted.next(late()).unwrap().unwrap_err().error.to_string();
    assert_eq!(error, "expected 1 value, found 2");
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
