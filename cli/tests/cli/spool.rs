//! Tests of the spools of `run` and `logs`, and of `brocomm spool`.
#![allow(clippy::print_stderr, reason = "the test output must say what was skipped")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Program, Run, brocomm, no_folder, run, scratch};

pub(crate) fn spool(command: &str, dir: &Path, more: &[&str]) -> Run {
    run([&["spool", command, dir.to_str().unwrap()], more].concat())
}

const EVENTS: &str = "declarations = 'event ping(n: count);'\n";

/// Writes configurations for a node with a spool, and for a client that sends it events.
pub(crate) struct Nodes {
    dir: PathBuf,
    server: PathBuf,
    test: &'static str,
}

impl Nodes {
    pub(crate) fn new(test: &'static str, more: &str) -> Nodes {
        let dir = no_folder(&format!("{test}-spool"));
        let text = format!(
            "{EVENTS}listen = true\nlisten_interface = '127.0.0.1'\nlisten_port = 0\n\
             [nodes.client]\nhost = '127.0.0.1'\nevents = 'ping'\n[spool]\n{more}"
        );
        let server = scratch(test, "server.toml", text.as_bytes());
        Nodes { dir, server, test }
    }

    #[cfg(feature = "nats")]
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the command that starts the node with the spool.
    pub(crate) fn command(&self) -> Vec<String> {
        let words = ["run", self.server.to_str().unwrap(), "--no-log", "--no-status", "--spool"];
        let mut words: Vec<String> = words.map(str::to_owned).into();
        words.push(self.dir.to_str().unwrap().to_owned());
        words
    }

    pub(crate) fn command_with_metrics(&self) -> Vec<String> {
        let more = ["--metrics", "127.0.0.1:0", "--log-level", "info"].map(str::to_owned);
        [self.command(), more.into()].concat()
    }

    /// Waits until a started node listens, and starts a client of it.
    pub(crate) fn connect(&self, server: &mut Program) -> Program {
        let port = port(server);
        self.client("client", &port)
    }

    /// Starts a client with this description of a node that listens at a port.
    pub(crate) fn client(&self, name: &str, port: &str) -> Program {
        let text = format!(
            "{EVENTS}peer_description = '{name}'\n[nodes.server]\nhost = '127.0.0.1'\np = {port}\n\
             connect = true\nretry = '1 sec'\n"
        );
        let client = scratch(self.test, &format!("{name}.toml"), text.as_bytes());
        let arguments = ["run", client.to_str().unwrap(), "--no-log", "--stdin", "--exit-at-eof"];
        Program::start(arguments)
    }

    /// The same with a client that sends these numbers.
    pub(crate) fn send(&self, server: &mut Program, numbers: std::ops::Range<u64>) -> Program {
        let mut client = self.connect(server);
        write(&mut client, numbers);
        client
    }

    /// Returns the numbers of the spooled events.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        let read = spool("read", &self.dir, &[]);
        assert_eq!((read.code, read.stderr.as_str()), (0, ""));
        read.stdout.lines().map(number).collect()
    }
}

/// Waits until a started node listens. Returns its port.
pub(crate) fn port(server: &mut Program) -> String {
    let listening = server.line_with("listening on ");
    listening.rsplit(':').next().unwrap().to_owned()
}

/// Sends these numbers from a client, and closes its input.
pub(crate) fn write(client: &mut Program, numbers: std::ops::Range<u64>) {
    for number in numbers {
        client.write(&format!("ping({number})"));
    }
    client.close_input();
}

pub(crate) fn number(line: &str) -> u64 {
    let json: Value = serde_json::from_str(line).unwrap();
    assert_eq!(json["type"], "data-message");
    json["data"][2]["data"][1]["data"][0]["data"].as_u64().unwrap()
}

/// Returns the address of a started node's metrics.
pub(crate) fn metrics_address(node: &mut Program) -> String {
    let line = node.error_with("metrics are at http://");
    line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned()
}

pub(crate) fn metrics(address: &str) -> BTreeMap<String, f64> {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let values = text.lines().filter_map(|line| line.rsplit_once(' '));
    values.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()
}

#[test]
fn events_are_spooled_and_counted() {
    let nodes = Nodes::new("spool-events", "fsync = 'always'\n");
    let mut server = Program::start(nodes.command_with_metrics());
    let address = metrics_address(&mut server);
    let client = nodes.send(&mut server, 0..100);
    assert_eq!(client.end().code, 0);
    // The last event may be printed before it is spooled.
    server.line_with("ping(99)");
    while metrics(&address)["brocomm_spool_entries_total"] < 100.0 {
        std::thread::yield_now();
    }
    let counted = metrics(&address);
    assert_eq!(counted["brocomm_spool_sequence"], 100.0);
    assert_eq!(counted["brocomm_spool_refused_total"], 0.0);
    let bytes: u64 = fs::read_dir(&nodes.dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name().to_str().unwrap().ends_with(".spool"))
        .map(|entry| entry.metadata().unwrap().len())
        .sum();
    assert_eq!(counted["brocomm_spool_bytes"], bytes as f64);

    // The book lists all of these metrics.
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/src/operations/monitoring.md");
    let page = fs::read_to_string(page).unwrap();
    let names = counted.keys().filter(|name| name.starts_with("brocomm_spool_"));
    for name in names {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }

    // A second writer is refused.
    let second = run(nodes.command());
    assert_eq!(second.code, 1);
    assert!(second.stderr.contains("another program writes to it"), "{}", second.stderr);
    server.signal("-TERM");
    assert_eq!(server.end().code, 0);
    assert_eq!(nodes.numbers(), (0..100).collect::<Vec<_>>());
}

/// Events are spooled even if the Zeek cannot be reached.
#[test]
fn a_bridge_spools_as_a_node_does() {
    let signatures = scratch("spool-bridge", "zeek-side.zeek", b"global ping: event(n: count);");
    let zeek = format!(
        "[[zeek]]\nurl = 'ws://127.0.0.1:1'\nsignatures = '{}'\nto_zeek = 'ping'\n",
        signatures.display()
    );
    let nodes = Nodes::new("spool-bridge", &zeek);
    let mut command = nodes.command_with_metrics();
    command[0] = "bridge".to_owned();
    let mut bridge = Program::start(command);
    let address = metrics_address(&mut bridge);
    assert_eq!(nodes.send(&mut bridge, 0..100).end().code, 0);
    while metrics(&address)["brocomm_spool_entries_total"] < 100.0 {
        std::thread::yield_now();
    }
    bridge.signal("-TERM");
    bridge.end();
    assert_eq!(nodes.numbers(), (0..100).collect::<Vec<_>>());
}

#[test]
fn readers_resume_where_they_stopped() {
    let nodes = Nodes::new("spool-readers", "segment = 4096\nsize = 100_000_000\n");
    let mut server = Program::start(nodes.command());
    assert_eq!(nodes.send(&mut server, 0..50).end().code, 0);
    server.line_with("ping(49)");
    let dir = nodes.dir.to_str().unwrap();
    // Follows while more entries arrive.
    let mut follower = Program::start(["spool", "read", dir, "--follow", "--reader", "one"]);
    for expected in 0..50 {
        assert_eq!(number(&follower.line()), expected);
    }
    follower.signal("-INT");
    assert_eq!(follower.end().code, 0);
    server.signal("-TERM");
    assert_eq!(server.end().code, 0);
    let mut server = Program::start(nodes.command());
    assert_eq!(nodes.send(&mut server, 50..60).end().code, 0);
    server.line_with("ping(59)");
    server.signal("-TERM");
    assert_eq!(server.end().code, 0);
    let read = spool("read", &nodes.dir, &["--reader", "one"]);
    assert_eq!(read.stdout.lines().map(number).collect::<Vec<_>>(), (50..60).collect::<Vec<_>>());
    let shown = spool("show", &nodes.dir, &[]);
    assert!(
        shown.stdout.ends_with("reader one: acknowledged 60, 0 entries behind\n"),
        "{}",
        shown.stdout
    );
    let shown: Value =
        serde_json::from_str(&spool("show", &nodes.dir, &["--json"]).stdout).unwrap();
    assert!(shown["segments"].as_array().unwrap().len() > 1);
    assert_eq!(shown["readers"][0]["acknowledged"], 60);
    let from = spool("read", &nodes.dir, &["--from", "58"]);
    assert_eq!(from.stdout.lines().map(number).collect::<Vec<_>>(), [57, 58, 59]);
    let none = spool("read", &nodes.dir, &["--subject", "zeek\\..*"]);
    assert_eq!(none.outcome(), (0, "", ""));
}

#[test]
fn damage_is_reported() {
    let nodes = Nodes::new("spool-damaged", "");
    let mut server = Program::start(nodes.command());
    assert_eq!(nodes.send(&mut server, 0..10).end().code, 0);
    server.line_with("ping(9)");
    server.signal("-TERM");
    assert_eq!(server.end().code, 0);
    assert_eq!(spool("verify", &nodes.dir, &[]).outcome(), (0, "10 entries\n", ""));
    let segment = nodes.dir.join("0000000000000001.spool");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[100] ^= 1;
    // The last entry is incomplete.
    bytes.truncate(bytes.len() - 10);
    fs::write(&segment, &bytes).unwrap();
    let verified = spool("verify", &nodes.dir, &[]);
    assert_eq!(verified.code, 1);
    for part in [
        "1 entries are missing",
        "at offset 0 are not a valid entry",
        "an incomplete entry",
        "8 entries\n",
    ] {
        assert!(verified.stdout.contains(part), "{part}: {}", verified.stdout);
    }
    assert!(verified.stderr.contains("1 entry is missing or damaged"), "{}", verified.stderr);
    // The node continues after the incomplete entry, and reports it.
    let mut server = Program::start(nodes.command());
    assert_eq!(nodes.send(&mut server, 10..12).end().code, 0);
    server.line_with("ping(11)");
    server.signal("-TERM");
    let ended = server.end();
    assert!(ended.stderr.contains("the last writer was interrupted"), "{}", ended.stderr);
    let read = spool("read", &nodes.dir, &["--from", "2"]);
    assert_eq!(
        read.stdout.lines().map(number).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6, 7, 8, 10, 11]
    );
    let other = spool("verify", Path::new("no-such-folder"), &[]);
    assert_eq!(other.outcome(), (2, "", "brocomm: no-such-folder: there is no spool\n"));
}

/// The number of events in tests that take long.
fn many() -> u64 {
    let asked = std::env::var("BROCOMM_TEST_EVENTS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(3000)
}

#[test]
fn no_spooled_entry_is_lost_when_the_node_is_killed() {
    let nodes = Nodes::new("spool-killed", "fsync = '20 msecs'\nsegment = 100_000\n");
    let (mut begin, mut spooled) = (0, 0);
    for _ in 0..3 {
        let mut server = Program::start(nodes.command_with_metrics());
        let address = metrics_address(&mut server);
        // Killed at an arbitrary moment: as soon as a part is reported as spooled.
        let before = metrics(&address)["brocomm_spool_sequence"];
        assert!(before >= spooled as f64, "{before} of {spooled}");
        let mut client = nodes.connect(&mut server);
        // Unread output would eventually block the peers.
        server.ignore_output();
        write(&mut client, begin..begin + many());
        begin += many();
        let aim = before + (many() / 3) as f64;
        let reported = loop {
            let reported = metrics(&address)["brocomm_spool_sequence"];
            if reported >= aim {
                break reported;
            }
            // Otherwise the node would do little but answer requests.
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        server.signal("-KILL");
        spooled = reported as u64;
        client.signal("-KILL");
        let _ = client.rest();
        drop(server);
        let numbers = nodes.numbers();
        assert!(numbers.len() as u64 >= spooled, "{} of {spooled}", numbers.len());
        // Each run begins with a new number, and has no gap.
        assert!(numbers.windows(2).all(|two| two[1] == two[0] + 1 || two[1] % many() == 0));
    }
    assert_eq!(spool("verify", &nodes.dir, &[]).code, 0);
}

#[test]
fn on_a_full_disk_peers_wait_and_nothing_is_lost() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        eprintln!("skipped: prlimit is not installed");
        return;
    }
    let nodes = Nodes::new("spool-full", "fsync = 'always'\n");
    // Files of at most 40 blocks. A write beyond that is an error.
    let words: Vec<String> = nodes.command().iter().map(|word| format!("'{word}'")).collect();
    let program = brocomm().get_program().to_str().unwrap().to_owned();
    let script = format!("trap '' XFSZ; ulimit -S -f 40; exec '{program}' {}", words.join(" "));
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).stdin(std::process::Stdio::null());
    let mut server = Program::spawn(shell);
    let client = nodes.send(&mut server, 0..1000);
    let output = server.error_with("cannot write");
    assert!(output.contains("file too large; peers wait until there is room"), "{output}");
    let id = server.id().to_string();
    let limit =
        Command::new("prlimit").args(["--pid", &id, "--fsize=unlimited:"]).status().unwrap();
    if !limit.success() {
        eprintln!("skipped: limits cannot be raised here");
        return;
    }
    server.error_with("there is room again");
    assert_eq!(client.end().code, 0);
    server.line_with("ping(999)");
    server.signal("-TERM");
    let ended = server.end();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(nodes.numbers(), (0..1000).collect::<Vec<_>>());
    assert_eq!(spool("verify", &nodes.dir, &[]).code, 0);
}

/// When the spool reaches its maximum size, peers wait for a slow reader, and nothing is lost.
#[test]
fn a_slow_reader_makes_peers_wait_and_loses_nothing() {
    let nodes = Nodes::new("spool-slow", "fsync = 'always'\nsegment = 20_000\nsize = 60_000\n");
    let mut server = Program::start(nodes.command());
    let port = port(&mut server);
    // Reads the first entry, and no more.
    let mut client = nodes.client("client", &port);
    write(&mut client, 0..1);
    assert_eq!(client.end().code, 0);
    server.line_with("ping(0)");
    let dir = nodes.dir.to_str().unwrap();
    let first = spool("read", &nodes.dir, &["--reader", "slow"]);
    assert_eq!(first.stdout.lines().map(number).collect::<Vec<_>>(), [0]);
    let mut client = nodes.client("client", &port);
    write(&mut client, 1..2000);
    let output = server.error_with("maximum size");
    assert!(
        output.contains(
            "its readers have not read the oldest entries; peers wait until there is room"
        ),
        "{output}"
    );
    let mut reader = Program::start(["spool", "read", dir, "--follow", "--reader", "slow"]);
    for expected in 1..2000 {
        assert_eq!(number(&reader.line()), expected);
    }
    server.error_with("there is room again");
    assert_eq!(client.end().code, 0);
    server.line_with("ping(1999)");
    for program in [server, reader] {
        program.signal("-TERM");
        let ended = program.end();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    }
    let shown = spool("show", &nodes.dir, &[]).stdout;
    assert!(shown.contains("reader slow: acknowledged 2000, 0 entries behind"), "{shown}");
}
