//! Tests with a scripted peer, without TLS.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use brocomm::Time;
use brocomm::lowlevel::connection::{Connection, ConnectionNotification, ProtocolErrorKind};
use brocomm::node::{CloseCause, Phase, Role};
use futures_lite::future::{poll_once, zip};

use super::*;
use crate::transport::{Listener, Peer};

/// A [`Peer`], and the other end of its socket for the test.
async fn raw() -> (Peer, TcpStream) {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr()).unwrap();
    (listener.accept(clear()).await.unwrap(), stream)
}

pub(crate) async fn closing_writes_everything_to_a_peer_that_only_reads() {
    let (mut peer, mut stream) = raw().await;
    let (notifications, running) = std::sync::mpsc::channel();
    // Sends the messages of a peer up to the Running phase, then nothing more.
    let other = thread::spawn(move || {
        let now = Time::EPOCH;
        let mut connection = Connection::new(clear(), Role::Initiator, now);
        let mut buffer = vec![0; 1 << 16];
        while connection.phase() != Phase::Running || !connection.poll_transmit().is_empty() {
            let written = stream.write(connection.poll_transmit()).unwrap();
            connection.advance(written, now);
            while connection.poll_notification().is_some() {}
            if connection.poll_transmit().is_empty() && connection.phase() != Phase::Running {
                let read = stream.read(&mut buffer).unwrap();
                connection.feed_bytes(buffer.get(..read).unwrap(), now);
            }
        }
        running.recv().unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut events = Vec::new();
        while connection.phase() == Phase::Running {
            match stream.read(&mut buffer).unwrap() {
                0 => connection.feed_eof(now),
                read => connection.feed_bytes(buffer.get(..read).unwrap(), now),
            }
            while let Some(notification) = connection.poll_notification() {
                if let ConnectionNotification::Event(event) = notification {
                    events.push(event);
                }
            }
        }
        events
    });
    until_running(&mut peer).await;
    let all = some(5, 3 << 20);
    send(&mut peer, &all);
    // Closes before it can see that the other side sends nothing more.
    assert!(poll_once(peer.close()).await.is_none());
    notifications.send(()).unwrap();
    assert_eq!(peer.close().await, Ok(true));
    assert!(other.join().unwrap() == all);
}

pub(crate) async fn closing_within_a_message_is_reported_as_such() {
    let (mut peer, mut stream) = raw().await;
    // The length of a chunk, followed by fewer bytes than that (§1.1).
    stream.write_all(&[0, 0, 0, 14, 1, 2, 3]).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let (events, end) = rest(&mut peer).await;
    assert_eq!(events, []);
    assert!(matches!(end, CloseCause::PeerClosedMidMessage(_)), "{end:?}");
}

pub(crate) async fn garbage_ends_its_own_connection_only() {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let mut here = Peer::connect(listener.local_addr(), clear(), LONG).await.unwrap();
    let mut there = listener.accept(clear()).await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr()).unwrap();
    let mut victim = listener.accept(clear()).await.unwrap();
    zip(until_running(&mut here), until_running(&mut there)).await;

    stream.write_all(&[0xff; 1000]).unwrap();
    // The other end sees the end of the stream although this test has not closed the socket.
    let other = thread::spawn(move || stream.read_to_end(&mut Vec::new()).unwrap());
    send(&mut here, &[event(1, "before")]);
    let goes_on = async {
        assert_eq!(events(&mut there, 1).await, [event(1, "before")]);
    };
    let ((got, end), _) = zip(rest(&mut victim), zip(here.flush(), goes_on)).await;
    assert_eq!(got, []);
    match end {
        CloseCause::Protocol(error) => {
            assert!(matches!(error.kind, ProtocolErrorKind::Wire(_)), "{error}");
            assert_eq!((error.phase, error.offset), (Phase::Setup, 0));
        }
        end => panic!("{end:?}"),
    }
    other.join().unwrap();

    send(&mut here, &[event(2, "after")]);
    let (closed, got) = zip(here.close(), rest(&mut there)).await;
    assert_eq!(closed, Ok(true));
    assert_eq!(got, (vec![event(2, "after")], CloseCause::PeerClosed));
}
