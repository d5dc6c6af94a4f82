//! Code shared by commands that connect to one peer: options, requests, connecting and closing.

use std::fmt;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use brocomm::data::{Declarations, Name};
use brocomm::lowlevel::connection::{
    Connection, ConnectionConfig, ConnectionNotification, ProtocolErrorKind, Requests,
};
use brocomm::lowlevel::driver::ACCEPT_PAUSE;
use brocomm::lowlevel::wire::{Compression, Version, WireError, WireErrorKind};
use brocomm::node::EventPattern;
use brocomm::node::{CloseCause, Phase, ProtocolError, Undeclared};
use brocomm_std::{Listener, Peer, TransportError};
use bytes::Bytes;
use clap::ValueEnum;

use crate::declare::{Declare, requested};
use crate::decode::printed;
use crate::failure::{Failure, failed, misused, warn};
use crate::fields::Fields;
use crate::number::within;
use crate::packets::Packets;
use crate::printer::Printer;
use crate::stop::Stop;
use crate::tls::{self, Tls};

/// The default description.
pub(crate) const DESCRIPTION: &str = "brocomm";

/// The time limit for flushing at the end of a session.
const PARTING: Duration = Duration::from_secs(5);

/// The delay before a command prints that it is waiting.
const SILENCE: Duration = Duration::from_secs(1);

/// Options of a node.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    declare: Declare,

    #[command(flatten)]
    tls: Tls,

    /// Request only declared events whose whole names match. The default is all.
    #[arg(long, value_name = "PATTERN")]
    events: Option<EventPattern>,

    /// The class to send. A Bro uses it to choose the entry in its `Communication::nodes`.
    #[arg(long)]
    class: Option<String>,

    /// The description to send.
    #[arg(long, default_value = DESCRIPTION)]
    description: String,

    /// The capture filter to send, in pcap syntax.
    #[arg(long, value_name = "FILTER")]
    capture_filter: Option<String>,

    /// The compression level for sending. 0 disables compression.
    #[arg(long, value_name = "LEVEL", default_value_t = 0,
        value_parser = within::<u8>(0..=9))]
    compression: u8,

    #[command(flatten)]
    pub(crate) form: Form,

    /// Print only events.
    #[arg(long)]
    pub(crate) quiet: bool,

    /// Print only these parts of events, in columns separated by tabs: parameters by name or
    /// number, and fields of records, such as `c.id.orig_h,c.uid`. Events that have none of them
    /// are not printed.
    #[arg(long, value_name = "PATHS", conflicts_with_all = ["json", "pretty", "print"])]
    fields: Option<Fields>,

    /// Also write the packets that peers send to this pcap file.
    #[arg(long, value_name = "FILE")]
    write_packets: Option<PathBuf>,

    /// Exit after this number of events.
    #[arg(long, value_name = "N", value_parser = within(0..=u64::MAX))]
    pub(crate) count: Option<u64>,
}

/// The output format of notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Print {
    /// Text lines, with values as Bro prints them.
    Bro,
    /// One JSON object per line.
    Json,
}

/// Options for the output format.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Form {
    /// The output format.
    #[arg(long, value_name = "FORM", default_value = "bro")]
    print: Print,

    /// The same as `--print json`.
    #[arg(long, conflicts_with = "print")]
    json: bool,

    /// Print records, vectors, tables and sets on several lines, one for each part.
    #[arg(long, conflicts_with_all = ["json", "print"])]
    pretty: bool,
}

impl Form {
    pub(crate) fn print(self) -> Print {
        if self.json { Print::Json } else { self.print }
    }

    /// Returns a printer of this form.
    pub(crate) fn printer(self, out: &mut dyn Write, count: Option<u64>) -> Printer<'_> {
        Printer::new(out, self.print(), count).pretty(self.pretty)
    }
}

impl Options {
    /// Returns the printer of what peers send. Its events are those of the configuration.
    pub(crate) fn printer<'a>(
        &self,
        out: &'a mut dyn Write,
        config: &ConnectionConfig,
    ) -> Result<Printer<'a>, Failure> {
        let choose = |fields: &Fields| {
            fields
                .choose(&config.declarations, &config.requests.events)
                .map_err(|why| misused(format_args!("--fields: {why}")))
        };
        let fields = self.fields.as_ref().map(choose).transpose()?;
        Ok(self.form.printer(out, self.count).quiet(self.quiet).fields(fields))
    }

    /// Creates the packet file, if requested.
    pub(crate) fn packets(&self) -> Result<Option<Packets>, Failure> {
        self.write_packets.as_deref().map(Packets::create).transpose()
    }

    /// Returns the configuration of each connection.
    pub(crate) fn config(&self) -> Result<ConnectionConfig, Failure> {
        // Errors come before the warning that no events are requested.
        let tls = self.tls.read()?;
        let declarations = Arc::new(self.declare.read()?);
        let events = requested(&declarations, self.events.as_ref());
        let capture_filter = self.capture_filter.clone().map(Bytes::from);
        Ok(ConnectionConfig {
            description: Name::from(self.description.as_str()),
            class: Some(self.class.clone().unwrap_or_default().into()),
            compression: Compression::new(self.compression),
            requests: Requests { events, capture_filter, ..Requests::default() },
            tls,
            ..base(declarations)
        })
    }
}

/// Returns a configuration with these declarations and without requests.
pub(crate) fn base(declarations: Arc<Declarations>) -> ConnectionConfig {
    ConnectionConfig {
        description: Name::from_static(DESCRIPTION),
        declarations,
        // Undeclared events can be printed and sent too.
        undeclared: Undeclared::Deliver,
        ..ConnectionConfig::default()
    }
}

/// Connects to the peer at an address.
pub(crate) fn join(
    address: &str,
    config: ConnectionConfig,
    timeout: Duration,
) -> Result<Peer, Failure> {
    Peer::connect(address, config, timeout)
        .map_err(|error| failed(format_args!("{error}{}", hint(&error))))
}

/// Listens at an address.
pub(crate) fn bind(address: &str) -> Result<Listener, Failure> {
    Listener::bind(address).map_err(|error| failed(format_args!("{error}{}", hint(&error))))
}

/// Waits for the next peer. Returns `None` if stopped. After an accept error it retries.
pub(crate) fn accept(
    listener: &mut Listener,
    config: &ConnectionConfig,
    stop: &Stop,
) -> Result<Option<Peer>, TransportError> {
    loop {
        match listener.accept(config.clone(), None) {
            Err(error @ TransportError::Accept { .. }) => {
                let seconds = ACCEPT_PAUSE.as_secs();
                warn(format_args!("{error}; trying again in {seconds} s"));
                stop.wait(ACCEPT_PAUSE);
            }
            accepted => return accepted,
        }
    }
}

/// Serves a peer in its own thread.
///
/// # Errors
/// The thread cannot be started. The peer is dropped.
pub(crate) fn begin<'scope>(
    scope: &'scope Scope<'scope, '_>,
    serve: impl FnOnce() + Send + 'scope,
) -> Result<(), String> {
    let begun = thread::Builder::new().spawn_scoped(scope, serve);
    begun.map(drop).map_err(|error| format!("cannot serve the peer: {error}"))
}

/// Waits until a condition is true. Returns whether it became true in time.
pub(crate) fn wait_until(
    peer: &mut Peer,
    deadline: Option<Instant>,
    is_so: impl Fn(&Connection) -> bool,
) -> Result<bool, Failure> {
    let name = peer.remote_addr();
    while !is_so(peer.connection()) {
        let is_ready = peer.connection().phase() == Phase::Running;
        match peer.next(deadline).map_err(|error| failed(format_args!("{error}")))? {
            Some(ConnectionNotification::Closed(cause)) => {
                let fault = fault(&cause);
                let hint = match cause {
                    CloseCause::PeerClosed if !is_ready => {
                        format!("{}{}", tls_differs(peer), try_doctor(name))
                    }
                    CloseCause::TransportFailed { .. } => tls_differs(peer).to_owned(),
                    _ => String::new(),
                };
                let fault = fault.as_deref().unwrap_or("the peer closed the connection");
                return Err(failed(format_args!("{name}: nothing sent: {fault}{hint}")));
            }
            Some(_) => {}
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// Waits until the peer has requested all these events and they can be sent.
pub(crate) fn wait_until_requested(
    peer: &mut Peer,
    names: &[&Name],
    timeout: Duration,
    deadline: Option<Instant>,
) -> Result<(), Failure> {
    let missing = |connection: &Connection| {
        let is_missing = |name: &&&Name| !connection.is_event_requested(name);
        names.iter().find(is_missing).map(|name| printed::bytes(name))
    };
    let is_ready = |connection: &Connection| {
        missing(connection).is_none() && connection.phase() == Phase::Running
    };
    let (name, seconds) = (peer.remote_addr(), timeout.as_secs_f64());
    let requested = |connection: &Connection| {
        let names = connection.peer_events().iter().map(|name| printed::bytes(name));
        Some(names.collect::<Vec<_>>().join(", ")).filter(|names| !names.is_empty())
    };
    if timeout > SILENCE {
        if wait_until(peer, Instant::now().checked_add(SILENCE), is_ready)? {
            return Ok(());
        }
        let connection = peer.connection();
        let awaited = match missing(connection) {
            Some(missing) if connection.phase() == Phase::Running => {
                let so_far = requested(connection).unwrap_or_else(|| "nothing".to_owned());
                format!("request {missing}; so far it requested {so_far}")
            }
            _ => "complete the handshake".to_owned(),
        };
        warn(format_args!("{name}: waiting up to {seconds} s for the peer to {awaited}"));
    }
    if wait_until(peer, deadline, is_ready)? {
        return Ok(());
    }
    let connection = peer.connection();
    let Some(missing) = missing(connection).filter(|_| connection.phase() == Phase::Running) else {
        return Err(not_running(peer, timeout));
    };
    let requested = requested(connection)
        .unwrap_or_else(|| format!("nothing: {}", no_entry(connection.config().class.as_deref())));
    Err(failed(format_args!(
        "{name}: nothing sent: the peer did not request {missing} within {seconds} s; it \
         requested {requested}"
    )))
}

/// Returns the likely reason why a peer requests nothing.
pub(crate) fn no_entry(class: Option<&[u8]>) -> String {
    let class = match class {
        None | Some(b"") => "no class; see --class".to_owned(),
        Some(class) => format!("class {}", printed::bytes(class)),
    };
    format!(
        "probably no entry of its `Communication::nodes` matches this host and our class ({class}), \
         or the entry has no `$events`"
    )
}

/// Returns the message for a missing VERSION.
pub(crate) fn no_version(timeout: Duration) -> String {
    format!("it sent no VERSION within {} s", timeout.as_secs_f64())
}

/// The error for a peer that closes the connection at once.
pub(crate) const CLOSED_AT_ONCE: &str = "the peer closed the connection at once; it may not accept \
                                         this host, or use another protocol";

/// Returns a hint that only one side may use TLS, the likely cause if a peer has sent nothing.
pub(crate) fn tls_differs(peer: &Peer) -> &'static str {
    let connection = peer.connection();
    match &connection.config().tls {
        _ if connection.peer_version().is_some() => "",
        None => "; it may expect TLS (see --tls-ca)",
        Some(_) if connection.tls().is_none() => {
            "; it may not use TLS (without --tls-ca the connection is in clear text)"
        }
        Some(_) => "",
    }
}

/// Returns a hint on how to find out why a peer does not complete the handshake.
pub(crate) fn try_doctor(peer: impl fmt::Display) -> String {
    format!("; try `brocomm doctor {peer}`")
}

/// Reports that the handshake did not complete.
pub(crate) fn not_running(peer: &Peer, timeout: Duration) -> Failure {
    let (name, phase) = (peer.remote_addr(), peer.connection().phase());
    let seconds = timeout.as_secs_f64();
    let (tls, hint) = (tls_differs(peer), try_doctor(name));
    failed(format_args!(
        "{name}: nothing sent: the handshake was not completed within {seconds} s: the peer is \
         still in {phase}{tls}{hint}"
    ))
}

/// Closes the connection with a time limit. Returns whether everything was written.
pub(crate) fn part(peer: &mut Peer) -> Result<bool, TransportError> {
    peer.close(Instant::now().checked_add(PARTING))
}

/// Returns the error message for a connection that was not closed normally.
pub(crate) fn fault(cause: &CloseCause) -> Option<String> {
    match cause {
        CloseCause::PeerClosed | CloseCause::ClosedByUs => None,
        CloseCause::PeerClosedMidMessage(_) => {
            Some("the peer closed the connection in the middle of a message".to_owned())
        }
        CloseCause::TransportFailed { reason } => Some(format!("the connection failed: {reason}")),
        CloseCause::Tls(error) => Some(format!("TLS: {error}{}", tls::advice(error))),
        CloseCause::Protocol(error) => Some(
            not_a_peer(error).unwrap_or_else(|| format!("the peer violated the protocol: {error}")),
        ),
        cause => Some(format!("{cause:?}")),
    }
}

/// Returns what kind of unsupported peer caused a protocol error, if known.
pub(crate) fn not_a_peer(error: &ProtocolError) -> Option<String> {
    let stream = match &error.kind {
        ProtocolErrorKind::Wire(error) => other_protocol(error).or_else(|| clear_expected(error)),
        _ => None,
    };
    stream.or_else(|| other_release(&error.kind))
}

/// Returns whether a connection ended because the peer uses another protocol.
pub(crate) fn is_other_protocol(cause: &CloseCause) -> bool {
    let CloseCause::Protocol(error) = cause else { return false };
    matches!(&error.kind, ProtocolErrorKind::Wire(error) if other_protocol(error).is_some())
}

/// Describes a peer that uses another protocol by its first bytes: text where a chunk's length
/// should be.
pub(crate) fn other_protocol(error: &WireError) -> Option<String> {
    let WireErrorKind::ChunkTooLong { length, .. } = error.kind else { return None };
    let first = length.to_be_bytes();
    let is_text = first.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t'));
    (error.offset == 0 && is_text).then(|| {
        let first = first.escape_ascii();
        format!(
            "the peer uses another protocol: its data begins with \"{first}\"; is the port \
             right?"
        )
    })
}

/// Returns the error for a peer that uses TLS while we don't.
fn clear_expected(error: &WireError) -> Option<String> {
    speaks_tls(error).then(|| {
        "the peer uses TLS, but clear text is expected; for TLS, use --tls-ca and --tls-cert, \
         and in configurations `ssl` and `listen_ssl`"
            .to_owned()
    })
}

/// Returns whether a peer uses TLS and we don't.
pub(crate) fn speaks_tls(error: &WireError) -> bool {
    matches!(error.kind, WireErrorKind::PeerSpeaksTls { .. })
}

/// Names the peer's Bro release, if the connection failed because of its version.
pub(crate) fn other_release(error: &ProtocolErrorKind) -> Option<String> {
    Some(match *error {
        ProtocolErrorKind::ProtocolVersion { got } if got < Version::PROTOCOL => format!(
            "this is Bro 1.5 or older, with protocol {got}; brocomm's is {}: Bro 2.0 to 2.6",
            Version::PROTOCOL
        ),
        ProtocolErrorKind::ProtocolVersion { got } => format!(
            "this is not a Bro 2.0 to 2.6: its protocol is {got}, brocomm's is {}",
            Version::PROTOCOL
        ),
        ProtocolErrorKind::DataVersion { got, expected } => {
            match Version::releases(Version::PROTOCOL, got) {
                Some(release) => format!(
                    "this is Bro {release}, with data format {got}, but data format {expected} is \
                     set; if you remove the setting, brocomm uses the peer's"
                ),
                None => format!(
                    "this is not a Bro 2.0 to 2.6: its data format is {got}, brocomm supports 21, \
                     22, 23, 25 and 26"
                ),
            }
        }
        _ => return None,
    })
}

/// Parses a timeout in seconds.
pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    if text.parse::<f64>().is_ok_and(|seconds| seconds <= 0.0) {
        return Err("must be greater than 0".to_owned());
    }
    seconds(text)
}

/// Parses a number of seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let error = || format!("`{text}` is not a number of seconds, such as 10 or 0.5");
    let seconds = text.parse::<f64>().map_err(|_| error())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| error())
}

/// Returns a hint for an error, if known.
pub(crate) fn hint(error: &TransportError) -> &'static str {
    use TransportError::{Bind, Connect, ConnectTimedOut, Resolve};
    match error {
        Bind { cause, .. } if cause.kind == ErrorKind::AddrInUse => {
            "; stop the program that listens there, or choose another port"
        }
        Connect { cause, .. } => hint_for(cause.kind),
        ConnectTimedOut { .. } => hint_for(ErrorKind::TimedOut),
        Resolve { .. } => "; is the name right?",
        _ => "",
    }
}

/// Returns a hint for an error of connecting.
pub(crate) fn hint_for(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ConnectionRefused => {
            "; does the peer listen there? A Bro does if it loads `frameworks/communication/listen`"
        }
        ErrorKind::TimedOut => "; is the address right, and does a firewall block it?",
        _ => "",
    }
}
