//! One client.

use std::sync::Arc;
use std::time::Duration;

use brocomm_tokio::Node;
use brocomm_zeek::message::ZeekEvent;
use brocomm_zeek::server::{Notification, PublishError, Server, ServerConfig};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::TARGET;
use super::fault::Fault;
use super::publisher::Publisher;
use crate::bridge::acknowledge;
use crate::zeek::stream::{Bytes, Stream, now};

/// The time limit for the TLS handshake, as in Zeek.
const HANDSHAKE: Duration = Duration::from_secs(3);

/// The state that all clients share.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) node: Node,
    pub(super) publisher: Arc<Publisher>,
    pub(super) faults: Arc<[Fault]>,
    pub(super) description: String,
}

/// Serves a client until it disconnects.
pub(super) async fn serve(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    number: u64,
    context: Context,
) -> Result<(), String> {
    let _ = stream.set_nodelay(true);
    let stream: Box<dyn Bytes> = match tls {
        None => Box::new(stream),
        Some(acceptor) => match timeout(HANDSHAKE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => Box::new(stream),
            Ok(Err(error)) => return Err(format!("TLS: {error}")),
            Err(_) => return Err("TLS: no handshake in time".to_owned()),
        },
    };
    let endpoint = format!("brocomm_{}-websocket-{number}", context.description);
    let version = concat!("brocomm ", env!("CARGO_PKG_VERSION"));
    let mut config = ServerConfig::new(endpoint, version);
    context.faults.iter().for_each(|fault| fault.apply(&mut config));
    let (mut published, mut end) = context.publisher.join(number);
    let mut client = Client { server: Server::new(config, now()), number, context };
    let mut stream = Stream::new(stream);
    loop {
        client.handle().await;
        if client.server.is_over() {
            break;
        }
        let has_room = client.server.has_room();
        tokio::select! {
            () = stream.step(&mut client.server) => {}
            Some(published) = published.next(), if has_room => {
                client.publish(&published.topic, &published.event);
            }
            Ok(()) = end.changed() => client.server.terminate(now()),
        }
    }
    stream.finish(&client.server).await;
    client.context.publisher.leave(number);
    Ok(())
}

struct Client {
    server: Server,
    number: u64,
    context: Context,
}

impl Client {
    /// Handles what the client did.
    async fn handle(&mut self) {
        while let Some(notification) = self.server.poll_notification() {
            match notification {
                Notification::Subscribed { topics, application } => {
                    let name = application.unwrap_or_default();
                    tracing::info!("client {} ({name}) subscribed to {topics:?}", self.number);
                    self.context.publisher.subscribe(self.number, topics);
                    self.server.acknowledge(now());
                }
                Notification::Event { topic, event } => self.event(&topic, event).await,
                Notification::Closed(frame) => {
                    tracing::info!("client {} gone with code {}", self.number, frame.code);
                }
                _ => {}
            }
        }
    }

    async fn event(&mut self, topic: &[u8], event: ZeekEvent) {
        let Context { node, publisher, .. } = &self.context;
        if let Some((topic, done)) = acknowledge::answer(&event) {
            return self.publish(&topic, &done);
        }
        match publisher.mapping.to_bro(&event, &event.name) {
            Ok(mapped) => {
                publisher.counts.add(TARGET, "received", 1);
                publisher.publish(topic, &event, Some(self.number));
                match node.raise(mapped).await {
                    Ok(raised) if raised.peers + raised.kept > 0 => {
                        publisher.counts.add(TARGET, "delivered", 1);
                    }
                    Ok(raised) if raised.dropped > 0 => {
                        publisher.counts.lose(TARGET, "bro_queue_full", 1)
                    }
                    Ok(_) => publisher.counts.lose(TARGET, "no_peer", 1),
                    Err(error) => {
                        publisher.counts.lose(TARGET, "type", 1);
                        publisher.warn_once("raise", format_args!("{error}"));
                        self.server.refuse(now());
                    }
                }
            }
            Err(refusal) => {
                publisher.counts.lose(TARGET, refusal.reason(), 1);
                publisher
                    .warn_once(refusal.reason(), format_args!("event {}: {refusal}", event.name));
                self.server.refuse(now());
            }
        }
    }

    fn publish(&mut self, topic: &[u8], event: &ZeekEvent) {
        let counts = &self.context.publisher.counts;
        match self.server.publish(topic, event, now()) {
            Ok(true) => counts.add(TARGET, "sent", 1),
            Ok(false) => {}
            Err(PublishError::Full) => counts.lose(TARGET, "slow_client", 1),
            Err(error) => {
                counts.lose(TARGET, "unsendable", 1);
                self.context.publisher.warn_once("unsendable", format_args!("{error}"));
            }
        }
    }
}
