//! A connection to a Zeek.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use brocomm_zeek::client::{Client, ClientConfig, Notification};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::stream::{Bytes, Stream, now};
use super::tls::{Connector, Secured};
use super::url::Url;
use crate::address;
use crate::failure::reason;

/// A connection to a Zeek, with its state.
pub(crate) struct ZeekConnection {
    stream: Stream,
    pub(crate) client: Client,
    /// The negotiated TLS parameters, if TLS is used.
    pub(crate) secured: Option<Secured>,
}

impl ZeekConnection {
    /// Connects. The WebSocket handshake follows.
    ///
    /// # Errors
    ///
    /// The connection failed, or the configuration is invalid.
    pub(crate) async fn connect(
        url: &Url,
        tls: Option<&Connector>,
        mut config: ClientConfig,
    ) -> Result<ZeekConnection, String> {
        config.host.clone_from(&url.authority);
        config.path.clone_from(&url.path);
        let limit = config.timeouts.handshake;
        let connect = async {
            let tcp = connected(&url.authority).await?;
            // Events are small, and each may be the last for a while.
            let _ = tcp.set_nodelay(true);
            let Some(tls) = tls else { return Ok((Box::new(tcp) as Box<dyn Bytes>, None)) };
            let (stream, secured) = tls.connect(tcp).await?;
            Ok::<_, String>((Box::new(stream) as Box<dyn Bytes>, Some(secured)))
        };
        let (stream, secured) = match timeout(limit, connect).await {
            Ok(stream) => stream?,
            Err(_) => return Err(format!("no connection within {} s", limit.as_secs_f64())),
        };
        let client = Client::new(config, random(), now()).map_err(|error| error.to_string())?;
        Ok(ZeekConnection { stream: Stream::new(stream), client, secured })
    }

    /// Waits until something happens on the connection. Cancel safe.
    pub(crate) async fn step(&mut self) {
        self.stream.step(&mut self.client).await;
    }

    /// Returns the next notification. Cancel safe.
    pub(crate) async fn next(&mut self) -> Notification {
        loop {
            if let Some(notification) = self.client.poll_notification() {
                return notification;
            }
            self.step().await;
        }
    }

    /// Returns a notification if there is one. Otherwise waits until something happens.
    pub(crate) async fn next_or_step(&mut self) -> Option<Notification> {
        let notification = self.client.poll_notification();
        if notification.is_none() {
            self.step().await;
        }
        notification
    }

    /// Writes the remaining bytes and closes the connection.
    pub(crate) async fn finish(self) {
        self.stream.finish(&self.client).await;
    }
}

async fn connected(authority: &str) -> Result<TcpStream, String> {
    let authority = authority.to_owned();
    let resolved = tokio::task::spawn_blocking(move || address::resolve(&authority)).await;
    let addresses = match resolved {
        Ok(Ok(addresses)) => addresses,
        Ok(Err(error)) => return Err(reason(&error)),
        Err(_) => return Err("the name could not be looked up".to_owned()),
    };
    TcpStream::connect(&*addresses).await.map_err(|error| reason(&error))
}

/// Returns unpredictable bytes. The standard library uses random numbers only for its maps.
fn random() -> [u8; 24] {
    let mut bytes = [0; 24];
    for chunk in bytes.chunks_exact_mut(8) {
        chunk.copy_from_slice(&RandomState::new().build_hasher().finish().to_ne_bytes());
    }
    bytes
}
