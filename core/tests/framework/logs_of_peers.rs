//! Logs from peers (part 3).

use brocomm::lowlevel::connection::ProtocolErrorKind;
use brocomm::lowlevel::logs::{LogErrorKind, LogLimits};
use brocomm::lowlevel::wire::Message;
use brocomm::node::CloseCause;
use brocomm::node::{Bound, Notification, Options, Overflow, PeerId, Queue};
use bytes::Bytes;

use super::log_support::*;
use super::support::*;

const PREFIX: &str = "[#10000/10.9.9.9:50000]";

#[test]
fn logs_of_a_peer_are_bounded() {
    let incoming = Queue { bound: Bound::new(3, 1 << 30), overflow: Overflow::Block };
    let mut bench = by_hand(Options { incoming, ..Options::default() });
    bench.takes = false;
    let (writer, bytes) = messages(0..500);
    bench.send(0, &[writer, Message::LogWrite(bytes.clone()), Message::LogWrite(bytes)]);
    assert_eq!(bench.node.counters(FIRST).unwrap().incoming.events, 3);
    assert!(!bench.node.wants_input(bench.hands[0].link));
    bench.takes = true;
    assert_eq!(entries(&bench.notified()), Vec::from_iter((0..500).chain(0..500)));
    assert_eq!(bench.node.counters(FIRST).unwrap().incoming.most_events, 3);
}

#[test]
fn entries_sent_before_the_peer_closed_are_delivered() {
    let incoming = Queue { bound: Bound::new(3, 1 << 30), overflow: Overflow::Block };
    let mut bench = by_hand(Options { incoming, ..Options::default() });
    bench.takes = false;
    let (writer, bytes) = messages(0..50);
    bench.send(0, &[writer, Message::LogWrite(bytes)]);
    bench.hang_up(0);
    bench.takes = true;
    let notified = bench.news();
    assert_eq!(entries(&notified), Vec::from_iter(0..50));
    assert!(matches!(notified.last(), Some(Notification::ConnectionClosed { .. })));
}

#[test]
fn receive_queue_policies_apply_to_entries() {
    for (overflow, left) in [(Overflow::DropNewest, [0, 1, 2]), (Overflow::DropOldest, [2, 3, 4])] {
        let incoming = Queue { bound: Bound::new(3, 1 << 30), overflow };
        let mut bench = by_hand(Options { incoming, ..Options::default() });
        bench.takes = false;
        let (writer, bytes) = messages(0..5);
        bench.send(0, &[writer, Message::LogWrite(bytes)]);
        bench.takes = true;
        let notified = bench.notified();
        assert_eq!(entries(&notified), left);
        let line = "dropped 1 log entries from peer, receive queue full";
        assert_eq!(lines(&notified), vec![format!("error parent {PREFIX} {line}"); 2]);
        assert_eq!(bench.node.counters(FIRST).unwrap().dropped_incoming, 2);
    }
}

/// Why a connection was closed.
fn cause(notified: &[Notification]) -> &CloseCause {
    let cause = notified.iter().find_map(|notified| match notified {
        Notification::ConnectionClosed { cause, .. } => Some(cause),
        _ => None,
    });
    cause.unwrap_or_else(|| panic!("{notified:?}"))
}

#[test]
fn an_invalid_log_message_ends_only_that_connection() {
    let mut bench = by_hand(Options::default());
    let other = bench.accept(Some(requesting(&[])));
    bench.notified.clear();
    let (writer, entry) = messages(7..8);
    // The third entry is truncated. Messages after it are ignored.
    let bytes = Bytes::from([&entry[..], &entry[..], &entry[..entry.len() - 1]].concat());
    bench.send(0, &[writer, Message::LogWrite(bytes), Message::CaptureFilter("x".into())]);
    let notified = bench.notified();
    assert_eq!(entries(&notified), [7, 7]);
    assert!(
        !notified.iter().any(|notified| matches!(notified, Notification::CaptureFilter { .. }))
    );
    let CloseCause::Protocol(error) = cause(&notified) else { panic!("{:?}", cause(&notified)) };
    let ProtocolErrorKind::Log(log) = &error.kind else { panic!("{error}") };
    assert_eq!(log.kind, LogErrorKind::Truncated { wanted: 1 });
    assert_eq!(error.section(), "3§2");
    let reason = log_reason(&notified);
    assert!(reason.starts_with("1 bytes are missing at byte "), "{reason}");
    let line = format!("error parent {PREFIX} {error}");
    once(&lines(&notified), &line);
    assert!(line.contains("(LOG_WRITE in Running, at byte "), "{line}");
    assert!(bench.hands[0].closed);
    assert!(!bench.hands[other].closed);
    assert!(bench.is_running(PeerId(10_001)));
}

/// The reason in `remote_connection_error`.
fn log_reason(notified: &[Notification]) -> &str {
    let reason = notified.iter().find_map(|notified| match notified {
        Notification::ConnectionError { reason, .. } => Some(&**reason),
        _ => None,
    });
    reason.unwrap_or_else(|| panic!("{notified:?}"))
}

#[test]
fn an_invalid_announcement_is_an_error_even_after_the_peer_closed() {
    let mut bench = by_hand(Options::default());
    let link = bench.hands[0].link;
    let mut bytes = Vec::new();
    let mut encoder =
        brocomm::lowlevel::wire::Encoder::new(brocomm::lowlevel::wire::Framing::Clear);
    encoder.message(&Message::LogCreateWriter("writer".into()), &mut bytes);
    let now = bench.now;
    // The application reads nothing until the connection has ended.
    bench.takes = false;
    bench.node.feed_bytes(link, &bytes, now);
    bench.node.feed_eof(link, now);
    bench.takes = true;
    let notified = bench.notified();
    let CloseCause::Protocol(error) = cause(&notified) else { panic!("{:?}", cause(&notified)) };
    assert!(matches!(&error.kind, ProtocolErrorKind::Log(_)), "{error}");
    assert_eq!(error.section(), "3§1");
    let closed =
        |notified: &&Notification| matches!(notified, Notification::ConnectionClosed { .. });
    assert_eq!(notified.iter().filter(closed).count(), 1);
}

#[test]
fn log_limits_end_the_connection() {
    let log_limits = LogLimits { writers: 0, ..LogLimits::default() };
    let mut bench = by_hand(Options { log_limits, ..Options::default() });
    let (writer, _) = messages(0..1);
    bench.send(0, &[writer]);
    let notified = bench.notified();
    let CloseCause::Protocol(error) = cause(&notified) else { panic!("{:?}", cause(&notified)) };
    assert!(error.to_string().starts_with("more than 0 writers"), "{error}");
}

#[test]
fn write_error_for_log_entry() {
    let mut bench = by_hand(Options::default());
    let (writer, bytes) = messages(1..4);
    bench.send(0, &[Message::LogWrite(bytes.clone())]);
    let notified = bench.notified();
    assert_eq!(entries(&notified), [0; 0]);
    once(&lines(&notified), &format!("error parent {PREFIX} write error for log entry"));
    assert_eq!(log_reason(&notified), "write error for log entry: mini: unknown writer");
    // Only entries without a matching writer are dropped, and only until the writer is announced.
    bench.send(0, &[writer.clone(), Message::LogWrite(bytes), writer]);
    let notified = bench.notified();
    assert_eq!((announced(&notified), entries(&notified)), (vec!["mini".into()], vec![1, 2, 3]));
    assert!(bench.is_running(FIRST));
}
