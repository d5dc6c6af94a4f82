//! Certificates and keys in PEM, read like OpenSSL does, and the errors in them (part 4 §6).

use std::fmt;

use pkcs8::{EncryptedPrivateKeyInfo, SecretDocument};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use thiserror::Error;

use super::CertificateProblem;

const BEGIN: &str = "-----BEGIN ";

const END: &str = "-----END ";

const DASHES: &str = "-----";

const CONVERT: &str = "convert it with `openssl pkcs8 -topk8 -v2 aes256`";

/// A certificate, and its first line.
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
    /// The line of its first marker, from 1.
    line: usize,
}

/// Returns all sections; text between them is ignored.
fn sections(pem: Pem, bytes: &[u8]) -> Result<Vec<Section<'_>>, TlsConfigError> {
    let mut sections = Vec::new();
    let mut open: Option<(&str, usize, usize)> = None;
    let mut at = 0_usize;
    // Text between sections may have any encoding; only sections must be UTF-8.
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

/// Returns the first private key, decrypted if necessary. An unneeded passphrase is ignored.
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
    // A wrong passphrase results in bad padding, or else in an invalid key.
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

/// A PEM input, by Bro's option for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pem {
    /// `ssl_ca_certificate`: the certificates of authorities.
    CaCertificate,
    /// `ssl_private_key`: our certificate chain and its private key.
    PrivateKey,
}

impl fmt::Display for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Pem::CaCertificate => "`ssl_ca_certificate`",
            Pem::PrivateKey => "`ssl_private_key`",
        })
    }
}

/// An error in the certificates, keys or other TLS settings of a node (part 4 §6).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TlsConfigError {
    /// A section of the PEM is not terminated or not Base64.
    #[error("{pem}: malformed PEM in the section that begins at line {line}")]
    Malformed {
        /// The input.
        pem: Pem,
        /// The section's first line, from 1.
        line: usize,
    },
    /// There is no certificate.
    #[error("{0}: no certificate in PEM (`-----BEGIN CERTIFICATE-----`)")]
    NoCertificate(Pem),
    /// There is no private key.
    #[error(
        "`ssl_private_key`: no private key in PEM (`-----BEGIN PRIVATE KEY-----`); certificate \
         chain and key go into one file"
    )]
    NoPrivateKey,
    /// A certificate of an authority, or the first of our chain, cannot be used.
    #[error("{pem}: the certificate that begins at line {line} {problem}")]
    Certificate {
        /// The input.
        pem: Pem,
        /// Its first line, from 1.
        line: usize,
        /// The problem.
        problem: CertificateProblem,
    },
    /// The key is encrypted and there is no passphrase.
    #[error("`ssl_private_key`: the private key is encrypted; set `ssl_passphrase`")]
    PassphraseMissing,
    /// The key cannot be decrypted.
    #[error("`ssl_passphrase`: wrong passphrase for the private key")]
    WrongPassphrase,
    /// The key is encrypted in OpenSSL's traditional format, before PKCS#8.
    #[error(
        "`ssl_private_key`: the private key is encrypted in the traditional form \
         (`Proc-Type: 4,ENCRYPTED`); {CONVERT}"
    )]
    TraditionalEncryption,
    /// The key is not encrypted with PBES2.
    #[error("`ssl_private_key`: the private key uses an outdated encryption; {CONVERT}")]
    OldEncryption,
    /// The key is malformed or has an unsupported kind or size.
    #[error(
        "`ssl_private_key`: the private key is malformed, or of a kind that is not supported; RSA \
         of 2048 bits or more, ECDSA on P-256 or P-384 and Ed25519 are"
    )]
    UnsupportedKey,
    /// The key does not match the first certificate.
    #[error(
        "`ssl_private_key`: the private key does not match the first certificate; the node's own \
         certificate must be first"
    )]
    KeyMismatch,
    /// The expected name is neither a host name nor an address.
    #[error("`{name}` is neither a host name nor an address")]
    Name {
        /// The given name.
        name: String,
    },
    /// The cryptography provider lacks a feature.
    #[error("cannot set up TLS: {what}")]
    Provider {
        /// The library's message.
        what: Box<str>,
    },
}
