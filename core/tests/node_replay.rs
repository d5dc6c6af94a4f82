//! Replays recorded sessions with a node in the place of one Bro.

use std::collections::VecDeque;
use std::sync::LazyLock;

use crate::common::{NOW, is_older, role};
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
use brocomm_conformance::{Party, Recording, Session, Side, StepKind, older_sessions, sessions};
use bytes::Bytes;

/// A message of one side, in a form that can be compared.
type Sent = (Message, Option<Serial>);

/// The time of the first packet in the trace that some of the recorded Bros read.
const FIRST_PACKET: f64 = 1_362_692_526.869_344;

/// A node in the place of one side of a recording.
struct Replay {
    node: NodeMachine,
    link: Option<ConnectionId>,
    peer: PeerId,
    role: Role,
    /// Decodes the messages between the node and the recorded peer.
    observer: Observer,
    sent: Vec<Sent>,
    log: Vec<CommLogEntry>,
    /// Application-initiated messages of the recorded side that the node has not sent yet.
    to_send: VecDeque<Sent>,
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
    fn new(session: &Session, recording: &Recording, side: Side) -> Replay {
        let expectation = session.expectation().unwrap();
        let party = party(&expectation, side);
        let configuration =
            crate::common::bro::configuration(party.script.as_deref().unwrap(), recording);
        let mut node = NodeMachine::new(configuration).unwrap();
        node.set_state_source(StateSource::Application);
        let runtime = u64::from(crate::common::look_at(recording, side).config.runtime);
        node.start(Time::from_nanos(NOW.as_nanos() - runtime * 1_000_000_000));
        let mut replay = Replay {
            node,
            link: None,
            peer: PeerId(0),
            role: role(side),
            observer: Observer::new(Framing::Clear, Default::default(), Default::default()),
            sent: Vec::new(),
            log: Vec::new(),
            to_send: VecDeque::new(),
            logs: Logs::new(crate::common::look_at(recording, side).data_format),
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

fn party(expectation: &brocomm_conformance::Expectation, side: Side) -> &Party {
    match side {
        Side::Connector => &expectation.connector,
        Side::Listener => &expectation.listener,
    }
}

/// Returns whether a message is initiated by the application.
fn is_of_its_own_accord((message, serial): &Sent, phase: Phase) -> bool {
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
fn play(session: &Session, side: Side) -> (Replay, Vec<Sent>) {
    let recording = session.recording().unwrap();
    let mut replay = Replay::new(session, &recording, side);
    let mut observer = Observer::new(Framing::Clear, Default::default(), Default::default());
    let mut recorded = Vec::new();
    let wants_logs = crate::common::look_at(&recording, side.other()).config.requests.request_logs;
    for step in &recording.steps {
        let StepKind::Data { from, bytes } = &step.kind else { continue };
        observer.feed(role(*from), bytes);
        while let Some(observed) = observer.poll() {
            if observed.side == role(side) {
                let sent = (observed.message.unwrap(), observed.serial.map(Result::unwrap));
                // Bro 2.0 announces writers even to peers that requested no logs.
                if matches!(sent.0, Message::LogCreateWriter(_)) && !wants_logs {
                    continue;
                }
                if is_of_its_own_accord(&sent, observed.phase) {
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
fn of_bros() -> impl Iterator<Item = (Session, Side)> {
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

/// A session replayed with a node in the place of one side, and what that side sent.
struct Played {
    session: Session,
    side: Side,
    replay: Replay,
    recorded: Vec<Sent>,
}

static PLAYED: LazyLock<Vec<Played>> = LazyLock::new(|| {
    let played = |(session, side)| {
        let (replay, recorded) = play(&session, side);
        Played { session, side, replay, recorded }
    };
    of_bros().map(played).collect()
});

/// Formats a message without what a node need not reproduce: the order of a set, and times.
fn comparable((message, serial): &Sent) -> String {
    match message {
        Message::RequestEvents(names) => {
            let names: std::collections::BTreeSet<_> = names.iter().collect();
            format!("{names:?}")
        }
        Message::Ping(args) => format!("ping {}", args.seq),
        Message::Pong(args) => format!("pong {}", args.seq),
        Message::Serial(_) => format!("{serial:?}"),
        other => format!("{other:?}"),
    }
}

/// Moves the answers to PINGs to the end, because their order among application-initiated messages
/// depends on timing.
fn in_order(sent: &[Sent]) -> Vec<String> {
    let is_pong = |sent: &&Sent| matches!(sent.0, Message::Pong(_));
    let (pongs, others): (Vec<_>, Vec<_>) = sent.iter().partition(is_pong);
    others.into_iter().chain(pongs).map(comparable).collect()
}

#[test]
fn a_node_sends_the_same_messages_as_the_recorded_bro() {
    let mut compared = 0;
    for Played { session, side, replay, recorded } in PLAYED.iter() {
        let name = session.name();
        assert!(replay.to_send.is_empty(), "{name}, {side}: {:?}", replay.to_send.front());
        let sent = in_order(&replay.sent);
        let recorded = in_order(recorded);
        for (at, (sent, recorded)) in sent.iter().zip(&recorded).enumerate() {
            assert!(sent == recorded, "{name}, {side}, message {at}:\n{sent}\n{recorded}");
        }
        assert_eq!(sent.len(), recorded.len(), "{name}, {side}: {sent:#?} {recorded:#?}");
        compared += sent.len();
    }
    assert!(compared > 5000, "{compared}");
}

/// Groups the lines of a communication log by source. Lines of different sources have no defined
/// order (part 4 §5).
fn by_source<'a>(
    lines: impl Iterator<Item = (&'a str, &'a str, String)>,
) -> std::collections::BTreeMap<String, Vec<String>> {
    let mut sources = std::collections::BTreeMap::<_, Vec<_>>::new();
    // In the recordings the ports, the order of requested events, and the order in which the sides
    // started to compress are arbitrary.
    let port = regex::Regex::new(r"^(\[#1\d{4}/(?:[\d.]+|\[[\da-f:]+\]):)\d+\]").unwrap();
    for (source, level, message) in lines {
        let message = port.replace(&message, "${1}PORT]").into_owned();
        sources.entry(source.to_owned()).or_default().push(format!("{level} {message}"));
    }
    for lines in sources.values_mut() {
        for what in ["registered for event", "compression"] {
            let first = lines.iter().position(|line| line.contains(what));
            let last = lines.iter().rposition(|line| line.contains(what));
            if let (Some(first), Some(last)) = (first, last) {
                lines[first..=last].sort();
            }
        }
    }
    sources
}

/// Returns whether the node must log the same line as the Bro. This excludes lines about Bro's two
/// processes and about counts of reads and writes, and lines that depend on how the program exits:
/// a Bro that exits by itself logs nothing, while a node logs that it is terminating and closing.
/// A Bro that receives logs also writes the lines of its peer's log, which do not count either.
fn counts(source: &str, message: &str, side: Side, closed_by_us: bool) -> bool {
    let of_other = match side {
        Side::Connector => message.starts_with("[#10000/"),
        Side::Listener => message.starts_with("[#1/"),
    };
    let of_processes = ["communication started", "raised pipe", "CPU usage", "parent statistics"];
    let of_ending = ["terminat", "stopped listening"];
    let after_close = ["peer disconnected", "connection closed"];
    let of_processes = of_processes.iter().chain(&of_ending).any(|what| message.starts_with(what));
    let after_close = closed_by_us && after_close.iter().any(|what| message.ends_with(what));
    let by_script = closed_by_us && source == "script" && message == "connection closed";
    !(of_other || of_processes || after_close || by_script)
}

#[test]
fn a_node_logs_the_same_lines_as_the_recorded_bro() {
    let (mut compared, mut differ) = (0, Vec::new());
    for Played { session, side, replay, .. } in PLAYED.iter() {
        let (name, side) = (session.name(), *side);
        let expectation = session.expectation().unwrap();
        // The log is that of both connections, and older Bros have other words for some things.
        if !expectation.further_connections.is_empty() || is_older(name) {
            continue;
        }
        // In this session both sides close at the end of their traces.
        let closed_by_us =
            session.recording().unwrap().closed_by() == Some(side) || name == "bro-bro-sync-points";
        let recorded = &party(&expectation, side).logs["communication.log"];
        let fields = recorded.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let fields: Vec<_> = line.splitn(8, '\t').collect();
            (fields[2], fields[6], fields[7].to_owned())
        });
        let recorded = by_source(fields.filter(|f| counts(f.0, &f.2, side, closed_by_us)));

        let level = |entry: &CommLogEntry| match entry.level() {
            Some(brocomm::node::LogLevel::Info) => "info",
            Some(brocomm::node::LogLevel::Error) => "error",
            None => "-",
        };
        let lines = replay.log.iter().map(|entry| {
            let source = match entry.source() {
                Some(brocomm::node::LogSource::Child) => "child",
                Some(brocomm::node::LogSource::Parent) => "parent",
                Some(brocomm::node::LogSource::Script) => "script",
                None => "-",
            };
            (source, level(entry), entry.to_string())
        });
        let logged = by_source(lines.filter(|f| counts(f.0, &f.2, side, closed_by_us)));
        for (source, recorded) in &recorded {
            let logged = logged.get(source).cloned().unwrap_or_default();
            if logged != *recorded {
                differ.push(format!("{name}, {side}, {source}:\n{logged:#?}\n{recorded:#?}"));
            }
        }
        assert_eq!(logged.len(), recorded.len(), "{name}, {side}");
        compared += logged.values().map(Vec::len).sum::<usize>();
    }
    assert!(differ.is_empty(), "{}", differ.join("\n\n"));
    assert!(compared > 1000, "{compared}");
}

/// Returns the lines about closing a connection and terminating the node, in order.
fn closing<'a>(lines: impl Iterator<Item = (&'a str, String)>, side: Side) -> Vec<String> {
    let prefix = regex::Regex::new(r"^\[#(\d+)/[^ ]+\] ").unwrap();
    let of_other = match side {
        Side::Connector => 10_000..20_000,
        Side::Listener => 1..10_000,
    };
    let what = [
        "connection closed",
        "peer disconnected",
        "closing connection",
        "terminating...",
        "terminating",
        "parent statistics",
        "stopped listening",
    ];
    lines
        .filter_map(|(source, message)| {
            // The log of a Bro that receives logs also has the lines of its peer.
            let peer = prefix.captures(&message).map(|peer| peer[1].parse().unwrap());
            if peer.is_some_and(|peer: u32| of_other.contains(&peer)) {
                return None;
            }
            let about = if peer.is_some() { "of a peer" } else { "" };
            let message = prefix.replace(&message, "");
            // Drops the counts of reads and writes.
            let message = message.split(':').next().unwrap_or_default();
            what.contains(&message).then(|| format!("{source} {message} {about}"))
        })
        .collect()
}

#[test]
fn a_node_logs_its_termination_like_the_recorded_bro() {
    let (mut compared, mut of_terminated) = (0, 0);
    for Played { session, side, replay, .. } in PLAYED.iter() {
        let (name, side) = (session.name(), *side);
        let expectation = session.expectation().unwrap();
        // The log is that of both connections, and older Bros have other words for some things.
        if !expectation.further_connections.is_empty() || is_older(name) {
            continue;
        }
        let recorded = &party(&expectation, side).logs["communication.log"];
        let fields = recorded.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let fields: Vec<_> = line.splitn(8, '\t').collect();
            (fields[2], fields[7].to_owned())
        });
        let mut recorded = closing(fields, side);
        if name == "bro-bro-sync-points" {
            // In this session both sides close at the end of their traces, and the peer was first.
            let of_other = ["script", "child", "parent peer disconnected"];
            recorded.retain(|line| !of_other.iter().any(|of_other| line.starts_with(of_other)));
        }
        let lines = replay.log.iter().map(|entry| {
            (
                entry.source().map_or("-", |source| match source {
                    brocomm::node::LogSource::Child => "child",
                    brocomm::node::LogSource::Parent => "parent",
                    brocomm::node::LogSource::Script => "script",
                }),
                entry.to_string(),
            )
        });
        let mut logged = closing(lines, side);
        // A Bro that exits by itself does not log that, and a terminated one may exit before its
        // I/O process has logged it.
        logged.retain(|line| !line.contains("terminating") || recorded.contains(line));
        assert_eq!(logged, recorded, "{name}, {side}");
        compared += logged.len();
        of_terminated += usize::from(logged.iter().any(|line| line.contains("terminating...")));
    }
    assert!(compared > 150 && of_terminated > 5, "{compared} {of_terminated}");
}
