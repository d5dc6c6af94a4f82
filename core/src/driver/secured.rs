//! TLS between a socket and what it carries bytes for (part 4 §6).

use super::{CONNECT_TIMEOUT, Session};
use crate::Time;
use crate::connection::{PollClose, Role};
use crate::tls::{Machine, Negotiated, Received, TlsConfig, TlsError};

/// How much is encrypted at once; so much ciphertext waits to be written at most, beside what TLS
/// itself has to say.
const BATCH: usize = 64 << 10;

/// TLS, as far as the socket has to know of it.
///
/// What is encrypted counts as written when its ciphertext is, so that flushing, bounds of queues
/// and counters mean what they mean without TLS.
#[derive(Debug)]
pub(super) struct Tls {
    machine: Machine,
    /// How much of what the session has waiting is encrypted, and not written yet.
    encrypted: usize,
    /// When patience with the handshake is over.
    deadline: Time,
}

impl Tls {
    pub(super) fn new(config: &TlsConfig, role: Role, now: Time) -> Result<Tls, TlsError> {
        let machine = Machine::new(config, role, now)?;
        Ok(Tls { machine, encrypted: 0, deadline: now + CONNECT_TIMEOUT })
    }

    fn is_secured(&self) -> bool {
        self.machine.is_secured() && !self.machine.has_failed()
    }

    pub(super) fn negotiated(&self) -> Option<Negotiated> {
        self.machine.negotiated()
    }

    /// Tells whether the handshake is still going on.
    fn is_handshaking(&self) -> bool {
        !self.machine.is_secured() && !self.machine.has_failed()
    }
}

/// A session, and TLS around it if there is any: plaintext inside, ciphertext outside.
#[derive(Debug)]
pub(super) struct Secured<S> {
    pub(super) session: S,
    pub(super) tls: Option<Box<Tls>>,
}

impl<S: Session> Secured<S> {
    /// Encrypts what waits, when all that was encrypted before is written; last of all says that
    /// nothing more comes.
    fn encrypt(&mut self, now: Time) {
        let Some(tls) = &mut self.tls else { return };
        if !tls.is_secured() || !tls.machine.outgoing().is_empty() {
            return;
        }
        let waiting = self.session.poll_transmit();
        let batch = waiting.get(..BATCH).unwrap_or(waiting);
        let result = if !batch.is_empty() {
            tls.encrypted = batch.len();
            tls.machine.encrypt(batch)
        } else if self.session.poll_close() == Some(PollClose::Now) {
            tls.machine.close()
        } else {
            Ok(())
        };
        if let Err(error) = result {
            self.session.feed_tls_failure(&error, now);
        }
    }

    /// Ends the connection for something that TLS does not know of.
    fn fail(&mut self, error: &TlsError, now: Time) {
        if let Some(tls) = &mut self.tls {
            tls.machine.fail(error.clone());
        }
        self.session.feed_tls_failure(error, now);
    }

    /// Returns TLS while its handshake is going on.
    fn handshaking(&self) -> Option<&Tls> {
        self.tls.as_deref().filter(|tls| tls.is_handshaking())
    }
}

impl<S: Session> Session for Secured<S> {
    fn feed_time(&mut self, now: Time) -> Time {
        let now = self.session.feed_time(now);
        if let Some(tls) = &self.tls {
            tls.machine.feed_time(self.session.wall_clock());
            if tls.is_handshaking() && tls.deadline <= now {
                self.fail(&TlsError::TimedOut { timeout: CONNECT_TIMEOUT }, now);
            }
            self.encrypt(now);
        }
        now
    }

    fn wall_clock(&self) -> Time {
        self.session.wall_clock()
    }

    fn poll_transmit(&self) -> &[u8] {
        match &self.tls {
            Some(tls) => tls.machine.outgoing(),
            None => self.session.poll_transmit(),
        }
    }

    fn has_output(&self) -> bool {
        match &self.tls {
            Some(tls) => {
                !tls.machine.outgoing().is_empty() || tls.is_secured() && self.session.has_output()
            }
            None => self.session.has_output(),
        }
    }

    fn advance(&mut self, written: usize, now: Time) {
        let Some(tls) = &mut self.tls else { return self.session.advance(written, now) };
        tls.machine.advance(written);
        if tls.machine.outgoing().is_empty() && tls.encrypted > 0 {
            let encrypted = std::mem::take(&mut tls.encrypted);
            self.session.advance(encrypted, now);
        }
    }

    fn feed_bytes(&mut self, bytes: &[u8], now: Time) {
        let Secured { session, tls } = self;
        let Some(tls) = tls else { return session.feed_bytes(bytes, now) };
        tls.machine.feed_time(session.wall_clock());
        let result = tls.machine.feed(bytes, &mut |received| match received {
            Received::Secured => session.feed_secured(now),
            Received::Bytes(bytes) => session.feed_bytes(bytes, now),
            Received::CloseNotify => session.feed_eof(now),
        });
        if let Err(error) = result {
            session.feed_tls_failure(&error, now);
        }
    }

    fn feed_eof(&mut self, now: Time) {
        match &mut self.tls {
            None => self.session.feed_eof(now),
            Some(tls) if tls.machine.has_failed() || tls.machine.has_received_close_notify() => {}
            Some(tls) if tls.is_handshaking() => self.fail(&TlsError::ClosedInHandshake, now),
            Some(tls) if tls.machine.is_inside_record() => {
                // The peer may still read.
                let _ = tls.machine.close();
                self.fail(&TlsError::Truncated, now);
            }
            // A Bro that terminates sends no `close_notify`. Whether the stream ended between two
            // messages, the session knows.
            Some(_) => self.session.feed_eof(now),
        }
    }

    fn feed_read_failure(&mut self, reason: &str, now: Time) {
        if self.handshaking().is_some() {
            self.fail(&TlsError::Lost { reason: reason.into() }, now);
        } else {
            self.session.feed_read_failure(reason, now);
        }
    }

    fn feed_write_failure(&mut self, reason: &str, now: Time) {
        if self.handshaking().is_some() {
            self.fail(&TlsError::Lost { reason: reason.into() }, now);
        } else {
            self.session.feed_write_failure(reason, now);
        }
    }

    fn next_timeout(&self) -> Option<Time> {
        self.handshaking().map(|tls| tls.deadline).or(self.session.next_timeout())
    }

    fn poll_close(&self) -> Option<PollClose> {
        let Some(tls) = &self.tls else { return self.session.poll_close() };
        // A session that was never begun knows nothing of its end.
        let closing = tls.machine.has_failed().then_some(PollClose::Now);
        let closing = self.session.poll_close().or(closing)?;
        let says_so = tls.is_secured() && !tls.machine.has_sent_close_notify();
        if says_so || !tls.machine.outgoing().is_empty() {
            Some(PollClose::WhenWritten)
        } else {
            Some(closing)
        }
    }

    fn wants_input(&self) -> bool {
        self.handshaking().is_some() || self.session.wants_input()
    }

    fn awaits_output(&self) -> bool {
        self.handshaking().is_none() && self.session.awaits_output()
    }

    fn is_forgotten(&self) -> bool {
        // Why TLS failed, the peer should still be told.
        let failed = self.tls.as_ref().is_some_and(|tls| tls.machine.has_failed());
        !failed && self.session.is_forgotten()
    }
}

impl<S> std::ops::Deref for Secured<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.session
    }
}

impl<S> std::ops::DerefMut for Secured<S> {
    fn deref_mut(&mut self) -> &mut S {
        &mut self.session
    }
}
