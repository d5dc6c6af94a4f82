//! The server: lets clients of Zeek's WebSocket API communicate with the peers of a node.

mod client;
mod fault;
mod publisher;

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use brocomm::data::{Declarations, Name};
use brocomm::node::Notification;
use brocomm_tokio::{Node, Subscription};
use brocomm_zeek::mapping::{self, Mapping};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::counts::Counts;
use super::tls;
use crate::address;
use crate::failure::{Failure, failed, misused, reason, warn};
use fault::Fault;
use publisher::Publisher;

/// The name of the clients in counters.
const TARGET: &str = "clients";

/// The time limit for notifying clients when the node stops.
const LAST: Duration = Duration::from_secs(3);

/// Options for clients of Zeek's WebSocket API.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Serve clients of Zeek's WebSocket API at this address. With port 0 the system chooses a
    /// port. Events that clients publish are raised, and clients receive the events of peers. There
    /// is no access control.
    #[arg(long, help_heading = "Zeek", value_name = "ADDR:PORT", value_parser = address::parse_with_port)]
    zeek_websocket: Option<String>,

    /// Declarations of the clients' side: a Zeek script with types and events; may be repeated. The
    /// default is the declarations of the configuration.
    #[arg(long, help_heading = "Zeek", value_name = "FILE", requires = "zeek_websocket")]
    zeek_signatures: Vec<PathBuf>,

    /// The topic under which clients receive the events of peers.
    #[arg(
        long,
        help_heading = "Zeek",
        value_name = "TOPIC",
        requires = "zeek_websocket",
        default_value = "brocomm/from-bro/{peer}/{event}"
    )]
    zeek_topic: String,

    /// Our certificate (PEM), for wss://.
    #[arg(long, help_heading = "Zeek", value_name = "FILE", requires = "zeek_tls_key")]
    zeek_tls_cert: Option<PathBuf>,

    /// Its private key (PEM).
    #[arg(long, help_heading = "Zeek", value_name = "FILE", requires = "zeek_tls_cert")]
    zeek_tls_key: Option<PathBuf>,

    /// Simulate a fault, to test clients; may be repeated: late-ack=SECONDS, error-after=N,
    /// close-after=N:CODE, stop-after=N (stops reading), no-pong, raw (Zeek's own spelling, with
    /// bytes that are not UTF-8 in text frames).
    #[arg(long, help_heading = "Zeek", value_name = "FAULT", requires = "zeek_websocket")]
    zeek_fault: Vec<Fault>,
}

/// A server that listens and does not serve yet.
pub(crate) struct Serving {
    listener: TcpListener,
    address: String,
    declared: Declarations,
    topic: String,
    faults: Vec<Fault>,
    tls: Option<tokio_rustls::TlsAcceptor>,
}

/// A server that serves.
pub(crate) struct Served {
    publisher: Arc<Publisher>,
    events: JoinHandle<()>,
}

impl Options {
    /// Starts listening, if configured.
    pub(crate) fn bind(&self, declared: &Declarations) -> Result<Option<Serving>, Failure> {
        let Some(address) = &self.zeek_websocket else { return Ok(None) };
        let bound = || {
            let listener = TcpListener::bind(&*address::resolve(&address)?)?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?.to_string();
            Ok((listener, address))
        };
        let (listener, address) = bound().map_err(|error: std::io::Error| {
            failed(format_args!("--zeek-websocket {address}: cannot listen: {}", reason(&error)))
        })?;
        let declared = match self.zeek_signatures.is_empty() {
            true => declared.clone(),
            false => super::read_signatures(&self.zeek_signatures)?,
        };
        let tls = match (&self.zeek_tls_cert, &self.zeek_tls_key) {
            (Some(cert), Some(key)) => Some(
                tls::Files::acceptor(cert, key)
                    .map_err(|error| misused(format_args!("{error}")))?,
            ),
            _ => None,
        };
        let (topic, faults) = (self.zeek_topic.clone(), self.zeek_fault.clone());
        Ok(Some(Serving { listener, address, declared, topic, faults, tls }))
    }
}

impl Serving {
    /// Starts serving, in the current runtime.
    pub(crate) fn start(self, node: &Node, counts: &Counts) -> Result<Served, Failure> {
        let listener = tokio::net::TcpListener::from_std(self.listener).map_err(|error| {
            failed(format_args!("--zeek-websocket {}: {}", self.address, reason(&error)))
        })?;
        let scheme = if self.tls.is_some() { "wss" } else { "ws" };
        tracing::info!(
            address = self.address,
            "clients of Zeek's API are served at {scheme}://{}/v1/messages/json",
            self.address
        );
        let (bro, description) = node.with(|node, _| {
            (Declarations::clone(node.declarations()), node.options().peer_description.clone())
        });
        // Accept from clients what Zeek accepts.
        let options =
            mapping::Options { as_zeek: true, drop_fields: true, ..mapping::Options::default() };
        let publisher =
            Arc::new(Publisher::new(Mapping::new(bro, self.declared, options), counts.clone()));
        let context = client::Context {
            node: node.clone(),
            publisher: Arc::clone(&publisher),
            faults: self.faults.into(),
            description: description.to_string(),
        };
        tokio::spawn(accept(listener, self.tls, context));
        let events = tokio::spawn(publish(node.clone(), Arc::clone(&publisher), self.topic));
        Ok(Served { publisher, events })
    }
}

impl Served {
    /// Notifies clients that the node has stopped, and waits for them, within a time limit.
    pub(crate) async fn end(self) {
        self.events.abort();
        self.publisher.end();
        let _ = timeout(LAST, self.publisher.empty()).await;
        tracing::info!("clients of Zeek's API: {}", self.publisher.counts.line(TARGET));
    }
}

async fn accept(
    listener: tokio::net::TcpListener,
    tls: Option<tokio_rustls::TlsAcceptor>,
    context: client::Context,
) {
    let mut number = 0;
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                let (tls, context) = (tls.clone(), context.clone());
                tokio::spawn(async move {
                    if let Err(error) = client::serve(stream, tls, number, context).await {
                        warn(format_args!("client {from}: {error}"));
                    }
                });
                number += 1;
            }
            Err(error) => {
                warn(format_args!("clients of Zeek's API: cannot accept: {}", reason(&error)));
                // Too many sockets are open. Some will be closed.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Publishes the events of peers to clients.
async fn publish(node: Node, publisher: Arc<Publisher>, topic: String) {
    let mut notifications = node.subscribe_with(Subscription::new("clients of Zeek's API"));
    while let Some(notification) = notifications.next().await {
        let Notification::Event { peer, event } = notification else { continue };
        publisher.counts.add(TARGET, "offered", 1);
        match publisher.mapping.to_zeek(&event, &event.name) {
            Ok(mapped) => {
                let topic = topic_of(&topic, &peer.descr, &event.name);
                publisher.publish(topic.as_bytes(), &mapped, None);
            }
            Err(refusal) => {
                publisher.counts.lose(TARGET, refusal.reason(), 1);
                publisher
                    .warn_once(refusal.reason(), format_args!("event {}: {refusal}", event.name));
            }
        }
    }
}

/// Returns the topic for an event of a peer.
pub(crate) fn topic_of(template: &str, peer: &Name, event: &Name) -> String {
    template.replace("{peer}", &peer.to_string()).replace("{event}", &event.to_string())
}
