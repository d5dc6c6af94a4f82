//! Replays recorded sessions to a node in place of a Bro.

use std::collections::VecDeque;
use std::sync::LazyLock;

use crate::common::bro::configuration;
use crate::common::{NOW, Seen, is_older, look_at};
use brocomm::Time;
use brocomm::logs::{LogStream, LogStreams};
use brocomm::lowlevel::connection::{Observer, StateSource};
use brocomm::lowlevel::logs::{Announced, LogReceiver, LogWriter, ReceivedEntry};
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::wire::{DataFormat, Framing, Message, SyncPoint};
use brocomm::node::{
    Action, CommLogEntry, ConnectionId, Endpoint, NodeMachine, Notification, PeerId,
};
use brocomm::node::{Phase, Role};
use brocomm_conformance::{
    Expectation, Party, RecordedSession, Side, StepKind, older_sessions, sessions,
};
use bytes::Bytes;

/// A message of one side, in a form that can be compared.
pub(super) type Sent = (Message, Option<Serial>);

/// The time of the first packet in the trace that some of the recorded Bros read.
const FIRST_PACKET: f64 = 1_362_692_526.869_344;

/// A node in place of one side of a recording.
pub(super) struct Replay {
    node: NodeMachine,
    link: Option<ConnectionId>,
    peer: PeerId,
    role: Role,
    /// Decodes the messages between the node and the recorded peer.
    observer: Observer,
    pub(super) sent: Vec<Sent>,
    pub(super) log: Vec<CommLogEntry>,
    /// Application-initiated messages of the recorded side that the node has not sent yet.
    pub(super) to_send: VecDeque<Sent>,
    logs: Logs,
}

/// Converts recorded log messages to data format 26, which the node's functions expect.
#[derive(Default)]
struct Logs {
    receiver: LogReceiver,
    streams: LogStreams,
}

impl Logs {
    fn new(data_format: DataFormat) -> Logs {
        let receiver = LogReceiver::default().with_data_format(data_format);
        Logs { receiver, ..Logs::default() }
    }

    fn writer(&mut self, argument: &Bytes) -> Bytes {
        let (Announced::New(writer) | Announced::Again(writer)) =
            self.receiver.announce(argument).unwrap();
        let mut in_26 = Vec::new();
        writer.encode(&mut in_26);
        let LogWriter { stream: number, writer, path, options, fields, .. } =
            LogWriter::clone(&writer);
        self.streams.declare(LogStream { number, writer, path, fields, options }).unwrap();
        in_26.into()
    }

    fn entries(&mut self, argument: &Bytes) -> Bytes {
        let mut in_26 = Vec::new();
        for received in self.receiver.entries(argument) {
            let ReceivedEntry::Entry(entry) = received.unwrap() else { panic!("dropped") };
            let (stream, values) = (entry.writer.stream, &entry.values);
            in_26.extend_from_slice(self.streams.write(stream, values, NOW).unwrap().as_bytes());
        }
        in_26.into()
    }
}

impl Replay {
    fn new(session: &RecordedSession, seen: &[Seen; 2], side: Side) -> Replay {
        let expectation = session.expectation().unwrap();
        let party = party(&expectation, side);
        let configuration = configuration(party.script.as_deref().unwrap(), seen);
        let seen = of(seen, side);
        let mut node = NodeMachine::new(configuration).unwrap();
        node.set_state_source(StateSource::Application);
        let runtime = u64::from(seen.config.runtime);
        node.start(Time::from_nanos(NOW.as_nanos() - runtime * 1_000_000_000));
        let mut replay = Replay {
            node,
            link: None,
            peer: PeerId(0),
            role: side.role(),
            observer: Observer::new(Framing::Clear, Default::default(), Default::default()),
            sent: Vec::new(),
            log: Vec::new(),
            to_send: VecDeque::new(),
            logs: Logs::new(seen.data_format),
        };
        replay.settle();
        // Without an interval between sync points this does nothing.
        let _ = replay.node.reached_packet(Time::from_secs_f64(FIRST_PACKET), NOW);
        replay.settle();
        replay.connect();
        replay
    }

    /// Performs the node's initial actions as its transport.
    fn connect(&mut self) {
        let mut connecting = None;
        while let Some(action) = self.node.poll_action() {
            match action {
                Action::Listen(target) => {
                    self.node.feed_listening(target.endpoint, target.ssl, NOW);
                }
                Action::Connect { connection, .. } => connecting = Some(connection),
                other => panic!("{other:?}"),
            }
        }
        match connecting {
            Some(link) => {
                self.link = Some(link);
                self.peer = PeerId(1);
                self.node.feed_connected(link, NOW);
            }
            None => {
                let host = self.node.nodes().next().unwrap().1.host;
                let link = self.node.feed_accepted(Endpoint::new(host, 40000), NOW);
                self.link = link;
                self.peer = PeerId(10_000);
            }
        }
        self.settle();
    }

    /// Takes the node's output and acts as its application until nothing is left to do.
    fn settle(&mut self) {
        loop {
            while self.node.poll_connection().is_some() {}
            let mut bytes = Vec::new();
            if let Some(link) = self.link {
                bytes.extend_from_slice(self.node.poll_transmit(link));
                self.node.advance(link, bytes.len(), NOW);
            }
            self.observer.feed(self.role, &bytes);
            while let Some(observed) = self.observer.poll() {
                if observed.side == self.role {
                    self.sent
                        .push((observed.message.unwrap(), observed.serial.map(Result::unwrap)));
                }
            }
            while let Some(notification) = self.node.poll_notification() {
                if let Notification::Log(entry) = notification {
                    self.log.push(*entry);
                }
            }
            if bytes.is_empty() && !self.send_next() {
                break;
            }
        }
    }

    /// Sends the next application-initiated message of the recorded side if the phase allows it.
    fn send_next(&mut self) -> bool {
        let Some((message, serial)) = self.to_send.front().cloned() else { return false };
        let phase = self.node.connection_to(self.peer).map(|connection| connection.phase());
        let in_sync = matches!(phase, Some(Phase::Sync(_)));
        if phase != Some(Phase::Running) && !in_sync {
            return false;
        }
        let (node, peer) = (&mut self.node, self.peer);
        match (message, serial) {
            (Message::PhaseDone, _) if in_sync => node.state_done(peer).unwrap(),
            (_, Some(Serial::StateAccess(access))) if in_sync => {
                let _ = node.send_state_access(peer, &access).unwrap();
            }
            _ if in_sync => return false,
            (_, Some(Serial::Event(event))) => {
                let raised = node.raise(event, NOW).unwrap();
                assert_eq!(raised.peers, 1);
            }
            (_, Some(Serial::StateAccess(access))) => {
                node.broadcast_state_access(*access, None, NOW).unwrap()
            }
            (_, Some(Serial::Id(id))) => node.send_id(peer, &id).unwrap(),
            (_, Some(Serial::Packet(packet))) => node.send_current_packet(peer, &packet).unwrap(),
            (Message::Ping(args), _) => node.send_ping(peer, args.seq, NOW).unwrap(),
            (Message::LogCreateWriter(writer), _) => {
                let writer = self.logs.writer(&writer);
                let _ = node.send_log_create_writer(peer, writer).unwrap();
            }
            (Message::LogWrite(entries), _) => {
                let entries = self.logs.entries(&entries);
                let _ = node.send_log_write(peer, entries).unwrap();
            }
            (Message::RemotePrint(items), _) => {
                let _ = node.send_print(peer, &items).unwrap();
            }
            (Message::SyncPoint(SyncPoint::Final), _) => node.reached_end_of_trace(NOW),
            (other, _) => panic!("{other:?}"),
        }
        self.to_send.pop_front();
        true
    }

    /// Feeds the node what the recorded peer sent.
    fn receive(&mut self, bytes: &[u8]) {
        self.observer.feed(self.role.other(), bytes);
        self.node.feed_bytes(self.link.unwrap(), bytes, NOW);
        self.settle();
    }

    fn end(&mut self, ours: bool) {
        if ours {
            self.node.terminate_communication(NOW);
        } else {
            self.node.feed_eof(self.link.unwrap(), NOW);
        }
        self.settle();
        self.node.feed_closed(self.link.unwrap(), NOW);
        self.node.terminate_communication(NOW);
        self.settle();
    }
}

/// Returns what one side sent.
fn of(seen: &[Seen; 2], side: Side) -> &Seen {
    let [connector, listener] = seen;
    match side {
        Side::Connector => connector,
        Side::Listener => listener,
    }
}

pub(super) fn party(expectation: &Expectation, side: Side) -> &Party {
    match side {
        Side::Connector => &expectation.connector,
        Side::Listener => &expectation.listener,
    }
}

/// Returns whether a message is initiated by the application.
fn is_from_the_application((message, serial): &Sent, phase: Phase) -> bool {
    match (message, serial) {
        (_, Some(Serial::Id(id))) => id.name != "peer_description",
        (_, Some(_)) => true,
        (Message::PhaseDone, _) => phase != Phase::Handshake,
        (message, _) => matches!(
            message,
            Message::Ping(_)
                | Message::LogCreateWriter(_)
                | Message::LogWrite(_)
                | Message::RemotePrint(_)
                | Message::SyncPoint(SyncPoint::Final)
        ),
    }
}

/// Replays one side of a recording with a node; returns the node and what the recorded side sent.
fn play(session: &RecordedSession, side: Side) -> (Replay, Vec<Sent>) {
    let recording = session.recording().unwrap();
    let seen = Side::BOTH.map(|side| look_at(&recording, side));
    let mut replay = Replay::new(session, &seen, side);
    let mut observer = Observer::new(Framing::Clear, Default::default(), Default::default());
    let mut recorded = Vec::new();
    let wants_logs = of(&seen, side.other()).config.requests.request_logs;
    for step in &recording.steps {
        let StepKind::Data { from, bytes } = &step.kind else { continue };
        observer.feed(from.role(), bytes);
        while let Some(observed) = observer.poll() {
            if observed.side == side.role() {
                let sent = (observed.message.unwrap(), observed.serial.map(Result::unwrap));
                // Bro 2.0 announces writers even to peers that requested no logs.
                if matches!(sent.0, Message::LogCreateWriter(_)) && !wants_logs {
                    continue;
                }
                if is_from_the_application(&sent, observed.phase) {
                    replay.to_send.push_back(sent.clone());
                }
                recorded.push(sent);
            }
        }
        if *from != side {
            replay.receive(bytes);
        }
        replay.settle();
    }
    replay.end(recording.closed_by() == Some(side));
    (replay, recorded)
}

/// Returns the sessions, and the sides of each that were a Bro.
fn of_bros() -> impl Iterator<Item = (RecordedSession, Side)> {
    let named =
        |name: &str| name.starts_with("bro-bro-") || is_older(name) && !name.contains("broccoli");
    // In these, a script handler sends an empty capture filter before the framework's own requests,
    // or one side announces 0.
    let odd = |name: &str| {
        let other = ["refuse-", "announce-0", "capture-filter-empty"];
        other.iter().any(|other| name.contains(other))
    };
    let all = [sessions(), older_sessions()].concat();
    let good = all.into_iter().filter(move |s| named(s.name()) && !odd(s.name()));
    let both = good.flat_map(|session| Side::BOTH.map(|side| (session.clone(), side)));
    both.filter(|(session, side)| session.expectation().unwrap().party(*side).script.is_some())
}

/// A session replayed with a node in place of one side, and what that side sent.
pub(super) struct Played {
    pub(super) session: RecordedSession,
    pub(super) side: Side,
    pub(super) replay: Replay,
    pub(super) recorded: Vec<Sent>,
}

pub(super) static PLAYED: LazyLock<Vec<Played>> = LazyLock::new(|| {
    let played = |(session, side)| {
        let (replay, recorded) = play(&session, side);
        Played { session, side, replay, recorded }
    };
    of_bros().map(played).collect()
});
