//! Tests of `brocomm state` with a running node.

use std::path::PathBuf;

use brocomm::data::{Declarations, Value as BroValue};
use brocomm::node::{NodeConfig, NodeMachine, Notification, Options, PeerConfig};
use brocomm::state::{Path, Store, StoreLimits};
use brocomm_tokio::Node;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::support::{Program, Run, closed_port, run, scratch};

const VARIABLES: &str = "global hits: count = 5 &synchronized; \
    global hosts: table[addr] of string &synchronized; \
    global ports: set[port] = { 80/tcp } &synchronized; \
    global empty: count &synchronized;";

/// Starts a node with the variables, and returns it with its address.
fn node(test: &str, entry: &str) -> (Program, String) {
    node_of(VARIABLES, test, entry)
}

pub(crate) fn node_of(variables: &str, test: &str, entry: &str) -> (Program, String) {
    let text = format!(
        "declarations = '{variables}'\nlisten = true\nlisten_interface = '127.0.0.1'\n\
         listen_port = 0\n{}\n\
         [nodes.tool]\nhost = '127.0.0.1'\n{entry}\n",
        if entry.is_empty() { "" } else { "forward_remote_state_changes = true" }
    );
    let file = scratch(test, "node.toml", text.as_bytes());
    let mut node = Program::start(["run".as_ref(), file.as_os_str(), "--no-log".as_ref()]);
    let listening = node.line_with("listening on ");
    (node, listening.strip_prefix("listening on ").unwrap().to_owned())
}

/// Declares the variables with initial values that differ from the node's.
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
fn reading_variables_does_not_change_them() {
    let test = "state-get";
    let (_node, address) = node(test, "");
    let all = "hits = 5\nhosts = {\\x0a\\x0a}\nports = {\\x0a\t80/tcp\\x0a}\n";
    for _ in 0..2 {
        assert_eq!(state("get", &address, test, &[]).outcome(), (0, all, ""));
    }
    let some = state("get", &address, test, &["ports", "hits", "--json"]);
    assert_eq!((some.code, some.stderr.as_str()), (0, ""));
    let lines: Vec<Value> =
        some.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ports = json!({"name": "ports", "type": "set[port]", "value": ["80/tcp"]});
    assert_eq!(lines, [ports, json!({"name": "hits", "type": "count", "value": 5})]);
    let none = state("get", &address, test, &["hits", "empty"]);
    let error = "brocomm: the peer has no empty, or no value for it\n";
    assert_eq!(none.outcome(), (1, "hits = 5\n", error));
}

#[test]
fn a_variable_can_be_set_if_changes_are_accepted() {
    let test = "state-set";
    let (_node, address) = node(test, "sync = true");
    assert_eq!(
        state("set", &address, test, &["hits", "7"]).outcome(),
        (0, "set hits = 7 (was 5)\n", "")
    );
    assert_eq!(state("get", &address, test, &["hits"]).stdout, "hits = 7\n");
    let hosts = ["hosts", "table([10.0.0.1] = \"a\")", "--json"];
    let set = state("set", &address, test, &hosts);
    let object = serde_json::from_str::<Value>(&set.stdout).unwrap();
    let value = json!([{"key": "10.0.0.1", "value": "a"}]);
    let expected = json!({
        "name": "hosts", "operation": "set", "type": "table[addr] of string",
        "value": value, "was": [],
    });
    assert_eq!(object, expected);
    let value = "hosts = {\\x0a\t[10.0.0.1] = a\\x0a}\n";
    assert_eq!(state("get", &address, test, &["hosts"]).stdout, value);
    let fresh = state("set", &address, test, &["empty", "1"]);
    let note = "brocomm: the peer had no value for empty, and may not know it\n";
    assert_eq!(fresh.outcome(), (0, "set empty = 1\n", note));
}

#[test]
fn entries_elements_and_numbers_can_be_changed() {
    let test = "state-elements";
    let (_node, address) = node(test, "sync = true");
    for (command, place, more, expected) in [
        ("set", "hosts[10.0.0.1]", &["\"a\""][..], "set hosts[10.0.0.1] = a\n"),
        ("set", "hosts[::ffff:10.0.0.1]", &["\"b\""], "set hosts[10.0.0.1] = b (was a)\n"),
        ("set", "hosts[::1]", &["\"c\""], "set hosts[::1] = c\n"),
        ("add", "ports[53/udp]", &[], "add ports[53/udp]\n"),
        ("add", "ports[53/udp]", &[], "add ports[53/udp] (was there)\n"),
        ("delete", "ports[80/tcp]", &[], "delete ports[80/tcp]\n"),
        ("delete", "ports[80/tcp]", &[], "delete ports[80/tcp] (was not there)\n"),
        ("delete", "hosts[10.0.0.1]", &[], "delete hosts[10.0.0.1] (was b)\n"),
        ("incr", "hits", &[], "incr hits = 6 (was 5)\n"),
        ("incr", "hits", &["-4"], "incr hits = 2 (was 6)\n"),
    ] {
        let run = state(command, &address, test, &[&[place], more].concat());
        assert_eq!(run.outcome(), (0, expected, ""), "{command} {place}");
    }
    let all = "hits = 2\nhosts = {\\x0a\t[::1] = c\\x0a}\nports = {\\x0a\t53/udp\\x0a}\n";
    assert_eq!(state("get", &address, test, &[]).outcome(), (0, all, ""));
    let json = state("add", &address, test, &["ports[1/tcp]", "--json"]);
    let object = json!({"name": "ports[1/tcp]", "operation": "add", "value": null, "was": null});
    assert_eq!(serde_json::from_str::<Value>(&json.stdout).unwrap(), object);
    // A variable that the peer does not have does not get the declared initial value.
    let none = state("incr", &address, test, &["empty"]);
    let error = "brocomm: nothing sent: the peer has no empty, or no value for it\n";
    assert_eq!(none.outcome(), (1, "", error));
    let below = state("incr", &address, test, &["hits", "-3"]);
    assert_eq!((below.code, below.stdout.as_str()), (1, ""), "{}", below.stderr);
}

#[test]
fn a_value_of_another_type_than_the_peers_is_not_sent() {
    let test = "state-types";
    let (_node, address) = node(test, "sync = true");
    let before = state("get", &address, test, &[]).stdout;
    // Types that differ from the node's, with and without compatible values.
    let text = "global hits: subnet &synchronized; global hosts: table[addr] of count &synchronized; \
        global ports: set[addr] &synchronized; global empty: count &synchronized;";
    let wrong = scratch(test, "wrong.bro", text.as_bytes());
    let signed = scratch(test, "signed.bro", b"global hits: int &synchronized;");
    let state = |command: &str, more: &[&str], file: &PathBuf| {
        let file = ["--declarations", file.to_str().unwrap()];
        run([&["state", command, &address][..], more, &file].concat())
    };
    let hits = "hits is declared as subnet, but the peer's is of type count";
    let hosts = "hosts is declared as table[addr] of count, but the peer's is of type \
        table[addr] of string";
    let ports = "ports is declared as set[addr], but the peer's is of type set[port]";
    for (command, more, file, error) in [
        ("set", &["hits", "10.0.0.0/8"][..], &wrong, hits),
        ("set", &["hosts[1.2.3.4]", "7"], &wrong, hosts),
        ("set", &["hosts", "table()"], &wrong, hosts),
        ("add", &["ports[1.2.3.4]"], &wrong, ports),
        ("delete", &["ports[1.2.3.4]"], &wrong, ports),
        (
            "set",
            &["hits", "-3"],
            &signed,
            "hits is declared as int, but the peer's is of type count",
        ),
        ("incr", &["hits"], &signed, "hits is declared as int, but the peer's is of type count"),
    ] {
        let run = state(command, more, file);
        let expected = format!("brocomm: nothing sent: {error}\n");
        assert_eq!(run.outcome(), (1, "", expected.as_str()), "{command} {more:?}");
    }
    let get = |more: &[&str]| state("get", more, &wrong);
    assert_eq!(get(&["hits"]).outcome(), (1, "", format!("brocomm: {hits}\n").as_str()));
    // `hosts` is empty, so only the types differ.
    assert_eq!(get(&["hosts"]).outcome(), (1, "", format!("brocomm: {hosts}\n").as_str()));
    let all = format!("brocomm: {hits}\nbrocomm: {hosts}\nbrocomm: {ports}\n");
    let found = get(&[]);
    assert_eq!((found.code, found.stderr), (1, all));
    // The type of the peer's value, whatever its declaration is.
    let any = scratch(test, "any.bro", b"global hits: any &synchronized;");
    let set = state("set", &["hits", "\"x\""], &any);
    let error = "brocomm: nothing sent: hits is declared as any, but the peer's is of type count, \
        and the value of type string\n";
    assert_eq!(set.outcome(), (1, "", error));
    let right = self::state("get", &address, test, &[]);
    assert_eq!(right.outcome(), (0, before.as_str(), ""));
}

#[test]
fn nothing_is_sent_to_a_peer_that_accepts_no_changes() {
    let test = "state-refused";
    let (_node, address) = node(test, "");
    let set = state("set", &address, test, &["hits", "7"]);
    assert_eq!((set.code, set.stdout.as_str()), (1, ""));
    assert!(set.stderr.starts_with("brocomm: nothing sent: the peer accepts no"), "{}", set.stderr);
    assert_eq!(state("get", &address, test, &["hits"]).stdout, "hits = 5\n");
}

#[test]
fn changes_are_printed_as_they_arrive() {
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
    assert_eq!(all.end().outcome(), (0, "", ""));
    let change: Value = serde_json::from_str(&one.line()).unwrap();
    assert_eq!((&change["name"], &change["operation"]), (&json!("ports"), &json!("assign")));
    assert_eq!(change["operands"], json!([["53/udp"], null, null]));
    assert!(change["t"].is_f64());
    drop(node);
    assert_eq!(one.end().outcome(), (0, "", ""));
}

#[test]
fn usage_errors_are_reported_before_anything_is_sent() {
    let (test, nobody) = ("state-wrong", closed_port());
    for (command, more, error) in [
        ("get", &["hitz"][..], "no variable hitz is declared; did you mean `hits`?"),
        ("set", &["hits", "x"], "hits: line 1, column 1: "),
        ("set", &["hits"], ""),
        ("set", &["hitz", "1"], "no variable hitz is declared; did you mean `hits`?"),
        ("set", &["hosts[1]", "\"a\""], "expected a value of type addr, found a count"),
        ("set", &["hits[1]", "1"], "a value of type count has no such part"),
        ("set", &["ports[1/tcp]", "T"], "ports[1/tcp] is an element of a set"),
        ("add", &["ports"], "only elements can be added, to sets"),
        ("add", &["hosts[1.2.3.4]"], "is an entry of a table; use `state set"),
        ("delete", &["hits"], "only entries of tables, elements of sets and fields"),
        ("incr", &["hosts[1.2.3.4]"], "this is of type string"),
        ("incr", &["hits", "x"], "invalid value 'x'"),
    ] {
        let run = state(command, &nobody, test, more);
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stderr.contains(error), "{}", run.stderr);
    }
    for (more, error) in [
        (&["hits"][..], "--declarations <FILE>|--config <FILE>"),
        (&["hits", "--declarations", "/dev/null"], "; declare it with --declarations or --config"),
        (&["--declarations", "/dev/null"], "with &synchronized in --declarations or --config;"),
    ] {
        let run = run([&["state", "get", &nobody], more].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{more:?}: {}", run.stderr);
        assert!(run.stderr.contains(error), "{more:?}: {}", run.stderr);
    }
    assert_eq!(state("get", &nobody, test, &["hits"]).code, 1);
}

#[test]
fn a_change_within_a_variable_is_printed_by_its_name() {
    let mut declarations = Declarations::new();
    declarations.read(VARIABLES).unwrap();
    let mut store = Store::new("#test#1#", StoreLimits::default());
    store.declare_synchronized(&declarations).unwrap();
    let options = Options {
        listen: true,
        listen_interface: [127, 0, 0, 1].into(),
        listen_port: 0,
        ..Options::default()
    };
    let nodes = vec![("tool".to_owned(), PeerConfig::new([127, 0, 0, 1].into()))];
    let configuration = NodeConfig { options, nodes, ..NodeConfig::default() };
    let mut communication = NodeMachine::new(configuration).unwrap();
    communication.set_store(store);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let node = runtime.block_on(async { Node::run(communication) }).unwrap();
    let mut notifications = node.subscribe();
    let mut wait_for = |is_it: fn(&Notification) -> bool| loop {
        let notification = runtime.block_on(notifications.next()).expect("it comes before the end");
        if is_it(&notification) {
            break notification;
        }
    };
    let listening = wait_for(|notification| matches!(notification, Notification::Listening(_)));
    let Notification::Listening(address) = listening else { panic!("{listening:?}") };

    let file = self::declarations("state-within");
    let file = ["--declarations", file.to_str().unwrap()];
    let address = address.to_string();
    let watch = ["state", "watch", &address, "hosts", "--count=2"];
    let watch = Program::start([&watch[..], &file].concat());
    wait_for(|notification| matches!(notification, Notification::ConnectionHandshakeDone(_)));
    let host = || [BroValue::Addr([10, 0, 0, 1].into())];
    node.with(|node, now| {
        let entry = Path::to("hosts").index(host());
        node.change_state(now, |store| store.assign(entry, "gateway")).unwrap();
        node.change_state(now, |store| store.increment("hits", 1)).unwrap();
        node.change_state(now, |store| store.delete("hosts", host())).unwrap();
    });
    wait_for(|notification| matches!(notification, Notification::ConnectionClosed { .. }));
    let shown = "hosts = {\\x0a\\x0a}\nassign_idx hosts[10.0.0.1] = gateway\ndel hosts[10.0.0.1]\n";
    assert_eq!(watch.end().outcome(), (0, shown, ""));
}

#[test]
fn the_first_connection_to_a_new_node_is_kept() {
    let mut declarations = Declarations::new();
    declarations.read(VARIABLES).unwrap();
    let mut store = Store::new("#test#1#", StoreLimits::default());
    store.declare_synchronized(&declarations).unwrap();
    let options = Options {
        listen: true,
        listen_interface: [127, 0, 0, 1].into(),
        listen_port: 0,
        ..Options::default()
    };
    // It requests state too, and its uptime is not longer than ours.
    let tool = PeerConfig { sync: true, ..PeerConfig::new([127, 0, 0, 1].into()) };
    let nodes = vec![("tool".to_owned(), tool)];
    let configuration = NodeConfig { options, nodes, ..NodeConfig::default() };
    let mut communication = NodeMachine::new(configuration).unwrap();
    communication.set_store(store);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let node = runtime.block_on(async { Node::run(communication) }).unwrap();
    let mut notifications = node.subscribe();
    let mut connections = 0;
    let mut wait_for = |is_it: fn(&Notification) -> bool| loop {
        let notification = runtime.block_on(notifications.next()).expect("it comes before the end");
        connections +=
            u32::from(matches!(notification, Notification::ConnectionEstablished { .. }));
        if is_it(&notification) {
            break notification;
        }
    };
    let listening = wait_for(|notification| matches!(notification, Notification::Listening(_)));
    let Notification::Listening(address) = listening else { panic!("{listening:?}") };
    let file = self::declarations("state-young");
    let address = address.to_string();
    let file = ["--declarations", file.to_str().unwrap()];
    let watch = ["state", "watch", &address, "hits", "--count=1"];
    let watch = Program::start([&watch[..], &file].concat());
    wait_for(|notification| matches!(notification, Notification::ConnectionHandshakeDone(_)));
    node.with(|node, now| node.change_state(now, |store| store.increment("hits", 1))).unwrap();
    wait_for(|notification| matches!(notification, Notification::ConnectionClosed { .. }));
    assert_eq!(connections, 1);
    assert_eq!(watch.end().outcome(), (0, "hits = 5\nincr hits = 6 (was 5)\n", ""));
}
