//! A test with a capture that `tcpdump` makes of a live session.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Program, no_folder, run};

#[test]
fn a_captured_session_is_decoded() {
    if Command::new("tcpdump").arg("--version").output().is_err() {
        return skipped("tcpdump is not installed");
    }
    let folder = no_folder("tcpdump");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("session.pcap");
    let (mut listener, address) = Program::listen(&["--event=e(count, string)", "--once"]);
    let port = address.rsplit(':').next().unwrap();

    let mut tcpdump = Command::new("tcpdump");
    // Unbuffered, with one line per packet on standard output, and without changing the user.
    tcpdump.args(["-i", "lo", "-n", "-l", "-U", "--immediate-mode", "--print", "-Z", "root"]);
    tcpdump.arg("-w").arg(&file).args(["tcp", "port", port]);
    let mut tcpdump = Program::spawn(tcpdump);
    let mut output = String::new();
    loop {
        match tcpdump.error() {
            Some(line) if line.contains("listening on lo") => break,
            Some(line) => output += &line,
            None => return skipped(&format!("tcpdump may not capture: {output}")),
        }
    }
    let sent = run(["send", &address, "--class=c", "e(7, \"seven\")", "e(8, \"eight\")"]);
    assert_eq!((sent.code, sent.stderr.as_str()), (0, ""));
    listener.line_with(" event e(8, eight)");
    assert_eq!(listener.end().code, 0);
    // Nothing follows the end of both sides.
    for _ in 0..2 {
        tcpdump.line_with("Flags [F");
    }
    tcpdump.signal("-INT");
    let tcpdump = tcpdump.end();
    assert_eq!(tcpdump.code, 0, "{}", tcpdump.stderr);

    let file = file.to_str().unwrap();
    let decoded = run(["decode", file, "--port", port, "--json"]);
    assert_eq!((decoded.code, decoded.stderr.as_str()), (0, ""));
    let lines = decoded.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let lines: Vec<Value> = lines.collect();
    let events: Vec<(&Value, &Value)> = lines
        .iter()
        .filter(|line| line["event"].is_string() && line["from"] == "connector")
        .map(|line| (&line["event"], &line["args"]))
        .collect();
    let (seven, eight) = (json!([7, "seven"]), json!([8, "eight"]));
    assert_eq!(events, [(&json!("e"), &seven), (&json!("e"), &eight)]);
    let classes: Vec<&Value> = lines.iter().filter_map(|line| line.get("version")).collect();
    assert!(classes.iter().any(|version| version["class"] == "c"), "{classes:?}");
    let text = run(["decode", file, "--port", port]);
    assert!(text.stdout.contains(" e(8, eight)\n"), "{}", text.stdout);
}

#[allow(clippy::print_stderr, reason = "the test output must say what was skipped")]
fn skipped(why: &str) {
    eprintln!("skipped, nothing was captured: {why}");
}
