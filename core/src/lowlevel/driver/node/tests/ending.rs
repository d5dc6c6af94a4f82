//! Tests of terminating and dropping the node.

use super::*;
use crate::data::TypeTag;
use crate::logs::{LogField, LogStream, LogValue};

#[test]
fn termination_wakes_the_tasks_that_wait_for_it() {
    let mut world = World::running(Options::default());
    let (manager, ending) = (Arc::new(Sleeper::default()), Arc::new(Sleeper::default()));
    let waker = Waker::from(Arc::clone(&manager));
    let minute = NOW + Duration::from_secs(60);
    assert_eq!(world.driver.poll_task(NOW, &waker), Task::Wait { until: Some(minute) });
    let mut ticket = Ticket::default();
    let waker = Waker::from(Arc::clone(&ending));
    world.driving.woken();
    world.driver.communication_mut().terminate_communication(NOW);
    assert_eq!(world.driver.poll_terminated(&mut ticket, &waker), Poll::Pending);
    settle(&mut world.driver);
    assert_eq!((world.driving.woken(), ending.woken()), (1, 0));
    assert_eq!(manager.woken(), 1, "the next timeout is earlier now");
    let _ = world.driver.poll_task(NOW, &Waker::from(Arc::clone(&manager)));
    world.closed = true;
    assert_eq!(world.carry(), "Close");
    assert_eq!((manager.woken(), ending.woken()), (1, 1));
    assert_eq!(world.driver.poll_terminated(&mut ticket, Waker::noop()), Poll::Ready(vec![]));
    assert_eq!(world.driver.poll_task(NOW, Waker::noop()), Task::End);
    assert!(matches!(world.notified().last(), Some(Notification::Terminated { .. })));
    assert_eq!(world.driver.poll_notification(&mut world.first, Waker::noop()), Poll::Ready(None));
}

#[test]
fn a_peer_that_does_not_read_is_abandoned_after_the_timeout() {
    let mut world = World::running(Options::default());
    world.blocked = true;
    assert_eq!(world.driver.communication_mut().raise(event(1), NOW).map(|r| r.peers), Ok(1));
    world.driver.communication_mut().terminate_communication(NOW);
    world.carry();
    let late = world.peer_id();
    world.driving.woken();
    world.driver.communication_mut().feed_time(NOW + Duration::from_secs(5));
    settle(&mut world.driver);
    assert_eq!(world.driver.communication().terminated(), Some([late].as_slice()));
    assert_eq!(world.driving.woken(), 1);
    assert_eq!(world.carry(), "Close");
}

#[test]
fn notifications_without_subscribers_block_no_peer() {
    let mut world = World::running(Options { incoming: queue(1), ..Options::default() });
    world.driver.forget(&mut world.first);
    settle(&mut world.driver);
    for n in 0..200 {
        assert_eq!(world.peer.send_event(&event(n)), Ok(Sent::Sent));
    }
    world.carry();
    while world.driving.woken() > 0 {
        world.carry();
    }
    assert!(world.peer.poll_transmit().is_empty());
    assert_eq!(world.driver.communication().counters(world.peer_id()).unwrap().incoming.events, 0);
    assert!(world.driver.early.is_none(), "nothing is kept for later subscribers");
}

#[test]
fn dropping_the_node_returns_the_peers_that_lose_something() {
    let mut world = World::running(Options::default());
    world.blocked = true;
    let endpoint = world.driver.communication().peer(world.peer_id()).unwrap().endpoint.clone();
    world.driver.communication_mut().raise(event(1), NOW).unwrap();
    assert_eq!(world.driver.abandon(), std::slice::from_ref(&endpoint));

    // A batch of log entries.
    let mut world = World::running(Options::default());
    let stream = LogStream::new(14, "log", vec![LogField::new("n", TypeTag::Count)]);
    world.driver.communication_mut().declare_log(stream).unwrap();
    world.driver.communication_mut().write_log(14, &[LogValue::Count(1)], NOW).unwrap();
    assert_eq!(world.driver.abandon(), [endpoint]);

    // Communication was terminated, and reported them.
    let mut world = World::running(Options::default());
    world.blocked = true;
    world.driver.communication_mut().raise(event(1), NOW).unwrap();
    world.driver.communication_mut().terminate_communication(NOW);
    world.driver.communication_mut().feed_time(NOW + Duration::from_secs(5));
    assert_eq!(world.driver.abandon(), []);
}

#[test]
fn dropping_the_node_ends_everything_at_once() {
    let mut world = World::running(Options::default());
    world.driving.woken();
    assert_eq!(world.driver.abandon(), []);
    settle(&mut world.driver);
    assert_eq!(world.driving.woken(), 1);
    assert_eq!(world.carry(), "Close");
    assert_eq!(world.driver.poll_task(NOW, Waker::noop()), Task::End);
    world.notified();
    assert_eq!(world.driver.poll_notification(&mut world.first, Waker::noop()), Poll::Ready(None));
}
