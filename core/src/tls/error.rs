//! TLS errors (part 4 §6).

use std::time::Duration;

use thiserror::Error;

use super::alert::{NO_COMMON_VERSION, no_common_suite};
use super::{Alert, CertificateProblem};
use crate::role::Role;

/// A TLS failure, during the handshake or later, which ends the connection (part 4 §6).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The peer does not use TLS.
    #[error("{}", clear(*.first))]
    ClearText {
        /// Its first bytes.
        first: [u8; 4],
    },
    /// The peer sent an SSL 2 hello, as OpenSSL before 1.0.0 does.
    #[error("the peer sent an SSL 2 hello, {NO_COMMON_VERSION}")]
    Ssl2,
    /// The peer supports neither TLS 1.2 nor 1.3.
    #[error("{NO_COMMON_VERSION}")]
    NoCommonVersion,
    /// The peer supports none of our cipher suites and groups.
    #[error("{}", no_common_suite(*.role))]
    NoCommonSuite {
        /// Our role.
        role: Role,
    },
    /// The peer lacks another required feature.
    #[error("incompatible TLS peer: {what}")]
    Incompatible {
        /// The library's message.
        what: Box<str>,
    },
    /// The peer presented no certificate.
    #[error("the peer sent no certificate; both sides need one")]
    NoCertificate,
    /// The peer's certificate was rejected.
    #[error("the peer's certificate {0}")]
    Certificate(CertificateProblem),
    /// The peer ended the connection with an alert.
    #[error("the peer rejected TLS: {alert}{}", meaning(*.alert, *.role))]
    Refused {
        /// The alert.
        alert: Alert,
        /// Our role.
        role: Role,
    },
    /// A record could not be decrypted.
    #[error("a record cannot be decrypted: it was altered in transit")]
    Undecryptable,
    /// The peer violated the TLS protocol.
    #[error("the peer violated the TLS protocol: {what}")]
    Violation {
        /// The library's message.
        what: Box<str>,
    },
    /// The handshake took too long.
    #[error("no TLS handshake within {} s", .timeout.as_secs_f64())]
    TimedOut {
        /// The timeout.
        timeout: Duration,
    },
    /// The peer closed the connection during the handshake, as Bro does if it rejects our
    /// certificate or has none itself.
    #[error("the peer closed the connection during the TLS handshake")]
    ClosedInHandshake,
    /// The transport failed during the handshake.
    #[error("the connection was lost during the TLS handshake: {reason}")]
    Lost {
        /// The transport's message.
        reason: Box<str>,
    },
    /// The stream ended inside a record.
    #[error("the stream was cut off inside a TLS record")]
    Truncated,
    /// An internal error.
    #[error("internal TLS error: {what}")]
    Internal {
        /// The library's message.
        what: Box<str>,
    },
}

/// Describes the first bytes of a peer that does not use TLS.
fn clear(first: [u8; 4]) -> String {
    // These bytes are the length of a header chunk (§1.4).
    if first == [0, 0, 0, 8] {
        return "the peer does not use TLS, which is required here".to_owned();
    }
    let [a, b, c, d] = first;
    format!("the peer does not speak TLS, it begins with {a:02x} {b:02x} {c:02x} {d:02x}")
}

fn meaning(alert: Alert, role: Role) -> String {
    alert.meaning(role).map_or_else(String::new, |meaning| format!(", {meaning}"))
}
