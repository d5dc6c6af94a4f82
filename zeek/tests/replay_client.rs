//! Feeds the client what the recorded Zeek sent, with the bytes split at each position.

use base64ct::{Base64, Encoding};
use brocomm::Time;
use brocomm_zeek::client::{Client, ClientConfig, CloseCause, Notification};
use brocomm_zeek::json::{Options, Spelling};
use brocomm_zeek::message::{self, Publication, ServerMessage};
use bytes::Bytes;

use crate::session::{self, Content, From, Row};

/// Returns a client like the recorded one, unless its configuration is invalid for ours.
fn client(rows: &[Row]) -> Option<Client> {
    let Content::Http(request) = &rows[0].content else { panic!("no request") };
    let request = String::from_utf8(request.clone()).unwrap();
    let header = |name: &str| {
        let line = request.lines().find(|line| line.starts_with(name));
        line.map(|line| line[name.len() + 2..].to_owned())
    };
    let key = header("Sec-WebSocket-Key")?;
    let mut random = [7; 24];
    random[..16].copy_from_slice(&Base64::decode_vec(&key).ok()?);
    let mut config = ClientConfig::new("localhost", &[]);
    config.path = request.split(' ').nth(1)?.to_owned();
    config.application = header("X-Application-Name");
    let subscriptions = session::messages(session::of(rows, From::Client)).into_iter().next();
    config.subscriptions =
        subscriptions.and_then(|text| message::read_subscriptions(&text).ok()).unwrap_or_default();
    // Some recorded clients used names that our client refuses to send.
    Client::new(config, random, rows[0].time).ok()
}

/// Feeds bytes in pieces; returns all notifications.
fn notifications(
    mut client: Client,
    rows: &[Row],
    mut split: impl FnMut(&mut Client, &[u8], Time),
) -> Vec<Notification> {
    for row in session::of(rows, From::Zeek) {
        match &row.content {
            Content::Eof => client.feed_eof(row.time),
            Content::Reset => client.feed_failure("reset", row.time),
            _ => split(&mut client, &row.bytes(), row.time),
        }
        let waiting = client.poll_transmit().len();
        client.advance(waiting, row.time);
    }
    std::iter::from_fn(|| client.poll_notification()).collect()
}

fn whole(client: &mut Client, bytes: &[u8], now: Time) {
    client.feed_bytes(bytes, now);
}

#[test]
fn everything_that_zeek_sent_is_decoded_and_reported() {
    for session in session::all() {
        for (number, rows) in &session.connections {
            let Some(client) = client(rows) else { continue };
            let at = format!("{} {number}", session.name);
            let found = notifications(client, rows, whole);
            let texts = session::messages(session::of(rows, From::Zeek));
            let is = |text: &Bytes, kind: &str| {
                text.starts_with(format!("{{\"type\":\"{kind}\"").as_bytes())
            };
            let count = |kind| texts.iter().filter(|text| is(text, kind)).count();
            let events = found.iter().filter(|n| matches!(n, Notification::Event { .. })).count();
            assert_eq!(events, count("data-message"), "{at}");
            let is_ready = found.iter().any(|n| matches!(n, Notification::Ready { .. }));
            assert_eq!(is_ready, count("ack") == 1, "{at}");
            let refused = found.iter().filter(|n| matches!(n, Notification::Refused(_))).count();
            match found.last() {
                Some(Notification::Closed(CloseCause::Refused(_))) => {
                    assert_eq!(refused + 1, count("error"), "{at}");
                }
                Some(Notification::Closed(cause)) => {
                    assert_eq!(refused, count("error"), "{at}: {cause}");
                    let mut close =
                        session::of(rows, From::Zeek).filter_map(|row| match &row.content {
                            Content::Frame { opcode: 8, payload, .. } => Some(payload.clone()),
                            _ => None,
                        });
                    match (cause, close.next()) {
                        (CloseCause::Peer(frame), Some(payload)) if payload.len() >= 2 => {
                            assert_eq!(frame.code.to_be_bytes(), payload[..2], "{at}");
                            assert_eq!(*frame.reason, payload[2..], "{at}");
                        }
                        (CloseCause::Peer(frame), Some(_)) => assert_eq!(frame.code, 1005, "{at}"),
                        (CloseCause::Handshake(_) | CloseCause::Ended, None) => {}
                        other => panic!("{at}: {other:?}"),
                    }
                }
                other => panic!("{at}: {other:?}"),
            }
            let undecodable = found.iter().find(|n| matches!(n, Notification::Undecodable(_)));
            assert_eq!(undecodable, None, "{at}");
        }
    }
}

#[test]
fn splitting_the_bytes_changes_nothing() {
    for session in session::all() {
        for (number, rows) in &session.connections {
            let Some(first) = client(rows) else { continue };
            let expected = notifications(first, rows, whole);
            // Split into single bytes.
            let bytewise = |client: &mut Client, bytes: &[u8], now| {
                for byte in bytes.chunks(1) {
                    client.feed_bytes(byte, now);
                }
            };
            let found = notifications(client(rows).unwrap(), rows, bytewise);
            assert_eq!(found, expected, "{} {number}", session.name);
            // One split per frame, at each position near its start and at some later ones.
            for place in (0..24).chain([40, 80, 120, 200, 255, 257, 300]) {
                let halves = |client: &mut Client, bytes: &[u8], now| {
                    let (a, b) = bytes.split_at(place.min(bytes.len()));
                    client.feed_bytes(a, now);
                    client.feed_bytes(b, now);
                };
                if rows.len() < 120 {
                    let found = notifications(client(rows).unwrap(), rows, halves);
                    assert_eq!(found, expected, "{} {number} {place}", session.name);
                }
            }
            // Everything at once.
            let mut all = client(rows).unwrap();
            let bytes: Vec<u8> = session::of(rows, From::Zeek).flat_map(Row::bytes).collect();
            all.feed_bytes(&bytes, rows[0].time);
            all.feed_eof(rows[0].time);
            let found: Vec<_> = std::iter::from_fn(|| all.poll_notification()).collect();
            assert_eq!(found, expected, "{} {number}", session.name);
        }
    }
}

#[test]
fn zeeks_spelling_matches_zeek_byte_for_byte() {
    let options = Options { spelling: Spelling::Zeek, ..Options::default() };
    let mut messages = 0;
    for session in session::all() {
        for rows in session.connections.values() {
            for text in session::messages(session::of(rows, From::Zeek)) {
                let message = ServerMessage::read(&text).unwrap();
                let mut again = Vec::new();
                message.write(options, &mut again).unwrap();
                assert_eq!(text, again, "{}", text.escape_ascii());
                messages += 1;
            }
        }
    }
    assert!(messages > 1_000, "{messages}");
}

#[test]
fn values_from_zeek_round_trip_in_our_spelling() {
    for session in session::all() {
        for rows in session.connections.values() {
            for text in session::messages(session::of(rows, From::Zeek)) {
                let Ok(ServerMessage::Publication(read)) = ServerMessage::read(&text) else {
                    continue;
                };
                let message = ServerMessage::Publication(read.clone());
                let mut again = Vec::new();
                match message.write(Options::default(), &mut again) {
                    Ok(_) => {
                        let again = Publication::read(&again.into()).unwrap();
                        assert_eq!(again, read);
                    }
                    // Infinity, NaN, and the values that Zeek sends for what it can't represent.
                    Err(error) => assert!(
                        ["inf-nan", "extremes", "errors-values"].contains(&session.name.as_str()),
                        "{}: {error}",
                        session.name
                    ),
                }
            }
        }
    }
}
