//! Tests of `[nats]` with a real `nats-server`, where one is installed.
#![allow(clippy::print_stderr, reason = "the test output must say what was skipped")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::spool::{Nodes, metrics, metrics_address, number, write};
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

/// Reads all messages of the stream `zeek`, in order, with plain protocol commands.
fn consumed(port: u16, expected: usize) -> Vec<(u64, u64)> {
    let mut out = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut reader = BufReader::new(out.try_clone().unwrap());
    let config = r#"{"stream_name":"zeek","config":{"deliver_subject":"here","ack_policy":"none","deliver_policy":"all","replay_policy":"instant"}}"#;
    write!(
        out,
        "CONNECT {{\"verbose\":false,\"pedantic\":false,\"headers\":true,\"protocol\":1}}\r\n\
         SUB here 1\r\nPUB $JS.API.CONSUMER.CREATE.zeek answer {}\r\n{config}\r\n",
        config.len()
    )
    .unwrap();
    let mut all = Vec::new();
    while all.len() < expected {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["PING"] => write!(out, "PONG\r\n").unwrap(),
            ["HMSG", .., head, total] => {
                let (head, total): (usize, usize) = (head.parse().unwrap(), total.parse().unwrap());
                let mut bytes = vec![0; total + 2];
                reader.read_exact(&mut bytes).unwrap();
                let headers = String::from_utf8(bytes[..head].to_vec()).unwrap();
                let id = headers.lines().find_map(|line| line.strip_prefix("Nats-Msg-Id: "));
                let sequence = id.unwrap().trim().rsplit('-').next().unwrap().parse().unwrap();
                let line = std::str::from_utf8(&bytes[head..total]).unwrap();
                all.push((sequence, number(line)));
            }
            _ => {}
        }
    }
    all
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
    // The node is killed twice, the server five times.
    let part = many() / 3;
    let mut spooled = 0.0;
    for round in 0..3 {
        let mut node = Program::start(nodes.command_with_metrics());
        let address = metrics_address(&mut node);
        let before = metrics(&address)["brocomm_spool_sequence"];
        assert!(before >= spooled, "{before} of {spooled}");
        let mut client = nodes.connect(&mut node);
        // Unread output would eventually block the peers.
        node.ignore_output();
        write(&mut client, round * part..(round + 1) * part);
        for kill in 1..=2 {
            let aim = before + (part * kill / 3) as f64;
            while metrics(&address)["brocomm_spool_sequence"] < aim {
                // Otherwise the node would do little but answer requests.
                sleep(Duration::from_millis(5));
            }
            if round + kill < 4 {
                server.kill_and_restart();
            }
        }
        if round < 2 {
            spooled = metrics(&address)["brocomm_spool_sequence"];
            node.signal("-KILL");
            client.signal("-KILL");
            continue;
        }
        assert_eq!(client.end().code, 0);
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
        check(&counted);
        node.signal("-TERM");
        let ended = node.end();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    }
    let numbers = nodes.numbers();
    let arrived = consumed(server.port, numbers.len());
    // Each once, in the order of the spool, which is that of the peer.
    let expected: Vec<(u64, u64)> = (1..).zip(numbers).collect();
    assert_eq!(arrived, expected);
}

fn check(counted: &BTreeMap<String, f64>) {
    let of = |name: &str| counted[&format!("brocomm_sink_{name}{{sink=\"nats\"}}")];
    assert_eq!((of("refused_total"), of("missed_total"), of("connected")), (0.0, 0.0, 1.0));
    assert!(of("acknowledged_total") <= of("sent_total"));
    assert!(of("duplicates_total") <= 3.0 * 1024.0);
    assert_eq!(of("lag_seconds"), 0.0);
}

#[test]
fn missing_credentials_prevent_the_start() {
    let nodes = Nodes::new("nats-secrets", "[nats]\ncredentials = 'no-such-file'\n");
    let run = crate::support::run(nodes.command());
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no-such-file: cannot read: no such file"), "{}", run.stderr);
}
