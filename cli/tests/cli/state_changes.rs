//! Tests of the changes that `brocomm state` makes and refuses.

use brocomm::data::{Field, Name, Record, Table, Type, TypeTag, Value as BroValue, Vector};
use brocomm::lowlevel::connection::{
    ConnectionConfig, ConnectionNotification, Requests, Sent, StateSource,
};
use brocomm::lowlevel::serial::{Opcode, StateAccess};
use brocomm::node::{SyncRequest, SyncRole};
use brocomm_std::Listener;
use serde_json::{Value, json};

use crate::state::node_of;
use crate::support::{Program, run, scratch};

#[test]
fn changes_that_scripts_cannot_make_are_not_sent() {
    let test = "state-refused-changes";
    let variables = "global who: record { name: string; note: string &optional; } \
        = [$name=\"x\", $note=\"y\"] &synchronized; \
        global list: vector of count = [1] &synchronized; global hits: count = 5 &synchronized;";
    let (_node, address) = node_of(variables, test, "sync = true");
    let file = scratch(test, "vars.bro", variables.as_bytes());
    let state = |more: &[&str]| {
        let file = ["--declarations", file.to_str().unwrap()];
        run([&["state", more[0], &address][..], &more[1..], &file].concat())
    };
    let before = state(&["get"]).stdout;
    for (command, error) in [
        (
            &["delete", "who$name"][..],
            "who$name is neither &optional nor &default, so it can't be deleted",
        ),
        (&["incr", "hits", "-6"], "hits would be out of range for its type"),
        (
            &["set", "list[99999999]", "1"],
            "list[99999999]: the vector has 1 elements, and at most 65536 can be added",
        ),
    ] {
        let expected = format!("brocomm: nothing sent: {error}\n");
        assert_eq!(state(command).outcome(), (1, "", expected.as_str()), "{command:?}");
    }
    assert_eq!(state(&["get"]).stdout, before);
    assert_eq!(state(&["delete", "who$note"]).outcome(), (0, "delete who$note (was y)\n", ""));
}

#[test]
fn values_can_be_set_as_json() {
    let test = "state-json";
    let variables = "global who: record { name: string; note: string &optional; } &synchronized; \
        global ports: set[port] &synchronized; global age: interval &synchronized; \
        global at: table[addr, count] of string &synchronized;";
    let (_node, address) = node_of(variables, test, "sync = true");
    let file = scratch(test, "vars.bro", variables.as_bytes());
    let file = ["--json", "--declarations", file.to_str().unwrap()];
    for (place, text, value) in [
        ("who", r#"{"name":"\u00e9\n"}"#, json!({"name": "é\n"})),
        (
            "who",
            r#"{"name":{"$hex":"ff"},"note":"x"}"#,
            json!({"name": {"$hex": "ff"}, "note": "x"}),
        ),
        ("ports", r#"["80/tcp"]"#, json!(["80/tcp"])),
        ("age", "90", json!(90.0)),
        ("at", r#"[{"key":["::1",7],"value":"a"}]"#, json!([{"key": ["::1", 7], "value": "a"}])),
        ("at[10.0.0.1, 7]", r#""b""#, json!("b")),
        // Anything that is not JSON is in Bro's notation.
        ("who", "[$name=\"a\"]", json!({"name": "a"})),
        ("ports", "{}", json!([])),
        ("age", "2min", json!(120.0)),
    ] {
        let set = run([&["state", "set", &address, place, text][..], &file].concat());
        assert_eq!((set.code, set.stderr.as_str()), (0, set.stderr.as_str()), "{place} {text}");
        let report: Value = serde_json::from_str(&set.stdout).unwrap();
        assert_eq!(report["value"], value, "{place} {text}");
        // The output can be used as input.
        let again = report["value"].to_string();
        let set = run([&["state", "set", &address, place, &again][..], &file].concat());
        assert_eq!(serde_json::from_str::<Value>(&set.stdout).unwrap()["was"], value);
    }
    for (place, text, error) in [
        ("ports", r#"["80/tcq"]"#, "brocomm: ports: 0: expected port, found \"80/tcq\"\n"),
        (
            "who",
            r#"{"name":"x","nope":1}"#,
            "brocomm: who: nope: unknown field of record { name:string; note:string; }\n",
        ),
    ] {
        let set = run([&["state", "set", &address, place, text][..], &file].concat());
        assert_eq!(set.outcome(), (2, "", error));
    }
}

/// Sends a peer the value of a variable unchanged, and returns the changes that the peer sends.
fn give(listener: &mut Listener, name: &str, value: BroValue) -> Vec<StateAccess> {
    let sync = Some(SyncRequest { authoritative: true });
    let requests = Requests { sync, accept_input: true, ..Requests::default() };
    let config = ConnectionConfig {
        requests,
        state: StateSource::Application,
        ..ConnectionConfig::default()
    };
    let mut peer = listener.accept(config, None).unwrap().unwrap();
    let access = StateAccess {
        opcode: Opcode::Assign,
        target: name.into(),
        op1: value,
        op2: None,
        op3: None,
    };
    let mut changes = Vec::new();
    while let Some(notification) = peer.next(None).unwrap() {
        match notification {
            ConnectionNotification::SyncStarted(SyncRole::Sender) => {
                assert_eq!(peer.connection_mut().send_state_access(&access), Ok(Sent::Sent));
                peer.connection_mut().state_done().unwrap();
            }
            ConnectionNotification::StateAccess(access) => changes.push(*access),
            _ => {}
        }
    }
    changes
}

/// A Bro gives fields with `&default=set()` and the like a value without a type.
#[test]
fn nothing_is_added_to_a_container_without_a_type() {
    let text = "type R: record { s: set[string]; t: table[string] of count; v: vector of count; \
        of_sets: vector of set[string]; }; global r: R &synchronized;";
    let file = scratch("state-open", "vars.bro", text.as_bytes());
    let [set, table] = [Type::set(vec![]), Type::table(vec![], Type::ANY)];
    let vector = Type::vector(Type::Base(TypeTag::Void));
    let id = |id: &str| brocomm::data::Mutable { unique_id: id.into(), ..Default::default() };
    let open = |id_of: &str, ty: &Type| {
        BroValue::from(Table { mutable: id(id_of), ..Table::new(ty.clone()) })
    };
    let of_sets = Type::vector(Type::set(vec![Type::STRING]));
    let fields = [
        ("s", Type::set(vec![Type::STRING]), open("#o#1", &set)),
        ("t", Type::table(vec![Type::STRING], Type::COUNT), open("#o#2", &table)),
        (
            "v",
            Type::vector(Type::COUNT),
            BroValue::from(Vector { mutable: id("#o#3"), ..Vector::new(vector, vec![]) }),
        ),
        (
            "of_sets",
            of_sets.clone(),
            BroValue::from(Vector {
                mutable: id("#o#4"),
                ..Vector::new(of_sets, vec![Some(open("#o#5", &set))])
            }),
        ),
    ];
    let (types, values): (Vec<Field>, Vec<Option<BroValue>>) =
        fields.into_iter().map(|(name, ty, value)| (Field::new(name, ty), Some(value))).unzip();
    let record = Record { mutable: id("#o#6"), ..Record::new(Type::record("R", types), values) };
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().to_string();
    let file = ["--declarations", file.to_str().unwrap()];
    for (command, container) in [
        (&["add", "r$s[\"x\"]"][..], Some("r$s")),
        (&["delete", "r$s[\"x\"]"], Some("r$s")),
        (&["set", "r$t[\"x\"]", "1"], Some("r$t")),
        (&["set", "r$v[0]", "1"], Some("r$v")),
        (&["add", "r$of_sets[0][\"x\"]"], Some("r$of_sets[0]")),
        (&["set", "r$s", "{\"x\"}"], None),
        (&["set", "r$v", "[1]"], None),
        (&["set", "r$of_sets[0]", "{\"x\"}"], None),
    ] {
        let arguments = [&["state", command[0], &address][..], &command[1..], &file].concat();
        let program = Program::start(arguments);
        let changes = give(&mut listener, "r", record.clone().into());
        let run = program.end();
        match container {
            Some(container) => {
                let expected = format!(
                    "brocomm: nothing sent: the peer's {container} is empty and has no type yet, \
                     so it accepts no elements; assign a value to it: `state set '{container}' \
                     VALUE`\n"
                );
                assert_eq!(run.outcome(), (1, "", expected.as_str()), "{command:?}");
                assert_eq!(changes, []);
            }
            None => {
                assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{command:?}");
                let targets: Vec<&Name> = changes.iter().map(|access| &access.target).collect();
                let target = if command[1].ends_with(']') { "#o#4" } else { "#o#6" };
                assert_eq!(targets, [&Name::from(target)]);
            }
        }
    }
}
