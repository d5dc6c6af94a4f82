//! Runs the examples. Cargo builds them with the tests.

use std::path::{Path, PathBuf};
use std::process::Command;

fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    profile.join("examples").join(name)
}

/// Runs an example to completion and returns its output.
fn printed(name: &str) -> String {
    let program = example(name);
    let build = format!("{} runs: cargo build -p brocomm --examples", program.display());
    let output = Command::new(program).output().expect(&build);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn two_connections_over_buffers() {
    assert_eq!(
        printed("buffers"),
        "sensor: Running, manager: Running\n\
         manager: scan_seen(10.0.0.1, 443)\n\
         sensor: block(10.0.0.1)\n"
    );
}

#[cfg(unix)]
#[test]
fn two_connections_over_a_unix_socket() {
    let printed = printed("unix_socket");
    assert!(printed.contains("\nmanager: Event("), "{printed}");
    assert!(printed.contains("\nmanager: Closed(ClosedByUs)\n"), "{printed}");
}
