//! The files that TLS needs.

use std::fs;
use std::path::Path;

use brocomm::node::{Configuration, Passphrase};
use brocomm::tls::{Pem, TlsConfig, TlsConfigError};

use super::load::Problem;
use crate::failure::reason;

/// Reads the files that a configuration names, if anything in it asks for TLS.
pub(super) fn load(
    path: &Path,
    text: &str,
    configuration: &Configuration,
) -> Result<Option<TlsConfig>, Vec<Problem>> {
    let options = &configuration.options;
    let wanted = options.listen_ssl || configuration.nodes.iter().any(|(_, node)| node.ssl);
    let (Some(ca), Some(own), true) =
        (&options.ssl_ca_certificate, &options.ssl_private_key, wanted)
    else {
        return Ok(None);
    };
    let problem =
        |key: &str, what: String| Problem { file: path.to_owned(), place: place(text, key), what };
    let mut problems = Vec::new();
    let mut file = |key: &str, name: &str| {
        fs::read(name).unwrap_or_else(|error| {
            let what =
                format!("{key} = {name:?}: cannot be read: {}; name a file in PEM", reason(&error));
            problems.push(problem(key, what));
            Vec::new()
        })
    };
    let (ca_pem, own_pem) = (file("ssl_ca_certificate", ca), file("ssl_private_key", own));
    if !problems.is_empty() {
        return Err(problems);
    }
    let passphrase = options.ssl_passphrase.as_ref().map(Passphrase::as_str);
    TlsConfig::from_pem(&ca_pem, &own_pem, passphrase).map(Some).map_err(|error| {
        let (key, name) = match &error {
            TlsConfigError::Malformed { pem: Pem::CaCertificate, .. }
            | TlsConfigError::NoCertificate(Pem::CaCertificate)
            | TlsConfigError::Certificate { pem: Pem::CaCertificate, .. } => {
                ("ssl_ca_certificate", ca)
            }
            TlsConfigError::WrongPassphrase => ("ssl_passphrase", own),
            _ => ("ssl_private_key", own),
        };
        vec![problem(key, format!("{name}: {error}"))]
    })
}

/// Returns line and column of a key among the options.
fn place(text: &str, key: &str) -> Option<(usize, usize)> {
    let is_it = |line: &str| {
        let rest = line.trim_start().strip_prefix(key);
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let line = text.lines().position(is_it)?;
    Some((line.saturating_add(1), 1))
}
