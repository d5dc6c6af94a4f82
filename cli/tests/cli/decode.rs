//! Tests of `brocomm decode`: output, options, errors and exit codes.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::support::{brocomm, run, scratch, session};
use serde_json::{Value, json};

/// Decodes a recording to JSON lines.
fn json_lines(name: &str) -> Vec<Value> {
    let run = run(["decode".into(), "--json".into(), session(name).recording_path()]);
    assert_eq!(run.code, 0, "{name}: {}", run.stderr);
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Returns the first line with this key.
fn with(name: &str, key: &str) -> Value {
    json_lines(name).into_iter().find(|line| line.get(key).is_some()).expect(key)
}

#[test]
fn text_has_one_line_per_message() {
    let run = run(["decode".into(), session("broccoli-enum").recording_path()]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let expected = "    \
    0.000451 C>L setup     VERSION            protocol=7 data_format=26 cache_size=1000 runtime=0s
    0.003496 L>C handshake VERSION            protocol=7 data_format=26 cache_size=3000 runtime=0s class=\"\"
    0.003592 L>C handshake SERIAL             id peer_description = bro
    0.004611 L>C handshake CAPS               13 (COMPRESSION, PID_64BIT, NEW_CACHE_STRATEGY)
    0.004611 L>C handshake REQUEST_EVENTS     enumtest
    0.004611 L>C handshake PHASE_DONE
    0.200019 C>L handshake CAPS               18 (NO_CACHING, BROCCOLI_PEER)
    0.200019 C>L handshake PHASE_DONE
    0.200019 C>L running   SERIAL             enumtest(enumtest::ENUM3)
";
    assert_eq!(run.stdout, expected);
}

#[test]
fn state_accesses_read_like_statements() {
    let run = run(["decode".into(), session("bro-bro-sync-auth-connector").recording_path()]);
    for line in [
        r" C>L sync      SERIAL             assign v_table = {\x0a\x09[1] = c1,\x0a\x09[3] = c3\x0a}",
        " C>L sync      PHASE_DONE\n",
        " C>L running   SERIAL             incr v_int = -19 (was -20)\n",
        "#2[9, Z] = 910 (was 909)\n",
    ] {
        assert!(run.stdout.contains(line), "{line}: {}", run.stdout);
    }
}

#[test]
fn json_has_the_documented_fields() {
    let help = run(["decode", "--help"]).stdout;
    let cases = [
        (
            "bro-bro-events-basic",
            "version",
            json!({"protocol": 7, "data_format": 26, "cache_size": 3000, "runtime": 0,
                   "class": "alpha"}),
        ),
        (
            "broccoli-enum",
            "caps",
            json!({"flags": 13, "names": ["COMPRESSION", "PID_64BIT", "NEW_CACHE_STRATEGY"]}),
        ),
        ("broccoli-enum", "events", json!(["enumtest"])),
        (
            "broccoli-enum",
            "id",
            json!({"name": "peer_description", "type": "string", "value": "bro"}),
        ),
        ("bro-bro-capture-filter", "filter", json!("tcp port 80")),
        ("bro-bro-sync-both-auth", "authoritative", json!(true)),
        (
            "bro-bro-sync-auth-connector",
            "state_access",
            json!({"operation": "assign", "target": "v_bool", "operands": [false, null, null]}),
        ),
        ("bro-bro-sync-points", "point", json!(1)),
    ];
    for (name, key, expected) in cases {
        assert_eq!(with(name, key)[key], expected, "{name}");
        assert!(help.contains(&format!(" {key}")), "{key}");
    }
    let packet = &with("bro-bro-packets", "packet")["packet"];
    assert_eq!((&packet["time"], &packet["tag"]), (&json!(1362692526.939084), &json!("")));
    assert_eq!((&packet["length"], &packet["link_type"]), (&json!(74), &json!(1)));
    assert_eq!(packet["data"]["$hex"].as_str().unwrap().len(), 2 * 74);
    assert_eq!(with("bro-bro-ping-pong", "ping")["ping"]["seq"], 1);
    let writer = &with("bro-bro-logs", "log_writer")["log_writer"];
    assert_eq!((&writer["stream"], &writer["path"]), (&json!(12), &json!("communication")));
    assert_eq!(writer["columns"][4], json!({"name": "connected_peer_addr", "type": "addr"}));
    let lines = json_lines("bro-bro-logs");
    let entries = |line: &Value| line["log_entries"].as_array().cloned().unwrap_or_default();
    let entries: Vec<Value> = lines.iter().flat_map(entries).collect();
    let mini = json!({"stream": 14, "path": "mini", "values": [2.0, "", null]});
    assert!(entries.contains(&mini), "{entries:?}");
    let prints = &with("bro-bro-remote-print", "prints")["prints"];
    assert_eq!(prints[1], json!({"file": "printed.txt", "text": "a line for the file"}));
    let points: Vec<Value> = json_lines("bro-bro-sync-points")
        .iter()
        .filter_map(|line| line.get("point").cloned())
        .collect();
    assert_eq!(points, [json!(1), json!("final"), json!(1), json!("final")]);
}

#[test]
fn log_messages_read_like_log_files() {
    let run = run(["decode".into(), session("bro-bro-logs").recording_path()]);
    for text in [
        " LOG_CREATE_WRITER  mini (stream 14, writer 1): ts time, msg string, n int\n",
        "mini: 1.000000, first, -1; mini: 2.000000, (empty), -; mini: 3.500000, third, -",
    ] {
        assert!(run.stdout.contains(text), "{text}: {}", run.stdout);
    }
}

/// Some Broccoli clients send the width of an IPv4 subnet relative to 128 bits.
#[test]
fn an_invalid_subnet_width_gets_a_note() {
    let recorded = fs::read_to_string(session("broccoli-types-class").recording_path()).unwrap();
    let (subnet, wide) = ("000000010a00000100000018", "000000010a00000100000070");
    assert_eq!(recorded.matches(subnet).count(), 1);
    let changed = recorded.replace(subnet, wide);
    let recording = scratch("wide-subnet", "wide.jsonl", changed.as_bytes());
    let run = run(["decode".as_ref(), "--json".as_ref(), recording.as_os_str()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let lines = run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let noted: Vec<Value> = lines.filter(|line| line.get("note").is_some()).collect();
    let [line] = noted.as_slice() else { panic!("{noted:?}") };
    assert_eq!(line["event"], "bc_scalars");
    assert_eq!(line["note"], "width 112 of the subnet of 10.0.0.1 is invalid: must be 0 to 32");
}

#[test]
fn declarations_supply_names_that_a_peer_omits() {
    // Without its metadata, which declares the enum.
    let bytes = fs::read(session("broccoli-types-class").recording_path()).unwrap();
    let recording = scratch("declarations", "alone.jsonl", &bytes);
    let declared = |text: &str| {
        let file = scratch("declarations", "types.bro", text.as_bytes());
        let run = run([
            "decode".as_ref(),
            "--declarations".as_ref(),
            file.as_os_str(),
            recording.as_os_str(),
        ]);
        (run.code, run.stdout, run.stderr, file)
    };
    let alone = run(["decode".as_ref(), recording.as_os_str()]);
    assert!(alone.stdout.contains("from the client, <undefined>, 80/tcp"), "{}", alone.stdout);
    let (code, stdout, ..) = declared("type Switch: enum { MINE, YOURS };");
    assert_eq!(code, 0);
    assert!(stdout.contains("from the client, MINE, 80/tcp"), "{stdout}");
    let (code, stdout, stderr, file) = declared("type Switch: enum\n  nonsense;");
    assert_eq!((code, stdout.as_str()), (2, ""));
    let start = format!("brocomm: {}: cannot use declarations: line 2, column 3: ", file.display());
    assert!(stderr.starts_with(&start), "{stderr}");
}

#[test]
fn an_invalid_recording_is_reported_with_the_line() {
    let good = fs::read_to_string(session("broccoli-enum").recording_path()).unwrap();
    let mut lines: Vec<&str> = good.lines().collect();
    lines.insert(2, r#"{"t": 0.1, "from": "nobody", "hex": ""}"#);
    let bad = scratch("no-recording", "bad.jsonl", lines.join("\n").as_bytes());
    let missing = bad.with_file_name("missing.jsonl");
    let last = session("broccoli-hose").recording_path();
    let run = run(["decode".into(), "--json".into(), bad.clone(), missing.clone(), last.clone()]);
    assert_eq!(run.code, 2);
    assert_eq!(
        run.stderr,
        format!(
            "brocomm: {}:3: unknown side \"nobody\", expected \"connector\" or \"listener\"\n\
             brocomm: {}: cannot read: no such file or directory\n",
            bad.display(),
            missing.display()
        )
    );
    // The messages before the error and the next file are printed, with the file name on each line.
    let of = |file: &std::path::Path| {
        let file = json!(file.to_str().unwrap());
        let lines = run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["file"] == file).count()
    };
    assert!(of(&bad) >= 1);
    assert!(of(&last) > 500);
}

#[test]
fn other_files_are_refused() {
    let neither = "neither a recording nor a capture (pcap or pcapng)";
    for (name, content, why) in [
        ("empty", &b""[..], "the file is empty"),
        ("line", b"\n", "the file is empty"),
        ("blank", b"   \n\n\t\r\n  ", "the file is empty"),
        ("blanks", &[b' '; 5000], "the file is empty"),
        ("short", b"x", neither),
        ("binary", b"\x7fELF\x02\x01\x01\x00\x00\x00", neither),
        ("script", b"  @load base\n", neither),
    ] {
        let file = scratch("no-input", name, content);
        let expected = format!("brocomm: {}: {why}\n", file.display());
        assert_eq!(run(["decode".as_ref(), file.as_os_str()]).outcome(), (1, "", &*expected));
        let replay = run(["replay", file.to_str().unwrap(), "--to", "127.0.0.1:1"]);
        assert_eq!(replay.outcome(), (1, "", &*expected));
    }
}

#[test]
fn standard_input_can_be_decoded() {
    let recording = File::open(session("bro-bro-large").recording_path()).unwrap();
    let mut command = brocomm();
    let output = command.args(["decode", "--summary", "-"]).stdin(recording).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stdout).unwrap().contains("all messages"));
}

#[test]
fn a_reader_that_stops_early_is_not_an_error() {
    let mut command = brocomm();
    command.args(["decode", "--json"]).arg(session("bro-bro-cache-evict-types").recording_path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.ends_with("}\n"));
    // The pipe is closed long before everything is written.
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
}

#[test]
fn summaries_and_verification_have_json_output() {
    let [one, other] = ["bro-bro-compress-6", "broccoli-enum"].map(|n| session(n).recording_path());
    let arguments = ["decode".as_ref(), one.as_os_str(), other.as_os_str(), "--json".as_ref()];
    let objects = |option: &str| {
        let run = run([&arguments[..], &[option.as_ref()]].concat());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        let lines = run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.collect::<Vec<_>>()
    };
    let summaries = objects("--summary");
    let wire = session("bro-bro-compress-6").expectation().unwrap().wire;
    let total = &summaries[0]["total"];
    for (side, wire) in [("connector", wire.connector), ("listener", wire.listener)] {
        let numbers =
            ["messages", "bytes", "chunks", "errors"].map(|key| total[side][key].as_u64());
        assert_eq!(numbers, [wire.messages, wire.bytes, wire.chunks, 0].map(Some), "{side}");
    }
    assert!(total["connector"]["deflated"].as_u64() > Some(0), "{total}");
    assert_eq!(summaries[0]["messages"]["VERSION"]["listener"]["count"], 1);
    assert_eq!(summaries[0]["file"], one.to_str().unwrap());
    assert!(summaries[1]["events"].as_object().is_some_and(|events| !events.is_empty()));

    let verdicts = objects("--verify");
    assert_eq!((summaries.len(), verdicts.len()), (2, 2));
    for (verdict, file) in verdicts.iter().zip([one.to_str(), other.to_str()]) {
        assert_eq!((verdict["file"].as_str(), &verdict["difference"]), (file, &Value::Null));
        assert!(verdict["serials"].as_u64() > Some(0), "{verdict}");
        assert_eq!(verdict["errors"], json!({"connector": 0, "listener": 0}));
    }
    let fault = session("fault-eof-mid-chunk").recording_path();
    for option in ["--summary", "--verify"] {
        let run = run(["decode".as_ref(), fault.as_os_str(), "--json".as_ref(), option.as_ref()]);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!((run.code, report.get("file")), (1, None));
        let errors = [&report["errors"]["connector"], &report["total"]["connector"]["errors"]];
        assert!(errors.contains(&&json!(1)), "{report}");
    }
}

#[test]
fn usage_errors_have_their_own_exit_code() {
    for arguments in [
        &["decode"][..],
        &["decode", "--state", "--write-logs", "y", "x"],
        &["decode", "--verify", "--summary", "x"],
        &["decode", "--nonsense", "x"],
        &["nonsense"],
        &[],
    ] {
        let run = run(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(run.stderr.contains("Usage"), "{}", run.stderr);
    }
    let version = run(["--version"]);
    assert_eq!(version.code, 0);
    assert_eq!(version.stdout, format!("brocomm {}\n", env!("CARGO_PKG_VERSION")));
    for arguments in [&["--help"][..], &["decode", "--help"]] {
        let help = run(arguments);
        assert_eq!(help.code, 0);
        assert!(help.stdout.contains("Exit codes:") && help.stdout.contains("Examples:"));
    }
}

#[test]
fn a_runtime_is_signed() {
    for (runtime, word) in [(-2_i32, "fffffffe"), (i32::MIN, "80000000"), (7, "00000007")] {
        let version =
            ["0000000801000000", "00000000", "00000011", "00000007", "00000bb8", "0000001a"];
        let hex = format!("{}{word}00", version.concat());
        let line = format!("{{\"t\": 0.5, \"from\": \"connector\", \"hex\": \"{hex}\"}}\n");
        let file = scratch("decode-runtime", "session.jsonl", line.as_bytes());
        let output = run(["decode".as_ref(), file.as_os_str()]).stdout;
        assert!(output.contains(&format!(" runtime={runtime}s ")), "{output}");
        let output = run(["decode".as_ref(), "--json".as_ref(), file.as_os_str()]).stdout;
        assert!(output.contains(&format!("\"runtime\":{runtime},")), "{output}");
    }
}
