//! `brocomm state` with a running node.

use std::path::PathBuf;

use brocomm::data::{Declarations, Value as BroValue};
use brocomm::node::{Communication, Configuration, Node, Notification, Options};
use brocomm::state::{Limits, Path, Store};
use brocomm_tokio::NodeHandle;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::support::{Program, Run, closed_port, run, scratch};

const VARIABLES: &str = "global hits: count = 5 &synchronized; \
    global hosts: table[addr] of string &synchronized; \
    global ports: set[port] = { 80/tcp } &synchronized; \
    global empty: count &synchronized;";

/// Starts a node that has the variables; returns where it listens, too.
fn node(test: &str, entry: &str) -> (Program, String) {
    let text = format!(
        "declarations = '{VARIABLES}'\nlisten = true\nlisten_interface = '127.0.0.1'\n\
         listen_port = 0\n{}\n\
         [nodes.tool]\nhost = '127.0.0.1'\n{entry}\n",
        if entry.is_empty() { "" } else { "forward_remote_state_changes = true" }
    );
    let file = scratch(test, "node.toml", text.as_bytes());
    let mut node = Program::start(["run".as_ref(), file.as_os_str(), "--no-log".as_ref()]);
    let listening = node.line_with("listening on ");
    (node, listening.strip_prefix("listening on ").unwrap().to_owned())
}

/// Declares the variables with other values than those of the node.
fn declarations(test: &str) -> PathBuf {
    let text = VARIABLES.replace("= 5", "= 99").replace("80/tcp", "99/udp");
    scratch(test, "vars.bro", text.as_bytes())
}

fn state(command: &str, address: &str, test: &str, more: &[&str]) -> Run {
    let declarations = declarations(test);
    let declarations = ["--declarations", declarations.to_str().unwrap()];
    run([&["state", command, address][..], more, &declarations].concat())
}

#[test]
fn variables_are_those_of_the_peer_and_stay_so() {
    let test = "state-get";
    let (_node, address) = node(test, "");
    let all = "hits = 5\nhosts = {\\x0a\\x0a}\nports = {\\x0a\t80/tcp\\x0a}\n";
    for _ in 0..2 {
        assert_eq!(state("get", &address, test, &[]).told(), (0, all, ""));
    }
    let some = state("get", &address, test, &["ports", "hits", "--json"]);
    assert_eq!((some.code, some.stderr.as_str()), (0, ""));
    let lines: Vec<Value> =
        some.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ports = json!({"name": "ports", "type": "set[port]", "value": ["80/tcp"]});
    assert_eq!(lines, [ports, json!({"name": "hits", "type": "count", "value": 5})]);
    let none = state("get", &address, test, &["hits", "empty"]);
    let error = "brocomm: the peer has no empty, or no value for it\n";
    assert_eq!(none.told(), (1, "hits = 5\n", error));
}

#[test]
fn a_variable_can_be_set_where_changes_are_taken() {
    let test = "state-set";
    let (_node, address) = node(test, "sync = true");
    // The node has just begun, and asks for our state at first.
    assert_eq!(
        state("set", &address, test, &["hits", "7"]).told(),
        (0, "set hits = 7 (was 5)\n", "")
    );
    assert_eq!(state("get", &address, test, &["hits"]).stdout, "hits = 7\n");
    let hosts = ["hosts", "table([10.0.0.1] = \"a\")", "--json"];
    let set = state("set", &address, test, &hosts);
    let object = serde_json::from_str::<Value>(&set.stdout).unwrap();
    let value = json!([{"key": "10.0.0.1", "value": "a"}]);
    let expected =
        json!({"name": "hosts", "type": "table[addr] of string", "value": value, "was": []});
    assert_eq!(object, expected);
    let value = "hosts = {\\x0a\t[10.0.0.1] = a\\x0a}\n";
    assert_eq!(state("get", &address, test, &["hosts"]).stdout, value);
    let fresh = state("set", &address, test, &["empty", "1"]);
    let note = "brocomm: the peer had no value for empty, and may not know it\n";
    assert_eq!(fresh.told(), (0, "set empty = 1\n", note));
}

#[test]
fn a_peer_that_takes_no_changes_is_sent_none() {
    let test = "state-refused";
    let (_node, address) = node(test, "");
    let set = state("set", &address, test, &["hits", "7"]);
    assert_eq!((set.code, set.stdout.as_str()), (1, ""));
    assert!(set.stderr.starts_with("brocomm: nothing sent: the peer takes no"), "{}", set.stderr);
    assert_eq!(state("get", &address, test, &["hits"]).stdout, "hits = 5\n");
}

#[test]
fn changes_are_shown_as_they_come() {
    let test = "state-watch";
    let (node, address) = node(test, "sync = true");
    let file = declarations(test);
    let config = file.with_file_name("node.toml");
    let config = ["--config", config.to_str().unwrap()];
    let watch =
        |more: &[&str]| Program::start([&["state", "watch", &address], more, &config].concat());
    let mut all = watch(&["--count", "2"]);
    assert_eq!(all.line(), "hits = 5");
    assert_eq!(all.line(), "hosts = {\\x0a\\x0a}");
    assert_eq!(all.line(), "ports = {\\x0a\t80/tcp\\x0a}");
    let mut one = watch(&["ports", "--json"]);
    assert!(one.line().contains("\"name\":\"ports\""));
    for (name, value) in [("hits", "6"), ("ports", "{ 53/udp }")] {
        assert_eq!(state("set", &address, test, &[name, value]).code, 0);
    }
    assert_eq!(all.line(), "assign hits = 6");
    assert_eq!(all.line(), "assign ports = {\\x0a\t53/udp\\x0a}");
    assert_eq!(all.end().told(), (0, "", ""));
    let change: Value = serde_json::from_str(&one.line()).unwrap();
    assert_eq!((&change["name"], &change["operation"]), (&json!("ports"), &json!("assign")));
    assert_eq!(change["operands"], json!([["53/udp"], null, null]));
    assert!(change["t"].is_f64());
    drop(node);
    assert_eq!(one.end().told(), (0, "", ""));
}

#[test]
fn mistakes_are_told_before_anything_is_sent() {
    let (test, nobody) = ("state-wrong", closed_port());
    for (command, more, error) in [
        ("get", &["hitz"][..], "no variable hitz is declared; did you mean `hits`?"),
        ("set", &["hits", "x"], "hits: line 1, column 1: "),
        ("set", &["hits"], ""),
    ] {
        let run = state(command, &nobody, test, more);
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stderr.contains(error), "{}", run.stderr);
    }
    assert_eq!(run(["state", "get", &nobody, "hits"]).code, 2);
    assert_eq!(state("get", &nobody, test, &["hits"]).code, 1);
}

#[test]
fn a_change_within_a_variable_is_shown_by_its_name() {
    let mut declarations = Declarations::new();
    declarations.read(VARIABLES).unwrap();
    let mut store = Store::new("#test#1#", Limits::default());
    store.declare_synchronized(&declarations).unwrap();
    let options = Options {
        listen: true,
        listen_interface: [127, 0, 0, 1].into(),
        listen_port: 0,
        ..Options::default()
    };
    let nodes = vec![("tool".to_owned(), Node::new([127, 0, 0, 1].into()))];
    let configuration = Configuration { options, nodes, ..Configuration::default() };
    let mut communication = Communication::new(configuration).unwrap();
    communication.set_store(store);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let node = runtime.block_on(async { NodeHandle::run(communication) }).unwrap();
    let mut told = node.subscribe();
    let mut wait_for = |is_it: fn(&Notification) -> bool| loop {
        let told = runtime.block_on(told.next()).expect("it comes before the end");
        if is_it(&told) {
            break told;
        }
    };
    let listening = wait_for(|told| matches!(told, Notification::Listening(_)));
    let Notification::Listening(address) = listening else { panic!("{listening:?}") };

    let file = self::declarations("state-within");
    let file = ["--declarations", file.to_str().unwrap()];
    let address = address.to_string();
    let watch = ["state", "watch", &address, "hosts", "--count=2"];
    let watch = Program::start([&watch[..], &file].concat());
    wait_for(|told| matches!(told, Notification::ConnectionHandshakeDone(_)));
    let host = || [BroValue::Addr([10, 0, 0, 1].into())];
    node.with(|node, now| {
        let entry = Path::to("hosts").index(host());
        node.change_state(now, |store| store.assign(entry, "gateway")).unwrap();
        node.change_state(now, |store| store.increment("hits", 1)).unwrap();
        node.change_state(now, |store| store.delete("hosts", host())).unwrap();
    });
    wait_for(|told| matches!(told, Notification::ConnectionClosed { .. }));
    let shown = "hosts = {\\x0a\\x0a}\nassign_idx hosts[10.0.0.1] = gateway\ndel hosts[10.0.0.1]\n";
    assert_eq!(watch.end().told(), (0, shown, ""));
}
