//! Errors and disturbances.

use std::io::{Read, Write};
use std::iter;
use std::net::{TcpListener, TcpStream};

use brocomm::node::{NodeError, PeerState};

use super::*;

pub(crate) async fn reconnects_after_a_peer_is_killed(stream: Stream) {
    let (here, mut notifications, port) = listener(stream, listening(), vec![anyone("ping")]).await;
    let (there, mut their_notifications) =
        start(stream, Options::default(), vec![at(port, "pong")]);
    zip(running(&mut notifications), running(&mut their_notifications)).await;
    there.raise(small("ping", 1)).await.unwrap();
    assert_eq!(numbers(&mut notifications, 1).await, [1]);
    drop((here, notifications));
    let peer = closed(&mut their_notifications).await;
    assert_eq!(there.raise(small("ping", 2)).await.unwrap().peers, 0);
    let again = Options { listen_port: port, ..listening() };
    let (_here, mut notifications, _) = listener(stream, again, vec![anyone("ping")]).await;
    let (_, same) = zip(running(&mut notifications), running(&mut their_notifications)).await;
    assert_eq!(same, peer);
    there.raise(small("ping", 3)).await.unwrap();
    assert_eq!(numbers(&mut notifications, 1).await, [3]);
}

pub(crate) async fn listening_is_retried_while_the_port_is_in_use(stream: Stream) {
    let taken = TcpListener::bind((LOOPBACK, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let (_here, mut notifications) =
        start(stream, Options { listen_port: port, ..listening() }, vec![]);
    let reason = find(&mut notifications, |notification| match notification {
        Notification::Log(entry) => match &entry.line {
            CommLogLine::CannotListen { reason, .. } => Some(reason.clone()),
            _ => None,
        },
        _ => None,
    });
    let reason = reason.await;
    assert!(reason.starts_with("address ") && reason.ends_with(" in use"), "{reason}");
    drop(taken);
    let listening = find(&mut notifications, |notification| match notification {
        Notification::Listening(endpoint) => Some(endpoint.clone()),
        _ => None,
    });
    assert_eq!(listening.await, Endpoint::new(LOOPBACK, port));
}

async fn failure(notifications: &mut Notifications) -> (String, bool) {
    find(notifications, |notification| match notification {
        Notification::ConnectFailed { reason, retries, .. } => Some((reason.to_string(), *retries)),
        _ => None,
    })
    .await
}

pub(crate) async fn failures_have_a_reason(stream: Stream) {
    let port = TcpListener::bind((LOOPBACK, 0)).unwrap().local_addr().unwrap().port();
    let once = PeerConfig { retry: Duration::ZERO, ..at(port, "pong") };
    let (_node, mut notifications) = start(stream, Options::default(), vec![once.clone()]);
    assert_eq!(failure(&mut notifications).await, ("connection refused".into(), false));
    let (_node, mut notifications) = start(stream, Options::default(), vec![at(port, "pong")]);
    assert_eq!(failure(&mut notifications).await, ("connection refused".into(), true));

    let host = "fe80::1".parse().unwrap();
    let zoned = PeerConfig { host, zone_id: Some("nonesuch".into()), ..once.clone() };
    let (_node, mut notifications) = start(stream, Options::default(), vec![zoned]);
    assert_eq!(
        failure(&mut notifications).await,
        ("no network interface \"nonesuch\"".into(), false)
    );
}

pub(crate) async fn connection_attempts_can_be_abandoned_and_restarted(stream: Stream) {
    // The system answers although the program does not accept.
    let silent = TcpListener::bind((LOOPBACK, 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let node = PeerConfig { connect: false, retry: Duration::ZERO, ..at(port, "pong") };
    let (here, mut notifications) = start(stream, Options::default(), vec![node]);
    assert_eq!(here.connect_peer("nobody"), Err(NodeError::UnknownNode));
    let peer = here.connect_peer("node0").unwrap();
    assert_eq!(here.connect_peer("node0"), Err(NodeError::AlreadyConnected(peer)));
    // The attempt is abandoned, whether or not it is connected.
    here.disconnect(peer).unwrap();
    let gone = || here.with(|node, _| node.peer_state(peer) == Some(PeerState::Gone));
    while !gone() {
        yield_now().await;
    }
    assert_eq!(here.connect_peer("node0"), Ok(peer));
    let state = || here.with(|node, _| node.peer_state(peer).unwrap());
    if stream.is_clear() {
        while !matches!(state(), PeerState::Connected(_)) {
            yield_now().await;
        }
        drop(silent);
        closed(&mut notifications).await;
    } else {
        // The TLS handshake gets no answer, so the peer is still connecting.
        assert_eq!(state(), PeerState::Connecting);
        drop(silent);
        failure(&mut notifications).await;
    }
    assert_eq!(here.terminate().await, []);
}

pub(crate) async fn slow_and_invalid_input_does_not_affect_other_peers(stream: Stream) {
    let [(here, mut notifications), (there, _told_there)] =
        pair(stream, listening(), Options::default()).await;
    let port = here.with(|node, _| node.options().listen_port);
    assert_eq!(port, 0, "the requested port");
    let port = there.with(|node, _| node.peer(PeerId(1)).unwrap().endpoint.port);
    let mut trickling = TcpStream::connect((LOOPBACK, port)).unwrap();
    let mut garbage = TcpStream::connect((LOOPBACK, port)).unwrap();
    garbage.write_all(&[0xff; 1000]).unwrap();
    // A long message, one byte at a time.
    let long = stream.long_message().iter().copied().chain(iter::repeat(0));
    for (n, byte) in (0..100).zip(long) {
        trickling.write_all(&[byte]).unwrap();
        there.raise(small("ping", n)).await.unwrap();
        assert_eq!(numbers(&mut notifications, 1).await, [n]);
    }
    // The socket was closed, whether or not the first messages can still be read.
    let mut greeting = Vec::new();
    drop(garbage.shutdown(std::net::Shutdown::Write));
    while here.with(|node, _| node.peers().count()) > 2 {
        let _ = poll_once(notifications.next()).await;
        yield_now().await;
    }
    let _ = garbage.read_to_end(&mut greeting);
    drop(trickling);
    closed(&mut notifications).await;
}
