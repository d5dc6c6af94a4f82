//! One connection over TCP.

use std::fmt;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use brocomm::Time;
use brocomm::connection::{Config, Connection, Notification, PollClose, Role, Sent, UsageError};
use brocomm::data::Event;
use tokio::net::TcpStream;

use crate::clock::Clock;
use crate::link::{Attempt, Link, Patience};
use crate::socket::connect;
use crate::{Cause, TransportError};

/// How much is read at once.
const BLOCK: usize = 64 << 10;

/// How long a peer may keep us waiting when the connection is over: while it reads nothing of what
/// is still to be written, and until it closes its side.
const LINGER: Duration = Duration::from_secs(5);

/// Carries one [`Connection`] over TCP.
///
/// # Cancellation
/// The future of [`next`](Self::next), [`flush`](Self::flush) or [`close`](Self::close) can be
/// dropped at any time, in a `select!` or by a timeout: all that was read or written is recorded in
/// the peer before the future waits, and a notification leaves the peer only as the result. The
/// next call goes on where the dropped one was.
///
/// Dropping the peer closes the socket at once; [`close`](Self::close) does it in order.
pub struct Peer {
    connection: Connection,
    link: Link,
    clock: Clock,
    buffer: Box<[u8]>,
    /// How many bytes have been written.
    written: u64,
    /// Why writing failed; in force when all that the peer sent before has been read.
    write_failure: Option<Cause>,
    /// Nothing more can be read.
    input_ended: bool,
    /// All that waited was written, and the peer knows that nothing more comes.
    output_ended: bool,
    /// The connection is over or can't be written to, and nobody has to wait longer than this.
    linger: Patience,
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
    /// The connection is over. What waited is lost.
    Over,
}

/// Says what is to be done next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Something was done; there may be more.
    Again,
    /// Nothing can be done until this task is woken.
    Wait,
    /// The connection is over and the socket closed.
    Done,
}

impl Peer {
    /// Connects to a `host:port`, or to anything that prints as one; to the first that answers if
    /// the name has several addresses. All of it has to be done before the timeout.
    ///
    /// Dropping the future gives up.
    ///
    /// # Errors
    /// [`TransportError::Config`], before anything is tried; [`TransportError::Resolve`],
    /// [`TransportError::NoAddress`], [`TransportError::Connect`],
    /// [`TransportError::ConnectTimedOut`], [`TransportError::System`].
    pub async fn connect(
        address: impl fmt::Display,
        config: Config,
        timeout: Duration,
    ) -> Result<Peer, TransportError> {
        let address = address.to_string();
        config.validate().map_err(TransportError::Config)?;
        Peer::new(connect(address, timeout).await?, config, Role::Initiator)
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
        Peer::new(stream, config, role)
    }

    pub(crate) fn new(
        stream: TcpStream,
        config: Config,
        role: Role,
    ) -> Result<Peer, TransportError> {
        let link = Link::new(stream).map_err(|error| TransportError::System {
            doing: "set up a connection",
            cause: error.into(),
        })?;
        let clock = Clock::start();
        Ok(Peer {
            connection: Connection::new(config, role, clock.now()),
            link,
            clock,
            buffer: vec![0; BLOCK].into(),
            written: 0,
            write_failure: None,
            input_ended: false,
            output_ended: false,
            linger: Patience::default(),
            done: false,
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
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Notification>, TransportError>> {
        loop {
            // First, or a user who always finds notifications would never write the answers.
            self.write(cx)?;
            if let Some(notification) = self.connection.poll_notification() {
                return Poll::Ready(Ok(Some(notification)));
            }
            match self.turn(cx)? {
                Turn::Wait if self.connection.waiting_notifications() == 0 => return Poll::Pending,
                Turn::Done if self.connection.waiting_notifications() == 0 => {
                    return Poll::Ready(Ok(None));
                }
                _ => {}
            }
        }
    }

    /// Writes all that waits to be written; reads meanwhile, and keeps the notifications.
    ///
    /// Can be [cancelled](Self#cancellation).
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn flush(&mut self) -> Result<Flushed, TransportError> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<Flushed, TransportError>> {
        loop {
            self.write(cx)?;
            if self.connection.poll_close().is_some() {
                return Poll::Ready(Ok(Flushed::Over));
            }
            if self.connection.poll_transmit().is_empty() {
                return Poll::Ready(Ok(Flushed::All));
            }
            if self.turn(cx)? == Turn::Wait {
                let full =
                    !self.connection.wants_input() && self.connection.waiting_notifications() > 0;
                return if full {
                    Poll::Ready(Ok(Flushed::NotificationsWait))
                } else {
                    Poll::Pending
                };
            }
        }
    }

    /// Closes the connection in order: writes what waits, tells the peer that nothing more comes,
    /// waits until it closes its side too, and closes the socket.
    ///
    /// The wait ends when the peer lets five seconds pass. Tells whether all was written, which is
    /// no proof that the peer read it. Notifications, [`Notification::Closed`] last, can still be
    /// taken from [`next`](Self::next). Can be [cancelled](Self#cancellation): the connection is
    /// over nevertheless, and `next`, or `close` again, goes on.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn close(&mut self) -> Result<bool, TransportError> {
        self.connection.close(self.clock.now());
        poll_fn(|cx| self.poll_done(cx)).await?;
        Ok(self.written == self.connection.counters().output.bytes)
    }

    fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        loop {
            match self.turn(cx)? {
                Turn::Again => {}
                Turn::Wait => return Poll::Pending,
                Turn::Done => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Sends a call of an event, if the peer has requested it, as [`Connection::send_event`] does.
    /// It is written by the next [`next`](Self::next), [`flush`](Self::flush) or
    /// [`close`](Self::close).
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
        // Its time of departure is in it. Whoever awaits the peer next writes what is left, and
        // finds again what went wrong.
        let _ = self.write(&mut Context::from_waker(Waker::noop()));
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

    /// Does what can be done without waiting: writes all it can, reads one block, ends what is over.
    /// If it says that there is nothing but to wait, this task is woken when that changes.
    fn turn(&mut self, cx: &mut Context<'_>) -> Result<Turn, TransportError> {
        if self.done {
            return Ok(Turn::Done);
        }
        self.connection.feed_time(self.clock.now());
        self.write(cx)?;
        let closing = self.connection.poll_close();
        let written = closing == Some(PollClose::Now);
        if written && !self.output_ended {
            self.link.end_output();
            self.output_ended = true;
        }
        let hurries = closing.is_some() || self.write_failure.is_some();
        if hurries && !self.linger.is_started() {
            self.linger.start(LINGER);
        }
        let lingered = hurries && self.linger.is_over(cx);
        let ended = self.input_ended && (written || self.write_failure.is_some());
        if closing.is_some() && (ended || lingered) {
            self.finish();
            return Ok(Turn::Done);
        }
        // When all is over the core ignores what comes, but the peer may have to get rid of it.
        let wanted = closing.is_some() || self.connection.wants_input();
        if wanted && !self.input_ended && self.read(cx)? {
            return Ok(Turn::Again);
        }
        // Input that waits for output that will never be written, or that nobody will send.
        let stuck = !wanted && self.connection.waiting_notifications() == 0;
        if self.write_failure.is_some() && !self.input_ended && (stuck || lingered) {
            self.end_input(None);
            return Ok(Turn::Again);
        }
        Ok(Turn::Wait)
    }

    /// Writes as much as the socket takes.
    fn write(&mut self, cx: &mut Context<'_>) -> Result<(), TransportError> {
        while self.write_failure.is_none() && !self.output_ended {
            let bytes = self.connection.poll_transmit();
            if bytes.is_empty() {
                break;
            }
            match self.link.poll_write(cx, bytes) {
                Poll::Pending => break,
                Poll::Ready(attempt) => match attempt.map_err(wait)? {
                    Attempt::Carried(written) => {
                        self.written += written as u64;
                        self.connection.advance(written, self.clock.now());
                        if self.linger.is_started() {
                            self.linger.start(LINGER);
                        }
                    }
                    Attempt::End => break,
                    // What the peer sent before is still there to be read.
                    Attempt::Failed(error) => self.write_failure = Some(error.into()),
                },
            }
        }
        Ok(())
    }

    /// Reads one block, and tells whether there was anything to read.
    fn read(&mut self, cx: &mut Context<'_>) -> Result<bool, TransportError> {
        let Poll::Ready(attempt) = self.link.poll_read(cx, &mut self.buffer) else {
            return Ok(false);
        };
        match attempt.map_err(wait)? {
            Attempt::Carried(read) => {
                let bytes = self.buffer.get(..read).unwrap_or_default();
                self.connection.feed_bytes(bytes, self.clock.now());
            }
            Attempt::End => self.end_input(None),
            Attempt::Failed(error) => self.end_input(Some(error.into())),
        }
        Ok(true)
    }

    fn end_input(&mut self, failure: Option<Cause>) {
        self.input_ended = true;
        let now = self.clock.now();
        match failure.or_else(|| self.write_failure.clone()) {
            Some(cause) => self.connection.feed_failure(&cause.text, now),
            // A peer that has nothing more to say may still listen to the last that we say.
            None if self.connection.poll_close().is_some() => {}
            None => self.connection.feed_eof(now),
        }
    }

    fn finish(&mut self) {
        self.link.shutdown();
        (self.input_ended, self.output_ended, self.done) = (true, true, true);
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

fn wait(error: std::io::Error) -> TransportError {
    TransportError::System { doing: "wait for the peer", cause: error.into() }
}
