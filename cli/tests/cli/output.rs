//! Tests that unread output blocks neither the node nor signals.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::support::{Program, brocomm, run, scratch};

/// More bytes than a pipe holds, but not more than an argument may have.
const MUCH: usize = 120_000;

/// A program whose output is no longer read.
struct Stuck {
    child: Child,
    /// Kept open.
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Stuck {
    fn start(arguments: &[&str]) -> Stuck {
        let mut command = brocomm();
        let pipes = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Stuck { child, stdout, stderr }
    }

    fn listening(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().strip_prefix("listening on ").unwrap().to_owned()
    }

    /// Reads the start of the large event. The rest exceeds the pipe's buffer.
    fn gets_stuck(&mut self) {
        let (mut seen, mut byte) = (Vec::new(), [0]);
        while !seen.ends_with(b" event e(xxx") {
            self.stdout.read_exact(&mut byte).unwrap();
            seen.extend(byte);
        }
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    fn error_with(&mut self, text: &str) -> String {
        let mut errors = String::new();
        loop {
            let before = errors.len();
            self.stderr.read_line(&mut errors).unwrap();
            assert!(errors.len() > before, "no {text}: {errors}");
            if errors[before..].contains(text) {
                return errors[before..].to_owned();
            }
        }
    }

    /// Sends SIGTERM, and expects the program to exit even though its output is not read.
    fn ends_in_order(mut self) {
        self.signal("-TERM");
        self.error_with("brocomm: standard output: cannot write: the rest was not read\n");
        assert_eq!(self.child.wait().unwrap().code(), Some(1));
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        // Fails if it has already exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn large() -> String {
    format!("e(\"{}\")", "x".repeat(MUCH))
}

/// Writes the configuration of a node that listens and declares this event.
fn node(test: &str) -> PathBuf {
    let text = "declarations = 'event e(s: string);'\nlisten = true\n\
        listen_interface = '127.0.0.1'\nlisten_port = 0\n\
        [nodes.any]\nhost = '127.0.0.1'\nevents = 'e'\n";
    scratch(test, "node.toml", text.as_bytes())
}

#[test]
fn a_node_with_unread_output_continues() {
    let file = node("output-run");
    let more = ["--no-log", "--metrics=127.0.0.1:0", "--log-level=info"];
    let start = || {
        let mut node = Stuck::start(&[&["run", file.to_str().unwrap()], &more[..]].concat());
        let metrics = node.error_with("metrics are at ");
        let metrics = metrics.trim_end().rsplit('/').nth(1).unwrap().to_owned();
        let address = node.listening();
        let send = move |events: &[String]| {
            run(["send", &address].into_iter().chain(events.iter().map(String::as_str))).code
        };
        assert_eq!(send(&[large()]), 0);
        node.gets_stuck();
        // Other peers are served, and send more than the output buffer holds.
        for _ in 0..2 {
            assert_eq!(send(&vec![large(); 10]), 0);
        }
        let mut stream = TcpStream::connect(metrics).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        node.signal("-USR1");
        node.error_with("events in/out");
        node
    };
    start().ends_in_order();
    let mut node = start();
    node.signal("-TERM");
    node.error_with("terminating...");
    node.signal("-TERM");
    node.error_with("ended without waiting for peers");
    assert_eq!(node.child.wait().unwrap().code(), Some(1));
}

#[test]
fn commands_with_unread_output_exit_on_a_signal() {
    let mut listener = Stuck::start(&["listen", "--on=127.0.0.1:0", "--event=e(string)"]);
    let address = listener.listening();
    assert_eq!(run(["send", &address, &large()]).code, 0);
    listener.gets_stuck();
    listener.ends_in_order();

    let file = node("output-connect");
    let mut peer = Program::start(["run", file.to_str().unwrap(), "--no-log", "--stdin"]);
    let address = peer.line_with("listening on ").replace("listening on ", "");
    let mut connected = Stuck::start(&["connect", &address, "--event=e(string)"]);
    peer.write(&large());
    connected.gets_stuck();
    connected.ends_in_order();
}

#[test]
fn closed_output_ends_the_program_quietly() {
    let file = node("output-closed");
    for arguments in [
        &["listen", "--on=127.0.0.1:0", "--event=e(string)"][..],
        &["run", file.to_str().unwrap(), "--no-log"],
    ] {
        let mut child = Stuck::start(arguments);
        let address = child.listening();
        let Stuck { child: program, stdout, .. } = &mut child;
        // A pipe with a closed read end.
        let (closed, _) = std::io::pipe().unwrap();
        *stdout = BufReader::new(ChildStdout::from(std::os::fd::OwnedFd::from(closed)));
        run(["send", &address, "e(\"a\")"]);
        assert_eq!(program.wait().unwrap().code(), Some(0), "{arguments:?}");
        let mut errors = String::new();
        child.stderr.read_to_string(&mut errors).unwrap();
        assert_eq!(errors, "", "{arguments:?}");
    }
}

#[test]
fn a_listener_without_descriptors_continues_when_some_are_free() {
    for arguments in [
        &["listen", "--on=127.0.0.1:0", "--event=conformance_echo(string)"][..],
        &["bench", "--serve=127.0.0.1:0"],
    ] {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -n 24 && exec \"$0\" \"$@\""]);
        command.arg(env!("CARGO_BIN_EXE_brocomm")).args(arguments);
        let mut listener = Program::spawn(command);
        let address = listener.line_with("listening on ").replace("listening on ", "");
        let many: Vec<TcpStream> = (0..40).map(|_| TcpStream::connect(&address).unwrap()).collect();
        listener.error_with("too many open files; trying again in 1 s\n");
        drop(many);
        // Earlier connections must be closed first.
        let sent = || run(["send", &address, "conformance_echo(\"a\")", "--timeout=100"]).code;
        assert!((0..100).any(|_| sent() == 0), "{arguments:?}");
    }
}
