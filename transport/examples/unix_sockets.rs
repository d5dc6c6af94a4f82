//! The core in a loop that polls UNIX sockets, without a runtime or threads.
//!
//! Both ends of the connection are in the same loop. A [`Driver`] says what to do next with a
//! socket. The loop does it, and polls all sockets.
//!
//! ```text
//! cargo run -p brocomm-transport --example unix_sockets
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    example::run()
}

#[cfg(not(unix))]
fn main() {
    println!("no UNIX sockets here");
}

#[cfg(unix)]
mod example {
    use std::io::{self, Read, Write};
    use std::net::Shutdown;
    use std::os::unix::net::UnixStream;
    use std::task::Poll;
    use std::time::{Duration, Instant};

    use brocomm::Time;
    use brocomm::data::{Event, Value};
    use brocomm::lowlevel::connection::{Connection, ConnectionConfig, ConnectionNotification};
    use brocomm::lowlevel::driver::{BLOCK, Driver, Step};
    use brocomm::node::Role;
    use brocomm_transport::Clock;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    /// A connection and its socket.
    struct Peer {
        name: &'static str,
        socket: UnixStream,
        driver: Driver,
        over: bool,
    }

    impl Peer {
        fn new(name: &'static str, socket: UnixStream, role: Role, now: Time) -> io::Result<Peer> {
            socket.set_nonblocking(true)?;
            let config = ConnectionConfig::requesting(&["greeting"]);
            let driver = Driver::new(Connection::new(config, role, now));
            Ok(Peer { name, socket, driver, over: false })
        }

        /// Does what is possible without blocking. Returns the maximum time to wait.
        fn go_on(&mut self, buffer: &mut [u8], clock: &Clock) -> io::Result<Option<Time>> {
            self.driver.feed_readable();
            self.driver.feed_writable();
            loop {
                match self.driver.poll_notification() {
                    Poll::Ready(Some(notification)) => self.handle(notification, clock),
                    Poll::Ready(None) => {
                        self.over = true;
                        return Ok(None);
                    }
                    Poll::Pending => match self.driver.poll_step(clock.now()) {
                        Step::Write(bytes) => {
                            let result = self.socket.write(bytes);
                            self.driver.feed_write(result, clock.now());
                        }
                        Step::Read => {
                            let result = self.socket.read(buffer);
                            let result = result.map(|read| &buffer[..read]);
                            self.driver.feed_read(result, clock.now());
                        }
                        Step::EndOutput => self.socket.shutdown(Shutdown::Write)?,
                        Step::Close => self.socket.shutdown(Shutdown::Both)?,
                        Step::Yield => return Ok(Some(clock.now())),
                        Step::Wait { until } => return Ok(until),
                    },
                }
            }
        }

        /// Handles a notification.
        fn handle(&mut self, notification: ConnectionNotification, clock: &Clock) {
            match notification {
                ConnectionNotification::HandshakeDone => {
                    let greeting = Event::new("greeting", vec![Value::string(self.name)]);
                    let sent = self.driver.connection_mut().send_event(&greeting);
                    println!("{}: {sent:?}", self.name);
                }
                ConnectionNotification::Event(event) => {
                    println!("{}: greeted by {}", self.name, event.args[0]);
                    if self.name == "client" {
                        self.driver.close(clock.now());
                    }
                }
                ConnectionNotification::Closed(cause) => println!("{}: {cause:?}", self.name),
                _ => {}
            }
        }
    }

    pub(crate) fn run() -> io::Result<()> {
        let clock = Clock::new(Instant::now);
        let (one, other) = UnixStream::pair()?;
        let mut peers = [
            Peer::new("client", one, Role::Initiator, clock.now())?,
            Peer::new("server", other, Role::Acceptor, clock.now())?,
        ];
        let mut buffer = vec![0; BLOCK];
        loop {
            let mut until = None;
            for peer in peers.iter_mut().filter(|peer| !peer.over) {
                let wanted = peer.go_on(&mut buffer, &clock)?;
                until = [until, wanted].into_iter().flatten().min();
            }
            if peers.iter().all(|peer| peer.over) {
                return Ok(());
            }
            wait(&peers, until.map(|until| until - clock.now()))?;
        }
    }

    /// Waits until a socket is ready for an operation that its peer needs.
    fn wait(peers: &[Peer], limit: Option<Duration>) -> io::Result<()> {
        let mut sockets: Vec<PollFd<'_>> = peers
            .iter()
            .filter(|peer| !peer.over)
            .map(|peer| {
                let connection = peer.driver.connection();
                let mut flags = PollFlags::empty();
                // `poll` is level-triggered, so ask only for what is wanted, or it returns at once.
                flags.set(PollFlags::OUT, connection.has_output());
                let wants_input = connection.wants_input() || connection.poll_close().is_some();
                flags.set(PollFlags::IN, wants_input);
                PollFd::new(&peer.socket, flags)
            })
            .collect();
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        poll(&mut sockets, limit.as_ref())?;
        Ok(())
    }
}
