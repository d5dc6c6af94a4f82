//! `brocomm doctor`: checks the connection to a peer step by step.

mod clock;
mod examine;
mod report;

use std::io::Write;
use std::time::{Duration, Instant};

use brocomm::Time;
use brocomm::lowlevel::connection::{
    Authority, ConnectionConfig, ConnectionNotification, Requests,
};
use brocomm::lowlevel::wire::DataFormat;
use brocomm::node::{CloseCause, Role, SyncRequest, SyncRole};
use brocomm_std::Peer;
use serde_json::json;

use crate::address;
use crate::certificate::Certificate;
use crate::decode::{names_of, printed};
use crate::diagnosis::{self, hint};
use crate::failure::{Failure, misused};
use crate::logging;
use crate::session::{self, timeout};
use crate::stop::Stop;
use crate::tls::{self, Tls};
use crate::zeek;
use crate::zeek::url::Url;
use clock::Clock;
pub(crate) use examine::{Finding, examine};
pub(crate) use report::Report;

/// Checks the connection to a peer step by step.
///
/// Sends nothing and requests nothing (except logs, with --clock), so it changes nothing on the
/// peer. Reports whether a peer answers, its versions and capabilities, its description, what it
/// requests, and which side would send its state if both requested state. With TLS, also the
/// negotiated parameters and the peer's certificate. Each line begins with `ok`, `note` or `BAD`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The peer's address: HOST or HOST:PORT. The default port is 47757. Write an IPv6 address as
    /// [::1]:47757, with a zone as [fe80::1%eth0]. Or the URL of a Zeek's WebSocket server:
    /// ws://HOST[:PORT] or wss://HOST[:PORT].
    #[arg(value_name = "HOST[:PORT]|URL", value_parser = Target::parse)]
    peer: Target,

    /// The class to send. A Bro uses it to choose the entry in its `Communication::nodes`.
    #[arg(long)]
    class: Option<String>,

    /// The time limit for each step, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = timeout,
        allow_negative_numbers = true)]
    timeout: Duration,

    /// Measure the round-trip time too. Only for peers known not to be a Bro.
    #[arg(long)]
    ping: bool,

    /// Compare the peer's clock with ours, using the times in its logs. Requests all logs, which
    /// may be many, until an entry about this connection arrives. Connects a second time if needed,
    /// because a Bro sends a batch only with the next entry.
    #[arg(long)]
    clock: bool,

    /// Print one JSON object per line: step, finding ("ok", "note" or "BAD") and text. The step
    /// "tls" also has version, cipher_suite and key_exchange; "certificate" has subject, issuer,
    /// names, not_before, not_after and sha256; "clock" has ahead, in seconds.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    tls: Tls,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm doctor sensor
  brocomm doctor sensor --class control --clock
  brocomm doctor sensor --tls-ca ca.pem --tls-cert us.pem
  brocomm doctor ws://manager:27759
  brocomm doctor wss://manager:27759 --tls-ca ca.pem

Exit codes:
  0  no step is BAD; there may be notes
  1  a step is BAD
  2  the command line is wrong";

/// The number of days before its expiry at which a certificate gets a note.
const SOON: i64 = 30;

/// The number of the only PING.
const PING: u32 = 1;

/// What the peer has requested and sent, unless the connection records it.
#[derive(Default)]
struct Requested {
    sync: Option<SyncRequest>,
    filter: Option<String>,
    /// Whether the requests are complete.
    all: bool,
    /// The peer's clock, with `--clock`.
    clock: Option<Clock>,
}

/// What is checked.
#[derive(Debug, Clone)]
enum Target {
    Peer(String),
    Zeek(Url),
}

impl Target {
    fn parse(text: &str) -> Result<Target, String> {
        match Url::is_meant(text) {
            true => text.parse().map(Target::Zeek),
            false => address::parse_peer(text).map(Target::Peer),
        }
    }
}

/// Runs the steps, as far as possible.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let mut report = Report::new(out, args.json);
    let address = match &args.peer {
        Target::Peer(address) => address,
        Target::Zeek(url) => {
            let tls = args.tls.files()?.connector(url);
            let tls = tls.map_err(|error| misused(format_args!("{error}")))?;
            return zeek::doctor::run(url, tls.as_ref(), args.timeout, &mut report);
        }
    };
    let config = ConnectionConfig {
        tls: args.tls.read()?,
        class: Some(args.class.clone().unwrap_or_default().into()),
        requests: Requests { request_logs: args.clock, ..Requests::default() },
        ..session::base(Default::default())
    };
    let begin = Instant::now();
    let mut peer = match Peer::connect(address, config, args.timeout) {
        Ok(peer) => peer,
        Err(error) => return report.bad("reachable", &format!("{error}{}", hint(&error))),
    };
    let _registered = Stop::on_signal().add(peer.stop_handle());
    let millis = begin.elapsed().as_secs_f64() * 1e3;
    report.ok("reachable", &format!("{} accepts, after {millis:.1} ms", peer.remote_addr()))?;

    let mut requested =
        Requested { clock: args.clock.then(Clock::default), ..Requested::default() };
    let has_version = |peer: &Peer, _: &Requested| peer.connection().peer_version().is_some();
    if !wait(&mut peer, args.timeout, has_version, &mut requested, &mut report)? {
        return report.bad(
            "version",
            &format!(
                "{}; does it speak this protocol, or does it expect TLS (`ssl` in its entry for \
                 us, or `listen_ssl`)?",
                diagnosis::no_version(args.timeout)
            ),
        );
    }
    secured(&peer, &mut report)?;
    introduce(&peer, &mut report)?;

    // The Running phase is not enough: earlier notifications must be handled too.
    let is_done = |_: &Peer, requested: &Requested| requested.all;
    if !wait(&mut peer, args.timeout, is_done, &mut requested, &mut report)? {
        let phase = peer.connection().phase();
        return report
            .bad("handshake", &format!("it stays in {phase}: its requests are not complete"));
    }
    report.ok("handshake", "complete")?;
    requests(&peer, &requested, args.class.as_deref(), &mut report)?;
    if args.clock {
        // The newest entry is the last one in a batch.
        let is_known = |peer: &Peer, requested: &Requested| {
            requested.clock.as_ref().is_some_and(Clock::is_known)
                && peer.connection().waiting_notifications() == 0
        };
        if !wait(&mut peer, args.timeout.min(clock::BATCH), is_known, &mut requested, &mut report)?
        {
            clock::provoke(peer.remote_addr(), args.timeout);
            wait(&mut peer, args.timeout, is_known, &mut requested, &mut report)?;
        }
        requested.clock.iter().try_for_each(|clock| clock.report(&mut report))?;
    }
    if args.ping {
        ping(&mut peer, args.timeout, &mut report)?;
    }
    let _ = session::part(&mut peer);
    Ok(())
}

/// Waits until a condition is true. Reports an earlier end of the connection.
fn wait(
    peer: &mut Peer,
    timeout: Duration,
    is_so: impl Fn(&Peer, &Requested) -> bool,
    requested: &mut Requested,
    report: &mut Report<'_>,
) -> Result<bool, Failure> {
    let deadline = Instant::now().checked_add(timeout);
    while !is_so(peer, requested) {
        match peer.next(deadline) {
            Ok(Some(ConnectionNotification::Closed(CloseCause::Tls(error)))) => {
                report.bad("tls", &format!("{error}{}", tls::advice(&error)))?;
            }
            Ok(Some(ConnectionNotification::Closed(cause))) => {
                if let CloseCause::Protocol(error) = &cause
                    && let Some(release) = diagnosis::other_release(&error.kind)
                {
                    report.bad("version", &release)?;
                }
                if diagnosis::is_other_protocol(&cause) {
                    let fault = diagnosis::fault(&cause).unwrap_or_default();
                    report.bad("connection", &fault)?;
                }
                let fault = diagnosis::fault(&cause);
                let fault = fault.unwrap_or("the peer closed the connection".to_owned());
                let tls = peer.connection().config().tls.is_some();
                let tls = if tls { "" } else { " Does it expect TLS (--tls-ca)?" };
                report.bad("connection", &format!("{fault}; does it accept this host?{tls}"))?;
            }
            Ok(Some(ConnectionNotification::SyncRequested { authoritative })) => {
                requested.sync = Some(SyncRequest { authoritative });
            }
            Ok(Some(ConnectionNotification::HandshakeDone)) => requested.all = true,
            Ok(Some(ConnectionNotification::CaptureFilter(filter))) => {
                requested.filter = Some(printed::bytes(&filter));
            }
            Ok(Some(notification)) => {
                logging::dropped_entry(peer.remote_addr(), &notification);
                let now = peer.now();
                requested.clock.iter_mut().for_each(|clock| clock.notified(&notification, now));
            }
            Ok(None) => return Ok(false),
            Err(error) => report.bad("connection", &error.to_string())?,
        }
    }
    Ok(true)
}

/// Reports the TLS parameters and the peer's certificate.
fn secured(peer: &Peer, report: &mut Report<'_>) -> Result<(), Failure> {
    let Some(tls) = peer.connection().tls() else { return Ok(()) };
    let (version, suite) = (&tls.version, &tls.cipher_suite);
    let group = tls.key_exchange.as_deref();
    let more = group.map(|group| format!(", keys exchanged by {group}")).unwrap_or_default();
    let fields = json!({ "version": version, "cipher_suite": suite, "key_exchange": group });
    report.tell("ok", "tls", &format!("{version}, {suite}{more}"), fields)?;

    let der = tls.peer_certificates.first().map_or(&[][..], |der| der);
    certificate(der, Some(&tls.peer_sha256[..]), peer.now(), report)
}

/// Reports a certificate, with its fingerprint if that is known.
pub(crate) fn certificate(
    der: &[u8],
    sha256: Option<&[u8]>,
    now: Time,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let Some(own) = Certificate::read(der) else {
        return report.note("certificate", "accepted, but cannot be displayed");
    };
    let Certificate { subject, issuer, names, .. } = &own;
    let (not_before, not_after) = (own.not_before(), own.not_after());
    let sha256 =
        sha256.map(|sha256| sha256.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let print = sha256.as_ref().map(|sha256| format!(", SHA-256 {sha256}")).unwrap_or_default();
    let named = if names.is_empty() { "no name".to_owned() } else { names.join(", ") };
    let mut text = format!(
        "{subject}, for {named}, issued by {issuer}, valid from {not_before} to {not_after}{print}"
    );
    let days = own.days_left(now);
    let finding = if days < SOON { "note" } else { "ok" };
    if days < SOON {
        text += &format!("; it expires in {days} days: reissue it");
    }
    let fields = json!({ "subject": subject, "issuer": issuer, "names": names,
        "not_before": not_before, "not_after": not_after, "sha256": sha256 });
    report.tell(finding, "certificate", &text, fields)
}

/// Reports the peer's VERSION.
fn introduce(peer: &Peer, report: &mut Report<'_>) -> Result<(), Failure> {
    let connection = peer.connection();
    let Some(version) = connection.peer_version() else { return Ok(()) };
    let (protocol, data_format) = (version.protocol, version.data_format);
    let of = match DataFormat::from_number(data_format) {
        Some(format) => format!(": Bro {}", format.releases()),
        None => ": it uses ours, as brocomm does".to_owned(),
    };
    report.ok("version", &format!("protocol {protocol}, data format {data_format}{of}"))?;
    if let Some(format) = DataFormat::from_number(data_format) {
        report.note("release", release(format))?;
    }
    report.ok("cache", &format!("its send cache has {} objects", version.cache_size))?;
    match version.runtime.cast_signed() {
        0 => report.note("runtime", "started less than 1 s ago, or reports no uptime")?,
        runtime if runtime < 0 => report.note(
            "runtime",
            &format!("it reports an uptime of {runtime} s; was its clock set back?"),
        )?,
        runtime => report.ok("runtime", &format!("its uptime is {runtime} s"))?,
    }
    match version.class.as_deref() {
        None | Some(b"") => report.ok("class", "it sends none")?,
        Some(class) => report.ok("class", &printed::bytes(class))?,
    }
    Ok(())
}

/// Returns the peculiarities of the releases with a data format, and how they were tested.
fn release(format: DataFormat) -> &'static str {
    match format {
        DataFormat::V21 => {
            "Bro 2.0 has no IPv6 addresses, opaque values or hooks; its TLS is SSLv3 only; tested \
             with sessions recorded from a Bro 2.0"
        }
        DataFormat::V22 => {
            "Bro 2.1 has no opaque values or hooks; its TLS is SSLv3 only; tested with a Bro 2.1"
        }
        DataFormat::V23 => {
            "Bro 2.2 has no X.509 values; its TLS is SSLv3 only; tested with sessions recorded \
             from a Bro 2.2"
        }
        DataFormat::V25 => {
            "Bro 2.3 and 2.4 offer TLS as SSLv3 only; tested with a Bro 2.4.2, and with sessions \
             recorded from a Bro 2.3.2"
        }
        DataFormat::V26 => {
            "tested with a Bro 2.5.5; 2.6 announces the same, but encodes log values differently, \
             which brocomm detects with the first log entry"
        }
    }
}

/// Reports the peer's capabilities and requests.
fn requests(
    peer: &Peer,
    requested: &Requested,
    class: Option<&str>,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let connection = peer.connection();
    let caps: Vec<_> = names_of(connection.peer_caps()).collect();
    report.ok("capabilities", &if caps.is_empty() { "none".into() } else { caps.join(", ") })?;
    match connection.peer_description() {
        Some(name) => report.ok("description", &printed::bytes(name))?,
        None => report.note("description", "none, as for a Broccoli client")?,
    }
    let events: Vec<_> = connection.peer_events().iter().map(|e| printed::bytes(e)).collect();
    match events.len() {
        0 => report.note(
            "events",
            &format!(
                "it requests none, so it will receive none: {}",
                diagnosis::no_entry(connection.config().class.as_deref())
            ),
        )?,
        _ => report.ok("events", &format!("it requests {}", events.join(", ")))?,
    }
    if let Some(filter) = &requested.filter {
        report.ok("filter", &format!("it sends the capture filter \"{filter}\""))?;
    }
    if connection.are_logs_requested() {
        report.ok("logs", "it requests our logs")?;
    }
    state(peer, requested, report)?;
    let asks_for_nothing = connection.peer_events().is_empty()
        && requested.sync.is_none()
        && requested.filter.is_none()
        && !connection.are_logs_requested();
    match class.filter(|class| !class.is_empty()) {
        Some(class) if asks_for_nothing => {
            let text =
                format!("it requests nothing: it has no entry for this host with class {class}");
            report.bad("entry", &text)
        }
        _ => Ok(()),
    }
}

/// Reports which side would send its state.
fn state(peer: &Peer, requested: &Requested, report: &mut Report<'_>) -> Result<(), Failure> {
    let connection = peer.connection();
    let runtime = connection.peer_version().map_or(0, |version| version.runtime);
    let asks = Some(SyncRequest { authoritative: false });
    let theirs = requested.sync;
    let would = match Authority::decide(asks, theirs, 0, runtime, Role::Initiator) {
        Authority::Sync(SyncRole::Sender) => "we would send ours, since it has just started",
        Authority::Sync(SyncRole::Receiver) => "it would send its own",
        _ => "neither side would send any",
    };
    let wants = match theirs {
        Some(SyncRequest { authoritative: true }) => {
            "it shares state, and its own is authoritative"
        }
        Some(_) => "it shares state",
        None => "it accepts no state changes",
    };
    report.ok("state", &format!("{wants}; if we requested state, {would}"))
}

/// Measures the round-trip time.
fn ping(peer: &mut Peer, timeout: Duration, report: &mut Report<'_>) -> Result<(), Failure> {
    if let Err(error) = peer.ping(PING) {
        return report.bad("ping", &error.to_string());
    }
    let deadline = Instant::now().checked_add(timeout);
    loop {
        match peer.next(deadline) {
            Ok(Some(ConnectionNotification::Pong { seq: PING, d2, d3, .. })) => {
                let (trip, spent) = (d2 * 1e3, d3 * 1e3);
                let text = format!("round trip {trip:.3} ms, of which the peer took {spent:.3} ms");
                return report.ok("ping", &text);
            }
            Ok(Some(ConnectionNotification::Closed(_))) => {
                return report.bad("ping", "the peer closed the connection instead of answering");
            }
            Ok(Some(_)) => {}
            Ok(None) => return report.bad("ping", "no answer"),
            Err(error) => return report.bad("ping", &error.to_string()),
        }
    }
}
