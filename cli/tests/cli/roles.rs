//! Tests with a cluster of our own nodes: a proxy, a logger and workers.

use std::fs;
use std::net::IpAddr;
use std::time::Duration;

use brocomm::node::{PeerState, Phase};
use brocomm_std::{Node, Record};

use crate::support::{Program, Run, closed_port, no_folder, run, scratch};

/// An entry of a log.
#[derive(Record)]
#[bro(log)]
struct Scan {
    host: IpAddr,
    ports: u64,
}

/// Starts a node with the configuration that is imported from a layout, and one more line.
fn start(layout: &str, name: &str, more: &str, options: &[&str]) -> Program {
    let imported = run(["cluster", "import", layout, "--as", name]);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    let (head, entries) = imported.stdout.split_once("\n\n").unwrap();
    let config = format!("{head}\nlisten_interface = \"127.0.0.1\"\n{more}\n\n{entries}");
    let file = scratch("roles", &format!("{name}.toml"), config.as_bytes());
    let mut node = Program::start([&["run", file.to_str().unwrap(), "--no-log"], options].concat());
    node.line_with("listening");
    node
}

/// Starts a worker that shares a table through the proxy and logs to the logger, and waits for
/// both.
fn worker(name: &str, proxy: &str, logger: &str) -> Node {
    let class = || Some(name.to_owned().into());
    let node = Node::builder()
        .name(name)
        .table::<String, u64>("shared")
        .log::<Scan>("scans")
        .connect_with(proxy, |peer| {
            peer.class = class();
            peer.sync = true;
            peer.retry = Duration::from_secs(1);
        })
        .connect_with(logger, |peer| {
            peer.class = class();
            peer.sync = false;
            peer.retry = Duration::from_secs(1);
        })
        .start()
        .unwrap();
    let mut notifications = node.subscribe();
    let is_running = |state| matches!(state, Some(PeerState::Connected(Phase::Running)));
    let running = || {
        node.with(|node, _| {
            node.peers().filter(|peer| is_running(node.peer_state(peer.id))).count()
        })
    };
    while running() < 2 {
        notifications.next(None).expect("the node runs");
    }
    node
}

fn end(program: Program) -> Run {
    program.signal("-TERM");
    program.end()
}

#[test]
fn a_proxy_and_a_logger_serve_workers() {
    let ports = [(); 5].map(|()| closed_port());
    let entry = |name: &str, kind: &str, at: usize, more: &str| {
        let (_, port) = ports[at].rsplit_once(':').unwrap();
        format!(
            "[\"{name}\"] = [$node_type=Cluster::{kind}, $ip=127.0.0.1, $p={port}/tcp{more}],\n"
        )
    };
    let of = ", $logger=\"logger\", $manager=\"manager\"";
    let worker_of = format!("{of}, $proxy=\"proxy\"");
    let layout = [
        "redef Cluster::nodes = {\n".to_owned(),
        entry("logger", "LOGGER", 0, ""),
        entry("manager", "MANAGER", 1, ", $logger=\"logger\""),
        entry("proxy", "PROXY", 2, of),
        entry("w-1", "WORKER", 3, &worker_of),
        entry("w-2", "WORKER", 4, &worker_of),
        "};\n".to_owned(),
    ];
    let layout = scratch("roles", "cluster-layout.bro", layout.concat().as_bytes());
    let layout = layout.to_str().unwrap();
    let logs = no_folder("roles-logs");
    let write_logs = format!("--write-logs={}", logs.display());
    let mut logger = start(layout, "logger", "", &[&write_logs, "--rotate=1d"]);
    let shared = "declarations = \"global shared: table[string] of count &synchronized;\"";
    let proxy = start(layout, "proxy", shared, &[]);

    let one = worker("w-1", &ports[2], &ports[0]);
    let two = worker("w-2", &ports[2], &ports[0]);
    let mut changes = two.table::<String, u64>("shared").unwrap().changes();
    one.table::<String, u64>("shared").unwrap().insert("x", 5).unwrap();
    // The proxy forwards what the other worker has changed.
    let table = two.table::<String, u64>("shared").unwrap();
    while !table.entries().unwrap().contains(&("x".to_owned(), 5)) {
        changes.next(None).expect("the node runs").unwrap();
    }
    for (node, ports) in [(&one, 1), (&two, 2)] {
        let scan = Scan { host: "192.0.2.7".parse().unwrap(), ports };
        node.log::<Scan>("scans").unwrap().write(&scan, None).unwrap();
        assert_eq!(node.terminate(), [], "all was sent");
    }
    for _ in 0..2 {
        logger.line_with(" closed");
    }
    for program in [proxy, logger] {
        let ended = end(program);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        // Entries that are written to files are not printed.
        assert!(!ended.stdout.contains("192.0.2.7"), "{}", ended.stdout);
    }
    let files: Vec<_> = fs::read_dir(&logs).unwrap().map(|file| file.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    // The file is finished, and its name has the start time.
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with("scans.2") && name.ends_with(".log"), "{name}");
    let text = fs::read_to_string(file).unwrap();
    for line in ["192.0.2.7\t1", "192.0.2.7\t2", "#fields\thost\tports"] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
}
