//! Tests of the page that `brocomm decode --html` writes.

use std::fs;

use serde_json::Value;

use crate::support::{brocomm, no_folder, run, scratch, session};

/// Writes a page about recordings, and returns it with the data of its sessions.
fn page(test: &str, recordings: &[&str]) -> (String, Vec<Value>) {
    let file = scratch("html", &format!("{test}.html"), b"an older page");
    let recordings = recordings.iter().map(|name| session(name).recording_path());
    let output = brocomm().args(["decode", "--html"]).arg(&file).args(recordings).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = fs::read_to_string(&file).unwrap();
    let data = page.split("<script type=\"application/json\" class=\"session\">").skip(1);
    let data = data.map(|data| serde_json::from_str(data.split_once("</script>").unwrap().0));
    let data: Result<Vec<Value>, _> = data.collect();
    let output = String::from_utf8(output.stdout).unwrap();
    let (sessions, messages) = (data.as_ref().unwrap().len(), counted(data.as_ref().unwrap()));
    let several = if sessions == 1 { "" } else { "s" };
    let expected =
        format!("{}: {sessions} session{several}, {messages} messages\n", file.display());
    assert_eq!(output, expected);
    (page, data.unwrap())
}

fn counted(sessions: &[Value]) -> usize {
    sessions.iter().map(|session| session["rows"].as_array().unwrap().len()).sum()
}

#[test]
fn the_page_has_each_message_as_in_json() {
    for name in ["bro-bro-sync-auth-listener", "bro-bro-logs", "fault-version-short"] {
        let recording = session(name).recording_path();
        let json = run(["decode".into(), "--json".into(), recording.clone()]);
        let lines: Vec<Value> =
            json.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let file = scratch("html", &format!("{name}.html"), b"");
        let html = run(["decode".into(), "--html".into(), file.clone(), recording]);
        assert_eq!((html.code, html.stderr), (json.code, json.stderr), "{name}");
        let page = fs::read_to_string(file).unwrap();
        let data = page.split("class=\"session\">").nth(1).unwrap();
        let data: Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
        let rows = data["rows"].as_array().unwrap();
        let messages: Vec<&Value> = rows.iter().map(|row| &row["m"]).collect();
        assert_eq!(messages, lines.iter().collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn counters_grow_up_to_those_of_the_summary() {
    let name = "bro-bro-cache-evict-types";
    let (_, sessions) = page("counters", &[name]);
    let summary =
        run(["decode".into(), "--summary".into(), "--json".into(), session(name).recording_path()]);
    let summary: Value = serde_json::from_str(&summary.stdout).unwrap();
    let samples = sessions[0]["samples"].as_array().unwrap();
    assert!(samples.len() > 10, "{}", samples.len());
    let keys = ["bytes", "packed_bytes", "unpacked_bytes", "objects_in_full", "cache_hits"];
    for (side, place) in [("connector", 0), ("listener", 1)] {
        for (n, key) in keys.iter().enumerate() {
            let over_time: Vec<u64> =
                samples.iter().map(|sample| sample[1][place][n].as_u64().unwrap()).collect();
            assert!(over_time.is_sorted(), "{key}");
            assert_eq!(over_time.last(), summary["total"][side][key].as_u64().as_ref(), "{key}");
        }
    }
}

#[test]
fn the_page_is_self_contained_and_names_several_sessions() {
    let names = ["broccoli-enum", "bro-bro-events-basic"];
    let (page, sessions) = page("several", &names);
    for (session, name) in sessions.iter().zip(names) {
        let shown = session["name"].as_str().unwrap();
        assert!(shown.contains(name), "{shown}");
    }
    for outside in [" src=", "href=", "@import", "url(", "import(", "fetch("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn file_names_are_escaped() {
    let recording = fs::read(session("broccoli-enum").recording_path()).unwrap();
    let recording = scratch("html", "<img onerror=x>&.jsonl", &recording);
    let file = scratch("html", "named.html", b"");
    let html = run(["decode".into(), "--html".into(), file.clone(), recording]);
    assert_eq!(html.code, 0, "{}", html.stderr);
    let page = fs::read_to_string(file).unwrap();
    assert!(!page.contains("<img"));
    assert!(page.contains("<h1>&lt;img onerror=x&gt;&amp;.jsonl</h1>"));
}

#[test]
fn a_page_that_cannot_be_written_is_an_error() {
    let file = no_folder("html-nowhere").join("page.html");
    let html = run([
        "decode".into(),
        "--html".into(),
        file.clone(),
        session("broccoli-enum").recording_path(),
    ]);
    let why = format!("brocomm: cannot write {}: no such file or directory\n", file.display());
    assert_eq!(html.outcome(), (1, "", why.as_str()));
}
