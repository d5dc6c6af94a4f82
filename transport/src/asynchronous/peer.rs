//! A single connection over TCP.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use brocomm::Time;
use brocomm::data::Event;
use brocomm::lowlevel::connection::{Connection, ConnectionConfig, ConnectionNotification, Sent};
use brocomm::lowlevel::driver::{BLOCK, Driver, Flushed, Step, TransportError};
use brocomm::node::{Role, UsageError};

use super::Runtime;
use super::runtime::resolve;
use super::socket::Socket;
use super::waiting::{Alarm, within};
use crate::Clock;
use crate::naming::{Refusals, stream_unusable, unresolved};

/// A [`Connection`] over a TCP socket.
///
/// It spawns no tasks: it reads and writes only while its owner awaits [`next`](Self::next),
/// [`flush`](Self::flush) or [`close`](Self::close).
///
/// # Cancellation
/// The future of [`next`](Self::next), [`flush`](Self::flush) or [`close`](Self::close) can be
/// dropped at any time, for example by `select!` or a timeout. Everything that was read or written
/// is recorded in the peer before the future waits, and a notification leaves the peer only as the
/// result. The next call continues where the dropped one stopped.
///
/// Dropping the peer closes the socket at once. [`close`](Self::close) sends what is queued first.
pub struct Peer<R: Runtime> {
    driver: Driver,
    socket: Socket<R>,
    clock: Clock,
    buffer: Box<[u8]>,
    alarm: Alarm<R>,
}

impl<R: Runtime> Peer<R> {
    /// Connects to `host:port`, or to anything that prints as one, such as `[fe80::1%eth0]:port`.
    /// If the name has several addresses, the first one that answers is used. The timeout covers
    /// all of it.
    ///
    /// Dropping the future abandons the attempt.
    ///
    /// # Errors
    /// [`TransportError::Config`] before anything is tried; [`TransportError::Resolve`],
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

    /// Starts the protocol on a connected socket.
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
        let socket = Socket::new(stream, None).map_err(stream_unusable)?;
        let clock = Clock::new(R::now);
        Ok(Peer {
            driver: Driver::new(Connection::new(config, role, clock.start())),
            socket,
            clock,
            buffer: vec![0; BLOCK].into(),
            alarm: Alarm::new(),
        })
    }

    /// Reads and writes until there is a notification, and returns it.
    ///
    /// Returns `None` after the last notification, [`ConnectionNotification::Closed`], when the
    /// socket is closed. So `while let Some(…) = peer.next().await?` sees the whole connection. Can
    /// be [cancelled](Self#cancellation).
    ///
    /// # Errors
    /// [`TransportError::System`] if the system cannot wait for the socket. The end of the
    /// connection is not an error but a [`ConnectionNotification::Closed`].
    pub async fn next(&mut self) -> Result<Option<ConnectionNotification>, TransportError> {
        poll_fn(|cx| self.poll_until(cx, Driver::poll_notification)).await
    }

    /// Writes everything that is queued. Reads meanwhile and keeps the notifications.
    ///
    /// Can be [cancelled](Self#cancellation).
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn flush(&mut self) -> Result<Flushed, TransportError> {
        poll_fn(|cx| self.poll_until(cx, |driver| driver.poll_flush())).await
    }

    /// Closes the connection gracefully: writes what is queued, shuts down the sending direction,
    /// waits until the peer closes its side too, and closes the socket.
    ///
    /// The wait ends when the peer does nothing for five seconds. Returns whether everything was
    /// written, which does not prove that the peer read it. Afterwards [`next`](Self::next) returns
    /// the remaining notifications, with [`ConnectionNotification::Closed`] last. Can be
    /// [cancelled](Self#cancellation): the connection still closes, and another `next` or `close`
    /// continues that.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn close(&mut self) -> Result<bool, TransportError> {
        self.driver.close(self.clock.now());
        poll_fn(|cx| self.poll_until(cx, |driver| driver.poll_closed())).await
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
        let mut nobody = Context::from_waker(Waker::noop());
        let _ = self.poll_until(&mut nobody, |driver| driver.poll_written());
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

    /// Calls `tap` with all received bytes before they are processed. With TLS, these are the
    /// encrypted bytes.
    pub fn tap_input(&mut self, tap: impl FnMut(&[u8]) + Send + Sync + 'static) {
        self.driver.connection_mut().tap_input(tap);
    }

    /// Performs the steps of the driver until `poll` returns a result or the task must wait.
    fn poll_until<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut answer: impl FnMut(&mut Driver) -> Poll<T>,
    ) -> Poll<Result<T, TransportError>> {
        // The task does not know why it was woken, and it may not be the task that was polled last.
        self.driver.feed_readable();
        self.driver.feed_writable();
        loop {
            if let Poll::Ready(answer) = answer(&mut self.driver) {
                return Poll::Ready(Ok(answer));
            }
            let now = self.clock.now();
            match self.driver.poll_step(now) {
                Step::Write(bytes) => {
                    let result = self.socket.write(cx, bytes).map_err(wait)?;
                    self.driver.feed_write(result, self.clock.now());
                }
                Step::Read => {
                    let result = self.socket.read(cx, &mut self.buffer).map_err(wait)?;
                    let now = self.clock.now();
                    let bytes = result.map(|read| self.buffer.get(..read).unwrap_or_default());
                    self.driver.feed_read(bytes, now);
                }
                Step::EndOutput => self.socket.end_output(),
                Step::Close => self.socket.shutdown(),
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
            .field("local", &self.socket.local)
            .field("remote", &self.socket.remote)
            .field("connection", self.connection())
            .finish_non_exhaustive()
    }
}

/// Connects to the first address of a name that answers.
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
