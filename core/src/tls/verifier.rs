//! Whose certificates are accepted (part 4 §6).

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

/// What a certificate has to be beside valid and from an authority.
#[derive(Debug, Clone, Default)]
pub(super) struct Demands {
    /// It is for this name.
    pub(super) name: Option<ServerName<'static>>,
    /// It is one of those with these SHA-256 digests, if there are any.
    pub(super) pinned: Vec<[u8; 32]>,
}

/// Accepts every certificate that comes from an authority and meets the demands, in both
/// directions. Without demands it checks no name, as Bro: the authority says who is a peer.
#[derive(Debug)]
pub(super) struct Verifier {
    provider: Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
    /// What knows how to verify the certificate of one that connects.
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

/// Names a key of which no signature can be verified: a certificate that it signed seems to have a
/// wrong signature, and the peer's own would fail later in the handshake.
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

/// Returns a digest, by the hash of a cipher suite that every provider has.
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

/// What both directions have of handshakes' signatures: those that the provider can verify.
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
