//! One connection over TCP.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use brocomm::Time;
use brocomm::data::Event;
use brocomm::lowlevel::connection::{Connection, ConnectionConfig, Notification, Sent};
use brocomm::lowlevel::driver::{BLOCK, Driver, Flushed, Step, TransportError};
use brocomm::node::{Role, UsageError};

use super::Runtime;
use super::link::Link;
use super::runtime::resolve;
use super::waiting::{Alarm, within};
use crate::Clock;
use crate::naming::{Refusals, stream_unusable, unresolved};

/// Carries one [`Connection`] over TCP.
///
/// Nothing is spawned: it reads and writes while its owner awaits [`next`](Self::next),
/// [`flush`](Self::flush) or [`close`](Self::close), and at no other time.
///
/// # Cancellation
/// The future of [`next`](Self::next), [`flush`](Self::flush) or [`close`](Self::close) can be
/// dropped at any time, in a race or by a timeout: all that was read or written is recorded in the
/// peer before the future waits, and a notification leaves the peer only as the result. The next
/// call goes on where the dropped one was.
///
/// Dropping the peer closes the socket at once; [`close`](Self::close) does it in order.
pub struct Peer<R: Runtime> {
    driver: Driver,
    link: Link<R>,
    clock: Clock,
    buffer: Box<[u8]>,
    alarm: Alarm<R>,
}

impl<R: Runtime> Peer<R> {
    /// Connects to a `host:port`, or to anything that prints as one, as does `[fe80::1%eth0]:port`; to
    /// the first that answers if the name has several addresses. All of it has to be done before the
    /// timeout.
    ///
    /// Dropping the future gives up.
    ///
    /// # Errors
    /// [`TransportError::Config`], before anything is tried; [`TransportError::Resolve`],
    /// [`TransportError::NoAddress`], [`TransportError::Connect`],
    /// [`TransportError::ConnectTimedOut`], [`TransportError::System`].
    pub async fn connect(
        address: impl fmt::Display,
        config: ConnectionConfig,
        timeout: Duration,
    ) -> Result<Peer<R>, TransportError> {
        let address = address.to_string();
        config.validate().map_err(TransportError::Config)?;
        Peer::new(connect::<R>(address, timeout).await?, config, Role::Initiator)
    }

    /// Begins a connection on a socket that is connected already.
    ///
    /// # Errors
    /// [`TransportError::Config`]; [`TransportError::System`].
    pub fn from_stream(
        stream: R::Stream,
        config: ConnectionConfig,
        role: Role,
    ) -> Result<Peer<R>, TransportError> {
        config.validate().map_err(TransportError::Config)?;
        Peer::new(stream, config, role)
    }

    pub(super) fn new(
        stream: R::Stream,
        config: ConnectionConfig,
        role: Role,
    ) -> Result<Peer<R>, TransportError> {
        let link = Link::new(stream, None).map_err(stream_unusable)?;
        let clock = Clock::new(R::now);
        Ok(Peer {
            driver: Driver::new(Connection::new(config, role, clock.start())),
            link,
            clock,
            buffer: vec![0; BLOCK].into(),
            alarm: Alarm::new(),
        })
    }

    /// Returns the next notification; reads and writes until there is one.
    ///
    /// `None` if the connection is over, the last notification was taken, and the socket is closed,
    /// so `while let Some(…) = peer.next().await?` sees all of a connection. Can be
    /// [cancelled](Self#cancellation).
    ///
    /// # Errors
    /// [`TransportError::System`] if the system can't wait for the socket. How the connection ends
    /// is no error but a [`Notification::Closed`].
    pub async fn next(&mut self) -> Result<Option<Notification>, TransportError> {
        poll_fn(|cx| self.poll_until(cx, Driver::poll_notification)).await
    }

    /// Writes all that waits to be written; reads meanwhile, and keeps the notifications.
    ///
    /// Can be [cancelled](Self#cancellation).
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn flush(&mut self) -> Result<Flushed, TransportError> {
        poll_fn(|cx| self.poll_until(cx, |driver| driver.poll_flush())).await
    }

    /// Closes the connection in order: writes what waits, tells the peer that nothing more comes,
    /// waits until it closes its side too, and closes the socket.
    ///
    /// The wait ends when the peer lets five seconds pass. Returns whether all was written, which is
    /// no proof that the peer read it. Notifications, [`Notification::Closed`] last, can still be
    /// taken from [`next`](Self::next). Can be [cancelled](Self#cancellation): the connection is
    /// over nevertheless, and `next`, or `close` again, goes on.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn close(&mut self) -> Result<bool, TransportError> {
        self.driver.close(self.clock.now());
        poll_fn(|cx| self.poll_until(cx, |driver| driver.poll_closed())).await
    }

    /// Sends a call of an event, if the peer has requested it, as [`Connection::send_event`] does.
    /// It is written by the next [`next`](Self::next), [`flush`](Self::flush) or
    /// [`close`](Self::close).
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
        let mut nobody = Context::from_waker(Waker::noop());
        let _ = self.poll_until(&mut nobody, |driver| driver.poll_written());
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

    /// Shows `tap` all bytes of the protocol that the peer sends, before they have any effect: with
    /// TLS what it carries, so that a session can be recorded and read again.
    pub fn tap_input(&mut self, tap: impl FnMut(&[u8]) + Send + Sync + 'static) {
        self.driver.connection_mut().tap_input(tap);
    }

    /// Does what the driver says until it has the answer, or until there is nothing but to wait;
    /// then this task is woken when that changes.
    fn poll_until<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut answer: impl FnMut(&mut Driver) -> Poll<T>,
    ) -> Poll<Result<T, TransportError>> {
        // Whatever this task was woken for, and it may be another one than last time.
        self.driver.feed_readable();
        self.driver.feed_writable();
        loop {
            if let Poll::Ready(answer) = answer(&mut self.driver) {
                return Poll::Ready(Ok(answer));
            }
            let now = self.clock.now();
            match self.driver.poll_step(now) {
                Step::Write(bytes) => {
                    let result = self.link.write(cx, bytes).map_err(wait)?;
                    self.driver.feed_write(result, self.clock.now());
                }
                Step::Read => {
                    let result = self.link.read(cx, &mut self.buffer).map_err(wait)?;
                    let now = self.clock.now();
                    let bytes = result.map(|read| self.buffer.get(..read).unwrap_or_default());
                    self.driver.feed_read(bytes, now);
                }
                Step::EndOutput => self.link.end_output(),
                Step::Close => self.link.shutdown(),
                Step::Yield => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Step::Wait { until: None } => return Poll::Pending,
                Step::Wait { until: Some(until) } => ready!(self.alarm.poll_in(cx, until - now)),
            }
        }
    }
}

impl<R: Runtime> fmt::Debug for Peer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("local", &self.link.local)
            .field("remote", &self.link.remote)
            .field("connection", self.connection())
            .finish_non_exhaustive()
    }
}

/// Connects to the first of the addresses of a name that answers.
async fn connect<R: Runtime>(
    address: String,
    timeout: Duration,
) -> Result<R::Stream, TransportError> {
    let start = R::now();
    let mut refusals = Refusals::new(address.clone(), timeout);
    let Some(found) = within::<R, _>(timeout, resolve::<R>(address.clone())).await else {
        return Err(refusals.timed_out());
    };
    for tried in found.map_err(|error| unresolved(&address, error))? {
        let left = timeout.saturating_sub(R::now().saturating_duration_since(start));
        let connected = match left {
            Duration::ZERO => None,
            left => within::<R, _>(left, R::connect(tried)).await,
        };
        match connected.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => return Ok(stream),
            Err(error) => refusals.feed(tried, error),
        }
    }
    Err(refusals.into_error())
}

fn wait(error: io::Error) -> TransportError {
    TransportError::System { doing: "wait for the peer", cause: error.into() }
}
