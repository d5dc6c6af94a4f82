//! Tests of `brocomm bench`, both sides.

use std::fs;

use brocomm::data::{Event, Value as BroValue};
use brocomm::lowlevel::connection::{ConnectionConfig, ConnectionNotification, Requests, Sent};
use brocomm::node::Undeclared;
use brocomm_std::Listener;
use serde_json::{Value, json};

use crate::support::{Program, Run, closed_port, no_folder, run};

/// Starts the echoing side, and returns it with its address.
fn serve(arguments: &[&str]) -> (Program, String) {
    let mut program = Program::start([&["bench", "--serve=127.0.0.1:0"], arguments].concat());
    let address = program.line_with("listening on ").replace("listening on ", "");
    (program, address)
}

fn bench(address: &str, arguments: &[&str]) -> Run {
    run([&["bench", address], arguments].concat())
}

fn object(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn replies_are_counted_and_timed() {
    let (_server, address) = serve(&[]);
    let load = ["--count=50", "--connections=3", "--window=4", "--size=100", "--json"];
    let run = bench(&address, &load);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let report = object(&run);
    for (key, value) in [
        ("event", json!("conformance_echo")),
        ("reply", json!("conformance_echoed")),
        ("peer", json!(address)),
        ("connections", json!(3)),
        ("window", json!(4)),
        ("payload", json!(100)),
        ("sent", json!(150)),
        ("answered", json!(150)),
        ("unexpected", json!(0)),
    ] {
        assert_eq!(report[key], value, "{key}");
    }
    assert!(report["seconds"].as_f64() > Some(0.0) && report["rate"].as_f64() > Some(0.0));
    let latency = |key: &str| report["latency"][key].as_f64().unwrap();
    let order = ["min", "p50", "p90", "p99", "p99_9", "p99_99", "max"].map(latency);
    assert!(order[0] > 0.0 && order.is_sorted(), "{order:?}");
    assert!((order[0]..=order[6]).contains(&latency("mean")) && latency("stdev") >= 0.0);
}

#[test]
fn results_are_printed_as_a_table_and_a_plot() {
    let (_server, address) = serve(&[]);
    let folder = no_folder("bench-svg");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("latency.svg");
    let svg = format!("--svg={}", file.display());
    let run = bench(&address, &["-c", "20", "--window=1", "--plot", &svg]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    for part in [
        format!("conformance_echo > conformance_echoed at {address}\n"),
        "connections  1, window 1\n".to_owned(),
        "payload      64 bytes in each event\n".to_owned(),
        "events       20 sent, 20 answered\n".to_owned(),
        " events/s, ".to_owned(),
        "\n  99.9%      ".to_owned(),
        "\nlatency in ms by percentile\n".to_owned(),
    ] {
        assert!(run.stdout.contains(&part), "{part}: {}", run.stdout);
    }
    let drawn = fs::read_to_string(&file).unwrap();
    assert!(drawn.starts_with("<svg ") && drawn.contains(&address), "{drawn}");

    // A directory instead of the file.
    let run = bench(&address, &["--count=1", "--svg", folder.to_str().unwrap()]);
    assert_eq!(run.code, 1);
    // The error is reported before the measurement.
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains(": cannot write: is a directory"), "{}", run.stderr);
}

#[test]
fn the_events_can_be_chosen() {
    let events = ["--event=ping(time, count)", "--reply=pong"];
    let mut server =
        Program::start([&["bench", "--serve=127.0.0.1:0", "--json"], &events[..]].concat());
    let listening: Value = serde_json::from_str(&server.line()).unwrap();
    assert_eq!(listening["notification"], "listening");
    let address = listening["address"].as_str().unwrap();
    let more = ["--count=5", "--class=control", "--json"];
    let run = bench(address, &[&events[..], &more].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let report = object(&run);
    assert_eq!((&report["answered"], &report["payload"]), (&json!(5), &json!(0)));
    // The other side answers another event.
    let run = bench(address, &["--timeout=0.2", "--count=5"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("did not request conformance_echo within 0.2 s"), "{}", run.stderr);
}

#[test]
fn a_peer_that_does_not_answer_is_an_error() {
    let (_listener, address) = Program::listen(&["--event=conformance_echo(any)"]);
    let run = bench(&address, &["--window=2", "--timeout=0.2", "--json"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.ends_with("no reply within 0.2 s; 2 unanswered\n"), "{}", run.stderr);
    let report = object(&run);
    assert_eq!((&report["sent"], &report["answered"]), (&json!(2), &json!(0)));
    assert_eq!((&report["rate"], &report["latency"]), (&Value::Null, &Value::Null));

    let run = bench(&closed_port(), &[]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("connection refused"), "{}", run.stderr);
}

#[test]
fn invalid_options_are_refused() {
    for arguments in [
        &["bench"][..],
        &["bench", "h", "--serve=127.0.0.1:0"],
        &["bench", "--serve=127.0.0.1:0", "--count=5"],
        &["bench", "h", "--size=15"],
        &["bench", "h", "--window=0"],
        &["bench", "h", "--connections=1001"],
        &["bench", "h", "--plot", "--json"],
        &["bench", "h", "--event=e(addr)"],
        &["bench", "h", "--event=e("],
    ] {
        let run = run(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}");
    }
}

/// Accepts a peer and answers each of its events with the events that `replies` returns.
fn answer(mut listener: Listener, mut replies: impl FnMut(Event) -> Vec<Event>) {
    let requests = Requests { events: vec!["conformance_echo".into()], ..Requests::default() };
    let config = ConnectionConfig {
        requests,
        undeclared: Undeclared::Deliver,
        ..ConnectionConfig::default()
    };
    let mut peer = listener.accept(config, None).unwrap().unwrap();
    while let Some(notification) = peer.next(None).unwrap() {
        if let ConnectionNotification::Event(event) = notification {
            let event = Event { name: "conformance_echoed".into(), ..event };
            for reply in replies(event) {
                assert_eq!(peer.send_event(&reply), Ok(Sent::Sent));
            }
        }
    }
}

#[test]
fn each_reply_is_matched_to_one_event() {
    let ended = |replies: fn(Event) -> Vec<Event>| {
        let listener = Listener::bind("127.0.0.1:0").unwrap();
        let load = ["--count=5", "--window=1", "--json"];
        let address = listener.local_addr().to_string();
        let program = Program::start([&["bench", &address], &load[..]].concat());
        answer(listener, replies);
        let run = program.end();
        let report = object(&run);
        assert_eq!(report["answered"], 5);
        (run, report)
    };
    // Like a node with other peers that sent events with the same numbers.
    let (run, report) = ended(|event| {
        let BroValue::String(text) = &event.args[0] else { panic!("{event:?}") };
        let mut other = text.to_vec();
        // The last digit of the connection number.
        other[5] = if other[5] == b'0' { b'1' } else { b'0' };
        vec![Event { args: vec![BroValue::string(other)], ..event.clone() }, event]
    });
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!((&report["others"], &report["unexpected"]), (&json!(5), &json!(0)));

    let (run, report) = ended(|event| vec![event.clone(), event]);
    assert_eq!((&report["others"], &report["unexpected"]), (&json!(0), &json!(4)));
    assert_eq!(run.code, 1);
    assert!(run.stderr.ends_with(": 4 replies match no event\n"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn results_are_printed_after_an_interrupt() {
    let listener = Listener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().to_string();
    let program = Program::start(["bench", &address, "--window=1"]);
    let mut events = 0;
    answer(listener, |event| {
        events += 1;
        if events == 3 {
            // This event arrives after the second was answered, and is not answered.
            program.signal("-INT");
            return Vec::new();
        }
        vec![event]
    });
    let ended = program.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let (_, output) = ended.stdout.split_once("\nevents       3 sent, 2 answered\n").unwrap();
    assert!(output.contains("\nlatency\n"), "{output}");
}
