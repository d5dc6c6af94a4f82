//! Tests with a scripted peer, without TLS.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use brocomm::lowlevel::connection::ProtocolErrorKind;
use brocomm::node::{CloseCause, Phase};
use brocomm_std::{Listener, Peer};

use super::*;

/// A [`Peer`], and the other end of its socket for the test.
fn raw() -> (Peer, TcpStream) {
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr()).unwrap();
    (listener.accept(clear(), None).unwrap().unwrap(), stream)
}

pub(crate) fn closing_within_a_message_is_reported_as_such() {
    let (mut peer, mut stream) = raw();
    // The length of a chunk, followed by fewer bytes than that (§1.1).
    stream.write_all(&[0, 0, 0, 14, 1, 2, 3]).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let (events, end) = rest(&mut peer);
    assert_eq!(events, []);
    assert!(matches!(end, CloseCause::PeerClosedMidMessage(_)), "{end:?}");
}

pub(crate) fn garbage_ends_its_own_connection_only() {
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    let mut here = Peer::connect(listener.local_addr(), clear(), LONG).unwrap();
    let mut there = listener.accept(clear(), None).unwrap().unwrap();
    let mut stream = TcpStream::connect(listener.local_addr()).unwrap();
    let mut victim = listener.accept(clear(), None).unwrap().unwrap();

    let other = thread::spawn(move || rest(&mut there));
    until_running(&mut here);
    send(&mut here, &[event(1, "before")]);
    stream.write_all(&[0xff; 1000]).unwrap();
    let garbled = thread::spawn(move || rest(&mut victim));
    // The peer shuts down its side although this test has not closed the socket.
    stream.read_to_end(&mut Vec::new()).unwrap();
    drop(stream);
    match garbled.join().unwrap() {
        (_, CloseCause::Protocol(error)) => {
            assert!(matches!(error.kind, ProtocolErrorKind::Wire(_)), "{error}");
            assert_eq!((error.phase, error.offset), (Phase::Setup, 0));
        }
        (_, end) => panic!("{end:?}"),
    }
    send(&mut here, &[event(2, "after")]);
    assert_eq!(here.close(None), Ok(true));
    let expected = vec![event(1, "before"), event(2, "after")];
    assert_eq!(other.join().unwrap(), (expected, CloseCause::PeerClosed));
}
