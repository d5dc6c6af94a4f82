//! Bytes that are lent to a driver while it writes them.

use super::*;

/// Raises two events, the second while the first is being written, and feeds the result of the
/// write.
fn raise_during_a_write(result: impl FnOnce(&[u8]) -> std::io::Result<usize>) {
    let mut world = World::running(Options::default());
    let raise = |world: &mut World, n| {
        assert_eq!(world.driver.communication_mut().raise(event(n), NOW).map(|r| r.peers), Ok(1));
        settle(&mut world.driver);
    };
    raise(&mut world, 1);
    let step = world.socket.poll_step(&mut world.driver, &mut world.buffer, NOW, Waker::noop());
    let Step::Write(bytes) = step else { panic!("{step:?}") };
    let result = result(bytes);
    let written = bytes[..*result.as_ref().unwrap_or(&0)].to_vec();
    raise(&mut world, 2);
    assert_eq!(world.driver.communication().undelivered(), [world.peer_id()]);
    world.peer.feed_bytes(&written, NOW);
    world.socket.feed_write(result);
    world.got.extend(std::iter::from_fn(|| world.peer.poll_notification()));
    world.carry();
    // If it was not ready, it is again.
    world.carry();
    assert!(world.driver.communication().undelivered().is_empty());
    assert_eq!(events(world), [1, 2].map(Value::Count));
}

/// Returns the arguments of the events that the peer has received.
fn events(world: World) -> Vec<Value> {
    let argument = |got| match got {
        connection::ConnectionNotification::Event(event) => event.args.into_iter().next(),
        _ => None,
    };
    world.got.into_iter().filter_map(argument).collect()
}

#[test]
fn events_raised_during_a_write_follow_it() {
    raise_during_a_write(|_| Err(ErrorKind::WouldBlock.into()));
    raise_during_a_write(|_| Err(ErrorKind::Interrupted.into()));
    raise_during_a_write(|_| Ok(1));
    raise_during_a_write(|bytes| Ok(bytes.len() - 1));
    raise_during_a_write(|bytes| Ok(bytes.len()));
}

#[test]
fn output_that_is_lost_during_a_write_does_not_return() {
    let mut world = World::running(Options::default());
    assert_eq!(world.driver.communication_mut().raise(event(1), NOW).map(|r| r.peers), Ok(1));
    let step = world.socket.poll_step(&mut world.driver, &mut world.buffer, NOW, Waker::noop());
    assert!(matches!(step, Step::Write(_)), "{step:?}");
    let id = world.socket.id();
    world.driver.communication_mut().feed_read_failure(id, "connection reset", NOW);
    world.socket.feed_write(Ok(1));
    world.closed = true;
    assert_eq!(world.carry(), "Close");
    assert_eq!(events(world), []);
}
