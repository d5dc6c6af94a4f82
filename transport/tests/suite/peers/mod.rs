//! The behavior of single connections on every async transport.
//!
//! These tests use real sockets on the loopback interface and do not depend on timing.

mod closing;
mod flow;
mod scripted;
mod trouble;

use std::time::Duration;

use brocomm::data::{Event, Name, Value};
use brocomm::lowlevel::connection::{ConnectionConfig, ConnectionNotification, Requests, Sent};
use brocomm::node::{CloseCause, Undeclared};
use futures_lite::future::zip;

use crate::suite::stream::Stream;
use crate::transport::{Flushed, Listener, Peer};

pub(crate) use closing::*;
pub(crate) use flow::*;
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

/// Returns events of this size. Big ones exceed the buffers of both sockets.
fn some(count: u64, size: usize) -> Vec<Event> {
    (0..count).map(|number| event(number, vec![b'x'; size])).collect()
}

async fn pair_of(ours: ConnectionConfig, theirs: ConnectionConfig) -> (Peer, Peer) {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let here = Peer::connect(listener.local_addr(), ours, LONG).await.unwrap();
    let there = listener.accept(theirs).await.unwrap();
    (here, there)
}

/// Returns two connected peers in the Running phase.
async fn pair(stream: Stream) -> (Peer, Peer) {
    let (mut here, mut there) = pair_of(config(stream), config(stream)).await;
    zip(until_running(&mut here), until_running(&mut there)).await;
    #[cfg(feature = "tls")]
    for peer in [&here, &there] {
        assert_eq!(peer.connection().tls().is_none(), stream.is_clear());
    }
    (here, there)
}

async fn until_running(peer: &mut Peer) {
    while let Some(notification) = peer.next().await.unwrap() {
        if notification == ConnectionNotification::HandshakeDone {
            return;
        }
    }
    panic!("ended before Running");
}

/// Reads notifications until `count` events have arrived.
async fn events(peer: &mut Peer, count: usize) -> Vec<Event> {
    let mut events = Vec::new();
    while events.len() < count {
        match peer.next().await.unwrap().expect("the connection is open") {
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
async fn rest(peer: &mut Peer) -> (Vec<Event>, CloseCause) {
    let (mut events, mut end) = (Vec::new(), None);
    while let Some(notification) = peer.next().await.unwrap() {
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

pub(crate) async fn events_go_both_ways_in_order(stream: Stream) {
    let (mut here, mut there) = pair(stream).await;
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

pub(crate) async fn pings_are_answered(stream: Stream) {
    let (mut here, mut there) = pair(stream).await;
    here.ping(7).unwrap();
    let asks = async {
        loop {
            if let ConnectionNotification::Pong { seq, .. } = here.next().await.unwrap().unwrap() {
                let closed = here.close().await;
                return (seq, closed);
            }
        }
    };
    let (pong, end) = zip(asks, rest(&mut there)).await;
    assert_eq!(pong, (7, Ok(true)));
    assert_eq!(end, (vec![], CloseCause::PeerClosed));
}

/// Creates all these tests. See [`over_each_stream`](crate::suite::over_each_stream).
macro_rules! all {
    ($run:path) => {
        crate::suite::over_each_stream! { $run, crate::peers;
            events_go_both_ways_in_order
            large_messages_in_both_directions_do_not_deadlock
            notifications_can_be_awaited_while_large_messages_go_both_ways
            flushing_stops_when_notifications_have_to_be_taken
            dropped_futures_lose_nothing
            a_tap_sees_all_input
            a_peer_wakes_the_task_that_awaited_it_last
            closing_delivers_what_was_queued
            closing_continues_after_its_future_is_dropped
            closing_ends_if_the_peer_is_gone
            pings_are_answered
            no_peer_is_lost_when_accepting_is_cancelled
            errors_name_the_address_and_the_cause
            a_refusal_names_host_and_port
            an_invalid_configuration_is_refused
            a_peer_that_disconnects_before_it_is_accepted_is_skipped
            a_listener_on_ipv6_leaves_the_port_free_for_ipv4
        }
        // The other end is scripted and does not use TLS.
        crate::suite::tests! { $run, crate::peers;
            closing_writes_everything_to_a_peer_that_only_reads
            closing_within_a_message_is_reported_as_such
            garbage_ends_its_own_connection_only
        }
    };
}
pub(crate) use all;
