//! Tests that each error is reported once, with a hint.

use std::io::Write;
use std::net::TcpListener;

use crate::messages::{assert_said, other_service};
use crate::support::{Program, Run, closed_port, run, scratch, session};

#[test]
fn each_fact_is_printed_once() {
    let (_listener, address) = Program::listen(&["--event=a(count)", "--class=c"]);
    for (command, once) in [("connect", true), ("connect --json", false)] {
        let mut connected =
            Program::start(command.split(' ').chain([&*address, "--event=e()", "--class=d"]));
        let mut lines = Vec::new();
        while !lines.last().is_some_and(|line: &String| line.contains("handshake_done")) {
            lines.push(connected.line());
        }
        for fact in ["a", "c", "brocomm"] {
            let names = |line: &&String| line.split([' ', '"', '\\']).any(|word| word == fact);
            assert_eq!(lines.iter().filter(names).count() == 1, once, "{fact}: {lines:?}");
        }
    }
}

#[test]
fn quiet_commands_print_events_only() {
    let (mut listener, address) = Program::listen(&["--event=e(count)", "--quiet", "--count=2"]);
    assert_eq!(run(["send", &address, "e(1)", "e(2)"]).code, 0);
    assert!(listener.line().ends_with(" event e(1)"));
    assert!(listener.line().ends_with(" event e(2)"));
    assert_eq!(listener.end().outcome(), (0, "", ""));

    let (_listener, address) = Program::listen(&["--once"]);
    let mut quiet =
        Program::start(["connect", &address, "--event=e()", "--quiet", "--log-level=info"]);
    quiet.error_with("phase: running");
    #[cfg(unix)]
    {
        quiet.signal("-INT");
        let Run { code, stdout, .. } = quiet.end();
        assert_eq!((code, stdout.as_str()), (0, ""));
    }
}

#[test]
fn errors_in_numbers_show_the_range() {
    for (command, why) in [
        ("connect h --count x", "`x` is not a whole number from 0 to 18446744073709551615"),
        ("connect h --compression 10", "`10` is not a whole number from 0 to 9"),
        ("bench h --window 0", "`0` is not a whole number from 1 to 65536"),
        ("bench h --connections 1.5", "`1.5` is not a whole number from 1 to 1000"),
        ("bench h --size x", "`x` is not a whole number from 16 to 8388608"),
        ("tail h conn --count -1", "unexpected argument '-1'"),
        ("ping h --count x", "`x` is not a whole number from 0 to 4294967295"),
        ("decode f --port 0", "`0` is not a whole number from 1 to 65535"),
        ("replay f --to h --port x", "`x` is not a whole number from 1 to 65535"),
        ("replay f --to h --connection 0", "`0` is not a whole number from 1 to 4294967295"),
        (
            "state incr h n x --declarations f",
            "`x` is not a whole number from -9223372036854775808",
        ),
        ("state watch h --count x --declarations f", "`x` is not a whole number from 0 to"),
        ("send h:0 e()", "a peer cannot listen on port 0: must be 1 to 65535"),
    ] {
        assert_said(command, 2, why);
    }
}

#[test]
fn names_and_files_are_checked_before_connecting() {
    let file = scratch("messages-files", "file", b"text");
    let (file, folder) = (file.to_str().unwrap(), file.parent().unwrap().to_str().unwrap());
    let (none, in_none) = (format!("{folder}/none"), format!("{folder}/none/file"));
    let closed = closed_port();
    let recording = session("bro-bro-logs").recording_path();
    let recording = recording.to_str().unwrap();
    let variables = scratch("messages-files", "node.toml", b"listen = true\nlisten_port = 0\n");
    let node = variables.to_str().unwrap();
    for (command, code, why) in [
        (format!("bench {closed} --svg {in_none}"), 1, "cannot write: no such file or directory"),
        (format!("bench {closed} --svg {folder}"), 1, "cannot write: is a directory"),
        (format!("bench {closed} --reply a-b"), 2, "--reply: `a-b` is not the name of an event"),
        (format!("connect {closed} --write-packets {in_none}"), 1, "cannot write: no such file"),
        (format!("logs {closed} --write {file}"), 1, "cannot create folder: file exists"),
        (format!("man {file}"), 1, "cannot write: file exists"),
        (format!("run {node} --log {in_none}"), 1, "cannot write: no such file or directory"),
        (format!("run {node} --no-log --state {file}"), 2, "no variable with `&synchronized`"),
        (format!("decode {recording} --write-logs {folder} --log-names {none}"), 2, "no such file"),
        (
            format!("send {closed} e() --tls-ca {none} --tls-cert {file}"),
            2,
            "--tls-ca FILE: cannot be read: no such file or directory",
        ),
        (
            format!("send {closed} e() --tls-ca {folder} --tls-cert {file}"),
            2,
            "cannot be read: is a directory",
        ),
        (format!("send {closed} e() --tls-ca {file} --tls-cert {file}"), 2, "--tls-ca: no cert"),
    ] {
        let Run { code: got, stdout, stderr } = run(command.split(' '));
        assert_eq!((got, stdout.as_str()), (code, ""), "{command}: {stderr}");
        let stderr = stderr.replace(&none, "FILE");
        assert!(stderr.contains(why), "{command}: {stderr}");
        assert!(!stderr.contains("os error") && stderr.lines().count() <= 2, "{command}: {stderr}");
    }
}

#[test]
fn a_port_in_use_is_reported_with_a_hint() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = scratch("messages-taken", "x", b"").with_file_name("logs");
    let why = format!("cannot listen on {address}: address already in use; stop the program");
    for command in ["listen --on A", "bench --serve A", "logs --listen A --write DIR"] {
        let command = command.replace("DIR", folder.to_str().unwrap()).replace('A', &address);
        assert_said(&command, 1, &why);
    }
    let port = taken.local_addr().unwrap().port();
    let text = format!(
        "listen = true\nlisten_interface = '127.0.0.1'\nlisten_port = {port}\nlisten_retry = '7 sec'\n"
    );
    let file = scratch("messages-taken", "node.toml", text.as_bytes());
    let mut node = Program::start(["run", file.to_str().unwrap(), "--no-log"]);
    let error = node.error().unwrap();
    let wanted = format!("brocomm: can't bind to {address}, address already in use; trying again");
    assert_eq!(error, format!("{wanted} in 7 s\n"));
}

#[test]
fn a_node_reports_each_fault_once_and_whether_it_retries() {
    let (closed, http) = (closed_port(), other_service(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    for (address, retry, why) in [
        (&closed, "'30 sec'", "connect failed: connection refused; trying again in 30 s"),
        (&closed, "'0 sec'", "connect failed: connection refused; not tried again"),
        (
            &http,
            "'30 sec'",
            "the peer uses another protocol: its data begins with \"HTTP\"; is the port \
             right?; not tried again",
        ),
    ] {
        let port = address.rsplit(':').next().unwrap();
        let text =
            format!("[nodes.a]\nhost = '127.0.0.1'\np = {port}\nconnect = true\nretry = {retry}\n");
        let file = scratch("messages-retry", "node.toml", text.as_bytes());
        let mut node = Program::start(["run", file.to_str().unwrap(), "--no-log"]);
        let error = node.error().unwrap();
        assert_eq!(error, format!("brocomm: [#1/{address}] {why}\n"));
        #[cfg(unix)]
        {
            node.signal("-TERM");
            let Run { code, stdout, stderr } = node.end();
            assert_eq!((code, stderr), (0, error), "{stdout}");
            assert!(!stdout.contains("refused") && !stdout.contains("HTTP"), "{stdout}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_node_reports_a_rejected_event_once_with_both_types() {
    let text = "declarations = 'event ping(n: count);'\nlisten = true\nlisten_port = 0\n\
        listen_interface = '127.0.0.1'\n[nodes.c]\nhost = '127.0.0.1'\nevents = 'ping'\n";
    let file = scratch("messages-rejected", "node.toml", text.as_bytes());
    for (form, on_stdout) in [("bro", false), ("json", true)] {
        let mut node = Program::start(["run", file.to_str().unwrap(), "--no-log", "--print", form]);
        let listening = node.line_with("listening");
        let address = listening
            .trim_end_matches(['"', '}'])
            .rsplit([' ', '"'])
            .find(|w| w.contains("127.0.0.1"));
        let address = address.unwrap().to_owned();
        let sent = run(["send", &address, "ping(\"a\")", "--event=ping(string)"]);
        assert_eq!(sent.code, 0, "{}", sent.stderr);
        let error = node.error().unwrap();
        assert!(
            error.ends_with(
                "unserializing event/function ping: mismatch in argument types; ignoring (argument \
                 0, n: expected count, found string)\n"
            ),
            "{error}"
        );
        node.line_with("closed");
        node.signal("-TERM");
        let Run { code, stdout, stderr } = node.end();
        assert_eq!((code, stderr), (0, error));
        assert!(!stdout.contains("unserializing"), "{on_stdout}: {stdout}");
    }
}

#[test]
fn the_side_without_tls_is_named() {
    let (mut listener, address) = Program::listen(&["--event=e()"]);
    // The start of a TLS handshake.
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    stream.write_all(&[0x16, 3, 1, 0, 200, 1, 0, 0]).unwrap();
    let error = listener.error().unwrap();
    let why = "the peer uses TLS, but clear text is expected; for TLS, use --tls-ca and \
               --tls-cert, and in configurations `ssl` and `listen_ssl`\n";
    assert!(error.ends_with(&format!(": {why}")), "{error}");
}
