//! What can be wrong with a certificate.

use std::fmt;

use rustls::CertificateError;
use rustls::pki_types::UnixTime;
use thiserror::Error;

use crate::Time;
use crate::calendar::Wall;

/// Why a certificate is not accepted; prints so that it follows `the certificate`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// It cannot be read.
    #[error("is malformed")]
    Malformed,
    /// No authority that we trust has issued it.
    #[error("is not signed by a CA in `ssl_ca_certificate`")]
    UnknownIssuer,
    /// It is valid no longer.
    #[error("expired at {}, and it is {}", Utc(*.not_after), Utc(*.now))]
    Expired {
        /// The last moment of its validity.
        not_after: Time,
        /// What time it is here.
        now: Time,
    },
    /// It is not valid yet.
    #[error("is not valid before {}, and it is {}", Utc(*.not_before), Utc(*.now))]
    NotYetValid {
        /// The first moment of its validity.
        not_before: Time,
        /// What time it is here.
        now: Time,
    },
    /// It is of X.509 version 1 or 2, as `openssl x509 -req` makes them without extensions.
    #[error("is not of X.509 version 3; reissue it with extensions (`openssl x509 -extfile`)")]
    Version,
    /// It is an authority's own.
    #[error("is an authority's own (CA:TRUE); issue one for the node itself")]
    CaAsEndEntity,
    /// It, or one between it and the authority, is signed by something that is not safe, or not
    /// supported: MD5, SHA-1, RSA shorter than 2048 bits.
    #[error(
        "is signed in a way that is not supported; reissue it, with SHA-256 and RSA of at \
         least 2048 bits, or ECDSA"
    )]
    UnsupportedSignature,
    /// Its RSA key is of a size with which no signature is verified, so that nothing that it signs is
    /// accepted.
    #[error("has an RSA key of {bits} bits, must be 2048 to 8192; reissue it with such a key")]
    RsaKey {
        /// How long the key is.
        bits: usize,
    },
    /// The signature is wrong; so it seems when an authority was made anew under the same name.
    #[error("is not signed by the authority that it names; is there another of the same name?")]
    BadSignature,
    /// It is made for something else: its extended key usage lacks our peer's side of TLS.
    #[error("is not meant for this side of TLS (extended key usage)")]
    WrongPurpose,
    /// It is not for the name that was [expected](super::TlsConfig::expect_name).
    #[error("is not for `{expected}`{}", Names(.presented))]
    WrongName {
        /// That name.
        expected: String,
        /// The names that it is for, as far as they can be shown.
        presented: Vec<String>,
    },
    /// It is not among those that are [pinned](super::TlsConfig::pin).
    #[error("is not a pinned one, its SHA-256 is {}", Hex(.sha256))]
    NotPinned {
        /// Its digest.
        sha256: [u8; 32],
    },
    /// Something else is wrong with it.
    #[error("is not acceptable: {what}")]
    Other {
        /// What, in the words of the library.
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
