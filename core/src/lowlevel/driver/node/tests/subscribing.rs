//! Tests of subscribers.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

impl World {
    fn subscribe(&mut self, subscription: Subscription) -> Ticket {
        let mut ticket = Ticket::default();
        self.driver.subscribe(&mut ticket, subscription);
        ticket
    }

    /// Returns the notifications of a subscriber: events as their numbers, and the log lines about
    /// subscribers.
    fn subscribed(&mut self, ticket: &mut Ticket) -> Vec<String> {
        let mut notified = Vec::new();
        while let Poll::Ready(Some(next)) = self.driver.poll_notification(ticket, Waker::noop()) {
            notified.extend(match next {
                Notification::Event { event, .. } => event.args.first().map(ToString::to_string),
                Notification::Log(entry) => {
                    Some(entry.to_string()).filter(|line| line.starts_with("subscriber "))
                }
                Notification::ConnectionClosed { .. } => Some("closed".to_owned()),
                Notification::Terminated { .. } => Some("terminated".to_owned()),
                _ => Some("another".to_owned()),
            });
        }
        settle(&mut self.driver);
        notified
    }

    fn first_subscribed(&mut self) -> Vec<String> {
        let mut first = std::mem::take(&mut self.first);
        let notified = self.subscribed(&mut first);
        self.first = first;
        notified
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

    /// Advances the time; returns how long the managing task then waits.
    fn pass(&mut self, now: Time) -> Option<Time> {
        let task = self.driver.poll_task(now, Waker::noop());
        settle(&mut self.driver);
        match task {
            Task::Wait { until } => until,
            other => panic!("{other:?}"),
        }
    }
}

fn numbers(range: std::ops::Range<u64>) -> Vec<String> {
    range.map(|n| n.to_string()).collect()
}

/// Connects another peer, which sends events.
fn another(driver: &mut NodeDriver) -> (SocketDriver, Connection) {
    let from = Endpoint::new(Ipv4Addr::LOCALHOST.into(), 50_001);
    let id = driver.communication_mut().feed_accepted(from, NOW).unwrap();
    let requests = Requests { events: vec!["e".into()], ..Requests::default() };
    let config = ConnectionConfig {
        requests,
        undeclared: Undeclared::Deliver,
        ..ConnectionConfig::default()
    };
    (SocketDriver::new(id), Connection::new(config, Role::Initiator, NOW))
}

#[test]
fn each_subscriber_receives_all_matching_notifications_from_then_on() {
    let mut world = World::running(Options::default());
    world.send(0..1);
    assert_eq!(world.numbers(), [Value::Count(0)]);
    let mut all = world.subscribe(Subscription::new("all"));
    let [mut typed, mut other] =
        ["e", "nonesuch"].map(|event| world.subscribe(Subscription::new(event).event(event)));
    world.send(1..3);
    world.send_big();
    // In any order of reading, and independently of the others.
    assert_eq!(world.subscribed(&mut typed), ["1", "2"]);
    assert_eq!(world.subscribed(&mut all), ["1", "2", "x"]);
    assert_eq!(world.subscribed(&mut other), [""; 0]);
    assert_eq!(world.numbers(), [Value::Count(1), Value::Count(2), Value::string("x")]);
    assert!(!world.driver.is_over(&typed));

    world.driver.forget(&mut all);
    assert_eq!(world.driver.poll_notification(&mut all, Waker::noop()), Poll::Ready(None));
    world.closed = true;
    world.driver.communication_mut().terminate_communication(NOW);
    world.carry();
    assert_eq!(world.subscribed(&mut typed), [""; 0]);
    assert_eq!(world.driver.poll_notification(&mut typed, Waker::noop()), Poll::Ready(None));
    assert!(world.driver.is_over(&typed) && !world.driver.is_over(&world.first));
    assert!(matches!(world.notified().last(), Some(Notification::Terminated { .. })));
}

#[test]
fn subscribers_before_the_first_read_receive_everything() {
    let mut world = World::running(Options::default());
    world.send(0..3);
    let mut early = world.subscribe(Subscription::new("early").event("e"));
    world.send(3..5);
    assert_eq!(world.numbers().len(), 5);
    assert_eq!(world.subscribed(&mut early), numbers(0..5));
    let mut late = world.subscribe(Subscription::new("late"));
    world.send(5..6);
    assert_eq!(world.subscribed(&mut late), numbers(5..6));
}

#[test]
fn a_full_queue_blocks_the_peer_until_it_is_read_or_removed() {
    let mut world = World::running(Options { incoming: queue(4), ..Options::default() });
    world.notified();
    let mut slow = world.subscribe(Subscription::new("slow").event("e"));
    world.send(0..200);
    assert_eq!(world.numbers().len(), 4, "the other queue has no room for more");
    assert!(!world.peer.poll_transmit().is_empty(), "not everything is read");
    let reading = Arc::new(Sleeper::default());
    let waker = Waker::from(Arc::clone(&reading));
    assert!(world.driver.poll_notification(&mut world.first, &waker).is_pending());
    settle(&mut world.driver);
    assert_eq!(reading.woken(), 0);
    for woken in [0, 0, 1] {
        let next = world.driver.poll_notification(&mut slow, Waker::noop());
        assert!(matches!(next, Poll::Ready(Some(Notification::Event { .. }))));
        settle(&mut world.driver);
        assert_eq!(reading.woken(), woken, "input continues when half of the queue is read");
    }

    world.driver.forget(&mut slow);
    settle(&mut world.driver);
    let mut got = 4;
    while got < 200 {
        world.carry();
        got += world.numbers().len();
    }
    assert_eq!(got, 200);
}

#[test]
fn a_full_queue_blocks_only_the_peers_that_send_to_it() {
    let mut world = World::running(Options { incoming: queue(3), ..Options::default() });
    world.notified();
    let mut unread = world.subscribe(Subscription::new("unread").event("e"));
    world.send(0..200);
    assert_eq!(world.numbers().len(), 3);
    // Another peer connects, whose events this subscriber does not receive.
    let (socket, peer) = another(&mut world.driver);
    let ours = std::mem::replace(&mut world.socket, socket);
    let theirs = std::mem::replace(&mut world.peer, peer);
    world.carry();
    for _ in 0..50 {
        world.send_big();
        assert_eq!(world.numbers(), [Value::string("x")]);
    }
    (world.socket, world.peer) = (ours, theirs);
    let mut got = 0;
    while got < 200 {
        got += world.subscribed(&mut unread).len();
        world.notified();
        world.carry();
    }
}

#[test]
fn a_subscriber_that_reads_nothing_for_a_second_is_logged() {
    let mut world = World::running(Options { incoming: queue(3), ..Options::default() });
    let mut stalled = world.subscribe(Subscription::new("scans").event("e"));
    let mut log = world.subscribe(Subscription::new("log"));
    world.driver.forget(&mut world.first);
    assert!(world.subscribed(&mut log).len() < 10);
    world.send(0..3);
    assert!(world.pass(NOW).unwrap() > NOW + SECOND, "the queue is full, but no peer waits");
    world.send(3..100);
    assert_eq!(world.subscribed(&mut log), numbers(0..3));
    assert_eq!(world.pass(NOW), Some(NOW + SECOND));
    // It reads one notification after half a second, which restarts the time.
    let half = NOW + SECOND / 2;
    assert_eq!(world.pass(half), Some(NOW + SECOND));
    assert!(world.driver.poll_notification(&mut stalled, Waker::noop()).is_ready());
    settle(&mut world.driver);
    assert_eq!(world.pass(half), Some(half + SECOND));
    assert_eq!(world.subscribed(&mut log), [""; 0]);
    assert_ne!(world.pass(half + SECOND), Some(half + SECOND));
    let line = "subscriber scans has read nothing for 1 s: its queue of 2 notifications is full, \
                and peers wait";
    assert_eq!(world.subscribed(&mut log), [line]);
    // It is logged once until it has read everything.
    world.pass(half + SECOND * 10);
    assert_eq!(world.subscribed(&mut log), [""; 0]);
    let mut got = 1;
    while got < 100 {
        got += world.subscribed(&mut stalled).len();
        world.subscribed(&mut log);
        world.carry();
    }
    world.send(100..200);
    world.pass(half + SECOND * 20);
    let lines = world.subscribed(&mut log);
    assert!(lines.iter().any(|line| line.starts_with("subscriber scans ")), "{lines:?}");
}

#[test]
fn the_drop_policies_drop_and_count_notifications_of_a_full_queue() {
    for (overflow, kept) in
        [(Overflow::DropNewest, numbers(0..3)), (Overflow::DropOldest, numbers(197..200))]
    {
        let mut world = World::running(Options::default());
        world.notified();
        let bound = Bound::new(3, 1 << 20);
        let subscription = Subscription::new("lossy").event("e").bound(bound).overflow(overflow);
        let mut lossy = world.subscribe(subscription);
        world.send(0..200);
        assert_eq!(world.driver.dropped(&lossy), 197);
        assert_eq!(world.subscribed(&mut lossy), kept);
        // The others receive everything, and one line about the drops.
        let mut got = world.first_subscribed();
        let line = "subscriber lossy reads too slowly: its queue is full, dropping";
        assert_eq!(got.iter().position(|got| got == line), Some(4));
        got.remove(4);
        assert_eq!(got, numbers(0..200));
        world.send(200..201);
        assert_eq!(world.subscribed(&mut lossy), ["200"]);
        assert!(!world.driver.is_disconnected(&lossy));
    }
}

#[test]
fn a_full_queue_still_accepts_essential_notifications() {
    for overflow in [Overflow::DropNewest, Overflow::DropOldest] {
        let mut world = World::running(Options::default());
        world.notified();
        let bound = Bound::new(3, 1 << 20);
        let mut lossy = world.subscribe(Subscription::new("lossy").bound(bound).overflow(overflow));
        world.send(0..200);
        world.closed = true;
        world.carry();
        let got = world.subscribed(&mut lossy);
        assert!(got.contains(&"closed".to_owned()), "{got:?}");
        assert!(got.len() <= 5, "{got:?}");
    }
}

#[test]
fn a_disconnected_subscriber_receives_the_rest_of_its_queue() {
    let mut world = World::running(Options::default());
    world.notified();
    let bound = Bound::new(3, 1 << 20);
    let subscription = Subscription::new("slow").event("e").bound(bound);
    let mut slow = world.subscribe(subscription.overflow(Overflow::Disconnect));
    world.send(0..200);
    assert!(world.driver.is_disconnected(&slow) && !world.driver.is_over(&slow));
    assert_eq!(world.subscribed(&mut slow), numbers(0..3));
    assert_eq!(world.driver.poll_notification(&mut slow, Waker::noop()), Poll::Ready(None));
    assert!(world.driver.is_over(&slow));
    let got = world.first_subscribed();
    let line = "subscriber slow reads too slowly: its queue was full, disconnected";
    assert_eq!(got.iter().filter(|got| *got == line).count(), 1);
    assert_eq!(got.len(), 201);
}

#[test]
fn termination_does_not_wait_for_subscribers() {
    let mut world = World::running(Options { incoming: queue(3), ..Options::default() });
    world.notified();
    let mut unread = world.subscribe(Subscription::new("unread"));
    world.send(0..100);
    world.closed = true;
    world.driver.communication_mut().terminate_communication(NOW);
    world.carry();
    while world.driver.communication().terminated().is_none() {
        world.driver.communication_mut().feed_time(NOW + SECOND * 5);
        world.carry();
    }
    settle(&mut world.driver);
    assert_eq!(world.first_subscribed().last().map(String::as_str), Some("terminated"));
    assert_eq!(world.driver.poll_task(NOW + SECOND * 20, Waker::noop()), Task::End);
    let got = world.subscribed(&mut unread);
    assert_eq!(got.last().map(String::as_str), Some("terminated"));
    assert!(!got.iter().any(|got| got.starts_with("subscriber ")), "{got:?}");
}
