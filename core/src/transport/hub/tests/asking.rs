//! Answers, and what is passed over in search for them.

use super::*;

#[test]
fn answers_are_found_and_all_else_stays_in_order() {
    let mut world = World::running(Options::default());
    world.told();
    let asking = Arc::new(Sleeper::default());
    let waker = Waker::from(Arc::clone(&asking));
    let mut ticket = Ticket::default();
    world.hub.expect(&mut ticket, |_, event| event.args == [Value::Count(2)]);
    assert_eq!(world.hub.poll_answer(&mut ticket, &waker), Poll::Pending);
    for n in 0..4 {
        assert_eq!(world.peer.send_event(&event(n)), Ok(Sent::Sent));
    }
    world.carry();
    assert_eq!(asking.woken(), 1);
    let Poll::Ready(Some((_, answer))) = world.hub.poll_answer(&mut ticket, &waker) else {
        panic!()
    };
    assert_eq!(answer, event(2));
    assert_eq!(world.numbers(), [0, 1, 3].map(Value::Count));
    assert_eq!(world.hub.poll_answer(&mut ticket, &waker), Poll::Ready(None));

    // Who takes notifications finds it as well.
    world.hub.expect(&mut ticket, |_, event| event.args == [Value::Count(5)]);
    assert_eq!(world.hub.poll_answer(&mut ticket, &waker), Poll::Pending);
    assert_eq!(world.peer.send_event(&event(5)), Ok(Sent::Sent));
    world.carry();
    assert!(world.numbers().is_empty());
    assert!(world.hub.poll_answer(&mut ticket, &waker).is_ready());
}

#[test]
fn not_all_is_passed_over_in_search_for_an_answer() {
    let mut world = World::running(Options::default());
    world.told();
    let mut ticket = Ticket::default();
    world.hub.expect(&mut ticket, |_, event| event.args == [Value::Count(5000)]);
    for n in 0..=5000 {
        assert_eq!(world.peer.send_event(&event(n)), Ok(Sent::Sent));
        world.carry();
        let found = world.hub.poll_answer(&mut ticket, Waker::noop());
        assert_eq!(found, Poll::Pending);
        assert!(world.hub.passed_over.len() <= 1000);
    }
    let mut taken = Vec::new();
    while taken.len() < 5000 {
        taken.extend(world.numbers());
        world.carry();
    }
    assert!(taken.into_iter().eq((0..5000).map(Value::Count)));
    assert!(world.hub.poll_answer(&mut ticket, Waker::noop()).is_ready());
}

#[test]
fn what_is_passed_over_is_bounded_in_bytes_too() {
    let mut world = World::running(Options::default());
    world.told();
    let mut ticket = Ticket::default();
    world.hub.expect(&mut ticket, |_, _| false);
    let big =
        Event { args: vec![Value::string(vec![b'x'; 1 << 20])], name: "big".into(), ..event(0) };
    world.buffer = vec![0; 1 << 20];
    for _ in 0..40 {
        assert_eq!(world.peer.send_event(&big), Ok(Sent::Sent));
        world.carry();
        assert_eq!(world.hub.poll_answer(&mut ticket, Waker::noop()), Poll::Pending);
    }
    assert!((16..=17).contains(&world.hub.passed_over.len()), "{}", world.hub.passed_over.len());
}
