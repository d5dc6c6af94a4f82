//! The TLS configuration of a node: authorities, certificate and key, in PEM read like OpenSSL does,
//! and the errors in them (part 4 §6).

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pkcs8::{EncryptedPrivateKeyInfo, SecretDocument};
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::time_provider::TimeProvider;
use rustls::{
    ALL_VERSIONS, ClientConfig, Error, InconsistentKeys, RootCertStore, ServerConfig,
    SupportedProtocolVersion,
};
use thiserror::Error;

use super::certificate::{Demands, Verifier, sha256};
use super::{CertificateProblem, certificate};
use crate::Time;

/// The TLS configuration of one side, with its rules for accepting peers.
///
/// Both sides present a certificate, and each accepts every certificate issued by one of its
/// authorities, as Bro does. Names are not checked unless [`expect_name`](Self::expect_name) is
/// used: the authority decides who is a peer, so it should be a private one.
///
/// Cloning is cheap. Two configurations are equal if one is a clone of the other.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use brocomm::lowlevel::connection::ConnectionConfig;
/// use brocomm::tls::TlsConfig;
///
/// let (ca, node) = (std::fs::read("ca.pem")?, std::fs::read("node.pem")?);
/// let tls = TlsConfig::from_pem(&ca, &node, None)?;
/// let config = ConnectionConfig { tls: Some(tls), ..ConnectionConfig::default() };
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TlsConfig(Arc<Shared>);

struct Shared {
    parts: Parts,
    client: ClientConfig,
    server: ServerConfig,
}

#[derive(Clone)]
struct Parts {
    provider: Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
    own: Arc<CertifiedKey>,
    demands: Demands,
    versions: &'static [&'static SupportedProtocolVersion],
}

impl TlsConfig {
    /// Creates a configuration from the contents of the files of Bro's options:
    /// `ssl_ca_certificate`, the certificates of authorities; `ssl_private_key`, our certificate,
    /// then intermediate certificates, and anywhere among them the private key; and
    /// `ssl_passphrase`, if the key is encrypted.
    ///
    /// # Errors
    /// Fails if anything is invalid. A certificate that peers will reject is detected only if it is
    /// malformed or has X.509 version 1.
    pub fn from_pem(
        ssl_ca_certificate: &[u8],
        ssl_private_key: &[u8],
        ssl_passphrase: Option<&str>,
    ) -> Result<TlsConfig, TlsConfigError> {
        let provider = Arc::new(default_provider());
        let mut roots = RootCertStore::empty();
        for Certificate { der, line } in certificates(Pem::CaCertificate, ssl_ca_certificate)? {
            roots.add(der).map_err(|error| unusable(Pem::CaCertificate, line, &error))?;
            let key = roots.roots.last().map(|authority| &authority.subject_public_key_info);
            key.map_or(Ok(()), |key| certificate::check_authority(key)).map_err(|problem| {
                TlsConfigError::Certificate { pem: Pem::CaCertificate, line, problem }
            })?;
        }
        let own = certified(&provider, ssl_private_key, ssl_passphrase)?;
        TlsConfig::of(Parts {
            provider,
            roots: Arc::new(roots),
            own: Arc::new(own),
            demands: Demands::default(),
            versions: ALL_VERSIONS,
        })
    }

    /// Accepts only peers whose certificate is valid for this host name or address, in both roles.
    /// Use such a configuration for one peer only.
    ///
    /// # Errors
    /// [`TlsConfigError::Name`]; [`TlsConfigError::Provider`].
    pub fn expect_name(&self, name: &str) -> Result<TlsConfig, TlsConfigError> {
        let expected = ServerName::try_from(name.to_owned())
            .map_err(|_| TlsConfigError::Name { name: name.to_owned() })?;
        let mut parts = self.0.parts.clone();
        parts.demands.name = Some(expected);
        TlsConfig::of(parts)
    }

    /// Accepts only peers whose own certificate has this SHA-256 digest (of its DER), or one pinned
    /// before. It must still be valid and issued by an authority.
    ///
    /// # Errors
    /// [`TlsConfigError::Provider`].
    pub fn pin(&self, sha256: [u8; 32]) -> Result<TlsConfig, TlsConfigError> {
        let mut parts = self.0.parts.clone();
        parts.demands.pinned.push(sha256);
        TlsConfig::of(parts)
    }

    /// Returns the SHA-256 digest of our own certificate, so that a peer can [pin](Self::pin) it.
    pub fn own_sha256(&self) -> [u8; 32] {
        self.0.parts.own.end_entity_cert().map(|der| self.sha256(der)).unwrap_or_default()
    }

    pub(super) fn sha256(&self, bytes: &[u8]) -> [u8; 32] {
        sha256(&self.0.parts.provider, bytes).unwrap_or_default()
    }

    /// Restricts the versions of TLS.
    #[cfg(test)]
    pub(crate) fn with_versions(
        &self,
        versions: &'static [&'static SupportedProtocolVersion],
    ) -> TlsConfig {
        TlsConfig::of(Parts { versions, ..self.0.parts.clone() }).unwrap()
    }

    fn of(parts: Parts) -> Result<TlsConfig, TlsConfigError> {
        let Parts { provider, roots, own, demands, versions } = &parts;
        let lacking =
            |what: &dyn fmt::Display| TlsConfigError::Provider { what: what.to_string().into() };
        let connecting =
            WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(provider))
                .build()
                .map_err(|error| lacking(&error))?;
        let verifier = Arc::new(Verifier {
            provider: Arc::clone(provider),
            roots: Arc::clone(roots),
            connecting,
            demands: demands.clone(),
        });
        let key = Arc::new(SingleCertAndKey::from(Arc::clone(own)));
        // Each connection replaces the clock with its own.
        let never = Arc::new(Clock::new(Time::EPOCH));
        let mut client =
            ClientConfig::builder_with_details(Arc::clone(provider), Arc::clone(&never) as _)
                .with_protocol_versions(versions)
                .map_err(|error| lacking(&error))?
                .dangerous()
                .with_custom_certificate_verifier(Arc::clone(&verifier) as _)
                .with_client_cert_resolver(Arc::clone(&key) as _);
        let mut server = ServerConfig::builder_with_details(Arc::clone(provider), never)
            .with_protocol_versions(versions)
            .map_err(|error| lacking(&error))?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(key);
        // Connections are few and long-lived, so session resumption is not worthwhile.
        client.resumption = Resumption::disabled();
        client.enable_sni = false;
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        Ok(TlsConfig(Arc::new(Shared { parts, client, server })))
    }

    pub(super) fn client(&self, clock: Arc<Clock>) -> Arc<ClientConfig> {
        let mut config = self.0.client.clone();
        config.time_provider = clock;
        Arc::new(config)
    }

    pub(super) fn server(&self, clock: Arc<Clock>) -> Arc<ServerConfig> {
        let mut config = self.0.server.clone();
        config.time_provider = clock;
        Arc::new(config)
    }
}

fn default_provider() -> CryptoProvider {
    #[cfg(feature = "tls-aws-lc-rs")]
    return rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "tls-aws-lc-rs"))]
    rustls::crypto::ring::default_provider()
}

/// Returns our certificates with the private key of the first.
fn certified(
    provider: &CryptoProvider,
    bytes: &[u8],
    passphrase: Option<&str>,
) -> Result<CertifiedKey, TlsConfigError> {
    let chain = certificates(Pem::PrivateKey, bytes)?;
    let line = chain.first().map_or(1, |own| own.line);
    let key = private_key(bytes, passphrase)?;
    let key =
        provider.key_provider.load_private_key(key).map_err(|_| TlsConfigError::UnsupportedKey)?;
    let certified = CertifiedKey::new(chain.into_iter().map(|own| own.der).collect(), key);
    match certified.keys_match() {
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(Error::InconsistentKeys(_)) => Err(TlsConfigError::KeyMismatch),
        Err(error) => Err(unusable(Pem::PrivateKey, line, &error)),
    }
}

fn unusable(pem: Pem, line: usize, error: &Error) -> TlsConfigError {
    let problem = match error {
        Error::InvalidCertificate(error) => CertificateProblem::from(error),
        error => CertificateProblem::Other { what: error.to_string().into() },
    };
    TlsConfigError::Certificate { pem, line, problem }
}

impl fmt::Debug for TlsConfig {
    /// Shows the number of certificates, never a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { roots, own, demands, .. } = &self.0.parts;
        f.debug_struct("TlsConfig")
            .field("authorities", &roots.len())
            .field("chain", &own.cert.len())
            .field("name", &demands.name.as_ref().map(ServerName::to_str))
            .field("pinned", &demands.pinned.len())
            .finish_non_exhaustive()
    }
}

impl PartialEq for TlsConfig {
    fn eq(&self, other: &TlsConfig) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for TlsConfig {}

/// A clock that returns the time last fed to a connection, for checking the validity of
/// certificates.
#[derive(Debug)]
pub(super) struct Clock(AtomicU64);

impl Clock {
    pub(super) const fn new(now: Time) -> Clock {
        Clock(AtomicU64::new(now.as_nanos()))
    }

    pub(super) fn set(&self, now: Time) {
        self.0.store(now.as_nanos(), Ordering::Relaxed);
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let since = Duration::from_nanos(self.0.load(Ordering::Relaxed));
        Some(UnixTime::since_unix_epoch(since))
    }
}

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
