//! Tests of received logs: decoded one by one, in order with other notifications (part 3).

use super::*;
use crate::logs::{LogField, LogLimits, LogStream, LogStreams, LogValue, Mismatch};

/// Returns a LOG_CREATE_WRITER, and the argument of a LOG_WRITE with these entries.
fn log(numbers: std::ops::Range<u64>) -> (Message, Vec<u8>) {
    let mut streams = LogStreams::new();
    let fields = vec![LogField::new("n", TypeTag::Count)];
    streams.declare(LogStream::new(14, "mini", fields)).unwrap();
    let mut entries = Vec::new();
    for n in numbers {
        entries.extend(streams.write(14, &[LogValue::Count(n)], NOW).unwrap().as_bytes());
    }
    let writer = streams.writers().next().unwrap().announcement().clone();
    (Message::LogCreateWriter(writer), entries)
}

/// Returns the path of a writer, or the number in an entry.
fn log_of(notification: &ConnectionNotification) -> Option<Result<u64, Name>> {
    match notification {
        ConnectionNotification::LogWriterAnnounced(writer) => Some(Err(writer.path.clone())),
        ConnectionNotification::LogEntry(entry) => match entry.values[..] {
            [LogValue::Count(n)] => Some(Ok(n)),
            _ => panic!("{entry:?}"),
        },
        _ => None,
    }
}

fn numbers(notified: &[ConnectionNotification]) -> Vec<u64> {
    notified.iter().filter_map(log_of).filter_map(Result::ok).collect()
}

#[test]
fn entries_are_decoded_on_demand_and_before_later_messages() {
    let mut connection = in_phase(Phase::Running);
    let (writer, entries) = log(0..500);
    let write = Message::LogWrite(entries.into());
    feed(&mut connection, &[call_of("none"), writer, write.clone(), call_of("none"), write]);
    assert_eq!(connection.waiting_notifications(), 3, "the event, the writer, the message");
    assert_eq!(connection.counters().events_received, 1);
    assert!(!connection.wants_input());
    connection.feed_eof(NOW);
    let notified = drain(&mut connection);
    let event = |n: &ConnectionNotification| matches!(n, ConnectionNotification::Event(_));
    assert!(event(&notified[0]));
    assert_eq!(log_of(&notified[1]), Some(Err("mini".into())));
    assert_eq!(numbers(&notified[..502]), Vec::from_iter(0..500));
    assert!(event(&notified[502]));
    assert_eq!(numbers(&notified[502..]), Vec::from_iter(0..500));
    assert_eq!(notified.last(), Some(&ConnectionNotification::Closed(CloseCause::PeerClosed)));
}

#[test]
fn entries_received_before_our_close_are_delivered_before_it() {
    let mut connection = in_phase(Phase::Running);
    let (writer, entries) = log(0..3);
    feed(&mut connection, &[writer, Message::LogWrite(entries.into()), call_of("none")]);
    let announced = connection.poll_notification();
    assert!(matches!(announced, Some(ConnectionNotification::LogWriterAnnounced(_))));
    connection.close(NOW);
    let notified = drain(&mut connection);
    assert_eq!(numbers(&notified[..3]), [0, 1, 2]);
    assert_eq!(
        without_log(notified[3..].to_vec()),
        [ConnectionNotification::Closed(CloseCause::ClosedByUs)],
        "unprocessed input is dropped"
    );
}

#[test]
fn an_entry_that_cannot_be_read_ends_the_connection_once() {
    for closed in [false, true] {
        let mut connection = in_phase(Phase::Running);
        let (writer, entries) = log(7..9);
        feed(&mut connection, &[writer]);
        let offset = connection.counters().input.bytes;
        let cut = [&entries[..], &entries[..entries.len() - 1]].concat();
        let write = Message::LogWrite(cut.clone().into());
        feed(&mut connection, &[write, call_of("none")]);
        if closed {
            connection.close(NOW);
        }
        let mut notified = drain(&mut connection);
        assert_eq!(numbers(&notified), [7, 8, 7]);
        let Some(ConnectionNotification::Closed(CloseCause::Protocol(error))) = notified.pop()
        else {
            panic!("{notified:?}")
        };
        assert_eq!((error.phase, error.offset), (Phase::Running, offset));
        assert_eq!(error.message, Some(crate::wire::MessageType::LogWrite));
        let ProtocolErrorKind::Log(log) = &error.kind else { panic!("{error}") };
        assert_eq!(log.kind, crate::logs::LogErrorKind::Truncated { wanted: 1 });
        assert_eq!(log.offset as usize, cut.len() - 7);
        let is_closed =
            |n: &&ConnectionNotification| matches!(n, ConnectionNotification::Closed(_));
        assert_eq!(notified.iter().filter(is_closed).count(), 0);
    }
}

#[test]
fn an_entry_without_a_writer_is_dropped_with_a_notification() {
    let mut connection = in_phase(Phase::Running);
    let (writer, entries) = log(1..3);
    let write = Message::LogWrite(entries.into());
    feed(&mut connection, &[write.clone(), write.clone(), writer.clone(), write, writer]);
    let notified = drain(&mut connection);
    let dropped: Vec<_> = notified
        .iter()
        .filter_map(|n| match n {
            ConnectionNotification::LogEntryDropped { entry, first } => Some((entry.why, *first)),
            _ => None,
        })
        .collect();
    let why = Mismatch::UnknownWriter;
    assert_eq!(dropped, [(why, true), (why, false), (why, true), (why, false)]);
    let came: Vec<_> = notified.iter().filter_map(log_of).collect();
    assert_eq!(came, [Err("mini".into()), Ok(1), Ok(2)]);
    assert_eq!(connection.phase(), Phase::Running);
}

#[test]
fn a_writer_beyond_the_limits_ends_the_connection() {
    let log_limits = LogLimits { writers: 0, ..LogLimits::default() };
    let config = ConnectionConfig { log_limits, ..config() };
    let mut connection = Connection::new(config, Role::Acceptor, NOW);
    feed(&mut connection, &[version(), log(0..1).0, call_of("none")]);
    let notified = without_log(drain(&mut connection));
    let Some(ConnectionNotification::Closed(CloseCause::Protocol(error))) = notified.last() else {
        panic!("{notified:?}")
    };
    assert!(error.to_string().starts_with("more than 0 writers"), "{error}");
}
