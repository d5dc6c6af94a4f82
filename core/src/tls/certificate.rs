//! Verification of certificates, and the problems that it finds (part 4 §6).

use std::fmt;
use std::sync::Arc;

use pkcs8::der::asn1::{AnyRef, BitStringRef, UintRef};
use pkcs8::der::{Decode, Reader, SliceReader};
use pkcs8::spki::{AlgorithmIdentifierRef, ObjectIdentifier};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, CipherSuite, DigitallySignedStruct, DistinguishedName, Error, OtherError,
    RootCertStore, SignatureScheme, SupportedCipherSuite,
};
use thiserror::Error;

use crate::Time;
use crate::time::Wall;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The key sizes that the cryptography providers support.
const BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

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

/// Checks the key of an authority, given the content of its SubjectPublicKeyInfo.
pub(super) fn check_authority(key: &[u8]) -> Result<(), CertificateProblem> {
    match rsa_bits(key) {
        Some(bits) if !BITS.contains(&bits) => Err(CertificateProblem::RsaKey { bits }),
        _ => Ok(()),
    }
}

/// Checks the key of a certificate.
fn check(certificate: &CertificateDer<'_>) -> Result<(), CertificateProblem> {
    let parsed = ParsedCertificate::try_from(certificate).map_err(|error| match error {
        Error::InvalidCertificate(error) => CertificateProblem::from(&error),
        _ => CertificateProblem::Malformed,
    })?;
    let key = parsed.subject_public_key_info();
    AnyRef::from_der(&key).map_or(Ok(()), |key| check_authority(key.value()))
}

/// Returns the size of a key's modulus in bits; `None` if it is not an RSA key.
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

/// Requirements for a certificate, in addition to being valid and issued by an authority.
#[derive(Debug, Clone, Default)]
pub(super) struct Demands {
    /// It is valid for this name.
    pub(super) name: Option<ServerName<'static>>,
    /// It has one of these SHA-256 digests, if any are given.
    pub(super) pinned: Vec<[u8; 32]>,
}

/// Accepts every certificate that is issued by an authority and meets the requirements, in both
/// directions. Without requirements it checks no name, like Bro: the authority decides who is a
/// peer.
#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) roots: Arc<RootCertStore>,
    /// The verifier for certificates of initiators.
    pub(super) connecting: Arc<dyn ClientCertVerifier>,
    pub(super) demands: Demands,
}

impl Verifier {
    fn check_demands(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        if let Some(name) = &self.demands.name {
            verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
        }
        if !self.demands.pinned.is_empty() {
            let sha256 = sha256(&self.provider, certificate)
                .ok_or_else(|| Error::General("no SHA-256".to_owned()))?;
            if !self.demands.pinned.contains(&sha256) {
                let problem = OtherError(Arc::new(CertificateProblem::NotPinned { sha256 }));
                return Err(CertificateError::Other(problem).into());
            }
        }
        Ok(())
    }
}

/// Reports a key whose signatures cannot be verified. Without this, a certificate signed by it
/// would seem to have a wrong signature, and the peer's own key would fail later in the handshake.
fn keys_considered<T>(
    verified: Result<T, Error>,
    end_entity: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
) -> Result<T, Error> {
    if matches!(verified, Ok(_) | Err(Error::InvalidCertificate(CertificateError::BadSignature))) {
        for certificate in std::iter::once(end_entity).chain(intermediates) {
            check(certificate)
                .map_err(|problem| CertificateError::Other(OtherError(Arc::new(problem))))?;
        }
    }
    verified
}

/// Returns a digest, using the hash of a cipher suite that every provider has.
pub(super) fn sha256(provider: &CryptoProvider, bytes: &[u8]) -> Option<[u8; 32]> {
    let suites = &provider.cipher_suites;
    let suite = suites.iter().find_map(|suite| match suite {
        SupportedCipherSuite::Tls13(suite)
            if suite.common.suite == CipherSuite::TLS13_AES_128_GCM_SHA256 =>
        {
            Some(suite)
        }
        _ => None,
    })?;
    suite.common.hash_provider.hash(bytes).as_ref().try_into().ok()
}

/// Implements the verification of handshake signatures, which is the same for both directions.
macro_rules! signatures_are_verified_alike {
    () => {
        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &self.provider.signature_verification_algorithms;
            verify_tls12_signature(message, certificate, signed, algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &self.provider.signature_verification_algorithms;
            verify_tls13_signature(message, certificate, signed, algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.provider.signature_verification_algorithms.supported_schemes()
        }
    };
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        let verified = verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &self.roots,
            intermediates,
            now,
            algorithms,
        );
        keys_considered(verified, end_entity, intermediates)?;
        self.check_demands(end_entity)?;
        Ok(ServerCertVerified::assertion())
    }

    signatures_are_verified_alike!();
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.connecting.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.connecting.verify_client_cert(end_entity, intermediates, now);
        let verified = keys_considered(verified, end_entity, intermediates)?;
        self.check_demands(end_entity)?;
        Ok(verified)
    }

    signatures_are_verified_alike!();
}
