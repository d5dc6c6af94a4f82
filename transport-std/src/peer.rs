//! One connection over TCP.

use std::fmt;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::task::Poll;
use std::time::{Duration, Instant};

use brocomm::Time;
use brocomm::data::Event;
use brocomm::lowlevel::connection::{Connection, ConnectionConfig, Notification, Sent};
use brocomm::lowlevel::driver;
use brocomm::lowlevel::driver::{BLOCK, Driver, Step, TransportError};
use brocomm::node::{Role, UsageError};
use brocomm_transport::Clock;
use brocomm_transport::naming::stream_unusable;

use crate::StopHandle;
use crate::link::Link;
use crate::socket::{connect, remaining};

/// Carries one [`Connection`] over TCP.
///
/// Dropping it closes the socket at once; [`close`](Self::close) does it in order.
pub struct Peer {
    driver: Driver,
    link: Link,
    clock: Clock,
    stop: StopHandle,
    buffer: Box<[u8]>,
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

/// Says what ends a call before it has what it waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stops {
    /// Its deadline, or whoever stops the peer.
    Heeded,
    /// Its deadline only.
    Ignored,
}

impl Peer {
    /// Connects to `host:port`, `[fe80::1%eth0]:port`, or another form of address; to the first that
    /// answers if the name has several.
    ///
    /// # Errors
    /// [`TransportError::Config`], before anything is tried; [`TransportError::Resolve`],
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

    /// Begins a connection on a socket that is connected already.
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
        let (link, stop) = Link::new(stream).map_err(stream_unusable)?;
        let clock = Clock::new(Instant::now);
        Ok(Peer {
            driver: Driver::new(Connection::new(config, role, clock.start())),
            link,
            clock,
            stop,
            buffer: vec![0; BLOCK].into(),
        })
    }

    /// Returns the next notification; reads and writes until there is one.
    ///
    /// `None` if the deadline passes, if the peer is [stopped](Self::stop_handle), or if the
    /// connection is over, the last notification was taken, and the socket is closed; that last
    /// notification is a [`Notification::Closed`]. Without deadline it waits for ever, so
    /// `while let Some(…) = peer.next(None)?` sees all of a connection. A deadline that has passed
    /// makes it do what can be done without waiting.
    ///
    /// # Errors
    /// [`TransportError::System`] if the system can't wait for the socket. How the connection ends
    /// is no error but a [`Notification::Closed`].
    pub fn next(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<Option<Notification>, TransportError> {
        let next = self.run_until(deadline, Stops::Heeded, Driver::poll_notification)?;
        Ok(next.flatten())
    }

    /// Writes all that waits to be written; reads meanwhile, and keeps the notifications.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn flush(&mut self, deadline: Option<Instant>) -> Result<Flushed, TransportError> {
        let flushed = self.run_until(deadline, Stops::Heeded, |driver| driver.poll_flush())?;
        Ok(match flushed {
            Some(driver::Flushed::All) => Flushed::All,
            Some(driver::Flushed::NotificationsWait) => Flushed::NotificationsWait,
            Some(driver::Flushed::Over) => Flushed::Over,
            None if self.stop.is_stopped() => Flushed::Stopped,
            None => Flushed::TimedOut,
        })
    }

    /// Closes the connection in order: writes what waits, tells the peer that nothing more comes,
    /// waits until it closes its side too, and closes the socket.
    ///
    /// The wait ends at the deadline, or when the peer lets five seconds pass. Returns whether all
    /// was written, which is no proof that the peer read it. A [`StopHandle`] does not shorten it.
    /// Notifications, [`Notification::Closed`] last, can still be taken from
    /// [`next`](Self::next).
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn close(&mut self, deadline: Option<Instant>) -> Result<bool, TransportError> {
        self.driver.close(self.clock.now());
        match self.run_until(deadline, Stops::Ignored, |driver| driver.poll_closed())? {
            Some(all_written) => Ok(all_written),
            None => {
                self.link.shutdown();
                Ok(self.driver.give_up(self.clock.now()))
            }
        }
    }

    /// Sends a call of an event, if the peer has requested it, as
    /// [`Connection::send_event`] does. It is written by the next
    /// [`next`](Self::next), [`flush`](Self::flush) or [`close`](Self::close).
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
        // Its time of departure is in it. Whoever awaits the peer next writes what is left, and
        // finds again what went wrong.
        let _ = self.run_until(None, Stops::Ignored, |driver| driver.poll_written());
        Ok(())
    }

    /// Returns the connection, for its getters.
    pub fn connection(&self) -> &Connection {
        self.driver.connection()
    }

    /// Returns the connection, for its commands. What is fed to it and polled from it is the
    /// business of this peer alone.
    pub fn connection_mut(&mut self) -> &mut Connection {
        self.driver.connection_mut()
    }

    /// Returns what the wall clock shows, for the times of events. The connection itself is fed from
    /// a clock that never goes back, [`Connection::now`].
    pub fn now(&self) -> Time {
        self.clock.wall_clock()
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

    /// Shows `tap` all bytes of the protocol that the peer sends, before they have any effect: with
    /// TLS what it carries, so that a session can be recorded and read again.
    pub fn tap_input(&mut self, tap: impl FnMut(&[u8]) + Send + Sync + 'static) {
        self.driver.connection_mut().tap_input(tap);
    }

    /// Does what the driver says until it has the answer; `None` if something ends that before.
    fn run_until<T>(
        &mut self,
        deadline: Option<Instant>,
        stops: Stops,
        mut answer: impl FnMut(&mut Driver) -> Poll<T>,
    ) -> Result<Option<T>, TransportError> {
        // The deadline has passed, and what was ready then is being done.
        let mut late = false;
        loop {
            if let Poll::Ready(answer) = answer(&mut self.driver) {
                return Ok(Some(answer));
            }
            let now = self.clock.now();
            match self.driver.poll_step(now) {
                Step::Write(bytes) => {
                    let result = self.link.write(bytes);
                    self.driver.feed_write(result, self.clock.now());
                }
                Step::EndOutput => self.link.end_output(),
                Step::Close => self.link.shutdown(),
                _ if stops == Stops::Heeded && self.stop.is_stopped() => return Ok(None),
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
        let (result, drained) = self.link.read(&mut self.buffer);
        let now = self.clock.now();
        let bytes = result.map(|read| self.buffer.get(..read).unwrap_or_default());
        self.driver.feed_read(bytes, now);
        if drained {
            self.driver.feed_drained();
        }
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<(), TransportError> {
        let ready = self.link.wait(timeout).map_err(|error| TransportError::System {
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
            .field("local", &self.link.local)
            .field("remote", &self.link.remote)
            .field("connection", self.connection())
            .finish_non_exhaustive()
    }
}
