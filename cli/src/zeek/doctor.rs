//! `brocomm doctor URL`: checks the WebSocket server of a Zeek.

use std::time::{Duration, Instant};

use brocomm_zeek::client::{ClientConfig, CloseCause, Notification};
use brocomm_zeek::websocket::HandshakeError;
use serde_json::json;
use tokio::time::timeout;

use super::connection::ZeekConnection;
use super::stream::now;
use super::tls::{Connector, Secured};
use super::url::Url;
use crate::doctor::Report;
use crate::failure::Failure;

/// Runs the steps, as far as possible. Publishes nothing.
pub(crate) fn run(
    url: &Url,
    tls: Option<&Connector>,
    patience: Duration,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    super::block_on(examine(url, tls, patience, report))
}

async fn examine(
    url: &Url,
    tls: Option<&Connector>,
    patience: Duration,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let mut config = ClientConfig::new("localhost", &[]);
    config.application = Some("brocomm/doctor".to_owned());
    config.timeouts.handshake = patience;
    config.timeouts.ack = patience;
    let begin = Instant::now();
    let mut connection = match ZeekConnection::connect(url, tls, config).await {
        Ok(connection) => connection,
        Err(error) => {
            let hint = "; does a script call Cluster::listen_websocket, or is UseWebSocket set for \
                        zeekctl? By default it listens on 127.0.0.1";
            return report.bad("reachable", &format!("{error}{hint}"));
        }
    };
    let millis = |since: Instant| since.elapsed().as_secs_f64() * 1e3;
    let with = if url.secure { " with TLS" } else { "" };
    report.ok("reachable", &format!("{url} accepts{with}, after {:.1} ms", millis(begin)))?;
    if let Some(Secured { version, cipher_suite, certificate }) = &connection.secured {
        let fields = json!({ "version": version, "cipher_suite": cipher_suite });
        report.tell("ok", "tls", &format!("{version}, {cipher_suite}"), fields)?;
        crate::doctor::certificate(certificate, None, now(), report)?;
    }
    match connection.next().await {
        Notification::Ready { endpoint, version } => {
            report
                .ok("websocket", &format!("upgraded, subscribed after {:.1} ms", millis(begin)))?;
            report.ok("zeek", &format!("version {version}, which knows us as {endpoint}"))?;
            match major(&version.to_string()) {
                Some(8..) => {}
                Some(_) => report
                    .note("zeek", "before 8.0 events are not checked against their declarations")?,
                None => report.note("zeek", "this is not a Zeek version; is it another server?")?,
            }
        }
        Notification::Closed(cause) => return report.bad("websocket", &explained(&cause)),
        other => return report.bad("websocket", &format!("unexpected: {other:?}")),
    }
    // Zeek sends its first ping with the upgrade, and disconnects a client that does not answer
    // within 5 s.
    let begin = Instant::now();
    connection.client.close(now());
    match timeout(patience, connection.next()).await {
        Ok(Notification::Closed(CloseCause::Requested)) => {
            report.ok("close", &format!("answered after {:.1} ms", millis(begin)))?;
        }
        Ok(other) => report.note("close", &format!("{other:?}"))?,
        Err(_) => report.note("close", "not answered")?,
    }
    connection.finish().await;
    Ok(())
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

fn explained(cause: &CloseCause) -> String {
    let hint = match cause {
        CloseCause::Refused(error) if error.code == "invalid_uri" => {
            "; the path must be /v1/messages/json exactly"
        }
        CloseCause::Handshake(HandshakeError::NotHttp(_)) => {
            "; is that a Bro 2.x, or does it expect TLS (wss://)?"
        }
        CloseCause::Handshake(HandshakeError::Closed)
        | CloseCause::Ended
        | CloseCause::Failed(_) => "; does it expect TLS (wss://), or does it have 100 clients?",
        CloseCause::TimedOut { what: "acknowledgement", .. } => {
            "; is the cluster's backend (ZeroMQ) running?"
        }
        _ => "",
    };
    format!("{cause}{hint}")
}
