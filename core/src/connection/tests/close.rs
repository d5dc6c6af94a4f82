//! Tests of the end of a connection (§3.6).

use super::*;

fn ends_with(connection: &mut Connection, cause: CloseCause) {
    let notified = drain(connection);
    assert_eq!(notified, [ConnectionNotification::Closed(cause)]);
    assert_eq!(log_lines(&notified), ["parent info peer disconnected"]);
    assert_eq!(connection.phase(), Phase::Closed);
    assert_eq!(connection.poll_close(), Some(PollClose::Now));
    connection.feed_eof(NOW);
    connection.feed_failure("again", NOW);
    connection.close(NOW);
    assert_eq!(drain(connection), []);
}

#[test]
fn the_peer_closes_between_messages() {
    for phase in [Phase::Setup, Phase::Handshake, Phase::Sync(SyncRole::Receiver), Phase::Running] {
        let mut connection = in_phase(phase);
        connection.feed_eof(NOW);
        ends_with(&mut connection, CloseCause::PeerClosed);
    }
}

#[test]
fn the_peer_closes_in_the_middle_of_a_message() {
    let mut connection = in_phase(Phase::Running);
    connection.feed_bytes(&[0, 0], NOW);
    connection.feed_eof(NOW);
    let Some(ConnectionNotification::Closed(CloseCause::PeerClosedMidMessage(error))) =
        drain(&mut connection).pop()
    else {
        panic!()
    };
    assert_eq!(error.kind, crate::wire::WireErrorKind::EndInLength { have: 2 });
}

#[test]
fn the_transport_fails() {
    let mut connection = in_phase(Phase::Running);
    connection.feed_failure("reset", NOW);
    ends_with(&mut connection, CloseCause::TransportFailed { reason: "reset".into() });
}

#[test]
fn we_close_and_what_is_queued_is_still_sent() {
    let mut pair = Pair::running(config(), config());
    assert_eq!(pair.initiator.send_event(&count(1)), Ok(Sent::Sent));
    pair.initiator.close(NOW);
    assert_eq!(pair.initiator.poll_close(), Some(PollClose::WhenWritten));
    assert_eq!(pair.initiator.send_event(&count(2)), Ok(Sent::NotRunning));
    let notified = drain(&mut pair.initiator);
    assert_eq!(notified, [ConnectionNotification::Closed(CloseCause::ClosedByUs)]);
    let lines = ["parent info closing connection", "parent info peer disconnected"];
    assert_eq!(log_lines(&notified), lines);
    let closed = ConnectionNotification::Closed(CloseCause::PeerClosed);
    assert_eq!(pair.notified(), (vec![], vec![ConnectionNotification::Event(count(1)), closed]));
    assert_eq!(pair.initiator.poll_close(), Some(PollClose::Now));
}

#[test]
fn a_transport_that_fails_while_closing_is_closed_at_once() {
    let mut connection = Connection::new(config(), Role::Acceptor, NOW);
    connection.close(NOW);
    assert_eq!(connection.poll_close(), Some(PollClose::WhenWritten));
    connection.feed_failure("broken pipe", NOW);
    assert_eq!(connection.poll_close(), Some(PollClose::Now));
    assert_eq!(drain(&mut connection).len(), 3);
}

#[test]
fn counters_outlive_the_connection() {
    let mut pair = Pair::running(config(), config());
    assert_eq!(pair.initiator.send_event(&count(1)), Ok(Sent::Sent));
    pair.drive(&[usize::MAX]);
    let before = (pair.initiator.counters(), pair.acceptor.counters());
    pair.initiator.close(NOW);
    pair.drive(&[usize::MAX]);
    assert_eq!((pair.initiator.counters(), pair.acceptor.counters()), before);
}

/// A peer that closes its direction at the same time may still read. Only a failed transport
/// discards what is queued.
#[test]
fn queued_output_outlives_the_peers_close_but_not_a_failed_transport() {
    let mut pair = Pair::running(config(), config());
    assert_eq!(pair.initiator.send_event(&count(1)), Ok(Sent::Sent));
    pair.initiator.close(NOW);
    pair.initiator.feed_eof(NOW);
    assert_eq!(pair.initiator.poll_close(), Some(PollClose::WhenWritten));
    let waiting = pair.initiator.poll_transmit().len();
    assert!(waiting > 0);
    pair.initiator.feed_failure("reset", NOW);
    assert_eq!(pair.initiator.poll_close(), Some(PollClose::Now));
}
