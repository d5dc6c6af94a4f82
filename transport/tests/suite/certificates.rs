//! Certificates, created for each test.

use brocomm::tls::TlsConfig;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// A certificate authority.
pub(crate) struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        // Each authority needs its own name.
        let name: String = key.public_key_raw().iter().map(|byte| format!("{byte:02x}")).collect();
        params.distinguished_name.push(DnType::CommonName, &name[2..34]);
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    /// Returns the configuration of a node that trusts this authority and has a certificate signed
    /// by it.
    pub(crate) fn config(&self) -> TlsConfig {
        let (authority, own) = self.pem();
        TlsConfig::from_pem(authority.as_bytes(), own.as_bytes(), None).unwrap()
    }

    /// Returns the same as PEM: the authority's certificate, then a certificate signed by it with
    /// its key.
    pub(crate) fn pem(&self) -> (String, String) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "node");
        let key = KeyPair::generate().unwrap();
        let own = params.signed_by(&key, &self.issuer).unwrap().pem() + &key.serialize_pem();
        (self.pem.clone(), own)
    }
}
