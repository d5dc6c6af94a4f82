//! TLS with rustls (part 4 §6).
//!
//! Set a [`TlsConfig`] in [`ConnectionConfig::tls`](crate::connection::ConnectionConfig::tls) or
//! [`Options::tls`](crate::node::Options::tls); the bytes fed to a connection, and those that it
//! returns for writing, are then ciphertext.
//!
//! * Both sides present and require a certificate. Names are not checked unless
//!   [`TlsConfig::expect_name`] is used.
//! * TLS 1.2 and 1.3, with forward secrecy. A Bro with OpenSSL 1.0 does not support it as the
//!   acceptor, only as the initiator. [`TlsError`] explains what a peer lacks.
//! * The validity of certificates is checked against the time that is fed in. The cryptography
//!   provider takes the randomness for keys from the system, the only such use in this crate. The
//!   protocol inside is as deterministic as without TLS.
//! * The framing inside TLS is that of §1.3; there are no partial chunks.
//! * Each side closes an orderly connection with `close_notify`. A Bro that terminates does not, so
//!   a stream that ends without it between two messages also counts as closed by the peer; inside a
//!   message it is [`CloseCause::PeerClosedMidMessage`](crate::connection::CloseCause), inside a
//!   TLS record [`TlsError::Truncated`]. Bro accepts either.
//! * The handshake is limited by [`HANDSHAKE_TIMEOUT`].
//!
//! # Features
//!
//! `tls` is `tls-ring`, because ring is easier to build. `tls-aws-lc-rs` uses aws-lc-rs.

use std::time::Duration;

pub(crate) mod certificate;
pub(crate) mod config;
pub(crate) mod error;
pub(crate) mod machine;
mod step;
#[cfg(test)]
mod tests;

pub(crate) use certificate::CertificateProblem;
pub use config::{TlsConfig, TlsConfigError};
pub(crate) use error::TlsError;
pub(crate) use machine::Machine;
pub(crate) use machine::Negotiated;
pub(crate) use step::Decrypted;

/// The timeout of the handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
