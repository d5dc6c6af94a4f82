//! Implementations that are started when they are wanted.

use std::io;
use std::net::{SocketAddr, TcpStream};
#[cfg(unix)]
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Connecting, Entry, Implementation, Listening, Role};

/// Runs a command until it ends or standard input does, which is a pipe from this process: then all
/// that the command has started is ended. The shell is the leader of a process group of its own.
const SHELL: &str = r#"
exec 3<&0
eval "$1" </dev/null 3<&- &
command=$!
{ read -r _; kill -KILL 0; } <&3 &
wait "$command"
"#;

/// How often to look whether it listens yet, or has ended.
const LOOK: Duration = Duration::from_millis(20);

/// How long one may take to end that has come to harm: its connections are closed a little before.
const ENDS: Duration = Duration::from_millis(100);

/// Is an implementation that is started by a command for the shell.
///
/// One that listens is started when there is none, so that a case that ends it fails alone. One that
/// connects is started for each connection, and ended after the case: it need not connect again by
/// itself. It may end when its connection does, but then in order: a signal, or an exit code other
/// than 0, says that it came to harm. It is told in its environment what to do:
/// `CONFORMANCE_ADDRESS` is where to connect to, `CONFORMANCE_CLASS` the class to send.
///
/// All that the command starts ends with it, and when this process does, however that ends; it may
/// not go into the background. If there is no connection for the first case, the command is not
/// tried again: every case says at once why there was none.
#[derive(Debug)]
pub struct Started {
    processes: Processes,
    kind: Kind,
    served: Served,
}

#[derive(Debug)]
enum Kind {
    Listens(Listening),
    Connects(Connecting),
}

/// Says whether a connection was ever opened.
#[derive(Debug)]
enum Served {
    NotYet,
    Yes,
    /// It won't be; why.
    Never(String),
}

impl Started {
    /// Makes it of a command for the shell that starts an implementation that listens there.
    pub fn listening(command: impl Into<String>, address: SocketAddr) -> Started {
        Started::new(command.into(), Kind::Listens(Listening::at(address)))
    }

    /// Makes it of a command for the shell that starts an implementation that connects.
    pub fn connecting(command: impl Into<String>, to: Connecting) -> Started {
        Started::new(command.into(), Kind::Connects(to))
    }

    fn new(command: String, kind: Kind) -> Started {
        let processes = Processes { command, children: Vec::new() };
        Started { processes, kind, served: Served::NotYet }
    }
}

impl Implementation for Started {
    fn role(&self) -> Role {
        match self.kind {
            Kind::Listens(_) => Role::Listens,
            Kind::Connects(_) => Role::Connects,
        }
    }

    fn open(&mut self, entry: Entry, until: Instant) -> io::Result<TcpStream> {
        if let Served::Never(why) = &self.served {
            return Err(io::Error::other(why.clone()));
        }
        let opened = match &mut self.kind {
            Kind::Listens(at) => self.processes.connect(at, entry, until),
            Kind::Connects(to) => self.processes.accept(to, entry, until),
        };
        match (&opened, &self.served) {
            (Ok(_), _) => self.served = Served::Yes,
            (Err(error), Served::NotYet) => self.served = Served::Never(error.to_string()),
            (Err(_), _) => {}
        }
        opened
    }

    fn open_another(&mut self, until: Instant) -> io::Result<Option<TcpStream>> {
        match &mut self.kind {
            Kind::Listens(at) => at.open(Entry::Plain, until).map(Some),
            Kind::Connects(_) => self.processes.unharmed().map(|()| None),
        }
    }

    fn case_over(&mut self) {
        if let Kind::Connects(to) = &mut self.kind {
            self.processes.end();
            to.clear();
        }
    }
}

/// The processes that were started by a command and have not ended yet, as far as is known.
#[derive(Debug)]
struct Processes {
    command: String,
    children: Vec<Child>,
}

impl Processes {
    fn spawn(&mut self, environment: &[(&str, &str)]) -> io::Result<()> {
        self.spawn_with(environment, Stdio::inherit())
    }

    fn spawn_with(&mut self, environment: &[(&str, &str)], stderr: Stdio) -> io::Result<()> {
        let mut shell = Command::new("sh");
        shell.args(["-c", SHELL, "sh", &self.command]).envs(environment.iter().copied());
        #[cfg(unix)]
        shell.process_group(0);
        self.children
            .push(shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(stderr).spawn()?);
        Ok(())
    }

    /// Connects to what listens. If nothing does, the command is started, but once only.
    fn connect(
        &mut self,
        at: &mut Listening,
        entry: Entry,
        until: Instant,
    ) -> io::Result<TcpStream> {
        let mut started = false;
        loop {
            let refused = match at.open(entry, until) {
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => error,
                opened => return opened,
            };
            // One that was started for a case before may have ended in any way.
            match self.reap()? {
                Some(status) if started => return Err(self.ended("it listened", status)),
                _ if Instant::now() >= until => {
                    let what = format!("`{}` was started, but {refused}", self.command);
                    return Err(io::Error::new(io::ErrorKind::TimedOut, what));
                }
                _ => {}
            }
            if !started && self.children.is_empty() {
                self.spawn(&[])?;
                started = true;
            }
            thread::sleep(LOOK);
        }
    }

    /// Starts the command, and waits for its connection.
    fn accept(
        &mut self,
        to: &mut Connecting,
        entry: Entry,
        until: Instant,
    ) -> io::Result<TcpStream> {
        let address = to.local_addr()?.to_string();
        self.spawn(&[("CONFORMANCE_ADDRESS", &address), ("CONFORMANCE_CLASS", entry.class())])?;
        to.accept_while(entry, until, || {
            match self.children.last_mut().map(Child::try_wait).transpose()?.flatten() {
                Some(status) => Err(self.ended("it connected", status)),
                None => Ok(()),
            }
        })
    }

    /// Forgets those that have ended; returns how the last of them did.
    fn reap(&mut self) -> io::Result<Option<ExitStatus>> {
        let mut ended = None;
        let mut running = Vec::new();
        for mut child in self.children.drain(..) {
            match child.try_wait()? {
                None => running.push(child),
                status => ended = status,
            }
        }
        self.children = running;
        Ok(ended)
    }

    /// Fails if one of those that were started has ended otherwise than in order.
    fn unharmed(&mut self) -> io::Result<()> {
        let until = Instant::now() + ENDS;
        loop {
            let mut running = false;
            for child in &mut self.children {
                match child.try_wait()? {
                    Some(status) if status.success() => {}
                    Some(status) => {
                        return Err(io::Error::other(format!("it ended: {}", how(status))));
                    }
                    None => running = true,
                }
            }
            if !running || Instant::now() >= until {
                return Ok(());
            }
            thread::sleep(LOOK);
        }
    }

    fn end(&mut self) {
        for mut child in self.children.drain(..) {
            drop(child.stdin.take());
            // It may have ended by itself.
            let _ = child.wait();
        }
    }

    fn ended(&self, before: &str, status: ExitStatus) -> io::Error {
        io::Error::other(format!("`{}` ended before {before}: {}", self.command, how(status)))
    }
}

/// Says how a command has ended, of which the shell tells only by its exit code.
fn how(status: ExitStatus) -> String {
    match status.code() {
        Some(code) if code > 128 => format!("signal {}", code - 128),
        Some(code) => format!("exit code {code}"),
        None => status.to_string(),
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Longer than any test takes that does not wait in vain.
    const LONG: Duration = Duration::from_secs(600);

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(300)
    }

    fn any() -> Connecting {
        Connecting::to("127.0.0.1:0".parse().unwrap()).unwrap()
    }

    /// Makes implementations in both roles of a command that does nothing.
    fn both(command: &str) -> [Started; 2] {
        // Nobody listens on this port, nor does a system hand it out.
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        [Started::listening(command, nowhere), Started::connecting(command, any())]
    }

    #[test]
    fn a_command_that_fails_is_an_error_at_once_and_for_all_cases() {
        for (command, status) in [
            ("exec /nonexistent/implementation", "exit code 127"),
            ("exec exec true", "exit code 127"),
            ("no-such-implementation --listen", "exit code 127"),
            ("NAME='a value' sh -c 'exit ${#NAME}'", "exit code 7"),
            ("cd / && exit 4", "exit code 4"),
            ("true", "exit code 0"),
            ("sh -c 'kill -KILL $$'", "signal 9"),
            ("if", "exit code 2"),
        ] {
            for mut started in both(command) {
                // Whoever waited for it would wait for ten minutes.
                for _ in 0..2 {
                    let error = started.open(Entry::Plain, Instant::now() + LONG).unwrap_err();
                    let error = error.to_string();
                    assert!(error.contains(command) && error.contains(status), "{error}");
                    started.case_over();
                }
                assert!(started.begin(Instant::now() + LONG).is_err());
            }
        }
    }

    #[test]
    fn a_command_that_runs_but_does_not_serve_is_waited_for_once() {
        for mut started in both("exec sleep 600") {
            let first = started.begin(soon()).unwrap_err().to_string();
            let later = started.open(Entry::Plain, Instant::now() + LONG).unwrap_err();
            assert_eq!(later.to_string(), first);
        }
    }

    #[test]
    fn all_that_a_command_has_started_ends_with_it() {
        for command in
            ["sleep 600", "cd / && sleep 600 | sleep 600; true", "sh -c 'sleep 600 & wait'"]
        {
            let (mut alive, held) = std::io::pipe().unwrap();
            let mut started = Started::connecting(format!("{{ {command}; }} 1>&2"), any());
            // Whoever is left holds the pipe open, and the test would wait for ten minutes.
            started.processes.spawn_with(&[], held.into()).unwrap();
            drop(started);
            assert_eq!(std::io::Read::read(&mut alive, &mut [0]).unwrap(), 0, "{command}");
        }
    }

    #[test]
    fn who_ended_while_it_was_tested_is_not_started_again_to_serve_others() {
        let [mut started, _] = both("true");
        assert!(started.open_another(soon()).is_err());
        assert!(started.processes.children.is_empty());
    }

    #[test]
    fn who_connects_once_has_come_to_harm_if_it_ended_otherwise_than_in_order() {
        for (command, harm) in [
            ("true", None),
            ("exit 3", Some("exit code 3")),
            ("sh -c 'kill -ABRT $$'", Some("signal 6")),
        ] {
            let mut started = Started::connecting(command, any());
            started.processes.spawn(&[]).unwrap();
            // `wait` would close its standard input, and so end it.
            let child = &mut started.processes.children[0];
            while child.try_wait().unwrap().is_none() {
                thread::sleep(Duration::from_millis(1));
            }
            let found = started.open_another(soon()).err().map(|error| error.to_string());
            match harm {
                None => assert_eq!(found, None, "{command}"),
                Some(harm) => assert!(found.is_some_and(|found| found.contains(harm)), "{command}"),
            }
        }
    }
}
