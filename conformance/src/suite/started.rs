//! Implementations that are started when they are wanted.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Connecting, Entry, Implementation, Listening, Role};

/// How often to look whether it listens yet, or has ended.
const LOOK: Duration = Duration::from_millis(20);

/// How long one may take to end that has come to harm: its connections are closed a little before.
const ENDS: Duration = Duration::from_millis(100);

/// Is an implementation that is started by a command.
///
/// One that listens is started when there is none, so that a case that ends it fails alone. One that
/// connects is started for each connection, and ended after the case: it need not connect again by
/// itself. It may end when its connection does, but then in order: a signal, or an exit code other
/// than 0, says that it came to harm. It is told in its environment what to do:
/// `CONFORMANCE_ADDRESS` is where to connect to, `CONFORMANCE_CLASS` the class to send.
#[derive(Debug)]
pub struct Started {
    command: String,
    kind: Kind,
    children: Vec<Child>,
}

#[derive(Debug)]
enum Kind {
    Listens(Listening),
    Connects(Connecting),
}

impl Started {
    /// Makes it of a command for the shell that starts an implementation that listens there.
    pub fn listening(command: impl Into<String>, address: SocketAddr) -> Started {
        let kind = Kind::Listens(Listening::at(address));
        Started { command: command.into(), kind, children: Vec::new() }
    }

    /// Makes it of a command for the shell that starts an implementation that connects.
    pub fn connecting(command: impl Into<String>, to: Connecting) -> Started {
        Started { command: command.into(), kind: Kind::Connects(to), children: Vec::new() }
    }

    fn spawn(&mut self, environment: &[(&str, String)]) -> io::Result<()> {
        // The shell becomes the implementation, so that ending the one ends the other.
        let child = Command::new("sh")
            .args(["-c", &format!("exec {}", self.command)])
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        self.children.push(child);
        Ok(())
    }

    /// Fails if one of those that were started has ended otherwise than in order.
    fn unharmed(&mut self) -> io::Result<()> {
        let until = Instant::now() + ENDS;
        loop {
            let mut running = false;
            for child in &mut self.children {
                match child.try_wait()? {
                    Some(status) if status.success() => {}
                    Some(status) => return Err(io::Error::other(format!("it ended: {status}"))),
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
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
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
        if let Kind::Connects(to) = &self.kind {
            let address = to.local_addr()?.to_string();
            let class = entry.class().to_owned();
            self.spawn(&[("CONFORMANCE_ADDRESS", address), ("CONFORMANCE_CLASS", class)])?;
        }
        loop {
            let opened = match &mut self.kind {
                Kind::Connects(to) => return to.open(entry, until),
                Kind::Listens(at) => at.open(entry, until),
            };
            match opened {
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    if Instant::now() >= until {
                        return Err(error);
                    }
                    self.children.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
                    if self.children.is_empty() {
                        self.spawn(&[])?;
                    }
                    thread::sleep(LOOK);
                }
                opened => return opened,
            }
        }
    }

    fn open_another(&mut self, until: Instant) -> io::Result<Option<TcpStream>> {
        match &mut self.kind {
            Kind::Listens(at) => at.open(Entry::Plain, until).map(Some),
            Kind::Connects(_) => self.unharmed().map(|()| None),
        }
    }

    fn case_over(&mut self) {
        if let Kind::Connects(_) = self.kind {
            self.end();
        }
        if let Kind::Connects(to) = &mut self.kind {
            to.clear();
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(300)
    }

    fn free() -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    }

    #[test]
    fn who_ended_while_it_was_tested_is_not_started_again_to_serve_others() {
        let mut started = Started::listening("true", free());
        assert!(started.open_another(soon()).is_err());
        assert!(started.children.is_empty());
    }

    #[test]
    fn who_connects_once_has_come_to_harm_if_it_ended_otherwise_than_in_order() {
        for (command, harm) in
            [("true", None), ("sh -c 'exit 3'", Some("3")), ("sh -c 'kill -ABRT $$'", Some("6"))]
        {
            let to = Connecting::to("127.0.0.1:0".parse().unwrap()).unwrap();
            let mut started = Started::connecting(command, to);
            started.spawn(&[]).unwrap();
            started.children.iter_mut().for_each(|child| drop(child.wait()));
            let found = started.open_another(soon()).err().map(|error| error.to_string());
            match harm {
                None => assert_eq!(found, None, "{command}"),
                Some(harm) => assert!(found.is_some_and(|found| found.contains(harm)), "{command}"),
            }
        }
    }
}
