//! Recorded sessions, and connections set up like one of their sides.

pub(crate) mod bro;
pub(crate) mod build;

use std::sync::{Arc, LazyLock};

use brocomm::Time;
use brocomm::data::Declarations;
use brocomm::lowlevel::connection::{
    Connection, ConnectionConfig, ConnectionNotification, Observed, Observer, Requests,
};
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::wire::{DataFormat, Framing, Message};
use brocomm::node::{Role, SyncRequest, Undeclared};
use brocomm_conformance::{RecordedSession, Recording, Side, StepKind, older_sessions, sessions};
use bytes::Bytes;

/// The current time in every test.
pub(crate) const NOW: Time = Time::from_nanos(1_500_000_000_000_000_000);

/// Returns the recorded connections of all sessions in which neither side broke the protocol.
pub(crate) fn good_recordings() -> &'static [(String, Recording)] {
    // Reading them takes longer than most tests that use them.
    static READ: LazyLock<Vec<(String, Recording)>> = LazyLock::new(read_good_recordings);
    &READ
}

fn read_good_recordings() -> Vec<(String, Recording)> {
    let named = |session: &RecordedSession| {
        let first = (session.name().to_owned(), session.recording().unwrap());
        let further = session.further_connections().unwrap();
        let further = further
            .into_iter()
            .enumerate()
            .map(|(at, recording)| (format!("{}.c{}", session.name(), at + 2), recording));
        std::iter::once(first).chain(further).collect::<Vec<_>>()
    };
    let all = [sessions(), older_sessions()].concat();
    let bad = |name: &str| name.starts_with("fault-") || name.starts_with("refuse-");
    let good = all.iter().filter(|s| !bad(s.name()));
    good.flat_map(named).collect()
}

/// Returns whether a recording is of a Bro before 2.5.
pub(crate) fn is_older(name: &str) -> bool {
    ["bro-2.", "mix-", "refuse-"].iter().any(|start| name.starts_with(start))
}

/// The configuration of one side of a session, and what it sent, as far as the recording shows.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) config: ConnectionConfig,
    /// The content of its SERIAL messages, without `peer_description`.
    pub(crate) serials: Vec<Serial>,
    /// Its other messages.
    pub(crate) messages: Vec<Message>,
    /// The data format of its messages.
    pub(crate) data_format: DataFormat,
}

/// Returns the messages that one side of a recording sent.
pub(crate) fn observed(recording: &Recording, side: Side) -> Vec<Observed> {
    let mut observer = Observer::new(Framing::Clear, Default::default(), Default::default());
    observer.set_transcripts(true);
    for step in &recording.steps {
        let StepKind::Data { from, bytes } = &step.kind else { continue };
        observer.feed(from.role(), bytes);
    }
    let all = std::iter::from_fn(|| observer.poll());
    all.filter(|observed| observed.side == side.role()).collect()
}

/// Returns the configuration of one side of a recording, and what it sent.
pub(crate) fn look_at(recording: &Recording, side: Side) -> Seen {
    let mut seen = Seen::default();
    let mut requests = Requests { ..Requests::default() };
    for observed in observed(recording, side) {
        let message = observed.message.expect("the recording is good");
        seen.data_format = observed.data_format;
        match &message {
            Message::Version(version) => {
                seen.config.class = version.class.clone();
                seen.config.cache_size = version.cache_size;
                seen.config.runtime = version.runtime;
                seen.config.data_format = DataFormat::from_number(version.data_format);
            }
            Message::Caps(caps) => seen.config.capabilities = *caps,
            Message::RequestSync { authoritative } => {
                requests.sync = Some(SyncRequest { authoritative: *authoritative });
            }
            Message::RequestLogs => requests.request_logs = true,
            Message::RequestEvents(names) => {
                requests.events.extend(names.iter().map(|n| Bytes::copy_from_slice(n).into()));
            }
            Message::CaptureFilter(filter) => requests.capture_filter = Some(filter.clone()),
            _ => {}
        }
        match observed.serial {
            Some(serial) => match serial.expect("the recording is good") {
                Serial::Id(id) if id.name == "peer_description" => {
                    seen.config.description = "bro".into();
                }
                serial => seen.serials.push(serial),
            },
            None => seen.messages.push(message),
        }
    }
    seen.config.undeclared = Undeclared::Deliver;
    seen.config.requests = requests;
    seen
}

/// Feeds a connection everything that the peer sent, split as given, and then end of file. Returns
/// the connection's notifications.
pub(crate) fn replay(
    config: &ConnectionConfig,
    role: Role,
    pieces: &[&[u8]],
) -> Vec<ConnectionNotification> {
    let mut connection = Connection::new(config.clone(), role, NOW);
    let mut notifications = Vec::new();
    let mut drain = |connection: &mut Connection| {
        loop {
            let sent = connection.poll_transmit().len();
            connection.advance(sent, NOW);
            match connection.poll_notification() {
                Some(notification) => notifications.push(notification),
                None => break,
            }
        }
    };
    for piece in pieces {
        drain(&mut connection);
        connection.feed_bytes(piece, NOW);
    }
    drain(&mut connection);
    connection.feed_eof(NOW);
    drain(&mut connection);
    notifications
}

/// Declarations in Bro's notation.
pub(crate) fn declarations(text: &str) -> Arc<Declarations> {
    let mut declarations = Declarations::new();
    declarations.read(text).expect("the test's own text");
    Arc::new(declarations)
}
