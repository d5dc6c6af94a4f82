//! Implementations that the suite starts.

use std::io;
use std::net::{SocketAddr, TcpStream};
#[cfg(unix)]
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Connecting, Entry, Implementation, Listening, Role};

/// Runs a command until it exits, or until standard input, a pipe from this process, is closed.
/// Then stops all processes that the command started. The shell is the leader of its own process
/// group.
const SHELL: &str = r#"
exec 3<&0
eval "$1" </dev/null 3<&- &
command=$!
{ read -r _; kill -KILL 0; } <&3 &
wait "$command"
"#;

/// The polling interval for whether it listens or has exited.
const LOOK: Duration = Duration::from_millis(20);

/// How long a damaged implementation may take to exit after its connections are closed.
const ENDS: Duration = Duration::from_millis(100);

/// An implementation that is started with a shell command.
///
/// One that listens is started when nothing listens, so a case that ends it affects no other case.
/// One that connects is started for each connection and stopped after the case, so it need not
/// reconnect. It may exit when its connection is closed, but with code 0: a signal or another exit
/// code is a failure. The environment variable `CONFORMANCE_ADDRESS` has the address to connect to,
/// `CONFORMANCE_CLASS` the class to send.
///
/// All processes that the command starts are stopped with it, and when this process ends for any
/// reason. The command must stay in the foreground. If there is no connection for the first case,
/// the command is not run again, and every case fails at once with the reason.
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

/// Whether a connection was ever opened.
#[derive(Debug)]
enum Served {
    NotYet,
    Yes,
    /// Never, with the reason.
    Never(String),
}

impl Started {
    /// Creates it from a shell command that starts an implementation that listens at this address.
    pub fn listening(command: impl Into<String>, address: SocketAddr) -> Started {
        Started::new(command.into(), Kind::Listens(Listening::at(address)))
    }

    /// Creates it from a shell command that starts an implementation that connects.
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

/// The running processes of a command.
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

    /// Connects to the listener. If nothing listens, starts the command once.
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
            // A process started for an earlier case may have ended in any way.
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

    /// Starts the command and waits for its connection.
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

    /// Removes processes that have exited. Returns the exit status of the last one.
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

    /// Fails if a process has ended abnormally.
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
            // It may have exited by itself.
            let _ = child.wait();
        }
    }

    fn ended(&self, before: &str, status: ExitStatus) -> io::Error {
        io::Error::other(format!("`{}` ended before {before}: {}", self.command, how(status)))
    }
}

/// Describes how a command ended. The shell reports signals as exit codes.
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

    /// Longer than any test takes unless it hangs.
    const LONG: Duration = Duration::from_secs(600);

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(300)
    }

    fn any() -> Connecting {
        Connecting::to("127.0.0.1:0".parse().unwrap()).unwrap()
    }

    /// Returns implementations in both roles for a command that does not serve.
    fn both(command: &str) -> [Started; 2] {
        // Nothing listens on this port, and systems do not allocate it.
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
                // Waiting would take ten minutes.
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
    fn all_processes_of_a_command_are_stopped_with_it() {
        for command in
            ["sleep 600", "cd / && sleep 600 | sleep 600; true", "sh -c 'sleep 600 & wait'"]
        {
            let (mut alive, held) = std::io::pipe().unwrap();
            let mut started = Started::connecting(format!("{{ {command}; }} 1>&2"), any());
            // A remaining process would keep the pipe open, and the test would wait for ten
            // minutes.
            started.processes.spawn_with(&[], held.into()).unwrap();
            drop(started);
            assert_eq!(std::io::Read::read(&mut alive, &mut [0]).unwrap(), 0, "{command}");
        }
    }

    #[test]
    fn an_implementation_that_exited_during_a_case_is_not_restarted_for_the_final_check() {
        let [mut started, _] = both("true");
        assert!(started.open_another(soon()).is_err());
        assert!(started.processes.children.is_empty());
    }

    #[test]
    fn an_implementation_started_per_connection_fails_unless_it_exits_normally() {
        for (command, harm) in [
            ("true", None),
            ("exit 3", Some("exit code 3")),
            ("sh -c 'kill -ABRT $$'", Some("signal 6")),
        ] {
            let mut started = Started::connecting(command, any());
            started.processes.spawn(&[]).unwrap();
            // `wait` would close its standard input and so end it.
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
