//! Tests of error messages: what is wrong, where, and what to do.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};

use crate::support::{Program, Run, no_folder, run, scratch, session};

/// Runs a command that fails, and checks its exit code and message.
#[track_caller]
pub(crate) fn assert_said(command: &str, code: i32, why: &str) {
    let Run { code: got, stdout, stderr } = run(command.split_whitespace());
    assert_eq!((got, stdout.as_str()), (code, ""), "{command}: {stderr}");
    assert!(stderr.contains(why), "{command}: {stderr}");
}

#[test]
fn errors_in_addresses_explain_the_notation() {
    let missing = "a host is missing; write `HOST` or `HOST:PORT`";
    let brackets = "an IPv6 address with a port is written `[IPV6]:PORT`";
    for (command, why) in [
        ("listen --on :47760", missing),
        ("listen --on h:1:2", brackets),
        ("connect ::1:47757", brackets),
        ("send fe80::1:65536 e()", brackets),
        ("doctor h:70000", "`70000` is not a port: must be 0 to 65535"),
    ] {
        assert_said(command, 2, why);
    }
}

#[test]
fn timeouts_must_be_positive() {
    for timeout in ["0", "-1", "-0.5", "0.0"] {
        for command in [
            "bench h",
            "connect h",
            "doctor h",
            "logs h",
            "ping h",
            "print h",
            "send h e()",
            "tail h conn",
            "run --stdin",
            "state watch h --config c",
        ] {
            let command = format!("{command} --timeout {timeout}");
            assert_said(&command, 2, "must be greater than 0");
        }
    }
    assert_said("connect h --timeout soon", 2, "`soon` is not a number of seconds");
    assert_said("logs h --retry -1", 2, "`-1` is not a number of seconds");
}

#[test]
fn errors_in_literals_name_the_literal() {
    for (literal, why) in [
        ("300.0.0.1", "`300.0.0.1` is not an address: four numbers up to 255"),
        ("10.0.0", "`10.0.0` is not an address"),
        ("1.2.3.4.5", "`1.2.3.4.5` is not an address"),
        ("70000/tcp", "`70000/tcp` is not a port: must be 0 to 65535"),
        ("1.2.3.4/40", "subnet width of `1.2.3.4/40`, limit is 32"),
        ("80/ftp", "no transport protocol is named `ftp`"),
        ("18446744073709551616", "`18446744073709551616` is not a number, or out of range"),
    ] {
        assert_said(&format!("send 127.0.0.1:1 e({literal})"), 2, why);
    }
}

#[test]
fn other_files_than_a_configuration_are_recognized() {
    let file = |name: &str, text: &str| {
        scratch("messages-config", name, text.as_bytes()).to_str().unwrap().to_owned()
    };
    let script = file("local.bro", "# Ours.\n@load misc/loaded-scripts\nredef x += { 1 };\n");
    let module = file("mine.bro", "module Mine;\nexport { global n = 1; }\n");
    let nodes = file("node.cfg", "[manager]\ntype=manager\nhost=localhost\n");
    let port = file("port.toml", "[nodes.a]\nhost = '::1'\nport = 1\n");
    let missing = port.replace("port.toml", "missing.toml");
    for (file, why) in [
        (script, "this is a Bro script"),
        (module, "this is a Bro script"),
        (nodes, "this is a node.cfg of BroControl"),
        (port, "nodes.a.port: there is no such key; did you mean `p`?"),
        (missing, "no such file or directory; `brocomm config example` prints one"),
    ] {
        assert_said(&format!("run {file}"), 2, why);
        assert_said(&format!("config check {file}"), 2, why);
    }
}

#[test]
fn invalid_declarations_are_usage_errors() {
    let file = scratch("messages-declarations", "bad.bro", b"global n: nope;");
    let why = "cannot use declarations: line 1, column 11: no type is named `nope`";
    for command in ["connect h", "decode f", "send h e()", "state get h n"] {
        assert_said(&format!("{command} --declarations {}", file.display()), 2, why);
        let missing = "none.bro: cannot read declarations: no such file or directory";
        assert_said(&format!("{command} --declarations none.bro"), 2, missing);
    }
}

#[test]
fn help_is_short_and_specific() {
    for command in [&["listen"][..], &["run"], &["state", "get"], &["config", "example"]] {
        let help = run([command, &["--help"]].concat());
        assert_eq!(help.code, 0);
        assert!(help.stdout.contains("Exit codes:\n  0  "), "{command:?}: {}", help.stdout);
        assert!(!help.stdout.contains("Possible values:\n          - error"), "{}", help.stdout);
    }
    let example = run(["help", "config", "example"]).stdout;
    assert!(!example.contains("the configuration or the command line is wrong"), "{example}");
    let level = run(["demo", "--log-level", "loud"]);
    assert!(
        level.code == 2 && level.stderr.contains("error, warn, info, debug"),
        "{}",
        level.stderr
    );
}

/// Starts a service that accepts connections and sends something other than a Bro does, or nothing.
/// Returns its address.
pub(crate) fn other_service(says: &'static [u8]) -> String {
    service(says, false)
}

/// Starts a service that accepts connections and sends something. After the first input, it closes
/// the connection or waits. Returns its address.
fn service(says: &'static [u8], closes: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                if closes {
                    // Not before, because unread data would reset the connection.
                    let _ = stream.read(&mut [0; 4096]);
                }
                let _ = stream.write_all(says);
                if closes {
                    let _ = stream.shutdown(Shutdown::Write);
                }
                // Until the other side gives up.
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
            });
        }
    });
    address
}

const JOINING: [&str; 7] = [
    "bench A",
    "connect A",
    "logs A --write DIR",
    "ping A",
    "print A",
    "send A e()",
    "tail A conn",
];

#[test]
fn another_protocol_is_recognized() {
    let folder = scratch("messages-logs", "x", b"").with_file_name("logs");
    for (says, begins) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "HTTP"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "SSH-"),
        (b"220 mail ESMTP\r\n", "220 "),
    ] {
        let address = other_service(says);
        let why = format!("the peer uses another protocol: its data begins with \"{begins}\"");
        for command in JOINING {
            let command = command.replace("DIR", folder.to_str().unwrap());
            let command = command.replace('A', &address);
            let Run { code, stderr, .. } = run(command.split(' '));
            assert!(code == 1 && stderr.contains(&why), "{command}: {code}, {stderr}");
        }
    }
}

#[test]
fn silent_peers_time_out() {
    let address = other_service(b"");
    let folder = scratch("messages-silent", "x", b"").with_file_name("logs");
    for command in JOINING {
        let command = command.replace("DIR", folder.to_str().unwrap()).replace('A', &address);
        let Run { code, stderr, .. } = run(command.split(' ').chain(["--timeout", "0.2"]));
        let why = match command.split(' ').next() {
            Some("bench" | "ping" | "send") => "the handshake was not completed within 0.2 s",
            _ => "it sent no VERSION within 0.2 s",
        };
        let hint = format!("; try `brocomm doctor {address}`\n");
        assert!(
            code == 1 && stderr.contains(why) && stderr.ends_with(&hint),
            "{command}: {stderr}"
        );
    }
}

#[test]
fn tls_on_one_side_only_is_named_as_the_likely_cause() {
    let folder = scratch("messages-tls", "x", b"").with_file_name("logs");
    // What OpenSSL sends to clients without TLS. Others only close the connection.
    let alert = service(&[0x15, 3, 1, 0, 2, 2, 0x46], true);
    let closing = service(b"", true);
    let silent = other_service(b"");
    for command in JOINING {
        let command = command.replace("DIR", folder.to_str().unwrap());
        for (address, why) in [
            (&alert, "the peer uses TLS, but clear text is expected; for TLS, use --tls-ca and"),
            (&closing, "; it may expect TLS (see --tls-ca)"),
            (&silent, "; it may expect TLS (see --tls-ca); try `brocomm doctor "),
        ] {
            let command = command.replace('A', address);
            let Run { code, stderr, .. } = run(command.split(' ').chain(["--timeout", "0.2"]));
            assert!(code == 1 && stderr.contains(why), "{command}: {code}, {stderr}");
        }
    }
    let port = closing.rsplit(':').next().unwrap();
    let text = format!(
        "[nodes.a]\nhost = '127.0.0.1'\np = '{port}/tcp'\nconnect = true\nretry = '7 sec'\n"
    );
    let file = scratch("messages-tls", "node.toml", text.as_bytes());
    let mut node = Program::start(["run", file.to_str().unwrap(), "--no-log"]);
    node.error_with("; it may expect TLS (see `ssl`); trying again in 7 s");
}

#[test]
fn a_replay_recognizes_other_protocols() {
    let recording = session("broccoli-bro-ping").recording_path();
    let replay = |address: &str| {
        let recording = recording.to_str().unwrap();
        let Run { code, stderr, .. } = run(["replay", recording, "--to", address, "--wait=0.2"]);
        assert_eq!((code, stderr.lines().count()), (1, 1), "{stderr}");
        stderr
    };
    for (says, closes, why) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
            true,
            "its data begins with \"HTTP\"; is the port",
        ),
        (b"SSH-2.0-OpenSSH_9.6\r\n", false, "its data begins with \"SSH-\"; is the port right?"),
        (
            &[0x15, 3, 1, 0, 2, 2, 0x46],
            true,
            "the peer uses TLS; `brocomm replay` does not support TLS",
        ),
        (b"", true, "the peer closed the connection at once; it may not accept this host"),
        (
            b"",
            false,
            "it sent no VERSION within 0.2 s; `brocomm replay` does not support TLS; try `brocomm",
        ),
    ] {
        let stderr = replay(&service(says, closes));
        assert!(stderr.contains(why), "{stderr}");
    }
}

/// All options and keys that name a file to read whole.
#[cfg(unix)]
#[test]
fn unreadable_files_are_reported_by_name() {
    let folder = scratch("messages-read", "node.toml", b"listen = true\n");
    let configuration = folder.to_str().unwrap().to_owned();
    let names = b"global n = 1 &synchronized;";
    let variables = scratch("messages-read", "variables.bro", names).display().to_string();
    let with = format!("listen = true\nlisten_port = 0\ndeclaration_files = ['{variables}']\n");
    let kept = scratch("messages-read", "kept.toml", with.as_bytes()).display().to_string();
    let recording = session("bro-bro-logs").recording_path().display().to_string();
    let logs = no_folder("messages-read-logs").display().to_string();
    let directory = folder.parent().unwrap().to_str().unwrap();
    let inline = |key: &str| {
        let text = format!("{key}\nssl_private_key = 'ANY'\n").replace("ANY", &variables);
        scratch("messages-read", &format!("{}.toml", key.len()), text.as_bytes())
    };
    let large = scratch("messages-read", "large", b"").display().to_string();
    std::fs::File::create(&large).unwrap().set_len((64 << 20) + 1).unwrap();
    for (file, why) in [
        (directory, "is a directory"),
        (&large, "is larger than 64 MiB"),
        ("/no/such/file", "no such file or directory"),
    ] {
        let of_key = |key: &str| inline(&key.replace("FILE", file)).display().to_string();
        let ca = of_key("listen = true\nlisten_ssl = true\nssl_ca_certificate = 'FILE'");
        let files = of_key("listen = true\ndeclaration_files = ['FILE']");
        for command in [
            "config check FILE",
            "run FILE",
            &format!("config check {ca}"),
            &format!("run {files} --no-log"),
            "connect h --declarations FILE",
            "listen --declarations FILE",
            "send h e() --declarations FILE",
            "request h e() --answer f() --declarations FILE",
            "send h e() --tls-ca FILE --tls-cert FILE",
            &format!("send h e() --tls-ca {configuration} --tls-cert FILE"),
            "state get h n --declarations FILE",
            "state get h n --config FILE",
            &format!("logs h --write {logs} --log-names FILE"),
            &format!("decode {recording} --declarations FILE"),
            &format!("decode {recording} --write-logs {logs} --log-names FILE"),
        ] {
            let command = command.replace("FILE", file);
            let Run { code, stderr, .. } = run(command.split(' '));
            assert!(
                code == 2 && stderr.contains(file) && stderr.contains(why),
                "{command}: {stderr}"
            );
        }
    }
    // It has no length before it is read.
    for command in ["config check", "connect h --declarations"] {
        let Run { code, stderr, .. } = run(command.split(' ').chain(["/dev/zero"]));
        assert!(
            code == 2 && stderr.contains("/dev/zero") && stderr.contains("is larger than"),
            "{stderr}"
        );
    }
    // These are read piece by piece, or replaced.
    for (command, file, why) in [
        ("decode FILE", directory, "is a directory"),
        ("decode FILE", "/no/such/file", "no such file or directory"),
        ("replay FILE --to h", directory, "is a directory"),
        ("replay FILE --to h", "/no/such/file", "no such file or directory"),
        (&format!("run {kept} --no-log --state FILE"), directory, "is a directory"),
        (&format!("run {kept} --no-log --state FILE"), "/dev/zero", "not a regular file"),
    ] {
        assert_said(&command.replace("FILE", file), 2, &format!("{file}: cannot read: {why}"));
    }
}

#[test]
fn an_unknown_class_is_named_as_the_likely_cause() {
    let text = "declarations = 'event ping(n: count);'\nlisten = true\nlisten_port = 0\n\
        listen_interface = '127.0.0.1'\n[nodes.c]\nhost = '127.0.0.1'\nclass = 'c'\nevents = 'ping'\n";
    let file = scratch("messages-class", "node.toml", text.as_bytes());
    let mut node = Program::start(["run", file.to_str().unwrap(), "--no-log"]);
    let listening = node.line_with("listening on ");
    let address = listening.strip_prefix("listening on ").unwrap();
    let waits = |class: &str| run(["send", address, "ping(1)", "--timeout=0.3", "--class", class]);
    let why = "probably no entry of its `Communication::nodes` matches this host and our class";
    for (class, shown) in [("other", "(class other)"), ("", "(no class; see --class)")] {
        let Run { code, stderr, .. } = waits(class);
        assert!(code == 1 && stderr.contains(&format!("{why} {shown}")), "{stderr}");
    }
    assert_eq!(waits("c").code, 0);
    let doctor = run(["doctor", address, "--class", "other"]);
    let entry =
        "BAD   entry         it requests nothing: it has no entry for this host with class other";
    assert!(doctor.code == 1 && doctor.stdout.contains(entry), "{}", doctor.stdout);
    let doctor = run(["doctor", address]);
    assert!(doctor.code == 0 && doctor.stdout.contains(why), "{}", doctor.stdout);
    assert_eq!(run(["doctor", address, "--class", "c"]).code, 0);
}

#[test]
fn waiting_for_a_request_is_reported() {
    let (_listener, address) = Program::listen(&["--event=a(count)"]);
    let Run { stderr, .. } = run(["send", &address, "b()", "--timeout=1.2"]);
    let waits = "waiting up to 1.2 s for the peer to request b; so far it requested a\n";
    assert!(stderr.starts_with(&format!("brocomm: {address}: {waits}")), "{stderr}");
}

#[test]
fn sent_events_are_printed_with_their_types() {
    let (_listener, address) = Program::listen(&["--event=e(string, count, set[string])"]);
    let values = r#"e("10.0.0.1", 1, set("a"))"#;
    let guessed = run(["send", &address, values]);
    let types = "as (string, count, set[string])";
    assert_eq!(guessed.outcome(), (0, &*format!("sent {values} {types} to {address}\n"), ""));
    let declared = run(["send", &address, values, "--event=e(string, count, set[string])"]);
    assert_eq!(declared.outcome(), (0, &*format!("sent {values} to {address}\n"), ""));
}
