use std::time::Duration;

use brocomm::Time;

use super::{Faults, Notification, PublishError, Server, ServerConfig};
use crate::Data;
use crate::message::ZeekEvent;

fn at(seconds: f64) -> Time {
    Time::from_nanos(1_000_000_000_000_000_000 + (seconds * 1e9).round() as u64)
}

const REQUEST: &[u8] = b"GET /v1/messages/json HTTP/1.1\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// Returns a frame without a mask, which Zeek also accepts.
fn text(payload: &str) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    [&[0x81, 126], &length[..], payload.as_bytes()].concat()
}

fn event(number: u64) -> String {
    let mut out = Vec::new();
    let event = ZeekEvent::new("e", vec![Data::Count(number)]);
    crate::message::write_event(b"/to", &event, crate::json::Options::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn output(server: &mut Server) -> String {
    let bytes = server.poll_transmit().to_vec();
    server.advance(bytes.len(), at(0.0));
    bytes.escape_ascii().to_string()
}

fn subscribed(faults: Faults) -> Server {
    let mut server = Server::new(ServerConfig { faults, ..ServerConfig::new("e", "1") }, at(0.0));
    server.feed_bytes(REQUEST, at(0.0));
    server.feed_bytes(&text("[\"/a\"]"), at(0.0));
    assert!(matches!(server.poll_notification(), Some(Notification::Subscribed { .. })));
    server
}

fn ready(faults: Faults) -> Server {
    let mut server = subscribed(faults);
    server.acknowledge(at(0.0));
    output(&mut server);
    server
}

#[test]
fn messages_before_the_acknowledgement_are_queued_within_a_bound() {
    let mut server = subscribed(Faults::default());
    for number in 0..100 {
        server.feed_bytes(&text(&event(number)), at(0.0));
    }
    assert!(!server.wants_input());
    assert_eq!(server.poll_notification(), None);
    server.acknowledge(at(0.1));
    let events = std::iter::from_fn(|| server.poll_notification()).count();
    assert_eq!(events, 100);
    assert!(server.wants_input());
}

#[test]
fn a_client_that_does_not_answer_pings_is_closed() {
    let mut server = ready(Faults::default());
    assert_eq!(server.next_timeout(), Some(at(5.0)));
    server.feed_time(at(5.0));
    assert!(output(&mut server).contains("Ping timeout"));
    // The client doesn't answer the close frame either.
    server.feed_time(at(7.0));
    let Some(Notification::Closed(frame)) = server.poll_notification() else { panic!() };
    assert_eq!(frame.code, 1011);
    assert!(server.is_over());

    let mut server = ready(Faults::default());
    server.feed_bytes(&[0x8a, 0], at(1.0));
    server.feed_time(at(5.0));
    assert!(output(&mut server).contains("ixwebsocket::heartbeat::5s::1"));
}

#[test]
fn a_silent_connection_is_refused() {
    let mut server = Server::new(ServerConfig::new("e", "1"), at(0.0));
    assert_eq!(server.next_timeout(), Some(at(3.0)));
    server.feed_time(at(3.0));
    assert!(output(&mut server).starts_with("HTTP/1.1 400 "));
    assert!(server.is_over());
}

#[test]
fn deliberate_faults_work() {
    let late = Faults { late_ack: Duration::from_secs(2), ..Faults::default() };
    let mut server = subscribed(late);
    output(&mut server);
    server.acknowledge(at(0.0));
    assert_eq!(output(&mut server), "");
    assert_eq!(server.next_timeout(), Some(at(2.0)));
    server.feed_time(at(2.0));
    assert!(output(&mut server).contains("ack"));

    let mut server = ready(Faults { error_after: Some(1), ..Faults::default() });
    server.feed_bytes(&[text(&event(1)), text(&event(2))].concat(), at(0.0));
    assert_eq!(output(&mut server).matches("failed to create Zeek event").count(), 1);

    for code in [1001, 1008, 1011] {
        let mut server = ready(Faults { close_after: Some((2, code)), ..Faults::default() });
        server.feed_bytes(&[text(&event(1)), text(&event(2)), text(&event(3))].concat(), at(0.0));
        assert_eq!(std::iter::from_fn(|| server.poll_notification()).count(), 2);
        server.feed_eof(at(0.0));
        let Some(Notification::Closed(frame)) = server.poll_notification() else { panic!() };
        assert_eq!(frame.code, code);
    }

    let mut server = ready(Faults { stop_after: Some(1), ..Faults::default() });
    assert!(server.wants_input());
    server.feed_bytes(&[text(&event(1)), text(&event(2))].concat(), at(0.0));
    assert!(!server.wants_input());
    assert_eq!(std::iter::from_fn(|| server.poll_notification()).count(), 1);

    let mut server = ready(Faults { no_pong: true, ..Faults::default() });
    server.feed_bytes(&[0x89, 0], at(0.0));
    assert_eq!(output(&mut server), "");
}

#[test]
fn memory_for_a_client_that_does_not_read_is_bounded() {
    let mut server = ready(Faults::default());
    let large = ZeekEvent::new("e", vec![Data::string(vec![b'x'; 300_000])]);
    let mut sent = 0;
    let error = loop {
        match server.publish(b"/a", &large, at(0.0)) {
            Ok(true) => sent += 1,
            Ok(false) => panic!("not subscribed"),
            Err(error) => break error,
        }
    };
    assert_eq!((error, sent), (PublishError::Full, 4));
}

#[test]
fn a_subscription_can_fail() {
    let mut server = subscribed(Faults::default());
    server.fail_subscription(at(0.0));
    assert!(output(&mut server).contains("Could not subscribe. Something bad happened!"));
    server.feed_eof(at(0.0));
    let Some(Notification::Closed(frame)) = server.poll_notification() else { panic!() };
    assert_eq!(frame.code, 1011);
}
