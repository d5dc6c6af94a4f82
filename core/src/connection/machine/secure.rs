//! TLS between the stream and the messages (part 4 §6).

use super::Connection;
use crate::Time;
use crate::connection::{CloseCause, ConnectionNotification, Phase};
use crate::tls::{Decrypted, Machine, Negotiated, TlsError};

impl Connection {
    /// Returns the negotiated TLS parameters and the peer's certificate. Returns `None` without TLS
    /// and before its handshake is complete.
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls(&self) -> Option<Negotiated> {
        self.tls.as_ref()?.negotiated()
    }

    /// Feeds the wall-clock time, which is used for the validity of certificates. By default the
    /// times of other feeds are used.
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn feed_wall_clock(&mut self, wall: Time, now: Time) {
        if let Some(tls) = &mut self.tls {
            tls.feed_wall_clock(wall, now);
        }
    }

    /// Starts TLS, if configured. Returns whether it is configured.
    pub(super) fn begin_tls(&mut self) -> bool {
        let Some(config) = &self.config.tls else { return false };
        match Machine::new(config, self.role, self.now) {
            Ok(machine) => self.tls = Some(Box::new(machine)),
            Err(error) => self.fail(error),
        }
        true
    }

    pub(super) fn decrypt(&mut self, bytes: &[u8]) {
        if self.phase == Phase::Closed || self.end.is_some() {
            return;
        }
        let Some(mut tls) = self.tls.take() else { return };
        let result = tls.feed(bytes, &mut |received| match received {
            Decrypted::Secured => {
                self.notify(ConnectionNotification::Secured);
                self.begin();
            }
            Decrypted::Bytes(bytes) => self.feed_plaintext(bytes),
            Decrypted::CloseNotify => self.feed_end(CloseCause::PeerClosed, self.now),
        });
        self.tls = Some(tls);
        result.unwrap_or_else(|error| self.fail(error));
    }

    pub(super) fn encrypt(&mut self) -> &[u8] {
        let is_last = self.phase == Phase::Closed;
        if let Some(tls) = &mut self.tls
            && let Err(error) = tls.encrypt(self.output.pending(), is_last)
        {
            self.fail(error);
        }
        self.tls.as_deref().map(Machine::outgoing).unwrap_or_default()
    }

    pub(super) fn feed_time_to_tls(&mut self) {
        if let Some(tls) = &mut self.tls
            && let Err(error) = tls.feed_time(self.now)
        {
            self.fail(error);
        }
    }

    /// Returns why the connection ended, given the cause without TLS.
    pub(super) fn end_tls(&mut self, cause: CloseCause) -> CloseCause {
        let Some(tls) = &mut self.tls else { return cause };
        if self.phase == Phase::Closed || self.end.is_some() {
            return cause;
        }
        let result = match &cause {
            CloseCause::PeerClosed => tls.feed_eof(),
            CloseCause::TransportFailed { reason } => tls.feed_failure(reason),
            _ => Ok(()),
        };
        result.map_or_else(|error| CloseCause::Tls(Box::new(error)), |()| cause)
    }

    fn fail(&mut self, error: TlsError) {
        self.feed_end(CloseCause::Tls(Box::new(error)), self.now);
    }
}
