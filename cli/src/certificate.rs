//! Information about a certificate.

use std::net::IpAddr;

use brocomm::Time;
use jiff::Timestamp;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::decode::printed;

/// The parts of a certificate that are shown. The texts are printable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// The subject, such as `CN=sensor`.
    pub(crate) subject: String,
    /// The issuer.
    pub(crate) issuer: String,
    /// The host names and addresses in the certificate.
    pub(crate) names: Vec<String>,
    /// The start of its validity, in seconds since the epoch.
    not_before: i64,
    /// The end of its validity.
    not_after: i64,
}

impl Certificate {
    /// Parses a certificate in DER. Returns `None` if it is malformed.
    pub(crate) fn read(der: &[u8]) -> Option<Certificate> {
        let certificate = x509_cert::Certificate::from_der(der).ok()?.tbs_certificate;
        let alternatives = certificate.get::<SubjectAltName>().ok().flatten();
        let names = alternatives.map(|(_, SubjectAltName(names))| names).unwrap_or_default();
        let seconds = |time: x509_cert::time::Time| {
            i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
        };
        Some(Certificate {
            subject: shown(&certificate.subject.to_string()),
            issuer: shown(&certificate.issuer.to_string()),
            names: names.iter().filter_map(name).collect(),
            not_before: seconds(certificate.validity.not_before),
            not_after: seconds(certificate.validity.not_after),
        })
    }

    /// Returns the start of its validity in ISO 8601.
    pub(crate) fn not_before(&self) -> String {
        moment(self.not_before)
    }

    /// Returns the end of its validity in ISO 8601.
    pub(crate) fn not_after(&self) -> String {
        moment(self.not_after)
    }

    /// Returns the remaining validity in whole days.
    pub(crate) fn days_left(&self, now: Time) -> i64 {
        let now = i64::try_from(now.as_nanos() / 1_000_000_000).unwrap_or(i64::MAX);
        self.not_after.saturating_sub(now).div_euclid(24 * 60 * 60)
    }
}

/// Returns a subject alternative name if it is a host name or an address.
fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(shown(name.as_str())),
        GeneralName::IpAddress(bytes) => {
            let four = <[u8; 4]>::try_from(bytes.as_bytes()).map(IpAddr::from);
            let sixteen = <[u8; 16]>::try_from(bytes.as_bytes()).map(IpAddr::from);
            Some(four.or(sixteen).ok()?.to_string())
        }
        _ => None,
    }
}

fn shown(text: &str) -> String {
    printed::bytes(text.as_bytes())
}

fn moment(seconds: i64) -> String {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    use super::*;

    fn certificate() -> Vec<u8> {
        let names = ["node.example", "192.0.2.1", "2001:db8::1"].map(str::to_owned);
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, "a\u{e9}node");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 2, 3);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn its_texts_are_printable() {
        let read = Certificate::read(&certificate()).unwrap();
        assert!(read.subject.contains("CN=a\\xc3\\xa9node"), "{}", read.subject);
        assert_eq!(read.subject, read.issuer);
        assert_eq!(read.names, ["node.example", "192.0.2.1", "2001:db8::1"]);
        assert_eq!(read.not_before(), "2020-01-01T00:00:00Z");
        assert_eq!(read.not_after(), "2021-02-03T00:00:00Z");
        let at = |seconds| Time::EPOCH + Duration::from_secs(seconds);
        assert_eq!(read.days_left(at(1_612_310_400 - 86_400)), 1);
        assert_eq!(read.days_left(at(1_612_310_400 - 86_399)), 0);
        assert_eq!(read.days_left(at(1_612_310_401)), -1);
    }

    #[test]
    fn arbitrary_bytes_do_not_panic() {
        let good = certificate();
        for length in 0..good.len() {
            assert_eq!(Certificate::read(&good[..length]), None);
        }
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x81;
            let _ = Certificate::read(&bad);
        }
    }
}
