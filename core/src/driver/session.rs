//! What a socket carries bytes for.

use crate::Time;
use crate::connection::{Connection, PollClose};
use crate::node::{Communication, ConnectionId};

/// Feeds and polls one connection for the [`Socket`](super::Socket) that carries it: a
/// [`Connection`], or [one of a node](NodeSession).
pub(super) trait Session {
    /// Takes note of the time; returns it, or a later one if that was given before.
    fn feed_time(&mut self, now: Time) -> Time;

    /// Returns what the wall clock shows at the time that was fed last.
    #[cfg(feature = "__tls")]
    fn wall_clock(&self) -> Time;

    /// Returns what waits to be written, in order.
    fn poll_transmit(&self) -> &[u8];

    /// Tells whether something waits to be written, or will when it is asked what.
    fn has_output(&self) -> bool {
        !self.poll_transmit().is_empty()
    }

    /// Takes note that the first `written` bytes of it have been written.
    fn advance(&mut self, written: usize, now: Time);

    /// Takes bytes that came.
    fn feed_bytes(&mut self, bytes: &[u8], now: Time);

    /// Takes note that the peer closed its half.
    fn feed_eof(&mut self, now: Time);

    /// Takes note that reading failed.
    fn feed_read_failure(&mut self, reason: &str, now: Time);

    /// Takes note that writing failed, and that nothing more is read.
    fn feed_write_failure(&mut self, reason: &str, now: Time);

    /// Takes note that TLS is up: all that comes and goes from now on is secure (part 4 §6).
    #[cfg(feature = "__tls")]
    fn feed_secured(&mut self, now: Time) {
        let _ = now;
    }

    /// Takes note that TLS failed, before or after it was up.
    #[cfg(feature = "__tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    fn feed_tls_failure(&mut self, error: &crate::tls::TlsError, now: Time) {
        self.feed_read_failure(&error.to_string(), now);
    }

    /// Returns when something is to be done at the latest, whatever the socket does.
    fn next_timeout(&self) -> Option<Time> {
        None
    }

    /// Tells whether, and when, the socket is to be closed.
    fn poll_close(&self) -> Option<PollClose>;

    /// Tells whether more should be read.
    fn wants_input(&self) -> bool;

    /// Tells whether nothing more is read before some output is written, whatever the application
    /// does.
    fn awaits_output(&self) -> bool;

    /// Tells whether nobody wants to hear of the connection any more, so that the socket is closed
    /// at once.
    fn is_forgotten(&self) -> bool {
        false
    }
}

impl Session for Connection {
    fn feed_time(&mut self, now: Time) -> Time {
        Connection::feed_time(self, now);
        self.now()
    }

    #[cfg(feature = "__tls")]
    // It lives from a reading of the wall clock to the end of the connection.
    fn wall_clock(&self) -> Time {
        self.now()
    }

    fn poll_transmit(&self) -> &[u8] {
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

    #[cfg(feature = "__tls")]
    fn feed_tls_failure(&mut self, error: &crate::tls::TlsError, now: Time) {
        Connection::feed_tls_failure(self, error, now);
    }

    fn poll_close(&self) -> Option<PollClose> {
        Connection::poll_close(self)
    }

    fn wants_input(&self) -> bool {
        Connection::wants_input(self)
    }

    fn awaits_output(&self) -> bool {
        !Connection::wants_input(self) && self.waiting_notifications() == 0
    }
}

/// Names one connection of a node.
#[derive(Debug)]
pub(super) struct NodeSession<'a> {
    /// The node.
    pub(super) node: &'a mut Communication,
    /// Which of its connections.
    pub(super) id: ConnectionId,
}

impl Session for NodeSession<'_> {
    fn feed_time(&mut self, now: Time) -> Time {
        self.node.feed_time(now);
        self.node.now()
    }

    #[cfg(feature = "__tls")]
    fn wall_clock(&self) -> Time {
        self.node.wall_clock()
    }

    fn poll_transmit(&self) -> &[u8] {
        self.node.poll_transmit(self.id)
    }

    fn advance(&mut self, written: usize, now: Time) {
        self.node.advance(self.id, written, now);
    }

    fn feed_bytes(&mut self, bytes: &[u8], now: Time) {
        self.node.feed_bytes(self.id, bytes, now);
    }

    fn feed_eof(&mut self, now: Time) {
        self.node.feed_eof(self.id, now);
    }

    fn feed_read_failure(&mut self, reason: &str, now: Time) {
        self.node.feed_read_failure(self.id, reason, now);
    }

    fn feed_write_failure(&mut self, reason: &str, now: Time) {
        self.node.feed_write_failure(self.id, reason, now);
    }

    #[cfg(feature = "__tls")]
    fn feed_secured(&mut self, now: Time) {
        self.node.feed_connected(self.id, now);
    }

    #[cfg(feature = "__tls")]
    fn feed_tls_failure(&mut self, error: &crate::tls::TlsError, now: Time) {
        self.node.feed_tls_failure(self.id, error, now);
    }

    fn poll_close(&self) -> Option<PollClose> {
        self.node.poll_close(self.id)
    }

    fn wants_input(&self) -> bool {
        self.node.wants_input(self.id)
    }

    fn awaits_output(&self) -> bool {
        self.node.transport(self.id).is_some_and(Session::awaits_output)
    }

    fn is_forgotten(&self) -> bool {
        !self.node.is_known(self.id)
    }
}
