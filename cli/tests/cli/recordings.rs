//! Tests of `brocomm decode` with every recording.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::{
    brocomm, decode_all, fault_sessions, files, good_sessions, good_sessions_of_2_5, run, scratch,
    session,
};
use brocomm_conformance::testing::compare_printed;
use brocomm_conformance::{Expected, Side, Step, StepKind, older_sessions};
use serde_json::{Value, json};

/// Events for which the recording's script printed derived values instead of the arguments.
const COMPUTED: [&str; 14] = [
    "c2l_conn",
    "c2l_file",
    "c2l_func",
    "c2l_opaque_bloom",
    "c2l_opaque_card",
    "c2l_opaque_entropy",
    "c2l_opaque_md5",
    "c2l_opaque_sha1",
    "c2l_opaque_sha256",
    "c2l_opaque_topk",
    "connection_state_remove",
    "http_reply",
    "http_request",
    "new_connection",
];

#[derive(Debug)]
struct Event {
    name: String,
    /// The printed arguments, joined.
    args: String,
}

/// Returns the events of recordings by file and sender: names and order from the JSON output,
/// arguments from the text output.
fn events(files: &[PathBuf]) -> BTreeMap<PathBuf, BTreeMap<Side, Vec<Event>>> {
    let json = run(["decode", "--json"].map(PathBuf::from).iter().chain(files));
    assert_eq!((json.code, json.stderr.as_str()), (0, ""));
    let mut lines = BTreeMap::<PathBuf, Vec<Value>>::new();
    for line in json.stdout.lines() {
        let line: Value = serde_json::from_str(line).expect(line);
        lines.entry(line["file"].as_str().unwrap().into()).or_default().push(line);
    }
    let texts = decode_all(&[], files);
    let of = |(file, text): (&PathBuf, &String)| (file.clone(), events_of(&lines[file], text));
    texts.iter().map(of).collect()
}

fn events_of(json: &[Value], text: &str) -> BTreeMap<Side, Vec<Event>> {
    assert_eq!(json.len(), text.lines().count());
    let mut events = BTreeMap::<Side, Vec<Event>>::new();
    for (line, text) in json.iter().zip(text.lines()) {
        let from = Side::from_name(line["from"].as_str().unwrap()).unwrap();
        assert!(line["t"].is_f64(), "{line}");
        if let Some(name) = line.get("event") {
            assert_eq!(line["message"], "SERIAL");
            assert!(line["time"].is_f64() && line["args"].is_array());
            let name = name.as_str().unwrap().to_owned();
            let (_, args) = text.split_once(&format!(" {name}(")).unwrap();
            let (args, _) = args.rsplit_once(')').unwrap();
            let args = args.replace("\\x09", "\t");
            events.entry(from).or_default().push(Event { name, args });
        }
    }
    events
}

/// Returns whether an event matches what the receiver printed.
fn is_printed(name: &str, printed: &[String], event: &Event) -> bool {
    if name != event.name {
        return false;
    }
    if COMPUTED.contains(&name) {
        return true;
    }
    // Broccoli sends only half of an enum's number, and Bro reads the other half too.
    if name == "enumtest" {
        return printed == ["<undefined>"] && event.args == "enumtest::ENUM3";
    }
    let of_length = printed.first().and_then(|first| first.strip_prefix("len="));
    if let Some(length) = of_length.and_then(|text| text.split(' ').next()) {
        let rest: String = printed[1..].iter().map(|arg| format!(", {arg}")).collect();
        return event.args.strip_suffix(&rest).is_some_and(|s| s.len().to_string() == length);
    }
    // The metadata splits strings at tabs.
    let printed: Vec<String> = printed.iter().map(|arg| shown(arg)).collect();
    let joined = |args: &str| args.replace(", ", "\t");
    compare_printed(&[joined(&printed.join("\t"))], &[joined(&event.args)]).is_ok()
}

/// Returns the argument as it would be printed if the script had not converted it to hex.
fn shown(arg: &str) -> String {
    let Some(digits) = arg.strip_prefix("hex:") else { return arg.to_owned() };
    let one = |byte: &u8| match byte {
        b'\t' | b' '..=b'~' => char::from(*byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    hex::decode(digits).unwrap().iter().map(one).collect()
}

#[test]
fn events_equal_those_that_the_receivers_printed() {
    let mut compared = 0;
    let all: Vec<PathBuf> = good_sessions_of_2_5().flat_map(|session| files(&session)).collect();
    let mut decoded = events(&all);
    for session in good_sessions_of_2_5() {
        let name = session.name();
        let mut events = BTreeMap::<Side, Vec<Event>>::new();
        for file in files(&session) {
            for (side, more) in decoded.remove(&file).unwrap() {
                events.entry(side).or_default().extend(more);
            }
        }
        let expect = session.expectation().unwrap().expect;
        for side in Side::BOTH {
            let mut events = events.get(&side).into_iter().flatten();
            for expected in &expect {
                let Expected::Event { from, name: event, args } = expected else { continue };
                // Not every event was printed, but the printed ones are in this order.
                if *from == side {
                    let found = events.any(|got| is_printed(event, args, got));
                    assert!(found, "{name}: from {side}: {event}{args:?}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 4000, "{compared}");
}

#[test]
fn every_serial_is_encoded_to_the_same_bytes() {
    let files: Vec<PathBuf> = good_sessions().flat_map(|session| files(&session)).collect();
    for (file, text) in decode_all(&["--verify"], &files) {
        assert!(text.ends_with("all bytes are the same\n"), "{}: {text}", file.display());
    }
}

/// Returns the numbers in a row of a summary.
fn row(summary: &str, name: &str) -> Vec<u64> {
    let row = summary.lines().find_map(|line| line.strip_prefix(name)).expect(name);
    row.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

#[test]
fn summaries_equal_the_counts_in_the_metadata() {
    let files: Vec<PathBuf> = good_sessions().map(|session| session.recording_path()).collect();
    let summaries = decode_all(&["--summary"], &files);
    for session in good_sessions() {
        let name = session.name();
        let summary = &summaries[&session.recording_path()];
        let wire = session.expectation().unwrap().wire;
        let (c, l) = (wire.connector, wire.listener);
        let messages = [c.messages, c.bytes, l.messages, l.bytes];
        assert_eq!(row(summary, "all messages"), messages, "{name}");
        assert_eq!(row(summary, "chunks "), [c.chunks, l.chunks], "{name}");
        assert_eq!(row(summary, "errors"), [0, 0], "{name}");
    }
}

#[test]
fn decoding_errors_are_reported() {
    const SERIAL: &str = "unserializing event/function c2l_count";
    let lost = "; 1 SERIAL after it was not decoded";
    let rest = |bytes: u32| format!("; {bytes} bytes from there on were not decoded");
    let at = "(at byte 198 of the stream)";
    let expected = BTreeMap::from([
        (
            "fault-chunk-huge",
            format!("chunk of 2147483647 bytes, limit is 16777216 {at}{}", rest(187)),
        ),
        (
            "fault-eof-mid-chunk",
            "SERIAL: stream ended inside a chunk, after 10 of 100 bytes \
             (at byte 210 of the stream)"
                .to_owned(),
        ),
        (
            "fault-event-before-version",
            format!("message at byte 0: {SERIAL}: unknown object type (byte 33 of the SERIAL)"),
        ),
        (
            "fault-events-no-caps",
            format!("message at byte 170: {SERIAL}: unknown object type (byte 33 of the SERIAL)"),
        ),
        (
            "fault-serial-bad-cache-ref",
            format!(
                "message at byte 198: {SERIAL}: unknown object 999999 referenced \
                 (byte 35 of the SERIAL){lost}"
            ),
        ),
        (
            "fault-serial-unknown-tag",
            format!(
                "message at byte 198: unserializing: unknown serialization type 7a \
                 (byte 1 of the SERIAL){lost}"
            ),
        ),
    ]);
    let mut seen = 0;
    for session in fault_sessions() {
        let path = session.recording_path();
        let run = run(["decode".into(), "--json".into(), path.clone()]);
        match expected.get(session.name()) {
            Some(problem) => {
                let line = format!("brocomm: {}: connector: {problem}\n", path.display());
                assert_eq!((run.code, run.stderr), (1, line));
                seen += 1;
            }
            // `decode` does not check whether a message is legal at this point.
            None => assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", session.name()),
        }
        // The listener is a Bro and its stream is valid.
        let listener = session.expectation().unwrap().wire.listener.messages;
        let lines = run.stdout.lines().filter(|line| line.contains(r#""from":"listener""#));
        assert_eq!(lines.count() as u64, listener, "{}", session.name());
    }
    assert_eq!(seen, expected.len());
}

#[test]
fn errors_are_output_lines() {
    let recording = session("fault-serial-bad-cache-ref").recording_path();
    let json = run(["decode".into(), "--json".into(), recording]);
    let of_connector = json.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let serials: Vec<Value> = of_connector.filter(|line| line["message"] == "SERIAL").collect();
    let [.., bad, skipped] = serials.as_slice() else { panic!("{serials:?}") };
    assert!(bad["error"].as_str().unwrap().contains("unknown object 999999 referenced"), "{bad}");
    assert_eq!((&bad["offset"], &bad["event"]), (&198.into(), &Value::Null));
    assert_eq!(skipped["skipped"], true);

    let text = run(["decode".into(), session("fault-chunk-huge").recording_path()]);
    assert!(text.stdout.contains("running   -                  ERROR: chunk of 2147483647 bytes"));

    let summary =
        run(["decode".into(), "--summary".into(), session("fault-eof-mid-chunk").recording_path()]);
    assert_eq!((summary.code, row(&summary.stdout, "errors")), (1, vec![1, 0]));
}

/// Writes a recording in which the connector sends these bytes after its VERSION, and decodes it.
fn decode_made_up(name: &str, then: &str) -> (i32, String) {
    const VERSION: &str = "00000008010000000000000000000011\
                           0000000700000bb80000001a0000000000";
    let lines = format!(
        "{}\n{}\n",
        json!({"t": 0.0, "from": "connector", "hex": format!("{VERSION}{then}")}),
        json!({"t": 1.0, "close": "connector"}),
    );
    let recording = scratch("made-up", &format!("{name}.jsonl"), lines.as_bytes());
    let run = run(["decode".into(), recording]);
    (run.code, run.stderr)
}

#[test]
fn invalid_messages_are_reported() {
    for (name, number, shown) in
        [("stats", "0b", "0x0b (STATS)"), ("unknown", "21", "0x21 (unknown)")]
    {
        let (code, errors) = decode_made_up(name, &format!("00000008{number}00000000000000"));
        assert_eq!(code, 1, "{errors}");
        let expected = format!("connector: message type {shown} from a peer (at byte 33 ");
        assert!(errors.contains(&expected), "{errors}");
    }
    // A call of an event whose name exceeds the message.
    let (code, errors) = decode_made_up("cut", "0000000802000000000000000000000765000000046162");
    assert_eq!(code, 1, "{errors}");
    assert!(errors.contains("data ends where 2 more bytes should follow"), "{errors}");
}

#[test]
fn a_capture_that_begins_too_late_needs_the_data_format() {
    for session in older_sessions().iter().filter(|s| s.name().ends_with("-containers")) {
        let version = |step: &Step| match &step.kind {
            // The header chunk and the argument of VERSION, with an empty class.
            StepKind::Data { bytes, .. } => bytes.starts_with(&[0, 0, 0, 8, 1]),
            _ => false,
        };
        let recording = session.recording().unwrap();
        let mut lines = Vec::new();
        let mut format = 0;
        for step in &recording.steps {
            let StepKind::Data { from, bytes } = &step.kind else { continue };
            let mut bytes = &bytes[..];
            if version(step) {
                let length = 4 + u32::from_be_bytes(bytes[12..16].try_into().unwrap()) as usize;
                format = u32::from_be_bytes(bytes[24..28].try_into().unwrap());
                bytes = &bytes[12 + length..];
            }
            if bytes.is_empty() {
                continue;
            }
            let hex = hex::encode(bytes);
            lines.push(json!({"t": 0.1, "from": from.name(), "hex": hex}).to_string() + "\n");
        }
        let file = scratch("late", &format!("{}.jsonl", session.name()), lines.concat().as_bytes());
        let decode = |format: u32| {
            let format = format!("--data-format={format}");
            run(["decode", "--verify", &format, file.to_str().unwrap()])
        };
        let right = decode(format);
        assert_eq!((right.code, right.stderr.as_str()), (0, ""), "{}", session.name());
        assert_eq!(decode(26).code, 1, "{}", session.name());
    }
    let wrong = run(["decode", "--data-format=24", "x.jsonl"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("must be 21, 22, 23, 25 or 26"), "{}", wrong.stderr);
}

/// The forms of the output, each with the CRC-32 of what it prints of all recordings.
const FORMS: [(&[&str], u32); 6] = [
    (&[], 0x6a0f_185f),
    (&["--json"], 0x16b2_a4ca),
    (&["--summary"], 0x6539_31eb),
    (&["--summary", "--json"], 0xa992_ceb9),
    (&["--state"], 0xb997_1019),
    (&["--verify"], 0xae8b_3d0f),
];

#[test]
fn the_output_of_every_recording_is_the_same_byte_for_byte() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/vectors");
    let mut recordings = Vec::new();
    for folder in ["older", "sessions"] {
        for entry in vectors.join(folder).read_dir().expect("it is a folder") {
            let name =
                entry.expect("it can be read").file_name().into_string().expect("it is text");
            let is_recording = name.ends_with(".jsonl") || name.ends_with(".jsonl.gz");
            recordings.extend(is_recording.then(|| format!("{folder}/{name}")));
        }
    }
    recordings.sort_unstable();
    let printed = FORMS.map(|(form, _)| {
        let mut command = brocomm();
        // The names are part of the output.
        command.current_dir(&vectors).arg("decode").args(form).args(&recordings);
        let mut crc = flate2::Crc::new();
        crc.update(&command.output().expect("it starts").stdout);
        (form, crc.sum())
    });
    assert_eq!(
        printed, FORMS,
        "another output than recorded; if that is intended, record the new one"
    );
}
