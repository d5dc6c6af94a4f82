//! Runs the program as a user does.

mod program;
pub(crate) mod wire;

use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use brocomm_conformance::{Session, sessions};

pub(crate) use program::Program;

/// How a run of the program ended.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Returns the exit code, standard output and standard error.
    pub(crate) fn told(&self) -> (i32, &str, &str) {
        (self.code, &self.stdout, &self.stderr)
    }
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

/// Returns an address on which nobody listens any more.
pub(crate) fn closed_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Returns a folder for a test of this name that isn't there.
pub(crate) fn no_folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    // It may be left from the run before.
    let _ = std::fs::remove_dir_all(&folder);
    folder
}
