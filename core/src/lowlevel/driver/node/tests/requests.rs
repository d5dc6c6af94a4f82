//! Tests of answers behind other notifications.

use super::*;

#[test]
fn answers_are_found_and_other_notifications_stay_in_order() {
    let mut world = World::running(Options::default());
    world.notified();
    let requester = Arc::new(Sleeper::default());
    let waker = Waker::from(Arc::clone(&requester));
    let mut ticket = Ticket::default();
    world.driver.expect(&mut ticket, |_, event| event.args == [Value::Count(2)]);
    assert_eq!(world.driver.poll_answer(&mut ticket, &waker), Poll::Pending);
    for n in 0..4 {
        assert_eq!(world.peer.send_event(&event(n)), Ok(Sent::Sent));
    }
    world.carry();
    assert_eq!(requester.woken(), 1);
    let Poll::Ready(Some((_, answer))) = world.driver.poll_answer(&mut ticket, &waker) else {
        panic!()
    };
    assert_eq!(answer, event(2));
    assert_eq!(world.numbers(), [0, 1, 3].map(Value::Count));
    assert_eq!(world.driver.poll_answer(&mut ticket, &waker), Poll::Ready(None));

    // Taking notifications also finds the answer.
    world.driver.expect(&mut ticket, |_, event| event.args == [Value::Count(5)]);
    assert_eq!(world.driver.poll_answer(&mut ticket, &waker), Poll::Pending);
    assert_eq!(world.peer.send_event(&event(5)), Ok(Sent::Sent));
    world.carry();
    assert!(world.numbers().is_empty());
    assert!(world.driver.poll_answer(&mut ticket, &waker).is_ready());
}

#[test]
fn an_answer_waits_for_a_subscriber_with_a_full_queue() {
    let mut world = World::running(Options { incoming: queue(10), ..Options::default() });
    world.notified();
    let mut ticket = Ticket::default();
    world.driver.expect(&mut ticket, |_, event| event.args == [Value::Count(100)]);
    for n in 0..=100 {
        assert_eq!(world.peer.send_event(&event(n)), Ok(Sent::Sent));
    }
    world.carry();
    assert_eq!(world.driver.poll_answer(&mut ticket, Waker::noop()), Poll::Pending);
    let mut taken = Vec::new();
    while taken.len() < 100 {
        taken.extend(world.numbers());
        world.carry();
    }
    assert!(taken.into_iter().eq((0..100).map(Value::Count)));
    assert!(world.driver.poll_answer(&mut ticket, Waker::noop()).is_ready());
}
