//! TLS for `wss://`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fmt, io};

use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::trust::Trust;
use super::url::Url;

/// The files in which systems keep their trusted CAs.
const SYSTEM: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The files for TLS, in PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(crate) struct Files {
    /// The CAs that may sign the server's certificate (PEM), for wss://. The default is those that
    /// the system trusts, or those in the file that SSL_CERT_FILE names.
    #[arg(long = "tls-ca", help_heading = "TLS", value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    /// Our certificate (PEM), if the server asks for one.
    #[arg(long = "tls-cert", help_heading = "TLS", value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,

    /// Its private key (PEM). The default is the file of the certificate.
    #[arg(long = "tls-key", help_heading = "TLS", value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,

    /// The host name or address that the server's certificate must be for, if that is not the one
    /// in the URL.
    #[arg(long = "tls-name", help_heading = "TLS", value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// A connector for TLS, with the name that the certificate must be for.
#[derive(Clone)]
pub(crate) struct Connector {
    connector: TlsConnector,
    name: ServerName<'static>,
}

/// The negotiated TLS parameters.
#[derive(Debug)]
pub(crate) struct Secured {
    pub(crate) version: String,
    pub(crate) cipher_suite: String,
    /// The server's certificate, in DER.
    pub(crate) certificate: Vec<u8>,
}

impl Connector {
    /// Runs the TLS handshake on a connection.
    ///
    /// # Errors
    ///
    /// The reason for the failure, and what to do.
    pub(crate) async fn connect(
        &self,
        tcp: TcpStream,
    ) -> Result<(TlsStream<TcpStream>, Secured), String> {
        let stream = self.connector.connect(self.name.clone(), tcp).await;
        let stream = stream.map_err(|error| format!("TLS: {error}{}", self.advice(&error)))?;
        let (_, tls) = stream.get_ref();
        let suite = tls.negotiated_cipher_suite().map(|suite| suite.suite());
        let certificate = tls.peer_certificates().and_then(|all| all.first());
        let secured = Secured {
            version: tls
                .protocol_version()
                .and_then(|version| version.as_str())
                .unwrap_or("?")
                .to_owned(),
            cipher_suite: suite.and_then(|suite| suite.as_str()).unwrap_or("?").to_owned(),
            certificate: certificate.map(|der| der.to_vec()).unwrap_or_default(),
        };
        Ok((stream, secured))
    }

    fn advice(&self, error: &io::Error) -> String {
        let error = error.get_ref().and_then(|error| error.downcast_ref::<Error>());
        match error {
            Some(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                "; name the CA that signed its certificate, or its self-signed certificate: \
                 --tls-ca FILE, or `ca` in a configuration"
                    .to_owned()
            }
            Some(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => format!(
                "; its certificate is not for `{}`; give the certificate's name with --tls-name \
                 NAME, or `name` in a configuration",
                self.name.to_str()
            ),
            Some(Error::InvalidMessage(_)) => "; does it expect clear text (ws://)?".to_owned(),
            _ => String::new(),
        }
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Files {
    /// Returns the connector for this server, or `None` if it does not use TLS.
    ///
    /// # Errors
    ///
    /// A file is invalid or missing.
    pub(crate) fn connector(&self, url: &Url) -> Result<Option<Connector>, String> {
        let files = [&self.ca, &self.cert, &self.key];
        if !url.secure {
            return match files.iter().any(|file| file.is_some()) || self.name.is_some() {
                true => Err(format!("{url}: options for TLS need a wss:// address")),
                false => Ok(None),
            };
        }
        let builder = ClientConfig::builder()
            .dangerous()
            .with_custom_certificate_verifier(Trust::verifier(self.trusted(url)?)?);
        let config = match (&self.cert, &self.key) {
            (Some(cert), file) => builder
                .with_client_auth_cert(certificates(cert)?, key(file.as_ref().unwrap_or(cert))?)
                .map_err(|error| format!("{}: {error}", cert.display()))?,
            (None, None) => builder.with_no_client_auth(),
            (None, Some(_)) => return Err(format!("{url}: a key needs a certificate")),
        };
        let name = self.name.as_deref().unwrap_or(url.host());
        let server = ServerName::try_from(name.to_owned())
            .map_err(|_| format!("{url}: `{name}` is not a valid name for a certificate"))?;
        Ok(Some(Connector { connector: Arc::new(config).into(), name: server }))
    }

    /// Reads the trusted certificates: those in the given file, or the system's.
    fn trusted(&self, url: &Url) -> Result<Vec<CertificateDer<'static>>, String> {
        let named = || env::var_os("SSL_CERT_FILE").map(PathBuf::from);
        let system = || SYSTEM.iter().map(PathBuf::from).find(|file| file.is_file());
        match self.ca.clone().or_else(named).or_else(system) {
            Some(file) => certificates(&file),
            None => Err(format!(
                "{url}: wss:// needs the CAs that may sign the server's certificate, and the \
                 system has none: name a file"
            )),
        }
    }

    /// Returns the acceptor for TLS connections.
    ///
    /// # Errors
    ///
    /// A file is invalid.
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
    if all.is_empty() { Err(format!("{}: no certificate found", file.display())) } else { Ok(all) }
}

fn key(file: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_file(file)
        .map_err(|error| format!("{}: cannot read a private key: {error}", file.display()))
}
