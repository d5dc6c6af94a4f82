//! One side of one TLS connection: ciphertext on one side, plaintext on the other.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;

use rustls::CommonState;
use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::ServerName;
use rustls::server::UnbufferedServerConnection;

use super::clock::Clock;
use super::step::{Next, Send, Step};
use super::{Negotiated, Received, TlsConfig, TlsError, failure};
use crate::Time;
use crate::connection::Role;

/// How much memory is kept for what comes, or goes, while nothing does.
const KEPT: usize = 1 << 10;

/// Drives rustls, which does no I/O either.
///
/// What waits to be sent stays in [`outgoing`](Self::outgoing) until it is
/// [written](Self::advance); what came is taken in at once, but for the record that is not complete.
pub(crate) struct Machine {
    config: TlsConfig,
    side: Side,
    role: Role,
    clock: Arc<Clock>,
    /// What came and is not processed: less than a record, or a handshake message in several.
    incoming: Vec<u8>,
    /// The peer's first bytes are those of TLS.
    is_tls: bool,
    outgoing: Vec<u8>,
    /// How much of it is written.
    start: usize,
    secured: bool,
    sent_close_notify: bool,
    received_close_notify: bool,
    failed: Option<TlsError>,
}

enum Side {
    Client(Box<UnbufferedClientConnection>),
    Server(Box<UnbufferedServerConnection>),
}

impl Machine {
    /// Begins; the one that connects has something to send at once.
    pub(crate) fn new(config: &TlsConfig, role: Role, now: Time) -> Result<Machine, TlsError> {
        let clock = Arc::new(Clock::new(now));
        let side = match role {
            Role::Initiator => {
                // An address is no name, so none is sent; whom we accept, the verifier knows.
                let nobody = ServerName::from(Ipv4Addr::UNSPECIFIED);
                let config = config.client(Arc::clone(&clock));
                UnbufferedClientConnection::new(config, nobody).map(Box::new).map(Side::Client)
            }
            Role::Acceptor => UnbufferedServerConnection::new(config.server(Arc::clone(&clock)))
                .map(Box::new)
                .map(Side::Server),
        };
        let mut machine = Machine {
            config: config.clone(),
            side: side.map_err(|error| failure::of(&error, role))?,
            role,
            clock,
            incoming: Vec::new(),
            is_tls: false,
            outgoing: Vec::new(),
            start: 0,
            secured: false,
            sent_close_notify: false,
            received_close_notify: false,
            failed: None,
        };
        machine.process(Send::Nothing, &mut |_| {})?;
        Ok(machine)
    }

    /// Takes note of the time, by which certificates are valid or not.
    pub(crate) fn feed_time(&self, now: Time) {
        self.clock.set(now);
    }

    /// Takes in what the peer sent, in any pieces.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        receive: &mut dyn FnMut(Received<'_>),
    ) -> Result<(), TlsError> {
        if self.failed.is_some() || self.received_close_notify {
            return Ok(());
        }
        self.incoming.extend_from_slice(bytes);
        if !self.is_tls {
            match first_bytes(&self.incoming) {
                Some(Ok(())) => self.is_tls = true,
                // Nothing is sent: who does not speak TLS does not understand an alert.
                Some(Err(error)) => {
                    self.incoming = Vec::new();
                    self.failed = Some(error.clone());
                    return Err(error);
                }
                None => return Ok(()),
            }
        }
        let result = self.process(Send::Nothing, receive);
        if self.incoming.is_empty() || result.is_err() {
            self.incoming.clear();
            self.incoming.shrink_to(KEPT);
        }
        result
    }

    /// Encrypts something, all of it, once the connection is [secured](Self::is_secured).
    pub(crate) fn encrypt(&mut self, plaintext: &[u8]) -> Result<(), TlsError> {
        debug_assert!(self.secured, "nothing is sent before");
        self.process(Send::Plaintext(plaintext), &mut |_| {})
    }

    /// Says that nothing more is sent.
    pub(crate) fn close(&mut self) -> Result<(), TlsError> {
        if std::mem::replace(&mut self.sent_close_notify, true) {
            return Ok(());
        }
        self.process(Send::CloseNotify, &mut |_| {})
    }

    /// Returns what waits to be written.
    pub(crate) fn outgoing(&self) -> &[u8] {
        self.outgoing.get(self.start..).unwrap_or_default()
    }

    /// Takes note that so many bytes of it were written.
    pub(crate) fn advance(&mut self, written: usize) {
        self.start = self.start.saturating_add(written).min(self.outgoing.len());
        if self.start == self.outgoing.len() {
            self.outgoing.clear();
            self.outgoing.shrink_to(KEPT);
            self.start = 0;
        }
    }

    /// Tells whether the handshake is done.
    pub(crate) const fn is_secured(&self) -> bool {
        self.secured
    }

    /// Returns what the handshake came to, once it is done.
    pub(crate) fn negotiated(&self) -> Option<Negotiated> {
        let state: &CommonState = match &self.side {
            Side::Client(client) => client,
            Side::Server(server) => server,
        };
        Negotiated::of(state, &self.config).filter(|_| self.secured)
    }

    pub(crate) const fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    pub(crate) const fn has_sent_close_notify(&self) -> bool {
        self.sent_close_notify
    }

    pub(crate) const fn has_received_close_notify(&self) -> bool {
        self.received_close_notify
    }

    /// Tells whether a record, or a handshake message in several, has begun to come.
    pub(crate) fn is_inside_record(&self) -> bool {
        !self.incoming.is_empty()
    }

    /// Gives up; what waits to be written stays.
    pub(crate) fn fail(&mut self, error: TlsError) {
        self.failed.get_or_insert(error);
        self.incoming = Vec::new();
    }

    /// Takes in what came, and sends what is to be sent.
    fn process(
        &mut self,
        mut send: Send<'_>,
        receive: &mut dyn FnMut(Received<'_>),
    ) -> Result<(), TlsError> {
        let mut processed = 0_usize;
        let mut failure = None;
        loop {
            let mut step = Step {
                outgoing: &mut self.outgoing,
                secured: &mut self.secured,
                closed: &mut self.received_close_notify,
                send: &mut send,
                receive,
            };
            let incoming = self.incoming.get_mut(processed..).unwrap_or_default();
            let (discard, next, wants_write) = match &mut self.side {
                Side::Client(client) => {
                    let (discard, next) = step.take(client.process_tls_records(incoming));
                    step.look(client.is_handshaking());
                    (discard, next, client.wants_write())
                }
                Side::Server(server) => {
                    let (discard, next) = step.take(server.process_tls_records(incoming));
                    step.look(server.is_handshaking());
                    (discard, next, server.wants_write())
                }
            };
            processed = processed.saturating_add(discard);
            match next {
                Ok(Next::Again) => {}
                Ok(Next::NeedsMore) => break,
                Err(error) => {
                    send = Send::Nothing;
                    failure.get_or_insert(error);
                }
            }
            // After an error there may be an alert to be sent, and nothing more is looked at.
            if failure.is_some() && !wants_write {
                break;
            }
        }
        match failure {
            None => {
                self.incoming.drain(..processed.min(self.incoming.len()));
                Ok(())
            }
            Some(error) => {
                let error = failure::of(&error, self.role);
                self.fail(error.clone());
                Err(error)
            }
        }
    }
}

/// Tells, as soon as that can be told, whether a stream begins as TLS does: with a record of a
/// handshake, or an alert.
fn first_bytes(bytes: &[u8]) -> Option<Result<(), TlsError>> {
    let first = *bytes.first_chunk::<4>()?;
    Some(match first {
        [0x15 | 0x16, 3, ..] => Ok(()),
        [length, _, 1, _] if length & 0x80 != 0 => Err(TlsError::Ssl2),
        first => Err(TlsError::ClearText { first }),
    })
}

impl fmt::Debug for Machine {
    /// Never shows a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine")
            .field("role", &self.role)
            .field("secured", &self.secured)
            .field("incoming", &self.incoming.len())
            .field("outgoing", &self.outgoing().len())
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
