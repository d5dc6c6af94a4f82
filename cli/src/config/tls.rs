//! The TLS files.

use std::path::Path;

use brocomm::lowlevel::tls::Pem;
use brocomm::node::NodeConfig;
use brocomm::tls::{TlsConfig, TlsConfigError};

use super::load::Problem;
use crate::failure::reason;
use crate::file;

/// The names of the PEM files and the passphrase, named after Bro's options. Does not implement
/// `Debug`, since a passphrase must not be logged.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct TlsFiles {
    /// The file with the CA certificates.
    pub(super) ssl_ca_certificate: Option<String>,
    /// The file with the node's certificate chain and private key.
    pub(super) ssl_private_key: Option<String>,
    /// The passphrase of the private key.
    pub(super) ssl_passphrase: Option<String>,
}

/// Returns the first key in a configuration that enables TLS.
pub(super) fn needs_tls(configuration: &NodeConfig) -> Option<String> {
    if configuration.options.listen_ssl {
        return Some("listen_ssl".to_owned());
    }
    let (name, _) = configuration.nodes.iter().find(|(_, node)| node.ssl)?;
    Some(format!("nodes.{name}.ssl"))
}

impl TlsFiles {
    /// Resolves relative names in this folder.
    pub(super) fn within(mut self, folder: &Path) -> TlsFiles {
        for file in [&mut self.ssl_ca_certificate, &mut self.ssl_private_key] {
            if let Some(name) = file.as_mut().filter(|name| !name.is_empty()) {
                *name = folder.join(&*name).to_string_lossy().into_owned();
            }
        }
        self
    }

    /// Returns the errors in the names, by key. `needed_by` is the key that enables TLS.
    pub(super) fn check(&self, needed_by: Option<&str>) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut problem = |key: &str, what: String| problems.push((key.to_owned(), what));
        for (key, name) in [
            ("ssl_ca_certificate", &self.ssl_ca_certificate),
            ("ssl_private_key", &self.ssl_private_key),
        ] {
            match (name.as_deref(), needed_by) {
                (None, Some(needed_by)) => problem(
                    key,
                    format!("{key} is not set, but `{needed_by}` requires TLS; name a file in PEM"),
                ),
                (Some(""), _) => {
                    problem(key, format!("{key} = \"\": a file name cannot be empty"));
                }
                _ => {}
            }
        }
        if self.ssl_passphrase.is_some() && self.ssl_private_key.is_none() {
            let what = "ssl_passphrase = …: there is no key to decrypt; set `ssl_private_key`, or \
                        remove this key";
            problem("ssl_passphrase", what.to_owned());
        }
        problems
    }

    /// Reads the files that a configuration names.
    pub(super) fn read(&self, path: &Path, text: &str) -> Result<TlsConfig, Vec<Problem>> {
        let ca = self.ssl_ca_certificate.as_deref().unwrap_or_default();
        let own = self.ssl_private_key.as_deref().unwrap_or_default();
        let problem = |key: &str, what: String| Problem {
            file: path.to_owned(),
            place: place(text, key),
            what,
        };
        let mut problems = Vec::new();
        let mut pem = |key: &str, name: &str| {
            file::read(Path::new(name)).unwrap_or_else(|error| {
                let what = format!(
                    "{key} = {name:?}: cannot be read: {}; name a file in PEM",
                    reason(&error)
                );
                problems.push(problem(key, what));
                Vec::new()
            })
        };
        let (ca_pem, own_pem) = (pem("ssl_ca_certificate", ca), pem("ssl_private_key", own));
        if !problems.is_empty() {
            return Err(problems);
        }
        TlsConfig::from_pem(&ca_pem, &own_pem, self.ssl_passphrase.as_deref()).map_err(|error| {
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
}

/// Returns the line and column of a key of the root table.
fn place(text: &str, key: &str) -> Option<(usize, usize)> {
    let is_it = |line: &str| {
        let rest = line.trim_start().strip_prefix(key);
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let line = text.lines().position(is_it)?;
    Some((line.saturating_add(1), 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_checked() {
        let named = |ca: Option<&str>, own: Option<&str>, passphrase: Option<&str>| {
            let [ssl_ca_certificate, ssl_private_key, ssl_passphrase] =
                [ca, own, passphrase].map(|name| name.map(str::to_owned));
            TlsFiles { ssl_ca_certificate, ssl_private_key, ssl_passphrase }
        };
        let keys = |files: TlsFiles, needed_by: Option<&str>| -> Vec<String> {
            files.check(needed_by).into_iter().map(|(key, _)| key).collect()
        };
        let both = ["ssl_ca_certificate", "ssl_private_key"];
        assert_eq!(keys(named(None, None, None), Some("listen_ssl")), both);
        assert_eq!(keys(named(None, None, None), None), [""; 0]);
        assert_eq!(keys(named(Some("ca"), None, None), Some("nodes.b.ssl")), both[1..]);
        assert_eq!(keys(named(Some("ca"), Some(""), None), None), both[1..]);
        let secret = named(None, None, Some("secret")).check(None);
        let [(key, what)] = &secret[..] else { panic!("{secret:?}") };
        assert!(key == "ssl_passphrase" && !what.contains("secret"), "{what}");
    }
}
