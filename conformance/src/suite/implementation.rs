//! What is tested, as far as the suite can see it.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use brocomm::lowlevel::wire::{Decoder, Framing, Limits, Message};

use super::{Entry, Role};

/// Gives connections to an implementation that is to be tested.
pub trait Implementation: Send + std::fmt::Debug {
    /// Returns which side of the connections the implementation takes.
    fn role(&self) -> Role;

    /// Returns how it frames chunks. Over TLS, what [`open`](Self::open) gives is the plain text.
    fn framing(&self) -> Framing {
        Framing::Clear
    }

    /// Opens a connection that this node of the implementation applies to, and from which nothing
    /// has been read. `until` bounds how long to try.
    ///
    /// # Errors
    /// What the system says, or that nobody comes.
    fn open(&mut self, entry: Entry, until: Instant) -> io::Result<TcpStream>;

    /// Makes sure that there is something to test before the first case: opens a connection and
    /// closes it. `until` bounds how long to try.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    fn begin(&mut self, until: Instant) -> io::Result<()> {
        self.open(Entry::Plain, until)?;
        self.case_over();
        Ok(())
    }

    /// Opens one more connection to what a case was carried out against, to see whether it still
    /// serves others: never to one that was started after it. The case has closed its own.
    ///
    /// `None` says that there is none to be had, though it has not come to harm.
    ///
    /// # Errors
    /// What the system says, that nobody comes, or what harm it has come to.
    fn open_another(&mut self, until: Instant) -> io::Result<Option<TcpStream>> {
        self.open(Entry::Plain, until).map(Some)
    }

    /// Is told that a case is over, and its connections closed.
    fn case_over(&mut self) {}
}

/// Is an implementation that listens.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
}

impl Listening {
    /// Makes it of the address that it listens on.
    pub fn at(address: SocketAddr) -> Listening {
        Listening { address }
    }
}

impl Implementation for Listening {
    fn role(&self) -> Role {
        Role::Listens
    }

    fn open(&mut self, _: Entry, until: Instant) -> io::Result<TcpStream> {
        let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        TcpStream::connect_timeout(&self.address, left).map_err(|error| {
            let address = self.address;
            io::Error::new(error.kind(), format!("cannot connect to {address}: {error}"))
        })
    }
}

/// How often a listener looks whether somebody came, and a connection whether its VERSION did.
const LOOK: Duration = Duration::from_millis(2);

/// How many connections wait for a case that wants them.
const PARKED: usize = 64;

/// Is an implementation that connects, and connects again whenever it is disconnected.
///
/// Each connection is told by the class in its VERSION (§2.1); those of other nodes than the one
/// that a case wants wait for one that does.
#[derive(Debug)]
pub struct Connecting {
    listener: TcpListener,
    parked: VecDeque<(Vec<u8>, TcpStream)>,
}

impl Connecting {
    /// Listens on an address; port 0 for any.
    ///
    /// # Errors
    /// What the system says.
    pub fn to(address: SocketAddr) -> io::Result<Connecting> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Connecting { listener, parked: VecDeque::new() })
    }

    /// Returns the address that the implementation has to connect to.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Waits for a connection of a node, as long as `lives` says that somebody can still connect.
    ///
    /// # Errors
    /// What the system or `lives` says, or that nobody came in time.
    pub(super) fn accept_while(
        &mut self,
        entry: Entry,
        until: Instant,
        mut lives: impl FnMut() -> io::Result<()>,
    ) -> io::Result<TcpStream> {
        let mut dead = None;
        loop {
            let class = entry.class().as_bytes();
            if let Some(at) = self.parked.iter().position(|(parked, _)| parked == class)
                && let Some((_, stream)) = self.parked.remove(at)
            {
                return Ok(stream);
            }
            match self.listener.accept() {
                Ok((stream, _)) => {
                    // Not every system lets it take after the listener or not in the same way.
                    stream.set_nonblocking(false)?;
                    if let Some(class) = class_of(&stream, until)? {
                        if self.parked.len() == PARKED {
                            self.parked.pop_front();
                        }
                        self.parked.push_back((class, stream));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if let Some(dead) = dead.take() {
                        return Err(dead);
                    }
                    if Instant::now() >= until {
                        return Err(self.nobody(entry));
                    }
                    // It may have connected just before it ended: then it is accepted next.
                    dead = lives().err();
                    thread::sleep(LOOK);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Says that nobody of a class connected, but who did.
    fn nobody(&self, entry: Entry) -> io::Error {
        let with = |class: &[u8]| match class {
            [] => "without a class".to_owned(),
            class => format!("with the class \"{}\"", class.escape_ascii()),
        };
        let address = self.local_addr().map(|address| format!(" to {address}")).unwrap_or_default();
        let mut what = format!("nobody connected{address} {}", with(entry.class().as_bytes()));
        if let Some((class, _)) = self.parked.back() {
            what.push_str(&format!(", but somebody {}", with(class)));
        }
        io::Error::new(io::ErrorKind::TimedOut, what)
    }

    /// Closes the connections that nobody wanted yet.
    pub fn clear(&mut self) {
        self.parked.clear();
        while let Ok((stream, _)) = self.listener.accept() {
            drop(stream);
        }
    }
}

impl Implementation for Connecting {
    fn role(&self) -> Role {
        Role::Connects
    }

    fn open(&mut self, entry: Entry, until: Instant) -> io::Result<TcpStream> {
        self.accept_while(entry, until, || Ok(()))
    }
}

/// Returns the class in the VERSION that waits to be read; empty for none, `None` if no VERSION
/// comes.
fn class_of(stream: &TcpStream, until: Instant) -> io::Result<Option<Vec<u8>>> {
    let mut buffer = [0; 4096];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        stream.set_read_timeout(Some(left.max(LOOK)))?;
        let length = match stream.peek(&mut buffer) {
            Ok(0) | Err(_) => return Ok(None),
            Ok(length) => length,
        };
        let mut decoder = Decoder::new(Framing::Clear, Limits::default());
        decoder.feed(buffer.get(..length).unwrap_or_default());
        match decoder.poll() {
            Ok(Some(decoded)) => {
                return Ok(match decoded.message {
                    Message::Version(version) => Some(version.class.unwrap_or_default().to_vec()),
                    _ => None,
                });
            }
            Ok(None) if length < buffer.len() && !left.is_zero() => thread::sleep(LOOK),
            _ => return Ok(None),
        }
    }
}
