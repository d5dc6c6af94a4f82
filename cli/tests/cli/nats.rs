//! Tests of `[nats]` with a real `nats-server`, where one is installed.
#![allow(clippy::print_stderr, reason = "the test output must say what was skipped")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::spool::{Nodes, metrics, metrics_address, number, port, spool, write};
use crate::support::{Program, no_folder};

struct Server {
    child: Child,
    port: u16,
    folder: std::path::PathBuf,
}

impl Server {
    fn start(test: &str) -> Option<Server> {
        // Another program could take the port in between, which is unlikely.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = no_folder(test);
        let Some(child) = spawn(port, &folder) else {
            eprintln!("skipped: nats-server is not installed");
            return None;
        };
        let mut server = Server { child, port, folder };
        server.wait();
        Some(server)
    }

    fn wait(&mut self) {
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(self.port, &self.folder).unwrap();
        self.wait();
    }
}

fn spawn(port: u16, folder: &Path) -> Option<Child> {
    let mut command = Command::new("nats-server");
    command.args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"]).arg(folder);
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null()).spawn().ok()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An event in the stream.
#[derive(Debug, PartialEq, Eq)]
struct Arrived {
    sequence: u64,
    peer: String,
    number: u64,
}

impl Arrived {
    fn new(sequence: u64, line: &str) -> Arrived {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        let peer = json["topic"].as_str().unwrap().rsplit('/').nth(1).unwrap().to_owned();
        Arrived { sequence, peer, number: number(line) }
    }
}

/// Reads all messages of the stream `zeek`, in order, with plain protocol commands. Returns when
/// the expected number has arrived and the server has no more.
fn consumed(port: u16, expected: usize) -> Vec<Arrived> {
    let mut out = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut reader = BufReader::new(out.try_clone().unwrap());
    // Without flow control, the server closes the connection of a consumer that is slower than it.
    let config = r#"{"stream_name":"zeek","config":{"deliver_subject":"here","ack_policy":"none","deliver_policy":"all","replay_policy":"instant","flow_control":true,"idle_heartbeat":1000000000}}"#;
    write!(
        out,
        "CONNECT {{\"verbose\":false,\"pedantic\":false,\"headers\":true,\"protocol\":1}}\r\n\
         SUB here 1\r\nPUB $JS.API.CONSUMER.CREATE.zeek answer {}\r\n{config}\r\n",
        config.len()
    )
    .unwrap();
    let mut all = Vec::new();
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the server closed the connection");
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["PING"] => write!(out, "PONG\r\n").unwrap(),
            ["HMSG", _, _, reply @ .., head, total] => {
                let (head, total): (usize, usize) = (head.parse().unwrap(), total.parse().unwrap());
                let mut bytes = vec![0; total + 2];
                reader.read_exact(&mut bytes).unwrap();
                let headers = String::from_utf8(bytes[..head].to_vec()).unwrap();
                if headers.starts_with("NATS/1.0 100 FlowControl") {
                    write!(out, "PUB {} 0\r\n\r\n", reply[0]).unwrap();
                    continue;
                }
                if headers.starts_with("NATS/1.0 100 ") {
                    // The server has no more messages.
                    if all.len() >= expected {
                        break;
                    }
                    continue;
                }
                let id = headers.lines().find_map(|line| line.strip_prefix("Nats-Msg-Id: "));
                let sequence: u64 = id.unwrap().trim().rsplit('-').next().unwrap().parse().unwrap();
                all.push((sequence, bytes[head..total].to_vec()));
            }
            _ => {}
        }
    }
    // Parsed only now: the server disconnects a reader that stops for ten seconds.
    let parsed = |(at, bytes)| Arrived::new(at, std::str::from_utf8(bytes).unwrap());
    all.iter().map(|(at, bytes)| parsed((*at, bytes))).collect()
}

/// The number of events in tests that take long.
fn many() -> u64 {
    let asked = std::env::var("BROCOMM_TEST_EVENTS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(6000)
}

#[test]
fn everything_spooled_arrives_if_the_server_and_the_node_are_killed() {
    let Some(mut server) = Server::start("nats-killed-server") else { return };
    let nodes = Nodes::new(
        "nats-killed",
        &format!(
            "fsync = '20 msecs'\n[nats]\nservers = 'nats://127.0.0.1:{}'\nnode = 'here'\n\
             create_stream = 'zeek'\nretry = '10 msecs'\nretry_max = '200 msecs'\n",
            server.port
        ),
    );
    // The node is killed twice, when two thirds of a part are spooled, and the server five times.
    let part = many() * 3 / 7 + 2;
    let mut reported = 0.0;
    for round in 0..3 {
        let position = acknowledged(&nodes);
        let mut node = Program::start(nodes.command_with_metrics());
        let address = metrics_address(&mut node);
        let before = metrics(&address)["brocomm_spool_sequence"];
        // Every entry that was reported as spooled is in the spool.
        assert!(before >= reported, "{before} of {reported}");
        let port = port(&mut node);
        // Unread output would eventually block the peers.
        node.ignore_output();
        // Two peers, of which each sends a half.
        let mut clients = ["one", "two"].map(|name| nodes.client(name, &port));
        for client in &mut clients {
            write(client, round * part..round * part + part / 2);
        }
        let part = part / 2 * 2;
        let mut kills = 0;
        for kill in 1..=2 {
            let aim = before + (part * kill / 3) as f64;
            while metrics(&address)["brocomm_spool_sequence"] < aim {
                // Otherwise the node would do little but answer requests.
                sleep(Duration::from_millis(5));
            }
            if round + kill < 4 {
                server.kill_and_restart();
                kills += 1;
            }
        }
        if round < 2 {
            reported = metrics(&address)["brocomm_spool_sequence"];
            node.signal("-KILL");
            clients.iter().for_each(|client| client.signal("-KILL"));
            continue;
        }
        for client in clients {
            assert_eq!(client.end().code, 0);
        }
        let counted = loop {
            let counted = metrics(&address);
            let spooled = counted["brocomm_spool_sequence"];
            if spooled >= before + part as f64
                && counted["brocomm_sink_lag_entries{sink=\"nats\"}"] == 0.0
            {
                break counted;
            }
            sleep(Duration::from_millis(5));
        };
        assert_eq!(counted["brocomm_spool_entries_total"], part as f64);
        check(&counted, position, kills);
        node.signal("-TERM");
        let ended = node.end();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    }
    let read = spool("read", nodes.dir(), &[]);
    assert_eq!((read.code, read.stderr.as_str()), (0, ""));
    let spooled: Vec<Arrived> =
        (1..).zip(read.stdout.lines()).map(|(at, line)| Arrived::new(at, line)).collect();
    assert!(spooled.len() as u64 >= many(), "{}", spooled.len());
    let arrived = consumed(server.port, spooled.len());
    // Each once, in the order of the spool.
    assert_eq!(arrived.len(), spooled.len());
    for (arrived, spooled) in arrived.iter().zip(&spooled) {
        assert_eq!(arrived, spooled);
    }
    // That is the order of each peer. Only events that were in transit when the node was killed are
    // missing.
    for peer in ["one", "two"] {
        let numbers: Vec<u64> =
            arrived.iter().filter(|it| it.peer == peer).map(|it| it.number).collect();
        assert!(numbers.windows(2).all(|two| two[1] == two[0] + 1 || two[1] % part == 0));
        assert_eq!(numbers.last(), Some(&(2 * part + part / 2 - 1)));
    }
}

/// Returns the position of the sink on disk.
fn acknowledged(nodes: &Nodes) -> f64 {
    let shown = spool("show", nodes.dir(), &["--json"]).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap_or_default();
    shown["readers"][0]["acknowledged"].as_f64().unwrap_or_default()
}

/// Checks the metrics of a node whose sink began after a position, and whose server was killed.
fn check(counted: &BTreeMap<String, f64>, position: f64, kills: u32) {
    let of = |name: &str| counted[&format!("brocomm_sink_{name}{{sink=\"nats\"}}")];
    assert_eq!((of("refused_total"), of("missed_total"), of("connected")), (0.0, 0.0, 1.0));
    // Each entry after the position was acknowledged once.
    assert_eq!(of("acknowledged_total"), counted["brocomm_spool_sequence"] - position);
    // Entries that were sent again were in flight when the server or the node was killed.
    let again = of("sent_total") - of("acknowledged_total");
    assert!((0.0..=f64::from(kills) * 1024.0).contains(&again), "{again}");
    let duplicates = of("duplicates_total");
    assert!(duplicates <= f64::from(kills + 1) * 1024.0, "{duplicates}");
    assert_eq!(of("lag_seconds"), 0.0);
}

#[test]
fn missing_credentials_prevent_the_start() {
    let nodes = Nodes::new("nats-secrets", "[nats]\ncredentials = 'no-such-file'\n");
    let run = crate::support::run(nodes.command());
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no-such-file: cannot read: no such file"), "{}", run.stderr);
}
