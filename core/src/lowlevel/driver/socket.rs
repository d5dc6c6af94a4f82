//! What is to be done next with one socket, whatever connection it carries bytes for.

use std::io::{self, ErrorKind};
use std::task::Poll;
use std::time::Duration;

use super::Cause;
use crate::Time;
use crate::connection::{Connection, PollClose};

/// How many bytes to read at once.
pub const BLOCK: usize = 64 << 10;

/// How many blocks are read before others have their turn.
const BLOCKS: u8 = 32;

/// How long a peer may keep us waiting when the connection is over: while it reads nothing of what
/// is still to be written, and until it closes its side (§3.6). So long, too, is read what it sent
/// before writing to it failed.
pub const LINGER: Duration = Duration::from_secs(5);

/// What to do next with a socket, see [`Driver::poll_step`](super::Driver::poll_step).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the connection goes on only if it is done"]
pub enum Step<'a> {
    /// Write as much of this as the socket takes, without waiting, and
    /// [feed](super::Driver::feed_write) the result.
    Write(&'a [u8]),
    /// Read about a [`BLOCK`], without waiting, and [feed](super::Driver::feed_read) the result.
    Read,
    /// Close our half: the peer learns that nothing more comes. Failure means nothing.
    EndOutput,
    /// Much was read: let others have their turn, look at deadlines, and go on.
    Yield,
    /// Wait until the socket becomes ready for what it was not when it was tried last, or until
    /// this time, or until there is a new command. Then [say](super::Driver::feed_readable)
    /// [so](super::Driver::feed_writable) and go on.
    Wait {
        /// When to go on in any case; always later than the time that was given.
        until: Option<Time>,
    },
    /// Close the socket, both halves; nothing comes after it.
    Close,
}

/// A connection for which a [`Socket`] carries bytes: one by itself, or one of a node.
pub(super) trait Session {
    /// Returns the connection, if there is one.
    fn connection(&self) -> Option<&Connection>;

    /// Records the time; returns it, or a later one if that was given before.
    fn feed_time(&mut self, now: Time) -> Time;

    /// Returns what waits to be written, in order.
    fn poll_transmit(&mut self) -> &[u8];

    /// Records that the first `written` bytes of it have been written.
    fn advance(&mut self, written: usize, now: Time);

    /// Takes bytes that came.
    fn feed_bytes(&mut self, bytes: &[u8], now: Time);

    /// Records that the peer closed its half.
    fn feed_eof(&mut self, now: Time);

    /// Records that reading failed.
    fn feed_read_failure(&mut self, reason: &str, now: Time);

    /// Records that writing failed, and that nothing more is read.
    fn feed_write_failure(&mut self, reason: &str, now: Time);

    /// Returns when something is to be done at the latest, whatever the socket does.
    fn next_timeout(&self) -> Option<Time>;

    /// Returns whether, and when, the socket is to be closed.
    fn poll_close(&self) -> Option<PollClose>;

    /// Returns whether more should be read.
    fn wants_input(&self) -> bool;

    /// Returns whether nobody wants to hear of the connection any more, so that the socket is closed
    /// at once.
    fn is_forgotten(&self) -> bool;

    /// Returns whether something waits to be written.
    fn has_output(&self) -> bool {
        self.connection().is_some_and(Connection::has_output)
    }

    /// Returns whether nothing more is read before some output is written, whatever the application
    /// does.
    fn awaits_output(&self) -> bool {
        let awaits = |c: &Connection| !c.wants_input() && c.waiting_notifications() == 0;
        self.connection().is_some_and(awaits)
    }
}

/// Decides when one socket is read, written and closed; its bytes are those of a [`Session`], the
/// same at each call.
///
/// What it does is told of [`Driver`](super::Driver).
#[derive(Debug)]
pub(super) struct Socket {
    /// The socket was not found unready since it was last said to be ready.
    readable: bool,
    writable: bool,
    /// How many blocks have been read since others had their turn.
    blocks: u8,
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

impl Default for Socket {
    fn default() -> Socket {
        Socket::new()
    }
}

impl Socket {
    /// Takes over a socket that has just been connected.
    pub(super) const fn new() -> Socket {
        Socket {
            readable: true,
            writable: true,
            blocks: 0,
            input_ended: false,
            output_ended: false,
            write_failure: None,
            linger: None,
            over: false,
        }
    }

    /// Returns whether the socket is to be closed, or was.
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// Has the socket closed at once, whatever waits.
    pub(super) const fn give_up(&mut self) {
        self.over = true;
    }

    /// Returns when nothing can be written at present: nothing waits, or the socket takes no more.
    #[must_use = "something may still wait to be written"]
    pub(super) fn poll_written(&self, session: &impl Session) -> Poll<()> {
        let wants = self.writable && !self.output_ended && !self.over;
        if wants && session.has_output() { Poll::Pending } else { Poll::Ready(()) }
    }

    /// Returns what to do next. [`Step::EndOutput`] comes at most once; everything else comes again
    /// until it is done.
    pub(super) fn poll_step<'a, S: Session>(&mut self, session: &'a mut S, now: Time) -> Step<'a> {
        let now = session.feed_time(now);
        self.over |= session.is_forgotten();
        if self.over {
            return Step::Close;
        }
        // What can't be encrypted leaves nothing to write.
        if self.poll_written(session).is_pending() && !session.poll_transmit().is_empty() {
            return Step::Write(session.poll_transmit());
        }
        self.heed_write_failure(session, now);
        let closing = session.poll_close();
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
        let wanted = closing.is_some() || session.wants_input();
        if wanted && self.readable && !self.input_ended {
            if self.blocks < BLOCKS {
                return Step::Read;
            }
            self.blocks = 0;
            return Step::Yield;
        }
        self.blocks = 0;
        let linger = self.linger.filter(|&until| now < until);
        let until = linger.into_iter().chain(session.next_timeout()).min();
        Step::Wait { until }
    }

    /// Records what writing gave. An error of the kind `WouldBlock` means that the socket is
    /// not ready, one of the kind `Interrupted` nothing, and every other that nothing more can be
    /// written.
    pub(super) fn feed_write(
        &mut self,
        session: &mut impl Session,
        result: io::Result<usize>,
        now: Time,
    ) {
        let now = session.feed_time(now);
        let failure = match result {
            Ok(written @ 1..) => {
                let written = written.min(session.poll_transmit().len());
                session.advance(written, now);
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

    /// Records what reading gave: bytes, none at the end of the stream. Errors mean what they
    /// mean to [`feed_write`](Self::feed_write).
    pub(super) fn feed_read(
        &mut self,
        session: &mut impl Session,
        result: io::Result<&[u8]>,
        now: Time,
    ) {
        if self.input_ended {
            return;
        }
        match result {
            Ok([]) => self.end_input(session, None, now),
            Ok(bytes) => {
                self.blocks = self.blocks.saturating_add(1);
                session.feed_bytes(bytes, now);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => self.end_input(session, Some(error.into()), now),
        }
    }

    /// Records that reading may give something again.
    pub(super) const fn feed_readable(&mut self) {
        self.readable = true;
    }

    /// Records that nothing was left after what was read last, so that reading gives nothing
    /// before it is said to [again](Self::feed_readable). Who does not know tries and fails.
    pub(super) const fn feed_drained(&mut self) {
        self.readable = false;
    }

    /// Records that something can be written again, perhaps.
    pub(super) const fn feed_writable(&mut self) {
        self.writable = true;
    }

    fn end_input(&mut self, session: &mut impl Session, failure: Option<Cause>, now: Time) {
        self.input_ended = true;
        if let Some(cause) = failure {
            session.feed_read_failure(&cause.text, now);
        } else if let Some(cause) = self.write_failure.take() {
            session.feed_write_failure(&cause.text, now);
        } else if session.poll_close().is_none() {
            session.feed_eof(now);
        }
        // A peer that has nothing more to say may still listen to the last that we say.
    }

    /// Tells the connection that writing failed, once nothing that the peer sent before can be
    /// hoped for.
    fn heed_write_failure(&mut self, session: &mut impl Session, now: Time) {
        if self.write_failure.is_none() || session.poll_close().is_some() {
            return;
        }
        // Input that waits for output that will never be written, or that nobody will send.
        if self.input_ended || session.awaits_output() || self.has_lingered(now) {
            self.end_input(session, None, now);
        }
    }

    fn start_lingering(&mut self, now: Time) {
        self.linger.get_or_insert(now + LINGER);
    }

    fn has_lingered(&self, now: Time) -> bool {
        self.linger.is_some_and(|until| until <= now)
    }
}
