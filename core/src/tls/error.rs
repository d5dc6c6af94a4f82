//! What can go wrong between two peers that speak TLS (part 4 §6).

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use super::CertificateProblem;
use crate::role::Role;

/// Says why a connection cannot be secured, or is secure no longer; it is over then.
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
    /// Our own side can't go on.
    #[error("TLS failed here: {what}, 4§6")]
    Internal {
        /// How, in the words of the library.
        what: Box<str>,
    },
}

/// Says what the first bytes look like, which are not those of TLS.
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

/// Names the reason for which a peer ended a connection; prints as `unknown_ca (48)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Alert(
    /// Its number.
    pub u8,
);

impl Alert {
    /// Returns its name, if it has one.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "close_notify",
            10 => "unexpected_message",
            20 => "bad_record_mac",
            21 => "decryption_failed",
            22 => "record_overflow",
            30 => "decompression_failure",
            40 => "handshake_failure",
            41 => "no_certificate",
            42 => "bad_certificate",
            43 => "unsupported_certificate",
            44 => "certificate_revoked",
            45 => "certificate_expired",
            46 => "certificate_unknown",
            47 => "illegal_parameter",
            48 => "unknown_ca",
            49 => "access_denied",
            50 => "decode_error",
            51 => "decrypt_error",
            70 => "protocol_version",
            71 => "insufficient_security",
            80 => "internal_error",
            86 => "inappropriate_fallback",
            90 => "user_canceled",
            100 => "no_renegotiation",
            109 => "missing_extension",
            110 => "unsupported_extension",
            112 => "unrecognized_name",
            116 => "certificate_required",
            120 => "no_application_protocol",
            _ => return None,
        })
    }

    /// Returns what it means to us, and what to do about it, if that is known; we are in this role.
    pub(super) const fn meaning(self, role: Role) -> Option<&'static str> {
        Some(match (self.0, role) {
            (40 | 71, role) => no_common_suite(role),
            (70, _) => NO_COMMON_VERSION,
            (48, _) => "our certificate is not signed by a CA that the peer knows",
            (41 | 42 | 43 | 46, _) => "the peer does not accept our certificate",
            (44, _) => "our certificate is revoked",
            (45, _) => "our certificate has expired, or the peer's clock is wrong",
            (49, _) => "the peer knows us and does not want us",
            (51, _) => "our certificate may be from another authority of the same name",
            (116, _) => "the peer got no certificate from us",
            _ => return None,
        })
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name().unwrap_or("unnamed alert"), self.0)
    }
}

/// What a peer without TLS 1.2 needs.
pub(super) const NO_COMMON_VERSION: &str =
    "no version of TLS in common, ours are 1.2 and 1.3: the peer needs OpenSSL 1.0.1 or later";

/// Returns what a peer needs that has none of our cipher suites, all of which have forward secrecy.
pub(super) const fn no_common_suite(role: Role) -> &'static str {
    match role {
        Role::Initiator => {
            "no cipher suite in common, ours have forward secrecy: a Bro on OpenSSL 1.0 that \
             accepts can only do RSA key exchange; it needs OpenSSL 1.1.0 or later, or has to be \
             the one that connects"
        }
        Role::Acceptor => {
            "no cipher suite in common, ours are ECDHE with AES-GCM or ChaCha20-Poly1305: the peer \
             needs OpenSSL 1.0.1 or later with elliptic curves"
        }
    }
}
