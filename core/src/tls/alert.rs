//! TLS alerts, by number and name (RFC 8446, section 6).

use std::fmt;

use crate::role::Role;

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
    pub(super) const fn meaning(self, role: Role) -> Option<&'static str> {
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

/// The advice for a peer without TLS 1.2.
pub(super) const NO_COMMON_VERSION: &str =
    "no version of TLS in common, ours are 1.2 and 1.3: the peer needs OpenSSL 1.0.1 or later";

/// Returns the advice for a peer without any of our cipher suites. All of them have forward
/// secrecy.
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
