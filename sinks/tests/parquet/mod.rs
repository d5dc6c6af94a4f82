//! Tests of the sink for Parquet files.

mod crash;
mod types;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use brocomm::Time;
use brocomm::data::TypeTag;
use brocomm::logs::LogField;
use brocomm_sinks::Report;
use brocomm_sinks::line::LogLine;
use brocomm_sinks::parquet::{ParquetConfig, run};
use brocomm_sinks::spool::Folder;
use brocomm_sinks::types::LogTypes;
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::publishing::{NOW, Publishing};
use crate::support::TempDir;

const HOUR: Duration = Duration::from_secs(3600);
const CONN: &str = "zeek.logs.Conn::LOG.default.conn";
const HTTP: &str = "zeek.logs.HTTP::LOG.default.http";

fn config(dir: &Path) -> ParquetConfig {
    ParquetConfig {
        retry: Duration::from_millis(5),
        retry_max: Duration::from_millis(50),
        ..ParquetConfig::new(dir)
    }
}

fn begin(publishing: &mut Publishing, config: ParquetConfig) {
    publishing.begin(move |path, durable, end, counts, report| {
        run(path, &config, durable, end, counts, report)
    });
}

/// Stores the types of a log's columns.
fn declare(publishing: &Publishing, log: &str, fields: &[LogField]) {
    let mut types = LogTypes::new(publishing.folder.path());
    types.add(log, &LogLine::default(), fields).unwrap();
}

fn append(publishing: &mut Publishing, now: Time, subject: &str, line: &str) {
    publishing.spool.append(now, subject, line.as_bytes()).unwrap();
    publishing.spool.commit(now).unwrap();
}

/// Reads all complete files: their names, and their rows as text.
fn files(dir: &Path) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for folder in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if !folder.is_dir() {
            continue;
        }
        for file in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if file.extension().is_some_and(|extension| extension == "parquet") {
                let name = file.strip_prefix(dir).unwrap().display().to_string();
                all.insert(name, rows(&file));
            }
        }
    }
    all
}

fn rows(file: &Path) -> Vec<String> {
    let reader = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
    reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect()
}

/// Returns the names of all incomplete files.
fn unfinished(dir: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.starts_with('.') {
                all.push(name);
            }
        }
    }
    all
}

fn name(log: &str, hour: u64, first: u64) -> String {
    format!("{log}/2017-07-14T{hour:02}-{:x}-{first}.parquet", NOW.as_nanos())
}

fn numbers(rows: &[String]) -> Vec<u64> {
    let number = |row: &String| {
        let digits: String = row.chars().filter(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    };
    rows.iter().map(number).collect()
}

#[test]
fn there_is_a_file_for_each_log_and_hour() {
    let dir = TempDir::new();
    let mut publishing = Publishing::prepare("parquet");
    for log in ["conn", "http"] {
        declare(&publishing, log, &[LogField::new("n", TypeTag::Count)]);
    }
    for hour in 0..3 {
        for number in 0..10 {
            let now = NOW + HOUR * hour;
            append(&mut publishing, now, CONN, &format!("{{\"n\":{number}}}"));
            append(&mut publishing, now, "brocomm.events.sensor.ping", "{}");
        }
        append(&mut publishing, NOW + HOUR * hour, HTTP, "{\"n\":7}");
    }
    begin(&mut publishing, config(dir.path()));
    // These hours are long past.
    publishing.wait();
    let files = files(dir.path());
    let names: Vec<&String> = files.keys().collect();
    let all = [("conn", 2, 1), ("conn", 3, 22), ("conn", 4, 43)];
    let all = [all, all.map(|(_, hour, first)| ("http", hour, first))].concat();
    let all: Vec<String> =
        all.into_iter().map(|(log, hour, first)| name(log, hour, first)).collect();
    assert_eq!(names, all.iter().collect::<Vec<_>>());
    for (name, rows) in &files {
        let expected = if name.starts_with("conn") { (0..10).collect() } else { vec![7] };
        assert_eq!(numbers(rows), expected, "{name}");
    }
    let counts = publishing.counts.clone();
    assert_eq!((counts.sent(), counts.acknowledged(), counts.refused()), (33, 33, 0));
    assert_eq!(unfinished(dir.path()), [""; 0]);
    assert_eq!(publishing.end(), [Report::Working]);
}

#[test]
fn values_without_a_type_are_kept_as_json() {
    let dir = TempDir::new();
    let mut publishing = Publishing::prepare("parquet");
    declare(&publishing, "conn", &[LogField::new("n", TypeTag::Count)]);
    for (subject, line) in [
        (CONN, "{\"n\":1}"),
        // Another type, an unknown column, a duplicate key.
        (CONN, "{\"n\":\"a\"}"),
        (CONN, "{\"n\":2,\"x\":[1,{\"y\":null}]}"),
        (CONN, "{\"n\":3,\"n\":4}"),
        (CONN, "{\"n\":-1}"),
        // This log has no stored types.
        (HTTP, "{\"a\":1,\"b\":\"\\n\"}"),
        (HTTP, "{}"),
        (HTTP, "no JSON"),
    ] {
        append(&mut publishing, NOW, subject, line);
    }
    begin(&mut publishing, config(dir.path()));
    publishing.wait();
    let files = files(dir.path());
    let rows = |name: &str| files.get(name).unwrap_or_else(|| panic!("{name}: {files:?}")).clone();
    assert_eq!(rows(&name("conn", 2, 1)), ["{n: 1}"]);
    assert_eq!(
        rows(&name("conn", 2, 2)),
        [
            "{n: null, _other: \"{\"n\":\"a\"}\"}",
            "{n: 2, _other: \"{\"x\":[1,{\"y\":null}]}\"}",
            "{n: 3, _other: \"{\"n\":4}\"}",
            "{n: null, _other: \"{\"n\":-1}\"}",
        ]
    );
    assert_eq!(
        rows(&name("http", 2, 2)),
        ["{_other: \"{\"a\":1,\"b\":\"\\n\"}\"}", "{_other: null}"]
    );
    assert_eq!((publishing.counts.refused(), publishing.counts.acknowledged()), (1, 7));
    publishing.end();
}

#[test]
fn added_columns_start_new_files() {
    let dir = TempDir::new();
    let mut publishing = Publishing::prepare("parquet");
    declare(&publishing, "conn", &[LogField::new("a", TypeTag::Count)]);
    begin(&mut publishing, config(dir.path()));
    append(&mut publishing, NOW, CONN, "{\"a\":1}");
    publishing.wait();
    let fields = [LogField::new("a", TypeTag::String), LogField::new("b", TypeTag::Port)];
    declare(&publishing, "conn", &fields);
    append(&mut publishing, NOW, CONN, "{\"a\":\"x\",\"b\":2}");
    publishing.wait();
    let files = files(dir.path());
    assert_eq!(files[&name("conn", 2, 1)], ["{a: 1}"]);
    assert_eq!(files[&name("conn", 2, 2)], ["{a: \"x\", b: 2}"]);
    publishing.end();
}

#[test]
fn memory_is_bounded_by_groups_of_rows() {
    let dir = TempDir::new();
    let mut publishing = Publishing::prepare("parquet");
    declare(&publishing, "conn", &[LogField::new("n", TypeTag::Count)]);
    for number in 0..1000 {
        append(&mut publishing, NOW, CONN, &format!("{{\"n\":{number}}}"));
    }
    begin(&mut publishing, ParquetConfig { memory: 1000, ..config(dir.path()) });
    publishing.wait();
    publishing.end();
    let file = dir.path().join(name("conn", 2, 1));
    assert_eq!(numbers(&rows(&file)), (0..1000).collect::<Vec<_>>());
    let reader = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
    assert!(reader.num_row_groups() > 8, "{}", reader.num_row_groups());
}

#[test]
fn too_many_logs_are_written_in_turn() {
    let dir = TempDir::new();
    let mut publishing = Publishing::prepare("parquet");
    for number in 0..1000 {
        let subject = format!("zeek.logs.X.default.l{number}");
        append(&mut publishing, NOW, &subject, &format!("{{\"n\":{number}}}"));
    }
    begin(&mut publishing, config(dir.path()));
    publishing.wait();
    assert_eq!(publishing.counts.acknowledged(), 1000);
    publishing.end();
    assert_eq!(files(dir.path()).len(), 1000);
}

#[test]
fn the_current_hour_is_finished_only_at_the_end() {
    let dir = TempDir::new();
    let mut publishing = Publishing::prepare("parquet");
    declare(&publishing, "conn", &[LogField::new("n", TypeTag::Count)]);
    // Far in the future, so the hour has not ended.
    let later = NOW + HOUR * 24 * 365 * 100;
    append(&mut publishing, NOW, CONN, "{\"n\":1}");
    append(&mut publishing, later, CONN, "{\"n\":2}");
    begin(&mut publishing, config(dir.path()));
    while publishing.counts.position() < 1 {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(files(dir.path()).len(), 1);
    assert_eq!(Folder::new(publishing.folder.path()).positions().unwrap()[0].1, 1);
    let counts = publishing.counts.clone();
    publishing.end();
    assert_eq!((counts.position(), files(dir.path()).len()), (2, 2));
}

#[test]
fn files_that_cannot_be_written_are_written_later() {
    let dir = TempDir::new();
    let mut publishing = Publishing::prepare("parquet");
    declare(&publishing, "conn", &[LogField::new("n", TypeTag::Count)]);
    // There is a file instead of a folder.
    fs::write(dir.path().join("conn"), "").unwrap();
    append(&mut publishing, NOW, CONN, "{\"n\":1}");
    begin(&mut publishing, config(dir.path()));
    let report = publishing.reports.recv_timeout(Duration::from_secs(60)).unwrap();
    let Report::Waiting { reason } = report else { panic!("{report:?}") };
    assert!(reason.contains("conn") && reason.contains("cannot write"), "{reason}");
    assert_eq!(publishing.counts.position(), 0);
    fs::remove_file(dir.path().join("conn")).unwrap();
    publishing.wait();
    assert_eq!(publishing.end().last(), Some(&Report::Working));
    assert_eq!(files(dir.path())[&name("conn", 2, 1)], ["{n: 1}"]);
}
