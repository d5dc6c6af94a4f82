//! What both sides of TLS have agreed upon.

use bytes::Bytes;
use rustls::{CommonState, ProtocolVersion};

use super::TlsConfig;

/// Returns what a TLS handshake came to, and who the peer is by its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Negotiated {
    /// The version, such as `TLS 1.3`.
    pub version: Box<str>,
    /// The cipher suite by its registered name, such as `TLS_AES_256_GCM_SHA384`.
    pub cipher_suite: Box<str>,
    /// How keys were exchanged, such as `X25519`, if the library tells.
    pub key_exchange: Option<Box<str>>,
    /// The certificates that the peer showed, in DER: its own, then those between it and the
    /// authority. They were accepted.
    pub peer_certificates: Vec<Bytes>,
    /// The SHA-256 digest of the peer's own, by which it can be [pinned](TlsConfig::pin).
    pub peer_sha256: [u8; 32],
}

impl Negotiated {
    /// Returns what a connection came to; `None` before the end of its handshake.
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
            // The library tells those of TLS 1.3 from others by another prefix.
            cipher_suite: suite.replacen("TLS13_", "TLS_", 1).into(),
            key_exchange: group.map(|group| format!("{:?}", group.name()).into()),
            peer_certificates: certificates.iter().map(|der| Bytes::copy_from_slice(der)).collect(),
            peer_sha256: config.sha256(certificates.first()?),
        })
    }
}
