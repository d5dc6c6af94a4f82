//! The supported sizes of RSA keys. Signatures of other keys are rejected.

use pkcs8::der::asn1::{AnyRef, BitStringRef, UintRef};
use pkcs8::der::{Decode, Reader, SliceReader};
use pkcs8::spki::{AlgorithmIdentifierRef, ObjectIdentifier};
use rustls::Error;
use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;

use super::CertificateProblem;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The key sizes that the cryptography providers support.
const BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Checks the key of an authority, given the content of its SubjectPublicKeyInfo.
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
