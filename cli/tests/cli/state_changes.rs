//! Tests of the changes that `brocomm state` makes and refuses.

use serde_json::{Value, json};

use crate::state::node_of;
use crate::support::{run, scratch};

#[test]
fn what_no_script_can_do_is_not_sent() {
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
        (&["incr", "hits", "-6"], "hits would leave the range of its type"),
        (
            &["set", "list[99999999]", "1"],
            "list[99999999]: the vector has 1 elements, and at most 65536 can be added",
        ),
    ] {
        let told = format!("brocomm: nothing sent: {error}\n");
        assert_eq!(state(command).told(), (1, "", told.as_str()), "{command:?}");
    }
    assert_eq!(state(&["get"]).stdout, before);
    assert_eq!(state(&["delete", "who$note"]).told(), (0, "delete who$note (was y)\n", ""));
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
        let told: Value = serde_json::from_str(&set.stdout).unwrap();
        assert_eq!(told["value"], value, "{place} {text}");
        // The output can be used as input.
        let again = told["value"].to_string();
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
        assert_eq!(set.told(), (2, "", error));
    }
}
