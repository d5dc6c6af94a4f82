//! Tests of single connections with blocking calls.
//!
//! These tests use real sockets on the loopback interface and do not depend on timing.

mod scripted;
mod trouble;

use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use brocomm::data::{Event, Name, Value};
use brocomm::lowlevel::connection::{ConnectionConfig, ConnectionNotification, Requests, Sent};
use brocomm::node::{CloseCause, Phase, Undeclared};
use brocomm_std::{Flushed, Listener, Peer, StopHandle};

use crate::suite::stream::Stream;

pub(crate) use scripted::*;
pub(crate) use trouble::*;

/// Far longer than a passing test takes.
const LONG: Duration = Duration::from_secs(60);

fn config(stream: Stream) -> ConnectionConfig {
    stream.peer(clear())
}

/// Without TLS. The tests that use TLS set it up themselves.
fn clear() -> ConnectionConfig {
    ConnectionConfig {
        requests: Requests { events: vec![Name::from("e")], ..Requests::default() },
        undeclared: Undeclared::Deliver,
        ..ConnectionConfig::default()
    }
}

fn event(number: u64, text: impl AsRef<[u8]>) -> Event {
    let args = vec![Value::Count(number), Value::string(text)];
    Event { name: Name::from("e"), time: 0.0, args }
}

fn pair_of(ours: ConnectionConfig, theirs: ConnectionConfig) -> (Peer, Peer) {
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    let here = Peer::connect(listener.local_addr(), ours, LONG).unwrap();
    let there = listener.accept(theirs, None).unwrap().unwrap();
    (here, there)
}

fn pair(stream: Stream) -> (Peer, Peer) {
    pair_of(config(stream), config(stream))
}

fn until_running(peer: &mut Peer) {
    while let Some(notification) = peer.next(None).unwrap() {
        if notification == ConnectionNotification::HandshakeDone {
            return;
        }
    }
    panic!("ended before Running");
}

/// Reads notifications until `count` events have arrived.
fn events(peer: &mut Peer, count: usize) -> Vec<Event> {
    let mut events = Vec::new();
    while events.len() < count {
        match peer.next(None).unwrap().expect("the connection is open") {
            ConnectionNotification::Event(event) => events.push(event),
            ConnectionNotification::Closed(cause) => {
                panic!("{cause:?} after {} events", events.len())
            }
            _ => {}
        }
    }
    events
}

/// Reads to the end. Returns the events and the cause of the close.
fn rest(peer: &mut Peer) -> (Vec<Event>, CloseCause) {
    let (mut events, mut end) = (Vec::new(), None);
    while let Some(notification) = peer.next(None).unwrap() {
        assert_eq!(end, None, "a notification after the last one");
        match notification {
            ConnectionNotification::Event(event) => events.push(event),
            ConnectionNotification::Closed(cause) => end = Some(cause),
            _ => {}
        }
    }
    (events, end.expect("a last notification"))
}

fn send(peer: &mut Peer, events: &[Event]) {
    for event in events {
        assert_eq!(peer.send_event(event), Ok(Sent::Sent));
    }
}

pub(crate) fn events_go_both_ways_in_order(stream: Stream) {
    let (mut here, mut there) = pair(stream);
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

pub(crate) fn large_messages_in_both_directions_do_not_deadlock(stream: Stream) {
    let run = |mut peer: Peer| {
        thread::spawn(move || {
            until_running(&mut peer);
            // More than the buffers of both sockets hold.
            let all: Vec<Event> = (0..5).map(|number| event(number, vec![b'x'; 3 << 20])).collect();
            send(&mut peer, &all);
            // Neither side takes a notification before it has written everything.
            let deadline = Instant::now().checked_add(LONG);
            assert_eq!(peer.flush(deadline), Ok(Flushed::All));
            assert_eq!(events(&mut peer, 5), all);
            peer
        })
    };
    let (here, there) = pair(stream);
    let (here, there) = (run(here), run(there));
    let (mut here, mut there) = (here.join().unwrap(), there.join().unwrap());
    let other = thread::spawn(move || rest(&mut there));
    assert_eq!(here.close(None), Ok(true));
    assert_eq!(other.join().unwrap().1, CloseCause::PeerClosed);
}

pub(crate) fn flushing_stops_when_notifications_have_to_be_taken(stream: Stream) {
    let small = ConnectionConfig { notification_limit: 8, ..config(stream) };
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
                    if let ConnectionNotification::Event(event) = notification {
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

pub(crate) fn a_deadline_in_the_past_still_allows_what_is_ready(stream: Stream) {
    let (mut here, mut there) = pair(stream);
    let mut running = 0;
    while running < 2 {
        for peer in [&mut here, &mut there] {
            while let Some(notification) = peer.next(Some(Instant::now())).unwrap() {
                running += usize::from(notification == ConnectionNotification::HandshakeDone);
            }
        }
    }
    assert_eq!(here.connection().phase(), Phase::Running);
}

pub(crate) fn closing_delivers_what_was_queued(stream: Stream) {
    let (mut here, mut there) = pair(stream);
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

pub(crate) fn closing_reports_whether_everything_was_written(stream: Stream) {
    let (mut here, mut there) = pair(stream);
    let other = thread::spawn(move || {
        until_running(&mut there);
        there
    });
    until_running(&mut here);
    // The other end stays open and does not read.
    let _there = other.join().unwrap();
    let all: Vec<Event> = (0..5).map(|number| event(number, vec![b'x'; 3 << 20])).collect();
    send(&mut here, &all);
    assert_eq!(here.flush(Some(Instant::now())), Ok(Flushed::TimedOut));
    assert_eq!(here.close(Some(Instant::now())), Ok(false));
    assert_eq!(rest(&mut here).1, CloseCause::ClosedByUs);
    assert_eq!(here.flush(None), Ok(Flushed::Over));
}

pub(crate) fn blocking_calls_can_be_stopped(stream: Stream) {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    let _stream = TcpStream::connect(listener.local_addr()).unwrap();
    let mut peer = listener.accept(config(stream), None).unwrap().unwrap();
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

    let mut listener = is_send(listener);
    let handle = listener.stop_handle();
    let waits = thread::spawn(move || listener.accept(config(stream), None).unwrap().is_none());
    handle.stop();
    assert!(waits.join().unwrap());
}

pub(crate) fn accepting_has_a_deadline(stream: Stream) {
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    assert!(listener.accept(config(stream), Some(Instant::now())).unwrap().is_none());
}

pub(crate) fn a_tap_sees_all_input(stream: Stream) {
    let (mut here, mut there) = pair(stream);
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
    let (seen, bytes) = (*seen.lock().unwrap(), here.connection().counters().input.bytes);
    // With TLS these are the encrypted bytes.
    assert_eq!(seen, bytes);
}

/// The blocking bodies have already run when they are called.
pub(crate) fn ran((): ()) {}

crate::suite::over_each_stream! { crate::peers::ran, crate::peers;
    events_go_both_ways_in_order
    large_messages_in_both_directions_do_not_deadlock
    flushing_stops_when_notifications_have_to_be_taken
    a_deadline_in_the_past_still_allows_what_is_ready
    closing_delivers_what_was_queued
    closing_reports_whether_everything_was_written
    blocking_calls_can_be_stopped
    accepting_has_a_deadline
    a_tap_sees_all_input
    errors_name_the_address_and_the_cause
    an_invalid_configuration_is_refused
    a_peer_that_disconnects_before_it_is_accepted_is_skipped
    a_listener_on_ipv6_leaves_the_port_free_for_ipv4
}

/// The other end is scripted and does not use TLS.
mod by_script {
    crate::suite::tests! { crate::peers::ran, crate::peers;
        closing_within_a_message_is_reported_as_such
        garbage_ends_its_own_connection_only
    }
}
