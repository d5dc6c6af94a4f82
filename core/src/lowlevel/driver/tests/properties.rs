//! Property tests of calls in any order.

use proptest::prelude::*;

use super::*;

/// An action of a socket, a clock or a user.
#[derive(Debug, Clone)]
enum Does {
    Write(usize),
    FailToWrite(ErrorKind),
    Read(Vec<u8>),
    FailToRead(ErrorKind),
    Wake,
    Take,
    Send,
    Close,
    Pass(Duration),
}

fn does() -> impl Strategy<Value = Does> {
    let kind = || {
        prop::sample::select(vec![
            ErrorKind::WouldBlock,
            ErrorKind::WouldBlock,
            ErrorKind::Interrupted,
            ErrorKind::BrokenPipe,
        ])
    };
    let bytes = prop_oneof![
        4 => Just(call()),
        2 => Just(pings(3)),
        1 => Just(vec![]),
        1 => Just(vec![0, 0]),
    ];
    prop_oneof![
        4 => (0..100_usize).prop_map(Does::Write),
        2 => kind().prop_map(Does::FailToWrite),
        4 => bytes.prop_map(Does::Read),
        2 => kind().prop_map(Does::FailToRead),
        3 => Just(Does::Wake),
        2 => Just(Does::Take),
        4 => Just(Does::Send),
        1 => Just(Does::Close),
        2 => (0..3000_u64).prop_map(|millis| Does::Pass(Duration::from_millis(millis))),
    ]
}

fn act(driver: &mut Driver, does: &Does, now: &mut Time) {
    match does {
        Does::Write(bytes) => driver.feed_write(Ok(*bytes), *now),
        Does::FailToWrite(kind) => driver.feed_write(fail(*kind), *now),
        Does::Read(bytes) => driver.feed_read(Ok(bytes), *now),
        Does::FailToRead(kind) => driver.feed_read(Err((*kind).into()), *now),
        Does::Wake => {
            driver.feed_readable();
            driver.feed_writable();
        }
        Does::Take => drop(driver.poll_notification()),
        Does::Send => {
            let event = Event { name: "e".into(), time: 0.0, args: vec![Value::Count(1)] };
            let _ = driver.connection_mut().send_event(&event);
        }
        Does::Close => driver.close(*now),
        Does::Pass(time) => *now += *time,
    }
}

proptest! {
    /// Whatever happened before, in any order: when the peer neither reads nor writes any more and
    /// we have failed to write or want to close, everything ends within [`LINGER`].
    #[test]
    fn no_order_of_calls_hangs(
        before in prop::collection::vec(does(), 0..40),
        fails in any::<bool>(),
    ) {
        let mut driver = running(ConnectionConfig { notification_limit: 3, ..config() });
        let mut now = NOW;
        for does in &before {
            act(&mut driver, does, &mut now);
            let step = format!("{:?}", driver.poll_step(now));
            if step != "EndOutput" && step != "Yield" {
                prop_assert_eq!(step, format!("{:?}", driver.poll_step(now)));
            }
        }
        if fails {
            act(&mut driver, &Does::Send, &mut now);
            driver.feed_write(fail(ErrorKind::BrokenPipe), now);
        } else {
            driver.close(now);
        }
        driver.feed_write(fail(ErrorKind::WouldBlock), now);
        driver.feed_read(Err(ErrorKind::WouldBlock.into()), now);
        let mut closed = before.len() * 3 + 20;
        while driver.poll_closed().is_pending() && closed > 0 {
            closed -= 1;
            while matches!(driver.poll_notification(), Poll::Ready(Some(_))) {}
            if let Step::Wait { until } = driver.poll_step(now) {
                prop_assert!(until.is_some_and(|until| until > now && until <= now + LINGER));
                now = until.unwrap_or(now);
            }
        }
        prop_assert!(driver.poll_closed().is_ready());
        while matches!(driver.poll_notification(), Poll::Ready(Some(_))) {}
        prop_assert_eq!(driver.poll_notification(), Poll::Ready(None));
    }
}
