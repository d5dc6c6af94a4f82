//! TLS between the stream's bytes and the protocol's (part 4 §6), by rustls.
//!
//! A [`TlsConfig`] in [`ConnectionConfig::tls`](crate::connection::ConnectionConfig::tls) or
//! [`Options::tls`](crate::node::Options::tls) is all that is needed: what is fed to the connection,
//! and what it shows to be written, is ciphertext then.
//!
//! * Both sides show a certificate and demand one. Names are not checked unless
//!   [`TlsConfig::expect_name`] says so.
//! * TLS 1.2 and 1.3, with forward secrecy. A Bro on OpenSSL 1.0 that accepts has none and can't be
//!   connected to; it can connect. Which peers need what, [`TlsError`] says.
//! * Certificates are valid or not by the time that is fed in. Randomness is the one thing that
//!   this crate asks the system for, and only here, by the provider of cryptography: keys can't be
//!   fed in. The protocol inside is as deterministic as without TLS.
//! * Framing inside is that of §1.3; there are no partial chunks.
//! * When it is over in order, each side says so (`close_notify`). A Bro that terminates does not, so
//!   a stream that ends without, between two messages, counts as closed by the peer too; inside a
//!   message it is [`CloseCause::PeerClosedMidMessage`](crate::connection::CloseCause), inside a TLS
//!   record [`TlsError::Truncated`]. A Bro takes either for the end.
//! * The handshake has [`HANDSHAKE_TIMEOUT`].
//!
//! # Features
//!
//! `tls` is `tls-ring`: ring is easiest to build. With `tls-aws-lc-rs` it is aws-lc-rs.

use std::time::Duration;

pub(crate) mod alert;
pub(crate) mod certificate;
mod clock;
mod config;
pub(crate) mod config_error;
pub(crate) mod error;
mod failure;
mod key_size;
mod machine;
pub(crate) mod negotiated;
mod pem;
mod step;
#[cfg(test)]
mod tests;
mod verifier;

pub(crate) use alert::Alert;
pub(crate) use certificate::CertificateProblem;
pub use config::TlsConfig;
pub(crate) use config_error::Pem;
pub use config_error::TlsConfigError;
pub(crate) use error::TlsError;
pub(crate) use machine::Machine;
pub(crate) use negotiated::Negotiated;
pub(crate) use step::Decrypted;

/// How long a peer has for the handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
