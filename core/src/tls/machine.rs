//! One side of one TLS connection: ciphertext on one side, plaintext on the other.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;

use bytes::Bytes;
use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::ServerName;
use rustls::server::UnbufferedServerConnection;
use rustls::{CommonState, ProtocolVersion};

use super::config::Clock;
use super::step::{Next, Send, Step};
use super::{Decrypted, HANDSHAKE_TIMEOUT, TlsConfig, TlsError, error};
use crate::Time;
use crate::role::Role;

/// The buffer capacity kept while idle.
const KEPT: usize = 1 << 10;

/// The amount of plaintext that is encrypted at once. Limits unwritten ciphertext, apart from TLS's
/// own messages.
const BATCH: usize = 64 << 10;

/// Drives rustls, without I/O.
///
/// Bytes to send stay in [`outgoing`](Self::outgoing) until they are [written](Self::advance);
/// received bytes are processed at once, except for an incomplete record. Plaintext counts as
/// written when its ciphertext is, so that flushing, queue limits and counters mean the same as
/// without TLS.
pub(crate) struct Machine {
    config: TlsConfig,
    side: RustlsConnection,
    role: Role,
    clock: Arc<Clock>,
    /// How far the wall clock is ahead of the fed times, in nanoseconds.
    wall_ahead: i128,
    /// The deadline of the handshake.
    deadline: Time,
    /// Unprocessed input: an incomplete record, or an incomplete handshake message in several
    /// records.
    incoming: Vec<u8>,
    /// Whether the peer's first bytes are TLS.
    is_tls: bool,
    outgoing: Vec<u8>,
    /// The number of bytes of `outgoing` that are written.
    start: usize,
    /// The length of the plaintext of `outgoing`.
    encrypted: usize,
    secured: bool,
    sent_close_notify: bool,
    received_close_notify: bool,
    failed: Option<TlsError>,
}

enum RustlsConnection {
    Client(Box<UnbufferedClientConnection>),
    Server(Box<UnbufferedServerConnection>),
}

impl Machine {
    /// Starts the handshake; the initiator has bytes to send immediately.
    pub(crate) fn new(config: &TlsConfig, role: Role, now: Time) -> Result<Machine, TlsError> {
        let clock = Arc::new(Clock::new(now));
        let side = match role {
            Role::Initiator => {
                // An address is not sent as a server name; the verifier decides which peers are
                // accepted.
                let nobody = ServerName::from(Ipv4Addr::UNSPECIFIED);
                let config = config.client(Arc::clone(&clock));
                UnbufferedClientConnection::new(config, nobody)
                    .map(Box::new)
                    .map(RustlsConnection::Client)
            }
            Role::Acceptor => UnbufferedServerConnection::new(config.server(Arc::clone(&clock)))
                .map(Box::new)
                .map(RustlsConnection::Server),
        };
        let mut machine = Machine {
            config: config.clone(),
            side: side.map_err(|error| error::of(&error, role))?,
            role,
            clock,
            wall_ahead: 0,
            deadline: now + HANDSHAKE_TIMEOUT,
            incoming: Vec::new(),
            is_tls: false,
            outgoing: Vec::new(),
            start: 0,
            encrypted: 0,
            secured: false,
            sent_close_notify: false,
            received_close_notify: false,
            failed: None,
        };
        machine.process(Send::Nothing, &mut |_| {})?;
        Ok(machine)
    }

    /// Records the time, for the validity of certificates. Fails when the handshake times out.
    pub(crate) fn feed_time(&mut self, now: Time) -> Result<(), TlsError> {
        self.clock.set(now.shifted(self.wall_ahead));
        match self.next_timeout() {
            Some(deadline) if deadline <= now => {
                self.fail(TlsError::TimedOut { timeout: HANDSHAKE_TIMEOUT })
            }
            _ => Ok(()),
        }
    }

    /// Records the wall-clock time at the time `now`.
    pub(crate) fn feed_wall_clock(&mut self, wall: Time, now: Time) {
        self.wall_ahead = wall.ahead_of(now);
        self.clock.set(wall);
    }

    /// Returns the deadline of the handshake.
    pub(crate) fn next_timeout(&self) -> Option<Time> {
        self.is_handshaking().then_some(self.deadline)
    }

    /// Processes bytes from the peer, in any pieces.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        receive: &mut dyn FnMut(Decrypted<'_>),
    ) -> Result<(), TlsError> {
        if self.failed.is_some() || self.received_close_notify {
            return Ok(());
        }
        self.incoming.extend_from_slice(bytes);
        if !self.is_tls {
            match first_bytes(&self.incoming) {
                Some(Ok(())) => self.is_tls = true,
                // Sends no alert: a peer without TLS would not understand it.
                Some(Err(error)) => return self.fail(error),
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

    /// Records the end of the stream. A Bro that terminates sends no `close_notify`; the caller
    /// knows whether the stream ended between two messages.
    pub(crate) fn feed_eof(&mut self) -> Result<(), TlsError> {
        if self.is_handshaking() {
            self.fail(TlsError::ClosedInHandshake)
        } else if self.incoming.is_empty() {
            Ok(())
        } else {
            // The peer may still read.
            let _ = self.close();
            self.fail(TlsError::Truncated)
        }
    }

    /// Records a failure of the stream. It is a TLS error only during the handshake.
    pub(crate) fn feed_failure(&mut self, reason: &str) -> Result<(), TlsError> {
        match self.is_handshaking() {
            true => self.fail(TlsError::Lost { reason: reason.into() }),
            false => Ok(()),
        }
    }

    /// Encrypts waiting bytes when all earlier ciphertext is written. Sends `close_notify` when
    /// there are none and `is_last` is set.
    pub(crate) fn encrypt(&mut self, waiting: &[u8], is_last: bool) -> Result<(), TlsError> {
        if !self.is_usable() || !self.outgoing.is_empty() {
            Ok(())
        } else if !waiting.is_empty() {
            let batch = waiting.get(..BATCH).unwrap_or(waiting);
            self.encrypted = batch.len();
            self.process(Send::Plaintext(batch), &mut |_| {})
        } else if is_last {
            self.close()
        } else {
            Ok(())
        }
    }

    /// Returns whether there is something to write. `waits` says whether plaintext waits to be
    /// [encrypted](Self::encrypt).
    pub(crate) fn has_output(&self, waits: bool, is_last: bool) -> bool {
        let more = waits || is_last && !self.sent_close_notify;
        !self.outgoing.is_empty() || more && self.is_usable()
    }

    /// Sends `close_notify`.
    fn close(&mut self) -> Result<(), TlsError> {
        if std::mem::replace(&mut self.sent_close_notify, true) {
            return Ok(());
        }
        self.process(Send::CloseNotify, &mut |_| {})
    }

    /// Returns the bytes to be written.
    pub(crate) fn outgoing(&self) -> &[u8] {
        self.outgoing.get(self.start..).unwrap_or_default()
    }

    /// Records that `written` bytes were written. Returns how much plaintext they complete.
    pub(crate) fn advance(&mut self, written: usize) -> usize {
        self.start = self.start.saturating_add(written).min(self.outgoing.len());
        if self.start < self.outgoing.len() {
            return 0;
        }
        self.outgoing.clear();
        self.outgoing.shrink_to(KEPT);
        self.start = 0;
        std::mem::take(&mut self.encrypted)
    }

    const fn is_handshaking(&self) -> bool {
        !self.secured && self.failed.is_none()
    }

    const fn is_usable(&self) -> bool {
        self.secured && self.failed.is_none()
    }

    /// Returns the negotiated parameters, once the handshake is done.
    pub(crate) fn negotiated(&self) -> Option<Negotiated> {
        let state: &CommonState = match &self.side {
            RustlsConnection::Client(client) => client,
            RustlsConnection::Server(server) => server,
        };
        Negotiated::of(state, &self.config).filter(|_| self.secured)
    }

    /// Fails with this error. Bytes to be written are kept.
    fn fail(&mut self, error: TlsError) -> Result<(), TlsError> {
        self.failed = Some(error.clone());
        self.incoming = Vec::new();
        Err(error)
    }

    /// Processes received bytes and produces bytes to send.
    fn process(
        &mut self,
        mut send: Send<'_>,
        receive: &mut dyn FnMut(Decrypted<'_>),
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
                RustlsConnection::Client(client) => {
                    let (discard, next) = step.take(client.process_tls_records(incoming));
                    step.look(client.is_handshaking());
                    (discard, next, client.wants_write())
                }
                RustlsConnection::Server(server) => {
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
            // After an error, an alert may be sent; further input is ignored.
            if failure.is_some() && !wants_write {
                break;
            }
        }
        match failure {
            None => {
                self.incoming.drain(..processed.min(self.incoming.len()));
                Ok(())
            }
            Some(error) => self.fail(error::of(&error, self.role)),
        }
    }
}

/// Checks, as soon as there are enough bytes, whether a stream begins like TLS: with a handshake
/// record or an alert.
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

/// The result of a TLS handshake, with the peer's certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Negotiated {
    /// The version, such as `TLS 1.3`.
    pub version: Box<str>,
    /// The cipher suite by its registered name, such as `TLS_AES_256_GCM_SHA384`.
    pub cipher_suite: Box<str>,
    /// The key exchange, such as `X25519`, if reported by the library.
    pub key_exchange: Option<Box<str>>,
    /// The peer's verified certificates, in DER: its own, then intermediate ones.
    pub peer_certificates: Vec<Bytes>,
    /// The SHA-256 digest of the peer's own certificate, for [pinning](TlsConfig::pin).
    pub peer_sha256: [u8; 32],
}

impl Negotiated {
    /// Returns the parameters of a connection; `None` before the end of its handshake.
    pub(super) fn of(state: &CommonState, config: &TlsConfig) -> Option<Negotiated> {
        let version = match state.protocol_version()? {
            ProtocolVersion::TLSv1_2 => "TLS 1.2".into(),
            ProtocolVersion::TLSv1_3 => "TLS 1.3".into(),
            other => format!("{other:?}").into(),
        };
        let suite = format!("{:?}", state.negotiated_cipher_suite()?.suite());
        let group = state.negotiated_key_exchange_group();
        let certificates = state.peer_certificates()?;
        Some(Negotiated {
            version,
            // The library uses another prefix for the suites of TLS 1.3.
            cipher_suite: suite.replacen("TLS13_", "TLS_", 1).into(),
            key_exchange: group.map(|group| format!("{:?}", group.name()).into()),
            peer_certificates: certificates.iter().map(|der| Bytes::copy_from_slice(der)).collect(),
            peer_sha256: config.sha256(certificates.first()?),
        })
    }
}
