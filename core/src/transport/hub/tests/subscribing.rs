//! Several who take notifications.

use super::*;

impl World {
    fn subscribe(&mut self, event: Option<&'static str>) -> Ticket {
        let mut ticket = Ticket::default();
        self.hub.subscribe(&mut ticket, event.map(Into::into));
        ticket
    }

    /// What a subscriber gets; events as their numbers.
    fn subscribed(&mut self, ticket: &mut Ticket) -> Vec<String> {
        let mut told = Vec::new();
        while let Poll::Ready(Some(next)) = self.hub.poll_subscribed(ticket, Waker::noop()) {
            told.extend(match next {
                Notification::Event { event, .. } => event.args.first().map(ToString::to_string),
                Notification::Log(_) => None,
                Notification::ConnectionClosed { .. } => Some("closed".to_owned()),
                Notification::Terminated { .. } => Some("terminated".to_owned()),
                _ => Some("another".to_owned()),
            });
        }
        told
    }

    fn send(&mut self, numbers: std::ops::Range<u64>) {
        for n in numbers {
            assert_eq!(self.peer.send_event(&event(n)), Ok(Sent::Sent));
        }
        self.carry();
    }

    fn send_big(&mut self) {
        let args = vec![Value::string("x")];
        let big = Event { name: "big".into(), time: 0.0, args };
        assert_eq!(self.peer.send_event(&big), Ok(Sent::Sent));
        self.carry();
    }
}

#[test]
fn each_gets_all_that_it_wants_from_then_on() {
    let mut world = World::running(Options::default());
    world.send(0..1);
    assert_eq!(world.numbers(), [Value::Count(0)]);
    let [mut all, mut typed, mut other] =
        [None, Some("e"), Some("nonesuch")].map(|event| world.subscribe(event));
    world.send(1..3);
    world.send_big();
    // In any order of taking, and without the application.
    assert_eq!(world.subscribed(&mut typed), ["1", "2"]);
    assert_eq!(world.subscribed(&mut all), ["1", "2", "x"]);
    assert_eq!(world.subscribed(&mut other), [""; 0]);
    assert_eq!(world.numbers(), [Value::Count(1), Value::Count(2), Value::string("x")]);
    assert!(!world.hub.has_told_all_to(&typed));

    world.hub.forget(&mut all);
    assert_eq!(world.hub.poll_subscribed(&mut all, Waker::noop()), Poll::Ready(None));
    world.closed = true;
    world.hub.communication_mut().terminate_communication(NOW);
    world.carry();
    assert_eq!(world.subscribed(&mut typed), [""; 0]);
    assert_eq!(world.hub.poll_subscribed(&mut typed, Waker::noop()), Poll::Ready(None));
    assert!(world.hub.has_told_all_to(&typed) && !world.hub.has_told_all());
    assert!(matches!(world.told().last(), Some(Notification::Terminated { .. })));
}

#[test]
fn one_whose_share_is_full_stops_the_peer_until_it_takes_or_is_forgotten() {
    let mut world = World::running(Options { incoming: queue(3), ..Options::default() });
    world.told();
    let (mut slow, mut other) = (world.subscribe(Some("e")), world.subscribe(None));
    world.send(0..200);
    let first = |world: &mut World| world.numbers().len();
    assert_eq!(first(&mut world), 3, "more would be too many for the others");
    assert_eq!(world.subscribed(&mut other).len(), 3);
    assert!(!world.peer.poll_transmit().is_empty(), "not all is read");
    let (application, waiting) = (Arc::new(Sleeper::default()), Arc::new(Sleeper::default()));
    let waker = Waker::from(Arc::clone(&application));
    assert!(world.hub.poll_notification(&waker).is_pending());
    let waker = Waker::from(Arc::clone(&waiting));
    assert!(world.hub.poll_subscribed(&mut other, &waker).is_pending());
    settle(&mut world.hub);
    assert_eq!((application.woken(), waiting.woken()), (0, 0));

    let next = world.hub.poll_subscribed(&mut slow, Waker::noop());
    assert!(matches!(next, Poll::Ready(Some(Notification::Event { .. }))));
    settle(&mut world.hub);
    assert_eq!((application.woken(), waiting.woken()), (1, 1), "there is room for one");

    world.hub.forget(&mut slow);
    settle(&mut world.hub);
    let (mut got, mut both) = (3, 3);
    while got < 200 {
        world.carry();
        got += first(&mut world);
        both += world.subscribed(&mut other).len();
    }
    assert_eq!((got, both), (200, 200));
}

#[test]
fn the_application_need_take_nothing() {
    let mut world = World::running(Options { incoming: queue(3), ..Options::default() });
    let mut typed = world.subscribe(Some("e"));
    world.hub.stop_telling();
    settle(&mut world.hub);
    world.send(0..200);
    let mut got = 0;
    while got < 200 {
        got += world.subscribed(&mut typed).len();
        settle(&mut world.hub);
        world.carry();
    }
}
