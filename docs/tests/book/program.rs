//! The program `brocomm`, and the examples of this package.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// Returns the program, as cargo builds it for tests; its own tests have usually built it before.
pub(crate) fn brocomm() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(build).clone()
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
    let test = std::env::current_exe().expect("a test knows its file");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("tests are in `deps`");
    profile.join("examples").join(name)
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[String]) -> Output {
    Command::new(brocomm()).args(arguments).stdin(Stdio::null()).output().expect("brocomm runs")
}
