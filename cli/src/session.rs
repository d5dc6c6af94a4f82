//! Code shared by commands that connect to one peer: options, requests, connecting and closing.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use brocomm::data::{Declarations, Name};
use brocomm::lowlevel::connection::{
    Connection, ConnectionConfig, ConnectionNotification, Requests,
};
use brocomm::lowlevel::driver::ACCEPT_PAUSE;
use brocomm::lowlevel::wire::Compression;
use brocomm::node::EventPattern;
use brocomm::node::{CloseCause, Phase, Undeclared};
use brocomm_std::{Listener, Peer, TransportError};
use bytes::Bytes;
use clap::ValueEnum;

use crate::declare::{Declare, requested};
use crate::decode::printed;
use crate::diagnosis::{fault, hint, no_entry, not_running, tls_differs, try_doctor};
use crate::failure::{Failure, failed, misused, warn};
use crate::fields::Fields;
use crate::number::within;
use crate::packets::Packets;
use crate::printer::Printer;
use crate::stop::Stop;
use crate::tls::Tls;

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
    pub(crate) form: OutputFormat,

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
pub(crate) struct OutputFormat {
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

impl OutputFormat {
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
        let printer = self.form.printer(out, self.count).declared(&config.declarations);
        Ok(printer.quiet(self.quiet).fields(fields))
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

/// Closes the connection with a time limit. Returns whether everything was written.
pub(crate) fn part(peer: &mut Peer) -> Result<bool, TransportError> {
    peer.close(Instant::now().checked_add(PARTING))
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
