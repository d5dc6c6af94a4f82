//! Tests of `brocomm run --stdin`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::{Program, brocomm, scratch};

const EVENTS: &str = "declarations = 'event e(x: count, s: string); event f();'\n";

/// Writes the configuration of a node that connects to an address.
fn client(test: &str, address: &str, more: &str) -> PathBuf {
    let port = address.rsplit(':').next().unwrap();
    let text = format!(
        "{EVENTS}[nodes.a]\nhost = '127.0.0.1'\np = {port}\nconnect = true\nretry = '1 sec'\n{more}"
    );
    scratch(test, "client.toml", text.as_bytes())
}

/// Runs a node with this input.
fn run(configuration: &Path, more: &[&str], input: &[u8]) -> crate::support::Run {
    let mut command = brocomm();
    command.arg("run").arg(configuration).args(["--no-log", "--stdin", "--exit-at-eof"]).args(more);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    crate::support::Run {
        code: output.status.code().expect("no signal ends the program"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

const LISTEN: [&str; 3] = ["--once", "--event", "e(count, string)"];

#[test]
fn an_invalid_line_does_not_stop_the_node() {
    let (mut listener, address) = Program::listen(&LISTEN);
    let input =
        b"\xef\xbb\xbfe(1, \"a\")\n\ne(2, \"\xff\")\r\ne(3, \xff)\nnonsense\ne(4, \"\\\xff\")\n\
          {\"event\": \"e\", \"args\": [5, \"\xff\"]}\ne(6, \"b\")";
    let ended = run(&client("stdin-wrong", &address, ""), &[], input);
    for event in ["e(1, a)", "e(2, \\xff)", "e(4, \\xff)", "e(6, b)"] {
        assert_eq!(listener.notice_with(" event "), format!("event {event}"));
    }
    assert_eq!(listener.end().code, 0);
    let errors: Vec<&str> =
        ended.stderr.lines().filter(|line| line.starts_with("brocomm: ")).collect();
    assert_eq!(ended.code, 1, "{errors:?}");
    for (error, beginning) in errors.iter().zip([
        "brocomm: standard input: line 4, column 6: ",
        "brocomm: standard input: line 5, column ",
        "brocomm: standard input: line 7: not UTF-8; write a string with other bytes as {\"$hex\": ",
        "brocomm: 3 lines of standard input failed",
    ]) {
        assert!(error.starts_with(beginning), "{error}");
    }
    assert_eq!(errors.len(), 4, "{errors:?}");
}

#[test]
fn unreadable_input_is_an_error() {
    let (listener, address) = Program::listen(&LISTEN);
    let folder = std::fs::File::open(".").unwrap();
    let mut command = brocomm();
    let file = client("stdin-unreadable", &address, "");
    command.arg("run").arg(file).args(["--no-log", "--stdin", "--exit-at-eof"]);
    let ended = command.stdin(folder).output().unwrap();
    let errors = String::from_utf8(ended.stderr).unwrap();
    assert!(errors.starts_with("brocomm: standard input: cannot read: "), "{errors}");
    assert_eq!(ended.status.code(), Some(1));
    drop(listener);
}

#[test]
fn the_writer_waits_for_the_peers() {
    // Its output is not read at first.
    let (mut listener, address) = Program::listen(&LISTEN);
    let few = "[outgoing]\nevents = 10\nbytes = 102400\n";
    let file = client("stdin-block", &address, few);
    const LINES: usize = 10_000;
    let running = std::thread::spawn(move || {
        let line = |number| format!("e({number}, \"{}\")\n", "x".repeat(500));
        run(&file, &[], (0..LINES).map(line).collect::<String>().as_bytes())
    });
    for number in 0..LINES {
        let event = listener.notice_with(" event ");
        assert!(event.starts_with(&format!("event e({number}, xxx")), "{event}");
    }
    let ended = running.join().unwrap();
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(listener.end().code, 0);
}

#[test]
fn an_event_waits_for_a_peer_that_requests_it() {
    let text = format!(
        "{EVENTS}listen = true\nlisten_interface = '127.0.0.1'\nlisten_port = 0\n\
         [nodes.any]\nhost = '127.0.0.1'\n"
    );
    let file = scratch("stdin-waits", "node.toml", text.as_bytes());
    let file = file.to_str().unwrap();
    let mut node =
        Program::start(["run", file, "--no-log", "--stdin", "--exit-at-eof", "--timeout", "600"]);
    let listening = node.line_with("listening on ");
    let address = listening.strip_prefix("listening on ").unwrap();
    node.write("e(1, \"a\")");
    node.write("f()");
    // This peer does not request the event.
    let other = Program::start(["connect", address, "--event", "g()"]);
    node.line_with(" handshake_done");
    let declared = ["--event", "e(count, string)", "--event", "f()"];
    let mut peer = Program::start([&["connect", address, "--count", "2"], &declared[..]].concat());
    assert_eq!(peer.notice_with(" event "), "event e(1, a)");
    assert_eq!(peer.notice_with(" event "), "event f()");
    assert_eq!(peer.end().code, 0);
    node.close_input();
    let ended = node.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    other.end();
}

#[test]
fn an_event_that_no_peer_requests_in_time_is_an_error() {
    let (listener, address) = Program::listen(&LISTEN);
    let file = client("stdin-nobody", &address, "");
    let ended = run(&file, &["--timeout", "0.1"], b"f()\nf()\n");
    let line = |number| {
        format!(
            "brocomm: standard input: line {number}: not sent: no connected peer has requested f \
             within 0.1 s\n"
        )
    };
    let last = "brocomm: 2 lines of standard input failed, see above\n";
    assert_eq!(ended.stderr, [&line(1), &line(2), last].concat());
    assert_eq!(ended.code, 1);
    drop(listener);
}

#[test]
fn an_event_that_waits_when_the_node_stops_is_an_error() {
    let (_listener, address) = Program::listen(&LISTEN);
    let file = client("stdin-ends", &address, "");
    let mut node =
        Program::start(["run", file.to_str().unwrap(), "--no-log", "--stdin", "--timeout=600"]);
    node.line_with(" handshake_done");
    node.write("");
    node.write("nonsense");
    node.write("f()");
    // The previous line has been processed, so this one is next.
    node.error_with("line 2, ");
    node.signal("-USR1");
    node.error_with("events in/out");
    node.signal("-TERM");
    let ended = node.end();
    let waits = "standard input: line 3: not sent: the node stopped first\n";
    assert!(ended.stderr.contains(waits), "{}", ended.stderr);
    assert_eq!(ended.code, 1);
}
