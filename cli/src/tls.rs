//! TLS options of the command line.

use std::path::{Path, PathBuf};

use brocomm::lowlevel::tls::{CertificateProblem, TlsError};
use brocomm::tls::{TlsConfig, TlsConfigError};

use crate::failure::{Failure, misused, reason};
use crate::file;
use crate::zeek::tls::Files;

/// The TLS files. Without them, TLS is disabled.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Tls {
    /// Use TLS, and accept peers with a certificate signed by a CA in this file (PEM), as Bro's
    /// `ssl_ca_certificate`.
    #[arg(long, help_heading = "TLS", value_name = "FILE")]
    tls_ca: Option<PathBuf>,

    /// A file (PEM) with our certificate, intermediate certificates and the private key, as Bro's
    /// `ssl_private_key`. Peers always ask for it, the server of a Zeek rarely.
    #[arg(long, help_heading = "TLS", value_name = "FILE")]
    tls_cert: Option<PathBuf>,

    /// A file (PEM) with the private key, if it is not in that of the certificate.
    #[arg(long, help_heading = "TLS", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// A file with the passphrase of the private key in the first line.
    #[arg(long, help_heading = "TLS", value_name = "FILE", requires = "tls_cert")]
    tls_passphrase_file: Option<PathBuf>,

    /// Accept only a peer with a certificate for this host name or address. By default, names are
    /// not checked, as in Bro.
    #[arg(long, help_heading = "TLS", value_name = "NAME")]
    tls_name: Option<String>,
}

impl Tls {
    /// Returns the files for a WebSocket connection.
    pub(crate) fn files(&self) -> Result<Files, Failure> {
        if self.tls_passphrase_file.is_some() {
            return Err(misused(format_args!(
                "--tls-passphrase-file: for a wss:// address, the private key must not be encrypted"
            )));
        }
        let (ca, cert) = (self.tls_ca.clone(), self.tls_cert.clone());
        Ok(Files { ca, cert, key: self.tls_key.clone(), name: self.tls_name.clone() })
    }

    /// Reads the files, if there are any.
    pub(crate) fn read(&self) -> Result<Option<TlsConfig>, Failure> {
        let (ca, cert) = match (&self.tls_ca, &self.tls_cert) {
            (Some(ca), Some(cert)) => (ca, cert),
            (None, None) if self.tls_name.is_none() => return Ok(None),
            (ca, _) => {
                let missing = if ca.is_none() { "--tls-ca" } else { "--tls-cert" };
                return Err(misused(format_args!(
                    "{missing} FILE is missing: both peers present a certificate, so TLS needs \
                     --tls-ca and --tls-cert"
                )));
            }
        };
        let authorities = pem("--tls-ca", ca)?;
        let mut own = pem("--tls-cert", cert)?;
        if let Some(key) = &self.tls_key {
            own.push(b'\n');
            own.extend(pem("--tls-key", key)?);
        }
        let passphrase = match &self.tls_passphrase_file {
            None => None,
            Some(path) => Some(first_line("--tls-passphrase-file", path)?),
        };
        let wrong = |error: TlsConfigError| misused(format_args!("{}", named(&error)));
        let tls = TlsConfig::from_pem(&authorities, &own, passphrase.as_deref()).map_err(wrong)?;
        match &self.tls_name {
            None => Ok(Some(tls)),
            Some(name) => tls.expect_name(name).map(Some).map_err(wrong),
        }
    }
}

fn pem(option: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    file::read(path).map_err(|error| {
        misused(format_args!("{option} {}: cannot be read: {}", path.display(), reason(&error)))
    })
}

fn first_line(option: &str, path: &Path) -> Result<String, Failure> {
    let bytes = pem(option, path)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| misused(format_args!("{option} {}: not UTF-8", path.display())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Formats an error with the names of the options.
fn named(error: &TlsConfigError) -> String {
    error
        .to_string()
        .replace("`ssl_ca_certificate`", "--tls-ca")
        .replace("`ssl_private_key`", "--tls-cert")
        .replace("`ssl_passphrase`", "--tls-passphrase-file")
}

/// Returns a hint for a TLS error, if known.
pub(crate) fn advice(error: &TlsError) -> &'static str {
    match error {
        TlsError::ClearText { .. } | TlsError::TimedOut { .. } => {
            "; without --tls-ca, the connection is not encrypted"
        }
        TlsError::ClosedInHandshake | TlsError::Lost { .. } => {
            "; does it use TLS, accept our certificate (--tls-cert), and have one itself?"
        }
        TlsError::Refused { .. } => {
            "; does it accept our certificate (--tls-cert), and does it have one itself?"
        }
        TlsError::Certificate(CertificateProblem::UnknownIssuer) => {
            "; its issuer is not in --tls-ca"
        }
        TlsError::Certificate(
            CertificateProblem::Expired { .. } | CertificateProblem::NotYetValid { .. },
        ) => "; reissue it, or set the clock",
        _ => "",
    }
}
