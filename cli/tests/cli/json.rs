//! Tests of JSON lines: the output of each command matches the schema, and can be read back.
//!
//! `support` checks each line that any test reads against the schema.

use serde_json::{Value, json};

use crate::support::schema::{check, schema};
use crate::support::{Program, closed_port, run, scratch, session};

/// Events with every type of argument.
const DECLARED: &str = "
    module M;
    type Color: enum { RED, GREEN };
    type Host: record { addr: addr; ports: set[port] &optional; note: string &default=\"-\"; };
    event s(s: string);
    event scalars(b: bool, i: int, c: count, d: double, t: time, iv: interval, p: port, a: addr,
                  n: subnet, e: Color, re: pattern);
    event containers(h: Host, v: vector of Host, t: table[string] of count,
                     tt: table[addr, port] of set[count], s: set[Host]);
    event x(x: any);
";

/// A listener that prints these events, and the arguments that declare them for other commands.
struct Listening {
    listener: Program,
    address: String,
    declared: String,
}

impl Listening {
    fn new(test: &str) -> Listening {
        let declared = scratch(test, "events.bro", DECLARED.as_bytes()).display().to_string();
        let on = ["listen", "--on=127.0.0.1:0", "--json", "--declarations", &declared];
        let mut listener = Program::start(on);
        let first: Value = serde_json::from_str(&listener.line()).unwrap();
        let address = first["address"].as_str().unwrap().to_owned();
        Listening { listener, address, declared }
    }

    /// Sends an event and returns the line that reports it.
    fn received(&mut self, event: &str) -> String {
        let sent = run(["send", &self.address, "--declarations", &self.declared, event]);
        assert_eq!((sent.code, sent.stderr.as_str()), (0, ""), "{event}");
        self.listener.line_with(r#""notification":"event""#)
    }
}

fn args(line: &str) -> Value {
    serde_json::from_str::<Value>(line).unwrap()["args"].clone()
}

#[test]
fn printed_events_are_read_back() {
    let mut listening = Listening::new("json-back");
    let scalars = r#"scalars(T, -5, 18446744073709551615, 0.1, time(1500000000.25), 2min, 53/udp,
        [2001:db8::1], 10.0.0.0/8, M::GREEN, /a|b/)"#;
    let containers = r#"containers([$addr=10.0.0.1], vector([$addr=10.0.0.2, $ports=set(22/tcp)]),
        table(["a\n\xff"] = 1), table([10.0.0.1, 80/tcp] = set(1, 2)), set([$addr=10.0.0.3]))"#;
    for (call, expected) in [
        (
            scalars,
            json!([
                true,
                -5,
                "18446744073709551615",
                0.1,
                1500000000.25,
                120.0,
                "53/udp",
                "2001:db8::1",
                "10.0.0.0/8",
                "M::GREEN",
                "/a|b/"
            ]),
        ),
        (
            containers,
            json!([
                {"addr": "10.0.0.1", "note": "-"},
                [{"addr": "10.0.0.2", "ports": ["22/tcp"], "note": "-"}],
                [{"key": {"$hex": "610aff"}, "value": 1}],
                [{"key": ["10.0.0.1", "80/tcp"], "value": [1, 2]}],
                [{"addr": "10.0.0.3", "note": "-"}],
            ]),
        ),
    ] {
        let first = listening.received(call);
        assert_eq!(args(&first), expected);
        // The line itself is accepted as an event.
        assert_eq!(args(&listening.received(&first)), expected);
    }
}

#[test]
fn different_strings_have_different_json() {
    let mut listening = Listening::new("json-strings");
    for (literal, expected) in [
        (r"a\nb", json!("a\nb")),
        (r"a\\x0ab", json!("a\\x0ab")),
        ("é", json!("é")),
        (r"\xe9", json!({"$hex": "e9"})),
        (r"tab\there", json!("tab\there")),
        (r"\x00", json!("\0")),
    ] {
        let first = listening.received(&format!("s(\"{literal}\")"));
        assert_eq!(args(&first), json!([expected]));
        assert_eq!(args(&listening.received(&first)), json!([expected]));
    }
}

#[test]
fn values_of_type_any_have_their_type() {
    let mut listening = Listening::new("json-any");
    for (arg, has_type) in [
        (json!(5), false),
        (json!(-5), false),
        (json!("x"), false),
        (json!({"$type": "addr", "$value": "10.0.0.1"}), true),
        (json!({"$type": "interval", "$value": 60.0}), true),
        (json!({"$type": "set[port]", "$value": ["80/tcp"]}), true),
        (json!({"$type": "M::Host", "$value": {"addr": "10.0.0.1", "note": "-"}}), true),
        (json!({"$type": "vector of any", "$value": [1, "x"]}), true),
    ] {
        assert_eq!(arg.get("$type").is_some(), has_type);
        let line = listening.received(&format!(r#"{{"event": "x", "args": [{arg}]}}"#));
        assert_eq!(args(&line), json!([arg]));
        // The line itself is accepted as an event.
        assert_eq!(args(&listening.received(&line)), json!([arg]));
    }
    // Without a type, numbers of different types are an array of one of them.
    let line = listening.received(r#"{"event": "x", "args": [[5, -5]]}"#);
    assert_eq!(args(&line), json!([{"$type": "vector of int", "$value": [5, -5]}]));
}

#[cfg(unix)]
#[test]
fn one_node_reads_what_another_prints() {
    let mut from = Listening::new("json-pipe-from");
    let mut to = Listening::new("json-pipe-to");
    let port = to.address.rsplit(':').next().unwrap();
    let node = format!(
        "declarations = '''{DECLARED}'''\n[nodes.listener]\nhost = '127.0.0.1'\np = {port}\n\
         connect = true\n"
    );
    let node = scratch("json-pipe", "node.toml", node.as_bytes());
    let arguments = ["run", node.to_str().unwrap(), "--stdin", "--json", "--no-log"];
    let mut node = Program::start(arguments);
    // Lines about other notifications are skipped.
    let call = r#"containers([$addr=10.0.0.1], vector(), table(["é\t"] = 1), table(), set())"#;
    let event = from.received(call);
    node.write(r#"{"notification":"listening","address":"127.0.0.1:47757"}"#);
    node.write(&event);
    let line = to.listener.line_with(r#""notification":"event""#);
    assert_eq!(args(&line), args(&event));
    node.write(r#"{"event":"s","args":[5]}"#);
    let error = node.error_with("standard input: line 3");
    assert!(error.contains("args.0: expected a string"), "{error}");
}

#[test]
fn invalid_json_sends_nothing() {
    let declared = scratch("json-wrong", "events.bro", DECLARED.as_bytes());
    for (event, why) in [
        (r#"{"event": "s", "args": [5]}"#, "args.0: expected a string or"),
        (r#"{"event": "s"}"#, "args: s takes 1 arguments, found 0"),
        (r#"{"event": "s", "argz": ["a"]}"#, "args: s takes 1 arguments, found 0"),
        (r#"{"notification": "handshake_done"}"#, "not an event: "),
        ("{", "EOF while parsing"),
        (r#"{"event": "undeclared", "args": [[]]}"#, "args.0: an empty array has no type"),
    ] {
        let file = declared.to_str().unwrap();
        let sent = run(["send", &closed_port(), "--declarations", file, event]);
        assert_eq!((sent.code, sent.stdout.as_str()), (2, ""), "{event}");
        assert!(sent.stderr.starts_with(&format!("brocomm: event: {why}")), "{}", sent.stderr);
    }
}

/// Returns the commands listed in a help text.
fn commands(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    // Each is indented by two spaces; continuation lines are indented further.
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").collect()
}

#[test]
fn each_command_with_json_has_a_definition() {
    let help = |arguments: &[&str]| run([arguments, &["--help"]].concat()).stdout;
    let top = help(&[]);
    let (mut with, known) = (0, schema()["$defs"].as_object().unwrap());
    assert!(commands(&top).contains(&"listen"), "{top}");
    for command in commands(&top) {
        let own = help(&[command]);
        let below = commands(&own);
        let mut names = vec![(command.to_owned(), own.clone())];
        for sub in below {
            // Those of `state` and `control` have one form.
            let name = match command {
                "state" | "control" => command.to_owned(),
                _ => format!("{command}_{sub}"),
            };
            names.push((name, help(&[command, sub])));
        }
        for (name, help) in names {
            // The JSON of logs is in files, in Bro's format.
            if help.contains("--json") && help.contains("--json\n") && name != "logs" {
                assert!(known.contains_key(&name), "{name}");
                with += 1;
            }
        }
    }
    assert!(with >= 14, "{with}");
}

#[test]
fn invalid_lines_fail_validation() {
    let wrong = [
        ("listen", json!({"notification": "listening"})),
        ("listen", json!({"t": 1.0, "peer": "p", "notification": "nope"})),
        ("listen", json!({"t": 1.0, "peer": "p", "notification": "handshake_done", "more": 1})),
        ("event", json!({"event": "e", "args": {}})),
        ("event", json!({"event": 5, "args": []})),
        ("bytes", json!({"$hex": "f"})),
        ("value", json!({"$hex": 5})),
        ("value", json!(null)),
        ("value", json!([{"a": {"$type": "addr"}}])),
        ("double", json!("infinite")),
        ("integer", json!(0.5)),
        ("state_access", json!({"operation": "add", "target": "x", "operands": [1, null]})),
    ];
    for (name, value) in wrong {
        assert!(check(name, &value).is_err(), "{name}: {value}");
    }
    let right = [
        ("value", json!([{"key": ["10.0.0.1", 5], "value": {"a": null}}, null])),
        ("value", json!({"$type": "vector of any", "$value": [{"$hex": "ff"}, 0.5]})),
        ("double", json!("nan:fff8000000000000")),
        ("integer", json!("18446744073709551615")),
    ];
    for (name, value) in right {
        assert_eq!(check(name, &value), Ok(()));
    }
}

#[test]
fn help_and_book_name_the_keys() {
    let help = run(["listen", "--help"]).stdout;
    for word in ["$hex", "$type", "$value", "\"key\"", "2^53"] {
        assert!(help.contains(word), "{word}");
    }
    let file = session("bro-bro-logs").recording_path();
    let logs = run(["decode".as_ref(), file.as_os_str(), "--json".as_ref()]);
    assert!(logs.stdout.contains(r#""log_entries":[{"stream":"#), "{}", logs.stdout);
}
