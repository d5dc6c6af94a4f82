//! Tests of commands that talk to each other over the loopback interface.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use brocomm::data::Name;
use brocomm::lowlevel::connection::ConnectionConfig;
use brocomm::lowlevel::serial::Packet;
use brocomm::node::Phase;
use brocomm_std::Peer;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::support::{Program, Run, closed_port, run, scratch, session};

#[test]
fn sent_events_are_printed_with_their_values() {
    let event = "my_event(string, count, addr, port)";
    let (mut listener, address) = Program::listen(&["--event", event, "--count", "1"]);
    let call = "my_event(\"hello\", 7, 10.0.0.1, 80/tcp)";
    let Run { code, stdout: out, .. } = run(["send", &address, call]);
    assert_eq!(code, 0);
    assert_eq!(
        out,
        format!(
            "sent my_event(\"hello\", 7, 10.0.0.1, 80/tcp) as (string, count, addr, port) to {address}\n"
        )
    );
    assert_eq!(listener.notice_with(" event "), "event my_event(hello, 7, 10.0.0.1, 80/tcp)");
    assert_eq!(listener.rest(), [""; 0]);
    assert_eq!(listener.end().code, 0);
}

#[test]
fn several_events_arrive_in_order_from_several_peers() {
    let (mut listener, address) = Program::listen(&["--event", "a(count)", "--event", "b(double)"]);
    for _ in 0..2 {
        let Run { code, stdout: out, .. } =
            run(["send", &address, "--event", "b(double)", "a(1)", "b(2)", "a(3)"]);
        assert_eq!((code, out.lines().count()), (0, 3));
        for expected in ["event a(1)", "event b(2.0)", "event a(3)"] {
            assert_eq!(listener.notice_with(" event "), expected);
        }
        assert_eq!(listener.notice_with(" closed "), "closed peer closed");
    }
}

#[test]
fn lines_of_json_have_the_documented_fields() {
    let mut listener = Program::start([
        "listen",
        "--on=127.0.0.1:0",
        "--event=e(set[addr])",
        "--event=other()",
        "--events=/e/",
        "--json",
        "--once",
    ]);
    let parse = |line: String| serde_json::from_str::<serde_json::Value>(&line).unwrap();
    let first = parse(listener.line());
    assert_eq!(first["notification"], "listening");
    let address = first["address"].as_str().unwrap().to_owned();
    let Run { code, .. } = run(["send", &address, "--class", "c", "e(set(10.0.0.1))"]);
    assert_eq!(code, 0);
    let lines: Vec<_> = listener.rest().into_iter().map(parse).collect();
    let of = |kind: &str| lines.iter().find(|line| line["notification"] == kind).unwrap();
    assert!(lines.iter().all(|line| line["t"].is_f64() && line["peer"].is_string()));
    assert_eq!(of("established")["class"], "c");
    assert_eq!(of("peer_description")["description"], "brocomm");
    assert_eq!(of("event")["event"], "e");
    assert_eq!(of("event")["args"], json!([["10.0.0.1"]]));
    assert_eq!(of("closed")["cause"], "peer closed");
    assert_eq!(listener.end().code, 0);
}

#[cfg(unix)]
#[test]
fn connect_prints_requests_and_closes_cleanly_on_an_interrupt() {
    let (mut listener, address) =
        Program::listen(&["--event=ping(count)", "--capture-filter=tcp", "--once"]);
    let mut connected = Program::start(["connect", &address, "--class=c", "--compression=9"]);
    assert_eq!(connected.notice_with(" event_requested "), "event_requested ping");
    assert_eq!(connected.notice_with(" capture_filter "), "capture_filter tcp");
    assert_eq!(connected.notice_with(" handshake_done"), "handshake_done");
    connected.signal("-INT");
    assert_eq!(connected.end().code, 0);
    assert_eq!(listener.notice_with(" established "), "established class c");
    assert_eq!(listener.notice_with("decompression"), "log enabling decompression");
    assert_eq!(listener.notice_with(" closed "), "closed peer closed");
    assert_eq!(listener.end().code, 0);
}

#[test]
fn an_unrequested_event_is_not_sent() {
    let (_listener, address) = Program::listen(&["--event=a(count)", "--event=b()"]);
    let Run { code, stdout: out, stderr: err } = run(["send", &address, "--timeout=0.5", "c(1)"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(
        err,
        format!(
            "brocomm: {address}: nothing sent: the peer did not request c within 0.5 s; it \
             requested a, b\n"
        )
    );
}

#[test]
fn errors_on_the_command_line_have_a_caret() {
    // The error occurs before connecting.
    let Run { code, stderr: err, .. } = run(["send", "127.0.0.1:1", "e(1, 1.2.3)"]);
    assert_eq!(code, 2);
    let wrong =
        "line 1, column 6: `1.2.3` is not an address: four numbers up to 255, with dots between";
    assert_eq!(err, format!("brocomm: event: {wrong}\n  e(1, 1.2.3)\n       ^\n"));
    let Run { code, stderr: err, .. } = run(["listen", "--event", "e(nope)"]);
    assert_eq!(code, 2);
    assert!(err.starts_with("brocomm: --event: line 1, column 3: no type is named"), "{err}");
    for args in [
        &["listen", "--events", "("][..],
        &["connect", "[::1"],
        &["connect", "h", "--compression", "10"],
        &["ping", "h", "-i", "-1"],
    ] {
        assert_eq!(run(args).code, 2, "{args:?}");
    }
}

#[test]
fn without_events_to_request_a_hint_is_printed() {
    let closed = closed_port();
    for command in ["connect", "listen"] {
        let address = match command {
            "listen" => vec!["--on=192.0.2.1:1"],
            _ => vec![closed.as_str()],
        };
        let errors = |more: &[&str]| run([&[command], &address[..], more].concat()).stderr;
        let none = "brocomm: warning: no events to request";
        let how = "; declare some with --event 'NAME(TYPE, …)' or --declarations\n";
        assert!(errors(&[]).starts_with(&format!("{none}{how}")), "{}", errors(&[]));
        let matching = errors(&["--event=ping()", "--events=pin"]);
        let why = format!("{none}: none of 1 declared events matches /^?(pin)$?/\n");
        assert!(matching.starts_with(&why), "{matching}");
    }
}

#[test]
fn a_refused_connection_says_where_and_what_to_do() {
    let closed = closed_port();
    for command in [&["connect", &closed][..], &["send", &closed, "e()"], &["ping", &closed]] {
        let Run { code, stderr: err, .. } = run(command);
        assert_eq!(code, 1);
        let expected = format!("cannot connect to {closed}: connection refused; does the peer");
        assert!(err.contains(&expected), "{err}");
    }
}

#[test]
fn ping_measures_our_own_peer() {
    let (_listener, address) = Program::listen(&[]);
    let Run { code, stdout: out, stderr: err } = run(["ping", &address, "-c", "3", "-i", "0"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let lines: Vec<&str> = out.lines().collect();
    for (seq, line) in lines.iter().take(3).enumerate() {
        assert!(line.starts_with(&format!("pong from {address}: seq={seq} time=")), "{line}");
    }
    assert_eq!(lines[3], format!("--- {address} ping statistics ---"));
    assert_eq!(lines[4], "3 sent, 3 answered, 0% lost");
    assert!(lines[5].starts_with("rtt min/avg/max/mdev = "));
    assert_eq!(lines.len(), 6);
}

#[test]
fn ping_has_a_time_limit() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let Run { code, stdout, stderr } = run(["ping", &address, "-c", "1", "--timeout=0.2"]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    let why = "nothing sent: the handshake was not completed within 0.2 s: the peer is still in Setup; it \
        may expect TLS (see --tls-ca)";
    assert_eq!(stderr, format!("brocomm: {address}: {why}; try `brocomm doctor {address}`\n"));
}

#[test]
fn send_and_ping_have_json_output() {
    let (mut listener, address) = Program::listen(&["--event=e(count)"]);
    let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let sent = run(["send", &address, "e(1)", "--json"]);
    assert_eq!(sent.code, 0);
    let report = parse(&sent.stdout);
    assert_eq!(
        (&report["to"], &report["event"], &report["args"]),
        (&json!(address), &json!("e"), &json!([1]))
    );
    listener.notice_with(" event ");
    let pings = run(["ping", &address, "-c", "2", "-i", "0", "--json"]);
    assert_eq!(pings.code, 0);
    let lines: Vec<Value> = pings.stdout.lines().map(parse).collect();
    assert_eq!((&lines[0]["seq"], &lines[1]["seq"]), (&json!(0), &json!(1)));
    assert!(lines[0]["time"].as_f64().unwrap() > 0.0);
    assert_eq!((&lines[2]["sent"], &lines[2]["answered"]), (&json!(2), &json!(2)));
    assert!(lines[2]["min"].as_f64() <= lines[2]["max"].as_f64() && lines.len() == 3);
}

#[test]
fn ping_does_not_ping_a_possible_bro() {
    let (_listener, address) = Program::listen(&["--description=bro"]);
    let Run { code, stdout: out, stderr: err } = run(["ping", &address, "-c", "1"]);
    assert_eq!((code, out.as_str()), (2, ""));
    let expected = format!("brocomm: {address}: nothing sent: the peer calls itself \"bro\"");
    assert!(err.starts_with(&expected), "{err}");
    let Run { code, stdout: out, .. } =
        run(["ping", &address, "--count=1", "--interval=0", "--yes"]);
    assert_eq!(code, 0);
    assert!(out.contains("1 sent, 1 answered"), "{out}");
}

#[test]
fn the_demonstration_succeeds() {
    let Run { code, stdout: out, stderr: err } = run(["demo"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.ends_with("\nEverything arrived, in order and unchanged.\n"), "{out}");
    assert!(!out.contains('\x1b'), "no colors in a pipe: {out:?}");
}

#[test]
fn the_demonstration_is_also_available_as_json() {
    let Run { code, stdout, stderr } = run(["demo", "--json"]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["failures"], json!([]));
    assert!(report["address"].as_str().unwrap().starts_with("127.0.0.1:"), "{stdout}");
    assert_eq!(report["sections"].as_array().unwrap().len(), 4);
    assert!(report["speed"]["events_per_second"].as_f64() > Some(0.0), "{stdout}");
}

#[cfg(unix)]
#[test]
fn packets_are_written_as_pcap() {
    let file = scratch("packets", "got.pcap", b"");
    let write = ["--write-packets", file.to_str().unwrap()];
    let (listener, address) = Program::listen(&[&write[..], &["--once"]].concat());
    let config = ConnectionConfig::default();
    let mut peer = Peer::connect(address, config, Duration::from_secs(10)).unwrap();
    while peer.connection().phase() != Phase::Running {
        peer.next(None).unwrap().expect("it goes on");
    }
    // A packet with another link type cannot be in the same file.
    for (link_type, usec) in [(1, 5), (1, 6), (101, 7)] {
        let data = Bytes::from_static(b"packet");
        let packet = Packet { sec: 7, usec, len: 6, link_type, tag: Name::new(), data };
        peer.connection_mut().send_packet(&packet).unwrap();
    }
    peer.close(None).unwrap();
    let listener = listener.end();
    assert_eq!(listener.code, 1);
    assert_eq!(listener.stdout.matches(" packet 6 bytes\n").count(), 3);
    assert!(listener.stderr.ends_with("got.pcap: packets left out: 1\n"), "{}", listener.stderr);
    let header = ["d4c3b2a102000400", "0000000000000000", "0000004001000000"].concat();
    let packet =
        |usec| format!("07000000{usec:02x}0000000600000006000000{}", hex::encode("packet"));
    let written = hex::encode(fs::read(&file).unwrap());
    assert_eq!(written, format!("{header}{}{}", packet(5), packet(6)));

    let (_listener, address) = Program::listen(&["--event=a()", "--once"]);
    let connect = run(["connect", &address, "--count=0", write[0], write[1]]);
    assert_eq!(connect.code, 0);
    let listen = run(["listen", "--on=127.0.0.1:0", "--count=0", write[0], write[1]]);
    assert_eq!(listen.code, 0);
    assert!(listen.stdout.starts_with("listening on 127.0.0.1:"), "{}", listen.stdout);
    assert_eq!(hex::encode(fs::read(&file).unwrap()), header);
    let mut program = Program::start(["connect", &address, write[0], write[1]]);
    program.line_with("handshake_done");
    program.signal("-INT");
    assert_eq!(program.end().code, 0);
    assert_eq!(hex::encode(fs::read(&file).unwrap()), header);
}

/// On Linux `lo` is the interface of `::1`.
#[cfg(target_os = "linux")]
#[test]
fn addresses_can_have_zones() {
    let mut listener =
        Program::start(["listen", "--on", "[::1%lo]:0", "--event", "e(count)", "--once"]);
    let first = listener.line();
    let port = first.rsplit_once(':').unwrap_or_else(|| panic!("{first}")).1.to_owned();
    let sent = run(["send", &format!("[::1%lo]:{port}"), "e(7)"]);
    assert_eq!((sent.code, sent.stderr.as_str()), (0, ""));
    assert_eq!(listener.notice_with(" event "), "event e(7)");
    assert_eq!(listener.end().code, 0);

    let recording = session("broccoli-bro-ping").recording_path();
    let recording = recording.to_str().unwrap();
    for command in [
        &["listen", "--on", "[fe80::1%nonesuch]:0"][..],
        &["bench", "--serve", "[fe80::1%nonesuch]:0"],
        &["send", "[fe80::1%nonesuch]", "e()"],
        &["connect", "fe80::1%nonesuch"],
        &["ping", "[fe80::1%nonesuch]:1"],
        &["bench", "[fe80::1%nonesuch]:1"],
        &["replay", recording, "--to", "[fe80::1%nonesuch]:1"],
    ] {
        let Run { code, stderr, .. } = run(command);
        assert_eq!(code, 1, "{command:?}");
        assert!(stderr.contains("no network interface \"nonesuch\""), "{command:?}: {stderr}");
    }
    let doctor = run(["doctor", "[fe80::1%nonesuch]"]);
    assert_eq!(doctor.code, 1);
    assert!(doctor.stdout.contains("no network interface \"nonesuch\""), "{}", doctor.stdout);
}
