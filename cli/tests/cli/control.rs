//! Tests of `brocomm control` and `brocomm request` with our own nodes.

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier};
use std::thread;

use brocomm::data::{Declarations, Event, Value};
use brocomm::node::{NodeConfig, Notification, Options, PeerConfig};
use brocomm_std::Node;
use serde_json::{Value as Json, json};

use crate::support::{closed_port, run, scratch};

const EVENTS: &str = "
    event Control::id_value_request(id: string);
    event Control::id_value_response(id: string, val: string);
    event Control::peer_status_request();
    event Control::peer_status_response(s: string);
    event Control::net_stats_request();
    event Control::net_stats_response(s: string);
    event Control::configuration_update_request();
    event Control::configuration_update_response();
    event Control::shutdown_request();
    event Control::shutdown_response();
    event ping(n: count); event pong(n: count);";

/// A node that answers controllers as `frameworks/control/controllee` does.
pub(crate) struct Controllee {
    node: Node,
    pub(crate) address: String,
    thread: Option<thread::JoinHandle<()>>,
}

impl Controllee {
    pub(crate) fn start() -> Controllee {
        Controllee::with("control", true)
    }

    /// Answers only when all waiting nodes have been asked.
    fn waiting(all: Arc<Barrier>) -> Controllee {
        Controllee::new("control", true, Some(all))
    }

    /// Starts a node with an entry for a class, which answers or not.
    fn with(class: &'static str, answers: bool) -> Controllee {
        Controllee::new(class, answers, None)
    }

    fn new(class: &'static str, answers: bool, all: Option<Arc<Barrier>>) -> Controllee {
        let mut declarations = Declarations::new();
        declarations.read(EVENTS).unwrap();
        let options = Options {
            listen: true,
            listen_interface: [127, 0, 0, 1].into(),
            listen_port: 0,
            ..Options::default()
        };
        let entry = PeerConfig {
            class: Some(class.into()),
            events: Some("/Control::.*_request|ping/".parse().unwrap()),
            ..PeerConfig::new([127, 0, 0, 1].into())
        };
        let node = Node::start(NodeConfig {
            options,
            nodes: vec![("control".to_owned(), entry)],
            declarations: declarations.into(),
        });
        let node = node.unwrap();
        let address = node.listening(None).unwrap().to_string();
        let mut notifications = node.subscribe();
        let own = node.clone();
        let thread = thread::spawn(move || {
            let value = Value::Count(5);
            let mut values = BTreeMap::from([("M::limit".to_owned(), value)]);
            while let Some(notification) = notifications.next(None) {
                match notification {
                    Notification::Id { id, .. } => {
                        // As in a Bro, a value of another type changes nothing. A Bro also closes the
                        // connection.
                        let name = id.name.to_string();
                        let value = id.value.clone().unwrap();
                        if values.get(&name).is_none_or(|old| old.ty() == value.ty()) {
                            values.insert(name, value);
                        }
                    }
                    Notification::Event { event, .. } if answers => {
                        if let Some(all) = &all {
                            all.wait();
                        }
                        answer(&event, &values).into_iter().for_each(|event| {
                            own.raise(event, None).unwrap();
                        });
                    }
                    _ => {}
                }
            }
        });
        Controllee { node, address, thread: Some(thread) }
    }

    fn port(&self) -> &str {
        self.address.rsplit_once(':').unwrap().1
    }
}

impl Drop for Controllee {
    fn drop(&mut self) {
        self.node.terminate();
        self.thread.take().map(thread::JoinHandle::join);
    }
}

fn answer(event: &Event, values: &BTreeMap<String, Value>) -> Vec<Event> {
    let make = |name: &str, args: Vec<Value>| Event { name: name.into(), time: 0.0, args };
    let text = |name: &str, text: &str| make(name, vec![text.into()]);
    match event.name.to_string().as_str() {
        "Control::id_value_request" => {
            let [Value::String(id)] = &event.args[..] else { panic!("{event:?}") };
            let id = String::from_utf8(id.to_vec()).unwrap();
            let value = values.get(&id).map_or("<unknown id>".to_owned(), ToString::to_string);
            let args = vec![id.as_str().into(), value.as_str().into()];
            // An answer to another controller is sent to all.
            let other = vec!["other".into(), "1".into()];
            vec![
                make("Control::id_value_response", other),
                make("Control::id_value_response", args),
            ]
        }
        "Control::peer_status_request" => {
            let peers = "1.500000 peer=worker 1 host=10.0.0.1\n2.000000 peer=control host=::1\n";
            vec![text("Control::peer_status_response", peers)]
        }
        "Control::net_stats_request" => {
            vec![text("Control::net_stats_response", "1.500000 recvd=7 dropped=1 link=8\n")]
        }
        "Control::configuration_update_request" => {
            vec![make("Control::configuration_update_response", vec![])]
        }
        "Control::shutdown_request" => vec![make("Control::shutdown_response", vec![])],
        "ping" => {
            let other = make("pong", vec![Value::Count(0)]);
            vec![other, make("pong", event.args.clone())]
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_node_answers() {
    let node = Controllee::start();
    let at = node.address.as_str();
    for (arguments, expected) in [
        (&["id", "M::limit", "M::none", "M::limit"][..], "M::limit = 5\nM::none = <unknown id>\n"),
        (&["peers"], "1.500000 peer=worker 1 host=10.0.0.1\n2.000000 peer=control host=::1\n"),
        (&["netstats"], "1.500000 recvd=7 dropped=1 link=8\n"),
        (&["set", "M::limit = 6"], "M::limit = 6 (sent as count)\n"),
        (
            &["set", "M::new = \"x\"", "M::limit=7"],
            "M::new = x (sent as string)\nM::limit = 7 (sent as count)\n",
        ),
        (&["update"], "updated\n"),
        (&["shutdown"], "is shutting down\n"),
    ] {
        let arguments = [&["control", at], arguments].concat();
        assert_eq!(run(&arguments).outcome(), (0, expected, ""), "{arguments:?}");
    }
}

#[test]
fn constants_have_the_declared_types() {
    let node = Controllee::start();
    let at = node.address.as_str();
    let text =
        "module M; const limit = 9 &redef; const fixed = 1;\nconst hosts: set[addr] = {} &redef;";
    let file = scratch("control", "constants.bro", text.as_bytes());
    let declarations = format!("--declarations={}", file.display());
    let update = run(["control", at, "update", &declarations]);
    assert_eq!(update.outcome(), (0, "updated: 2 constants sent\n", ""));
    let id = run(["control", at, "id", "M::limit", "M::fixed"]);
    assert_eq!(id.outcome(), (0, "M::limit = 9\nM::fixed = <unknown id>\n", ""));
    let set = run(["control", at, "set", "M::hosts={10.0.0.1}", &declarations]);
    assert_eq!(set.code, 0, "{}", set.stderr);
    assert!(set.stdout.contains("10.0.0.1"), "{}", set.stdout);

    // The node's constant has another type.
    let set = run(["control", at, "set", "M::limit = \"x\""]);
    assert_eq!((set.code, set.stdout.as_str()), (1, "M::limit = 9 (sent as string)\n"));
    assert!(set.stderr.contains("M::limit is 9, not x; it was sent as string"), "{}", set.stderr);
}

#[test]
fn a_failed_node_among_several_is_named() {
    let (one, two, gone) = (Controllee::start(), Controllee::start(), closed_port());
    let (one, two) = (one.address.as_str(), two.address.as_str());
    let both = run(["control", one, two, "netstats"]);
    let line = "1.500000 recvd=7 dropped=1 link=8";
    assert_eq!(both.outcome(), (0, format!("{one}: {line}\n{two}: {line}\n").as_str(), ""));

    let three = run(["control", two, &gone, one, "netstats", "--json"]);
    assert_eq!(three.code, 1);
    let counters = json!({"time": 1.5, "recvd": 7, "dropped": 1, "link": 8});
    let lines: Vec<Json> =
        three.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (line, node) in lines.iter().zip([two, &gone, one]) {
        assert_eq!(
            (line["node"].as_str(), line["command"].as_str()),
            (Some(node), Some("netstats"))
        );
    }
    for line in [&lines[0], &lines[2]] {
        for (key, value) in counters.as_object().unwrap() {
            assert_eq!(&line[key], value, "{line}");
        }
    }
    let why = lines[1]["error"].as_str().unwrap();
    assert!(why.contains("does the peer listen there?"), "{why}");
    assert!(three.stderr.contains(&format!("{gone}: ")), "{}", three.stderr);
    assert_eq!(three.stderr.lines().count(), 1, "{}", three.stderr);
}

#[test]
fn values_and_peers_are_json() {
    let node = Controllee::start();
    for (arguments, key, expected) in [
        (&["id", "M::limit"][..], "values", json!({"M::limit": "5"})),
        (
            &["peers"],
            "peers",
            json!([{"time": 1.5, "peer": "worker 1", "host": "10.0.0.1"},
                {"time": 2.0, "peer": "control", "host": "::1"}]),
        ),
        (&["set", "M::limit=8"], "values", json!({"M::limit": "8"})),
        (&["update"], "sent", json!(0)),
    ] {
        let asked = run([&["control", "--json", &node.address], arguments].concat());
        assert_eq!((asked.code, asked.stderr.as_str()), (0, ""));
        let line: Json = serde_json::from_str(&asked.stdout).unwrap();
        assert_eq!(line[key], expected);
    }
}

#[test]
fn the_reason_for_a_missing_answer_is_reported() {
    // The node has an entry for another class.
    let node = Controllee::with("other", true);
    for command in [&["id", "x"][..], &["peers"], &["netstats"], &["update"], &["set", "x=1"]] {
        let asked = run([&["control", &node.address], command].concat());
        assert_eq!((asked.code, asked.stdout.as_str()), (1, ""));
        let why = "it requests no events from us, so it cannot answer: no entry of its \
            `Communication::nodes` matches 127.0.0.1 and the class \"control\"";
        assert!(asked.stderr.contains(why), "{}", asked.stderr);
    }
    let asked = run(["control", &node.address, "--class=other", "id", "M::limit"]);
    assert_eq!(asked.outcome(), (0, "M::limit = 5\n", ""));

    let node = Controllee::with("control", false);
    let asked = run(["control", &node.address, "peers", "--timeout=0.3"]);
    assert_eq!((asked.code, asked.stdout.as_str()), (1, ""));
    let why = "no answer to Control::peer_status_request within 0.3 s";
    assert!(asked.stderr.contains(why), "{}", asked.stderr);
}

#[test]
fn nodes_can_be_selected_from_a_cluster() {
    let (manager, worker) = (Controllee::start(), Controllee::start());
    let entry = |name: &str, kind: &str, port: &str, more: &str| {
        format!(
            "\t[\"{name}\"] = [$node_type=Cluster::{kind}, $ip=127.0.0.1, $zone_id=\"\", \
             $p={port}/tcp{more}],\n"
        )
    };
    let layout = [
        "redef Cluster::manager_is_logger = T;\nredef Cluster::nodes = {\n".to_owned(),
        entry("control", "CONTROL", "47760", ""),
        entry("boss", "MANAGER", manager.port(), ", $workers=set(\"w-1\", \"w-2\")"),
        entry("w-1", "WORKER", worker.port(), ", $interface=\"eth0\", $manager=\"boss\""),
        entry("w-2", "WORKER", manager.port(), ", $interface=\"eth1\", $manager=\"boss\""),
        "};\n".to_owned(),
    ];
    let file = scratch("control", "cluster-layout.bro", layout.concat().as_bytes());
    let config = format!("--config={}", file.display());
    let all = |names: &[&str]| run([&["control", &config], names, &["id", "M::limit"]].concat());
    let (boss, one, two) = ("boss: M::limit = 5\n", "w-1: M::limit = 5\n", "w-2: M::limit = 5\n");
    for (names, expected) in [
        (&[][..], [boss, one, two].concat()),
        (&["all"], [boss, one, two].concat()),
        (&["workers"], [one, two].concat()),
        (&["w-2", "manager"], [boss, two].concat()),
    ] {
        assert_eq!(all(names).outcome(), (0, expected.as_str(), ""), "{names:?}");
    }
    let wrong = all(&["w-3"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""));
    assert!(wrong.stderr.contains("no node is named w-3; did you mean `w-"), "{}", wrong.stderr);

    // A standalone node listens on the first port.
    let node = scratch("control", "node.cfg", b"[bro]\ntype=standalone\nhost=localhost\n");
    scratch("control", "broctl.cfg", format!("BroPort = {}\n", worker.port()).as_bytes());
    let config = format!("--config={}", node.display());
    let id = run(["control", &config, "id", "M::limit"]);
    assert_eq!(id.outcome(), (0, "bro: M::limit = 5\n", ""));
}

#[test]
fn usage_errors_are_reported_before_connecting() {
    for (arguments, expected) in [
        (&["peers"][..], "no node is named"),
        (&["h:x", "peers"], "h:x: "),
        (&["localhost", "id"], "NAME"),
        (&["localhost", "set", "x"], "expected `NAME = VALUE`"),
        (&["localhost", "set", "5=5"], "`5` is not a name"),
        (&["localhost", "set", "x=nope"], "set: x: "),
        (&["localhost", "update", "--declarations=none.bro"], "none.bro: cannot read declarations"),
        (&["--config=none.cfg", "peers"], "none.cfg: cannot read it"),
        (&["localhost", "unknown"], "requires a subcommand"),
        (&["localhost", "peers", "--timeout=0"], "must be greater than 0"),
    ] {
        let asked = run([&["control"], arguments].concat());
        assert_eq!((asked.code, asked.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(asked.stderr.contains(expected), "{arguments:?}: {}", asked.stderr);
    }
}

/// Each node answers only after all were asked, so asking one after the other would fail.
#[test]
fn sixty_nodes_are_asked_at_the_same_time() {
    let all = Arc::new(Barrier::new(60));
    let nodes: Vec<Controllee> = (0..60).map(|_| Controllee::waiting(Arc::clone(&all))).collect();
    let addresses = nodes.iter().map(|node| node.address.as_str());
    let arguments = ["control", "--timeout", "120"].into_iter().chain(addresses);
    let output = run(arguments.chain(["netstats"]));
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert_eq!(output.stdout.lines().count(), 60);
}

#[test]
fn a_request_has_an_answer() {
    let node = Controllee::start();
    let ask = |arguments: &[&str]| {
        run([&["request", &node.address, "--class=control"], arguments].concat())
    };
    for (arguments, expected) in [
        (&["ping(7)", "--answer=pong(count)"][..], "pong(0)\n"),
        (&["ping(7)", "--answer=pong(count)", "--match=1"], "pong(7)\n"),
        (&["ping(7)", "--answer=pong", "--event=pong(n: count)", "--match=1"], "pong(7)\n"),
        (&[r#"{"event":"ping","args":[7]}"#, "--answer=pong(count)", "--match=1"], "pong(7)\n"),
        (
            &[
                "Control::id_value_request(\"M::limit\")",
                "--answer=Control::id_value_response(string, string)",
                "--match=1",
            ],
            "Control::id_value_response(\"M::limit\", \"5\")\n",
        ),
    ] {
        assert_eq!(ask(arguments).outcome(), (0, expected, ""), "{arguments:?}");
    }
    let json = ask(&["ping(7)", "--answer=pong(count)", "--match=1", "--json"]);
    let line: Json = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&line["event"], &line["args"]), (&json!("pong"), &json!([7])));
    assert_eq!(line["from"].as_str(), Some(node.address.as_str()));

    for (arguments, code, expected) in [
        (
            &["ping(7)", "--answer=pung(count)", "--timeout=0.3"][..],
            1,
            "no answer to ping(7) within",
        ),
        (&["ping(7)", "--answer=pong(string)"], 1, "it answered with pong, which can't be used"),
        (&["pang(7)", "--answer=pong(count)"], 1, "it does not request pang, but Control::"),
        (&["ping(7)", "--answer=pong(nope)"], 2, "no type is named `nope`"),
        (&["ping(7", "--answer=pong(count)"], 2, "event: line 1, column 7"),
        (&["ping(7)", "--answer=pong(count)", "--match=2"], 2, "--match 2: the event has 1 arg"),
        (&["ping(7)", "--answer=pong(count)", "--match=0"], 2, "from 1 to"),
        (&["ping(7)"], 2, "--answer"),
    ] {
        let asked = ask(arguments);
        assert_eq!((asked.code, asked.stdout.as_str()), (code, ""), "{arguments:?}");
        assert!(asked.stderr.contains(expected), "{arguments:?}: {}", asked.stderr);
    }
}
