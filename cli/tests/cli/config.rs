//! Tests of `brocomm config`.

use serde_json::{Value, json};

use crate::support::{run, scratch};

#[test]
fn the_example_is_a_configuration() {
    let example = run(["config", "example"]);
    assert_eq!((example.code, example.stderr.as_str()), (0, ""));
    assert!(example.stdout.contains("\n#listen_interface = \"0.0.0.0\"\n"));
    let file = scratch("config-example", "node.toml", example.stdout.as_bytes());
    let check = run(["config".as_ref(), "check".as_ref(), file.as_os_str()]);
    assert_eq!(check.code, 0, "{}", check.stderr);
    assert_eq!(
        check.stderr,
        format!(
            "brocomm: {}: warning: listen = false: the node neither listens nor connects to any \
             peer\n",
            file.display()
        )
    );
}

#[test]
fn a_summary_describes_the_node() {
    scratch("config-check", "events.bro", b"event ping(n: count); event pong(n: count);");
    let text = b"listen = true\nlisten_ipv6 = true\ndeclaration_files = ['events.bro']\n\
        forward_remote_events = true\ncompression_level = 3\n\
        [nodes.sensor]\nhost = '192.0.2.1'\nconnect = true\nretry = '1 min'\nevents = 'p.ng'\n\
        class = 'c'\ncapture_filter = ''\nrequest_logs = true\n\
        [nodes.client]\nhost = 'fe80::1'\nzone_id = 'eth0'\naccept_input = false\ncompression = 0\n";
    let file = scratch("config-check", "node.toml", text);
    let check = run(["config".as_ref(), "check".as_ref(), file.as_os_str()]);
    assert_eq!((check.code, check.stderr.as_str()), (0, ""));
    assert_eq!(
        check.stdout,
        "This node, `bro`:\n  \
           listens on 0.0.0.0:47757 (clear)\n  \
           listens on [::]:47757 (clear)\n  \
           declares 2 events, 0 variables\n  \
           forwards the events of its peers\n\n\
         Its peers (the first match applies):\n  \
           sensor: connects to 192.0.2.1:47757 as \"c\", again after 1.0 min, \
           requests /^?(p.ng)$?/ (2 known events), sends the capture filter \"ip or not ip\", \
           requests its logs, compresses at level 3\n  \
           client: waits for fe80::1%eth0, accepts nothing from it\n"
    );
}

#[test]
fn all_errors_are_reported_with_positions() {
    let events = scratch("config-wrong", "events.bro", b"event ping(n: count);\nevent (");
    let text = b"listn = true\ncompression_level = 10\n\
        declaration_files = ['events.bro', 'none.bro']\n\
        [nodes.sensor]\nhost = '192.0.2.1'\nauth = true\n";
    let file = scratch("config-wrong", "node.toml", text);
    let check = run(["config".as_ref(), "check".as_ref(), file.as_os_str()]);
    assert_eq!((check.code, check.stdout.as_str()), (2, ""));
    let shown = file.display();
    let lines: Vec<&str> = check.stderr.lines().collect();
    assert_eq!(lines.len(), 6, "{lines:#?}");
    for (line, wanted) in lines.iter().zip([
        format!("brocomm: {shown}:1:1: listn: there is no such key; did you mean `listen`?"),
        format!("brocomm: {shown}:2:21: compression_level = 10: must be 0 (none) to 9 (best)"),
        format!(
            "brocomm: {shown}:3:36: declaration_files = 'none.bro': cannot read declarations: "
        ),
        format!("brocomm: {shown}:6:8: nodes.sensor.auth = true: no effect without `sync`"),
        format!("brocomm: {}:2:7: expected an event's name, found `(`", events.display()),
        format!("brocomm: {shown}: 5 errors"),
    ]) {
        assert!(line.starts_with(&wanted), "{line}\n  should begin with\n{wanted}");
    }
}

#[test]
fn results_can_be_json() {
    let check = |text: &str| {
        let file = scratch("config-json", "node.toml", text.as_bytes());
        let shown = file.to_str().unwrap();
        let run = run(["config", "check", shown, "--json"]);
        assert_eq!(run.stderr, "");
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(report["file"], shown);
        (run.code, report)
    };
    let (code, report) = check(
        "listen = true\nlisten_interface = '192.0.2.7'\n\
         declarations = 'event ping(n: count); event pong(n: count); global n = 1;'\n\
         [nodes.sensor]\nhost = '192.0.2.1'\nconnect = true\nevents = 'p.ng'\nclass = 'c'\n\
         request_logs = true\n",
    );
    assert_eq!((code, &report["errors"], &report["warnings"]), (0, &json!([]), &json!([])));
    assert_eq!(
        report["node"],
        json!({
            "description": "bro", "listens": ["192.0.2.7:47757 (clear)"], "events": 2,
            "variables": 1, "forwards_events": false, "forwards_state": false,
        })
    );
    let sensor = &report["peers"][0];
    for (key, value) in [
        ("name", json!("sensor")),
        ("host", json!("192.0.2.1")),
        ("port", json!(47757)),
        ("class", json!("c")),
        ("events", json!(["ping", "pong"])),
        ("accepts_input", json!(true)),
        ("requests_logs", json!(true)),
        ("ssl", json!(false)),
        ("compression", json!(0)),
    ] {
        assert_eq!(sensor[key], value, "{key}");
    }
    let summary = sensor["summary"].as_str().unwrap();
    assert!(summary.starts_with("connects to 192.0.2.1:47757 as \"c\", "), "{summary}");

    let (code, report) = check("");
    let warning = report["warnings"][0].as_str().unwrap();
    assert!(code == 0 && warning.starts_with("listen = false: "), "{warning}");

    let (code, report) = check("listen = true\ncompression_level = 10\n");
    assert_eq!((code, report.get("node")), (2, None));
    let error = &report["errors"][0];
    assert_eq!((&error["line"], &error["column"]), (&json!(2), &json!(21)));
    let text = error["text"].as_str().unwrap();
    assert!(text.starts_with("compression_level = 10: "), "{text}");
}

#[test]
fn a_missing_file_is_an_error() {
    let check = run(["config", "check", "no/such.toml"]);
    assert_eq!(check.code, 2);
    assert!(check.stderr.starts_with("brocomm: no/such.toml: cannot read the configuration: "));
}

#[test]
fn the_reference_has_each_key_of_the_example() {
    let reference = run(["config", "reference"]);
    assert_eq!((reference.code, reference.stderr.as_str()), (0, ""));
    let example = run(["config", "example"]).stdout;
    let keys = example.lines().filter_map(|line| line.strip_prefix('#')?.split_once(" = "));
    for (key, _) in keys.filter(|(key, _)| !key.contains(' ')) {
        let [alone, in_table] = [format!("### `{key}`\n"), format!(".{key}`\n")];
        let page = &reference.stdout;
        assert!(page.contains(&alone) || page.contains(&in_table), "{key} is not in\n{page}");
    }
}
