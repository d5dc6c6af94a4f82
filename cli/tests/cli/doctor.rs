//! Tests of `brocomm doctor`.

use std::io::Write;
use std::net::{Shutdown, TcpListener};

use serde_json::Value;

use crate::support::{Program, closed_port, run};

#[test]
fn a_good_peer_is_explained() {
    let arguments = ["--event=ping(count)", "--capture-filter=tcp", "--class=c", "--once"];
    let (listener, address) = Program::listen(&arguments);
    let doctor = run(["doctor", &address, "--class=control", "--ping"]);
    assert_eq!((doctor.code, doctor.stderr.as_str()), (0, ""), "{}", doctor.stdout);
    let steps: Vec<&str> = doctor.stdout.lines().collect();
    for (line, start) in steps.iter().zip([
        "ok    reachable     127.0.0.1:",
        "ok    version       protocol 7, data format 26, as Bro 2.5 (2.6 announces the same, but",
        "ok    cache         its send cache has 3000 objects",
        "note  runtime       started less than 1 s ago, or reports no uptime",
        "ok    class         c",
        "ok    handshake     complete",
        "ok    capabilities  COMPRESSION, PID_64BIT, NEW_CACHE_STRATEGY",
        "ok    description   brocomm",
        "ok    events        it requests ping",
        "ok    filter        it asks for the packets \"tcp\"",
        "ok    state         it accepts no changes of state; if we requested state, it would",
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
fn it_is_told_how_far_it_got() {
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
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
        let _ = stream.shutdown(Shutdown::Both);
    });
    then(&address);
    peer.join().unwrap();
}

#[test]
fn other_releases_of_bro_are_named() {
    let older = "older than brocomm's";
    for (protocol, format, says) in [
        (
            7,
            25,
            format!("this is Bro 2.3/2.4, with a data format (25) that is {older} (26: Bro 2.5)"),
        ),
        (7, 23, format!("this is Bro 2.2, with a data format (23) that is {older} (26: Bro 2.5)")),
        (7, 22, format!("this is Bro 2.1, with a data format (22) that is {older} (26: Bro 2.5)")),
        (7, 21, format!("this is Bro 2.0, with a data format (21) that is {older} (26: Bro 2.5)")),
        (
            6,
            18,
            format!(
                "this is a Bro older than 2.5, with a protocol (6) that is {older} (7: Bro 2.5)"
            ),
        ),
        (7, 27, "this is not a Bro 2.5, with a data format (27) that is newer".to_owned()),
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
