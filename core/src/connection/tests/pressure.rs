//! Tests of limits.

use super::*;
use crate::wire::{PingArgs, PingLayout};

#[test]
fn input_waits_while_too_many_notifications_are_queued() {
    let config = ConnectionConfig { notification_limit: 3, ..config() };
    let mut connection = Connection::new(config, Role::Acceptor, NOW);
    let session =
        [version(), Message::PhaseDone, call_of("none"), call_of("none"), call_of("none")];
    feed(&mut connection, &session);
    // VERSION's own notifications fill the queue.
    assert!(!connection.wants_input());
    assert_eq!(connection.phase(), Phase::Handshake);
    connection.feed_eof(NOW);
    assert_eq!(connection.phase(), Phase::Handshake);
    let notified = drain(&mut connection);
    let none = ConnectionNotification::Event(event("none", vec![]));
    assert_eq!(
        without_log(notified)[1..],
        [
            ConnectionNotification::HandshakeDone,
            none.clone(),
            none.clone(),
            none,
            ConnectionNotification::Closed(CloseCause::PeerClosed),
        ]
    );
}

#[test]
fn commands_are_refused_while_the_send_queue_is_full() {
    let config = ConnectionConfig { output_limit: 100, ..config() };
    let mut pair = Pair::running(config.clone(), config);
    let mut sent = 0;
    let error = loop {
        match pair.initiator.send_event(&count(sent)) {
            Ok(result) => assert_eq!(result, Sent::Sent),
            Err(error) => break error,
        }
        sent += 1;
    };
    let queued = pair.initiator.poll_transmit().len();
    assert_eq!(error, UsageError::QueueFull { queued, limit: 100 });
    assert_eq!(pair.initiator.send_event(&event("other", vec![])), Ok(Sent::NotRequested));
    pair.initiator.advance(0, NOW);
    assert_eq!(pair.initiator.ping(1, NOW), Err(error));
    assert_eq!(pair.notified().1.len(), sent as usize);
    // The rejected event used no IDs, so nothing is lost.
    assert_eq!(pair.initiator.send_event(&count(sent)), Ok(Sent::Sent));
    assert_eq!(pair.notified().1, [ConnectionNotification::Event(count(sent))]);
}

#[test]
fn input_waits_while_the_peer_does_not_read_its_answers() {
    let mut connection =
        Connection::new(ConnectionConfig { reply_limit: 100, ..config() }, Role::Acceptor, NOW);
    feed(&mut connection, &[version(), Message::PhaseDone]);
    drain(&mut connection);
    sent(&mut connection);
    let layout = PingLayout::Padded32;
    let ping = |seq| Message::Ping(PingArgs { seq, time1: 0.0, time2: 0.0, time3: 0.0, layout });
    feed(&mut connection, &(0..10).map(ping).collect::<Vec<_>>());
    // An answer takes 48 bytes, so the third exceeds the limit.
    assert_eq!(connection.poll_transmit().len(), 3 * 48);
    assert!(!connection.wants_input());
    connection.advance(3 * 48 - 1, NOW);
    assert!(!connection.wants_input());
    let mut answers = 2;
    while !connection.poll_transmit().is_empty() {
        let all = connection.poll_transmit().len();
        connection.advance(all, NOW);
        answers += connection.poll_transmit().len() / 48;
    }
    assert_eq!(answers, 9);
    assert!(connection.wants_input());
}

#[test]
fn peers_with_full_queues_do_not_block_each_other() {
    let config = ConnectionConfig { output_limit: 1000, ..config() };
    let mut pair = Pair::running(config.clone(), config);
    while pair.initiator.send_event(&count(1)).is_ok() {}
    while pair.acceptor.send_event(&count(1)).is_ok() {}
    assert!(pair.initiator.wants_input() && pair.acceptor.wants_input());
}

#[test]
fn output_advances_by_what_was_written() {
    let mut pair = Pair::running(config(), config());
    let long = event("two", vec![Value::Count(1), Value::string(vec![b'x'; 300_000])]);
    assert_eq!(pair.initiator.send_event(&long), Ok(Sent::Sent));
    assert_eq!(pair.initiator.send_event(&count(5)), Ok(Sent::Sent));
    pair.drive(&[70_001]);
    assert_eq!(
        pair.notified().1,
        [ConnectionNotification::Event(long), ConnectionNotification::Event(count(5))]
    );
    pair.initiator.advance(usize::MAX, NOW);
    assert_eq!(pair.initiator.poll_transmit(), b"");
}
