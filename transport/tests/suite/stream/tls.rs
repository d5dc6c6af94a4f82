//! Streams over TLS.

use std::process::Command;
use std::sync::LazyLock;

use brocomm::lowlevel::connection::ConnectionConfig;
use brocomm::node::{NodeConfig, Options, PeerConfig};
use brocomm::tls::TlsConfig;

use crate::suite::certificates::Authority;

/// The environment variable with the certificates for a child process.
const CERTIFICATES: &str = "BROCOMM_TEST_CERTIFICATES";

/// Separates the authority's certificate from the node's certificate and key.
const BETWEEN: &str = "=====";

/// One authority and one certificate for this process and its children.
static PEM: LazyLock<String> = LazyLock::new(|| {
    std::env::var(CERTIFICATES).unwrap_or_else(|_| {
        let (authority, own) = Authority::new().pem();
        authority + BETWEEN + &own
    })
});

static TLS: LazyLock<TlsConfig> = LazyLock::new(|| {
    let (authority, own) = PEM.split_once(BETWEEN).unwrap();
    TlsConfig::from_pem(authority.as_bytes(), own.as_bytes(), None).unwrap()
});

/// Returns the configuration of a node.
pub(super) fn node(configuration: NodeConfig) -> NodeConfig {
    let NodeConfig { options, nodes, declarations } = configuration;
    let options = Options { listen_ssl: options.listen, tls: Some(TLS.clone()), ..options };
    let nodes =
        nodes.into_iter().map(|(name, node)| (name, PeerConfig { ssl: true, ..node })).collect();
    NodeConfig { options, nodes, declarations }
}

/// Returns the configuration of a single connection.
pub(super) fn peer(config: ConnectionConfig) -> ConnectionConfig {
    ConnectionConfig { tls: Some(TLS.clone()), ..config }
}

/// Gives a child process the same certificates.
pub(super) fn invite(process: &mut Command) {
    process.env(CERTIFICATES, &*PEM);
}
