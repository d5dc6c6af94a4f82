//! TLS for `wss`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::url::Url;

/// The files that TLS needs. They are PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(crate) struct Files {
    /// The authorities that the server's certificate may come from (PEM), for wss://.
    #[arg(long = "tls-ca", help_heading = "TLS", value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    /// Our certificate (PEM), if the server asks for one.
    #[arg(long = "tls-cert", help_heading = "TLS", value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,

    /// Its private key (PEM).
    #[arg(long = "tls-key", help_heading = "TLS", value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
}

/// What makes a TLS connection, with the name that the certificate must be for.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) connector: TlsConnector,
    pub(crate) name: ServerName<'static>,
}

impl Files {
    /// Returns what makes connections to this server; nothing, if it doesn't use TLS.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the files, or which one is missing.
    pub(crate) fn connector(&self, url: &Url) -> Result<Option<Connector>, String> {
        if !url.secure {
            return match [&self.ca, &self.cert, &self.key].iter().any(|file| file.is_some()) {
                true => Err(format!("{url}: files for TLS need a wss:// address")),
                false => Ok(None),
            };
        }
        let ca = self.ca.as_deref().ok_or_else(|| {
            format!(
                "{url}: wss:// needs the authorities that the server's certificate may come from"
            )
        })?;
        let mut roots = RootCertStore::empty();
        for certificate in certificates(ca)? {
            roots.add(certificate).map_err(|error| format!("{}: {error}", ca.display()))?;
        }
        let builder = ClientConfig::builder().with_root_certificates(roots);
        let config = match (&self.cert, &self.key) {
            (Some(cert), Some(file)) => builder
                .with_client_auth_cert(certificates(cert)?, key(file)?)
                .map_err(|error| format!("{}: {error}", cert.display()))?,
            (None, None) => builder.with_no_client_auth(),
            _ => {
                return Err(format!(
                    "{url}: a certificate needs its key, and a key its certificate"
                ));
            }
        };
        let name = ServerName::try_from(url.host().to_owned())
            .map_err(|_| format!("{url}: no certificate can be for `{}`", url.host()))?;
        Ok(Some(Connector { connector: Arc::new(config).into(), name }))
    }

    /// Returns what accepts TLS connections.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the files.
    pub(crate) fn acceptor(cert: &Path, file: &Path) -> Result<TlsAcceptor, String> {
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(certificates(cert)?, key(file)?)
            .map_err(|error| format!("{}: {error}", cert.display()))?;
        Ok(Arc::new(config).into())
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |error| format!("{}: cannot read certificates: {error}", file.display());
    let all = CertificateDer::pem_file_iter(file).map_err(wrong)?;
    let all: Vec<_> = all.collect::<Result<_, _>>().map_err(wrong)?;
    if all.is_empty() { Err(format!("{}: no certificate in it", file.display())) } else { Ok(all) }
}

fn key(file: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_file(file)
        .map_err(|error| format!("{}: cannot read a private key: {error}", file.display()))
}
