//! Verification of certificates (part 4 §6).

use std::sync::Arc;

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

use super::{CertificateProblem, key_size};

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
    provider: Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
    /// The verifier for certificates of initiators.
    connecting: Arc<dyn ClientCertVerifier>,
    demands: Demands,
}

impl Verifier {
    pub(super) fn new(
        provider: Arc<CryptoProvider>,
        roots: Arc<RootCertStore>,
        connecting: Arc<dyn ClientCertVerifier>,
        demands: Demands,
    ) -> Verifier {
        Verifier { provider, roots, connecting, demands }
    }

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
            key_size::check(certificate)
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
