//! What every asynchronous transport does, whatever runs it.
//!
//! Whoever includes this names the transport `transport`. Real sockets on the loopback interface;
//! nothing here asks how long something takes.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use brocomm::Time;
use brocomm::connection::{
    CloseCause, Config, ConfigError, Connection, Notification, Phase, ProtocolErrorKind, Role,
    Sent, Setup, Undeclared,
};
use brocomm::data::{Event, Name, Value};
use futures_lite::future::{poll_once, yield_now, zip};

use crate::transport::{Flushed, Listener, Peer, TransportError};

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

/// Events of this size each, more than the buffers of two sockets hold if it is a big one.
fn some(count: u64, size: usize) -> Vec<Event> {
    (0..count).map(|number| event(number, vec![b'x'; size])).collect()
}

async fn pair_of(ours: Config, theirs: Config) -> (Peer, Peer) {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let here = Peer::connect(listener.local_addr(), ours, LONG).await.unwrap();
    let there = listener.accept(theirs).await.unwrap();
    (here, there)
}

/// Two peers in Running.
async fn pair() -> (Peer, Peer) {
    let (mut here, mut there) = pair_of(config(), config()).await;
    zip(until_running(&mut here), until_running(&mut there)).await;
    (here, there)
}

/// A peer, and a socket whose other end is in the hands of the test.
async fn raw() -> (Peer, TcpStream) {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr()).unwrap();
    (listener.accept(config()).await.unwrap(), stream)
}

async fn until_running(peer: &mut Peer) {
    while let Some(notification) = peer.next().await.unwrap() {
        if notification == Notification::HandshakeDone {
            return;
        }
    }
    panic!("ended before Running");
}

/// Takes events until so many came.
async fn events(peer: &mut Peer, count: usize) -> Vec<Event> {
    let mut events = Vec::new();
    while events.len() < count {
        match peer.next().await.unwrap().expect("the connection goes on") {
            Notification::Event(event) => events.push(event),
            Notification::Closed(cause) => panic!("{cause:?} after {} events", events.len()),
            _ => {}
        }
    }
    events
}

/// Takes everything; returns events, and how it ended.
async fn rest(peer: &mut Peer) -> (Vec<Event>, CloseCause) {
    let (mut events, mut end) = (Vec::new(), None);
    while let Some(notification) = peer.next().await.unwrap() {
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

pub(crate) async fn events_go_both_ways_in_order() {
    let (mut here, mut there) = pair().await;
    assert_eq!(here.remote_addr(), there.local_addr());
    assert_eq!(here.local_addr(), there.remote_addr());
    let all = some(100, 10);
    send(&mut here, &all);
    let back = async {
        let got = events(&mut there, 100).await;
        send(&mut there, &got);
        assert_eq!(there.flush().await, Ok(Flushed::All));
        rest(&mut there).await
    };
    let forth = async {
        assert_eq!(events(&mut here, 100).await, all);
        assert_eq!(here.close().await, Ok(true));
        rest(&mut here).await
    };
    let (forth, back) = zip(forth, back).await;
    assert_eq!(forth, (vec![], CloseCause::ClosedByUs));
    assert_eq!(back, (vec![], CloseCause::PeerClosed));
    assert_eq!(here.next().await, Ok(None));
}

pub(crate) async fn big_messages_both_ways_at_once_do_not_block_each_other() {
    async fn run(peer: &mut Peer) {
        let all = some(5, 3 << 20);
        send(peer, &all);
        // Neither takes a notification before it has got rid of everything.
        assert_eq!(peer.flush().await, Ok(Flushed::All));
        assert!(events(peer, 5).await == all);
    }
    let (mut here, mut there) = pair().await;
    zip(run(&mut here), run(&mut there)).await;
}

pub(crate) async fn the_next_notification_is_awaited_while_big_messages_go_both_ways() {
    async fn run(peer: &mut Peer) {
        let all = some(5, 3 << 20);
        send(peer, &all);
        assert!(events(peer, 5).await == all);
        assert_eq!(peer.flush().await, Ok(Flushed::All));
    }
    let (mut here, mut there) = pair().await;
    zip(run(&mut here), run(&mut there)).await;
}

pub(crate) async fn flushing_stops_when_notifications_have_to_be_taken() {
    async fn run(peer: &mut Peer) -> bool {
        until_running(peer).await;
        let all = some(150, 100_000);
        send(peer, &all);
        let (mut got, mut waited) = (Vec::new(), false);
        while peer.flush().await.unwrap() == Flushed::NotificationsWait {
            waited = true;
            while let Some(next) = poll_once(peer.next()).await {
                if let Some(Notification::Event(event)) = next.unwrap() {
                    got.push(event);
                }
            }
        }
        let left = all.len() - got.len();
        got.extend(events(peer, left).await);
        assert!(got == all);
        waited
    }
    let small = Config { notification_limit: 8, ..config() };
    let (mut here, mut there) = pair_of(small.clone(), small).await;
    let (one, other) = zip(run(&mut here), run(&mut there)).await;
    assert!(one || other);
}

pub(crate) async fn dropped_futures_lose_nothing() {
    /// Gives the future up whenever it has to wait.
    async fn impatient(peer: &mut Peer, count: usize) -> (Vec<Event>, usize) {
        let (mut events, mut dropped) = (Vec::new(), 0);
        while events.len() < count {
            let flushed = poll_once(peer.flush()).await;
            match poll_once(peer.next()).await {
                Some(Ok(Some(Notification::Event(event)))) => events.push(event),
                Some(Ok(Some(Notification::Closed(cause)))) => panic!("{cause:?}"),
                Some(next) => assert!(matches!(next, Ok(Some(_)))),
                None => {
                    dropped += 1 + usize::from(flushed.is_none());
                    yield_now().await;
                }
            }
        }
        // The other still waits for what is left.
        while poll_once(peer.flush()).await.is_none() {
            yield_now().await;
        }
        (events, dropped)
    }
    let (mut here, mut there) = pair().await;
    let all = some(5, 3 << 20);
    send(&mut here, &all);
    send(&mut there, &all);
    let (here, there) = zip(impatient(&mut here, 5), impatient(&mut there, 5)).await;
    assert!(here.0 == all && there.0 == all);
    assert!(here.1 > 0 && there.1 > 0, "{} and {}", here.1, there.1);
}

pub(crate) async fn a_peer_wakes_whoever_awaits_it_last() {
    let (mut here, mut there) = pair().await;
    // Reads what is left of the handshake, and waits; then nobody is interested.
    while poll_once(here.next()).await.is_some() {}
    let waits = async { events(&mut here, 1).await };
    let sends = async {
        send(&mut there, &some(1, 10));
        there.flush().await
    };
    assert_eq!(zip(waits, sends).await, (some(1, 10), Ok(Flushed::All)));
}

pub(crate) async fn closing_delivers_what_was_queued() {
    let (mut here, mut there) = pair().await;
    let all = some(500, 20_000);
    send(&mut here, &all);
    let (closed, (got, end)) = zip(here.close(), rest(&mut there)).await;
    assert_eq!(closed, Ok(true));
    assert!(got == all);
    assert_eq!(end, CloseCause::PeerClosed);
}

pub(crate) async fn closing_goes_on_after_its_future_was_dropped() {
    let (mut here, mut there) = pair().await;
    let all = some(5, 3 << 20);
    send(&mut here, &all);
    // Nobody reads.
    assert!(poll_once(here.close()).await.is_none());
    assert_eq!(here.connection().phase(), Phase::Closed);
    let ((ours, closed), (got, end)) = zip(
        async {
            let ours = rest(&mut here).await;
            (ours, here.close().await)
        },
        rest(&mut there),
    )
    .await;
    assert_eq!(ours, (vec![], CloseCause::ClosedByUs));
    assert_eq!(closed, Ok(true));
    assert!(got == all);
    assert_eq!(end, CloseCause::PeerClosed);
    assert_eq!(here.flush().await, Ok(Flushed::Over));
}

pub(crate) async fn closing_towards_one_who_has_gone_ends() {
    let (mut here, there) = pair().await;
    drop(there);
    send(&mut here, &some(5, 3 << 20));
    assert_eq!(here.close().await, Ok(false));
    assert_eq!(rest(&mut here).await, (vec![], CloseCause::ClosedByUs));
}

pub(crate) async fn closing_writes_all_to_one_who_only_listens() {
    let (mut peer, mut stream) = raw().await;
    let (told, running) = std::sync::mpsc::channel();
    // Sends what a peer does until it is in Running, then nothing more.
    let other = thread::spawn(move || {
        let now = Time::EPOCH;
        let mut connection = Connection::new(config(), Role::Initiator, now);
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
                if let Notification::Event(event) = notification {
                    events.push(event);
                }
            }
        }
        events
    });
    until_running(&mut peer).await;
    let all = some(5, 3 << 20);
    send(&mut peer, &all);
    // Is closed before it can see that the other side sends no more.
    assert!(poll_once(peer.close()).await.is_none());
    told.send(()).unwrap();
    assert_eq!(peer.close().await, Ok(true));
    assert!(other.join().unwrap() == all);
}

pub(crate) async fn a_peer_that_closes_mid_message_is_told_apart() {
    let (mut peer, mut stream) = raw().await;
    // A chunk's length, and less than that follows (§1.1).
    stream.write_all(&[0, 0, 0, 14, 1, 2, 3]).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let (events, end) = rest(&mut peer).await;
    assert_eq!(events, []);
    assert!(matches!(end, CloseCause::PeerClosedMidMessage(_)), "{end:?}");
}

pub(crate) async fn garbage_ends_its_own_connection_only() {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let mut here = Peer::connect(listener.local_addr(), config(), LONG).await.unwrap();
    let mut there = listener.accept(config()).await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr()).unwrap();
    let mut victim = listener.accept(config()).await.unwrap();
    zip(until_running(&mut here), until_running(&mut there)).await;

    stream.write_all(&[0xff; 1000]).unwrap();
    // Is told that it is over, though nobody has closed that socket here.
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

pub(crate) async fn pings_are_answered() {
    let (mut here, mut there) = pair().await;
    here.ping(7).unwrap();
    let asks = async {
        loop {
            if let Notification::Pong { seq, .. } = here.next().await.unwrap().unwrap() {
                let closed = here.close().await;
                return (seq, closed);
            }
        }
    };
    let (pong, end) = zip(asks, rest(&mut there)).await;
    assert_eq!(pong, (7, Ok(true)));
    assert_eq!(end, (vec![], CloseCause::PeerClosed));
}

pub(crate) async fn no_peer_is_lost_when_accepting_is_given_up() {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    assert!(poll_once(listener.accept(config())).await.is_none());
    let mut here = Peer::connect(listener.local_addr(), config(), LONG).await.unwrap();
    let mut there = loop {
        match poll_once(listener.accept(config())).await {
            Some(peer) => break peer.unwrap(),
            None => yield_now().await,
        }
    };
    zip(until_running(&mut here), until_running(&mut there)).await;
}

pub(crate) async fn errors_say_where_and_why() {
    // A port on which nobody listens any more.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = Peer::connect(closed, config(), LONG).await.unwrap_err();
    assert!(matches!(error, TransportError::Connect { .. }));
    assert_eq!(error.to_string(), format!("cannot connect to {closed}: connection refused"));

    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let taken = listener.local_addr();
    let error = Listener::bind(taken).await.unwrap_err();
    assert!(matches!(error, TransportError::Bind { .. }));
    let text = error.to_string();
    assert!(text.starts_with(&format!("cannot listen on {taken}: address ")), "{text}");

    let error = Peer::connect("127.0.0.1", config(), LONG).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot resolve 127.0.0.1: invalid socket address");

    let error = Peer::connect(taken, config(), Duration::ZERO).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot connect to {taken}: no answer within 0 s"));
}

pub(crate) async fn a_refusal_names_host_and_port() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = Peer::connect(format!("localhost:{port}"), config(), LONG).await.unwrap_err();
    let text = error.to_string();
    // Whichever of its addresses was tried last.
    assert!(text.starts_with(&format!("cannot connect to localhost:{port} (")), "{text}");
    assert!(text.ends_with(&format!(":{port}): connection refused")), "{text}");
}

pub(crate) async fn a_senseless_configuration_is_refused() {
    let senseless = Config { cache_size: 0, ..config() };
    let findings = vec![ConfigError::Zero { key: "cache_size" }];
    let error = Peer::connect("127.0.0.1:1", senseless.clone(), LONG).await.unwrap_err();
    assert_eq!(error, TransportError::Config(findings.clone()));
    assert_eq!(error.to_string(), "configuration: cache_size: 0, must be at least 1");
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let error = listener.accept(senseless).await.unwrap_err();
    assert_eq!(error, TransportError::Config(findings));
}

pub(crate) async fn a_listener_on_ipv6_leaves_the_port_to_ipv4() {
    // Not every machine has IPv6.
    let Ok(listener) = Listener::bind("[::]:0").await else { return };
    let port = listener.local_addr().port();
    Listener::bind(format!("0.0.0.0:{port}")).await.unwrap();
}

/// Makes a test of each, which the macro named runs.
macro_rules! all {
    ($run:ident) => {
        $run! {
            events_go_both_ways_in_order
            big_messages_both_ways_at_once_do_not_block_each_other
            the_next_notification_is_awaited_while_big_messages_go_both_ways
            flushing_stops_when_notifications_have_to_be_taken
            dropped_futures_lose_nothing
            a_peer_wakes_whoever_awaits_it_last
            closing_delivers_what_was_queued
            closing_goes_on_after_its_future_was_dropped
            closing_towards_one_who_has_gone_ends
            closing_writes_all_to_one_who_only_listens
            a_peer_that_closes_mid_message_is_told_apart
            garbage_ends_its_own_connection_only
            pings_are_answered
            no_peer_is_lost_when_accepting_is_given_up
            errors_say_where_and_why
            a_refusal_names_host_and_port
            a_senseless_configuration_is_refused
            a_listener_on_ipv6_leaves_the_port_to_ipv4
        }
    };
}
pub(crate) use all;
