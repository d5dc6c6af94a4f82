use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::error::Category;

use super::*;

fn read(file: &[u8]) -> Result<Recording, RecordingError> {
    RecordingReader::new("x.jsonl", file)?.collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn at(line: u64, problem: LineProblem) -> Result<Recording, RecordingError> {
    Err(RecordingError::Line { file: "x.jsonl".into(), line, problem })
}

const GOOD: &str = r#"{"t": 0.000394, "from": "connector", "hex": "00fF"}
{"t": 1, "from": "listener", "hex": "", "note": "unknown keys are skipped"}

{"t": 1.5, "from": "connector", "hex": "01"}
{"t": 2.25, "close": "listener"}
"#;

#[test]
fn steps_are_read() {
    let recording = read(GOOD.as_bytes()).unwrap();
    let data = |time, from, bytes: &'static [u8]| Step {
        time,
        kind: StepKind::Data { from, bytes: Bytes::from_static(bytes) },
    };
    let expected = [
        data(Duration::from_micros(394), Side::Connector, b"\x00\xff"),
        data(Duration::from_secs(1), Side::Listener, b""),
        data(Duration::from_millis(1500), Side::Connector, b"\x01"),
        Step { time: Duration::from_millis(2250), kind: StepKind::Close(Side::Listener) },
    ];
    assert_eq!(recording.steps, expected);
    assert_eq!(recording.stream(Side::Connector), b"\x00\xff\x01"[..]);
    assert_eq!(recording.reads(Side::Connector).count(), 2);
    assert_eq!(recording.closed_by(), Some(Side::Listener));
}

#[test]
fn line_ends_do_not_matter() {
    let expected = read(GOOD.as_bytes());
    assert_eq!(read(GOOD.replace('\n', "\r\n").as_bytes()), expected);
    assert_eq!(read(GOOD.trim_end().as_bytes()), expected);
}

#[test]
fn gzip_is_detected_by_its_first_bytes() {
    let expected = read(GOOD.as_bytes());
    assert_eq!(read(&gzip(GOOD.as_bytes())), expected);
    // A gzip file with two members, as after appending.
    let (first, second) = GOOD.split_at(GOOD.find('\n').unwrap());
    assert_eq!(read(&[gzip(first.as_bytes()), gzip(second.as_bytes())].concat()), expected);
}

#[test]
fn empty_file_has_no_steps() {
    assert_eq!(read(b""), Ok(Recording::default()));
    assert_eq!(Recording::default().closed_by(), None);
}

#[test]
fn malformed_lines_are_reported_with_their_number() {
    let json = |column, category| LineProblem::Json { column, category };
    let cases = [
        ("nonsense", json(2, Category::Syntax)),
        (r#"{"t": 0"#, json(7, Category::Eof)),
        (r#"{"t": "0", "close": "listener"}"#, json(9, Category::Data)),
        (r#"{"from": "listener", "hex": ""}"#, LineProblem::NoTime),
        (r#"{"t": -1, "close": "listener"}"#, LineProblem::BadTime),
        (r#"{"t": 1e300, "close": "listener"}"#, LineProblem::BadTime),
        (r#"{"t": 0}"#, LineProblem::NeitherDataNorClose),
        (r#"{"t": 0, "from": "listener"}"#, LineProblem::NeitherDataNorClose),
        (
            r#"{"t": 0, "from": "listener", "hex": "", "close": "listener"}"#,
            LineProblem::NeitherDataNorClose,
        ),
        (
            r#"{"t": 0, "from": "server", "hex": ""}"#,
            LineProblem::UnknownSide { name: "server".into() },
        ),
        (r#"{"t": 0, "close": ""}"#, LineProblem::UnknownSide { name: String::new() }),
        (
            r#"{"t": 0, "from": "listener", "hex": "00x0"}"#,
            LineProblem::BadHexDigit { found: 'x', position: 2 },
        ),
        (r#"{"t": 0, "from": "listener", "hex": "000"}"#, LineProblem::OddHex { digits: 3 }),
    ];
    for (line, problem) in cases {
        let file = format!("{}{line}\n{GOOD}", GOOD);
        assert_eq!(read(file.as_bytes()), at(6, problem), "{line}");
    }
}

#[test]
fn long_lines_are_refused() {
    let read = |file: &str, limit| {
        RecordingReader::new("x.jsonl", file.as_bytes())?.max_line(limit).collect::<Result<_, _>>()
    };
    let close = r#"{"t": 0, "close": "listener"}"#;
    let file = format!("{close}\n{close}");
    assert!(read(&file, close.len()).is_ok());
    let limit = close.len() - 1;
    assert_eq!(read(&file, limit), at(1, LineProblem::TooLong { limit }));
    // A line without end is not read completely.
    let endless = std::io::BufReader::new(std::io::repeat(b' '));
    let mut reader = RecordingReader::new("endless", endless).unwrap();
    let problem = LineProblem::TooLong { limit: DEFAULT_MAX_LINE };
    let expected = RecordingError::Line { file: "endless".into(), line: 1, problem };
    assert_eq!(reader.next(), Some(Err(expected)));
    assert_eq!(reader.next(), None);
}

#[test]
fn truncated_gzip_is_an_error() {
    let whole = gzip(GOOD.as_bytes());
    let cut = &whole[..whole.len() - 4];
    assert_eq!(read(cut), at(6, LineProblem::Read { kind: io::ErrorKind::UnexpectedEof }));
}

#[test]
fn missing_file_is_named() {
    let error = Recording::open("missing.jsonl").unwrap_err();
    assert_eq!(error.to_string(), "missing.jsonl: cannot open recording: entity not found");
}

#[test]
fn message_names_file_line_and_problem() {
    let error = read(b"\n{\"t\": 0, \"close\": \"client\"}").unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"x.jsonl:2: unknown side "client", expected "connector" or "listener""#
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = read(&bytes);
        let _ = read(&gzip(&bytes));
        let _ = read(&[&[0x1f, 0x8b, 8, 0][..], &bytes].concat());
    }

    #[test]
    fn damaged_recordings_never_panic(at in 0..GOOD.len(), byte: u8) {
        let mut file = GOOD.as_bytes().to_vec();
        file[at] = byte;
        let _ = read(&file);
    }

    #[test]
    fn written_recordings_are_read_back(bytes: Vec<u8>, millis in 0..1_000_000u32) {
        let seconds = f64::from(millis) / 1000.0;
        let line = format!("{{\"t\":{seconds},\"from\":\"listener\",\"hex\":\"{}\"}}", hex::encode(&bytes));
        let step = Step {
            time: Duration::from_millis(millis.into()),
            kind: StepKind::Data { from: Side::Listener, bytes: bytes.into() },
        };
        prop_assert_eq!(read(line.as_bytes()), Ok(Recording { steps: vec![step] }));
    }
}
