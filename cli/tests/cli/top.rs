//! Tests of the control socket of a running node, and of `brocomm top`.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use serde_json::Value;

use crate::control::Controllee;
use crate::support::{Program, no_folder, run, scratch};

/// Returns a path for a socket, which must be short.
fn socket(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("brocomm-top-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    let _ = std::fs::remove_file(&path);
    path
}

/// Starts a node with a control socket, and a peer of it that has sent three events.
fn node(name: &str) -> (Program, Program, PathBuf) {
    let path = socket(name);
    let config = "listen = true\nlisten_interface = \"127.0.0.1\"\nlisten_port = 0\n\
        peer_description = \"manager\"\ndeclarations = 'event ping(n: count);'\n\
        [nodes.sensor]\nhost = \"127.0.0.1\"\nclass = \"sensor\"\nevents = \"ping\"\n";
    let config = scratch("top", &format!("{name}.toml"), config.as_bytes());
    let arguments = ["run", config.to_str().unwrap(), "--no-log", "--control-socket"];
    let mut manager = Program::start(arguments.iter().chain([&path.to_str().unwrap()]));
    let listening = manager.line_with("listening");
    let port = listening.rsplit(':').next().unwrap();
    let config = format!(
        "peer_description = \"worker\\u001b[2J\"\ndeclarations = 'event ping(n: count);'\n\
         [nodes.manager]\nhost = \"127.0.0.1\"\np = {port}\nconnect = true\nclass = \"sensor\"\n"
    );
    let config = scratch("top", &format!("{name}-peer.toml"), config.as_bytes());
    let mut sensor = Program::start(["run", config.to_str().unwrap(), "--no-log", "--stdin"]);
    (1..=3).for_each(|n| sensor.write(&format!("ping({n})")));
    manager.line_with("ping(3)");
    (manager, sensor, path)
}

fn ask(path: &PathBuf, requests: &str) -> Vec<Value> {
    let mut client = UnixStream::connect(path).unwrap();
    client.write_all(requests.as_bytes()).unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let lines = BufReader::new(client).lines();
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

#[test]
fn the_control_socket_reports_the_peers() {
    let (manager, _sensor, path) = node("json");
    let answers = ask(&path, "peers\nsomething\n\npeers\n");
    assert_eq!(answers.len(), 4, "{answers:?}");
    assert_eq!(answers[1]["error"], "expected `peers`");
    let node = &answers[3];
    assert_eq!((&node["node"], &node["listening"]), (&"manager".into(), &true.into()));
    let peer = &node["peers"][0];
    for (key, value) in [
        ("description", "worker\\x1b[2J"),
        ("entry", "sensor"),
        ("class", "sensor"),
        ("state", "running"),
        ("direction", "in"),
    ] {
        assert_eq!(peer[key], value, "{peer}");
    }
    assert_eq!(peer["counters"]["events_in"], 3, "{peer}");
    assert!(peer["counters"]["bytes_out"].as_u64() > Some(0), "{peer}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    manager.signal("-TERM");
    let end = manager.end();
    assert_eq!(end.code, 0, "{}", end.stderr);
    assert!(!path.exists());
}

#[test]
fn the_table_is_printed_once_without_colors() {
    let (_manager, _sensor, path) = node("once");
    let top = run(["top", path.to_str().unwrap(), "--once", "--interval", "0.05"]);
    assert_eq!((top.code, top.stderr.as_str()), (0, ""));
    let lines: Vec<&str> = top.stdout.lines().collect();
    assert_eq!(lines[0], "manager: 1 of 1 peers running, listening");
    let headings = ["peer", "class", "state", "events/s in", "bytes/s in", "queue", "drops"];
    assert!(headings.iter().all(|heading| lines[1].contains(heading)), "{}", lines[1]);
    assert!(lines[2].starts_with("worker\\x1b[2J  127.0.0.1:"), "{}", lines[2]);
    assert!(lines[2].contains("sensor") && lines[2].contains("running"), "{}", lines[2]);
    assert!(!top.stdout.contains('\x1b'));
}

#[test]
fn a_bro_reports_its_peers_to_a_controller() {
    let bro = Controllee::start();
    let address = &bro.address;
    let options = ["--once", "--interval", "0.05", "--sort", "peer", "--class", "control"];
    let top = run([&["top", address, "--timeout", "20"], &options[..]].concat());
    assert_eq!((top.code, top.stderr.as_str()), (0, ""));
    let lines: Vec<&str> = top.stdout.lines().collect();
    let first =
        format!("{address}: 2 of 2 peers running, packets 7 (0/s), dropped 1, on the link 8");
    assert_eq!(lines[0], first);
    assert!(lines[2].starts_with("control"), "{}", top.stdout);
    assert!(lines[3].starts_with("worker 1"), "{}", top.stdout);
}

#[test]
fn a_missing_answer_is_an_error_with_a_hint() {
    let gone = socket("gone");
    let gone = gone.to_str().unwrap();
    let top = run(["top", gone, "--once"]);
    let why = format!(
        "brocomm: {gone}: cannot connect: no such file or directory; is `brocomm run` running, \
         with this --control-socket?\n"
    );
    assert_eq!(top.outcome(), (1, "", why.as_str()));
    let top = run(["top", gone]);
    let why = "brocomm: standard output is not a terminal; add --once\n";
    assert_eq!(top.outcome(), (2, "", why));
    let top = run(["top", "a:b:c", "--once"]);
    assert_eq!(top.code, 2, "{}", top.stderr);
}

#[test]
fn a_socket_is_replaced_only_if_its_node_is_gone() {
    let config = scratch(
        "top",
        "taken.toml",
        b"listen = true\nlisten_interface = \"127.0.0.1\"\nlisten_port = 0\n",
    );
    let start = |path: &PathBuf| {
        let config = config.to_str().unwrap();
        Program::start(["run", config, "--no-log", "--control-socket", path.to_str().unwrap()])
    };
    let refused = |path: &PathBuf, why: &str| {
        let end = start(path).end();
        let expected =
            format!("brocomm: --control-socket {}: cannot listen: {why}\n", path.display());
        assert_eq!((end.code, end.stderr), (1, expected));
    };
    let left = socket("left");
    drop(UnixListener::bind(&left).unwrap());
    let mut node = start(&left);
    node.line_with("listening");
    assert_eq!(ask(&left, "peers\n").len(), 1);
    refused(&left, "another node listens on it");
    assert_eq!(ask(&left, "peers\n").len(), 1);
    let file = scratch("top", "no-socket", b"precious");
    refused(&file, "the file exists and is not a socket");
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    refused(&no_folder("top-nowhere").join("socket"), "no such file or directory");
}
