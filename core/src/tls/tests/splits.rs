//! Tests of streams that arrive in any pieces, and end anywhere.

use brocomm_conformance::strategies::on_few;
use proptest::prelude::*;

use super::*;

#[test]
fn pieces_of_any_size_work() {
    let (near, far) = two();
    for piece in [1, 2, 7, 100, 1000] {
        let mut pair = Pair::new(&near, &far);
        (pair.near.piece, pair.far.piece) = (piece, piece);
        pair.run();
        pair.assert_running();
        pair.near.send(Value::string("x".repeat(40_000)));
        pair.run();
        assert_eq!(pair.far.events(), 1, "{piece}");
    }
}

/// Runs a session until one side has sent an event and closed.
fn session(near: &TlsConfig, far: &TlsConfig) -> Pair {
    let mut pair = Pair::new(near, far);
    pair.run();
    pair.near.send(Value::Count(1));
    pair.near.driver.close(NOW);
    pair.run();
    assert_eq!(pair.far.cause(), Some(&CloseCause::PeerClosed));
    pair
}

#[test]
fn a_stream_that_ends_anywhere_ends_the_connection() {
    let (near, far) = two();
    let whole = session(&near, &far).near.written.len();
    let mut in_order = Vec::new();
    for length in 0..whole {
        let mut pair = Pair::new(&near, &far);
        let mut left = length;
        let mut said = false;
        for _ in 0..200 {
            let mut wire = Wire::default();
            pair.near.step(&mut wire, NOW);
            if pair.near.phase() == Phase::Running && !said {
                said = true;
                pair.near.send(Value::Count(1));
                pair.near.driver.close(NOW);
            }
            let passes = wire.0.len().min(left);
            left -= passes;
            pair.far.incoming.extend(wire.0.drain(..passes));
            pair.far.ended |= left == 0;
            let mut wire = Wire::default();
            pair.far.step(&mut wire, NOW);
            pair.near.incoming.extend(wire.0);
            if pair.far.closed {
                break;
            }
        }
        if length >= pair.near.written.len() {
            // Signatures vary in length, so this session was shorter and is complete.
            continue;
        }
        let mut end = 0;
        let between = lengths(&pair.near.written).any(|record| {
            end += record;
            end == length
        });
        match pair.far.cause() {
            Some(CloseCause::PeerClosed) => {
                assert!(between, "{length}");
                in_order.push(length);
            }
            Some(CloseCause::Tls(error)) => match **error {
                // Handshakes vary in length because their two signatures do.
                TlsError::ClosedInHandshake => {
                    assert!(in_order.first().is_none_or(|first| length < first + 16), "{length}");
                }
                TlsError::Truncated => assert!(!between, "{length}"),
                _ => panic!("{length}: {error}"),
            },
            cause => panic!("{length}: {cause:?}"),
        }
    }
    assert!(!in_order.is_empty());
}

proptest! {
    #![proptest_config(on_few(24))]

    /// The same events are received however both streams are split.
    #[test]
    fn any_pieces_work(
        pieces in prop::collection::vec((1..3000_usize, 1..3000_usize), 1..20),
        lengths in prop::collection::vec(0..50_000_usize, 1..5),
    ) {
        let (near, far) = two();
        let mut pair = Pair::new(&near, &far);
        let mut lengths = lengths.into_iter();
        for (a, b) in pieces.into_iter().cycle().take(200) {
            (pair.near.piece, pair.far.piece) = (a, b);
            pair.run();
            pair.assert_running();
            let Some(length) = lengths.next() else { break };
            let before = pair.far.events();
            pair.near.send(Value::string("x".repeat(length)));
            pair.far.send(Value::string("y".repeat(length)));
            pair.run();
            prop_assert_eq!(pair.far.events(), before + 1);
            prop_assert_eq!(pair.near.events(), before + 1);
        }
    }

    /// Garbage instead of TLS, or within it, only causes an error.
    #[test]
    fn garbage_is_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200), hello in any::<bool>()) {
        let (_, far) = two();
        let mut end = End::new(config(Some(far)), Role::Acceptor);
        if hello {
            end.incoming.extend([0x16, 3, 1]);
        }
        end.incoming.extend(bytes);
        end.ended = true;
        while end.step(&mut Wire::default(), NOW) {}
        prop_assert!(end.closed);
        end.failure();
    }
}
