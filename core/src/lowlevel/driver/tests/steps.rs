//! Tests of steps while the connection is open.

use super::*;

#[test]
fn queued_output_is_written_before_input_is_read() {
    let mut driver = fresh(config());
    let Step::Write(all) = driver.poll_step(NOW) else { panic!() };
    let all = all.to_vec();
    driver.feed_write(Ok(3), NOW);
    assert_eq!(driver.poll_step(NOW), Step::Write(&all[3..]));
    driver.feed_write(fail(ErrorKind::Interrupted), NOW);
    assert_eq!(driver.poll_step(NOW), Step::Write(&all[3..]));
    assert_eq!(driver.poll_written(), Poll::Pending);
    driver.feed_write(fail(ErrorKind::WouldBlock), NOW);
    assert_eq!(driver.poll_written(), Poll::Ready(()));
    assert_eq!(driver.poll_step(NOW), Step::Read);
    driver.feed_read(Err(ErrorKind::Interrupted.into()), NOW);
    assert_eq!(driver.poll_step(NOW), Step::Read);
    driver.feed_read(Err(ErrorKind::WouldBlock.into()), NOW);
    assert_eq!(driver.poll_step(NOW), Step::Wait { until: None });
    driver.feed_readable();
    assert_eq!(driver.poll_step(NOW), Step::Read);
    driver.feed_writable();
    assert_eq!(driver.poll_step(NOW), Step::Write(&all[3..]));
}

#[test]
fn a_drained_socket_is_not_read() {
    let mut driver = running(config());
    driver.feed_read(Ok(&call()), NOW);
    assert_eq!(driver.poll_step(NOW), Step::Read);
    driver.feed_drained();
    assert_eq!(driver.poll_step(NOW), Step::Wait { until: None });
    assert!(take(&mut driver).iter().all(is_event));
    driver.feed_readable();
    assert_eq!(driver.poll_step(NOW), Step::Read);
}

#[test]
fn notifications_wait_for_writable_output() {
    let mut driver = running(config());
    send(&mut driver);
    driver.feed_read(Ok(&call()), NOW);
    assert_eq!(driver.poll_notification(), Poll::Pending);
    driver.feed_write(fail(ErrorKind::WouldBlock), NOW);
    let notified = take(&mut driver);
    assert!(notified.len() == 1 && notified.iter().all(is_event), "{notified:?}");
    assert_eq!(driver.poll_notification(), Poll::Pending);
}

#[test]
fn a_flush_reads_until_too_many_notifications_are_queued() {
    let mut driver = running(ConnectionConfig { notification_limit: 2, ..config() });
    assert_eq!(driver.poll_flush(), Poll::Ready(Flushed::All));
    send(&mut driver);
    assert_eq!(driver.poll_flush(), Poll::Pending);
    driver.feed_write(fail(ErrorKind::WouldBlock), NOW);
    for _ in 0..2 {
        assert_eq!(driver.poll_flush(), Poll::Pending);
        assert_eq!(driver.poll_step(NOW), Step::Read);
        driver.feed_read(Ok(&call()), NOW);
    }
    assert_eq!(driver.poll_flush(), Poll::Ready(Flushed::NotificationsWait));
    assert_eq!(driver.poll_step(NOW), Step::Wait { until: None });
    assert!(matches!(driver.poll_notification(), Poll::Ready(Some(_))));
    assert_eq!(driver.poll_flush(), Poll::Pending);
    assert_eq!(driver.poll_step(NOW), Step::Read);
    driver.feed_writable();
    write_all(&mut driver);
    assert_eq!(driver.poll_flush(), Poll::Ready(Flushed::All));
    send(&mut driver);
    driver.feed_write(fail(ErrorKind::WouldBlock), NOW);
    driver.close(NOW);
    assert_eq!(driver.poll_flush(), Poll::Ready(Flushed::Over));
}

#[test]
fn long_reads_yield_to_other_tasks() {
    let mut driver = running(config());
    let read = |driver: &mut Driver, most: usize| {
        (0..most)
            .take_while(|_| {
                let read = driver.poll_step(NOW) == Step::Read;
                if read {
                    driver.feed_read(Ok(&[0]), NOW);
                }
                read
            })
            .count()
    };
    driver.feed_read(Err(ErrorKind::WouldBlock.into()), NOW);
    assert_eq!(driver.poll_step(NOW), Step::Wait { until: None });
    driver.feed_readable();
    // A long message arrives in small pieces.
    driver.feed_read(Ok(&[0, 0x10, 0]), NOW);
    assert_eq!(read(&mut driver, 20), 20);
    driver.feed_read(Err(ErrorKind::WouldBlock.into()), NOW);
    assert_eq!(driver.poll_step(NOW), Step::Wait { until: None });
    driver.feed_readable();
    // The first call of `read` has consumed the `Yield` step.
    assert_eq!(read(&mut driver, 1000), 32);
    assert_eq!(read(&mut driver, 32), 32);
    assert_eq!(driver.poll_step(NOW), Step::Yield);
    assert_eq!(driver.poll_step(NOW), Step::Read);
    // Whole blocks do so sooner.
    let block = vec![0; BLOCK];
    for _ in 0..4 {
        assert_eq!(driver.poll_step(NOW), Step::Read);
        driver.feed_read(Ok(&block), NOW);
    }
    assert_eq!(driver.poll_step(NOW), Step::Yield);
}
