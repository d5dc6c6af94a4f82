//! `brocomm bench`: measures the event rate and the latency of a peer.

mod call;
mod client;
mod measured;
mod plot;
mod report;
mod serve;

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use brocomm::lowlevel::connection::{ConnectionConfig, Requests};
use brocomm_std::Peer;

use crate::address;
use crate::failure::{Failure, failed, tell};
use crate::number::within;
use crate::printer::Printer;
use crate::session::{self, Print, timeout};
use crate::stop::Stop;
use crate::tls::Tls;
use call::{Call, DIGITS};
use client::{Client, Load};
use measured::Measured;
use report::Report;

/// Measures the event rate and the latency of a peer.
///
/// Sends an event repeatedly, on one or more connections, and waits for the replies: another event
/// with the same arguments. The peer must echo events. It can be `brocomm bench --serve`, a Bro
/// with the script of broping (--event 'ping(time, count)' --reply pong), or an implementation that
/// is set up for the conformance suite, which the defaults match.
///
/// Loads the peer as much as --window and --connections allow. Use it only against your own peers.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The peer's address: HOST or HOST:PORT. The default port is 47757. Write an IPv6 address as
    /// [::1]:47757, with a zone as [fe80::1%eth0].
    #[arg(value_name = "HOST[:PORT]", value_parser = address::parse_peer,
        required_unless_present = "serve")]
    peer: Option<String>,

    /// Echo events at this address until Ctrl-C. With port 0 the system chooses a port. The first
    /// line of output has the address.
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = address::parse,
        conflicts_with_all = ["peer", "count", "connections", "window", "size", "timeout", "class",
        "plot", "svg"])]
    serve: Option<String>,

    /// The event to send: its name and its types, which are count, string, any or time.
    ///
    /// The first argument other than a time has a number that identifies the reply. Arguments of
    /// type string and any have the number too, and are padded to --size.
    #[arg(long, value_name = "NAME(TYPE, …)", default_value = "conformance_echo(any)")]
    event: String,

    /// The event that answers. It must contain the number, with the same type.
    #[arg(long, value_name = "NAME", default_value = "conformance_echoed")]
    reply: String,

    /// The number of events to send on each connection.
    #[arg(long, short, value_name = "N", default_value_t = 10_000,
        value_parser = within::<u64>(0..=client::MOST))]
    count: u64,

    /// The number of connections.
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = within::<u16>(1..=1000))]
    connections: u16,

    /// The maximum number of unanswered events per connection. With 1 the latency is the round-trip
    /// time. Larger values increase the rate and the latency.
    #[arg(long, value_name = "N", default_value_t = 16,
        value_parser = within::<u32>(1..=65536))]
    window: u32,

    /// The length of each string in bytes, at least 16.
    #[arg(long, value_name = "BYTES", default_value_t = 64,
        value_parser = within::<u32>(DIGITS as u32..=8 << 20))]
    size: u32,

    /// The time limit for each connection and for each reply, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = timeout,
        allow_negative_numbers = true)]
    timeout: Duration,

    /// The class to send. A Bro uses it to choose the entry in its `Communication::nodes`.
    #[arg(long)]
    class: Option<String>,

    /// Plot the latencies by percentile below the table.
    #[arg(long, conflicts_with = "json")]
    plot: bool,

    /// Write the plot to this SVG file.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// Print a JSON object instead of a table; see the end of `--help`.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    tls: Tls,
}

const EXAMPLES: &str = "\
Examples:
  brocomm bench --serve 127.0.0.1:4711
  brocomm bench 127.0.0.1:4711 --connections 4 --window 64
  brocomm bench 127.0.0.1:4711 --window 1 --plot --svg latency.svg
  brocomm bench sensor --event 'ping(time, count)' --reply pong --count 1000";

const AFTER_HELP: &str = "\
JSON:
  event, reply             the events
  peer                     the peer's address
  connections, window      the options
  payload                  bytes of strings in each event
  sent, answered           events
  unexpected               replies that answer no pending event
  others                   replies to other connections; a Bro sends replies to all of them
  seconds                  time from the first event to the last reply
  rate                     answered events per second; null if none was answered
  latency                  {min, p50, p90, p99, p99_9, p99_99, max, mean, stdev}, in seconds, with
                           three digits; null if none was answered
With --serve the only line is {\"notification\": \"listening\", \"address\": …}.

Exit codes:
  0  every event was answered, or Ctrl-C was pressed and the results so far were printed
  1  a connection failed, or an event was not answered exactly once
  2  the command line is wrong

Examples:
  brocomm bench --serve 127.0.0.1:4711
  brocomm bench 127.0.0.1:4711 --connections 4 --window 64
  brocomm bench 127.0.0.1:4711 --window 1 --plot --svg latency.svg
  brocomm bench sensor --event 'ping(time, count)' --reply pong --count 1000";

/// Runs the benchmark or the echoing side.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let size = usize::try_from(args.size).unwrap_or(usize::MAX);
    let call = Call::new(&args.event, &args.reply, size)?;
    match (&args.serve, &args.peer) {
        (Some(on), _) => {
            let config = args.config(&call.event)?;
            let form = if args.json { Print::Json } else { Print::Bro };
            serve::serve(on, &config, &call, |address| {
                Ok(Printer::new(out, form, None).listening(address)?)
            })
        }
        (None, Some(peer)) => args.measure(peer, &call, out),
        // The command line requires one of them.
        (None, None) => Ok(()),
    }
}

impl Args {
    /// Returns the configuration of a connection that requests an event.
    fn config(&self, event: &brocomm::data::Name) -> Result<ConnectionConfig, Failure> {
        let requests = Requests { events: vec![event.clone()], ..Requests::default() };
        Ok(ConnectionConfig {
            class: Some(self.class.clone().unwrap_or_default().into()),
            requests,
            tls: self.tls.read()?,
            ..session::base(Arc::default())
        })
    }

    fn measure(&self, address: &str, call: &Call, out: &mut dyn Write) -> Result<(), Failure> {
        let stop = Stop::on_signal();
        // On a signal, the measurements so far are shown.
        let _held = stop.hold();
        self.svg.as_deref().map(plot::check_writable).transpose()?;
        let peers = self.join(address, call, &stop)?;
        let load = Load {
            count: self.count,
            window: usize::try_from(self.window).unwrap_or(usize::MAX),
            timeout: self.timeout,
        };
        let all = Mutex::new(Measured::default());
        let mut faults: Vec<String> = thread::scope(|scope| {
            let begin = |(place, peer): (u16, Peer)| {
                let stopped = stop.add(peer.stop_handle());
                let client = Client::new(place, peer, call, load, &all);
                scope.spawn(move || {
                    let _stopped = stopped;
                    client.run()
                })
            };
            let running: Vec<_> = (0..).zip(peers).map(begin).collect();
            let ended = running.into_iter().map(|thread| {
                thread.join().unwrap_or_else(|_| Err(format!("{address}: a connection crashed")))
            });
            ended.filter_map(Result::err).collect()
        });
        let measured = all.into_inner().unwrap_or_else(PoisonError::into_inner);
        let report = Report { args: self, address, call, measured: &measured };
        report.show(out)?;
        out.flush()?;
        if let Some(file) = &self.svg {
            plot::write(file, &report.title(), &measured)?;
        }
        if measured.unexpected > 0 {
            faults.push(format!("{address}: {} replies match no event", measured.unexpected));
        }
        // Connections usually fail for the same reason.
        faults.sort();
        faults.dedup();
        faults.iter().for_each(|fault| tell(format_args!("{fault}")));
        let is_done = measured.answered() == measured.sent;
        match faults.is_empty() && (is_done || stop.is_stopped()) {
            true => Ok(()),
            false => Err(Failure::Reported),
        }
    }

    /// Establishes the connections; fewer if a signal arrives.
    fn join(&self, address: &str, call: &Call, stop: &Stop) -> Result<Vec<Peer>, Failure> {
        let config = self.config(&call.reply)?;
        let mut peers = Vec::new();
        for _ in 0..self.connections {
            let mut peer = session::join(address, config.clone(), self.timeout)?;
            let _stopped = stop.add(peer.stop_handle());
            let deadline = Instant::now().checked_add(self.timeout);
            let names = [&call.event];
            let ready = session::wait_until_requested(&mut peer, &names, self.timeout, deadline);
            if stop.is_stopped() {
                break;
            }
            ready?;
            peers.push(peer);
        }
        if peers.is_empty() && !stop.is_stopped() {
            return Err(failed(format_args!("{address}: no connection")));
        }
        Ok(peers)
    }
}
