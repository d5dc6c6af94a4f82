//! Tests of `brocomm replay` with live peers.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use brocomm_conformance::Side;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::support::wire::{Wire, pcap};
use crate::support::{Program, closed_port, run, scratch, session};

#[test]
fn a_recorded_client_is_replayed_to_a_live_node() {
    let recording = session("broccoli-bro-ping").recording_path();
    let events = ["--event=ping(time, count)", "--once", "--description=bro"];
    let (mut listener, address) = Program::listen(&events);
    let replay = run(["replay", recording.to_str().unwrap(), "--to", &address, "--wait=0.5"]);
    listener.line_with(" event ping(");
    // Unlike the recorded node, it does not answer pings.
    assert_eq!(replay.code, 1);
    assert!(replay.stderr.contains("messages, "), "{}", replay.stderr);
    for line in [" C>L setup     VERSION ", " L>C handshake REQUEST_EVENTS     ping\n", " ping("] {
        assert!(replay.stdout.contains(line), "{line}: {}", replay.stdout);
    }
}

/// Accepts one connection, sends the given bytes, and returns what it received.
fn peer(answer: Vec<u8>) -> (String, thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let taken = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(&answer).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        all
    });
    (address, taken)
}

#[test]
fn every_byte_is_sent_unchanged() {
    let session = session("bro-bro-events-basic");
    let recording = session.recording().unwrap();
    let wire = Wire::of(&session, true, [50_000, 1234], 1400);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&pcap(&wire.frames)).unwrap();
    let capture = scratch("replay", "basic.pcap.gz", &gzip.finish().unwrap());
    for (file, more, side) in [
        (session.recording_path(), &["--port=1"][..], Side::Connector),
        (capture, &["--listener", "--port=1234"], Side::Listener),
    ] {
        let other = if side == Side::Connector { Side::Listener } else { Side::Connector };
        let (address, taken) = peer(recording.stream(other).to_vec());
        let arguments = ["replay", file.to_str().unwrap(), "--to", &address, "--json"];
        let replay = run([&arguments, more].concat());
        assert_eq!((replay.code, replay.stderr.as_str()), (0, ""));
        assert_eq!(taken.join().unwrap(), recording.stream(side));
        let lines = replay.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        assert!(lines.filter(|line| line["from"] == side.name()).count() > 5);
    }
}

#[test]
fn a_peer_that_closes_or_is_absent_is_an_error() {
    let recording = session("bro-bro-events-basic").recording_path();
    let recording = recording.to_str().unwrap();
    let refused = run(["replay", recording, "--to", &closed_port()]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("cannot connect to 127.0.0.1:"), "{}", refused.stderr);
    let hint = "connection refused; does the peer listen there? A Bro does if it loads ";
    assert!(refused.stderr.contains(hint), "{}", refused.stderr);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let gone = thread::spawn(move || drop(listener.accept().unwrap()));
    let replay = run(["replay", recording, "--to", &address]);
    gone.join().unwrap();
    assert_eq!(replay.code, 1);
    assert!(replay.stderr.contains("connection "), "{}", replay.stderr);
    let missing = run(["replay", "no/such.jsonl", "--to", &address]);
    assert_eq!(missing.stderr, "brocomm: no/such.jsonl: cannot read: no such file or directory\n");
}

#[test]
fn one_of_several_connections_is_replayed() {
    let (one, other) = (session("bro-bro-events-basic"), session("bro-bro-logs"));
    let mut frames = Wire::of(&one, false, [50_000, 47757], 1400).frames;
    frames.extend(Wire::of(&other, false, [50_001, 47757], 1400).frames);
    let file = scratch("replay", "two.pcap", &pcap(&frames));
    let file = file.to_str().unwrap();
    for (number, session) in [("1", &one), ("2", &other)] {
        let recording = session.recording().unwrap();
        let (address, taken) = peer(recording.stream(Side::Listener).to_vec());
        let replay = run(["replay", file, "--to", &address, "--connection", number]);
        assert_eq!((replay.code, replay.stderr.as_str()), (0, ""));
        assert_eq!(taken.join().unwrap(), recording.stream(Side::Connector));
    }
    let named = "1 is 10.0.0.1:50000 > 10.0.0.2:47757, 2 is 10.0.0.1:50001 > 10.0.0.2:47757\n";
    let to = closed_port();
    for more in [&[][..], &["--connection", "3"]] {
        let unclear = run([&["replay", file, "--to", &to], more].concat());
        assert_eq!(unclear.code, 2);
        let expected = "it has 2 connections; choose one with --connection: ";
        assert!(unclear.stderr.ends_with(&format!("{expected}{named}")), "{}", unclear.stderr);
    }
    let recording = one.recording_path();
    let only = ["replay", recording.to_str().unwrap(), "--to", &to, "--connection", "2"];
    assert_eq!(run(only).code, 2);
    assert_eq!(run(["replay", file, "--to", &to, "--connection", "0"]).code, 2);
}

/// Broccoli sends the name of an enum's type, and only half of the constant's number.
#[test]
fn an_enum_of_a_broccoli_is_printed_by_name() {
    let recording = session("broccoli-enum").recording_path();
    let text = "module enumtest; type enumtype: enum { ENUM1, ENUM2, ENUM3, ENUM4 };
        module GLOBAL; event enumtest(e: enumtest::enumtype);";
    let file = scratch("replay", "enum.bro", text.as_bytes());
    let declared = ["--declarations", file.to_str().unwrap(), "--once", "--description=bro"];
    let (mut listener, address) = Program::listen(&declared);
    run(["replay", recording.to_str().unwrap(), "--to", &address, "--wait=0.5"]);
    let event = listener.line_with(" event enumtest(");
    assert!(event.ends_with(" event enumtest(enumtest::ENUM3)"), "{event}");
}
