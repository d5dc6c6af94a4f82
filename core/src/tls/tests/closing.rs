//! Tests of closing.

use super::*;

fn running() -> Pair {
    let (near, far) = two();
    let mut pair = Pair::new(&near, &far);
    pair.run();
    pair.assert_running();
    pair
}

#[test]
fn each_side_sends_close_notify() {
    for near_closes in [true, false] {
        let mut pair = running();
        pair.near.send(Value::Count(1));
        let closing = if near_closes { &mut pair.near } else { &mut pair.far };
        closing.driver.close(NOW);
        pair.run();
        let (closing, other) =
            if near_closes { (&pair.near, &pair.far) } else { (&pair.far, &pair.near) };
        assert_eq!(closing.cause(), Some(&CloseCause::ClosedByUs));
        assert_eq!(other.cause(), Some(&CloseCause::PeerClosed));
        assert!(closing.closed && other.closed, "no side had to wait");
        assert_eq!(closing.driver.poll_closed(), Poll::Ready(true));
        if near_closes {
            assert_eq!(pair.far.events(), 1);
        }
    }
}

/// A Bro that terminates sends no `close_notify`.
#[test]
fn a_stream_that_ends_between_two_messages_is_closed_by_the_peer() {
    let mut pair = running();
    pair.far.send(Value::Count(1));
    pair.run();
    pair.near.ended = true;
    pair.run();
    assert_eq!(pair.near.cause(), Some(&CloseCause::PeerClosed));
    assert_eq!(pair.near.events(), 1);
    assert!(pair.near.closed);
    // We send `close_notify` in turn.
    assert_eq!(pair.far.cause(), Some(&CloseCause::PeerClosed));
}

#[test]
fn a_stream_that_ends_inside_a_message_or_a_record_is_an_error() {
    // Three records, delivered in part.
    for (records, bytes) in [(1, 0), (2, 0), (0, 1), (0, 100), (1, 4), (2, 1)] {
        let mut pair = running();
        pair.near.send(Value::string("x".repeat(40_000)));
        let Step::Write(written) = pair.near.driver.poll_step(NOW) else { panic!() };
        let whole: usize = lengths(written).take(records).sum();
        pair.far.incoming.extend(written[..whole + bytes].to_vec());
        pair.far.ended = true;
        while pair.far.step(&mut Wire::default(), NOW) {}
        let at = format!("{records} records and {bytes} bytes");
        if bytes == 0 {
            let cause = pair.far.cause();
            assert!(matches!(cause, Some(CloseCause::PeerClosedMidMessage(_))), "{at}: {cause:?}");
        } else {
            assert_eq!(*pair.far.failure(), TlsError::Truncated, "{at}");
        }
        assert_eq!(pair.far.events(), 0, "{at}");
        assert!(pair.far.closed, "{at}");
    }
}

#[test]
fn a_stream_that_ends_in_the_handshake_is_an_error() {
    let (near, far) = two();
    let mut whole = Pair::new(&near, &far);
    whole.run();
    let hello = whole.near.written.iter().copied();
    for length in [0, 3, 4, 5, 50, 200] {
        let mut end = End::new(config(Some(far.clone())), Role::Acceptor);
        end.incoming.extend(hello.clone().take(length));
        end.ended = true;
        while end.step(&mut Wire::default(), NOW) {}
        assert_eq!(*end.failure(), TlsError::ClosedInHandshake, "{length}");
    }
}

#[test]
fn a_transport_that_fails_in_the_handshake_says_why() {
    let (near, _) = two();
    let mut end = End::new(config(Some(near)), Role::Initiator);
    end.step(&mut Wire::default(), NOW);
    end.driver.feed_read(Err(ErrorKind::ConnectionReset.into()), NOW);
    while end.step(&mut Wire::default(), NOW) {}
    assert_eq!(*end.failure(), TlsError::Lost { reason: "connection reset".into() });
}

#[test]
fn an_altered_record_ends_the_connection() {
    let mut pair = running();
    pair.near.send(Value::Count(1));
    let Step::Write(bytes) = pair.near.driver.poll_step(NOW) else { panic!() };
    let mut bytes = bytes.to_vec();
    pair.near.driver.feed_write(Ok(bytes.len()), NOW);
    *bytes.last_mut().unwrap() ^= 1;
    pair.far.incoming.extend(bytes);
    pair.run();
    assert_eq!(*pair.far.failure(), TlsError::Undecryptable);
    assert_eq!(pair.far.events(), 0);
    let refused = TlsError::Refused { alert: Alert(20), role: Role::Initiator };
    assert_eq!(*pair.near.failure(), refused, "the peer receives the alert");
}

#[test]
fn input_before_the_end_is_delivered() {
    let mut pair = running();
    pair.near.send(Value::Count(1));
    let Step::Write(bytes) = pair.near.driver.poll_step(NOW) else { panic!() };
    pair.far.incoming.extend(bytes.to_vec());
    pair.far.ended = true;
    while pair.far.step(&mut Wire::default(), NOW) {}
    assert_eq!(pair.far.events(), 1);
    assert_eq!(pair.far.cause(), Some(&CloseCause::PeerClosed));
}

#[test]
fn giving_up_or_closing_ends_the_handshake() {
    let (near, _) = two();
    let mut end = End::new(config(Some(near.clone())), Role::Initiator);
    assert!(!end.driver.give_up(NOW));
    assert_eq!(end.driver.poll_step(NOW), Step::Close);

    let mut end = End::new(config(Some(near)), Role::Initiator);
    end.driver.close(NOW);
    while end.step(&mut Wire::default(), NOW) {}
    assert!(!end.closed, "the peer may still answer");
    while end.step(&mut Wire::default(), after(6)) {}
    assert!(end.closed);
    assert_eq!(end.cause(), Some(&CloseCause::ClosedByUs));
}
