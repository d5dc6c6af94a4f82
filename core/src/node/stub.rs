//! Stand-ins.
use super::*;
use std::net::IpAddr;
/// X.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("x")]
pub struct OptionsError;
/// X.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenTarget {
    /// X.
    pub endpoint: Endpoint,
    /// X.
    pub v6only: bool,
    /// X.
    pub ssl: bool,
}
/// X.
pub fn listen_targets(options: &Options) -> Vec<ListenTarget> {
    let endpoint = Endpoint::new(options.listen_interface, options.listen_port);
    let v6only = matches!(endpoint.host, IpAddr::V6(_));
    vec![ListenTarget { endpoint, v6only, ssl: options.listen_ssl }]
}
impl Configuration {
    /// X.
    ///
    /// # Errors
    /// X.
    pub fn validate(&self) -> Result<(), Vec<OptionsError>> {
        Ok(())
    }
}
