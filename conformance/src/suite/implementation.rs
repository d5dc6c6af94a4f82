//! The implementation under test, as seen by the suite.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use brocomm::lowlevel::wire::{Decoder, Framing, FramingLimits, Message};

use super::{Entry, Role};

/// An implementation to test. It provides connections.
pub trait Implementation: Send + std::fmt::Debug {
    /// Returns the role of the implementation.
    fn role(&self) -> Role;

    /// Returns how it frames chunks. With TLS, [`open`](Self::open) returns a connection with the
    /// plain text.
    fn framing(&self) -> Framing {
        Framing::Clear
    }

    /// Opens a connection to which this peer entry applies, and from which nothing has been read,
    /// before the deadline `until`.
    ///
    /// # Errors
    /// The error of the system, or that the implementation did not connect.
    fn open(&mut self, entry: Entry, until: Instant) -> io::Result<TcpStream>;

    /// Checks before the first case that the implementation is reachable, before the deadline
    /// `until`: opens a connection and closes it.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    fn begin(&mut self, until: Instant) -> io::Result<()> {
        self.open(Entry::Plain, until)?;
        self.case_over();
        Ok(())
    }

    /// Opens another connection to the same instance of the implementation, to check whether it
    /// still serves other peers. The case has closed its own connections.
    ///
    /// Returns `None` if there is no further connection although the implementation is undamaged.
    ///
    /// # Errors
    /// The error of the system, that the implementation did not connect, or how it ended
    /// abnormally.
    fn open_another(&mut self, until: Instant) -> io::Result<Option<TcpStream>> {
        self.open(Entry::Plain, until).map(Some)
    }

    /// Called when a case is over and its connections are closed.
    fn case_over(&mut self) {}
}

/// An implementation that listens.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
}

impl Listening {
    /// Creates it from the address on which it listens.
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

/// The polling interval of the listener and for VERSIONs.
const LOOK: Duration = Duration::from_millis(2);

/// The maximum number of connections that wait for a case.
const PARKED: usize = 64;

/// An implementation that connects, and reconnects whenever it is disconnected.
///
/// The class in VERSION identifies each connection (§2.1). Connections with another class than a
/// case needs wait for a later case.
#[derive(Debug)]
pub struct Connecting {
    listener: TcpListener,
    parked: VecDeque<(Vec<u8>, TcpStream)>,
}

impl Connecting {
    /// Listens on an address. With port 0 the system chooses a port.
    ///
    /// # Errors
    /// The error of the system.
    pub fn to(address: SocketAddr) -> io::Result<Connecting> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Connecting { listener, parked: VecDeque::new() })
    }

    /// Returns the address to which the implementation must connect.
    ///
    /// # Errors
    /// The error of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Waits for a connection with a peer entry, until `lives` returns an error because the
    /// implementation can no longer connect.
    ///
    /// # Errors
    /// The error of the system or of `lives`, or that the implementation did not connect in time.
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
                    // Systems differ in whether a socket inherits this from the listener.
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
                    // It may have connected just before it exited: then the connection is accepted
                    // next.
                    dead = lives().err();
                    thread::sleep(LOOK);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns the error that no connection with a class arrived, with the classes of those that
    /// did.
    fn nobody(&self, entry: Entry) -> io::Error {
        let with = |class: &[u8]| match class {
            [] => "without a class".to_owned(),
            class => format!("with the class \"{}\"", class.escape_ascii()),
        };
        let address = self.local_addr().map(|address| format!(" to {address}")).unwrap_or_default();
        let mut what = format!("no connection{address} {}", with(entry.class().as_bytes()));
        if let Some((class, _)) = self.parked.back() {
            what.push_str(&format!(", but somebody {}", with(class)));
        }
        io::Error::new(io::ErrorKind::TimedOut, what)
    }

    /// Closes the waiting connections.
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

/// Returns the class in the next VERSION without consuming it, empty if it has none. Returns `None`
/// if no VERSION arrives.
fn class_of(stream: &TcpStream, until: Instant) -> io::Result<Option<Vec<u8>>> {
    let mut buffer = [0; 4096];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        stream.set_read_timeout(Some(left.max(LOOK)))?;
        let length = match stream.peek(&mut buffer) {
            Ok(0) | Err(_) => return Ok(None),
            Ok(length) => length,
        };
        let mut decoder = Decoder::new(Framing::Clear, FramingLimits::default());
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
