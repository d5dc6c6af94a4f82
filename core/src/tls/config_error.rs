//! Errors in a node's certificates and keys (part 4 §6).

use std::fmt;

use thiserror::Error;

use super::CertificateProblem;

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

const CONVERT: &str = "convert it with `openssl pkcs8 -topk8 -v2 aes256`";
