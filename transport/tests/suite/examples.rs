//! Runs the examples of a transport. Cargo builds them with the tests.

use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running example, killed at the end of the test.
struct Example {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Example {
    fn start(name: &str, args: &[&str]) -> Example {
        let mut command = Command::new(path(name));
        let child = command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| {
            panic!("{}: {error}; `cargo build --examples` makes it", path(name).display())
        });
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Example { child, lines }
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("it prints another line").unwrap()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // Fails if it has already exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn path(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    profile.join("examples").join(name)
}

/// Runs an example to completion and compares its output.
fn prints(name: &str, expected: &[&str]) {
    let mut example = Example::start(name, &[]);
    let lines: Vec<String> = example.lines.by_ref().map(Result::unwrap).collect();
    assert_eq!(lines, expected);
    assert!(example.child.wait().unwrap().success());
}

pub(crate) fn table(name: &str) {
    let last = ["10.0.0.1 is blocked: it scans", "10.0.0.1 is no longer blocked"];
    prints(name, &last);
}

pub(crate) fn logs(name: &str) {
    prints(name, &["scans of 127.0.0.1", "host: 10.0.0.1", "ports: 443"]);
}

pub(crate) fn request(name: &str) {
    prints(name, &["the reputation of 10.0.0.1 is unknown"]);
}

pub(crate) fn client_and_server(client: &str, server: &str) {
    let mut server = Example::start(server, &["127.0.0.1:0"]);
    let first = server.line();
    let address = first.strip_prefix("listening on ").expect("it prints its address");
    let mut client = Example::start(client, &[address]);
    assert_eq!(client.line(), "sensor saw 10.0.0.1 scan 443 ports");
    assert_eq!(server.line(), "127.0.0.1 blocks 10.0.0.1");
}
