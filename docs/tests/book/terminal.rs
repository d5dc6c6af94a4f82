//! The terminal of a reader who follows the book.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use regex::Regex;

use crate::program;

/// The time limit for an expected line.
const PATIENCE: Duration = Duration::from_secs(120);

/// A shell with a pipe for its input.
pub(crate) struct Terminal {
    name: String,
    shell: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    /// Output that no expectation has consumed yet.
    unread: VecDeque<String>,
    /// All output, for error messages.
    shown: Vec<String>,
}

impl Terminal {
    /// Opens a terminal in a folder, with `brocomm` in its `PATH` and the given home directory.
    pub(crate) fn open(name: &str, folder: &Path, home: &Path) -> Terminal {
        // A shell cannot trap a signal that was ignored when it started, as happens when the tests
        // run in the background.
        let mut shell = Command::new("env")
            .args(["--default-signal=INT", "bash", "--norc", "--noprofile"])
            .current_dir(folder)
            .env("HOME", home)
            .env("PATH", program::path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("there is a bash");
        let output = BufReader::new(shell.stdout.take().expect("it is piped"));
        let input = shell.stdin.take().expect("it is piped");
        let (sender, lines) = channel();
        thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|l| sender.send(l))
        });
        let mut terminal = Terminal {
            name: name.to_owned(),
            shell,
            input,
            lines,
            unread: VecDeque::new(),
            shown: Vec::new(),
        };
        // A terminal shows both outputs. Ctrl-C ends the running command, not the shell.
        terminal.type_in("exec 2>&1; trap 'echo interrupted' INT\n");
        terminal
    }

    /// Types text.
    pub(crate) fn type_in(&mut self, text: &str) {
        self.shown.push(format!("> {}", text.trim_end().replace('\n', "\n> ")));
        self.input.write_all(text.as_bytes()).expect("the shell reads");
    }

    /// Presses Ctrl-C and waits until the running command has exited. It must have succeeded, or
    /// have the exit code for failed lines on standard input.
    pub(crate) fn interrupt(&mut self) {
        let failed = |line: &String| line.starts_with("brocomm: standard input: line ");
        let status = if self.shown.iter().any(failed) { "1" } else { "0" };
        self.signal("-INT");
        self.expect("interrupted");
        self.finish_with(status);
    }

    /// Waits for lines in this order. Other lines may appear between them.
    pub(crate) fn expect(&mut self, wanted: &str) {
        for wanted in wanted.lines().filter(|line| !line.trim().is_empty() && *line != "...") {
            while !matches(wanted, &self.next(wanted)) {}
        }
    }

    /// Returns the next line.
    fn next(&mut self, wanted: &str) -> String {
        let line = match self.unread.pop_front() {
            Some(line) => line,
            None => self.read(wanted),
        };
        self.shown.push(line.clone());
        line
    }

    fn read(&self, wanted: &str) -> String {
        self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            let (name, shown) = (&self.name, self.shown.join("\n"));
            panic!("{name}: `{wanted}` is missing from the output:\n{shown}")
        })
    }

    /// Waits until all typed commands are done. The last one must have succeeded.
    pub(crate) fn finish(&mut self) {
        self.finish_with("0");
    }

    fn finish_with(&mut self, wanted: &str) {
        self.unread.clear();
        self.type_in("echo done: $?\n");
        loop {
            let line = self.read("done: 0");
            match line.strip_prefix("done: ") {
                Some(status) if status == wanted => return,
                Some(status) => {
                    let unread = Vec::from(std::mem::take(&mut self.unread)).join("\n");
                    panic!("{}: status {status}:\n{}\n{unread}", self.name, self.shown.join("\n"));
                }
                None => self.unread.push_back(line),
            }
        }
    }

    fn signal(&self, signal: &str) {
        let group = format!("-{}", self.shell.id());
        // Fails if it has already exited.
        let _ = Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.signal("-KILL");
        let _ = self.shell.wait();
    }
}

/// Returns whether a line matches the one in the book, except for times, ports, and what the book
/// leaves out with `…`.
fn matches(book: &str, line: &str) -> bool {
    let parts: Vec<String> = plain(book).trim_end().split('…').map(regex::escape).collect();
    regex(&format!("^{}$", parts.join(".*"))).is_match(plain(line).trim_end())
}

/// Returns a line without the parts that differ between runs.
fn plain(line: &str) -> String {
    static TIME: LazyLock<Regex> = LazyLock::new(|| regex(r"[0-9]{10}\.[0-9]{6}"));
    static PORT: LazyLock<Regex> = LazyLock::new(|| regex(r"127\.0\.0\.1:[0-9]{4,5}"));
    static TRIP: LazyLock<Regex> =
        LazyLock::new(|| regex(r"[0-9]+\.[0-9]{3}/.* ms|[0-9]+\.[0-9]{3} ms"));
    let line = TIME.replace_all(line, "TIME");
    let line = PORT.replace_all(&line, "127.0.0.1:PORT");
    TRIP.replace_all(&line, "TRIP").into_owned()
}

fn regex(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

#[test]
fn lines_are_compared_without_times_and_ports() {
    for (book, line, same) in [
        ("a b", "a b", true),
        ("a b", "a b c", false),
        ("1500000000.000001 127.0.0.1:4711 x", "1795411172.758356 127.0.0.1:40256 x", true),
        ("1500000000.000001 10.0.0.1 x", "1500000000.000001 10.0.0.2 x", false),
        ("a … c", "a b c", true),
        ("a …", "a b c", true),
        ("a … c", "a b c d", false),
        ("… c", "a b d", false),
    ] {
        assert_eq!(matches(book, line), same, "{book} {line}");
    }
}
