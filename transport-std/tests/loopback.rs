//! Real sockets on the loopback interface; nothing here asks how long something takes.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use brocomm::connection::{
    CloseCause, Config, ConfigError, Notification, Phase, ProtocolErrorKind, Sent, Setup,
    Undeclared,
};
use brocomm::data::{Event, Name, Value};
use brocomm_std::{Flushed, Listener, Peer, StopHandle, TransportError};

/// No test comes near it unless it fails.
const LONG: Duration = Duration::from_secs(60);

fn config() -> Config {
    Config {
        setup: Some(Setup {
            events: vec![Name::from("e")],
            accept_input: true,
            ..Setup::default()
        }),
        undeclared: Undeclared::Deliver,
        ..Config::default()
    }
}

fn event(number: u64, text: impl AsRef<[u8]>) -> Event {
    let args = vec![Value::Count(number), Value::string(text)];
    Event { name: Name::from("e"), time: 0.0, args }
}

fn pair_of(ours: Config, theirs: Config) -> (Peer, Peer) {
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    let here = Peer::connect(listener.local_addr(), ours, LONG).unwrap();
    let there = listener.accept(theirs, None).unwrap().unwrap();
    (here, there)
}

fn pair() -> (Peer, Peer) {
    pair_of(config(), config())
}

/// A peer, and a socket whose other end is in the hands of the test.
fn raw() -> (Peer, TcpStream) {
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr()).unwrap();
    (listener.accept(config(), None).unwrap().unwrap(), stream)
}

fn until_running(peer: &mut Peer) {
    while let Some(notification) = peer.next(None).unwrap() {
        if notification == Notification::HandshakeDone {
            return;
        }
    }
    panic!("ended before Running");
}

/// Takes events until so many came.
fn events(peer: &mut Peer, count: usize) -> Vec<Event> {
    let mut events = Vec::new();
    while events.len() < count {
        match peer.next(None).unwrap().expect("the connection goes on") {
            Notification::Event(event) => events.push(event),
            Notification::Closed(cause) => panic!("{cause:?} after {} events", events.len()),
            _ => {}
        }
    }
    events
}

/// Takes everything; returns events, and how it ended.
fn rest(peer: &mut Peer) -> (Vec<Event>, CloseCause) {
    let (mut events, mut end) = (Vec::new(), None);
    while let Some(notification) = peer.next(None).unwrap() {
        assert_eq!(end, None, "nothing comes after the end");
        match notification {
            Notification::Event(event) => events.push(event),
            Notification::Closed(cause) => end = Some(cause),
            _ => {}
        }
    }
    (events, end.expect("the end comes"))
}

fn send(peer: &mut Peer, events: &[Event]) {
    for event in events {
        assert_eq!(peer.send_event(event), Ok(Sent::Sent));
    }
}

#[test]
fn events_go_both_ways_in_order() {
    let (mut here, mut there) = pair();
    assert_eq!(here.remote_addr(), there.local_addr());
    assert_eq!(here.local_addr(), there.remote_addr());
    let all: Vec<Event> = (0..100).map(|number| event(number, "text")).collect();
    let expected = all.clone();
    let other = thread::spawn(move || {
        until_running(&mut there);
        let got = events(&mut there, 100);
        send(&mut there, &got);
        assert_eq!(there.flush(None), Ok(Flushed::All));
        assert_eq!(rest(&mut there), (vec![], CloseCause::PeerClosed));
        got
    });
    until_running(&mut here);
    send(&mut here, &all);
    assert_eq!(events(&mut here, 100), expected);
    assert_eq!(here.close(None), Ok(true));
    assert_eq!(other.join().unwrap(), expected);
    assert_eq!(rest(&mut here), (vec![], CloseCause::ClosedByUs));
    assert_eq!(here.next(None), Ok(None));
}

#[test]
fn big_messages_both_ways_at_once_do_not_block_each_other() {
    let run = |mut peer: Peer| {
        thread::spawn(move || {
            until_running(&mut peer);
            // More than both sockets' buffers hold.
            let all: Vec<Event> = (0..5).map(|number| event(number, vec![b'x'; 3 << 20])).collect();
            send(&mut peer, &all);
            // Neither takes a notification before it has got rid of everything.
            let deadline = Instant::now().checked_add(LONG);
            assert_eq!(peer.flush(deadline), Ok(Flushed::All));
            assert_eq!(events(&mut peer, 5), all);
            peer
        })
    };
    let (here, there) = pair();
    let (here, there) = (run(here), run(there));
    let (mut here, mut there) = (here.join().unwrap(), there.join().unwrap());
    let other = thread::spawn(move || rest(&mut there));
    assert_eq!(here.close(None), Ok(true));
    assert_eq!(other.join().unwrap().1, CloseCause::PeerClosed);
}

#[test]
fn flushing_stops_when_notifications_have_to_be_taken() {
    let small = Config { notification_limit: 8, ..config() };
    let run = |mut peer: Peer| {
        thread::spawn(move || {
            until_running(&mut peer);
            let all: Vec<Event> =
                (0..150).map(|number| event(number, vec![b'x'; 100_000])).collect();
            send(&mut peer, &all);
            let (mut got, mut waited) = (Vec::new(), false);
            while peer.flush(None).unwrap() == Flushed::NotificationsWait {
                waited = true;
                while let Some(notification) = peer.next(Some(Instant::now())).unwrap() {
                    if let Notification::Event(event) = notification {
                        got.push(event);
                    }
                }
            }
            let left = all.len() - got.len();
            got.extend(events(&mut peer, left));
            assert!(got == all);
            (peer, waited)
        })
    };
    let (here, there) = pair_of(small.clone(), small);
    let (here, there) = (run(here), run(there));
    let ((_here, one), (_there, other)) = (here.join().unwrap(), there.join().unwrap());
    assert!(one || other);
}

#[test]
fn a_deadline_that_has_passed_still_does_what_is_ready() {
    let (mut here, mut there) = pair();
    let mut running = 0;
    while running < 2 {
        for peer in [&mut here, &mut there] {
            while let Some(notification) = peer.next(Some(Instant::now())).unwrap() {
                running += usize::from(notification == Notification::HandshakeDone);
            }
        }
    }
    assert_eq!(here.connection().phase(), Phase::Running);
}

#[test]
fn closing_delivers_what_was_queued() {
    let (mut here, mut there) = pair();
    let all: Vec<Event> = (0..500).map(|number| event(number, vec![b'y'; 20_000])).collect();
    let expected = all.clone();
    let other = thread::spawn(move || rest(&mut there));
    until_running(&mut here);
    send(&mut here, &all);
    assert_eq!(here.close(None), Ok(true));
    let (got, end) = other.join().unwrap();
    assert!(got == expected);
    assert_eq!(end, CloseCause::PeerClosed);
}

#[test]
fn closing_says_what_was_not_written() {
    let (mut here, mut there) = pair();
    let other = thread::spawn(move || {
        until_running(&mut there);
        there
    });
    until_running(&mut here);
    // The other end is held open, and nobody reads.
    let _there = other.join().unwrap();
    let all: Vec<Event> = (0..5).map(|number| event(number, vec![b'x'; 3 << 20])).collect();
    send(&mut here, &all);
    assert_eq!(here.flush(Some(Instant::now())), Ok(Flushed::TimedOut));
    assert_eq!(here.close(Some(Instant::now())), Ok(false));
    assert_eq!(rest(&mut here).1, CloseCause::ClosedByUs);
    assert_eq!(here.flush(None), Ok(Flushed::Over));
}

#[test]
fn a_peer_that_closes_mid_message_is_told_apart() {
    let (mut peer, mut stream) = raw();
    // A chunk's length, and less than that follows (§1.1).
    stream.write_all(&[0, 0, 0, 14, 1, 2, 3]).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let (events, end) = rest(&mut peer);
    assert_eq!(events, []);
    assert!(matches!(end, CloseCause::PeerClosedMidMessage(_)), "{end:?}");
}

#[test]
fn garbage_ends_its_own_connection_only() {
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    let mut here = Peer::connect(listener.local_addr(), config(), LONG).unwrap();
    let mut there = listener.accept(config(), None).unwrap().unwrap();
    let mut stream = TcpStream::connect(listener.local_addr()).unwrap();
    let mut victim = listener.accept(config(), None).unwrap().unwrap();

    let other = thread::spawn(move || rest(&mut there));
    until_running(&mut here);
    send(&mut here, &[event(1, "before")]);
    stream.write_all(&[0xff; 1000]).unwrap();
    let garbled = thread::spawn(move || rest(&mut victim));
    // Our side says that it is over, though nobody has closed that socket here.
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

#[test]
fn what_waits_can_be_stopped() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let (mut peer, _stream) = raw();
    let handle: StopHandle = is_send(peer.stop_handle());
    let waits = thread::spawn(move || {
        while peer.next(None).unwrap().is_some() {}
        peer
    });
    handle.stop();
    let mut peer = waits.join().unwrap();
    assert!(handle.is_stopped());
    assert_eq!(peer.connection().phase(), Phase::Setup);
    assert_eq!(peer.next(None), Ok(None));

    let mut listener = is_send(Listener::bind("127.0.0.1:0").unwrap());
    let handle = listener.stop_handle();
    let waits = thread::spawn(move || listener.accept(config(), None).unwrap().is_none());
    handle.stop();
    assert!(waits.join().unwrap());
}

#[test]
fn accepting_has_a_deadline() {
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    assert!(listener.accept(config(), Some(Instant::now())).unwrap().is_none());
}

#[test]
fn a_tap_sees_all_that_comes() {
    let (mut here, mut there) = pair();
    let seen = Arc::new(Mutex::new(0));
    let count = Arc::clone(&seen);
    here.tap_input(move |bytes| *count.lock().unwrap() += bytes.len() as u64);
    let other = thread::spawn(move || {
        until_running(&mut there);
        send(&mut there, &[event(1, vec![b'z'; 100_000])]);
        there.close(None).unwrap()
    });
    assert_eq!(rest(&mut here).0.len(), 1);
    assert!(other.join().unwrap());
    assert_eq!(*seen.lock().unwrap(), here.connection().counters().input.bytes);
}

#[test]
fn errors_say_where_and_why() {
    // A port on which nobody listens any more.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = Peer::connect(closed, config(), LONG).unwrap_err();
    assert!(matches!(error, TransportError::Connect { .. }));
    assert_eq!(error.to_string(), format!("cannot connect to {closed}: connection refused"));

    let listener = Listener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr();
    let error = Listener::bind(taken).unwrap_err();
    assert!(matches!(error, TransportError::Bind { .. }));
    let text = error.to_string();
    assert!(text.starts_with(&format!("cannot listen on {taken}: address ")), "{text}");

    let error = Peer::connect("127.0.0.1", config(), LONG).unwrap_err();
    assert_eq!(error.to_string(), "cannot resolve 127.0.0.1: invalid socket address");

    let error = Peer::connect(taken, config(), Duration::ZERO).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot connect to {taken}: no answer within 0 s"));
}

#[test]
fn a_senseless_configuration_is_refused() {
    let senseless = Config { cache_size: 0, ..config() };
    let findings = vec![ConfigError::Zero { key: "cache_size" }];
    let error = Peer::connect("127.0.0.1:1", senseless.clone(), LONG).unwrap_err();
    assert_eq!(error, TransportError::Config(findings.clone()));
    assert_eq!(error.to_string(), "configuration: cache_size: 0, must be at least 1");
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    let error = listener.accept(senseless, None).unwrap_err();
    assert_eq!(error, TransportError::Config(findings));
}

#[test]
fn a_listener_on_ipv6_leaves_the_port_to_ipv4() {
    // Not every machine has IPv6.
    let Ok(listener) = Listener::bind("[::]:0") else { return };
    let port = listener.local_addr().port();
    Listener::bind(format!("0.0.0.0:{port}")).unwrap();
}
