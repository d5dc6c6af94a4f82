//! Tests of metrics, messages and notifications to systemd.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Program, closed_port, run, scratch};

/// The page of the book that lists all metrics.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/src/operations/monitoring.md");

/// A node that listens on a port that the system chooses.
const LISTENS: &str = "declarations = 'event ping(n: count);'\nlisten = true\n\
    listen_interface = '127.0.0.1'\nlisten_port = 0\n";

fn start(configuration: &Path, arguments: &[&str]) -> Program {
    Program::start([&["run", configuration.to_str().unwrap(), "--no-log"], arguments].concat())
}

/// Returns the address at which a node serves metrics.
pub(crate) fn metrics_of(node: &mut Program) -> String {
    let line = node.error_with("metrics are at ");
    let (_, url) = line.trim_end().split_once("http://").unwrap();
    url.strip_suffix("/metrics").unwrap().to_owned()
}

/// Sends an HTTP request and returns the head and the body of the response.
fn ask(address: &str, request: &str) -> (String, String) {
    ask_for(address, request, "")
}

/// The same with more header lines.
fn ask_for(address: &str, request: &str, more: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: {address}\r\n{more}\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

pub(crate) fn scrape(address: &str) -> String {
    let accept = "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2\r\n";
    let (head, body) = ask_for(address, "GET /metrics", accept);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("content-type: application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(body.ends_with("\n# EOF\n"), "{body}");
    body
}

fn assert_has(numbers: &str, lines: &[&str]) {
    for line in lines {
        assert!(numbers.contains(&format!("\n{line}\n")), "no {line} in\n{numbers}");
    }
}

#[test]
fn metrics_of_a_node_and_its_peers_are_served() {
    let test = "operations-metrics";
    let text = format!("{LISTENS}[nodes.client]\nhost = '127.0.0.1'\nevents = 'ping'\n");
    let server = scratch(test, "server.toml", text.as_bytes());
    let mut server = start(&server, &["--metrics", "127.0.0.1:0", "--log-level", "info"]);
    let address = metrics_of(&mut server);
    let listening = server.line_with("listening on 127.0.0.1:");
    let port = listening.rsplit(':').next().unwrap();

    let text = format!(
        "declarations = 'event ping(n: count);'\n\
         [nodes.server]\nhost = '127.0.0.1'\np = {port}\nconnect = true\n\
         liveness = {{ ping_after = 0.05, close_after = 600 }}\n"
    );
    let client = scratch(test, "client.toml", text.as_bytes());
    let mut client =
        start(&client, &["--stdin", "--metrics", "127.0.0.1:0", "--log-level", "info"]);
    let of_client = metrics_of(&mut client);
    client.line_with("event_requested");
    client.line_with("handshake_done");
    client.write("ping(7)");
    server.line_with("event ping(7)");
    client.line_with(" pong ");

    // An idle connection does not block others.
    let _idle = TcpStream::connect(&address).unwrap();
    let numbers = scrape(&address);
    let peer = "{peer=\"10000\",node=\"client\",host=\"127.0.0.1\"}";
    assert_has(
        &numbers,
        &[
            &format!("brocomm_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION")),
            "brocomm_listening 1",
            "brocomm_peers{state=\"running\"} 1",
            "brocomm_peers{state=\"gone\"} 0",
            "brocomm_connections_total 1",
            "brocomm_connect_failures_total 0",
            "brocomm_received_events_total 1",
            "brocomm_log_lines_total{level=\"error\"} 0",
            &format!("brocomm_peer_up{peer} 1"),
            &format!("brocomm_peer_received_events_total{peer} 1"),
            &format!("brocomm_peer_outgoing_waiting{peer} 0"),
            &format!("brocomm_peer_pings_answered_total{peer} 0"),
        ],
    );
    assert!(!numbers.contains("brocomm_peer_ping_seconds{"), "{numbers}");
    assert_names(&numbers);
    let peer = "{peer=\"1\",node=\"server\",host=\"127.0.0.1\"}";
    let numbers = scrape(&of_client);
    assert_has(
        &numbers,
        &[
            "brocomm_listening 0",
            &format!("brocomm_peer_up{peer} 1"),
            &format!("brocomm_peer_sent_events_total{peer} 1"),
        ],
    );
    assert!(!numbers.contains(&format!("pings_answered_total{peer} 0")), "{numbers}");
    let (_, ping) = numbers.split_once(&format!("\nbrocomm_peer_ping_seconds{peer} ")).unwrap();
    assert!(ping.lines().next().unwrap().parse::<f64>().unwrap() > 0.0, "{ping}");

    client.signal("-TERM");
    assert_eq!(client.end().code, 0);
    server.line_with(" closed ");
    // The peer is removed once its socket is closed.
    let numbers = (0..10_000).map(|_| scrape(&address)).find(|it| !it.contains("peer=\"10000\""));
    assert_has(
        &numbers.expect("the peer is forgotten"),
        &[
            "brocomm_peers{state=\"running\"} 0",
            "brocomm_connections_total 1",
            "brocomm_received_events_total 1",
        ],
    );
    server.signal("-TERM");
    assert_eq!(server.end().code, 0);
}

/// Compares the names with those in the book.
fn assert_names(numbers: &str) {
    let types = numbers.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let served: BTreeSet<String> = types
        .map(|(name, kind)| match kind {
            "counter" => format!("{name}_total"),
            "info" => format!("{name}_info"),
            _ => name.to_owned(),
        })
        .collect();
    let page = fs::read_to_string(PAGE).unwrap();
    let is_name = |word: &&str| {
        word.starts_with("brocomm_") && word.chars().all(|c| c == '_' || c.is_ascii_lowercase())
    };
    // This node has no metrics of bridges, spools and sinks.
    let beside = ["brocomm_zeek_", "brocomm_spool_", "brocomm_sink_"];
    let is_beside = |word: &str| beside.iter().any(|prefix| word.starts_with(prefix));
    let is_here = |word: &&str| is_name(word) && !is_beside(word);
    let explained = page.split('`').filter(is_here).map(str::to_owned).collect();
    assert_eq!(served, explained);
}

#[test]
fn only_the_metrics_page_exists() {
    let file = scratch("operations-http", "node.toml", LISTENS.as_bytes());
    let mut node = start(&file, &["--metrics", "[::1]:0", "--log-level", "debug"]);
    let address = metrics_of(&mut node);
    let (head, body) = ask(&address, "GET /");
    assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
    assert_eq!(body, "not found; use /metrics\n");
    let (head, _) = ask(&address, "POST /metrics");
    assert!(head.starts_with("HTTP/1.1 405 ") && head.contains("allow: GET, HEAD"), "{head}");
    // Without an Accept header the response is plain text.
    let (head, body) = ask(&address, "GET /metrics");
    assert!(head.contains("\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    assert_has(&body, &["# TYPE brocomm_received_events_total counter", "brocomm_listening 1"]);
    assert!(!body.contains("# EOF"), "{body}");
    let (head, body) = ask(&address, "HEAD /metrics");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert_eq!(body, "");
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.write_all(b"no HTTP at all\r\n\r\n").unwrap();
    // The connection is closed, with or without a response.
    let _ = stream.read_to_end(&mut Vec::new());
    scrape(&address);
    node.error_with("brocomm: debug: metrics: GET /metrics: 200 OK");
}

#[test]
fn an_unusable_address_prevents_the_start() {
    let file = scratch("operations-address", "node.toml", LISTENS.as_bytes());
    let log = file.with_file_name("communication.log");
    let metrics = |address: &str| {
        run([
            "run".as_ref(),
            file.as_os_str(),
            "--log".as_ref(),
            log.as_os_str(),
            "--metrics".as_ref(),
            address.as_ref(),
        ])
    };
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let result = metrics(&address);
    assert_eq!((result.code, result.stdout.as_str()), (1, ""));
    let wanted = format!("brocomm: --metrics {address}: cannot listen: ");
    assert!(result.stderr.starts_with(&wanted), "{}", result.stderr);
    let result = metrics("127.0.0.1");
    assert_eq!(result.code, 2);
    assert!(result.stderr.contains("a port is missing; write `HOST:PORT`"), "{}", result.stderr);
    assert!(!log.exists());
}

/// Writes the configuration of a node that connects to a closed port.
fn in_vain(test: &str) -> PathBuf {
    let address = closed_port();
    let port = address.rsplit(':').next().unwrap();
    let text = format!("[nodes.a]\nhost = '127.0.0.1'\np = {port}\nconnect = true\n");
    scratch(test, "node.toml", text.as_bytes())
}

#[test]
fn messages_can_be_json() {
    let file = in_vain("operations-json");
    let mut node = start(&file, &["--log-format", "json", "--log-level", "info"]);
    node.error_with("not tried again");
    node.signal("-USR1");
    node.error_with("events in/out");
    node.signal("-TERM");
    let ended = node.end();
    assert_eq!(ended.code, 0);
    let lines: Vec<Value> =
        ended.stderr.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let with = |text: &str| {
        let has_it = |line: &&Value| line["message"].as_str().unwrap().contains(text);
        lines.iter().find(has_it).unwrap_or_else(|| panic!("no {text} in {lines:#?}"))
    };
    let failed = with("] connect failed: connection refused");
    assert_eq!(failed["level"], "ERROR");
    assert_eq!((failed["peer"].as_u64(), failed["source"].as_str()), (Some(1), Some("child")));
    assert!(failed["address"].as_str().unwrap().starts_with("127.0.0.1:"), "{failed}");
    assert!(failed["timestamp"].as_str().unwrap().ends_with('Z'), "{failed}");
    let ending = with("terminating...");
    assert_eq!((&ending["level"], &ending["peer"]), (&Value::from("INFO"), &Value::Null));
    assert!(with("events in/out")["message"].as_str().unwrap().contains("\n#1 "));
    let missing = run(["decode", "no/such.jsonl", "--log-format", "json"]);
    let line: Value = serde_json::from_str(&missing.stderr).unwrap();
    assert_eq!(line["message"], "no/such.jsonl: cannot read: no such file or directory");
}

#[test]
fn messages_of_the_level_and_above_are_printed() {
    let file = in_vain("operations-level");
    let stderr = |level: &str| {
        let mut node = start(&file, &["--log-level", level]);
        node.error_with("connect failed");
        // Requested output is printed at every level.
        node.signal("-USR1");
        node.signal("-TERM");
        node.end().stderr
    };
    let warnings = stderr("warn");
    assert!(warnings.contains("brocomm: [#1/127.0.0.1:"), "{warnings}");
    assert!(warnings.contains("\npeer  "), "{warnings}");
    assert!(!warnings.contains("info: "), "{warnings}");
    let all = stderr("info");
    assert!(all.contains("brocomm: info: terminating...\n"), "{all}");
    let check = |level| {
        let nothing = scratch("operations-level", "nothing.toml", b"");
        run(["config", "check", nothing.to_str().unwrap(), "--log-level", level]).stderr
    };
    assert!(check("warn").contains(": warning: listen = false: "));
    assert_eq!(check("error"), "");
}

#[test]
fn following_commands_print_the_log_of_the_connection() {
    let (_peer, address) = Program::listen(&[]);
    let mut follower = Program::start(["print", &address, "--log-level", "info"]);
    follower.error_with("brocomm: info: phase: running");
    follower.signal("-TERM");
    assert_eq!(follower.end().code, 0);
}

#[cfg(target_os = "linux")]
#[test]
fn systemd_is_notified_of_the_start_and_the_stop() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    for (name, text) in [("listens", LISTENS), ("connects", ""), ("abstract", LISTENS)] {
        let test = format!("operations-notify-{name}");
        let file = if text.is_empty() {
            in_vain(&test)
        } else {
            scratch(&test, "node.toml", text.as_bytes())
        };
        // Names of sockets have a short maximum length.
        let own = format!("brocomm-{}-{name}.sock", std::process::id());
        let path = std::env::temp_dir().join(&own);
        let (socket, manager) = if name == "abstract" {
            let address = SocketAddr::from_abstract_name(&own).unwrap();
            (format!("@{own}").into(), UnixDatagram::bind_addr(&address).unwrap())
        } else {
            (path.clone(), UnixDatagram::bind(&path).unwrap())
        };
        let mut command = crate::support::brocomm();
        command.args(["run", "--no-log"]).arg(&file).env("NOTIFY_SOCKET", &socket);
        let mut node = Program::spawn(command);
        match text.is_empty() {
            true => node.error_with("connect failed"),
            false => node.line_with("listening on "),
        };
        node.signal("-TERM");
        assert_eq!(node.end().code, 0);
        let _ = fs::remove_file(&path);
        manager.set_nonblocking(true).unwrap();
        let (mut output, mut buffer) = (String::new(), [0; 1000]);
        while let Ok(length) = manager.recv(&mut buffer) {
            output.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        }
        let states: Vec<&str> =
            output.lines().filter(|line| !line.starts_with("STATUS=")).collect();
        assert_eq!(states, ["READY=1", "STOPPING=1"], "{output}");
        assert!(output.contains("STATUS=0 of "), "{output}");
    }
}
