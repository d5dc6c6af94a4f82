//! The other end of a TLS connection, with arbitrary content.

use std::sync::{Arc, LazyLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, Connection, DigitallySignedStruct, Error, ServerConfig,
    ServerConnection, SignatureScheme,
};

/// The certificate of the authority that both ends trust.
pub const AUTHORITY: &[u8] = include_bytes!("../../src/tls/tests/pem/authority.pem");

const CERTIFICATE: &[u8] = include_bytes!("../../src/tls/tests/pem/version3.pem");
const KEY: &[u8] = include_bytes!("../../src/tls/tests/pem/key.pem");

/// Returns the certificate of both ends, and its key.
pub fn node() -> Vec<u8> {
    [CERTIFICATE, KEY].concat()
}

static CLIENT: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
    let (certificate, key) = identity();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_client_auth_cert(certificate, key);
    Arc::new(config.expect("the key fits"))
});

static SERVER: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| {
    let (certificate, key) = identity();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_no_client_auth()
        .with_single_cert(certificate, key);
    Arc::new(config.expect("the key fits"))
});

fn identity() -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).expect("it is one");
    (vec![certificate], PrivateKeyDer::from_pem_slice(KEY).expect("it is one"))
}

/// Makes what is made once, so that it counts for no run.
pub fn prepare() {
    LazyLock::force(&CLIENT);
    LazyLock::force(&SERVER);
}

/// Returns the other end: one that connects, or one that accepts.
pub fn other(connects: bool) -> Connection {
    if connects {
        let name = ServerName::try_from("node").expect("it is a name");
        ClientConnection::new(Arc::clone(&CLIENT), name).expect("the configuration is right").into()
    } else {
        ServerConnection::new(Arc::clone(&SERVER)).expect("the configuration is right").into()
    }
}

/// Returns all that it has to say.
pub fn written(other: &mut Connection) -> Vec<u8> {
    let mut written = Vec::new();
    while other.wants_write() {
        other.write_tls(&mut written).expect("it writes to memory");
    }
    written
}

/// Trusts anybody.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}
