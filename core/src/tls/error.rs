//! What can go wrong between two peers that speak TLS (part 4 §6).

use std::time::Duration;

use thiserror::Error;

use super::alert::{NO_COMMON_VERSION, no_common_suite};
use super::{Alert, CertificateProblem};
use crate::role::Role;

/// Why a connection cannot be secured, or is secure no longer; it is over then.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The peer sends something else.
    #[error("{}, 4§6", clear(*.first))]
    ClearText {
        /// Its first bytes.
        first: [u8; 4],
    },
    /// The peer begins as SSL 2 did, as OpenSSL before 1.0.0 does.
    #[error("the peer begins with a hello of SSL 2, {NO_COMMON_VERSION}, 4§6")]
    Ssl2,
    /// The peer has neither TLS 1.2 nor 1.3.
    #[error("{NO_COMMON_VERSION}, 4§6")]
    NoCommonVersion,
    /// The peer has none of the cipher suites and groups that we have.
    #[error("{}, 4§6", no_common_suite(*.role))]
    NoCommonSuite {
        /// Which side we are.
        role: Role,
    },
    /// The peer lacks something else that we need.
    #[error("incompatible TLS peer: {what}, 4§6")]
    Incompatible {
        /// What, in the words of the library.
        what: Box<str>,
    },
    /// The peer has shown no certificate.
    #[error("the peer sent no certificate; both sides need one, 4§6")]
    NoCertificate,
    /// We do not accept the peer's certificate.
    #[error("the peer's certificate {0}, 4§6")]
    Certificate(CertificateProblem),
    /// The peer has ended the connection.
    #[error("the peer refuses: {alert}{}, 4§6", meaning(*.alert, *.role))]
    Refused {
        /// What it says.
        alert: Alert,
        /// Which side we are.
        role: Role,
    },
    /// A record is not what was sent.
    #[error("a record cannot be decrypted: it was altered on its way, 4§6")]
    Undecryptable,
    /// The peer does what TLS does not allow.
    #[error("the peer breaks the rules of TLS: {what}, 4§6")]
    Violation {
        /// How, in the words of the library.
        what: Box<str>,
    },
    /// The handshake took too long.
    #[error("no TLS handshake within {} s, 4§6", .timeout.as_secs_f64())]
    TimedOut {
        /// The time that was allowed.
        timeout: Duration,
    },
    /// The peer closed the connection during the handshake; so does a Bro that does not accept our
    /// certificate, or lacks one itself.
    #[error("the peer closed the connection during the TLS handshake, 4§6")]
    ClosedInHandshake,
    /// The transport failed during the handshake.
    #[error("the connection was lost during the TLS handshake: {reason}, 4§6")]
    Lost {
        /// Why, in the transport's words.
        reason: Box<str>,
    },
    /// The stream ended inside a record, so that bytes of it are missing.
    #[error("the stream was cut off inside a TLS record, 4§6")]
    Truncated,
    /// Our own side cannot go on.
    #[error("TLS failed here: {what}, 4§6")]
    Internal {
        /// How, in the words of the library.
        what: Box<str>,
    },
}

/// Returns what the first bytes look like, which are not those of TLS.
fn clear(first: [u8; 4]) -> String {
    // The length word of a header chunk (§1.4).
    if first == [0, 0, 0, 8] {
        return "the peer speaks the protocol in clear text, TLS is expected".to_owned();
    }
    let [a, b, c, d] = first;
    format!("the peer does not speak TLS, it begins with {a:02x} {b:02x} {c:02x} {d:02x}")
}

fn meaning(alert: Alert, role: Role) -> String {
    alert.meaning(role).map_or_else(String::new, |meaning| format!(", {meaning}"))
}
