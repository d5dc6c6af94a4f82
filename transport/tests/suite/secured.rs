//! The behavior of a node with TLS, and of the same node without.
//!
//! These tests use real sockets on the loopback interface.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use brocomm::data::{Declarations, Event, Value};
use brocomm::node::{Endpoint, NodeConfig, Notification, Options, PeerConfig};
use brocomm::tls::TlsConfig;

use super::certificates::Authority;
use crate::transport::{Node, Notifications};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn start(options: Options, node: PeerConfig) -> (Node, Notifications) {
    let mut declarations = Declarations::new();
    declarations.read("global ping: event(n: count, s: string);").unwrap();
    let nodes = vec![("peer".to_owned(), node)];
    let declarations = Arc::new(declarations);
    let handle = Node::start(NodeConfig { options, nodes, declarations }).unwrap();
    let notifications = handle.subscribe();
    (handle, notifications)
}

/// Reads notifications until one matches.
async fn find<T>(
    notifications: &mut Notifications,
    mut is_it: impl FnMut(&Notification) -> Option<T>,
) -> T {
    loop {
        let next = notifications.next().await.expect("the node is running");
        if let Some(found) = is_it(&next) {
            return found;
        }
    }
}

/// Returns a node that listens and one that connects to it.
async fn pair(tls: Option<(TlsConfig, TlsConfig)>) -> [(Node, Notifications); 2] {
    let ssl = tls.is_some();
    let (ours, theirs) = tls.map_or((None, None), |(ours, theirs)| (Some(ours), Some(theirs)));
    let options = Options {
        listen: true,
        listen_interface: LOOPBACK,
        listen_port: 0,
        listen_ssl: ssl,
        tls: ours,
        ..Options::default()
    };
    let wants = PeerConfig { events: Some("ping".parse().unwrap()), ..PeerConfig::new(LOOPBACK) };
    let (here, mut notifications) = start(options, wants);
    let port = find(&mut notifications, |notification| match notification {
        Notification::Listening(Endpoint { port, .. }) => Some(*port),
        _ => None,
    });
    let port = port.await;
    let node = PeerConfig { connect: true, ssl, p: Some(port), ..PeerConfig::new(LOOPBACK) };
    let options = Options { tls: theirs, ..Options::default() };
    [(here, notifications), start(options, node)]
}

/// A session from the handshake to a graceful close, with many events.
async fn session(tls: Option<(TlsConfig, TlsConfig)>) {
    const COUNT: u64 = 300;
    let [(here, mut told_here), (there, mut their_notifications)] = pair(tls).await;
    find(&mut their_notifications, |notification| {
        matches!(notification, Notification::ConnectionHandshakeDone(_)).then_some(())
    })
    .await;
    let text = "0123456789".repeat(1000);
    for n in 0..COUNT {
        let args = vec![Value::Count(n), Value::string(&text)];
        let raised = there.raise(Event { name: "ping".into(), time: 1.5, args }).await.unwrap();
        assert_eq!(raised.peers, 1);
    }
    // What is queued is sent, and the close is announced: nothing is lost and no error is reported.
    assert_eq!(there.terminate().await, []);
    let mut next = 0;
    let cause = find(&mut told_here, |notification| match notification {
        Notification::Event { event, .. } => {
            assert_eq!(event.args, [Value::Count(next), Value::string(&text)]);
            next += 1;
            None
        }
        Notification::ConnectionClosed { cause, .. } => Some(cause.clone()),
        _ => None,
    });
    let cause = cause.await;
    assert_eq!((next, cause), (COUNT, brocomm::node::CloseCause::PeerClosed));
    assert_eq!(here.terminate().await, []);
}

pub(crate) async fn a_session_without_tls() {
    session(None).await;
}

pub(crate) async fn a_session_over_tls() {
    let authority = Authority::new();
    session(Some((authority.config(), authority.config()))).await;
}

pub(crate) async fn peers_with_different_authorities_do_not_connect() {
    let (ours, theirs) = (Authority::new().config(), Authority::new().config());
    let [(here, mut told_here), (there, mut their_notifications)] =
        pair(Some((ours, theirs))).await;
    let reason = find(&mut their_notifications, |notification| match notification {
        Notification::ConnectFailed { reason, retries: false, .. } => Some(reason.clone()),
        _ => None,
    });
    let text = "the peer's certificate is not signed by a CA in `ssl_ca_certificate`";
    assert_eq!(*reason.await, *text);
    let line = find(&mut told_here, |notification| match notification {
        Notification::Log(entry) => {
            Some(entry.to_string()).filter(|line| line.starts_with("can't init"))
        }
        _ => None,
    });
    let line = line.await;
    assert!(line.contains("the peer rejected TLS: unknown_ca (48)"), "{line}");
    assert_eq!(there.terminate().await, []);
    assert_eq!(here.terminate().await, []);
}

/// Creates all these tests. See [`tests`](super::tests).
macro_rules! all {
    ($run:path) => {
        crate::suite::tests! { $run, crate::suite::secured;
            a_session_without_tls
            a_session_over_tls
            peers_with_different_authorities_do_not_connect
        }
    };
}
pub(crate) use all;
