//! One connection over one socket.

use std::io;
use std::task::Poll;

use super::{Session, Socket, Step};
use crate::Time;
use crate::connection::{Connection, Notification, PollClose};

/// How far a flush came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "something may still wait to be written"]
pub enum Flushed {
    /// All is written, that is, in the hands of the system.
    All,
    /// The peer reads nothing more before we do, and so many notifications wait that we do not:
    /// take some, and flush again.
    NotificationsWait,
    /// The connection is over. What waited is lost.
    Over,
}

/// Decides when one [`Connection`]'s socket is read, written and closed.
///
/// It is fed what reading and writing gave, and polled for the next [`Step`]. What the user awaits
/// is polled first: [`poll_notification`](Self::poll_notification),
/// [`poll_flush`](Self::poll_flush), [`poll_closed`](Self::poll_closed), each ready when it is
/// ready. No order of calls is an error, and the same calls always give the same answers.
///
/// * Writing comes before reading, and goes on while input waits for notifications to be taken.
/// * When the connection is over, what waits is written, our half is closed, and the socket is
///   closed as soon as the peer has closed its half; without progress for [`LINGER`](super::LINGER)
///   also before. That the peer sends no more is then no reason not to write.
/// * When writing fails, what the peer sent before is read, then the connection is over.
#[derive(Debug)]
pub struct Driver {
    connection: Connection,
    socket: Socket,
}

impl Driver {
    /// Takes a connection over whose transport has just been established.
    pub fn new(connection: Connection) -> Driver {
        Driver { connection, socket: Socket::new() }
    }

    /// Returns the connection, for its getters.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Returns the connection, for its commands. What is fed to it and polled from it is the
    /// business of the driver alone.
    pub fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Returns the next notification if there is one and nothing can be written, or a user who
    /// always finds notifications would never write the answers; `None` if the connection is over,
    /// the last notification was taken, and the socket is to be closed or was.
    #[must_use = "input waits when too many notifications do"]
    pub fn poll_notification(&mut self) -> Poll<Option<Notification>> {
        if self.poll_written().is_pending() {
            return Poll::Pending;
        }
        match self.connection_mut().poll_notification() {
            None if !self.socket.is_over() => Poll::Pending,
            notification => Poll::Ready(notification),
        }
    }

    /// Returns when all is written that waits to be, or why that has to stop.
    #[must_use = "something may still wait to be written"]
    pub fn poll_flush(&self) -> Poll<Flushed> {
        if self.poll_written().is_pending() {
            Poll::Pending
        } else if self.connection().poll_close().is_some() {
            Poll::Ready(Flushed::Over)
        } else if !self.connection().has_output() {
            Poll::Ready(Flushed::All)
        } else if !self.connection().wants_input() && self.connection().waiting_notifications() > 0
        {
            Poll::Ready(Flushed::NotificationsWait)
        } else {
            Poll::Pending
        }
    }

    /// Returns when nothing can be written at present: nothing waits, or the socket takes no more.
    #[must_use = "something may still wait to be written"]
    pub fn poll_written(&self) -> Poll<()> {
        self.socket.poll_written(&self.connection)
    }

    /// Returns when the socket is to be closed or was, and whether all was written then, which is no
    /// proof that the peer read it.
    #[must_use = "the socket may still be in use"]
    pub fn poll_closed(&self) -> Poll<bool> {
        if self.socket.is_over() { Poll::Ready(self.is_all_written()) } else { Poll::Pending }
    }

    /// Closes the connection in order, as [`Connection::close`] does; await
    /// [`poll_closed`](Self::poll_closed).
    pub fn close(&mut self, now: Time) {
        self.connection_mut().close(now);
    }

    /// Ends the connection at once, whatever waits; the socket is to be closed. Returns whether all
    /// was written.
    pub fn give_up(&mut self, now: Time) -> bool {
        self.close(now);
        self.socket.give_up();
        self.is_all_written()
    }

    fn is_all_written(&self) -> bool {
        self.connection().is_all_written()
    }

    /// Returns what to do next. [`Step::EndOutput`] comes at most once; everything else comes again
    /// until it is done.
    pub fn poll_step(&mut self, now: Time) -> Step<'_> {
        self.socket.poll_step(&mut self.connection, now)
    }

    /// Records what writing gave. An error of the kind `WouldBlock` means that the socket is
    /// not ready, one of the kind `Interrupted` nothing, and every other that nothing more can be
    /// written.
    pub fn feed_write(&mut self, result: io::Result<usize>, now: Time) {
        self.socket.feed_write(&mut self.connection, result, now);
    }

    /// Records what reading gave: bytes, none at the end of the stream. Errors mean what they
    /// mean to [`feed_write`](Self::feed_write).
    pub fn feed_read(&mut self, result: io::Result<&[u8]>, now: Time) {
        self.socket.feed_read(&mut self.connection, result, now);
    }

    /// Records that reading may give something again.
    pub fn feed_readable(&mut self) {
        self.socket.feed_readable();
    }

    /// Records that nothing was left after what was read last, so that reading gives nothing
    /// before it is said to [again](Self::feed_readable). Who does not know tries and fails.
    pub fn feed_drained(&mut self) {
        self.socket.feed_drained();
    }

    /// Records that something can be written again, perhaps.
    pub fn feed_writable(&mut self) {
        self.socket.feed_writable();
    }
}

impl Session for Connection {
    fn connection(&self) -> Option<&Connection> {
        Some(self)
    }

    fn feed_time(&mut self, now: Time) -> Time {
        Connection::feed_time(self, now);
        self.now()
    }

    fn poll_transmit(&mut self) -> &[u8] {
        Connection::poll_transmit(self)
    }

    fn advance(&mut self, written: usize, now: Time) {
        Connection::advance(self, written, now);
    }

    fn feed_bytes(&mut self, bytes: &[u8], now: Time) {
        Connection::feed_bytes(self, bytes, now);
    }

    fn feed_eof(&mut self, now: Time) {
        Connection::feed_eof(self, now);
    }

    fn feed_read_failure(&mut self, reason: &str, now: Time) {
        self.feed_failure(reason, now);
    }

    fn feed_write_failure(&mut self, reason: &str, now: Time) {
        self.feed_failure(reason, now);
    }

    fn next_timeout(&self) -> Option<Time> {
        Connection::next_timeout(self)
    }

    fn poll_close(&self) -> Option<PollClose> {
        Connection::poll_close(self)
    }

    fn wants_input(&self) -> bool {
        Connection::wants_input(self)
    }

    fn is_forgotten(&self) -> bool {
        false
    }
}
