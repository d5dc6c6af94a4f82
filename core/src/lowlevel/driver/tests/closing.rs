//! Tests of closing.

use super::*;
use crate::connection::ProtocolErrorKind;

#[test]
fn we_close_before_the_peer() {
    let mut driver = running(config());
    send(&mut driver);
    driver.close(NOW);
    let Step::Write(bytes) = driver.poll_step(NOW) else { panic!() };
    let all = bytes.len();
    driver.feed_write(Ok(all), NOW);
    assert_eq!(driver.poll_step(NOW), Step::EndOutput);
    // What the peer still sends is read and ignored.
    assert_eq!(driver.poll_step(NOW), Step::Read);
    driver.feed_read(Ok(&call()), NOW);
    assert_eq!(driver.poll_step(NOW), Step::Read);
    assert_eq!(take(&mut driver), [ConnectionNotification::Closed(CloseCause::ClosedByUs)]);
    assert_eq!(driver.poll_closed(), Poll::Pending);
    driver.feed_read(Ok(&[]), NOW);
    ends(&mut driver, true);
}

#[test]
fn the_peer_closes_its_half_while_we_still_write() {
    let mut driver = running(config());
    send(&mut driver);
    driver.feed_write(fail(ErrorKind::WouldBlock), NOW);
    driver.close(NOW);
    assert_eq!(driver.poll_step(NOW), Step::Read);
    driver.feed_read(Ok(&[]), NOW);
    assert_eq!(driver.poll_step(NOW), Step::Wait { until: Some(after(5)) });
    driver.feed_writable();
    assert!(is_write(&mut driver, NOW));
    driver.feed_write(Ok(1), NOW);
    assert!(is_write(&mut driver, NOW));
    let Step::Write(bytes) = driver.poll_step(NOW) else { panic!() };
    let all = bytes.len();
    driver.feed_write(Ok(all), NOW);
    assert_eq!(driver.poll_step(NOW), Step::EndOutput);
    ends(&mut driver, true);
}

#[test]
fn the_peer_closes_first() {
    let mut driver = running(config());
    driver.feed_read(Ok(&call()), NOW);
    driver.feed_read(Ok(&[]), NOW);
    assert_eq!(driver.poll_step(NOW), Step::EndOutput);
    assert_eq!(driver.poll_step(NOW), Step::Close);
    let notified = take(&mut driver);
    assert!(notified.first().is_some_and(is_event), "{notified:?}");
    assert_eq!(notified[1..], [ConnectionNotification::Closed(CloseCause::PeerClosed)]);
    ends(&mut driver, true);

    let mut driver = running(config());
    driver.feed_read(Ok(&[0, 0]), NOW);
    driver.feed_read(Ok(&[]), NOW);
    let notified = take(&mut driver);
    assert!(
        matches!(
            notified[..],
            [ConnectionNotification::Closed(CloseCause::PeerClosedMidMessage(_))]
        ),
        "{notified:?}"
    );
}

#[test]
fn input_before_a_failed_write_is_still_read() {
    let mut driver = running(config());
    send(&mut driver);
    driver.feed_write(fail(ErrorKind::BrokenPipe), NOW);
    assert_eq!(driver.poll_step(NOW), Step::Read);
    driver.feed_read(Ok(&call()), after(1));
    let notified = take(&mut driver);
    assert!(notified.len() == 1 && notified.iter().all(is_event), "{notified:?}");
    assert_eq!(driver.poll_step(after(1)), Step::Read);
    driver.feed_read(Ok(&[]), after(1));
    assert_eq!(take(&mut driver), [failed()]);
    ends(&mut driver, false);
}

#[test]
fn after_a_failed_write_the_connection_closes_soon() {
    let mut driver = running(config());
    send(&mut driver);
    driver.feed_write(fail(ErrorKind::BrokenPipe), NOW);
    driver.feed_read(Err(ErrorKind::WouldBlock.into()), NOW);
    assert_eq!(driver.poll_step(after(4)), Step::Wait { until: Some(after(5)) });
    assert_eq!(take(&mut driver), []);
    assert_eq!(driver.poll_step(after(5)), Step::Close);
    assert_eq!(take(&mut driver), [failed()]);
    ends(&mut driver, false);
}

#[test]
fn a_write_fails_while_we_close() {
    let mut driver = running(config());
    send(&mut driver);
    driver.close(NOW);
    // A socket that accepts 0 bytes without an error has failed, too.
    driver.feed_write(Ok(0), NOW);
    assert_eq!(driver.poll_step(NOW), Step::Read);
    driver.feed_read(Err(ErrorKind::WouldBlock.into()), NOW);
    assert_eq!(driver.poll_step(NOW), Step::Wait { until: Some(after(5)) });
    driver.feed_readable();
    driver.feed_read(Err(ErrorKind::ConnectionReset.into()), NOW);
    assert_eq!(take(&mut driver), [ConnectionNotification::Closed(CloseCause::ClosedByUs)]);
    ends(&mut driver, false);
}

#[test]
fn lingering_ends_without_progress() {
    let mut driver = running(config());
    send(&mut driver);
    driver.feed_write(fail(ErrorKind::WouldBlock), NOW);
    driver.feed_read(Err(ErrorKind::WouldBlock.into()), NOW);
    driver.close(NOW);
    assert_eq!(driver.poll_step(after(2)), Step::Wait { until: Some(after(7)) });
    driver.feed_writable();
    assert!(is_write(&mut driver, after(6)));
    driver.feed_write(Ok(1), after(6));
    driver.feed_write(fail(ErrorKind::WouldBlock), after(6));
    assert_eq!(driver.poll_step(after(6)), Step::Wait { until: Some(after(11)) });
    // Reading is not progress, and time never goes back.
    driver.feed_readable();
    driver.feed_read(Ok(&call()), after(10));
    driver.feed_read(Err(ErrorKind::WouldBlock.into()), NOW);
    assert_eq!(driver.poll_step(after(8)), Step::Wait { until: Some(after(11)) });
    assert_eq!(driver.poll_step(after(11)), Step::Close);
    ends(&mut driver, false);
}

#[test]
fn a_peer_that_never_closes_is_abandoned_after_everything_is_written() {
    let mut driver = running(config());
    driver.close(NOW);
    assert_eq!(driver.poll_step(NOW), Step::EndOutput);
    driver.feed_read(Err(ErrorKind::WouldBlock.into()), NOW);
    assert_eq!(driver.poll_step(NOW), Step::Wait { until: Some(after(5)) });
    assert_eq!(driver.poll_step(after(5)), Step::Close);
    ends(&mut driver, true);
}

#[test]
fn a_failed_read_closes_at_once() {
    let mut driver = running(config());
    send(&mut driver);
    driver.feed_write(fail(ErrorKind::WouldBlock), NOW);
    driver.feed_read(Err(Error::new(ErrorKind::ConnectionReset, "Connection reset")), NOW);
    let reset = CloseCause::TransportFailed { reason: "connection reset".into() };
    assert_eq!(take(&mut driver), [ConnectionNotification::Closed(reset)]);
    assert_eq!(driver.poll_step(NOW), Step::EndOutput);
    ends(&mut driver, false);
}

#[test]
fn invalid_input_closes_the_connection_gracefully() {
    let mut driver = running(config());
    send(&mut driver);
    driver.feed_write(fail(ErrorKind::WouldBlock), NOW);
    driver.feed_read(Ok(&[0xff; 100]), NOW);
    let notified = take(&mut driver);
    let [ConnectionNotification::Closed(CloseCause::Protocol(error))] = &notified[..] else {
        panic!("{notified:?}");
    };
    assert!(matches!(error.kind, ProtocolErrorKind::Wire(_)), "{error}");
    driver.feed_writable();
    // What was queued is still written.
    assert!(is_write(&mut driver, NOW));
    let Step::Write(bytes) = driver.poll_step(NOW) else { panic!() };
    let all = bytes.len();
    driver.feed_write(Ok(all), NOW);
    assert_eq!(driver.poll_step(NOW), Step::EndOutput);
    driver.feed_read(Ok(&[0xff; 100]), NOW);
    driver.feed_read(Ok(&[]), NOW);
    ends(&mut driver, true);
}

#[test]
fn input_does_not_wait_for_answers_that_cannot_be_written() {
    for ends_before in [false, true] {
        let mut driver = running(config());
        driver.feed_read(Ok(&pings(10)), NOW);
        driver.feed_read(Ok(&call()), NOW);
        driver.feed_write(fail(ErrorKind::WouldBlock), NOW);
        if ends_before {
            driver.feed_read(Ok(&[]), NOW);
        }
        assert!(!driver.connection().wants_input());
        assert_eq!(driver.poll_step(NOW), Step::Wait { until: None });
        driver.feed_writable();
        driver.feed_write(fail(ErrorKind::BrokenPipe), NOW);
        let _ = driver.poll_step(NOW);
        let notified = take(&mut driver);
        assert!(notified.first().is_some_and(is_event), "{notified:?}");
        let cause = if ends_before {
            ConnectionNotification::Closed(CloseCause::PeerClosed)
        } else {
            failed()
        };
        assert_eq!(notified[1..], [cause]);
        ends(&mut driver, false);
    }
}

#[test]
fn giving_up_closes_at_once() {
    let mut driver = running(config());
    send(&mut driver);
    driver.feed_write(fail(ErrorKind::WouldBlock), NOW);
    assert!(!driver.give_up(NOW));
    assert_eq!(take(&mut driver), [ConnectionNotification::Closed(CloseCause::ClosedByUs)]);
    ends(&mut driver, false);
    assert!(running(config()).give_up(NOW));
}
