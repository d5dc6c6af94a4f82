//! The negotiated parameters of TLS.

use bytes::Bytes;
use rustls::{CommonState, ProtocolVersion};

use super::TlsConfig;

/// The result of a TLS handshake, with the peer's certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Negotiated {
    /// The version, such as `TLS 1.3`.
    pub version: Box<str>,
    /// The cipher suite by its registered name, such as `TLS_AES_256_GCM_SHA384`.
    pub cipher_suite: Box<str>,
    /// The key exchange, such as `X25519`, if reported by the library.
    pub key_exchange: Option<Box<str>>,
    /// The peer's verified certificates, in DER: its own, then intermediate ones.
    pub peer_certificates: Vec<Bytes>,
    /// The SHA-256 digest of the peer's own certificate, for [pinning](TlsConfig::pin).
    pub peer_sha256: [u8; 32],
}

impl Negotiated {
    /// Returns the parameters of a connection; `None` before the end of its handshake.
    pub(super) fn of(state: &CommonState, config: &TlsConfig) -> Option<Negotiated> {
        let version = match state.protocol_version()? {
            ProtocolVersion::TLSv1_2 => "TLS 1.2".into(),
            ProtocolVersion::TLSv1_3 => "TLS 1.3".into(),
            other => format!("{other:?}").into(),
        };
        let suite = format!("{:?}", state.negotiated_cipher_suite()?.suite());
        let group = state.negotiated_key_exchange_group();
        let certificates = state.peer_certificates()?;
        Some(Negotiated {
            version,
            // The library uses another prefix for the suites of TLS 1.3.
            cipher_suite: suite.replacen("TLS13_", "TLS_", 1).into(),
            key_exchange: group.map(|group| format!("{:?}", group.name()).into()),
            peer_certificates: certificates.iter().map(|der| Bytes::copy_from_slice(der)).collect(),
            peer_sha256: config.sha256(certificates.first()?),
        })
    }
}
