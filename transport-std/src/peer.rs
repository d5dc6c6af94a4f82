//! A single connection over TCP.

use std::fmt;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::task::Poll;
use std::time::{Duration, Instant};

use brocomm::Time;
use brocomm::data::Event;
use brocomm::lowlevel::connection::{Connection, ConnectionConfig, ConnectionNotification, Sent};
use brocomm::lowlevel::driver;
use brocomm::lowlevel::driver::{BLOCK, Driver, Step, TransportError};
use brocomm::node::{Role, UsageError};
use brocomm_transport::Clock;
use brocomm_transport::naming::stream_unusable;

use crate::StopHandle;
use crate::polled::PolledSocket;
use crate::socket::{connect, remaining};

/// A [`Connection`] over a TCP socket.
///
/// Dropping the peer closes the socket at once. [`close`](Self::close) sends what is queued first.
pub struct Peer {
    driver: Driver,
    socket: PolledSocket,
    clock: Clock,
    stop: StopHandle,
    buffer: Box<[u8]>,
}

/// The result of [`Peer::flush`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "something may still wait to be written"]
pub enum Flushed {
    /// Everything is written to the socket.
    All,
    /// The peer does not read until this side does, and this side does not read because its queue
    /// of notifications is full. Take some with [`Peer::next`], then flush again.
    NotificationsWait,
    /// The deadline passed.
    TimedOut,
    /// The peer was [stopped](Peer::stop_handle).
    Stopped,
    /// The connection is closed. What was queued is lost.
    Over,
}

/// What interrupts a blocking call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stops {
    /// The deadline or the [`StopHandle`].
    Handled,
    /// Only the deadline.
    Ignored,
}

impl Peer {
    /// Connects to `host:port`, `[fe80::1%eth0]:port`, or another form of address. If the name has
    /// several addresses, the first one that answers is used.
    ///
    /// # Errors
    /// [`TransportError::Config`] before anything is tried; [`TransportError::Resolve`],
    /// [`TransportError::NoAddress`], [`TransportError::Connect`],
    /// [`TransportError::ConnectTimedOut`], [`TransportError::System`].
    pub fn connect(
        address: impl ToSocketAddrs + fmt::Display,
        config: ConnectionConfig,
        timeout: Duration,
    ) -> Result<Peer, TransportError> {
        config.validate().map_err(TransportError::Config)?;
        Peer::from_stream(connect(&address, timeout)?, config, Role::Initiator)
    }

    /// Starts the protocol on a connected socket.
    ///
    /// # Errors
    /// [`TransportError::Config`]; [`TransportError::System`].
    pub fn from_stream(
        stream: TcpStream,
        config: ConnectionConfig,
        role: Role,
    ) -> Result<Peer, TransportError> {
        config.validate().map_err(TransportError::Config)?;
        stream.set_nonblocking(true).map_err(stream_unusable)?;
        Peer::new(mio::net::TcpStream::from_std(stream), config, role)
    }

    pub(crate) fn new(
        stream: mio::net::TcpStream,
        config: ConnectionConfig,
        role: Role,
    ) -> Result<Peer, TransportError> {
        let (socket, stop) = PolledSocket::new(stream).map_err(stream_unusable)?;
        let clock = Clock::new(Instant::now);
        Ok(Peer {
            driver: Driver::new(Connection::new(config, role, clock.start())),
            socket,
            clock,
            stop,
            buffer: vec![0; BLOCK].into(),
        })
    }

    /// Reads and writes until there is a notification, and returns it.
    ///
    /// Returns `None` if the deadline passes, if the peer is [stopped](Self::stop_handle), or after
    /// the last notification, [`ConnectionNotification::Closed`], when the socket is closed.
    /// Without a deadline it waits forever, so `while let Some(…) = peer.next(None)?` sees the
    /// whole connection. With a deadline in the past it does only what is possible without waiting.
    ///
    /// # Errors
    /// [`TransportError::System`] if the system cannot wait for the socket. The end of the
    /// connection is not an error but a [`ConnectionNotification::Closed`].
    pub fn next(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<Option<ConnectionNotification>, TransportError> {
        let next = self.run_until(deadline, Stops::Handled, Driver::poll_notification)?;
        Ok(next.flatten())
    }

    /// Writes everything that is queued. Reads meanwhile and keeps the notifications.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn flush(&mut self, deadline: Option<Instant>) -> Result<Flushed, TransportError> {
        let flushed = self.run_until(deadline, Stops::Handled, |driver| driver.poll_flush())?;
        Ok(match flushed {
            Some(driver::Flushed::All) => Flushed::All,
            Some(driver::Flushed::NotificationsWait) => Flushed::NotificationsWait,
            Some(driver::Flushed::Over) => Flushed::Over,
            None if self.stop.is_stopped() => Flushed::Stopped,
            None => Flushed::TimedOut,
        })
    }

    /// Closes the connection gracefully: writes what is queued, shuts down the sending direction,
    /// waits until the peer closes its side too, and closes the socket.
    ///
    /// The wait ends at the deadline, or when the peer does nothing for five seconds. Returns
    /// whether everything was written, which does not prove that the peer read it. A [`StopHandle`]
    /// does not interrupt the wait. Afterwards [`next`](Self::next) returns the remaining
    /// notifications, with [`ConnectionNotification::Closed`] last.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn close(&mut self, deadline: Option<Instant>) -> Result<bool, TransportError> {
        self.driver.close(self.clock.now());
        match self.run_until(deadline, Stops::Ignored, |driver| driver.poll_closed())? {
            Some(all_written) => Ok(all_written),
            None => {
                self.socket.shutdown();
                Ok(self.driver.give_up(self.clock.now()))
            }
        }
    }

    /// Queues an event if the peer has requested it, as [`Connection::send_event`] does. The next
    /// call of [`next`](Self::next), [`flush`](Self::flush) or [`close`](Self::close) writes it.
    ///
    /// # Errors
    /// As [`Connection::send_event`].
    pub fn send_event(&mut self, event: &Event) -> Result<Sent, UsageError> {
        self.driver.connection_mut().send_event(event)
    }

    /// Sends a PING as [`Connection::ping`] does. **Only for peers known not to be a
    /// Bro.**
    ///
    /// # Errors
    /// As [`Connection::ping`].
    pub fn ping(&mut self, seq: u32) -> Result<(), UsageError> {
        let now = self.clock.now();
        self.driver.connection_mut().ping(seq, now)?;
        // The PING contains the time, so it is written at once. The next call writes what is left
        // and reports the same error.
        let _ = self.run_until(None, Stops::Ignored, |driver| driver.poll_written());
        Ok(())
    }

    /// Returns the connection, for its getters.
    pub fn connection(&self) -> &Connection {
        self.driver.connection()
    }

    /// Returns the connection, for its commands. Only this peer may feed and poll it.
    pub fn connection_mut(&mut self) -> &mut Connection {
        self.driver.connection_mut()
    }

    /// Returns the wall-clock time, as used for events. The connection's own clock,
    /// [`Connection::now`], never goes back.
    pub fn now(&self) -> Time {
        self.clock.wall_clock()
    }

    /// Returns the local address.
    pub fn local_addr(&self) -> SocketAddr {
        self.socket.local
    }

    /// Returns the peer's address.
    pub fn remote_addr(&self) -> SocketAddr {
        self.socket.remote
    }

    /// Returns a handle that makes [`next`](Self::next) and [`flush`](Self::flush) return, from
    /// another thread. After that, `next` returns only what has arrived already.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// Calls `tap` with all received bytes before they are processed. With TLS, these are the
    /// encrypted bytes.
    pub fn tap_input(&mut self, tap: impl FnMut(&[u8]) + Send + Sync + 'static) {
        self.driver.connection_mut().tap_input(tap);
    }

    /// Performs the steps of the driver until `poll` returns a result. Returns `None` if the call
    /// is interrupted.
    fn run_until<T>(
        &mut self,
        deadline: Option<Instant>,
        stops: Stops,
        mut answer: impl FnMut(&mut Driver) -> Poll<T>,
    ) -> Result<Option<T>, TransportError> {
        // Set once the deadline has passed. Then only operations that are ready are performed.
        let mut late = false;
        loop {
            if let Poll::Ready(answer) = answer(&mut self.driver) {
                return Ok(Some(answer));
            }
            let now = self.clock.now();
            match self.driver.poll_step(now) {
                Step::Write(bytes) => {
                    let result = self.socket.write(bytes);
                    self.driver.feed_write(result, self.clock.now());
                }
                Step::EndOutput => self.socket.end_output(),
                Step::Close => self.socket.shutdown(),
                _ if stops == Stops::Handled && self.stop.is_stopped() => return Ok(None),
                Step::Read => self.read(),
                Step::Yield if remaining(deadline).is_some() => {}
                Step::Wait { until } if !late => {
                    let left = remaining(deadline);
                    late = left.is_none();
                    let left = left.unwrap_or(Some(Duration::ZERO));
                    let linger = until.map(|until| until - now);
                    self.wait(left.into_iter().chain(linger).min())?;
                }
                Step::Yield | Step::Wait { .. } => return Ok(None),
            }
        }
    }

    fn read(&mut self) {
        let (result, drained) = self.socket.read(&mut self.buffer);
        let now = self.clock.now();
        let bytes = result.map(|read| self.buffer.get(..read).unwrap_or_default());
        self.driver.feed_read(bytes, now);
        if drained {
            self.driver.feed_drained();
        }
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<(), TransportError> {
        let ready = self.socket.wait(timeout).map_err(|error| TransportError::System {
            doing: "wait for the peer",
            cause: error.into(),
        })?;
        if ready.readable {
            self.driver.feed_readable();
        }
        if ready.writable {
            self.driver.feed_writable();
        }
        Ok(())
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("local", &self.socket.local)
            .field("remote", &self.socket.remote)
            .field("connection", self.connection())
            .finish_non_exhaustive()
    }
}
