//! Runs the program as a user does.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use brocomm_conformance::{Session, sessions};

/// How a run of the program ended.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Makes a command that runs the program.
pub(crate) fn brocomm() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brocomm"));
    command.stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
    let output = brocomm().args(arguments).output().unwrap();
    Run {
        code: output.status.code().expect("no signal ends the program"),
        stdout: String::from_utf8(output.stdout).expect("the output is text"),
        stderr: String::from_utf8(output.stderr).expect("errors are text"),
    }
}

/// Returns a carried session.
pub(crate) fn session(name: &str) -> Session {
    sessions().into_iter().find(|session| session.name() == name).expect(name)
}

/// Returns the carried sessions in which nobody broke the protocol.
pub(crate) fn good_sessions() -> impl Iterator<Item = Session> {
    sessions().into_iter().filter(|session| !session.name().starts_with("fault-"))
}

/// Returns the carried sessions in which a peer did something wrong.
pub(crate) fn fault_sessions() -> impl Iterator<Item = Session> {
    sessions().into_iter().filter(|session| session.name().starts_with("fault-"))
}

/// Returns the files of all connections of a session, in order.
pub(crate) fn files(session: &Session) -> Vec<PathBuf> {
    let first = session.recording_path();
    let further = session.expectation().unwrap().further_connections;
    let further: Vec<PathBuf> = further.iter().map(|name| first.with_file_name(name)).collect();
    [vec![first], further].concat()
}

/// Writes a file for a test of this name, in a folder of its own.
pub(crate) fn scratch(test: &str, file: &str, content: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(file);
    std::fs::write(&path, content).unwrap();
    path
}
