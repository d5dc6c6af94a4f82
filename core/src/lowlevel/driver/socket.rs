//! The next step of a socket, for any kind of connection.

use std::io::{self, ErrorKind};
use std::task::Poll;
use std::time::Duration;

use super::Cause;
use crate::Time;
use crate::connection::{Connection, PollClose};

/// The size of a read in bytes.
pub const BLOCK: usize = 64 << 10;

/// The number of bytes read before yielding. They are still in the CPU caches when the application
/// gets what they contain, and the memory is free again before the next ones.
const TURN: usize = 4 * BLOCK;

/// The number of bytes that a read counts as, at least.
const LEAST_READ: usize = TURN / 32;

/// How long a closed connection lingers (§3.6): without writing progress while the peer does not
/// read the remaining data, and until the peer closes its half. Also how long input is read after a
/// write failed.
pub const LINGER: Duration = Duration::from_secs(5);

/// The next step of a socket, see [`Driver::poll_step`](super::Driver::poll_step).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the connection waits for this step to be done"]
pub enum Step<'a> {
    /// Write as much of this as the socket accepts, without waiting, and
    /// [feed](super::Driver::feed_write) the result.
    Write(&'a [u8]),
    /// Read about a [`BLOCK`], without waiting, and [feed](super::Driver::feed_read) the result.
    Read,
    /// Shut down our half of the connection. Ignore failures.
    EndOutput,
    /// Yield to other tasks after much input, check deadlines, and continue.
    Yield,
    /// Wait until the socket is [readable](super::Driver::feed_readable) or
    /// [writable](super::Driver::feed_writable) again, until this time, or until there is a new
    /// command. Then report readiness, if any, and continue.
    Wait {
        /// When to continue at the latest. Always later than the given time.
        until: Option<Time>,
    },
    /// Close the socket. This is the last step.
    Close,
}

/// A connection of a [`Socket`]: a single one, or one of a node.
pub(super) trait SocketConnection {
    /// Returns the connection, if there is one.
    fn connection(&self) -> Option<&Connection>;

    /// Records the time; returns the latest time so far.
    fn feed_time(&mut self, now: Time) -> Time;

    /// Returns the bytes to write.
    fn poll_transmit(&mut self) -> &[u8];

    /// Records that the first `written` of these bytes have been written.
    fn advance(&mut self, written: usize, now: Time);

    /// Feeds received bytes.
    fn feed_bytes(&mut self, bytes: &[u8], now: Time);

    /// Records that the peer closed its half.
    fn feed_eof(&mut self, now: Time);

    /// Records that reading failed.
    fn feed_read_failure(&mut self, reason: &str, now: Time);

    /// Records that writing failed, and that nothing more is read.
    fn feed_write_failure(&mut self, reason: &str, now: Time);

    /// Returns the next deadline, regardless of the socket.
    fn next_timeout(&self) -> Option<Time>;

    /// Returns whether, and when, to close the socket.
    fn poll_close(&self) -> Option<PollClose>;

    /// Returns whether to read.
    fn wants_input(&self) -> bool;

    /// Returns whether the connection was dropped, so that the socket is closed immediately.
    fn is_forgotten(&self) -> bool;

    /// Returns whether there are bytes to write.
    fn has_output(&self) -> bool {
        self.connection().is_some_and(Connection::has_output)
    }

    /// Returns whether reading waits only for output to be written, not for the application.
    fn awaits_output(&self) -> bool {
        let awaits = |c: &Connection| !c.wants_input() && c.waiting_notifications() == 0;
        self.connection().is_some_and(awaits)
    }
}

/// Decides when one socket is read, written and closed. Each call must pass the same [`SocketConnection`].
///
/// See [`Driver`](super::Driver) for its behavior.
#[derive(Debug)]
pub(super) struct Socket {
    /// Whether the socket may be ready: it was not found unready since last reported ready.
    readable: bool,
    writable: bool,
    /// The number of bytes read since the last yield.
    read: usize,
    /// Whether the input has ended.
    input_ended: bool,
    /// Whether the output has ended: our half is shut down, or writing failed.
    output_ended: bool,
    /// Why writing failed, until reported to the connection.
    write_failure: Option<Cause>,
    /// The deadline after the connection was closed or writing failed.
    linger: Option<Time>,
    over: bool,
}

impl Socket {
    /// Creates the state of a newly connected socket.
    pub(super) const fn new() -> Socket {
        Socket {
            readable: true,
            writable: true,
            read: 0,
            input_ended: false,
            output_ended: false,
            write_failure: None,
            linger: None,
            over: false,
        }
    }

    /// Returns whether the socket is closed or must be.
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// Closes the socket immediately, dropping queued data.
    pub(super) const fn give_up(&mut self) {
        self.over = true;
    }

    /// Ready when nothing can be written now: no data is queued, or the socket is not writable.
    #[must_use = "bytes may still be queued"]
    pub(super) fn poll_written(&self, connection: &impl SocketConnection) -> Poll<()> {
        let wants = self.writable && !self.output_ended && !self.over;
        if wants && connection.has_output() { Poll::Pending } else { Poll::Ready(()) }
    }

    /// Returns the next step. [`Step::EndOutput`] is returned at most once; other steps are
    /// repeated until done.
    pub(super) fn poll_step<'a, S: SocketConnection>(
        &mut self,
        connection: &'a mut S,
        now: Time,
    ) -> Step<'a> {
        let now = connection.feed_time(now);
        self.over |= connection.is_forgotten();
        if self.over {
            return Step::Close;
        }
        // If encryption fails, there is nothing to write.
        if self.poll_written(connection).is_pending() && !connection.poll_transmit().is_empty() {
            return Step::Write(connection.poll_transmit());
        }
        self.report_write_failure(connection, now);
        let closing = connection.poll_close();
        if closing == Some(PollClose::Now) && !self.output_ended {
            self.output_ended = true;
            return Step::EndOutput;
        }
        if closing.is_some() {
            self.start_lingering(now);
            if (self.input_ended && self.output_ended) || self.has_lingered(now) {
                self.over = true;
                return Step::Close;
            }
        }
        // The core ignores input after the close, but the peer may be unable to continue until it
        // is read.
        let wanted = closing.is_some() || connection.wants_input();
        if wanted && self.readable && !self.input_ended {
            if self.read < TURN {
                return Step::Read;
            }
            self.read = 0;
            return Step::Yield;
        }
        self.read = 0;
        let linger = self.linger.filter(|&until| now < until);
        let until = linger.into_iter().chain(connection.next_timeout()).min();
        Step::Wait { until }
    }

    /// Records the result of a write. `WouldBlock` means that the socket is not ready,
    /// `Interrupted` is ignored, and any other error means that nothing more can be written.
    pub(super) fn feed_write(
        &mut self,
        connection: &mut impl SocketConnection,
        result: io::Result<usize>,
        now: Time,
    ) {
        let now = connection.feed_time(now);
        let failure = match result {
            Ok(written @ 1..) => {
                let written = written.min(connection.poll_transmit().len());
                connection.advance(written, now);
                if let Some(until) = &mut self.linger {
                    *until = now + LINGER;
                }
                return;
            }
            Ok(0) => ErrorKind::WriteZero.into(),
            Err(error) => error,
        };
        match failure.kind() {
            ErrorKind::WouldBlock => self.writable = false,
            ErrorKind::Interrupted => {}
            _ => {
                self.output_ended = true;
                self.write_failure = Some(failure.into());
                self.start_lingering(now);
            }
        }
    }

    /// Records the result of a read: bytes, empty at the end of the stream. Errors are handled as
    /// in [`feed_write`](Self::feed_write).
    pub(super) fn feed_read(
        &mut self,
        connection: &mut impl SocketConnection,
        result: io::Result<&[u8]>,
        now: Time,
    ) {
        if self.input_ended {
            return;
        }
        match result {
            Ok([]) => self.end_input(connection, None, now),
            Ok(bytes) => {
                self.read = self.read.saturating_add(bytes.len().max(LEAST_READ));
                connection.feed_bytes(bytes, now);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => self.end_input(connection, Some(error.into()), now),
        }
    }

    /// Records that the socket may be readable again.
    pub(super) const fn feed_readable(&mut self) {
        self.readable = true;
    }

    /// Records that the last read drained the socket, so that it is not read before it is
    /// [readable](Self::feed_readable) again. Optional: otherwise the next read fails with
    /// `WouldBlock`.
    pub(super) const fn feed_drained(&mut self) {
        self.readable = false;
    }

    /// Records that the socket may be writable again.
    pub(super) const fn feed_writable(&mut self) {
        self.writable = true;
    }

    fn end_input(
        &mut self,
        connection: &mut impl SocketConnection,
        failure: Option<Cause>,
        now: Time,
    ) {
        self.input_ended = true;
        if let Some(cause) = failure {
            connection.feed_read_failure(&cause.text, now);
        } else if let Some(cause) = self.write_failure.take() {
            connection.feed_write_failure(&cause.text, now);
        } else if connection.poll_close().is_none() {
            connection.feed_eof(now);
        }
        // A peer that has ended its output may still read our last bytes.
    }

    /// Reports a failed write to the connection, once all input from the peer is read.
    fn report_write_failure(&mut self, connection: &mut impl SocketConnection, now: Time) {
        if self.write_failure.is_none() || connection.poll_close().is_some() {
            return;
        }
        // No more input will be processed: it ended, or waits for output that will never be
        // written.
        if self.input_ended || connection.awaits_output() || self.has_lingered(now) {
            self.end_input(connection, None, now);
        }
    }

    fn start_lingering(&mut self, now: Time) {
        self.linger.get_or_insert(now + LINGER);
    }

    fn has_lingered(&self, now: Time) -> bool {
        self.linger.is_some_and(|until| until <= now)
    }
}
