//! Tests that every valid vector has the given meaning and origin, and that invalid vectors are
//! rejected.

mod logs;
mod meaning;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brocomm::Time;
use brocomm::data::{Declarations, Value};
use brocomm::lowlevel::connection::{
    Connection, ConnectionConfig, ConnectionNotification, Observed, Observer, ProtocolErrorKind,
    Requests,
};
use brocomm::lowlevel::logs::{LogLimits, LogReceiver, LogWriter, ReceivedEntry};
use brocomm::lowlevel::serial::{Caching, Mode, Reader, ReaderLimits, Transcript};
use brocomm::lowlevel::wire::{DataFormat, Framing, Message};
use brocomm::node::{CloseCause, Phase, Role};
use brocomm_conformance::{Side, StepKind, older_sessions, sessions};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use logs::{log_value, log_writer, numbers, text};

/// A SERIAL or log message that a peer sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Valid {
    name: String,
    sections: Vec<String>,
    by: String,
    /// 26 unless it says so.
    data_format: Option<u32>,
    from: Source,
    /// For logs, the type of the message.
    message: Option<String>,
    pid_bits: Option<u32>,
    caching: Option<String>,
    #[serde(default)]
    before: Vec<Before>,
    hex: String,
    meaning: Json,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    recording: String,
    connection: usize,
    side: Side,
    message: usize,
}

/// A SERIAL that the same reader must read first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Before {
    message: usize,
    pid_bits: u32,
    caching: String,
    hex: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Invalid {
    name: String,
    section: String,
    kind: String,
    pid_bits: Option<u32>,
    caching: Option<String>,
    hex: String,
    must: String,
    error: String,
    bro: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents the keys")]
struct Ignored {
    name: String,
    section: String,
    kind: String,
    hex: String,
    ignored: String,
    level: String,
    needs: Option<Vec<String>>,
    echo: u64,
    bro: Option<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// The folders of vectors of data format 26 and of the older ones.
const FOLDERS: [&str; 2] = ["", "older/"];

/// Returns the vectors of a file in all data formats.
fn in_all_formats(file: &str) -> Vec<Valid> {
    let all = FOLDERS.into_iter().flat_map(|folder| open(&format!("{folder}{file}")));
    all.collect()
}

impl Valid {
    fn data_format(&self) -> DataFormat {
        DataFormat::from_number(self.data_format.unwrap_or(26)).unwrap()
    }
}

fn open<T: DeserializeOwned>(file: &str) -> Vec<T> {
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn bytes(hex: &str) -> Bytes {
    hex::decode(hex).unwrap().into()
}

fn mode(pid_bits: Option<u32>, caching: Option<&str>) -> Mode {
    let pid_64bit = match pid_bits {
        Some(64) => true,
        Some(32) => false,
        other => panic!("ids of {other:?} bits"),
    };
    let caching = match caching {
        Some("none") => Caching::None,
        Some("single") => Caching::Single,
        Some("stable") => Caching::Stable,
        other => panic!("caching {other:?}"),
    };
    Mode { pid_64bit, caching, ..Mode::HANDSHAKE }
}

#[test]
fn serials_have_the_given_meaning_and_can_be_reproduced() {
    let mut formats = BTreeMap::new();
    for vector in in_all_formats("serials.json") {
        let (name, format) = (&vector.name, vector.data_format());
        *formats.entry(format).or_insert(0) += 1;
        let mut reader = Reader::new(ReaderLimits::default());
        for before in &vector.before {
            let mode = mode(Some(before.pid_bits), Some(&before.caching)).with_data_format(format);
            reader.read(&bytes(&before.hex), mode).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
        let mode = mode(vector.pid_bits, vector.caching.as_deref()).with_data_format(format);
        let (argument, mut transcript) = (bytes(&vector.hex), Transcript::new());
        let read = reader.read_noting(&argument, mode, &mut transcript);
        let read = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        meaning::check(name, &read, &vector.meaning);

        let mut again = Vec::new();
        transcript.write_again(&read, mode, &mut again);
        assert_eq!(hex::encode(again), vector.hex, "{name}");
    }
    assert!(formats.keys().eq(&DataFormat::ALL) && formats.values().all(|count| *count > 15));
}

#[test]
fn log_messages_have_the_given_meaning() {
    for vector in in_all_formats("logs.json") {
        let (name, argument) = (&vector.name, bytes(&vector.hex));
        let format = vector.data_format();
        match vector.message.as_deref() {
            Some("LOG_CREATE_WRITER") => {
                let writer = log_writer(&vector.meaning);
                assert_eq!(LogWriter::decode_in(&argument, format).unwrap(), writer, "{name}");
                let mut again = Vec::new();
                writer.encode_in(format, &mut again);
                assert_eq!(hex::encode(again), vector.hex, "{name}");
            }
            Some("LOG_WRITE") => {
                let receiver = LogReceiver::new(LogLimits::default()).with_data_format(format);
                let read: Vec<_> = receiver.entries(&argument).collect();
                let entries = vector.meaning.as_array().unwrap();
                assert_eq!(read.len(), entries.len(), "{name}");
                for (read, meant) in read.into_iter().zip(entries) {
                    // Without an announced writer entries are dropped, but have their values.
                    let ReceivedEntry::Dropped(read) = read.unwrap() else { panic!("{name}") };
                    let values = meant["values"].as_array().unwrap().iter().map(log_value);
                    assert_eq!(read.values, values.collect::<Vec<_>>(), "{name}");
                    // A receiver says which kind of writer it is by the number in 26 (2§13).
                    let (stream, writer) = numbers(meant);
                    let has_old_numbers = format <= DataFormat::V23 && matches!(writer, 1 | 2);
                    let writer = if has_old_numbers { 3 - writer } else { writer };
                    assert_eq!((read.stream, read.writer), (stream, writer), "{name}");
                    assert_eq!(read.path, text(&meant["path"]), "{name}");
                }
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

/// Returns what one side of a recorded connection sent.
fn observe(source: &Source) -> Vec<Observed> {
    let sessions = [sessions(), older_sessions()].concat();
    let session = sessions.iter().find(|session| session.name() == source.recording).unwrap();
    let further = session.further_connections().unwrap();
    let mut recordings = std::iter::once(session.recording().unwrap()).chain(further);
    let recording = recordings.nth(source.connection - 1).unwrap();
    let mut observer = Observer::new(Framing::Clear, Default::default(), Default::default());
    for step in &recording.steps {
        let StepKind::Data { from, bytes } = &step.kind else { continue };
        observer.feed(from.role(), bytes);
    }
    let observed = std::iter::from_fn(|| observer.poll());
    observed.filter(|observed| observed.side == source.side.role()).collect()
}

#[test]
fn valid_vectors_are_in_the_recordings_they_name() {
    let mut sent = BTreeMap::new();
    for vector in in_all_formats("serials.json").into_iter().chain(in_all_formats("logs.json")) {
        let (name, source) = (&vector.name, &vector.from);
        let key = (source.recording.clone(), source.connection, source.side.to_string());
        let messages = sent.entry(key).or_insert_with(|| observe(source));
        let argument = |number: usize| match &messages[number - 1] {
            Observed { message: Ok(Message::Serial(argument)), mode: Some(mode), .. } => {
                let mode = Mode { to_broccoli: false, ..*mode };
                (hex::encode(argument), Some(mode))
            }
            Observed { message: Ok(message), .. } => match (message, vector.message.as_deref()) {
                (Message::LogCreateWriter(argument), Some("LOG_CREATE_WRITER"))
                | (Message::LogWrite(argument), Some("LOG_WRITE")) => (hex::encode(argument), None),
                (message, _) => panic!("{name}: {message:?}"),
            },
            observed => panic!("{name}: {observed:?}"),
        };
        let in_format = |mode: Mode| mode.with_data_format(vector.data_format());
        let written = vector.pid_bits.map(|_| mode(vector.pid_bits, vector.caching.as_deref()));
        let written = written.map(in_format);
        assert!(argument(source.message) == (vector.hex.clone(), written), "{name}");
        for before in &vector.before {
            assert!(before.message < source.message, "{name}");
            let written = in_format(mode(Some(before.pid_bits), Some(&before.caching)));
            assert!(argument(before.message) == (before.hex.clone(), Some(written)), "{name}");
        }
    }
}

/// Returns the section that an invalid vector violates, and the error.
fn refusal(vector: &Invalid) -> Option<(String, String)> {
    let argument = bytes(&vector.hex);
    let of_logs = |error: &brocomm::logs::LogError| {
        Some((error.section().to_owned(), error.kind.to_string()))
    };
    match vector.kind.as_str() {
        "serial" => {
            let mode = mode(vector.pid_bits, vector.caching.as_deref());
            let error = Reader::new(ReaderLimits::default()).read(&argument, mode).err()?;
            Some((error.kind.section().to_owned(), error.kind.to_string()))
        }
        "LOG_CREATE_WRITER" => of_logs(&LogWriter::decode(&argument).err()?),
        "LOG_WRITE" => {
            let receiver = LogReceiver::new(LogLimits::default());
            of_logs(&receiver.entries(&argument).find_map(Result::err)?)
        }
        "stream" => {
            let config = ConnectionConfig {
                // As a Bro 2.5 does.
                data_format: Some(DataFormat::V26),
                requests: Requests { accept_input: false, ..Requests::default() },
                ..ConnectionConfig::default()
            };
            let mut connection = Connection::new(config, Role::Acceptor, Time::default());
            connection.feed_bytes(&argument, Time::default());
            let error =
                std::iter::from_fn(|| connection.poll_notification()).find_map(|notified| {
                    match notified {
                        ConnectionNotification::Closed(CloseCause::Protocol(error)) => Some(error),
                        _ => None,
                    }
                })?;
            assert_eq!(connection.phase(), Phase::Closed, "{}", vector.name);
            let said = match &error.kind {
                ProtocolErrorKind::Serial(error) => error.kind.to_string(),
                kind => kind.to_string(),
            };
            Some((error.section().to_owned(), said))
        }
        other => panic!("{}: {other}", vector.name),
    }
}

#[test]
fn invalid_vectors_are_rejected_with_the_expected_error() {
    let mut wrong = Vec::new();
    for vector in open::<Invalid>("invalid.json") {
        let expected = (vector.section.clone(), vector.error.clone());
        let refusal = refusal(&vector);
        if refusal.as_ref() != Some(&expected) {
            wrong.push(format!("{}: {expected:?}, but got {refusal:?}", vector.name));
        }
        assert!(!vector.must.is_empty() && vector.bro.as_deref() != Some(""), "{}", vector.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ignored_vectors_change_nothing() {
    let mut declarations = Declarations::new();
    let known = "global conformance_echo: event(x: any); global conformance_n = 0;
        global conformance_log: event(text: string); global conformance_echoed: event(x: any);";
    declarations.read(known).unwrap();
    let requests = Requests { ..Requests::default() };
    let declarations = Arc::new(declarations);
    let config = ConnectionConfig { requests, declarations, ..ConnectionConfig::default() };
    for vector in open::<Ignored>("ignored.json") {
        assert_eq!(vector.kind, "stream", "{}", vector.name);
        let mut connection = Connection::new(config.clone(), Role::Acceptor, Time::default());
        connection.feed_bytes(&bytes(&vector.hex), Time::default());
        let notified = std::iter::from_fn(|| connection.poll_notification());
        let events = notified.filter_map(|notified| match notified {
            ConnectionNotification::Event(event) => Some((event.name.to_string(), event.args)),
            _ => None,
        });
        let echo = ("conformance_echo".to_owned(), vec![Value::Count(vector.echo)]);
        assert_eq!(events.collect::<Vec<_>>(), [echo], "{}", vector.name);
        assert_eq!(connection.phase(), Phase::Running, "{}", vector.name);
    }
}

/// Returns the file, name and sections of each vector that the index of a folder lists.
fn listed(folder_of: &str) -> Vec<[String; 3]> {
    let index = std::fs::read_to_string(folder().join(folder_of).join("README.md")).unwrap();
    let rows = index.lines().filter(|line| line.starts_with("| `"));
    let rows = rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect());
    let rows = rows.filter_map(|row: Vec<&str>| match row[..] {
        [name, file, sections, _] => Some([file, name, sections].map(str::to_owned)),
        _ => None,
    });
    rows.collect()
}

#[test]
fn the_index_lists_every_vector() {
    let mut names = Vec::new();
    for folder in FOLDERS {
        let mut there = Vec::new();
        let mut add = |file: &str, name: &str, sections: String| {
            there.push([file.to_owned(), format!("`{name}`"), sections]);
        };
        for file in ["serials.json", "logs.json"] {
            for vector in open::<Valid>(&format!("{folder}{file}")) {
                assert!(matches!(vector.by.as_str(), "Bro" | "Broccoli"), "{}", vector.name);
                add(file, &vector.name, vector.sections.join(", "));
            }
        }
        if folder.is_empty() {
            for vector in open::<Invalid>("invalid.json") {
                add("invalid.json", &vector.name, vector.section);
            }
            for vector in open::<Ignored>("ignored.json") {
                add("ignored.json", &vector.name, vector.section);
            }
        }
        assert_eq!(listed(folder), there);
        names.extend(there.into_iter().map(|[_, name, _]| name));
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "names are unique");
}
