//! Tests with two connections in memory, or with one that the test feeds.

mod calls;
mod close;
mod data_formats;
mod handshake;
mod lazy;
mod logs;
mod observer;
mod pressure;
mod properties;
mod running;
mod sync;
mod violations;

use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::Time;
use crate::data::{
    CallMismatch, ConversionError, Declarations, Event, EventDecl, Field, Global, Name, Type,
    TypeTag, Value,
};
use crate::wire::{Caps, DataFormat, Encoder, Framing, Message, Version};

const _: () = {
    const fn can_move_between_threads<T: Send + Sync>() {}
    can_move_between_threads::<Connection>();
    can_move_between_threads::<Observer>();
};

const NOW: Time = Time::from_nanos(1_700_000_000_500_000_000);

/// Declares `none()`, `other()`, `count(n: count)`, `two(n: count, s: string)` and the variable
/// `a_global`.
fn declarations() -> Arc<Declarations> {
    let mut known = Declarations::new();
    known.add_event(EventDecl::new("none", vec![]));
    known.add_event(EventDecl::new("other", vec![]));
    known.add_event(EventDecl::new("count", vec![Field::new("n", Type::COUNT)]));
    let two = vec![Field::new("n", Type::COUNT), Field::new("s", Type::STRING)];
    known.add_event(EventDecl::new("two", two));
    known.globals.insert(Global::new("a_global", Type::COUNT));
    Arc::new(known)
}

/// Returns requests that accept input and request all events but `other`.
fn requests() -> Requests {
    let events = ["none", "count", "two"].map(Name::from).to_vec();
    Requests { events, ..Requests::default() }
}

fn config() -> ConnectionConfig {
    ConnectionConfig {
        declarations: declarations(),
        requests: requests(),
        ..ConnectionConfig::default()
    }
}

fn event(name: &str, args: Vec<Value>) -> Event {
    Event { name: Name::from(name), time: 1.5, args }
}

fn count(n: u64) -> Event {
    event("count", vec![Value::Count(n)])
}

/// Returns the error for an argument of `count` with the wrong type.
fn not_a_count(found: &Value) -> CallMismatch {
    let error = Box::new(ConversionError::mismatch(TypeTag::Count, found));
    CallMismatch::Argument { position: 0, name: "n".into(), error }
}

fn raw(messages: &[Message]) -> Vec<u8> {
    let mut encoder = Encoder::new(Framing::Clear);
    let mut bytes = Vec::new();
    messages.iter().for_each(|message| encoder.message(message, &mut bytes));
    bytes
}

fn version() -> Message {
    Message::Version(Version {
        protocol: 7,
        cache_size: 3000,
        data_format: 26,
        runtime: 0,
        class: Some(Bytes::new()),
    })
}

/// Returns a call of `none`, which has no object and so has the same encoding in every mode.
fn call_of(name: &str) -> Message {
    let mut argument = vec![b'e', 0, 0, 0, name.len() as u8];
    argument.extend_from_slice(name.as_bytes());
    argument.extend_from_slice(&1.5_f64.to_be_bytes());
    argument.extend_from_slice(&[0; 4]);
    Message::Serial(argument.into())
}

fn drain(connection: &mut Connection) -> Vec<ConnectionNotification> {
    std::iter::from_fn(|| connection.poll_notification()).collect()
}

fn without_log(notifications: Vec<ConnectionNotification>) -> Vec<ConnectionNotification> {
    notifications.into_iter().filter(|n| !matches!(n, ConnectionNotification::Log(_))).collect()
}

/// Returns the log lines as `source level message`.
fn log_lines(notifications: &[ConnectionNotification]) -> Vec<String> {
    let line = |line: CommLogMessage| format!("{} {} {line}", line.source(), line.level());
    notifications.iter().flat_map(CommLogMessage::of).map(line).collect()
}

fn feed(connection: &mut Connection, messages: &[Message]) {
    connection.feed_bytes(&raw(messages), NOW);
}

/// Returns all output as messages.
fn sent(connection: &mut Connection) -> Vec<Message> {
    let bytes = connection.poll_transmit().to_vec();
    connection.advance(bytes.len(), NOW);
    messages(&bytes)
}

fn messages(bytes: &[u8]) -> Vec<Message> {
    let mut decoder =
        crate::wire::Decoder::new(Framing::Clear, crate::wire::FramingLimits::default());
    decoder.feed(bytes);
    std::iter::from_fn(|| decoder.poll().unwrap()).map(|decoded| decoded.message).collect()
}

/// Brings a connection into a phase, and discards its output and notifications.
fn in_phase(phase: Phase) -> Connection {
    let ours = SyncRequest { authoritative: false };
    let sync = (phase == Phase::Sync(SyncRole::Receiver)).then_some(ours);
    let requests = Requests { sync, ..requests() };
    let config = ConnectionConfig { requests, state: StateSource::Application, ..config() };
    let mut connection = Connection::new(config, Role::Acceptor, NOW);
    let caps = Message::Caps(Caps::BRO);
    match phase {
        Phase::Setup => {}
        Phase::Handshake => feed(&mut connection, &[version(), caps]),
        Phase::Sync(SyncRole::Sender) => {
            let request = Message::RequestSync { authoritative: false };
            feed(&mut connection, &[version(), caps, request, Message::PhaseDone]);
        }
        Phase::Sync(SyncRole::Receiver) | Phase::Running => {
            feed(&mut connection, &[version(), caps, Message::PhaseDone]);
        }
        Phase::Closed => connection.close(NOW),
    }
    assert_eq!(connection.phase(), phase);
    drain(&mut connection);
    sent(&mut connection);
    connection
}

/// Two connections and the bytes between them.
struct Pair {
    initiator: Connection,
    acceptor: Connection,
    now: Time,
    /// The notifications of each side, including the log.
    initiator_told: Vec<ConnectionNotification>,
    acceptor_told: Vec<ConnectionNotification>,
}

impl Pair {
    fn new(initiator: ConnectionConfig, acceptor: ConnectionConfig) -> Pair {
        Pair {
            initiator: Connection::new(initiator, Role::Initiator, NOW),
            acceptor: Connection::new(acceptor, Role::Acceptor, NOW),
            now: NOW,
            initiator_told: Vec::new(),
            acceptor_told: Vec::new(),
        }
    }

    /// Returns two connections after the handshake, without notifications.
    fn running(initiator: ConnectionConfig, acceptor: ConnectionConfig) -> Pair {
        let mut pair = Pair::new(initiator, acceptor);
        pair.drive(&[usize::MAX]);
        assert_eq!(pair.initiator.phase(), Phase::Running);
        assert_eq!(pair.acceptor.phase(), Phase::Running);
        pair.initiator_told.clear();
        pair.acceptor_told.clear();
        pair
    }

    /// Moves bytes in pieces of these sizes, repeatedly, until nothing is left.
    fn drive(&mut self, sizes: &[usize]) {
        let mut sizes = sizes.iter().copied().cycle();
        for _ in 0..1_000_000 {
            let mut size = || sizes.next().unwrap();
            let there = transfer(&mut self.initiator, &mut self.acceptor, size(), self.now);
            self.acceptor_told.extend(drain(&mut self.acceptor));
            let back = transfer(&mut self.acceptor, &mut self.initiator, size(), self.now);
            self.initiator_told.extend(drain(&mut self.initiator));
            if !there && !back {
                return;
            }
        }
        panic!("never becomes idle");
    }

    /// Returns the notifications of both since the last call, without the log.
    fn notified(&mut self) -> (Vec<ConnectionNotification>, Vec<ConnectionNotification>) {
        self.drive(&[usize::MAX]);
        let initiator = without_log(std::mem::take(&mut self.initiator_told));
        (initiator, without_log(std::mem::take(&mut self.acceptor_told)))
    }
}

fn transfer(from: &mut Connection, to: &mut Connection, size: usize, now: Time) -> bool {
    let waiting = from.poll_transmit();
    let piece = waiting[..size.min(waiting.len())].to_vec();
    from.advance(piece.len(), now);
    to.feed_bytes(&piece, now);
    let mut moved = !piece.is_empty();
    if from.poll_close() == Some(PollClose::Now) && to.phase() != Phase::Closed {
        to.feed_eof(now);
        moved = true;
    }
    moved
}
