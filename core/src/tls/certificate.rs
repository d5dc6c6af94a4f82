//! Problems with certificates.

use std::fmt;

use rustls::CertificateError;
use rustls::pki_types::UnixTime;
use thiserror::Error;

use crate::Time;
use crate::calendar::Wall;

/// The reason why a certificate is rejected. Displayed as a continuation of `the certificate`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// It is malformed.
    #[error("is malformed")]
    Malformed,
    /// It was not issued by a trusted authority.
    #[error("is not signed by a CA in `ssl_ca_certificate`")]
    UnknownIssuer,
    /// It has expired.
    #[error("expired at {}, and it is {}", Utc(*.not_after), Utc(*.now))]
    Expired {
        /// The last moment of its validity.
        not_after: Time,
        /// The local time.
        now: Time,
    },
    /// It is not valid yet.
    #[error("is not valid before {}, and it is {}", Utc(*.not_before), Utc(*.now))]
    NotYetValid {
        /// The first moment of its validity.
        not_before: Time,
        /// The local time.
        now: Time,
    },
    /// It has X.509 version 1 or 2, as created by `openssl x509 -req` without extensions.
    #[error("is not of X.509 version 3; reissue it with extensions (`openssl x509 -extfile`)")]
    Version,
    /// It is a CA certificate.
    #[error("is a CA certificate (CA:TRUE); issue one for the node")]
    CaAsEndEntity,
    /// It, or an intermediate certificate, has an unsafe or unsupported signature: MD5, SHA-1, RSA
    /// shorter than 2048 bits.
    #[error(
        "has an unsupported signature; reissue it with SHA-256 and RSA of at least 2048 bits, \
         or ECDSA"
    )]
    UnsupportedSignature,
    /// Its RSA key has an unsupported size, so its signatures are rejected.
    #[error("has an RSA key of {bits} bits, must be 2048 to 8192; reissue it with such a key")]
    RsaKey {
        /// The length of the key in bits.
        bits: usize,
    },
    /// The signature is invalid, for example because an authority was recreated with the same name.
    #[error("is not signed by the authority that it names; is there another of the same name?")]
    BadSignature,
    /// Its extended key usage does not allow the peer's side of TLS.
    #[error("does not allow this side of TLS in its extended key usage")]
    WrongPurpose,
    /// It is not valid for the [expected name](super::TlsConfig::expect_name).
    #[error("is not for `{expected}`{}", Names(.presented))]
    WrongName {
        /// The expected name.
        expected: String,
        /// The printable names in the certificate.
        presented: Vec<String>,
    },
    /// It is not one of the [pinned](super::TlsConfig::pin) certificates.
    #[error("is not pinned, its SHA-256 is {}", Hex(.sha256))]
    NotPinned {
        /// Its digest.
        sha256: [u8; 32],
    },
    /// Another problem.
    #[error("is not acceptable: {what}")]
    Other {
        /// The library's message.
        what: Box<str>,
    },
}

impl From<&CertificateError> for CertificateProblem {
    fn from(error: &CertificateError) -> CertificateProblem {
        use CertificateError as E;
        match error {
            E::BadEncoding => CertificateProblem::Malformed,
            E::UnknownIssuer => CertificateProblem::UnknownIssuer,
            E::ExpiredContext { time, not_after } => {
                CertificateProblem::Expired { not_after: moment(*not_after), now: moment(*time) }
            }
            E::NotValidYetContext { time, not_before } => CertificateProblem::NotYetValid {
                not_before: moment(*not_before),
                now: moment(*time),
            },
            E::BadSignature => CertificateProblem::BadSignature,
            E::UnsupportedSignatureAlgorithmContext { .. }
            | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
                CertificateProblem::UnsupportedSignature
            }
            E::InvalidPurpose | E::InvalidPurposeContext { .. } => CertificateProblem::WrongPurpose,
            E::NotValidForNameContext { expected, presented } => CertificateProblem::WrongName {
                expected: expected.to_str().into_owned(),
                presented: presented.clone(),
            },
            E::Other(other) => {
                let other = &*other.0;
                if let Some(problem) = other.downcast_ref::<CertificateProblem>() {
                    problem.clone()
                } else if let Some(error) = other.downcast_ref::<webpki::Error>() {
                    CertificateProblem::from(error)
                } else {
                    CertificateProblem::Other { what: other.to_string().into() }
                }
            }
            error => CertificateProblem::Other { what: error.to_string().into() },
        }
    }
}

impl From<&webpki::Error> for CertificateProblem {
    fn from(error: &webpki::Error) -> CertificateProblem {
        use webpki::Error as E;
        match error {
            E::UnsupportedCertVersion => CertificateProblem::Version,
            E::CaUsedAsEndEntity => CertificateProblem::CaAsEndEntity,
            E::BadDer | E::BadDerTime | E::TrailingData(_) => CertificateProblem::Malformed,
            error => CertificateProblem::Other { what: error.to_string().into() },
        }
    }
}

fn moment(time: UnixTime) -> Time {
    Time::EPOCH + std::time::Duration::from_secs(time.as_secs())
}

struct Utc(Time);

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Z", Wall::of(self.0, 0).iso8601())
    }
}

struct Names<'a>(&'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Names(names) = self;
        if names.is_empty() {
            f.write_str(", and for no name")
        } else {
            write!(f, " but for {}", names.join(", "))
        }
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
