//! Successful connections.

use rustls::version::{TLS12, TLS13};

use super::*;
use crate::driver::Flushed;

#[test]
fn events_pass_in_both_directions() {
    let (near, far) = two();
    let mut pair = Pair::new(&near, &far);
    pair.run();
    pair.assert_running();
    pair.near.send(Value::Count(1));
    pair.far.send(Value::Count(2));
    pair.run();
    assert_eq!((pair.near.events(), pair.far.events()), (1, 1));
    for written in [&pair.near.written, &pair.far.written] {
        assert_eq!(written[..2], [0x16, 3]);
        assert!(!written.windows(4).any(|part| part == b"bro\0"), "our class is secret");
    }
}

/// Without a driver: the bytes fed and returned are ciphertext.
#[test]
fn a_connection_encrypts_without_a_driver() {
    let (near, far) = two();
    let mut near = Connection::new(config(Some(near)), Role::Initiator, NOW);
    let mut far = Connection::new(config(Some(far)), Role::Acceptor, NOW);
    assert_eq!((near.next_timeout(), far.waiting_notifications()), (Some(after(30)), 0));
    let mut passed = Vec::new();
    let mut pass = |from: &mut Connection, to: &mut Connection| {
        let bytes = from.poll_transmit().to_vec();
        from.advance(bytes.len(), NOW);
        to.feed_bytes(&bytes, NOW);
        passed.extend(bytes);
    };
    let mut carry = |near: &mut Connection, far: &mut Connection| {
        while near.has_output() || far.has_output() {
            pass(near, far);
            pass(far, near);
        }
    };
    carry(&mut near, &mut far);
    let take = |end: &mut Connection| -> Vec<ConnectionNotification> {
        std::iter::from_fn(|| end.poll_notification()).collect()
    };
    for end in [&mut near, &mut far] {
        let notified = take(end);
        assert_eq!(notified[0], ConnectionNotification::Secured, "{notified:?}");
        assert_eq!(
            notified
                .iter()
                .filter(|notified| **notified == ConnectionNotification::Secured)
                .count(),
            1
        );
        assert!(notified.contains(&ConnectionNotification::HandshakeDone), "{notified:?}");
        assert!(end.tls().is_some_and(|tls| tls.peer_certificates.len() == 1));
        assert_eq!(end.next_timeout(), None);
    }
    let event = Event { name: "e".into(), time: 1.5, args: vec![Value::string("in secret")] };
    assert_eq!(near.send_event(&event), Ok(Sent::Sent));
    near.close(NOW);
    carry(&mut near, &mut far);
    let notified = take(&mut far);
    assert!(
        matches!(
            notified[..],
            [
                ConnectionNotification::Event(_),
                ..,
                ConnectionNotification::Closed(CloseCause::PeerClosed)
            ]
        ),
        "{notified:?}"
    );
    assert!(!passed.windows(9).any(|part| part == b"in secret"));
}

#[test]
fn both_sides_know_the_negotiated_parameters() {
    let (near, far) = two();
    for (version, name) in [([&TLS12], "TLS 1.2"), ([&TLS13], "TLS 1.3")] {
        let version: &'static [_] = version.to_vec().leak();
        let mut pair = Pair::new(&near.with_versions(version), &far);
        assert_eq!(pair.near.driver.connection().tls(), None);
        pair.run();
        let sessions = [&pair.near, &pair.far].map(|end| end.driver.connection().tls().unwrap());
        for (session, peer) in sessions.iter().zip([&far, &near]) {
            assert_eq!(&*session.version, name);
            let suite = &*session.cipher_suite;
            assert!(suite.starts_with("TLS_") && suite.contains("_SHA"), "{suite}");
            assert!(session.key_exchange.is_some());
            assert_eq!(session.peer_certificates.len(), 1);
            assert_eq!(session.peer_sha256, peer.own_sha256());
        }
        assert_ne!(sessions[0], sessions[1]);
        assert_eq!(sessions[0].cipher_suite, sessions[1].cipher_suite);
    }
    let clear = End::new(config(None), Role::Initiator);
    assert_eq!(clear.driver.connection().tls(), None);
}

#[test]
fn both_versions_work() {
    let (near, far) = two();
    for version in [[&TLS12], [&TLS13]] {
        let version: &'static [_] = version.to_vec().leak();
        for (near, far) in
            [(near.with_versions(version), far.clone()), (near.clone(), far.with_versions(version))]
        {
            let mut pair = Pair::new(&near, &far);
            pair.run();
            pair.assert_running();
        }
    }
}

#[test]
fn a_large_transfer_takes_little_memory_and_is_complete() {
    let (near, far) = two();
    let mut pair = Pair::of(
        ConnectionConfig { output_limit: 256 << 20, ..config(Some(near)) },
        ConnectionConfig { wire_limits: limits(), ..config(Some(far)) },
    );
    pair.run();
    let text: String = "0123456789abcdef".repeat(1 << 18);
    for _ in 0..8 {
        pair.near.send(Value::string(text.clone()));
    }
    let mut most = 0;
    while pair.near.driver.connection().has_output() {
        if let Step::Write(bytes) = pair.near.driver.poll_step(NOW) {
            most = most.max(bytes.len());
            let bytes = bytes.to_vec();
            pair.near.driver.feed_write(Ok(bytes.len()), NOW);
            pair.far.incoming.extend(bytes);
        }
        while !pair.far.incoming.is_empty() {
            pair.far.step(&mut Wire::default(), NOW);
        }
    }
    assert!((64 << 10..66 << 10).contains(&most), "{most}");
    let is_whole = |notified: &&ConnectionNotification| matches!(notified, ConnectionNotification::Event(event) if event.args == [Value::string(text.clone())]);
    pair.run();
    assert_eq!(pair.far.notified.iter().filter(is_whole).count(), 8);
}

fn limits() -> crate::wire::FramingLimits {
    crate::wire::FramingLimits { chunk: 1 << 26, message: 1 << 26, ..Default::default() }
}

#[test]
fn plaintext_counts_as_written_when_its_ciphertext_is() {
    let (near, far) = two();
    let mut pair = Pair::new(&near, &far);
    pair.run();
    let driver = &mut pair.near.driver;
    assert_eq!(driver.poll_flush(), Poll::Ready(Flushed::All));
    let event = Event { name: "e".into(), time: 1.5, args: vec![Value::Count(1)] };
    assert_eq!(driver.connection_mut().send_event(&event), Ok(Sent::Sent));
    assert!(driver.connection().has_output());
    assert_eq!(driver.poll_flush(), Poll::Pending);
    assert!(driver.poll_written().is_pending());
    let Step::Write(bytes) = driver.poll_step(NOW) else { panic!() };
    let length = bytes.len();
    driver.feed_write(Ok(length - 1), NOW);
    assert!(driver.connection().has_output());
    assert_eq!(driver.poll_flush(), Poll::Pending);
    driver.feed_write(Ok(1), NOW);
    assert!(!driver.connection().has_output());
    assert_eq!(driver.poll_flush(), Poll::Ready(Flushed::All));
}

#[test]
fn a_name_or_a_digest_can_be_required() {
    let authority = Authority::new();
    let named = || Made { name: Some("sensor.example"), ..Made::default() };
    let (near, far) = (authority.config(named()), authority.config(named()));
    let near = near.expect_name("sensor.example").unwrap().pin(far.own_sha256()).unwrap();
    let far = far.expect_name("sensor.example").unwrap().pin([0; 32]).unwrap();
    let far = far.pin(near.own_sha256()).unwrap();
    let mut pair = Pair::new(&near, &far);
    pair.run();
    pair.assert_running();
}
