//! Certificates, created for each test.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};

use super::*;

/// A certificate authority.
pub(super) struct Authority {
    pub(super) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// Variations of a certificate.
#[derive(Default)]
pub(super) struct Made {
    pub(super) ca: bool,
    pub(super) name: Option<&'static str>,
    /// The first and last year of its validity.
    pub(super) years: Option<(i32, i32)>,
    pub(super) purpose: Option<ExtendedKeyUsagePurpose>,
}

impl Authority {
    pub(super) fn new() -> Authority {
        let key = KeyPair::generate().unwrap();
        let name: String = key.public_key_raw().iter().map(|byte| format!("{byte:02x}")).collect();
        Authority::of(key, &name[2..34])
    }

    pub(super) fn named(name: &str) -> Authority {
        Authority::of(KeyPair::generate().unwrap(), name)
    }

    fn of(key: KeyPair, name: &str) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    /// Returns a certificate with its key, in PEM.
    pub(super) fn issue(&self, made: Made) -> String {
        let names = made.name.map(str::to_owned).into_iter().collect::<Vec<_>>();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, "node");
        if made.ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        if let Some((from, to)) = made.years {
            params.not_before = date_time_ymd(from, 1, 1);
            params.not_after = date_time_ymd(to, 1, 1);
        }
        params.extended_key_usages.extend(made.purpose);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        certificate.pem() + &key.serialize_pem()
    }

    /// Returns the configuration of a node that trusts this authority and has a certificate from
    /// it.
    pub(super) fn config(&self, made: Made) -> TlsConfig {
        config_of(&self.pem, &self.issue(made))
    }
}

pub(super) fn config_of(ca: &str, own: &str) -> TlsConfig {
    TlsConfig::from_pem(ca.as_bytes(), own.as_bytes(), None).unwrap()
}
