//! Programs that run during a test.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Lines, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};
use std::thread;

use super::{Run, brocomm, check_line, schema_of};

/// A running program, killed at the end of the test.
pub(crate) struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Lines<BufReader<Box<dyn Read + Send>>>,
    stderr: BufReader<ChildStderr>,
    /// The standard error read so far.
    errors: String,
    /// The schema definition of its lines, if they are JSON.
    schema: Option<String>,
}

impl Program {
    pub(crate) fn start(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Program {
        let mut command = brocomm();
        command.args(arguments);
        Program::spawn(command)
    }

    pub(crate) fn spawn(mut command: Command) -> Program {
        let schema = schema_of(&command);
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = pipes.stderr(Stdio::piped()).spawn().unwrap();
        let stdout: Box<dyn Read + Send> = Box::new(child.stdout.take().unwrap());
        let lines = BufReader::new(stdout).lines();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Program { stdin: child.stdin.take(), child, lines, stderr, errors: String::new(), schema }
    }

    /// Starts a listener and returns it with its address.
    pub(crate) fn listen(arguments: &[&str]) -> (Program, String) {
        let mut listener = Program::start([&["listen", "--on", "127.0.0.1:0"], arguments].concat());
        let first = listener.line();
        let address = first.strip_prefix("listening on ").unwrap_or_else(|| panic!("{first}"));
        (listener, address.to_owned())
    }

    /// Returns the next line of output.
    pub(crate) fn line(&mut self) -> String {
        self.next_line().expect("a line comes before the end")
    }

    fn next_line(&mut self) -> Option<String> {
        let line = self.lines.next()?.unwrap();
        if let Some(schema) = &self.schema {
            check_line(schema, &line);
        }
        Some(line)
    }

    /// Returns the first line that contains a text.
    pub(crate) fn line_with(&mut self, text: &str) -> String {
        loop {
            let line = self.next_line().unwrap_or_else(|| panic!("no {text}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Waits for a line on standard error that contains a text, and returns it.
    pub(crate) fn error_with(&mut self, text: &str) -> String {
        loop {
            let line = self.error().unwrap_or_else(|| panic!("no {text}: {}", self.errors));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Returns the next line on standard error with its line end, or `None` at the end.
    pub(crate) fn error(&mut self) -> Option<String> {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        self.errors += &line;
        (!line.is_empty()).then_some(line)
    }

    /// Returns the first line that contains a text, without the time and the peer.
    pub(crate) fn notice_with(&mut self, text: &str) -> String {
        self.line_with(text).splitn(3, ' ').nth(2).unwrap().to_owned()
    }

    /// Returns the lines up to the end.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.next_line()).collect()
    }

    /// Writes a line to its standard input.
    pub(crate) fn write(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Closes its standard input.
    pub(crate) fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Reads the rest of its output elsewhere, so that the program never waits for a reader.
    pub(crate) fn ignore_output(&mut self) {
        let nothing: Box<dyn Read + Send> = Box::new(io::empty());
        let lines = std::mem::replace(&mut self.lines, BufReader::new(nothing).lines());
        thread::spawn(move || lines.for_each(drop));
    }

    /// Takes its standard input, to be written elsewhere.
    pub(crate) fn take_input(&mut self) -> ChildStdin {
        self.stdin.take().unwrap()
    }

    /// Returns its process id.
    #[cfg(unix)]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let mut kill = Command::new("kill");
        assert!(kill.args([signal, &id]).status().unwrap().success());
    }

    /// Waits until the program exits. The output is the part that was not read before.
    pub(crate) fn end(mut self) -> Run {
        let stdout = self.rest().into_iter().map(|line| line + "\n").collect();
        let mut stderr = std::mem::take(&mut self.errors);
        self.stderr.read_to_string(&mut stderr).unwrap();
        let code = self.child.wait().unwrap().code().expect("no signal ends the program");
        Run { code, stdout, stderr }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails if it has already exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
