//! The program `brocomm` and the examples of this package.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;

use crate::pages::checkout;

/// Returns the path of the program. Builds it unless an up-to-date build exists.
pub(crate) fn brocomm() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built().unwrap_or_else(build)).clone()
}

/// The sources of the program.
const SOURCES: [&str; 10] = [
    "Cargo.lock",
    "Cargo.toml",
    "cli/Cargo.toml",
    "cli/src",
    "conformance/src",
    "core/src",
    "core/derive/src",
    "transport/src",
    "transport-std/src",
    "transport-tokio/src",
];

/// Returns an existing build if no source has changed since. Cargo lists the sources only for a
/// build of the program itself, not for its tests.
fn built() -> Option<PathBuf> {
    let program = profile().join("brocomm");
    let made = program.metadata().ok()?.modified().ok()?;
    let changed = SOURCES.map(|source| changed(&checkout().join(source)));
    changed.into_iter().all(|at| at <= made).then_some(program)
}

/// Returns the modification time of a file, or the latest in a folder.
fn changed(path: &Path) -> SystemTime {
    let own = path.metadata().and_then(|it| it.modified()).expect("the sources are there");
    let Ok(entries) = path.read_dir() else { return own };
    let within = entries.map(|entry| changed(&entry.expect("readable").path()));
    within.max().unwrap_or(own)
}

fn build() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--package", "brocomm-cli", "--bin", "brocomm", "--profile", "test"])
        .arg("--message-format=json")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "brocomm does not build");
    let messages = String::from_utf8(output.stdout).expect("cargo's messages are text");
    let executable = messages.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_it = message["target"]["name"] == "brocomm" && message["executable"].is_string();
        is_it.then(|| PathBuf::from(message["executable"].as_str().unwrap_or_default()))
    });
    executable.expect("cargo says where the program is")
}

/// Returns the `PATH` of the reader's terminals, including the folder of `brocomm`.
pub(crate) fn path() -> String {
    let program = brocomm();
    let folder = program.parent().expect("a program is in a folder").display();
    format!("{folder}:{}", std::env::var("PATH").unwrap_or_default())
}

/// Returns the path of an example. Cargo builds the examples before it runs tests, except with
/// `--test`.
pub(crate) fn example(name: &str) -> PathBuf {
    profile().join("examples").join(name)
}

/// Returns cargo's output folder for tests.
fn profile() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its file");
    test.parent().and_then(Path::parent).expect("tests are in `deps`").to_owned()
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[String]) -> Output {
    Command::new(brocomm()).args(arguments).stdin(Stdio::null()).output().expect("brocomm runs")
}
