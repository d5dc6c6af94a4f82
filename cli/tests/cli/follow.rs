//! Tests of `brocomm logs`, `tail` and `print` with a node in the test, over the loopback
//! interface.

use std::fs;
use std::path::Path;

use brocomm::data::TypeTag;
use brocomm::logs::{LogField, LogStream, LogValue};
use brocomm::node::{NodeConfig, NodeMachine, Notification, Options};
use brocomm_tokio::{Node, Notifications};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::support::{Program, brocomm, closed_port, no_folder, run};

pub(crate) const STREAM: i32 = 14;

/// A node that listens and writes a log.
pub(crate) struct TestNode {
    runtime: Runtime,
    handle: Node,
    notifications: Notifications,
    pub(crate) address: String,
}

impl TestNode {
    pub(crate) fn start() -> TestNode {
        TestNode::start_on(0)
    }

    fn start_on(listen_port: u16) -> TestNode {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let options = Options {
            listen: true,
            listen_interface: [127, 0, 0, 1].into(),
            listen_port,
            ..Options::default()
        };
        let configuration = NodeConfig { options, ..NodeConfig::default() };
        let handle = runtime.block_on(async { Node::start(configuration) }).unwrap();
        let notifications = handle.subscribe();
        let fields = vec![
            LogField::new("n", TypeTag::Count),
            LogField::new("s", TypeTag::String).optional(),
        ];
        let stream = LogStream::new(STREAM, "mini", fields);
        handle.with(|node, _| node.declare_log(stream)).unwrap();
        let mut node = TestNode { runtime, handle, notifications, address: String::new() };
        let listening =
            node.wait_for(|notification| matches!(notification, Notification::Listening(_)));
        let Notification::Listening(endpoint) = listening else { panic!("{listening:?}") };
        node.address = endpoint.to_string();
        node
    }

    pub(crate) fn wait_for(&mut self, is_it: impl Fn(&Notification) -> bool) -> Notification {
        loop {
            let notification = self.runtime.block_on(self.notifications.next());
            let notification = notification.expect("it comes before the end");
            if is_it(&notification) {
                return notification;
            }
        }
    }

    /// Starts the program and waits until it is connected.
    pub(crate) fn joined_by(&mut self, command: &str, arguments: &[&str]) -> Program {
        self.joined_in("UTC", command, arguments)
    }

    /// The same in a time zone.
    fn joined_in(&mut self, zone: &str, command: &str, arguments: &[&str]) -> Program {
        let mut program = brocomm();
        program.env("TZ", zone).args([command, &self.address]).args(arguments);
        let child = Program::spawn(program);
        self.wait_for(|notification| {
            matches!(notification, Notification::ConnectionHandshakeDone(_))
        });
        child
    }

    fn with<T>(&self, act: impl FnOnce(&mut NodeMachine, brocomm::Time) -> T) -> T {
        self.handle.with(act)
    }

    pub(crate) fn write(&self, n: u64, s: Option<&str>) {
        let s = s.map_or(LogValue::Unset(TypeTag::String), LogValue::string);
        self.with(|node, now| node.write_log(STREAM, &[LogValue::Count(n), s], now)).unwrap();
    }

    pub(crate) fn end(self) {
        let late = self.runtime.block_on(self.handle.terminate());
        assert!(late.is_empty(), "{late:?}");
    }
}

#[test]
fn the_clock_of_a_peer_is_derived_from_its_logs() {
    let mut node = TestNode::start();
    let fields = vec![LogField::new("ts", TypeTag::Time)];
    let stream = LogStream::new(STREAM + 1, "communication", fields);
    node.with(|node, _| node.declare_log(stream)).unwrap();
    let doctor = node.joined_by("doctor", &["--clock", "--json", "--timeout=60"]);
    // It writes when another peer connects.
    node.wait_for(|notification| match notification {
        Notification::Log(entry) => entry.to_string().contains("accepted clear"),
        _ => false,
    });
    // An old entry, and one that is an hour in the future.
    for from_now in [-1e6, 3600.0] {
        let write = |node: &mut NodeMachine, now: brocomm::Time| {
            let time = LogValue::Time(now.as_secs_f64() + from_now);
            node.write_log(STREAM + 1, &[time], now)
        };
        node.with(write).unwrap();
    }
    // The node still runs meanwhile.
    let output = node
        .runtime
        .block_on(async { tokio::task::spawn_blocking(|| doctor.end()).await.unwrap() });
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{}", output.stdout);
    let line: Value = serde_json::from_str(output.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((&line["step"], &line["finding"]), (&json!("clock"), &json!("note")));
    let ahead = line["ahead"].as_f64().unwrap();
    // Minus the delay of the entry.
    assert!((3000.0..=3600.0).contains(&ahead), "{line}");
    assert_eq!(line["text"], format!("it is {ahead:.1} s ahead of ours"));
}

pub(crate) fn entries(node: &TestNode) {
    node.write(1, Some("first"));
    node.write(2, Some("a\tb"));
    node.write(3, None);
}

#[test]
fn logs_are_written_as_a_bro_does() {
    let folder = no_folder("follow-logs");
    let write = folder.to_str().unwrap();
    fs::create_dir_all(&folder).unwrap();
    let names = folder.join("names");
    fs::write(&names, "stream 14 Mini::LOG\n").unwrap();
    let mut node = TestNode::start();
    let child = node
        .joined_by("logs", &["--once", "--write", write, "--log-names", names.to_str().unwrap()]);
    entries(&node);
    node.end();
    let expected = format!("{write}/mini.log: 3 entries of Mini::LOG by Log::WRITER_ASCII\n");
    assert_eq!(child.end().outcome(), (0, &*expected, ""));
    let written = fs::read_to_string(folder.join("mini.log")).unwrap();
    let lines: Vec<_> =
        written.lines().filter(|l| !l.starts_with("#open") && !l.starts_with("#close")).collect();
    assert_eq!(
        lines,
        [
            "#separator \\x09",
            "#set_separator\t,",
            "#empty_field\t(empty)",
            "#unset_field\t-",
            "#path\tmini",
            "#fields\tn\ts",
            "#types\tcount\tstring",
            "1\tfirst",
            "2\ta\\x09b",
            "3\t-",
        ]
    );
    assert!(written.lines().last().is_some_and(|line| line.starts_with("#close\t")), "{written}");
}

#[cfg(unix)]
#[test]
fn logs_are_closed_when_the_program_is_terminated() {
    let folder = no_folder("follow-terminated");
    let mut node = TestNode::start();
    let child = node.joined_by("logs", &["--write", folder.to_str().unwrap(), "--json"]);
    child.signal("-TERM");
    node.wait_for(|notification| matches!(notification, Notification::ConnectionClosed { .. }));
    assert_eq!(child.end().outcome(), (0, "no logs\n", ""));
}

#[test]
fn logs_can_be_rotated_and_json() {
    let folder = no_folder("follow-rotated");
    let write = folder.to_str().unwrap();
    let mut node = TestNode::start();
    let child = node.joined_by("logs", &["--once", "--write", write, "--rotate", "1d", "--json"]);
    entries(&node);
    node.end();
    let ended = child.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let mut files: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    // Two files if midnight has just passed.
    files.sort();
    let mut written = String::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(name.starts_with("mini.2") && name.len() == "mini.2026-11-22-21-36-57.log".len());
        written += &fs::read_to_string(file).unwrap();
    }
    assert_eq!(written, "{\"n\":1,\"s\":\"first\"}\n{\"n\":2,\"s\":\"a\\u0009b\"}\n{\"n\":3}\n");
}

/// Returns the hours in the name of the only file, in its header and in its last line.
fn hours(folder: &Path) -> [u8; 3] {
    let file = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let written = fs::read_to_string(&file).unwrap();
    let stamp = |key| written.lines().find_map(|line| line.strip_prefix(key)).unwrap().to_owned();
    let name =
        file.file_name().unwrap().to_str().unwrap().strip_prefix("mini.").unwrap().to_owned();
    // 2026-11-22-21-36-57
    [name, stamp("#open\t"), stamp("#close\t")].map(|stamp| stamp[11..13].parse().unwrap())
}

#[test]
fn times_of_files_are_local_unless_utc_is_given() {
    // Nine hours ahead of UTC, in POSIX notation.
    let mut found = Vec::new();
    for more in [&[][..], &["--utc"]] {
        let folder = no_folder("follow-local");
        let mut node = TestNode::start();
        let arguments = ["--once", "--rotate", "1d", "--write", folder.to_str().unwrap()];
        let child = node.joined_in("XYZ-9", "logs", &[&arguments, more].concat());
        node.write(1, None);
        node.end();
        assert_eq!(child.end().code, 0);
        found.push(hours(&folder));
    }
    let [local, utc] = found[..] else { panic!("{found:?}") };
    for (local, utc) in local.into_iter().zip(utc) {
        // The difference may be one hour off if an hour ended meanwhile.
        assert!([9, 8].contains(&((24 + local - utc) % 24)), "{found:?}");
    }
}

#[test]
fn a_log_can_be_followed_column_by_column() {
    let mut node = TestNode::start();
    // Entries from before the connection are not printed, but the log is known.
    node.write(0, None);
    let child = node.joined_by("tail", &["mini", "--fields", "s,n", "-c", "--count", "2"]);
    entries(&node);
    node.wait_for(|notification| matches!(notification, Notification::ConnectionClosed { .. }));
    let expected = "#fields\ts\tn\nfirst\t1\na\\x09b\t2\n".to_owned();
    assert_eq!(child.end().outcome(), (0, &*expected, ""));

    let child = node.joined_by("tail", &["mini", "--json", "--once"]);
    node.write(4, None);
    node.end();
    assert_eq!(child.end().outcome(), (0, "{\"n\":4}\n", ""));
}

#[test]
fn an_unknown_column_is_named() {
    let mut node = TestNode::start();
    node.write(0, None);
    let child = Program::start(["tail", &node.address, "mini", "--fields", "nope"]);
    node.wait_for(|notification| matches!(notification, Notification::ConnectionClosed { .. }));
    let error = "brocomm: mini has no column nope; it has n, s\n".to_owned();
    assert_eq!(child.end().outcome(), (2, "", &*error));
}

#[cfg(unix)]
#[test]
fn a_peer_is_followed_again_after_a_reconnection() {
    let folder = no_folder("follow-again");
    let write = folder.to_str().unwrap();
    let mut node = TestNode::start();
    let port = node.address.rsplit(':').next().unwrap().parse().unwrap();
    let mut logs = node.joined_by("logs", &["--write", write, "--retry", "0.05"]);
    let arguments = ["mini", "--header", "--count", "4", "--retry", "0.05"];
    let tail = node.joined_by("tail", &arguments);
    entries(&node);
    node.end();

    let mut node = TestNode::start_on(port);
    for _ in 0..2 {
        node.wait_for(|notification| {
            matches!(notification, Notification::ConnectionHandshakeDone(_))
        });
    }
    entries(&node);
    node.wait_for(|notification| matches!(notification, Notification::ConnectionClosed { .. }));
    let tail = tail.end();
    assert_eq!((tail.code, tail.stdout.lines().count()), (0, 5), "{}", tail.stdout);
    node.end();
    for text in
        ["trying to connect again every 0.05 s", "connected again", "trying to connect again"]
    {
        logs.error_with(text);
    }
    logs.signal("-TERM");
    let logs = logs.end();
    let expected = format!("{write}/mini.log: 6 entries of log-14 by Log::WRITER_ASCII\n");
    assert_eq!((logs.code, logs.stdout), (0, expected));
    let written = fs::read_to_string(folder.join("mini.log")).unwrap();
    let headers = written.lines().filter(|line| line.starts_with("#fields"));
    assert_eq!(headers.count(), 1, "{written}");
    assert_eq!(written.lines().filter(|line| !line.starts_with('#')).count(), 6, "{written}");
}

#[test]
fn prints_are_printed_with_their_files() {
    let mut node = TestNode::start();
    let child = node.joined_by("print", &[]);
    let json = node.joined_by("print", &["--json"]);
    for (file, text) in [("/dev/stdout", "hello"), ("a file", "a\nb")] {
        node.with(|node, now| node.print(file.as_bytes(), text.as_bytes(), now)).unwrap();
    }
    node.end();
    let expected = "/dev/stdout: hello\na file: a\\x0ab\n";
    assert_eq!(child.end().outcome(), (0, expected, ""));
    let expected = "{\"file\":\"/dev/stdout\",\"text\":\"hello\"}\n\
        {\"file\":\"a file\",\"text\":\"a\\\\x0ab\"}\n";
    assert_eq!(json.end().outcome(), (0, expected, ""));
}

#[test]
fn an_absent_peer_is_an_error() {
    let folder = no_folder("follow-nobody");
    for arguments in
        [&["logs", "--write", folder.to_str().unwrap()][..], &["tail", "conn"], &["print"]]
    {
        let (command, rest) = arguments.split_first().unwrap();
        let run = run([&[*command, &closed_port()], rest].concat());
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{arguments:?}");
    }
}

#[test]
fn a_missing_log_is_reported() {
    let mut node = TestNode::start();
    node.write(0, None);
    let mut child = node.joined_by("tail", &["mini.log", "--once"]);
    let expected = "the peer has not announced a log mini.log yet; it announced mini; did you \
                mean mini?\n";
    assert!(child.error_with("announced a log mini.log").ends_with(expected));
    node.end();
    assert_eq!(child.end().code, 0);
}
