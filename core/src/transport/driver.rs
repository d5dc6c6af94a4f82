//! What is to be done next for one connection over a stream of bytes.

use std::io::{self, ErrorKind};
use std::task::Poll;
use std::time::Duration;

use super::Cause;
use crate::Time;
use crate::connection::{Connection, Notification, PollClose};

/// How many bytes to read at once.
pub const BLOCK: usize = 64 << 10;

/// How many blocks are read before others have their turn.
const BLOCKS: u8 = 32;

/// How long a peer may keep us waiting when the connection is over: while it reads nothing of what
/// is still to be written, and until it closes its side (§3.6). So long, too, is read what it sent
/// before writing to it failed.
pub const LINGER: Duration = Duration::from_secs(5);

/// Says what to do next, see [`Driver::poll_step`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the connection goes on only if it is done"]
pub enum Step<'a> {
    /// Write as much of this as the socket takes, without waiting, and
    /// [feed](Driver::feed_write) the result.
    Write(&'a [u8]),
    /// Read about a [`BLOCK`], without waiting, and [feed](Driver::feed_read) the result.
    Read,
    /// Close our half: the peer learns that nothing more comes. Failure means nothing.
    EndOutput,
    /// Much was read: let others have their turn, look at deadlines, and go on.
    Yield,
    /// Wait until the socket becomes ready for what it was not when it was tried last, or until
    /// this time, or until there is a new command. Then [say](Driver::feed_readable)
    /// [so](Driver::feed_writable) and go on.
    Wait {
        /// When to go on in any case; always later than the time that was given.
        until: Option<Time>,
    },
    /// Close the socket, both halves; nothing comes after it.
    Close,
}

/// Says how far a flush came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "something may still wait to be written"]
pub enum Flushed {
    /// All is written, that is, in the hands of the system.
    All,
    /// The peer reads nothing more before we do, and so many notifications wait that we don't:
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
///   closed as soon as the peer has closed its half; without progress for [`LINGER`] also before.
///   That the peer sends no more is then no reason not to write.
/// * When writing fails, what the peer sent before is read, then the connection is over.
#[derive(Debug)]
pub struct Driver {
    connection: Connection,
    /// The socket was not found unready since it was last said to be ready.
    readable: bool,
    writable: bool,
    /// How many blocks have been read since others had their turn.
    blocks: u8,
    /// How many bytes have been written.
    written: u64,
    /// Nothing more can be read.
    input_ended: bool,
    /// Nothing more is written: the peer knows that nothing comes, or writing failed.
    output_ended: bool,
    /// Why writing failed, until the connection is told.
    write_failure: Option<Cause>,
    /// When patience is over, since the connection is or writing failed.
    linger: Option<Time>,
    over: bool,
}

impl Driver {
    /// Takes a connection over whose transport has just been established.
    pub fn new(connection: Connection) -> Driver {
        Driver {
            connection,
            readable: true,
            writable: true,
            blocks: 0,
            written: 0,
            input_ended: false,
            output_ended: false,
            write_failure: None,
            linger: None,
            over: false,
        }
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
        match self.connection.poll_notification() {
            None if !self.over => Poll::Pending,
            notification => Poll::Ready(notification),
        }
    }

    /// Tells when all is written that waits to be, or why that has to stop.
    #[must_use = "something may still wait to be written"]
    pub fn poll_flush(&self) -> Poll<Flushed> {
        if self.poll_written().is_pending() {
            Poll::Pending
        } else if self.connection.poll_close().is_some() {
            Poll::Ready(Flushed::Over)
        } else if self.connection.poll_transmit().is_empty() {
            Poll::Ready(Flushed::All)
        } else if !self.connection.wants_input() && self.connection.waiting_notifications() > 0 {
            Poll::Ready(Flushed::NotificationsWait)
        } else {
            Poll::Pending
        }
    }

    /// Tells when nothing can be written at present: nothing waits, or the socket takes no more.
    #[must_use = "something may still wait to be written"]
    pub fn poll_written(&self) -> Poll<()> {
        let wants = self.writable && !self.output_ended && !self.over;
        if wants && !self.connection.poll_transmit().is_empty() {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }

    /// Tells when the socket is to be closed or was, and whether all was written then, which is no
    /// proof that the peer read it.
    #[must_use = "the socket may still be in use"]
    pub fn poll_closed(&self) -> Poll<bool> {
        if self.over { Poll::Ready(self.is_all_written()) } else { Poll::Pending }
    }

    /// Closes the connection in order, as [`Connection::close`] does; await
    /// [`poll_closed`](Self::poll_closed).
    pub fn close(&mut self, now: Time) {
        self.connection.close(now);
    }

    /// Ends the connection at once, whatever waits; the socket is to be closed. Tells whether all
    /// was written.
    pub fn give_up(&mut self, now: Time) -> bool {
        self.close(now);
        self.over = true;
        self.is_all_written()
    }

    fn is_all_written(&self) -> bool {
        self.written == self.connection.counters().output.bytes
    }

    /// Says what to do next. [`Step::EndOutput`] comes at most once; everything else comes again
    /// until it is done.
    pub fn poll_step(&mut self, now: Time) -> Step<'_> {
        self.connection.feed_time(now);
        let now = self.connection.now();
        if self.over {
            return Step::Close;
        }
        if self.poll_written().is_pending() {
            return Step::Write(self.connection.poll_transmit());
        }
        self.heed_write_failure(now);
        let closing = self.connection.poll_close();
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
        // When all is over the core ignores what comes, but the peer may have to get rid of it.
        let wanted = closing.is_some() || self.connection.wants_input();
        if wanted && self.readable && !self.input_ended {
            if self.blocks < BLOCKS {
                return Step::Read;
            }
            self.blocks = 0;
            return Step::Yield;
        }
        self.blocks = 0;
        Step::Wait { until: self.linger.filter(|&until| now < until) }
    }

    /// Takes note of what writing gave. An error of the kind `WouldBlock` means that the socket is
    /// not ready, one of the kind `Interrupted` nothing, and every other that nothing more can be
    /// written.
    pub fn feed_write(&mut self, result: io::Result<usize>, now: Time) {
        self.connection.feed_time(now);
        let now = self.connection.now();
        let failure = match result {
            Ok(written @ 1..) => {
                let written = written.min(self.connection.poll_transmit().len());
                self.written += written as u64;
                self.connection.advance(written, now);
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

    /// Takes note of what reading gave: bytes, none at the end of the stream. Errors mean what they
    /// mean to [`feed_write`](Self::feed_write).
    pub fn feed_read(&mut self, result: io::Result<&[u8]>, now: Time) {
        if self.input_ended {
            return;
        }
        match result {
            Ok([]) => self.end_input(None, now),
            Ok(bytes) => {
                self.blocks = self.blocks.saturating_add(1);
                self.connection.feed_bytes(bytes, now);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => self.end_input(Some(error.into()), now),
        }
    }

    /// Takes note that reading may give something again.
    pub fn feed_readable(&mut self) {
        self.readable = true;
    }

    /// Takes note that something can be written again, perhaps.
    pub fn feed_writable(&mut self) {
        self.writable = true;
    }

    fn end_input(&mut self, failure: Option<Cause>, now: Time) {
        self.input_ended = true;
        match failure.or_else(|| self.write_failure.take()) {
            Some(cause) => self.connection.feed_failure(&cause.text, now),
            // A peer that has nothing more to say may still listen to the last that we say.
            None if self.connection.poll_close().is_some() => {}
            None => self.connection.feed_eof(now),
        }
    }

    /// Tells the connection that writing failed, once nothing that the peer sent before can be
    /// hoped for.
    fn heed_write_failure(&mut self, now: Time) {
        if self.write_failure.is_none() || self.connection.poll_close().is_some() {
            return;
        }
        // Input that waits for output that will never be written.
        let stuck = !self.connection.wants_input() && self.connection.waiting_notifications() == 0;
        // Or that nobody will send.
        if self.input_ended || stuck || self.has_lingered(now) {
            self.end_input(None, now);
        }
    }

    fn start_lingering(&mut self, now: Time) {
        self.linger.get_or_insert(now + LINGER);
    }

    fn has_lingered(&self, now: Time) -> bool {
        self.linger.is_some_and(|until| until <= now)
    }
}
