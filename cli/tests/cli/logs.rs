//! Tests of `brocomm logs`: listing, writing, and several peers at once.

use std::fs;

use brocomm::node::Notification;
use serde_json::{Value, json};

use crate::follow::{TestNode, entries};
use crate::support::{brocomm, closed_port, no_folder, run};

#[test]
fn the_logs_of_a_peer_are_listed() {
    let mut node = TestNode::start();
    node.write(0, None);
    let child = node.joined_by("logs", &["--list"]);
    node.wait_for(|notification| matches!(notification, Notification::ConnectionClosed { .. }));
    let expected = "mini  log-14 by Log::WRITER_ASCII: n count, s string\n";
    assert_eq!(child.end().outcome(), (0, expected, ""));
    let child = node.joined_by("logs", &["--list", "--json"]);
    node.wait_for(|notification| matches!(notification, Notification::ConnectionClosed { .. }));
    let line: Value = serde_json::from_str(&child.end().stdout).unwrap();
    let columns = json!([{"name": "n", "type": "count"}, {"name": "s", "type": "string"}]);
    assert_eq!((&line["path"], &line["columns"]), (&json!("mini"), &columns));
    node.end();

    let mut node = TestNode::start();
    let child = node.joined_by("logs", &["--list"]);
    node.wait_for(|notification| matches!(notification, Notification::ConnectionClosed { .. }));
    let ended = child.end();
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.ends_with("the peer announced no logs\n"), "{}", ended.stderr);
    node.end();
}

#[test]
fn the_options_of_bros_writer_are_applied() {
    let folder = no_folder("follow-columns");
    let write = folder.to_str().unwrap();
    let mut node = TestNode::start();
    let options = ["--once", "--write", write, "--separator", r"\x7c", "--unset-field", ""];
    let child = node.joined_by("logs", &options);
    entries(&node);
    node.write(4, Some("a|b"));
    node.end();
    assert_eq!(child.end().code, 0);
    let written = fs::read_to_string(folder.join("mini.log")).unwrap();
    for part in ["#separator |\n", "\n#unset_field|\n", "\n1|first\n", "\n3|\n", "\n4|a\\x7cb\n"] {
        assert!(written.contains(part), "{part}{written}");
    }
    for options in [
        &["--separator", ""][..],
        &["--set-separator", r"\t"],
        &["--empty-field", "a,"],
        &["--json", "--unset-field", ""],
    ] {
        let run = run([&["logs", &closed_port(), "--write", write], options].concat());
        assert_eq!(run.code, 2, "{options:?}");
        assert!(
            run.stderr.contains("separator") || run.stderr.contains("--json"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn an_invalid_time_zone_is_refused() {
    let folder = no_folder("follow-zone");
    let write = |zone: &str, more: &[&str]| {
        let mut command = brocomm();
        let arguments = ["logs", &closed_port(), "--write", folder.to_str().unwrap()];
        command.env("TZ", zone).args(arguments).args(more);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, output) = write("Nowhere/City", &[]);
    assert_eq!(code, Some(2));
    assert!(
        output.starts_with("brocomm: TZ is \"Nowhere/City\", which is not a time zone; "),
        "{output}"
    );
    assert!(!folder.exists());
    assert_eq!(write("Nowhere/City", &["--utc"]).0, Some(1));
    let (code, output) = write("CET-1CEST", &[]);
    assert_eq!(code, Some(2));
    let why = "TZ is \"CET-1CEST\", which does not say when summer time begins and ends; write ";
    assert!(output.contains(why), "{output}");
    assert_eq!(write("CET-1CEST,M3.5.0,M10.5.0/3", &[]).0, Some(1));
}

#[cfg(unix)]
#[test]
fn several_peers_log_to_one_folder() {
    use brocomm::data::TypeTag;
    use brocomm::logs::{LogField, LogStream, LogValue};
    use brocomm::node::{NodeConfig, PeerConfig as Entry};
    use brocomm_tokio::Node;
    use tokio::runtime::Builder;

    use crate::follow::STREAM;
    use crate::support::Program;

    let folder = no_folder("follow-listen");
    let write = folder.to_str().unwrap();
    let listen = ["logs", "--listen", "127.0.0.1:0", "--write", write, "--log-level", "info"];
    let mut logger = Program::start(listen);
    let first = logger.line();
    let port = first.strip_prefix("listening on 127.0.0.1:").unwrap().parse().unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    // Both peers have the log mini. The columns of the log other differ.
    for (n, column) in [(1, "x"), (2, "y")] {
        let entry = Entry { p: Some(port), connect: true, ..Entry::new([127, 0, 0, 1].into()) };
        let nodes = vec![("logger".into(), entry)];
        let configuration = NodeConfig { nodes, ..NodeConfig::default() };
        let handle = runtime.block_on(async { Node::start(configuration) }).unwrap();
        let mut notifications = handle.subscribe();
        for (number, path, column) in [(STREAM, "mini", "n"), (STREAM + 1, "other", column)] {
            let fields = vec![LogField::new(column, TypeTag::Count)];
            let stream = LogStream::new(number, path, fields);
            handle.with(|node, _| node.declare_log(stream)).unwrap();
        }
        loop {
            let notification = runtime.block_on(notifications.next()).unwrap();
            if matches!(notification, Notification::ConnectionHandshakeDone(_)) {
                break;
            }
        }
        for number in [STREAM, STREAM + 1] {
            handle.with(|node, now| node.write_log(number, &[LogValue::Count(n)], now)).unwrap();
        }
        assert!(runtime.block_on(handle.terminate()).is_empty());
    }
    // An invalid peer does not affect the others.
    drop(std::net::TcpStream::connect(("127.0.0.1", port)).unwrap());
    for _ in 0..3 {
        logger.error_with("peer disconnected");
    }
    logger.signal("-TERM");
    let ended = logger.end();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let expected = format!(
        "{write}/mini.log: 2 entries of log-14 by Log::WRITER_ASCII\n\
         {write}/other.log: 1 entry of log-15 by Log::WRITER_ASCII\n\
         {write}/other-2.log: 1 entry of log-15 by Log::WRITER_ASCII\n"
    );
    assert_eq!(ended.stdout, expected);
    let written = fs::read_to_string(folder.join("mini.log")).unwrap();
    assert_eq!(
        written.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>(),
        ["1", "2"]
    );
}
