//! Tests of `brocomm decode --write-logs` with every recorded session that has logs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Run, brocomm, no_folder, run, scratch, session};
use brocomm_conformance::Side;
use brocomm_conformance::testing::without_times;
use serde_json::Value;

/// The sessions with logs, and the side that received them.
const LOG_SESSIONS: [(&str, Side, &[&str]); 5] = [
    ("bro-bro-logs", Side::Connector, &["all_types", "communication", "mini"]),
    ("bro-bro-logs-compress", Side::Connector, &["all_types", "communication", "mini"]),
    ("bro-bro-logs-to-listener", Side::Listener, &["all_types", "communication", "mini"]),
    (
        "bro-bro-logs-conn",
        Side::Connector,
        &["communication", "conn", "files", "http", "packet_filter", "reporter"],
    ),
    (
        "bro-bro-logs-conn-long",
        Side::Connector,
        &["communication", "http", "packet_filter", "reporter"],
    ),
];

fn write_logs(folder: &Path, recording: &Path, more: &[&Path]) -> Run {
    let mut arguments = vec![Path::new("decode"), Path::new("--write-logs"), folder, recording];
    arguments.extend(more);
    run(arguments)
}

fn run_decode(recording: &Path) -> Run {
    run([Path::new("decode"), recording])
}

fn read(folder: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let named = |entry: fs::DirEntry| {
        let text = fs::read_to_string(entry.path()).unwrap();
        (entry.file_name().into_string().unwrap(), text)
    };
    files.map(named).collect()
}

#[test]
fn files_equal_those_of_the_real_receiver() {
    for (name, side, paths) in LOG_SESSIONS {
        let (session, folder) = (session(name), no_folder(name));
        let run = write_logs(&folder, &session.recording_path(), &[]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{name}");
        let expectation = session.expectation().unwrap();
        let real = match side {
            Side::Connector => expectation.connector.logs,
            Side::Listener => expectation.listener.logs,
        };
        let ours = read(&folder);
        let expected: Vec<String> = paths.iter().map(|path| format!("{path}.log")).collect();
        assert!(ours.keys().eq(&expected), "{name}: {:?}", ours.keys());
        for (file, text) in ours {
            assert!(run.stdout.contains(&file), "{}", run.stdout);
            let (ours, real) = (without_times(&text), without_times(&real[&file]));
            if matches!(&*file, "communication.log" | "reporter.log") {
                // The receiver wrote its own lines into these files too.
                let mut lines = real.lines();
                for line in ours.lines() {
                    assert!(lines.any(|real| real == line), "{name}: {file}: {line}");
                }
            } else {
                assert_eq!(ours, real, "{name}: {file}");
            }
        }
    }
}

#[test]
fn numbers_get_names_from_a_file() {
    let (folder, names) =
        (no_folder("log-names"), "stream 14 Mini::LOG\nstream 12 Communication::LOG");
    let names = scratch("log-names-map", "names.txt", names.as_bytes());
    let recording = session("bro-bro-logs").recording_path();
    let run = write_logs(&folder, &recording, &[Path::new("--log-names"), &names]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let shown = folder.display();
    assert_eq!(
        run.stdout,
        format!(
            "{shown}/communication.log: 3 entries of Communication::LOG by Log::WRITER_ASCII\n\
             {shown}/all_types.log: 2 entries of log-13 by Log::WRITER_ASCII\n\
             {shown}/mini.log: 3 entries of Mini::LOG by Log::WRITER_ASCII\n"
        )
    );
    let bad = scratch("log-names-map", "bad.txt", b"stream 14\n");
    let run = write_logs(&folder, &recording, &[Path::new("--log-names"), &bad]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("bad.txt: cannot use names of logs: line 1 is"), "{}", run.stderr);
    let none = no_folder("log-names-none");
    let run = write_logs(&folder, &recording, &[Path::new("--log-names"), &none]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains(": cannot read names of logs: no such file"), "{}", run.stderr);
}

/// Writes a recording in which the listener sends a VERSION and these log messages.
fn recording(test: &str, messages: &[(u8, &str)]) -> PathBuf {
    let version = "0000000801000000000000000000001100000007000003e80000001a0000000000".to_owned();
    let message = |(ty, argument): &(u8, &str)| {
        format!("00000008{ty:02x}00000000000000{:08x}{argument}", argument.len() / 2)
    };
    let hex = version + &messages.iter().map(message).collect::<String>();
    let text = format!("{{\"t\": 0.0, \"from\": \"listener\", \"hex\": \"{hex}\"}}\n");
    scratch(test, "made.jsonl", text.as_bytes())
}

/// Returns a LOG_CREATE_WRITER for a stream with one count column.
fn writer(stream: u8, path: &str) -> String {
    writer_of(1, stream, path, &[])
}

#[test]
fn logs_with_the_same_path_get_separate_files() {
    let (one, other) = (writer(1, "x"), writer(2, "x"));
    // An entry 5 for the second writer, and an entry 6 for an unknown third one.
    let entries = "0000000200000001 0000000178 00000001 00000003 01 0000000000000005\
        0000000300000001 0000000178 00000001 00000003 01 0000000000000006"
        .replace(' ', "");
    let recording = recording("log-paths", &[(0x18, &one), (0x18, &other), (0x19, &entries)]);
    let folder = no_folder("log-paths-out");
    let run = write_logs(&folder, &recording, &[]);
    assert_eq!(run.code, 1);
    let problem = "listener: message at byte 185: entry of log-3 for x dropped: unknown writer\n";
    assert!(run.stderr.ends_with(problem), "{}", run.stderr);
    let logs = read(&folder);
    assert!(logs.keys().eq(["x-2.log", "x.log"]));
    assert_eq!(logs["x-2.log"].lines().filter(|line| *line == "5").count(), 1);
    assert_eq!(logs["x.log"].lines().filter(|line| !line.starts_with('#')).count(), 0);
}

/// The same with a writer kind and options.
fn writer_of(kind: u8, stream: u8, path: &str, options: &[(&str, &str)]) -> String {
    let text = |text: &str| {
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        format!("{:08x}{hex}", text.len())
    };
    let number = options.len();
    let options: String = options.iter().map(|(key, value)| text(key) + &text(value)).collect();
    let zeros = "00".repeat(24);
    format!(
        "000000{stream:02x}000000{kind:02x}00000001{}{zeros}{number:08x}{options}\
         00{}000000030000000000",
        text(path),
        text("n")
    )
}

/// Returns an entry 5 for a writer.
fn entry_of(kind: u8, stream: u8, path: &str) -> String {
    let hex: String = path.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "000000{stream:02x}000000{kind:02x}{:08x}{hex}0000000100000003010000000000000005",
        path.len()
    )
}

#[test]
fn a_path_cannot_leave_the_folder() {
    let paths = ["../x", "y", "sub/dir", "sub%2Fdir", "with space", "\u{e9}t", "Y", "", "/etc/x"];
    let mut messages = Vec::new();
    for path in paths {
        messages.push((0x18, writer(1, path)));
        messages.push((0x19, entry_of(1, 1, path)));
    }
    let messages: Vec<_> = messages.iter().map(|(ty, text)| (*ty, text.as_str())).collect();
    let recording = recording("log-escape", &messages);
    let folder = no_folder("log-escape-out");
    let run = write_logs(&folder, &recording, &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let expected = format!("log ../x is written to {}/%2E.%2Fx.log\n", folder.display());
    assert!(run.stderr.contains(&expected), "{}", run.stderr);
    let logs = read(&folder);
    let names = [
        "%.log",
        "%2E.%2Fx.log",
        "%2Fetc%2Fx.log",
        "Y-2.log",
        "sub%252Fdir.log",
        "sub%2Fdir.log",
        "with space.log",
        "y.log",
        "\u{e9}t.log",
    ];
    assert!(logs.keys().eq(&names), "{:?}", logs.keys());
    for (name, text) in logs {
        assert_eq!(text.lines().filter(|line| *line == "5").count(), 1, "{name}");
    }
    assert!(!folder.with_file_name("x.log").exists());
}

#[test]
fn logs_that_bros_writer_refuses_are_reported() {
    let cases = [
        (1, "ascii", &[][..]),
        (1, "empty", &[("unset_field", ""), ("empty_field", "")]),
        (2, "nothing", &[]),
        (3, "base", &[("tablename", "x")]),
        (9, "other", &[]),
        (1, "bad", &[("tsv", "yes")]),
        (1, "badj", &[("use_json", "T"), ("json_timestamps", "nonsense")]),
    ];
    let mut messages = Vec::new();
    for (kind, path, options) in cases {
        messages.push((0x18, writer_of(kind, 1, path, options)));
        messages.push((0x19, entry_of(kind, 1, path)));
    }
    let written = |test: &str, messages: &[(u8, String)], names: &str| {
        let messages: Vec<_> = messages.iter().map(|(ty, text)| (*ty, text.as_str())).collect();
        let names = scratch(test, "names.txt", names.as_bytes());
        let folder = no_folder(&format!("{test}-out"));
        let run =
            write_logs(&folder, &recording(test, &messages), &[Path::new("--log-names"), &names]);
        (run, read(&folder))
    };
    let (run, logs) = written("log-writers", &messages, "writer 9 Log::WRITER_KAFKA\n");
    assert_eq!(run.code, 1);
    assert!(
        logs.keys().eq(["ascii.log", "base.log", "empty.log", "other.log"]),
        "{:?}",
        logs.keys()
    );
    assert!(
        logs["empty.log"].contains("#empty_field\t\n#unset_field\t\n"),
        "{}",
        logs["empty.log"]
    );
    for line in [
        "nothing: 1 entry of log-1 by Log::WRITER_NONE, which writes nothing\n",
        "bad: 1 entry of log-1 by Log::WRITER_ASCII, left out\n",
        "badj: 1 entry of log-1 by Log::WRITER_ASCII, left out\n",
        "base.log: 1 entry of log-1 by Log::WRITER_SQLITE\n",
        "other.log: 1 entry of log-1 by Log::WRITER_KAFKA\n",
    ] {
        assert!(run.stdout.contains(line), "{line}{}", run.stdout);
    }
    // The first log that differs from what its sender requested.
    let expected = "log base: its sender's writer is Log::WRITER_SQLITE; base.log has the format of \
                Bro's ASCII logs\n";
    assert!(run.stderr.ends_with(expected), "{}", run.stderr);
    for (at, expected) in [
        (10, "log bad: option tsv is \"yes\", must be \"T\" or \"F\""),
        (12, "log badj: option json_timestamps is \"nonsense\", must be JSON::TS_EPOCH, "),
    ] {
        let (run, logs) = written("log-writer", &messages[at..at + 2], "");
        assert_eq!((run.code, logs.len()), (1, 0));
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    }
    // Writers without a known name get the user's name.
    let (run, logs) = written("log-writer", &messages[8..10], "writer 9 Log::WRITER_NONE\n");
    assert_eq!((run.code, run.stderr.as_str(), logs.len()), (0, "", 0));
    let (run, logs) = written("log-writer", &messages[4..6], "writer 2 Log::WRITER_ASCII\n");
    assert_eq!((run.code, run.stderr.as_str(), logs.len()), (0, "", 1));
}

#[test]
fn a_malformed_message_ends_the_logs_of_its_sender() {
    let entries = "0000000100000001 0000000178 00000001 00000003 01 0000000000000005\
        0000000100000001 0000000178 00000001 0000001a 01"
        .replace(' ', "");
    let log = writer(1, "x");
    let recording =
        recording("log-malformed", &[(0x18, &log), (0x19, &entries), (0x18, &writer(1, "late"))]);
    let folder = no_folder("log-malformed-out");
    let run = write_logs(&folder, &recording, &[]);
    assert_eq!(run.code, 1);
    assert_eq!(run.stderr.matches("LOG_WRITE: type 26 in a log (at byte ").count(), 1);
    let decoded = run_decode(&recording);
    assert_eq!((decoded.code, decoded.stderr), (1, run.stderr));
    assert!(decoded.stdout.contains("LOG_WRITE          ERROR: LOG_WRITE: type 26"));
    let logs = read(&folder);
    assert!(logs.keys().eq(["x.log"]));
    assert!(logs["x.log"].contains("\n5\n#close\t"));
}

#[test]
fn files_can_be_json() {
    let (file, folder) = (session("bro-bro-logs").recording_path(), no_folder("log-json"));
    let run = write_logs(&folder, &file, &[Path::new("--json")]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let logs = read(&folder);
    assert!(logs.keys().eq(["all_types.log", "communication.log", "mini.log"]));
    let lines: Vec<Value> =
        logs["mini.log"].lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.iter().all(|line| line.is_object()), "{lines:?}");
}

#[test]
fn the_options_of_bros_writer_are_applied() {
    let (file, folder) = (session("bro-bro-logs").recording_path(), no_folder("log-columns"));
    let options =
        ["--separator", ";", "--set-separator", "|", "--empty-field", "", "--unset-field", ""];
    let run = write_logs(&folder, &file, &options.map(Path::new));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let log = &read(&folder)["all_types.log"];
    let head = "#separator ;\n#set_separator;|\n#empty_field;\n#unset_field;\n";
    assert!(log.starts_with(head), "{log}");
    let usual = no_folder("log-columns-usual");
    assert_eq!(write_logs(&usual, &file, &[]).code, 0);
    let usual = read(&usual).remove("all_types.log").unwrap();
    assert!(usual.contains("\t-") && usual.contains("(empty)"), "{usual}");
    let entries = |log: &str| log.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(entries(log), entries(&usual));
    assert!(!log.contains("(empty)") && !log.contains("\t"), "{log}");
}

#[test]
fn writer_options_are_checked_before_anything_is_written() {
    let (file, folder) = (session("bro-bro-logs").recording_path(), no_folder("log-columns-bad"));
    for options in [["--separator", ""], ["--separator", ","], ["--unset-field", "a,b"]] {
        let run = write_logs(&folder, &file, &options.map(Path::new));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{options:?}");
        assert!(run.stderr.contains(options[0]), "{}", run.stderr);
    }
    // JSON has no separators, and without --write-logs there are no files.
    let json = write_logs(&folder, &file, &["--json", "--unset-field", "x"].map(Path::new));
    assert_eq!(json.code, 2);
    let run = run([Path::new("decode"), &file, Path::new("--unset-field"), Path::new("x")]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--write-logs"), "{}", run.stderr);
    assert!(!folder.exists());
}

#[test]
fn usage_errors_are_reported() {
    let (file, folder) = (session("bro-bro-logs").recording_path(), no_folder("log-misuse"));
    let twice = write_logs(&folder, &file, &[&file]);
    assert_eq!(twice.code, 2);
    assert!(twice.stderr.contains("--write-logs takes one FILE, 2 given"), "{}", twice.stderr);
    for option in ["--state", "--summary", "--verify"] {
        assert_eq!(write_logs(&folder, &file, &[Path::new(option)]).code, 2, "{option}");
    }
    assert!(!folder.exists());
    // A file instead of the directory.
    let taken = write_logs(&scratch("log-taken", "file", b""), &file, &[]);
    assert_eq!((taken.code, taken.stdout.as_str()), (1, ""));
    assert!(taken.stderr.contains("cannot create folder"), "{}", taken.stderr);
    let none = write_logs(&folder, &session("broccoli-enum").recording_path(), &[]);
    assert_eq!((none.code, none.stdout.as_str()), (0, "no logs\n"));
}

#[test]
fn times_are_local_unless_utc_is_given() {
    let (file, folder) = (session("bro-bro-logs").recording_path(), no_folder("log-utc"));
    let hour = |more: &[&str]| {
        let mut command = brocomm();
        command.env("TZ", "XYZ-9").arg("decode").arg(&file).arg("--write-logs").arg(&folder);
        assert!(command.args(more).output().unwrap().status.success());
        let log = read(&folder).remove("mini.log").unwrap();
        let open = log.lines().find_map(|line| line.strip_prefix("#open\t")).unwrap().to_owned();
        open[11..13].parse::<u32>().unwrap()
    };
    let (local, utc) = (hour(&[]), hour(&["--utc"]));
    // The difference may be one hour off if an hour ended meanwhile.
    assert!([9, 8].contains(&((24 + local - utc) % 24)), "{local} {utc}");
}
