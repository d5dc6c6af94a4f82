//! What can be wrong with a certificate.

use std::fmt;

use pkcs8::der::asn1::{AnyRef, BitStringRef, UintRef};
use pkcs8::der::{Decode, Reader, SliceReader};
use pkcs8::spki::{AlgorithmIdentifierRef, ObjectIdentifier};
use pkcs8::{EncryptedPrivateKeyInfo, SecretDocument};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error};
use thiserror::Error;

use super::{Pem, TlsConfigError};
use crate::Time;
use crate::calendar::Wall;

/// Says why a certificate is not accepted; prints so that it follows `the certificate`.
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

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The least and the greatest number of bits that the providers verify with.
const BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Checks the key of an authority: what is within its SubjectPublicKeyInfo.
pub(super) fn check_authority(key: &[u8]) -> Result<(), CertificateProblem> {
    match rsa_bits(key) {
        Some(bits) if !BITS.contains(&bits) => Err(CertificateProblem::RsaKey { bits }),
        _ => Ok(()),
    }
}

/// Checks the key of a certificate.
pub(super) fn check(certificate: &CertificateDer<'_>) -> Result<(), CertificateProblem> {
    let parsed = ParsedCertificate::try_from(certificate).map_err(|error| match error {
        Error::InvalidCertificate(error) => CertificateProblem::from(&error),
        _ => CertificateProblem::Malformed,
    })?;
    let key = parsed.subject_public_key_info();
    AnyRef::from_der(&key).map_or(Ok(()), |key| check_authority(key.value()))
}

/// Returns how many bits the modulus of a key has; `None` if it is not one of RSA.
fn rsa_bits(key: &[u8]) -> Option<usize> {
    let mut reader = SliceReader::new(key).ok()?;
    let algorithm: AlgorithmIdentifierRef<'_> = reader.decode().ok()?;
    if algorithm.oid != RSA {
        return None;
    }
    let key: BitStringRef<'_> = reader.decode().ok()?;
    let numbers = AnyRef::from_der(key.as_bytes()?).ok()?;
    let modulus = numbers.sequence(|numbers| {
        let modulus: UintRef<'_> = numbers.decode()?;
        let _exponent: UintRef<'_> = numbers.decode()?;
        Ok(modulus)
    });
    let bytes = modulus.ok()?.as_bytes();
    let unused = bytes.first()?.leading_zeros() as usize;
    bytes.len().checked_mul(8)?.checked_sub(unused)
}

/// A certificate, and the line in which it begins.
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    pub(super) der: CertificateDer<'static>,
    pub(super) line: usize,
}

/// One section, its markers included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Section<'a> {
    label: &'a str,
    text: &'a str,
    /// The line of its first marker, counted from 1.
    line: usize,
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// Returns all sections; what is between them is comment.
fn sections(pem: Pem, bytes: &[u8]) -> Result<Vec<Section<'_>>, TlsConfigError> {
    let mut sections = Vec::new();
    let mut open: Option<(&str, usize, usize)> = None;
    let mut at = 0_usize;
    // Comments may be in any encoding: only the marked sections have to be text.
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = valid.iter().filter(|byte| **byte == b'\n').count().saturating_add(1);
            return Err(TlsConfigError::Malformed { pem, line });
        }
    };
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let start = at;
        at = at.saturating_add(line.len());
        let line = line.trim_end();
        let label = |marker| line.strip_prefix(marker).and_then(|rest| rest.strip_suffix(DASHES));
        if let (Some(label), None) = (label(BEGIN), open) {
            open = Some((label, start, number.saturating_add(1)));
        } else if let (Some(end), Some((label, from, line))) = (label(END), open) {
            if end != label {
                return Err(TlsConfigError::Malformed { pem, line });
            }
            let text = text.get(from..at).unwrap_or_default();
            sections.push(Section { label, text, line });
            open = None;
        }
    }
    match open {
        Some((_, _, line)) => Err(TlsConfigError::Malformed { pem, line }),
        None => Ok(sections),
    }
}

/// Returns all certificates, at least one.
pub(super) fn certificates(pem: Pem, bytes: &[u8]) -> Result<Vec<Certificate>, TlsConfigError> {
    let mut certificates = Vec::new();
    for Section { text, line, .. } in
        sections(pem, bytes)?.into_iter().filter(|section| section.label == "CERTIFICATE")
    {
        let der = CertificateDer::from_pem_slice(text.as_bytes())
            .map_err(|_| TlsConfigError::Malformed { pem, line })?;
        certificates.push(Certificate { der, line });
    }
    if certificates.is_empty() { Err(TlsConfigError::NoCertificate(pem)) } else { Ok(certificates) }
}

/// Returns the first private key, decrypted if it has to be. A passphrase that is not needed is not
/// looked at.
pub(super) fn private_key(
    bytes: &[u8],
    passphrase: Option<&str>,
) -> Result<PrivateKeyDer<'static>, TlsConfigError> {
    let sections = sections(Pem::PrivateKey, bytes)?;
    let is_key = |section: &&Section<'_>| section.label.ends_with("PRIVATE KEY");
    let section = sections.iter().find(is_key).ok_or(TlsConfigError::NoPrivateKey)?;
    if section.label == "ENCRYPTED PRIVATE KEY" {
        return decrypt(section, passphrase.ok_or(TlsConfigError::PassphraseMissing)?);
    }
    if section.text.contains("Proc-Type:") {
        return Err(TlsConfigError::TraditionalEncryption);
    }
    PrivateKeyDer::from_pem_slice(section.text.as_bytes()).map_err(|_| malformed(section))
}

fn decrypt(
    section: &Section<'_>,
    passphrase: &str,
) -> Result<PrivateKeyDer<'static>, TlsConfigError> {
    let (_, document) = SecretDocument::from_pem(section.text).map_err(|_| malformed(section))?;
    let encrypted =
        EncryptedPrivateKeyInfo::try_from(document.as_bytes()).map_err(|_| malformed(section))?;
    // A wrong passphrase shows in the padding, or else in a key that is none.
    let decrypted = encrypted.decrypt(passphrase).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(
            pkcs8::pkcs5::Error::NoPbes1CryptSupport
            | pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }
            | pkcs8::pkcs5::Error::AlgorithmParametersInvalid { .. },
        ) => TlsConfigError::OldEncryption,
        _ => TlsConfigError::WrongPassphrase,
    })?;
    Ok(PrivatePkcs8KeyDer::from(decrypted.as_bytes().to_vec()).into())
}

fn malformed(section: &Section<'_>) -> TlsConfigError {
    TlsConfigError::Malformed { pem: Pem::PrivateKey, line: section.line }
}
