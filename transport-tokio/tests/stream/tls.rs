//! Streams over TLS, to run a suite over.
#![allow(dead_code, reason = "not every suite needs all of it")]

use std::process::Command;
use std::sync::LazyLock;

use brocomm::connection::Config;
use brocomm::node::{Configuration, Node, Options};
use brocomm::tls::TlsConfig;

#[path = "../secured/certificates.rs"]
mod certificates;

/// Has the certificates in a process that another test has started.
const CERTIFICATES: &str = "BROCOMM_TEST_CERTIFICATES";

/// What parts the authority's certificate from what is ours.
const BETWEEN: &str = "=====";

/// One authority for the whole process and those that it starts, and one certificate for all.
static PEM: LazyLock<String> = LazyLock::new(|| {
    std::env::var(CERTIFICATES).unwrap_or_else(|_| {
        let (authority, own) = certificates::Authority::new().pem();
        authority + BETWEEN + &own
    })
});

static TLS: LazyLock<TlsConfig> = LazyLock::new(|| {
    let (authority, own) = PEM.split_once(BETWEEN).unwrap();
    TlsConfig::from_pem(authority.as_bytes(), own.as_bytes(), None).unwrap()
});

/// Whether there is nothing between the socket and the protocol.
pub(crate) const CLEAR: bool = false;

/// How a record begins that is as long as one can be, with a message of the handshake (RFC 5246,
/// section 6.2.1).
pub(crate) const LONG_MESSAGE: &[u8] = &[22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3];

/// Returns the configuration of a node.
pub(crate) fn node(configuration: Configuration) -> Configuration {
    let Configuration { options, nodes, declarations } = configuration;
    let options = Options { listen_ssl: options.listen, tls: Some(TLS.clone()), ..options };
    let nodes = nodes.into_iter().map(|(name, node)| (name, Node { ssl: true, ..node })).collect();
    Configuration { options, nodes, declarations }
}

/// Returns the configuration of a single connection.
pub(crate) fn peer(config: Config) -> Config {
    Config { tls: Some(TLS.clone()), ..config }
}

/// Makes another process one whose streams fit.
pub(crate) fn invite(process: &mut Command) {
    process.env(CERTIFICATES, &*PEM);
}
