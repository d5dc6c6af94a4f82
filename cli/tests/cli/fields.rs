//! Tests of `--fields` and `--pretty`.

use crate::support::{Program, run};

const EVENTS: &[&str] = &[
    "--declarations",
    "bro-2.5.bro",
    "--event",
    "seen(id: conn_id, note: string)",
    "--event",
    "tick(n: count)",
];
const SEEN: &str =
    "seen([$orig_h=10.0.0.1, $orig_p=1024/tcp, $resp_h=10.0.0.2, $resp_p=80/tcp], \"a\\tb\")";

/// Listens with some options, and has events sent.
fn listened(options: &[&str], address_line: bool) -> (Vec<String>, String) {
    let arguments = [&["--once", "--quiet"], EVENTS, options].concat();
    let (mut listener, address) = if address_line {
        Program::listen(&arguments)
    } else {
        let on = ["listen", "--on", "127.0.0.1:0", "--log-level", "info"];
        let mut listener = Program::start([&on, &arguments[..]].concat());
        let output = listener.error_with("listening on ");
        let address = output.trim().rsplit(' ').next().unwrap().to_owned();
        (listener, address)
    };
    let sent = run([&["send", &address, "tick(7)", SEEN], EVENTS].concat());
    assert_eq!(sent.code, 0, "{}", sent.stderr);
    let lines = listener.rest();
    (lines, listener.end().stderr)
}

#[test]
fn only_selected_fields_are_printed_in_columns() {
    let (lines, messages) = listened(&["--fields", "id.resp_h,id$resp_p,note"], false);
    assert_eq!(lines, ["10.0.0.2\t80/tcp\ta\\x09b"]);
    let why = "brocomm: tick has none of the fields and is not printed\n";
    assert!(messages.contains(why), "{messages}");
    let (lines, _) = listened(&["--fields", "id.orig_p,n"], false);
    assert_eq!(lines, ["-\t7", "1024/tcp\t-"]);
}

#[test]
fn a_field_that_no_event_has_is_an_error_before_anything_starts() {
    for (fields, why) in [
        ("id.resp_x", "id.resp_x: seen, id has no field resp_x; did you mean `resp_p`?"),
        ("note.x", "note.x: seen, note is of type string, which has no fields"),
    ] {
        let options = ["connect", "127.0.0.1:1", "--events", "seen", "--fields", fields];
        let output = run([&options, EVENTS].concat());
        assert_eq!(output.outcome(), (2, "", format!("brocomm: --fields: {why}\n").as_str()));
    }
    let both = run(["connect", "127.0.0.1:1", "--fields", "1", "--json"]);
    assert_eq!(both.code, 2);
}

#[test]
fn pretty_values_have_a_line_for_each_field() {
    let (lines, _) = listened(&["--pretty"], true);
    let refused = |command: &[&str]| run([command, &["--pretty", "--json"]].concat()).code;
    for command in [["connect", "127.0.0.1:1"], ["run", "none.toml"]] {
        assert_eq!(refused(&command), 2, "{command:?}");
    }
    assert!(lines[0].ends_with(" event tick(7)"), "{}", lines[0]);
    assert!(lines[1].ends_with(" event seen("), "{}", lines[1]);
    let rest = [
        "\t[",
        "\t\torig_h=10.0.0.1,",
        "\t\torig_p=1024/tcp,",
        "\t\tresp_h=10.0.0.2,",
        "\t\tresp_p=80/tcp",
        "\t],",
        "\ta\\x09b",
        ")",
    ];
    assert_eq!(lines[2..], rest);
}
