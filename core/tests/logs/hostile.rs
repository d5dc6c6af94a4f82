//! Invalid log messages close only their own connection.

use brocomm::logs::LogError;
use brocomm::lowlevel::connection::ProtocolErrorKind;
use brocomm::lowlevel::logs::{LogErrorKind, LogReceiver, LogWriter, ReceivedEntry};
use brocomm::lowlevel::wire::Message;
use brocomm::node::CloseCause;
use brocomm::node::{Notification, Options, PeerId};
use brocomm_conformance::testing::is_thorough;
use bytes::Bytes;

use super::bounds::{announcements, values};
use super::log_sessions;
use crate::framework::bench::Bench;
use crate::framework::support::{handshake, lines, numbers, once, peer, ping, requesting, wants};
use crate::meter::peak;

/// A node with one well-behaved peer while others attack it.
struct Attacked {
    bench: Bench,
    attacks: u64,
}

impl Attacked {
    fn new() -> Attacked {
        let node = wants("ping", peer());
        Attacked { bench: Bench::running(Options::default(), node, requesting(&[])), attacks: 0 }
    }

    /// Sends these messages from a new peer. Returns the notifications, the peer's ID, and how much
    /// memory the last message took.
    fn attack(&mut self, before: &[Message], last: &Message) -> (Vec<Notification>, PeerId, usize) {
        let Attacked { bench, attacks } = self;
        *attacks += 1;
        let id = PeerId(10_000 + *attacks);
        let hand = bench.accept(None);
        bench.send(hand, &handshake());
        bench.send(hand, before);
        assert!(bench.is_running(id));
        bench.notified.clear();
        let ((), memory) = peak(|| bench.send(hand, std::slice::from_ref(last)));
        (bench.notified(), id, memory)
    }

    /// Ends the attack, and checks that the node and the other peer still work.
    fn end(&mut self) {
        let Attacked { bench, attacks } = self;
        bench.hands.truncate(1);
        bench.raise(0, &ping(*attacks));
        assert_eq!(numbers(&bench.notified()), [*attacks]);
        assert!(!bench.hands[0].closed);
    }

    /// Sends an invalid message from a new peer; returns the reported error.
    fn cut_off(&mut self, before: &[Message], last: &Message) -> LogError {
        let (notified, id, memory) = self.attack(before, last);
        let (Message::LogCreateWriter(argument) | Message::LogWrite(argument)) = last else {
            unreachable!()
        };
        // A value of 5 bytes takes 40 bytes. Chunks, lines and notifications take the rest.
        let limit = 10 * argument.len() + (64 << 10);
        assert!(memory <= limit, "{memory} bytes of memory for {}", argument.len());
        assert!(self.bench.hands[1].closed, "{last:?} {notified:?}");
        let cause = notified.iter().find_map(|notified| match notified {
            Notification::ConnectionClosed { peer, cause, .. } if peer.id == id => Some(cause),
            _ => None,
        });
        let Some(CloseCause::Protocol(error)) = cause else { panic!("{cause:?}") };
        let ProtocolErrorKind::Log(wrong) = &error.kind else { panic!("{error}") };
        assert_eq!(error.message, Some(last.message_type()));
        let port = 50_001;
        once(&lines(&notified), &format!("error parent [#{id}/10.9.9.9:{port}] {error}"));
        let reason = error.kind.to_string();
        assert!(notified.iter().any(|notified| matches!(notified,
            Notification::ConnectionError { peer, reason: notified } if peer.id == id && **notified == *reason)));
        self.end();
        (**wrong).clone()
    }
}

fn section(message: &Message) -> &'static str {
    if matches!(message, Message::LogCreateWriter(_)) { "3§1" } else { "3§2" }
}

#[test]
fn truncated_messages_close_only_that_connection() {
    let mut attacked = Attacked::new();
    let (mut cut_off, mut whole) = (0, 0);
    // By default each message is truncated only at every fifth length, with a changing offset.
    let turns = if is_thorough() { 1 } else { 5 };
    for (_, _, messages) in log_sessions() {
        let mut receiver = LogReceiver::default();
        let mut before = Vec::new();
        for message in messages {
            let (argument, cut): (_, fn(Bytes) -> Message) = match &message {
                Message::LogCreateWriter(argument) => (argument, Message::LogCreateWriter),
                Message::LogWrite(argument) => (argument, Message::LogWrite),
                _ => unreachable!(),
            };
            // An empty argument counts as a missing one (§1.1).
            let first = 1 + (cut_off + whole) % turns;
            for length in (first..argument.len()).step_by(turns) {
                let message = cut(argument.slice(..length));
                if let Some(entries) = whole_entries(&receiver, &message) {
                    let (notified, id, _) = attacked.attack(&before, &message);
                    let came = |notified: &&Notification| {
                        matches!(notified, Notification::LogEntry { .. })
                    };
                    assert_eq!(notified.iter().filter(came).count(), entries);
                    assert!(attacked.bench.is_running(id));
                    attacked.bench.hang_up(1);
                    attacked.bench.notified.clear();
                    attacked.end();
                    whole += 1;
                } else {
                    let error = attacked.cut_off(&before, &message);
                    assert_eq!(error.section(), section(&message));
                    assert!(matches!(
                        error.kind,
                        LogErrorKind::Truncated { .. } | LogErrorKind::TooManyElements { .. }
                    ));
                    cut_off += 1;
                }
            }
            if let Message::LogCreateWriter(argument) = &message {
                receiver.announce(argument).unwrap();
                before.push(message);
            }
        }
    }
    assert!(cut_off > 10_000 / turns && whole > 50 / turns, "{cut_off} {whole}");
}

/// Returns how many entries a LOG_WRITE has, if it is one.
fn whole_entries(receiver: &LogReceiver, message: &Message) -> Option<usize> {
    let Message::LogWrite(argument) = message else { return None };
    let entries: Result<Vec<ReceivedEntry>, _> = receiver.entries(argument).collect();
    Some(entries.ok()?.len())
}

#[test]
fn invalid_messages_close_only_that_connection() {
    let mut attacked = Attacked::new();
    for (argument, kind) in values() {
        let error = attacked.cut_off(&[], &Message::LogWrite(argument.clone()));
        assert_eq!((error.kind, error.section()), (kind, "3§2"), "{argument:?}");
    }
    for (argument, kind) in announcements() {
        assert!(LogWriter::decode(&argument).is_err());
        let error = attacked.cut_off(&[], &Message::LogCreateWriter(argument));
        assert_eq!((error.kind, error.section()), (kind, "3§1"));
    }
}

#[test]
fn large_counts_do_not_allocate_memory() {
    let mut attacked = Attacked::new();
    // 2³² columns and options, 2³² values, 2⁶³ elements; 2³² bytes of path.
    let entry = |rest: &str| hex::decode(["0000000700000001", rest].concat()).unwrap();
    let numbers = [
        Message::LogWrite(entry("ffffffff").into()),
        Message::LogWrite(entry("0000000161ffffffff").into()),
        Message::LogWrite(entry("000000016100000001000000100100ffffffffffffff").into()),
        Message::LogCreateWriter(entry("ffffffff00000000").into()),
        Message::LogCreateWriter(entry("00000000ffffffff").into()),
        Message::LogCreateWriter(
            entry(&["0000000000000000", &"00".repeat(24), "ffffffff"].concat()).into(),
        ),
    ];
    for message in &numbers {
        attacked.cut_off(&[], message);
    }
}
