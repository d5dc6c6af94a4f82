//! The metrics of a running node, for Prometheus.

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
use crate::spool::numbers::SpoolNumbers;
use crate::zeek::counts::Counts;
use numbers::Numbers;
pub(super) use tally::Tally;

/// The prefix of all names.
const PREFIX: &str = "brocomm";

/// The listening socket for metrics.
pub(super) struct Metrics {
    listener: TcpListener,
    address: SocketAddr,
}

impl Metrics {
    /// Binds an address. With port 0 the system chooses a port.
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

    /// Starts serving the metrics of a node, in the current runtime.
    pub(super) fn serve(
        self,
        node: &Node,
        tally: &Tally,
        zeek: Option<&Counts>,
        spool: Option<&SpoolNumbers>,
    ) -> Result<(), Failure> {
        let listener = tokio::net::TcpListener::from_std(self.listener).map_err(|error| {
            failed(format_args!("--metrics {}: {}", self.address, reason(&error)))
        })?;
        tracing::info!(
            address = self.address.to_string(),
            "metrics are at http://{}/metrics",
            self.address
        );
        tokio::spawn(server::serve(listener, Arc::new(registry(node, tally, zeek, spool))));
        Ok(())
    }
}

/// Creates the registry of all metrics.
fn registry(
    node: &Node,
    tally: &Tally,
    zeek: Option<&Counts>,
    spool: Option<&SpoolNumbers>,
) -> Registry {
    let mut registry = Registry::with_prefix(PREFIX);
    let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("build", "The version of brocomm", version);
    tally.register(&mut registry);
    zeek.into_iter().for_each(|counts| counts.register(&mut registry));
    spool.into_iter().for_each(|numbers| numbers.register(&mut registry));
    registry.register_collector(Box::new(Numbers::new(node.clone(), tally.clone())));
    registry
}
