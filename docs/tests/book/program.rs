//! The program `brocomm`, and the examples of this package.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// Returns the program: as it was built for its own tests, or else as cargo builds it now.
pub(crate) fn brocomm() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built().unwrap_or_else(build)).clone()
}

/// Returns the program that is there, if nothing of what it was made of has changed since.
fn built() -> Option<PathBuf> {
    let program = profile().join("brocomm");
    let changed = |path: &Path| path.metadata().ok()?.modified().ok();
    let made = changed(&program)?;
    let sources = std::fs::read_to_string(program.with_extension("d")).ok()?;
    let mut sources = shlex::split(sources.split_once(": ")?.1)?.into_iter();
    sources.all(|source| changed(source.as_ref()).is_some_and(|at| at <= made)).then_some(program)
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

/// Returns the folders in which a reader's programs are, with that of `brocomm`.
pub(crate) fn path() -> String {
    let program = brocomm();
    let folder = program.parent().expect("a program is in a folder").display();
    format!("{folder}:{}", std::env::var("PATH").unwrap_or_default())
}

/// Returns an example, which cargo builds before it runs tests, unless it is told `--test`.
pub(crate) fn example(name: &str) -> PathBuf {
    profile().join("examples").join(name)
}

/// Returns the folder into which cargo puts what it builds for tests.
fn profile() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its file");
    test.parent().and_then(Path::parent).expect("tests are in `deps`").to_owned()
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[String]) -> Output {
    Command::new(brocomm()).args(arguments).stdin(Stdio::null()).output().expect("brocomm runs")
}
