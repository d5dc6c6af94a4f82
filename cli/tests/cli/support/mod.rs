//! Support for tests that run the program.

mod program;
pub(crate) mod schema;
pub(crate) mod wire;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use brocomm_conformance::{RecordedSession, older_sessions, sessions};

pub(crate) use program::Program;

/// The result of a run.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Returns the exit code, standard output and standard error.
    pub(crate) fn outcome(&self) -> (i32, &str, &str) {
        (self.code, &self.stdout, &self.stderr)
    }
}

/// Returns a command that runs the program.
pub(crate) fn brocomm() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brocomm"));
    command.stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
    let mut command = brocomm();
    let output = command.args(arguments).output().unwrap();
    let stdout = String::from_utf8(output.stdout).expect("the output is text");
    if let Some(schema) = schema_of(&command) {
        stdout.lines().for_each(|line| check_line(&schema, line));
    }
    Run {
        code: output.status.code().expect("no signal ends the program"),
        stdout,
        stderr: String::from_utf8(output.stderr).expect("errors are text"),
    }
}

/// Returns the schema definition for the output lines of a command, if they are JSON.
fn schema_of(command: &Command) -> Option<String> {
    let arguments: Vec<&str> = command.get_args().filter_map(OsStr::to_str).collect();
    let has = |one: &str| arguments.contains(&one);
    let is_json = has("--json")
        || has("--print=json")
        || arguments.windows(2).any(|two| two == ["--print", "json"]);
    let mut words = arguments.iter().filter(|argument| !argument.starts_with('-'));
    let command = *words.next()?;
    // Their JSON output is in files.
    if !is_json || command == "logs" || has("--write-logs") {
        return None;
    }
    Some(match (command, words.next()) {
        (group @ ("config" | "cluster" | "spool"), Some(command)) => format!("{group}_{command}"),
        ("decode", _) if has("--summary") => "decode_summary".to_owned(),
        ("decode", _) if has("--verify") => "decode_verify".to_owned(),
        ("decode", _) if has("--state") => "decode_state".to_owned(),
        _ => command.to_owned(),
    })
}

/// Checks a JSON line against the schema in the book.
fn check_line(schema: &str, line: &str) {
    let value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    schema::check(schema, &value).unwrap_or_else(|why| panic!("{why}"));
}

/// Returns a recorded session.
pub(crate) fn session(name: &str) -> RecordedSession {
    sessions().into_iter().find(|session| session.name() == name).expect(name)
}

/// Returns the recorded sessions without protocol violations.
pub(crate) fn good_sessions() -> impl Iterator<Item = RecordedSession> {
    let bad = |name: &str| name.starts_with("fault-") || name.starts_with("refuse-");
    let all = [sessions(), older_sessions()].concat();
    all.into_iter().filter(move |session| !bad(session.name()))
}

/// Returns those of Bro 2.5.5, which prints values as brocomm does.
pub(crate) fn good_sessions_of_2_5() -> impl Iterator<Item = RecordedSession> {
    let older = |name: &str| name.starts_with("bro-2.") || name.starts_with("mix-");
    good_sessions().filter(move |session| !older(session.name()))
}

/// Returns the recorded sessions with protocol violations.
pub(crate) fn fault_sessions() -> impl Iterator<Item = RecordedSession> {
    sessions().into_iter().filter(|session| session.name().starts_with("fault-"))
}

/// Returns the files of all connections of a session, in order.
pub(crate) fn files(session: &RecordedSession) -> Vec<PathBuf> {
    let first = session.recording_path();
    let further = session.expectation().unwrap().further_connections;
    let further: Vec<PathBuf> = further.iter().map(|name| first.with_file_name(name)).collect();
    [vec![first], further].concat()
}

/// Decodes several recordings without errors, in one process. Returns the text about each by path.
pub(crate) fn decode_all(form: &[&str], files: &[PathBuf]) -> BTreeMap<PathBuf, String> {
    let form = ["decode"].iter().chain(form).map(PathBuf::from);
    let run = run(form.chain(files.iter().cloned()));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let mut texts: BTreeMap<_, _> =
        files.iter().map(|file| (file.clone(), String::new())).collect();
    let mut at = None;
    for line in run.stdout.lines() {
        match line.strip_suffix(':').map(PathBuf::from).filter(|file| texts.contains_key(file)) {
            Some(file) => at = Some(file),
            None => {
                let text = texts.get_mut(at.as_ref().expect("a heading comes first")).unwrap();
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    texts
}

/// Writes a file for a test with this name, in its own directory.
pub(crate) fn scratch(test: &str, file: &str, content: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(file);
    std::fs::write(&path, content).unwrap();
    path
}

/// Returns an address with a closed port.
pub(crate) fn closed_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Returns the path of a directory for this test that does not exist.
pub(crate) fn no_folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    // May exist from a previous run.
    let _ = std::fs::remove_dir_all(&folder);
    folder
}
