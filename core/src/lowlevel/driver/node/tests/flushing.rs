//! Tests of batching and flushing.

use super::*;
use crate::data::TypeTag;
use crate::logs::{LogField, LogStream, LogValue};

impl World {
    /// Returns the numbers of received messages with log entries and with prints.
    fn came(&mut self) -> (usize, usize) {
        use connection::ConnectionNotification::{LogEntry, RemotePrint};
        let got = std::mem::take(&mut self.got);
        let count = |is: fn(&connection::ConnectionNotification) -> bool| {
            got.iter().filter(|n| is(n)).count()
        };
        (count(|n| matches!(n, LogEntry(_))), count(|n| matches!(n, RemotePrint(_))))
    }

    /// Writes an entry and prints a line, which stay in incomplete batches.
    fn write(&mut self) {
        let node = self.driver.communication_mut();
        let written = node.write_log(5, &[LogValue::Count(1)], NOW);
        assert_eq!(written.map(|raised| raised.peers), Ok(1));
        assert_eq!(node.print(b"/dev/stdout", b"hello", NOW).map(|raised| raised.peers), Ok(1));
        settle(&mut self.driver);
    }
}

#[test]
fn a_flush_sends_batches_at_once_and_waits_for_the_socket() {
    let mut world = World::running(Options::default());
    let stream = LogStream::new(5, "log", vec![LogField::new("n", TypeTag::Count)]);
    world.driver.communication_mut().declare_log(stream).unwrap();
    world.write();
    world.carry();
    assert_eq!(world.came(), (0, 0), "the batches are incomplete");

    let (flushing, mut ticket) = (Arc::new(Sleeper::default()), Ticket::default());
    let (mut flush, waker) = (Flush::default(), Waker::from(Arc::clone(&flushing)));
    world.blocked = true;
    assert_eq!(world.driver.poll_flush(&mut ticket, &mut flush, NOW, &waker), Poll::Pending);
    settle(&mut world.driver);
    world.carry();
    assert_eq!((flushing.woken(), world.came()), (0, (0, 0)));
    // The flush does not wait for later items.
    world.blocked = false;
    world.carry();
    assert_eq!((flushing.woken(), world.came()), (1, (1, 1)));
    world.write();
    assert_eq!(world.driver.poll_flush(&mut ticket, &mut flush, NOW, &waker), Poll::Ready(()));
    assert_eq!(world.driver.communication().undelivered(), [world.peer_id()]);
}
