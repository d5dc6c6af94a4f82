//! TLS, as the command line asks for it.

use std::fs;
use std::path::{Path, PathBuf};

use brocomm::lowlevel::tls::{CertificateProblem, TlsError};
use brocomm::tls::{TlsConfig, TlsConfigError};

use crate::failure::{Failure, misused, reason};

/// The files that TLS needs; without them there is none.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Tls {
    /// Use TLS, and accept peers whose certificate comes from an authority in this file (PEM), as
    /// Bro's `ssl_ca_certificate`.
    #[arg(long, help_heading = "TLS", value_name = "FILE", requires = "tls_cert")]
    tls_ca: Option<PathBuf>,

    /// Our certificate, those between it and the authority, and its private key, in one file (PEM),
    /// as Bro's `ssl_private_key`.
    #[arg(long, help_heading = "TLS", value_name = "FILE", requires = "tls_ca")]
    tls_cert: Option<PathBuf>,

    /// The passphrase of the private key is the first line of this file.
    #[arg(long, help_heading = "TLS", value_name = "FILE", requires = "tls_cert")]
    tls_passphrase_file: Option<PathBuf>,

    /// Accept only a peer whose certificate is for this host name or address. As with Bro, none is
    /// checked otherwise.
    #[arg(long, help_heading = "TLS", value_name = "NAME", requires = "tls_cert")]
    tls_name: Option<String>,
}

impl Tls {
    /// Reads the files, if there are any.
    pub(crate) fn read(&self) -> Result<Option<TlsConfig>, Failure> {
        let (Some(ca), Some(cert)) = (&self.tls_ca, &self.tls_cert) else { return Ok(None) };
        let authorities = file("--tls-ca", ca)?;
        let own = file("--tls-cert", cert)?;
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

fn file(option: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| {
        misused(format_args!("{option} {}: cannot be read: {}", path.display(), reason(&error)))
    })
}

fn first_line(option: &str, path: &Path) -> Result<String, Failure> {
    let bytes = file(option, path)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| misused(format_args!("{option} {}: not UTF-8", path.display())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Says what is wrong with the options' own names.
fn named(error: &TlsConfigError) -> String {
    error
        .to_string()
        .replace("`ssl_ca_certificate`", "--tls-ca")
        .replace("`ssl_private_key`", "--tls-cert")
        .replace("`ssl_passphrase`", "--tls-passphrase-file")
}

/// Returns what to do about an error of TLS, if that is known.
pub(crate) fn advice(error: &TlsError) -> &'static str {
    match error {
        TlsError::ClearText { .. } | TlsError::TimedOut { .. } => {
            "; without --tls-ca it is asked in clear text"
        }
        TlsError::ClosedInHandshake | TlsError::Refused { .. } => {
            "; does it accept our certificate (--tls-cert), and has it one itself?"
        }
        TlsError::Certificate(CertificateProblem::UnknownIssuer) => {
            "; that is --tls-ca, which does not have who issued it"
        }
        TlsError::Certificate(
            CertificateProblem::Expired { .. } | CertificateProblem::NotYetValid { .. },
        ) => "; reissue it, or set the clock",
        _ => "",
    }
}
