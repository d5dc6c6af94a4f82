//! Tests of `brocomm cluster` with files of BroControl, and with our own nodes.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use brocomm_conformance::testing::is_thorough;
use serde_json::{Value, json};

use crate::support::{Program, closed_port, run, scratch};

/// Files of BroControl: `NAME.cfg`, with `NAME.bro`, which BroControl 1.7 generates from it, or
/// with `NAME.errors`, the errors in it.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node_cfg")
}

fn files(suffix: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|file| file.to_string_lossy().ends_with(suffix)).collect();
    files.sort();
    assert!(!files.is_empty(), "{suffix}");
    files
}

/// Runs a command of `brocomm cluster` for a file, with the `broctl.cfg` that belongs to it.
fn cluster(command: &str, file: &Path, more: &[&str]) -> crate::support::Run {
    let cfg = file.with_extension("broctl.cfg");
    let cfg = cfg.exists().then(|| format!("--broctl-cfg={}", cfg.display()));
    let file = file.to_str().unwrap();
    let mut arguments = vec!["cluster", command, file];
    arguments.extend(cfg.as_deref());
    arguments.extend(more);
    run(arguments)
}

#[test]
fn layouts_equal_those_of_brocontrol() {
    let layouts = files(".bro");
    for layout in &layouts {
        let expected = fs::read_to_string(layout).unwrap();
        let shown = cluster("show", &layout.with_extension("cfg"), &["--layout"]);
        assert_eq!((shown.code, shown.stdout), (0, expected.clone()), "{}", layout.display());
        // A layout describes the cluster completely.
        let again = cluster("show", layout, &["--layout"]);
        assert_eq!(again.outcome(), (0, expected.as_str(), ""), "{}", layout.display());
    }
    assert!(layouts.len() + files(".errors").len() >= 30);
}

#[test]
fn each_error_has_its_line_and_reason() {
    for file in files(".errors") {
        let (config, expected) = (file.with_extension("cfg"), fs::read_to_string(&file).unwrap());
        let shown = cluster("show", &config, &[]);
        let path = format!("brocomm: {}:", config.display());
        let output: String =
            shown.stderr.lines().map(|line| line.replace(&path, "") + "\n").collect();
        assert_eq!((shown.code, shown.stdout.as_str()), (2, ""), "{}", file.display());
        assert_eq!(output, expected, "{}", file.display());
    }
}

#[test]
fn ignored_keys_are_warnings() {
    let file = folder().join("unknown-keys.cfg");
    let shown = cluster("show", &file, &[]);
    assert_eq!(shown.code, 0);
    for (line, text) in [
        (4, "[manager] memlimit is ignored: BroControl has no such key"),
        (
            12,
            "[worker-1] inteface is ignored: BroControl has no such key; did you mean `interface`?",
        ),
        (13, "[worker-1] test_foo is ignored: BroControl has no such key"),
    ] {
        let expected = format!("{}:{line}: {text}", file.display());
        assert!(shown.stderr.contains(&expected), "{}", shown.stderr);
    }
    assert_eq!(shown.stderr.lines().count(), 3);
}

/// Returns the entries of all nodes of a file, by node and name, each as one line.
fn entries(file: &str) -> BTreeMap<String, Vec<String>> {
    let shown = cluster("show", &folder().join(file), &["--json"]);
    let line = |line: &str| {
        let node: Value = serde_json::from_str(line).unwrap();
        let entry = |entry: &Value| {
            let text = |key: &str| entry[key].as_str().unwrap_or("-").to_owned();
            let flag =
                |key: &str, shown: &'static str| entry[key] == json!(true) && !shown.is_empty();
            let mut words = vec![text("name"), text("class")];
            words.push(match &entry["port"] {
                Value::Null => "waits".to_owned(),
                port => format!("connects to {}:{port}", text("host")),
            });
            for (key, shown) in [("sync", "sync"), ("auth", "auth"), ("requests_logs", "logs")] {
                if flag(key, shown) {
                    words.push(shown.to_owned());
                }
            }
            if text("events") == "/EMPTY/" {
                words.push("no events".to_owned());
            }
            words.join(" ")
        };
        let entries = node["entries"].as_array().unwrap().iter().map(entry).collect();
        (node["node"].as_str().unwrap().to_owned(), entries)
    };
    shown.stdout.lines().map(line).collect()
}

#[test]
fn nodes_have_the_entries_of_their_type() {
    let all = entries("loggers-round-robin.cfg");
    for (node, expected) in [
        (
            "logger-1",
            &[
                "control control waits",
                "manager manager waits logs no events",
                "proxy-1 proxy-1 waits logs no events",
                "proxy-2 proxy-2 waits logs no events",
                "w3 w3 waits logs no events",
            ][..],
        ),
        ("logger-3", &["control control waits", "w2 w2 waits logs no events"]),
        (
            "manager",
            &[
                "control control waits",
                "logger-1 manager connects to 192.0.2.1:47761",
                "proxy-1 proxy-1 waits no events",
                "proxy-2 proxy-2 waits no events",
                "w1 w1 waits",
                "w2 w2 waits",
                "w3 w3 waits",
                "w4 w4 waits",
            ],
        ),
        (
            "proxy-2",
            &[
                "control control waits",
                "logger-1 proxy-2 connects to 192.0.2.1:47761",
                "manager proxy-2 connects to 192.0.2.4:47764 no events",
                "w1 w1 waits sync auth no events",
                "w3 w3 waits sync auth no events",
            ],
        ),
        (
            "w2",
            &[
                "control control waits",
                "logger-3 w2 connects to 192.0.2.3:47763",
                "manager w2 connects to 192.0.2.4:47764",
                "proxy-1 w2 connects to 192.0.2.5:47765 sync no events",
            ],
        ),
    ] {
        assert_eq!(all[node], expected, "{node}");
    }
    // Without a logger the manager writes the logs.
    let all = entries("time-machine.cfg");
    assert_eq!(
        all["manager"],
        [
            "control control waits",
            "proxy-1 proxy-1 waits logs no events",
            "worker-1 worker-1 waits logs",
            "time-machine - connects to 192.0.2.99:47758 no events"
        ]
    );
    assert_eq!(entries("standalone.cfg")["bro"], ["control control waits"]);
}

/// The line of an imported configuration that declares what a Bro does.
const DECLARED: &str = "\ndeclaration_files = [\"bro-2.5.bro\"]\n";

#[test]
fn imported_configurations_are_valid() {
    let (mut types, mut is_declared) = (HashSet::new(), false);
    for layout in files(".bro") {
        let config = layout.with_extension("cfg");
        let shown = cluster("show", &config, &["--json"]);
        let mut nodes: Vec<Value> =
            shown.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        if !is_thorough() {
            // Nodes of one type with as many entries differ in numbers only. Each layout has its
            // first node of each type tried.
            let mut seen = HashSet::new();
            nodes.retain(|node| {
                let entries = node["entries"].as_array().unwrap().len();
                let is_new = types.insert((node["type"].to_string(), entries));
                seen.insert(node["type"].to_string()) || is_new
            });
        }
        for node in &nodes {
            let name = node["node"].as_str().unwrap();
            let imported = cluster("import", &config, &["--as", name]);
            assert_eq!(imported.code, 0, "{}", imported.stderr);
            let (before, after) = imported.stdout.split_once(DECLARED).expect("it declares events");
            // All nodes declare the same, and reading it takes longer than everything else, so only
            // the first one does it.
            let declared = if is_declared && !is_thorough() { "\n" } else { DECLARED };
            is_declared = true;
            let text = [before, declared, after].concat();
            let file = scratch("cluster", "imported.toml", text.as_bytes());
            let checked = run(["config", "check", file.to_str().unwrap(), "--json"]);
            assert_eq!(checked.code, 0, "{name}: {}{}", checked.stdout, imported.stdout);
            let checked: Value = serde_json::from_str(&checked.stdout).unwrap();
            assert_eq!(checked["node"]["description"], name);
            for (peer, entry) in
                checked["peers"].as_array().unwrap().iter().zip(node["entries"].as_array().unwrap())
            {
                for key in ["name", "host", "port", "connects", "class", "sync", "auth"] {
                    assert_eq!(peer[key], entry[key], "{name}: {key}");
                }
                assert_eq!(peer["requests_logs"], entry["requests_logs"]);
            }
            let shares =
                node["entries"].as_array().unwrap().iter().any(|entry| entry["sync"] == true);
            let forwards = node["type"] == "proxy" && shares;
            assert_eq!(checked["node"]["forwards_state"], forwards, "{name}");
        }
    }
    let file = folder().join("cluster-small.cfg");
    let controller = cluster("import", &file, &["--as", "control"]);
    assert_eq!(
        controller.stdout.matches("class = \"control\"").count(),
        4,
        "{}",
        controller.stdout
    );
    let wrong = cluster("import", &file, &["--as", "worker-3"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""));
    assert!(wrong.stderr.contains("no node is named worker-3; did you mean `"), "{}", wrong.stderr);
}

#[test]
fn connections_are_shown() {
    let file = folder().join("cluster-logger.cfg");
    let shown = cluster("show", &file, &[]);
    assert_eq!((shown.code, shown.stderr.as_str()), (0, ""));
    for line in [
        "logger    logger   192.0.2.1:47761",
        "worker-1  worker   192.0.2.4:47764  eth0",
        "manager   logger   192.0.2.1:47761  manager   logs",
        "worker-1  manager  192.0.2.2:47762  worker-1  events",
        "worker-1  proxy-1  192.0.2.3:47763  worker-1  state",
        "proxy-1   manager  192.0.2.2:47762  proxy-1   nothing",
    ] {
        assert!(shown.stdout.lines().any(|shown| shown.starts_with(line)), "{}", shown.stdout);
    }
    let svg = scratch("cluster", "cluster.svg", b"");
    let drawn = cluster("show", &file, &["--svg", svg.to_str().unwrap()]);
    assert_eq!(drawn.outcome(), (0, "", ""));
    let svg = fs::read_to_string(&svg).unwrap();
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{svg}");
    for text in ["worker-1 (worker)", "192.0.2.4:47764", "<title>manager to logger: logs</title>"] {
        assert!(svg.contains(text), "{text}: {svg}");
    }
    assert_eq!(svg.matches("<rect").count(), 4);
}

#[test]
fn invalid_layouts_are_refused() {
    for (text, expected) in [
        ("redef x = 5;", ":1: column 7: "),
        ("redef Cluster::manager_is_logger = T;", "neither `Cluster::nodes` nor"),
        ("redef Cluster::nodes = {\n\t[\"a\"] = [$node_type=Cluster::WORKER],\n};", ":2: "),
        (
            "redef Cluster::nodes = { [\"a\"] = [$node_type=Cluster::WORKER, $ip=::1, $p=5/udp] };",
            "node a: $p = 5/udp: expected a TCP port",
        ),
        (
            "redef Cluster::nodes = { [\"a\"] = [$node_type=Cluster::WORKER, $ip=[::1], $p=5/tcp, \
             $proxy=\"b\"] };",
            "node a has $proxy=\"b\", which is not a proxy",
        ),
        ("@load x", ":1: column 1: "),
    ] {
        let file = scratch("cluster", "wrong-layout.bro", text.as_bytes());
        let shown = cluster("show", &file, &[]);
        assert_eq!((shown.code, shown.stdout.as_str()), (2, ""), "{text}");
        assert!(shown.stderr.contains(expected), "{text}: {}", shown.stderr);
    }
}

#[test]
fn all_nodes_are_checked_at_once() {
    let entry = "[nodes.control]\nhost='127.0.0.1'\nclass='control'\nevents='/.*_request/'\n";
    let config = format!(
        "peer_description='boss'\nlisten=true\nlisten_interface='127.0.0.1'\nlisten_port=0\n\
         declarations='event Control::peer_status_request();'\n{entry}"
    );
    let config = scratch("cluster", "boss.toml", config.as_bytes());
    let mut boss = Program::start(["run", config.to_str().unwrap(), "--no-log"]);
    let address = boss.line_with("listening").rsplit(' ').next().unwrap().to_owned();
    let (gone, port) =
        (closed_port(), |address: &str| address.rsplit(':').next().unwrap().to_owned());
    let node = |name: &str, kind: &str, address: &str| {
        format!(
            "[\"{name}\"] = [$node_type=Cluster::{kind}, $ip=127.0.0.1, $p={}/tcp],\n",
            port(address)
        )
    };
    let layout = format!(
        "redef Cluster::nodes = {{\n{}{}}};\n",
        node("boss", "MANAGER", &address),
        node("w", "WORKER", &gone)
    );
    let file = scratch("cluster", "check.bro", layout.as_bytes());
    let checked = cluster("check", &file, &[]);
    assert_eq!((checked.code, checked.stderr.as_str()), (1, ""));
    let lines: Vec<&str> = checked.stdout.lines().collect();
    assert!(lines[0].starts_with("NODE  TYPE     ADDRESS "), "{}", lines[0]);
    assert!(lines[1].starts_with("boss  manager  127.0.0.1:"), "{}", lines[1]);
    assert!(!lines[1].contains("BAD"), "{}", lines[1]);
    assert!(lines[2].contains("BAD      reachable: "), "{}", lines[2]);

    let checked = cluster("check", &file, &["manager", "--json"]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    let line: Value = serde_json::from_str(&checked.stdout).unwrap();
    assert_eq!((&line["node"], &line["type"]), (&json!("boss"), &json!("manager")));
    let steps = line["findings"].as_array().unwrap().iter().map(|finding| &finding["step"]);
    assert!(steps.into_iter().any(|step| step == "events"), "{line}");

    // The node has no entry with the class.
    let checked = cluster("check", &file, &["boss", "--class=other"]);
    assert_eq!(checked.code, 1);
    assert!(checked.stdout.contains("BAD      entry: "), "{}", checked.stdout);
    let wrong = cluster("check", &file, &["w-9"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("no node is named w-9"), "{}", wrong.stderr);
}
