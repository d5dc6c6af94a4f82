//! Tests of `brocomm doctor`.

use std::io::Write;
use std::net::{Shutdown, TcpListener};

use serde_json::Value;

use crate::support::{Program, closed_port, run};

#[test]
fn a_good_peer_is_reported() {
    let arguments = ["--event=ping(count)", "--capture-filter=tcp", "--class=c", "--once"];
    let (listener, address) = Program::listen(&arguments);
    let doctor = run(["doctor", &address, "--class=control", "--ping"]);
    assert_eq!((doctor.code, doctor.stderr.as_str()), (0, ""), "{}", doctor.stdout);
    let steps: Vec<&str> = doctor.stdout.lines().collect();
    for (line, start) in steps.iter().zip([
        "ok    reachable     127.0.0.1:",
        "ok    version       protocol 7, data format 0: it uses ours, as brocomm does",
        "ok    cache         its send cache has 3000 objects",
        "note  runtime       started less than 1 s ago, or reports no uptime",
        "ok    class         c",
        "ok    handshake     complete",
        "ok    capabilities  COMPRESSION, PID_64BIT, NEW_CACHE_STRATEGY",
        "ok    description   brocomm",
        "ok    events        it requests ping",
        "ok    filter        it sends the capture filter \"tcp\"",
        "ok    state         it accepts no state changes; if we requested state, it would",
        "ok    ping          ",
    ]) {
        assert!(line.starts_with(start), "{line}\n  should begin with\n{start}");
    }
    assert_eq!(steps.len(), 12);
    assert!(listener.end().stdout.contains(" established class control\n"));
}

/// Runs it and returns the exit code, and the last step and finding.
fn last(address: &str, timeout: &str) -> (i32, String, String, String) {
    let doctor = run(["doctor", address, "--json", timeout]);
    let line = doctor.stdout.lines().last().unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    let text = |key: &str| line[key].as_str().unwrap().to_owned();
    (doctor.code, text("step"), text("finding"), text("text"))
}

#[test]
fn the_failed_step_is_reported() {
    let (code, step, finding, text) = last(&closed_port(), "--timeout=10");
    assert_eq!((code, step.as_str(), finding.as_str()), (1, "reachable", "BAD"));
    assert!(text.contains("does the peer listen there?"), "{text}");

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (code, step, finding, text) =
        last(&silent.local_addr().unwrap().to_string(), "--timeout=0.2");
    assert_eq!((code, step.as_str(), finding.as_str()), (1, "version", "BAD"));
    assert!(text.contains("does it speak this protocol"), "{text}");

    let address = silent.local_addr().unwrap().to_string();
    let other = std::thread::spawn(move || {
        // The first attempt has been abandoned.
        drop(silent.accept().unwrap());
        let (mut stream, _) = silent.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        // Reads until the other side closes the connection.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let (code, step, finding, text) = last(&address, "--timeout=10");
    assert_eq!((code, step.as_str(), finding.as_str()), (1, "connection", "BAD"), "{text}");
    assert_eq!(
        text,
        "the peer uses another protocol: its data begins with \"HTTP\"; is the port right?"
    );
    other.join().unwrap();
}

/// Starts a peer that announces this protocol and data format, and calls a closure with its
/// address.
fn with_version(protocol: u32, format: u32, then: impl FnOnce(&str)) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let peer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let header = [0, 0, 0, 8, 1, 0, 0, 0, 0, 0, 0, 0];
        let argument = [17, protocol, 3000, format, 0].map(u32::to_be_bytes).concat();
        stream.write_all(&[&header[..], &argument, &[0]].concat()).unwrap();
        let _ = stream.shutdown(Shutdown::Write);
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
        let _ = stream.shutdown(Shutdown::Both);
    });
    then(&address);
    peer.join().unwrap();
}

#[test]
fn other_releases_of_bro_are_named() {
    for (protocol, format, says) in [
        (
            6,
            18,
            "this is Bro 1.5 or older, with protocol 6; brocomm's is 7: Bro 2.0 to 2.6".to_owned(),
        ),
        (8, 26, "this is not a Bro 2.0 to 2.6: its protocol is 8, brocomm's is 7".to_owned()),
        (7, 27, "this is not a Bro 2.0 to 2.6: its data format is 27".to_owned()),
    ] {
        with_version(protocol, format, |address| {
            let (code, step, finding, text) = last(address, "--timeout=10");
            assert_eq!((code, step.as_str(), finding.as_str()), (1, "version", "BAD"));
            assert!(text.starts_with(&says), "{text}");
        });
        with_version(protocol, format, |address| {
            let send = run(["send", address, "e(1)"]);
            assert_eq!(send.code, 1);
            assert!(
                send.stderr.contains(&format!("{address}: nothing sent: {says}")),
                "{}",
                send.stderr
            );
        });
    }
}

#[test]
fn supported_releases_are_named() {
    for (format, releases) in
        [(21, "2.0"), (22, "2.1"), (23, "2.2"), (25, "2.3/2.4"), (26, "2.5/2.6")]
    {
        with_version(7, format, |address| {
            let doctor = run(["doctor", address, "--timeout=10"]);
            let version = format!("protocol 7, data format {format}: Bro {releases}\n");
            assert!(doctor.stdout.contains(&version), "{}", doctor.stdout);
            assert!(doctor.stdout.contains("note  release       "), "{}", doctor.stdout);
        });
    }
}
