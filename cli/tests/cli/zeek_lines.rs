//! Tests that recorded log sessions are spooled in the format of Zeek's JSON logs.

use std::collections::BTreeMap;
use std::fs;

use brocomm_conformance::RecordedSession;
use serde_json::Value;

use crate::spool::spool;
use crate::support::{Program, decode_all, good_sessions, no_folder, run};

/// A JSON object with its keys in order.
struct Object(Vec<(String, Value)>);

impl Object {
    fn parse(line: &str) -> Object {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Object;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Object, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(Object(all))
            }
        }
        let mut json = serde_json::Deserializer::from_str(line);
        let object = serde::Deserializer::deserialize_map(&mut json, Visitor).unwrap();
        json.end().unwrap();
        object
    }

    /// Writes it without spaces. serde_json also writes the fewest digits of a number.
    fn written(&self) -> String {
        let parts =
            self.0.iter().map(|(key, value)| format!("{}:{value}", Value::from(key.as_str())));
        format!("{{{}}}", parts.collect::<Vec<_>>().join(","))
    }
}

/// Returns whether values are equal, with numbers as Bro writes them: with six decimals.
fn is_about(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_about(one, other))
        }
        (Value::Number(one), Value::Number(other)) => {
            (one.as_f64().unwrap() - other.as_f64().unwrap()).abs() < 1e-6
        }
        (Value::String(one), Value::String(other)) => is_same_text(one, other),
        // Bro has no representation for counts beyond the signed range.
        (Value::Number(one), Value::Null) => one.as_u64().is_some_and(|one| one > i64::MAX as u64),
        (one, other) => one == other,
    }
}

/// Returns whether a string in Zeek's format has the same bytes as one in Bro's format, which has a
/// character for each byte.
fn is_same_text(zeek: &str, bro: &str) -> bool {
    let mut bytes = Vec::new();
    let mut rest = zeek.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let escaped =
            rest.strip_prefix(b"\\x").and_then(|rest| std::str::from_utf8(rest.get(..2)?).ok());
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(escaped) => {
                bytes.push(escaped);
                rest = &rest[4..];
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    bytes.into_iter().map(char::from).eq(bro.chars())
}

/// Returns a line with the fewest digits in each floating-point number. Zeek sometimes writes one
/// more digit, which the tests of the encoder cover.
fn shortest(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    let mut is_string = false;
    while let Some(c) = rest.chars().next() {
        let is_digit = |c: char| c.is_ascii_digit() || matches!(c, '-' | '.' | 'e');
        let length = match c {
            '\\' => 2,
            c if is_digit(c) && !is_string => rest.find(|c| !is_digit(c)).unwrap(),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        match token {
            "\"" => is_string = !is_string,
            token if length > 1 && !is_string && token.contains(['.', 'e']) => {
                let number: f64 = token.parse().unwrap();
                out.push_str(&Value::from(number).to_string());
                rest = after;
                continue;
            }
            _ => {}
        }
        out.push_str(token);
        rest = after;
    }
    out
}

/// Returns the logs of a recorded session as Bro's own JSON logs.
fn decoded(session: &RecordedSession) -> BTreeMap<String, Vec<String>> {
    let folder = no_folder(&format!("spool-{}-decoded", session.name()));
    let path = session.recording_path();
    run(["decode", "--write-logs", folder.to_str().unwrap(), "--json", path.to_str().unwrap()]);
    let mut decoded = BTreeMap::new();
    for entry in fs::read_dir(&folder).into_iter().flatten() {
        let entry = entry.unwrap();
        let path = entry.file_name().into_string().unwrap().replace(".log", "");
        let text = fs::read_to_string(entry.path()).unwrap();
        decoded.insert(path, text.lines().map(str::to_owned).collect::<Vec<_>>());
    }
    decoded.retain(|_, lines| !lines.is_empty());
    decoded
}

#[test]
fn recorded_logs_have_the_format_of_zeeks_json_logs() {
    let (mut seen, mut sessions) = (BTreeMap::new(), 0);
    let files: Vec<_> = good_sessions().map(|session| session.recording_path()).collect();
    let summaries = decode_all(&["--summary"], &files);
    let has_logs = |session: &RecordedSession| {
        summaries[&session.recording_path()].lines().any(|line| line.starts_with("LOG_"))
    };
    for session in good_sessions().filter(has_logs) {
        let name = session.name();
        let decoded = decoded(&session);
        if decoded.is_empty() {
            continue;
        }
        sessions += 1;
        let dir = no_folder(&format!("spool-{name}"));
        let path = session.recording_path();
        let listen = ["logs", "--listen", "127.0.0.1:0", "--once", "--spool"];
        let mut logger = Program::start([&listen[..], &[dir.to_str().unwrap()]].concat());
        let address = logger.line().strip_prefix("listening on ").unwrap().to_owned();
        let replay = ["replay", path.to_str().unwrap(), "--to", &address, "--wait", "0.1"];
        // The session's name says which side sends the logs.
        let sender: &[&str] = if name.contains("to-listener") { &[] } else { &["--listener"] };
        run([&replay[..], sender].concat());
        let ended = logger.end();
        assert!(ended.stdout.contains("entries up to "), "{name} {}{}", ended.stdout, ended.stderr);
        let read = spool("read", &dir, &["--with-subjects"]);
        assert_eq!((read.code, read.stderr.as_str()), (0, ""));
        let mut lines = BTreeMap::new();
        for (at, line) in read.stdout.lines().enumerate() {
            let (number, rest) = line.split_once(' ').unwrap();
            assert_eq!(number, (at + 1).to_string());
            let (subject, line) = rest.split_once(' ').unwrap();
            let (stream, path) =
                subject.strip_prefix("zeek.logs.").unwrap().split_once(".default.").unwrap();
            assert!(stream.starts_with("log-"));
            lines.entry(path.to_owned()).or_insert_with(Vec::new).push(line.to_owned());
        }
        let counts = |all: &BTreeMap<String, Vec<String>>| -> Vec<(String, usize)> {
            let all = all.iter().filter(|(_, lines)| !lines.is_empty());
            all.map(|(path, lines)| (path.clone(), lines.len())).collect()
        };
        assert_eq!(counts(&lines), counts(&decoded), "{name}");
        for (path, lines) in &lines {
            let mut last = "";
            for (line, bro) in lines.iter().zip(&decoded[path]) {
                let (object, bro) = (Object::parse(line), Object::parse(bro));
                // Zeek's exponents have no plus.
                assert_eq!(object.written().replace("e+", "e"), shortest(line).replace("e+", "e"));
                let keys = |object: &Object| {
                    object.0.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>()
                };
                assert_eq!(keys(&object), keys(&bro));
                for ((key, one), (_, other)) in object.0.iter().zip(&bro.0) {
                    assert!(is_about(one, other), "{path} {key}: {one} {other}");
                }
                last = line;
            }
            seen.insert((name.to_owned(), path.clone()), last.to_owned());
        }
    }
    assert!(sessions >= 10, "{sessions}: {seen:?}");
    // A time as it was sent, and a duration with all its digits.
    for line in [CONN, ALL_TYPES] {
        assert!(seen.values().any(|seen| seen == line), "{line}\n{seen:?}");
    }
}

const CONN: &str = concat!(
    r#"{"ts":1795384276.061275,"uid":"Ck732CcR1CoeR69y5","id.orig_h":"141.142.228.5","id.orig_p":59856,"#,
    r#""id.resp_h":"192.150.187.43","id.resp_p":80,"proto":"tcp","service":"http","#,
    r#""duration":0.21148395538330078,"orig_bytes":136,"resp_bytes":5007,"conn_state":"SF","#,
    r#""missed_bytes":0,"history":"ShADadFf","orig_pkts":6,"orig_ip_bytes":460,"resp_pkts":7,"#,
    r#""resp_ip_bytes":5379,"tunnel_parents":[]}"#,
);
const ALL_TYPES: &str = concat!(
    r#"{"b":false,"i":-1,"e":"DARK","c":0,"p":8,"sn":"0.0.0.0/0","a":"255.255.255.255","d":1e100,"#,
    r#""t":1600000000.75,"iv":172800.0,"s":"","sc":[5,6],"ss":["one"],"se":["solo"],"vc":[0,1,2,3],"#,
    r#""ve":[],"va":["9.9.9.9"],"o":"-","oc":77,"pr.x":0,"pr.y":""}"#,
);
