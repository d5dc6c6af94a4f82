//! The logic shared by all transports, for authors of transports.
//!
//! A [`Driver`] owns a [`Connection`] and returns the next step for the socket; the transport
//! performs it and feeds the result. It requires only a non-blocking byte stream. The loop is always
//! the same:
//!
//! ```no_run
//! use std::io::{Read, Write};
//! use std::net::{Shutdown, TcpStream};
//! use std::task::Poll;
//! use std::time::{Instant, SystemTime};
//!
//! use brocomm::Time;
//! use brocomm::lowlevel::connection::{ConnectionConfig, Connection};
//! use brocomm::node::Role;
//! use brocomm::lowlevel::driver::{BLOCK, Driver, Step};
//!
//! # fn wait_for(_: &TcpStream, _: Option<std::time::Duration>) {}
//! # fn main() -> std::io::Result<()> {
//! let mut socket = TcpStream::connect("localhost:47757")?;
//! socket.set_nonblocking(true)?;
//! let (wall, start) = (Time::from(SystemTime::now()), Instant::now());
//! let now = || wall + start.elapsed();
//! let connection = Connection::new(ConnectionConfig::default(), Role::Initiator, now());
//! let mut driver = Driver::new(connection);
//! let mut buffer = vec![0; BLOCK];
//! loop {
//!     match driver.poll_notification() {
//!         Poll::Ready(Some(notification)) => println!("{notification:?}"),
//!         Poll::Ready(None) => break,
//!         Poll::Pending => match driver.poll_step(now()) {
//!             Step::Write(bytes) => {
//!                 let result = socket.write(bytes);
//!                 driver.feed_write(result, now());
//!             }
//!             Step::Read => {
//!                 let result = socket.read(&mut buffer).map(|read| &buffer[..read]);
//!                 driver.feed_read(result, now());
//!             }
//!             Step::EndOutput => socket.shutdown(Shutdown::Write)?,
//!             Step::Close => socket.shutdown(Shutdown::Both)?,
//!             Step::Yield => {}
//!             Step::Wait { until } => {
//!                 wait_for(&socket, until.map(|until| until - now()));
//!                 driver.feed_readable();
//!                 driver.feed_writable();
//!             }
//!         },
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A node has many sockets, and is shared among tasks or threads: a [`NodeDriver`] holds the
//! [`NodeMachine`](crate::node::NodeMachine) and wakes the tasks, and a [`SocketDriver`] drives the
//! socket of each of its connections.

mod error;
mod node;
mod socket;
#[cfg(test)]
mod tests;

use std::io;
use std::task::Poll;
use std::time::Duration;

use socket::{Socket, SocketConnection};

use crate::Time;
use crate::connection::{Connection, ConnectionNotification, PollClose};

pub use error::{Cause, LogPathError, RequestError, StartError, SubscribeError, TransportError};
pub use node::{Flush, NodeDriver, Raising, SocketDriver, Subscription, Task, Ticket};
pub use socket::{BLOCK, LINGER, Step};

/// The default timeout of an attempt to connect.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// The delay before accepting again after a failure, such as a lack of file descriptors.
pub const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// The result of a flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "bytes may still be queued"]
pub enum Flushed {
    /// Everything is written to the system's buffers.
    All,
    /// The peer stops reading until we read, and we do not read because too many notifications are
    /// queued: take some, and flush again.
    NotificationsWait,
    /// The connection is closed. Unwritten data is lost.
    Over,
}

/// Decides when one [`Connection`]'s socket is read, written and closed.
///
/// The caller feeds it the results of reading and writing, and polls it for the next [`Step`].
/// Before that, it polls what the user awaits: [`poll_notification`](Self::poll_notification),
/// [`poll_flush`](Self::poll_flush), [`poll_closed`](Self::poll_closed). Calls may come in any
/// order, and the same calls always return the same results.
///
/// * Writing has priority over reading, and continues while reading is paused because too many
///   notifications are queued.
/// * When the connection is closed, queued data is written and our half is shut down. The socket is
///   closed when the peer has closed its half, or after [`LINGER`] without progress.
///   The end of the peer's input does not stop writing.
/// * When writing fails, remaining input from the peer is read, then the connection is closed.
#[derive(Debug)]
pub struct Driver {
    connection: Connection,
    socket: Socket,
}

impl Driver {
    /// Creates a driver for a connection whose transport has just been established.
    pub fn new(connection: Connection) -> Driver {
        Driver { connection, socket: Socket::new() }
    }

    /// Returns the connection, for its getters.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Returns the connection, for its commands. Only the driver may feed and poll it.
    pub fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Returns the next notification. Pending while there is something to write, so that replies
    /// are written even if notifications never run out. `None` if the connection is closed, the
    /// last notification was taken, and the socket is closed or must be.
    #[must_use = "input waits when too many notifications are queued"]
    pub fn poll_notification(&mut self) -> Poll<Option<ConnectionNotification>> {
        if self.poll_written().is_pending() {
            return Poll::Pending;
        }
        match self.connection.poll_notification() {
            None if !self.socket.is_over() => Poll::Pending,
            notification => Poll::Ready(notification),
        }
    }

    /// Ready when all queued data is written, or cannot be.
    #[must_use = "bytes may still be queued"]
    pub fn poll_flush(&self) -> Poll<Flushed> {
        if self.poll_written().is_pending() {
            Poll::Pending
        } else if self.connection.poll_close().is_some() {
            Poll::Ready(Flushed::Over)
        } else if !self.connection.has_output() {
            Poll::Ready(Flushed::All)
        } else if !self.connection.wants_input() && self.connection.waiting_notifications() > 0 {
            Poll::Ready(Flushed::NotificationsWait)
        } else {
            Poll::Pending
        }
    }

    /// Ready when nothing can be written now: no data is queued, or the socket is not writable.
    #[must_use = "bytes may still be queued"]
    pub fn poll_written(&self) -> Poll<()> {
        self.socket.poll_written(&self.connection)
    }

    /// Ready when the socket is closed or must be. Returns whether everything was written, which
    /// does not prove that the peer read it.
    #[must_use = "the socket may still be in use"]
    pub fn poll_closed(&self) -> Poll<bool> {
        if self.socket.is_over() {
            Poll::Ready(self.connection.is_all_written())
        } else {
            Poll::Pending
        }
    }

    /// Closes the connection gracefully, like [`Connection::close`]. Then await
    /// [`poll_closed`](Self::poll_closed).
    pub fn close(&mut self, now: Time) {
        self.connection.close(now);
    }

    /// Ends the connection immediately, dropping queued data. The socket must be closed. Returns
    /// whether everything was written.
    pub fn give_up(&mut self, now: Time) -> bool {
        self.close(now);
        self.socket.give_up();
        self.connection.is_all_written()
    }

    /// Returns the next step. [`Step::EndOutput`] is returned at most once; other steps are
    /// repeated until done.
    pub fn poll_step(&mut self, now: Time) -> Step<'_> {
        self.socket.poll_step(&mut self.connection, now)
    }

    /// Records the result of a write. `WouldBlock` means that the socket is not ready,
    /// `Interrupted` is ignored, and any other error means that nothing more can be written.
    pub fn feed_write(&mut self, result: io::Result<usize>, now: Time) {
        self.socket.feed_write(&mut self.connection, result, now);
    }

    /// Records the result of a read: bytes, empty at the end of the stream. Errors are handled as
    /// in [`feed_write`](Self::feed_write).
    pub fn feed_read(&mut self, result: io::Result<&[u8]>, now: Time) {
        self.socket.feed_read(&mut self.connection, result, now);
    }

    /// Records that the socket may be readable again.
    pub fn feed_readable(&mut self) {
        self.socket.feed_readable();
    }

    /// Records that the last read drained the socket, so that it is not read before it is
    /// [readable](Self::feed_readable) again. Optional: otherwise the next read fails with
    /// `WouldBlock`.
    pub fn feed_drained(&mut self) {
        self.socket.feed_drained();
    }

    /// Records that the socket may be writable again.
    pub fn feed_writable(&mut self) {
        self.socket.feed_writable();
    }
}

impl SocketConnection for Connection {
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
