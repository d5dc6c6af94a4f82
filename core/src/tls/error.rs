//! TLS errors (part 4 §6) and alerts (RFC 8446, section 6).

use std::fmt;
use std::time::Duration;

use rustls::{Error, PeerIncompatible};
use thiserror::Error;

use super::CertificateProblem;
use crate::role::Role;

/// The advice for a peer without TLS 1.2.
const NO_COMMON_VERSION: &str =
    "no version of TLS in common, ours are 1.2 and 1.3: the peer needs OpenSSL 1.0.1 or later";

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

/// A TLS alert, the peer's reason for ending a connection; prints as `unknown_ca (48)`.
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

    /// Explains the alert for a node in this role, and how to fix it, if known.
    const fn meaning(self, role: Role) -> Option<&'static str> {
        Some(match (self.0, role) {
            (40 | 71, role) => no_common_suite(role),
            (70, _) => NO_COMMON_VERSION,
            (48, _) => "our certificate is not signed by a CA that the peer knows",
            (41 | 42 | 43 | 46, _) => "the peer does not accept our certificate",
            (44, _) => "our certificate is revoked",
            (45, _) => "our certificate has expired, or the peer's clock is wrong",
            (49, _) => "the peer accepts our certificate and denies access",
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

/// Returns the advice for a peer without any of our cipher suites. All of them have forward
/// secrecy.
const fn no_common_suite(role: Role) -> &'static str {
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

/// Converts a rustls error, for a node in this role.
pub(super) fn of(error: &Error, role: Role) -> TlsError {
    let what = || error.to_string().into();
    match error {
        Error::InvalidCertificate(error) => TlsError::Certificate(CertificateProblem::from(error)),
        Error::NoCertificatesPresented => TlsError::NoCertificate,
        Error::AlertReceived(alert) => TlsError::Refused { alert: Alert(u8::from(*alert)), role },
        Error::PeerIncompatible(incompatible) => match incompatible {
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::SupportedVersionsExtensionRequired
            // This extension was introduced in TLS 1.2.
            | PeerIncompatible::SignatureAlgorithmsExtensionRequired
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled => TlsError::NoCommonVersion,
            PeerIncompatible::NoCipherSuitesInCommon
            | PeerIncompatible::NoKxGroupsInCommon
            | PeerIncompatible::NamedGroupsExtensionRequired
            | PeerIncompatible::EcPointsExtensionRequired
            | PeerIncompatible::NoEcPointFormatsInCommon => TlsError::NoCommonSuite { role },
            _ => TlsError::Incompatible { what: what() },
        },
        Error::DecryptError => TlsError::Undecryptable,
        Error::PeerMisbehaved(_)
        | Error::InvalidMessage(_)
        | Error::InappropriateMessage { .. }
        | Error::InappropriateHandshakeMessage { .. }
        | Error::PeerSentOversizedRecord => TlsError::Violation { what: what() },
        _ => TlsError::Internal { what: what() },
    }
}
