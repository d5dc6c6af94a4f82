//! Validation of configurations.

mod entries;
mod error;
mod options;
#[cfg(test)]
mod tests;
mod warning;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

pub use error::NodeConfigError;
pub(super) use error::NodeConfigErrorKind;
pub use warning::ConfigurationWarning;

use super::{Bound, NodeConfig};
use crate::ConfigErrors;

impl NodeConfig {
    /// Checks the configuration.
    ///
    /// ```
    /// use brocomm::node::{NodeConfig, PeerConfig, Options};
    ///
    /// let configuration = NodeConfig {
    ///     options: Options { compression_level: 10, ..Options::default() },
    ///     nodes: vec![("a".into(), PeerConfig { auth: true, ..PeerConfig::new([192, 0, 2, 1].into()) })],
    ///     ..NodeConfig::default()
    /// };
    /// let errors: Vec<String> =
    ///     configuration.validate().unwrap_err().iter().map(ToString::to_string).collect();
    /// assert_eq!(errors, [
    ///     "compression_level = 10: must be 0 (none) to 9 (best)",
    ///     "nodes.a.auth = true: no effect without `sync`; set it, or remove this",
    /// ]);
    /// ```
    ///
    /// # Errors
    ///
    /// Returns all errors, in the order of the fields.
    pub fn validate(&self) -> Result<(), ConfigErrors<NodeConfigError>> {
        let mut errors = Found::default();
        options::check(self, &mut errors);
        entries::check(self, &mut errors);
        if let Err((name, tag)) = self.declarations.check() {
            errors.add("declarations", name, NodeConfigErrorKind::IndexType(tag));
        }
        ConfigErrors::none_in(errors.0)
    }
}

/// The errors found so far.
#[derive(Default)]
struct Found(Vec<NodeConfigError>);

impl Found {
    fn add(&mut self, key: impl Into<String>, value: impl fmt::Display, kind: NodeConfigErrorKind) {
        self.0.push(NodeConfigError { key: key.into(), value: Some(value.to_string()), kind });
    }

    fn unset(&mut self, key: impl Into<String>, kind: NodeConfigErrorKind) {
        self.0.push(NodeConfigError { key: key.into(), value: None, kind });
    }

    fn no_nul(&mut self, key: impl Into<String>, text: &[u8]) {
        if let Some(at) = text.iter().position(|byte| *byte == 0) {
            self.add(key, quoted(text), NodeConfigErrorKind::ContainsNul { at });
        }
    }

    fn bound(&mut self, key: &str, bound: Bound) {
        for (part, value) in [("events", bound.events), ("bytes", bound.bytes)] {
            if value == 0 {
                self.add(format!("{key}.{part}"), value, NodeConfigErrorKind::ZeroBound);
            }
        }
    }

    fn zone(&mut self, key: impl Into<String>, zone: Option<&str>, address: IpAddr) {
        match zone {
            None if is_link_local(address) => {
                self.unset(key, NodeConfigErrorKind::ZoneMissing { address });
            }
            None => {}
            Some(zone) if !has_zones(address) => {
                self.add(
                    key,
                    quoted(zone.as_bytes()),
                    NodeConfigErrorKind::ZoneWithoutNeed { address },
                );
            }
            Some(zone) => {
                let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '%' | '/');
                if zone.is_empty() || zone.contains(odd) {
                    self.add(key, quoted(zone.as_bytes()), NodeConfigErrorKind::ZoneMalformed);
                }
            }
        }
    }
}

/// Returns whether an address requires a zone, which those in fe80::/10 do.
fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local())
}

/// Returns whether an address may have a zone, including the deprecated site-local ones, fec0::/10.
fn has_zones(address: IpAddr) -> bool {
    let is_site_local = |v6: Ipv6Addr| v6.segments().first().is_some_and(|s| s & 0xFFC0 == 0xFEC0);
    is_link_local(address) || matches!(address, IpAddr::V6(v6) if is_site_local(v6))
}

/// Quotes a text.
fn quoted(text: &[u8]) -> String {
    format!("\"{}\"", text.escape_ascii())
}

/// Formats a time as in Bro.
fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds == 1.0 { "1 sec".to_owned() } else { format!("{seconds} secs") }
}
