//! The communication log as a log stream (part 4 §5).

use std::fmt;
use std::net::IpAddr;

use crate::Time;
use crate::connection::{CommLogMessage, LogLevel, LogSource};
use crate::data::TypeTag;
use crate::logs::{LogField, LogFormat, LogStream, LogValue};

/// A peer's prefix in a log line: `[#10000/127.0.0.1:58030]`, as in Bro.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeerPrefix {
    /// The node's number for the peer.
    pub id: u64,
    /// The peer's address.
    pub host: IpAddr,
    /// The port that we connected to, or that the peer connected from.
    pub port: u16,
}

impl fmt::Display for PeerPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PeerPrefix { id, host, port } = self;
        match host {
            IpAddr::V4(v4) => write!(f, "[#{id}/{v4}:{port}]"),
            IpAddr::V6(v6) => write!(f, "[#{id}/[{v6}]:{port}]"),
        }
    }
}

/// A line of the communication log: Bro's record `Communication::Info`.
///
/// Omits the columns for the peer's name and address, which Bro never sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommunicationLine {
    /// The time when it was written.
    pub time: Time,
    /// Its source, unset for an inconsistency of state.
    pub source: Option<LogSource>,
    /// Its severity, unset for an inconsistency of state.
    pub level: Option<LogLevel>,
    /// The message, with the peer's prefix.
    pub message: String,
}

impl CommunicationLine {
    /// Creates a line with any message.
    pub fn new(
        time: Time,
        source: LogSource,
        level: LogLevel,
        peer: Option<&PeerPrefix>,
        message: impl fmt::Display,
    ) -> CommunicationLine {
        let message = match peer {
            Some(peer) => format!("{peer} {message}"),
            None => message.to_string(),
        };
        CommunicationLine { time, source: Some(source), level: Some(level), message }
    }

    /// Creates the line for a connection's
    /// [`ConnectionNotification::Log`](crate::connection::ConnectionNotification::Log).
    pub fn of(time: Time, peer: &PeerPrefix, message: &CommLogMessage) -> CommunicationLine {
        let peer = message.has_prefix().then_some(peer);
        CommunicationLine::new(time, message.source(), message.level(), peer, message)
    }

    /// Returns the columns of the entry. `local` is the node's own description, `bro` by default in
    /// Bro.
    pub fn values(&self, local: &[u8]) -> Vec<LogValue> {
        let text = |text: Option<String>| match text {
            Some(text) => LogValue::string(text),
            None => LogValue::Unset(TypeTag::String),
        };
        vec![
            LogValue::Time(self.time.as_secs_f64()),
            LogValue::string(local),
            text(self.source.map(|source| source.to_string())),
            LogValue::Unset(TypeTag::String),
            LogValue::Unset(TypeTag::Addr),
            LogValue::Unset(TypeTag::Port),
            text(self.level.map(|level| level.to_string())),
            LogValue::string(&self.message),
        ]
    }
}

/// Writes a node's communication log.
///
/// ```
/// use brocomm::Time;
/// use brocomm::lowlevel::commlog::CommLogMessage;
/// use brocomm::lowlevel::commlog::{CommunicationLine, PeerPrefix};
/// use brocomm::node::CommunicationLog;
///
/// let log = CommunicationLog::new("bro");
/// let now = Time::from_secs_f64(1_500_000_000.5);
/// let peer = PeerPrefix { id: 1, host: [127, 0, 0, 1].into(), port: 47757 };
/// let line = CommunicationLine::of(now, &peer, &CommLogMessage::PhaseRunning);
///
/// let mut file = Vec::new();
/// log.open(now, &mut file);
/// log.line(&line, &mut file);
/// let written = "1500000000.500000\tbro\tparent\t-\t-\t-\tinfo\t[#1/127.0.0.1:47757] phase: running\n";
/// assert!(file.ends_with(written.as_bytes()));
/// ```
#[derive(Debug, Clone)]
pub struct CommunicationLog {
    local: Vec<u8>,
    format: LogFormat,
    fields: Vec<LogField>,
}

impl CommunicationLog {
    /// The log's path. Its file is `communication.log`.
    pub const PATH: &'static str = "communication";

    /// Creates the ASCII log of a node with this description.
    pub fn new(local: impl Into<Vec<u8>>) -> CommunicationLog {
        CommunicationLog::with_format(local, LogFormat::default())
    }

    /// Creates the log in another format.
    pub fn with_format(local: impl Into<Vec<u8>>, format: LogFormat) -> CommunicationLog {
        CommunicationLog { local: local.into(), format, fields: CommunicationLog::fields() }
    }

    /// Returns the columns.
    pub fn fields() -> Vec<LogField> {
        [
            ("ts", TypeTag::Time, false),
            ("peer", TypeTag::String, true),
            ("src_name", TypeTag::String, true),
            ("connected_peer_desc", TypeTag::String, true),
            ("connected_peer_addr", TypeTag::Addr, true),
            ("connected_peer_port", TypeTag::Port, true),
            ("level", TypeTag::String, true),
            ("message", TypeTag::String, false),
        ]
        .map(|(name, ty, optional)| LogField { optional, ..LogField::new(name, ty) })
        .into()
    }

    /// Returns the log as a stream for sending to peers, with their number for
    /// `Communication::LOG`.
    pub fn stream(number: i32) -> LogStream {
        LogStream::new(number, CommunicationLog::PATH, CommunicationLog::fields())
    }

    /// Appends the header of the file.
    pub fn open(&self, at: Time, out: &mut Vec<u8>) {
        self.format.open(CommunicationLog::PATH.as_bytes(), &self.fields, at, out);
    }

    /// Appends a line.
    pub fn line(&self, line: &CommunicationLine, out: &mut Vec<u8>) {
        self.format.entry(&self.fields, &line.values(&self.local), out);
    }

    /// Appends the last line of the file.
    pub fn close(&self, at: Time, out: &mut Vec<u8>) {
        self.format.close(at, out);
    }
}
