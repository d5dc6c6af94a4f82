//! Conversion of rustls errors.

use rustls::{Error, PeerIncompatible};

use super::{Alert, CertificateProblem, TlsError};
use crate::role::Role;

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
