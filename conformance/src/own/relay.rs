//! A TLS relay between brocomm's own node and the suite, which handles plain bytes only (§1.3).
//!
//! The suite's end uses rustls directly, not through the core.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use brocomm::tls::TlsConfig;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::suite::Role;

/// The name in all certificates. The node does not check it.
const NAME: &str = "conformance";

/// A CA for the node and the suite, generated each time.
pub(super) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(super) fn new() -> io::Result<Authority> {
        let mut params = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "conformance authority");
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)?;
        Ok(Authority { issuer })
    }

    /// Returns the TLS configuration of the node.
    pub(super) fn node(&self) -> io::Result<TlsConfig> {
        let (certificate, key) = self.certify()?;
        let own = certificate.pem() + &key.serialize_pem();
        let ca = self.issuer.pem();
        TlsConfig::from_pem(ca.as_bytes(), own.as_bytes(), None).map_err(io::Error::other)
    }

    fn certify(&self) -> io::Result<(rcgen::Certificate, KeyPair)> {
        let params = CertificateParams::new([NAME.to_owned()]).map_err(io::Error::other)?;
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        Ok((certificate, key))
    }

    fn own(&self) -> io::Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
        let (certificate, key) = self.certify()?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(io::Error::other)?;
        Ok((vec![certificate.der().clone()], key))
    }

    fn roots(&self) -> io::Result<Arc<RootCertStore>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).map_err(io::Error::other)?;
        Ok(Arc::new(roots))
    }

    fn connector(&self) -> io::Result<TlsConnector> {
        let (chain, key) = self.own()?;
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(self.roots()?)
            .with_client_auth_cert(chain, key)
            .map_err(io::Error::other)?;
        Ok(TlsConnector::from(Arc::new(config)))
    }

    fn acceptor(&self) -> io::Result<TlsAcceptor> {
        let provider = Arc::new(default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(self.roots()?, Arc::clone(&provider))
                .build()
                .map_err(io::Error::other)?;
        let (chain, key) = self.own()?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(io::Error::other)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Relays connections with TLS on one side, until dropped.
#[derive(Debug)]
pub(super) struct Relay {
    address: SocketAddr,
    _runtime: Runtime,
}

/// The side with TLS.
#[derive(Clone)]
enum TlsSide {
    Onward(TlsConnector),
    Inward(TlsAcceptor),
}

impl Relay {
    /// Accepts connections and relays each one to `to`. TLS is on the side of the node, which has
    /// this role.
    pub(super) fn start(authority: &Authority, role: Role, to: SocketAddr) -> io::Result<Relay> {
        let side = match role {
            Role::Listens => TlsSide::Onward(authority.connector()?),
            Role::Connects => TlsSide::Inward(authority.acceptor()?),
        };
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A failed connection is closed on both sides; nothing else is reported.
                tokio::spawn(pass_on(stream, side.clone(), to));
            }
        });
        Ok(Relay { address, _runtime: runtime })
    }

    /// Returns the address on which the relay listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn pass_on(stream: TcpStream, side: TlsSide, to: SocketAddr) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match side {
        TlsSide::Onward(connector) => {
            let onward = connect(to).await?;
            let mut plain = stream;
            let mut tls = connector
                .connect(ServerName::try_from(NAME).map_err(io::Error::other)?, onward)
                .await?;
            copy_bidirectional(&mut plain, &mut tls).await?;
        }
        TlsSide::Inward(acceptor) => {
            let mut tls = acceptor.accept(stream).await?;
            let mut plain = connect(to).await?;
            copy_bidirectional(&mut plain, &mut tls).await?;
        }
    }
    Ok(())
}

async fn connect(to: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
