//! Tests of `brocomm decode --state` with every recorded session that has state.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Run, brocomm, decode_all, good_sessions_of_2_5, run, scratch, session};
use brocomm_conformance::testing::compare_printed;
use brocomm_conformance::{Expected, Side};
use serde_json::{Value, json};

/// The side, `sync` or `final`, and the variable.
type Place = (String, String, String);

/// Changes by scripts that were never sent because the peer had not requested state.
const NEVER_SENT: [(&str, Side, &str); 3] = [
    ("bro-bro-sync-one-sided-connector", Side::Connector, "v_set"),
    ("bro-bro-sync-one-sided-connector", Side::Connector, "v_set2"),
    ("bro-bro-sync-one-sided-listener", Side::Listener, "v_double"),
];

fn decode(recording: &Path, more: &[&str]) -> Run {
    run([&["decode", "--state"], more, &[recording.to_str().unwrap()]].concat())
}

fn lines_of(recordings: &[PathBuf]) -> Vec<Value> {
    let arguments = ["decode", "--state", "--json"].map(PathBuf::from);
    let run = run(arguments.iter().chain(recordings));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{recordings:?}");
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Returns the values in the text about a recording.
fn values(text: &str) -> BTreeMap<Place, String> {
    let mut values = BTreeMap::new();
    for line in text.lines() {
        let (place, value) = line.split_once(" = ").unwrap();
        let place: Vec<&str> = place.split_whitespace().collect();
        let [when, at, name] = place.as_slice() else { panic!("{line}") };
        let place = (at.to_string(), when.to_string(), name.to_string());
        assert_eq!(values.insert(place, value.to_owned()), None, "{line}");
    }
    values
}

#[test]
fn values_equal_those_that_the_real_peers_printed() {
    let (mut compared, mut never_sent) = (0, 0);
    let files: Vec<_> = good_sessions_of_2_5().map(|session| session.recording_path()).collect();
    let texts = decode_all(&["--state"], &files);
    for session in good_sessions_of_2_5() {
        let name = session.name();
        let mut values = values(&texts[&session.recording_path()]);
        for expected in session.expectation().unwrap().expect {
            let (place, at, value) = match expected {
                Expected::ValueAfterSync { at, name, value } => {
                    ((at.to_string(), "sync".to_owned(), name), at, value)
                }
                Expected::FinalValue { at, name, value } => {
                    ((at.to_string(), "final".to_owned(), name), at, value)
                }
                _ => continue,
            };
            let got = values.remove(&place).unwrap_or_else(|| panic!("{name}: {place:?}"));
            let same = compare_printed(&[&value], &[&got]);
            if place.1 == "final" && NEVER_SENT.contains(&(name, at, &place.2)) {
                assert!(same.is_err(), "{name}: {place:?}");
                never_sent += 1;
            } else {
                assert!(same.is_ok(), "{name}: {place:?}: {same:?}");
                compared += 1;
            }
        }
        // There are no other values.
        assert!(values.is_empty(), "{name}: {values:?}");
    }
    assert_eq!((compared, never_sent), (605 - NEVER_SENT.len(), NEVER_SENT.len()));
}

#[test]
fn text_has_one_line_per_value() {
    let run = decode(&session("bro-bro-sync-auth-connector").recording_path(), &[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 80);
    for line in [
        "sync  connector v_count = 20",
        "sync  listener  v_count = 20",
        "final listener  v_count = 25",
        "final listener  v_file = con-file",
        "final connector v_table = {\\x0a\t[1] = c1,\\x0a\t[30] = c30\\x0a}",
    ] {
        assert!(lines.contains(&line), "{line}: {}", run.stdout);
    }
    let order: Vec<&str> = lines.iter().map(|line| &line[..15]).collect();
    let distinct = ["sync  connector", "sync  listener ", "final connector", "final listener "];
    assert!(order.is_sorted_by_key(|start| distinct.iter().position(|one| one == start)));
}

#[test]
fn json_has_four_keys_and_for_several_files_the_name() {
    let recording = session("bro-bro-sync-auth-connector").recording_path();
    let first = &lines_of(std::slice::from_ref(&recording))[0];
    let expected = json!({"at": "connector", "when": "sync", "name": "v_bool", "value": false});
    assert_eq!(*first, expected);
    let lines = lines_of(&[recording.clone(), session("bro-bro-send-id").recording_path()]);
    assert_eq!(lines.len(), 85);
    assert_eq!(lines[0]["file"], recording.to_str().unwrap());
}

#[test]
fn sessions_without_state_print_nothing() {
    for name in ["bro-bro-events-basic", "broccoli-enum", "bro-bro-sync-points"] {
        let run = decode(&session(name).recording_path(), &[]);
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""), "{name}");
    }
}

/// Copies a recording without its metadata to a separate directory.
fn alone(test: &str, name: &str) -> PathBuf {
    scratch(test, "alone.jsonl", &fs::read(session(name).recording_path()).unwrap())
}

#[test]
fn without_declarations_assigned_variables_are_printed() {
    let name = "bro-bro-sync-noauth";
    let run = decode(&alone("state-alone", name), &[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let values = values(&run.stdout);
    assert_eq!(values.len(), 80);
    for expected in session(name).expectation().unwrap().expect {
        if let Expected::FinalValue { at, name, value } = expected {
            let got = &values[&(at.to_string(), "final".to_owned(), name.clone())];
            assert!(compare_printed(&[&value], &[got]).is_ok(), "{name}: {got}");
        }
    }
}

#[test]
fn declarations_select_the_variables() {
    let declarations = "global v_count = 7 &synchronized; global other = \"x\" &synchronized;";
    let file = scratch("state-declared", "vars.bro", declarations.as_bytes());
    let recording = alone("state-declared", "bro-bro-sync-auth-connector");
    let run = decode(&recording, &["--declarations", file.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let of = |start: &str| {
        let lines = run.stdout.lines().filter_map(|line| line.strip_prefix(start));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    // A side has what it sends, and ignores what it receives for other variables.
    assert_eq!(of("final listener  "), ["v_count = 25", "other = x", "v_double = 77.0"]);
    assert_eq!(of("final connector ")[..2], ["v_count = 25", "other = x"]);
    assert_eq!(of("final connector ").len(), 21);
}

#[test]
fn later_connections_continue_with_earlier_values() {
    let first = session("bro-bro-sync-auth-connector").recording_path();
    let bytes = fs::read(first).unwrap();
    let first = scratch("state-connections", "x.jsonl", &bytes);
    let second = scratch("state-connections", "x.c2.jsonl", &bytes);
    let finals = |lines: &[Value], file: &Path, name: &str| {
        let at = |line: &&Value| {
            line["file"] == file.to_str().unwrap()
                && (&line["at"], &line["when"], &line["name"])
                    == (&"listener".into(), &"final".into(), &name.into())
        };
        lines.iter().find(at).unwrap()["value"].clone()
    };
    let lines = lines_of(&[first.clone(), second.clone()]);
    // As in Bro, a known container keeps its contents when it is sent again.
    let table = |value| json!([{"key": [9, "Z"], "value": value}]);
    assert_eq!(finals(&lines, &first, "v_table2"), table(910));
    assert_eq!(finals(&lines, &second, "v_table2"), table(911));
    assert_eq!(finals(&lines, &second, "v_count"), 25);
    // In another order they are separate sessions.
    let lines = lines_of(&[second.clone(), first.clone()]);
    assert_eq!(finals(&lines, &first, "v_table2"), table(910));
}

#[test]
fn operations_that_cannot_be_applied_are_reported() {
    // The received value has another type than the variable.
    let declarations = "global v_count: string &synchronized;";
    let file = scratch("state-ignored", "vars.bro", declarations.as_bytes());
    let recording = alone("state-ignored", "bro-bro-sync-auth-connector");
    let run = decode(&recording, &["--declarations", file.to_str().unwrap()]);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("alone.jsonl: listener: "), "{}", run.stderr);
    assert!(run.stderr.contains("value for v_count: "), "{}", run.stderr);
    assert!(run.stderr.contains("give them with --declarations"), "{}", run.stderr);
}

#[test]
fn other_views_are_refused_and_the_help_explains_the_output() {
    let recording = session("bro-bro-send-id").recording_path();
    for option in ["--summary", "--verify"] {
        assert_eq!(decode(&recording, &[option]).code, 2, "{option}");
    }
    let output = brocomm().args(["decode", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for text in ["--state", "sync  listener  hits = 10", "brocomm decode --state session.jsonl"] {
        assert!(help.contains(text), "{text}");
    }
}
