//! The numbers of a running node, for Prometheus.

mod format;
mod numbers;
mod server;
mod tally;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use brocomm_tokio::Node;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::address;
use crate::failure::{Failure, failed, reason};
use crate::zeek::counts::Counts;
use numbers::Numbers;
pub(super) use tally::Tally;

/// What all names begin with.
const PREFIX: &str = "brocomm";

/// Holds the address at which the numbers are to be served.
pub(super) struct Metrics {
    listener: TcpListener,
    address: SocketAddr,
}

impl Metrics {
    /// Takes an address, of which a port of 0 lets the system choose one.
    pub(super) fn bind(address: &str) -> Result<Metrics, Failure> {
        let bound = || {
            let listener = TcpListener::bind(&*address::resolve(&address)?)?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok(Metrics { listener, address })
        };
        bound().map_err(|error: std::io::Error| {
            failed(format_args!("--metrics {address}: cannot listen: {}", reason(&error)))
        })
    }

    /// Serves the numbers of a node from now on, within a runtime, until that ends.
    pub(super) fn serve(
        self,
        node: &Node,
        tally: &Tally,
        zeek: Option<&Counts>,
    ) -> Result<(), Failure> {
        let listener = tokio::net::TcpListener::from_std(self.listener).map_err(|error| {
            failed(format_args!("--metrics {}: {}", self.address, reason(&error)))
        })?;
        tracing::info!(
            address = self.address.to_string(),
            "metrics are at http://{}/metrics",
            self.address
        );
        tokio::spawn(server::serve(listener, Arc::new(registry(node, tally, zeek))));
        Ok(())
    }
}

/// Puts together all that is served.
fn registry(node: &Node, tally: &Tally, zeek: Option<&Counts>) -> Registry {
    let mut registry = Registry::with_prefix(PREFIX);
    let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("build", "Which brocomm this is", version);
    tally.register(&mut registry);
    zeek.into_iter().for_each(|counts| counts.register(&mut registry));
    registry.register_collector(Box::new(Numbers::new(node.clone(), tally.clone())));
    registry
}
