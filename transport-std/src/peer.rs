//! One connection over TCP.

use std::fmt;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use brocomm::Time;
use brocomm::connection::{Config, Connection, Notification, Role, Sent, UsageError};
use brocomm::data::Event;

use crate::clock::Clock;
use crate::link::Link;
use crate::socket::connect;
use crate::{Cause, StopHandle, TransportError};
use drive::{Patience, Turn};

mod drive;

/// How much is read at once.
const BLOCK: usize = 64 << 10;

/// Is shown what comes.
type Tap = Box<dyn FnMut(&[u8]) + Send>;

/// Carries one [`Connection`] over TCP.
///
/// Dropping it closes the socket at once; [`close`](Self::close) does it in order.
pub struct Peer {
    connection: Connection,
    link: Link,
    clock: Clock,
    stop: StopHandle,
    buffer: Box<[u8]>,
    tap: Option<Tap>,
    /// How many bytes have been written.
    written: u64,
    /// Why writing failed; in force when all that the peer sent before has been read.
    write_failure: Option<Cause>,
    /// Nothing more can be read.
    input_ended: bool,
    /// All that waited was written, and the peer knows that nothing more comes.
    output_ended: bool,
    /// The connection is over, and nobody has to wait for it after this.
    linger: Option<Instant>,
    done: bool,
}

/// Says how far [`Peer::flush`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "something may still wait to be written"]
pub enum Flushed {
    /// All is written, that is, in the hands of the system.
    All,
    /// The peer reads nothing more before we do, and so many notifications wait that we don't:
    /// take some with [`Peer::next`], and flush again.
    NotificationsWait,
    /// The deadline passed.
    TimedOut,
    /// Somebody [stopped](Peer::stop_handle) the peer.
    Stopped,
    /// The connection is over. What waited is lost.
    Over,
}

impl Peer {
    /// Connects to `host:port`, or another form of address; to the first that answers if the name
    /// has several.
    ///
    /// # Errors
    /// [`TransportError::Config`], before anything is tried; [`TransportError::Resolve`],
    /// [`TransportError::NoAddress`], [`TransportError::Connect`],
    /// [`TransportError::ConnectTimedOut`], [`TransportError::System`].
    pub fn connect(
        address: impl ToSocketAddrs + fmt::Display,
        config: Config,
        timeout: Duration,
    ) -> Result<Peer, TransportError> {
        config.validate().map_err(TransportError::Config)?;
        Peer::from_stream(connect(&address, timeout)?, config, Role::Initiator)
    }

    /// Begins a connection on a socket that is connected already.
    ///
    /// # Errors
    /// [`TransportError::Config`]; [`TransportError::System`].
    pub fn from_stream(
        stream: TcpStream,
        config: Config,
        role: Role,
    ) -> Result<Peer, TransportError> {
        config.validate().map_err(TransportError::Config)?;
        stream.set_nonblocking(true).map_err(set_up)?;
        Peer::new(mio::net::TcpStream::from_std(stream), config, role)
    }

    pub(crate) fn new(
        stream: mio::net::TcpStream,
        config: Config,
        role: Role,
    ) -> Result<Peer, TransportError> {
        let (link, stop) = Link::new(stream).map_err(set_up)?;
        let clock = Clock::start();
        Ok(Peer {
            connection: Connection::new(config, role, clock.now()),
            link,
            clock,
            stop,
            buffer: vec![0; BLOCK].into(),
            tap: None,
            written: 0,
            write_failure: None,
            input_ended: false,
            output_ended: false,
            linger: None,
            done: false,
        })
    }

    /// Returns the next notification; reads and writes until there is one.
    ///
    /// `None` if the deadline passes, if the peer is [stopped](Self::stop_handle), or if the
    /// connection is over, the last notification was taken, and the socket is closed. Without
    /// deadline it waits for ever, so `while let Some(…) = peer.next(None)?` sees all of a
    /// connection. A deadline that has passed makes it do what can be done without waiting.
    ///
    /// # Errors
    /// [`TransportError::System`] if the system can't wait for the socket. How the connection ends
    /// is no error but a [`Notification::Closed`].
    pub fn next(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<Option<Notification>, TransportError> {
        let mut patience = Patience { deadline, over: false };
        loop {
            self.write();
            if let Some(notification) = self.connection.poll_notification() {
                return Ok(Some(notification));
            }
            if self.stop.is_stopped() {
                return Ok(None);
            }
            let turn = self.turn();
            if let Some(notification) = self.connection.poll_notification() {
                return Ok(Some(notification));
            }
            if turn == Turn::Done || !self.wait(turn, &mut patience)? {
                return Ok(None);
            }
        }
    }

    /// Writes all that waits to be written; reads meanwhile, and keeps the notifications.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn flush(&mut self, deadline: Option<Instant>) -> Result<Flushed, TransportError> {
        let mut patience = Patience { deadline, over: false };
        loop {
            self.write();
            if self.connection.poll_close().is_some() {
                return Ok(Flushed::Over);
            }
            if self.connection.poll_transmit().is_empty() {
                return Ok(Flushed::All);
            }
            if self.stop.is_stopped() {
                return Ok(Flushed::Stopped);
            }
            let turn = self.turn();
            let full =
                !self.connection.wants_input() && self.connection.waiting_notifications() > 0;
            if turn == Turn::Wait && full {
                return Ok(Flushed::NotificationsWait);
            }
            if !self.wait(turn, &mut patience)? {
                return Ok(Flushed::TimedOut);
            }
        }
    }

    /// Closes the connection in order: writes what waits, tells the peer that nothing more comes,
    /// waits until it closes its side too, and closes the socket.
    ///
    /// The wait ends at the deadline, or when the peer lets five seconds pass. Tells whether all
    /// was written, which is no proof that the peer read it. A [`StopHandle`] does not shorten it.
    /// Notifications, [`Notification::Closed`] last, can still be taken from
    /// [`next`](Self::next).
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn close(&mut self, deadline: Option<Instant>) -> Result<bool, TransportError> {
        self.connection.close(self.clock.now());
        let mut patience = Patience { deadline, over: false };
        loop {
            let turn = self.turn();
            if turn == Turn::Done || !self.wait(turn, &mut patience)? {
                break;
            }
        }
        self.finish();
        Ok(self.written == self.connection.counters().output.bytes)
    }

    /// Sends a call of an event, if the peer has requested it, as
    /// [`Connection::send_event`] does. It is written by the next
    /// [`next`](Self::next), [`flush`](Self::flush) or [`close`](Self::close).
    ///
    /// # Errors
    /// As [`Connection::send_event`].
    pub fn send_event(&mut self, event: &Event) -> Result<Sent, UsageError> {
        self.connection.send_event(event)
    }

    /// Sends a PING as [`Connection::ping`] does. **A Bro 2.5.5 that answers a PING aborts.**
    ///
    /// # Errors
    /// As [`Connection::ping`].
    pub fn ping(&mut self, seq: u32) -> Result<(), UsageError> {
        let now = self.now();
        self.connection.ping(seq, now)?;
        // Its time of departure is in it.
        self.write();
        Ok(())
    }

    /// Returns the connection, for its getters.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Returns the connection, for its commands. What is fed to it and polled from it is the
    /// business of this peer alone.
    pub fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Returns what time it is on the clock that this connection is fed from: the wall clock as it
    /// was when the connection began, and the monotonic clock since then.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Returns our address.
    pub fn local_addr(&self) -> SocketAddr {
        self.link.local
    }

    /// Returns the peer's address.
    pub fn remote_addr(&self) -> SocketAddr {
        self.link.remote
    }

    /// Returns what makes [`next`](Self::next) and [`flush`](Self::flush) return from another
    /// thread. After that `next` hands out only what has arrived already.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// Shows all bytes that come to `tap`, as they are read and before they have any effect.
    pub fn tap_input(&mut self, tap: impl FnMut(&[u8]) + Send + 'static) {
        self.tap = Some(Box::new(tap));
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("local", &self.link.local)
            .field("remote", &self.link.remote)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

fn set_up(error: std::io::Error) -> TransportError {
    TransportError::System { doing: "set up a connection", cause: error.into() }
}
