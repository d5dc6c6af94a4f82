use std::time::Duration;

use brocomm::Time;

use super::{Client, ClientConfig, CloseCause, ConfigError, Notification, Phase, SendError};
use crate::message::{ErrorMessage, ZeekEvent};
use crate::server::{Faults, Server, ServerConfig};
use crate::websocket::{HandshakeError, codes};
use crate::{Data, server};

fn at(seconds: f64) -> Time {
    Time::from_nanos(1_000_000_000_000_000_000 + (seconds * 1e9).round() as u64)
}

fn pair(config: ClientConfig, faults: Faults) -> (Client, Server) {
    let server = ServerConfig { faults, ..ServerConfig::new("e-websocket-0", "8.2.2") };
    (Client::new(config, [3; 24], at(0.0)).unwrap(), Server::new(server, at(0.0)))
}

/// Transfers bytes until there are none left. Acknowledges subscriptions.
fn carry(
    client: &mut Client,
    server: &mut Server,
    now: Time,
) -> (Vec<Notification>, Vec<server::Notification>) {
    let (mut of_client, mut of_server) = (Vec::new(), Vec::new());
    loop {
        let sent = client.poll_transmit().to_vec();
        client.advance(sent.len(), now);
        if server.wants_input() {
            server.feed_bytes(&sent, now);
        }
        while let Some(notification) = server.poll_notification() {
            if matches!(notification, server::Notification::Subscribed { .. }) {
                server.acknowledge(now);
            }
            of_server.push(notification);
        }
        let answered = server.poll_transmit().to_vec();
        server.advance(answered.len(), now);
        client.feed_bytes(&answered, now);
        of_client.extend(std::iter::from_fn(|| client.poll_notification()));
        if sent.is_empty() && answered.is_empty() {
            return (of_client, of_server);
        }
    }
}

fn event(number: u64) -> ZeekEvent {
    ZeekEvent::new("e", vec![Data::Count(number)])
}

fn ready() -> (Client, Server) {
    let (mut client, mut server) = pair(ClientConfig::new("h", &["/a"]), Faults::default());
    let (notifications, _) = carry(&mut client, &mut server, at(0.0));
    let (endpoint, version) = ("e-websocket-0".into(), "8.2.2".into());
    assert_eq!(notifications, [Notification::Ready { endpoint, version }]);
    (client, server)
}

#[test]
fn events_go_both_ways() {
    let (mut client, mut server) = ready();
    client.send_event(b"/to", &event(1), at(0.1)).unwrap();
    assert_eq!(server.publish(b"/a/x", &event(2), at(0.1)), Ok(true));
    assert_eq!(server.publish(b"/b", &event(3), at(0.1)), Ok(false));
    let (of_client, of_server) = carry(&mut client, &mut server, at(0.1));
    let topic = "/a/x".into();
    assert_eq!(of_client, [Notification::Event { topic, event: event(2) }]);
    assert_eq!(of_server, [server::Notification::Event { topic: "/to".into(), event: event(1) }]);

    client.close(at(0.2));
    let (of_client, of_server) = carry(&mut client, &mut server, at(0.2));
    assert_eq!(of_client, [Notification::Closed(CloseCause::Requested)]);
    assert!(matches!(&of_server[..], [server::Notification::Closed(frame)] if frame.code == 1000));
    assert!(client.is_over() && server.is_over());
    assert_eq!((client.sent(), client.confirmed()), (1, 1));
    assert_eq!(client.send_event(b"/to", &event(1), at(0.3)), Err(SendError::NotReady));
}

#[test]
fn a_configuration_that_zeek_rejects_is_an_error() {
    let check = |change: &dyn Fn(&mut ClientConfig)| {
        let mut config = ClientConfig::new("h:1", &["/a"]);
        change(&mut config);
        config.check().map_err(|error| error.to_string())
    };
    assert_eq!(check(&|_| ()), Ok(()));
    assert_eq!(check(&|c| c.application = Some("a-/_.=:*@9".into())), Ok(()));
    for name in ["", "a b", "ä", "a\r\nX: y", "a,b"] {
        let error = check(&|c| c.application = Some(name.into())).unwrap_err();
        assert!(error.starts_with("application "), "{error}");
    }
    for host in ["", "a b", "a\r\n"] {
        assert!(check(&|c| c.host = host.into()).unwrap_err().starts_with("host "));
    }
    for path in ["", "v1", "/a b", "/\r\n"] {
        assert!(check(&|c| c.path = path.into()).unwrap_err().starts_with("path "));
    }
    let topic = brocomm::data::Name::from_bytes(bytes::Bytes::from_static(b"\xff"));
    let mut config = ClientConfig::new("h", &[]);
    config.subscriptions.push(topic.clone());
    assert_eq!(config.check(), Err(ConfigError::Subscription(topic)));
}

#[test]
fn errors_before_the_acknowledgement_end_the_connection() {
    let mut config = ClientConfig::new("h", &["/a"]);
    config.path = "/v2".to_owned();
    let (mut client, mut server) = pair(config, Faults::default());
    let (notifications, _) = carry(&mut client, &mut server, at(0.0));
    let context = "Invalid URI - use /v1/messages/json";
    let error = ErrorMessage::new("invalid_uri", context);
    assert_eq!(notifications, [Notification::Closed(CloseCause::Refused(error))]);
}

#[test]
fn errors_after_the_acknowledgement_are_only_reported() {
    let faults = Faults { error_after: Some(1), ..Faults::default() };
    let (mut client, mut server) = pair(ClientConfig::new("h", &[]), faults);
    carry(&mut client, &mut server, at(0.0));
    for number in 0..3 {
        client.send_event(b"/t", &event(number), at(0.0)).unwrap();
    }
    let (notifications, events) = carry(&mut client, &mut server, at(0.0));
    let error = ErrorMessage::new("deserialization_failed", "failed to create Zeek event");
    assert_eq!(notifications, vec![Notification::Refused(error); 2]);
    assert_eq!(events.len(), 1);
    assert_eq!(client.phase(), Phase::Ready);
}

#[test]
fn every_wait_has_a_timeout() {
    // No answer at all.
    let mut client = Client::new(ClientConfig::new("h", &[]), [0; 24], at(0.0)).unwrap();
    assert_eq!(client.next_timeout(), Some(at(10.0)));
    client.feed_time(at(9.9));
    assert!(!client.is_over());
    client.feed_time(at(10.0));
    let after = Duration::from_secs(10);
    let what = "answer to the handshake";
    let cause = CloseCause::TimedOut { what, after };
    assert_eq!(client.poll_notification(), Some(Notification::Closed(cause)));

    // An acknowledgement just before and just after the time limit.
    for (late, is_ready) in [(29.0, true), (31.0, false)] {
        let faults = Faults { late_ack: Duration::from_secs_f64(late), ..Faults::default() };
        let (mut client, mut server) = pair(ClientConfig::new("h", &[]), faults);
        let mut found = carry(&mut client, &mut server, at(0.0)).0;
        assert_eq!(client.phase(), Phase::Subscribing);
        while let Some(next) =
            client.next_timeout().min(server.next_timeout()).or(server.next_timeout())
        {
            server.feed_time(next);
            client.feed_time(next);
            found.extend(carry(&mut client, &mut server, next).0);
            if client.phase() != Phase::Subscribing {
                break;
            }
        }
        let ready = found.iter().any(|n| matches!(n, Notification::Ready { .. }));
        assert_eq!(ready, is_ready, "{found:?}");
    }

    // No pong.
    let faults = Faults { no_pong: true, ..Faults::default() };
    let (mut client, mut server) = pair(ClientConfig::new("h", &[]), faults);
    carry(&mut client, &mut server, at(0.0));
    client.send_event(b"/t", &event(1), at(1.0)).unwrap();
    client.feed_time(at(1.1));
    carry(&mut client, &mut server, at(1.1));
    assert_eq!((client.sent(), client.confirmed(), client.unwritten()), (1, 0, 0));
    client.feed_time(at(61.2));
    assert_eq!(client.phase(), Phase::Closing);
    client.feed_time(at(63.3));
    let after = Duration::from_secs(60);
    let cause = CloseCause::TimedOut { what: "answer to a ping", after };
    assert_eq!(client.poll_notification(), Some(Notification::Closed(cause)));

    // A silent server is pinged.
    let (mut client, mut server) = ready();
    client.feed_time(at(19.9));
    assert!(client.poll_transmit().is_empty());
    client.feed_time(at(20.0));
    assert!(!client.poll_transmit().is_empty());
    carry(&mut client, &mut server, at(20.0));
    assert_eq!(client.next_timeout(), Some(at(40.0)));
}

#[test]
fn a_pong_confirms_what_was_sent_before_its_ping() {
    let (mut client, mut server) = ready();
    let now = at(1.0);
    client.send_event(b"/t", &event(1), now).unwrap();
    client.feed_time(now);
    client.send_event(b"/t", &event(2), now).unwrap();
    assert_eq!(client.unwritten(), 2);
    carry(&mut client, &mut server, now);
    assert_eq!((client.sent(), client.confirmed(), client.unwritten()), (2, 1, 0));
    // The next ping waits for the interval.
    let next = client.next_timeout().unwrap();
    assert_eq!(next, at(1.1));
    client.feed_time(next);
    carry(&mut client, &mut server, next);
    assert_eq!(client.confirmed(), 2);

    client.send_event(b"/t", &event(3), next).unwrap();
    client.feed_failure("reset", next);
    assert_eq!((client.confirmed(), client.unwritten()), (2, 1));
    let cause = CloseCause::Failed("reset".to_owned());
    assert_eq!(client.poll_notification(), Some(Notification::Closed(cause)));
}

#[test]
fn the_send_queue_is_bounded() {
    let (mut client, _) = ready();
    let large = ZeekEvent::new("e", vec![Data::string(vec![b'x'; 400_000])]);
    let mut sent = 0;
    while client.send_event(b"/t", &large, at(0.0)).is_ok() {
        sent += 1;
    }
    assert_eq!(sent, 3);
    assert_eq!(client.send_event(b"/t", &event(1), at(0.0)), Err(SendError::Full));
    // Endless pings while nothing is written.
    let pings = [[0x89, 100].as_slice(), &[b'x'; 100]].concat();
    for _ in 0..20_000 {
        client.feed_bytes(&pings, at(0.0));
    }
    assert_eq!(client.poll_notification(), Some(Notification::Closed(CloseCause::NotReading)));
    assert!(client.poll_transmit().is_empty());
}

#[test]
fn refusals_have_the_wording_of_the_server() {
    let mut client = Client::new(ClientConfig::new("h", &[]), [0; 24], at(0.0)).unwrap();
    client.feed_bytes(b"HTTP/1.1 400 Missing Upgrade header\r\nServer: x\r\n", at(0.0));
    assert!(!client.is_over());
    // Zeek resets the connection after some of its refusals.
    client.feed_failure("reset by peer", at(0.0));
    let line = "HTTP/1.1 400 Missing Upgrade header".to_owned();
    let cause = CloseCause::Handshake(HandshakeError::Refused(line));
    assert_eq!(client.poll_notification(), Some(Notification::Closed(cause)));
}

#[test]
fn invalid_messages_are_reported_and_dropped() {
    let (mut client, _) = ready();
    let text = br#"{"type":"data-message","topic":"t","@data-type":"count","data":1}"#;
    for payload in [&text[..], b"{", b"{\"type\":\"new\"}"] {
        client.feed_bytes(&[0x81, payload.len() as u8], at(0.0));
        client.feed_bytes(payload, at(0.0));
    }
    let found: Vec<_> = std::iter::from_fn(|| client.poll_notification()).collect();
    assert!(matches!(&found[0], Notification::NotAnEvent { topic } if topic == "t"));
    assert!(matches!(&found[1..], [Notification::Undecodable(_), Notification::Undecodable(_)]));
    assert_eq!(client.phase(), Phase::Ready);
}

#[test]
fn a_terminating_server_closes_with_a_reason() {
    let (mut client, mut server) = ready();
    server.terminate(at(5.0));
    let (notifications, _) = carry(&mut client, &mut server, at(5.0));
    let Notification::Closed(cause) = &notifications[0] else { panic!() };
    assert_eq!(cause.to_string(), "closed by the server with code 1001: Terminating");
    assert!(server.is_over());
    assert_eq!(codes::GOING_AWAY, 1001);
}
