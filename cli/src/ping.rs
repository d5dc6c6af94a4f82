//! `brocomm ping`: measures the round-trip time.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brocomm::lowlevel::connection::{ConnectionConfig, ConnectionNotification};
use brocomm::node::Phase;
use brocomm::node::PingStatistics;
use brocomm_std::Peer;
use serde_json::json;

use crate::address;
use crate::decode::printed;
use crate::diagnosis;
use crate::failure::{Failure, failed, misused};
use crate::number::within;
use crate::session::{self, DESCRIPTION, seconds, timeout};
use crate::stop::Stop;
use crate::tls::Tls;

/// Sends PINGs and prints the round-trip times.
///
/// PINGs are sent only to peers known not to be a Bro: those whose description begins with
/// `brocomm`, or any with --yes.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The peer's address: HOST or HOST:PORT. The default port is 47757. Write an IPv6 address as
    /// [::1]:47757, with a zone as [fe80::1%eth0].
    #[arg(value_name = "HOST[:PORT]", value_parser = address::parse_peer)]
    peer: String,

    /// The number of PINGs. By default, until Ctrl-C is pressed.
    #[arg(long, short, value_name = "N", value_parser = within(0..=u32::MAX))]
    count: Option<u32>,

    /// The time between PINGs, in seconds. The next one is not sent before the last one is answered
    /// or --timeout has passed.
    #[arg(long, short, value_name = "SECONDS", default_value = "1", value_parser = seconds,
        allow_negative_numbers = true)]
    interval: Duration,

    /// The time limit for connecting and for each answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = timeout,
        allow_negative_numbers = true)]
    timeout: Duration,

    /// Ping the peer whatever its description. Only for peers known not to be a Bro.
    #[arg(long)]
    yes: bool,

    /// Print one JSON object per PING: seq, and time in seconds, or null without an answer. At the
    /// end, print one with sent, answered, min, avg, max and mdev.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    tls: Tls,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  every PING was answered
  1  a PING was not answered, or the connection failed
  2  the command line is wrong, or the peer may be a Bro and --yes is not given";

/// Pings the peer and prints the summary.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let stop = Stop::on_signal();
    let config = ConnectionConfig { tls: args.tls.read()?, ..session::base(Arc::default()) };
    let mut peer = session::join(&args.peer, config, args.timeout)?;
    let _registered = stop.add(peer.stop_handle());
    let name = peer.remote_addr().to_string();
    let deadline = Instant::now().checked_add(args.timeout);
    if !session::wait_until(&mut peer, deadline, |c| c.phase() == Phase::Running)? {
        return Err(diagnosis::not_running(&peer, args.timeout));
    }
    if !args.yes {
        check_harmless(&peer)?;
    }
    let mut pings = PingStatistics::default();
    let fault = ping(args, &mut peer, &name, &mut pings, out)?;
    if fault.is_none() {
        session::part(&mut peer).map_err(|error| failed(format_args!("{error}")))?;
    }
    if args.json {
        let PingStatistics { sent, answered, d1, .. } = pings;
        let (min, avg, max, mdev) = (d1.min(), d1.average(), d1.max(), d1.deviation());
        let all = json!({ "sent": sent, "answered": answered, "min": min, "avg": avg, "max": max,
            "mdev": mdev });
        writeln!(out, "{all}")?;
    } else {
        sum_up(&pings, &name, out)?;
    }
    out.flush()?;
    match fault {
        Some(fault) => Err(failed(format_args!("{name}: {fault}"))),
        // A PING without an answer when Ctrl-C is pressed does not count as lost.
        None if pings.unanswered() == 0 || stop.is_stopped() => Ok(()),
        None => Err(Failure::Reported),
    }
}

/// Sends the PINGs. Returns the cause if the connection ended.
fn ping(
    args: &Args,
    peer: &mut Peer,
    name: &str,
    pings: &mut PingStatistics,
    out: &mut dyn Write,
) -> Result<Option<String>, Failure> {
    for seq in 0..args.count.unwrap_or(u32::MAX) {
        let start = Instant::now();
        if let Err(error) = peer.ping(seq) {
            return Ok(Some(error.to_string()));
        }
        pings.add_ping();
        let mut answered = false;
        loop {
            let wait = if answered { args.interval } else { args.timeout };
            let last = answered && args.count == seq.checked_add(1);
            let deadline = if last { Some(start) } else { start.checked_add(wait) };
            match peer.next(deadline).map_err(|error| failed(format_args!("{error}")))? {
                Some(ConnectionNotification::Pong { seq: got, d1, d2, d3 })
                    if got == seq && !answered =>
                {
                    answered = true;
                    pings.add_pong(d1, d2, d3);
                    show(args.json, name, seq, Some(d1), out)?;
                }
                Some(ConnectionNotification::Closed(cause)) => {
                    let fault = diagnosis::fault(&cause);
                    return Ok(Some(fault.unwrap_or("the peer closed the connection".to_owned())));
                }
                Some(_) => {}
                None if peer.stop_handle().is_stopped() => return Ok(None),
                None => break,
            }
        }
        if !answered {
            show(args.json, name, seq, None, out)?;
        }
    }
    Ok(None)
}

/// Prints the result of a PING and flushes.
fn show(
    json: bool,
    name: &str,
    seq: u32,
    time: Option<f64>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    match time {
        _ if json => writeln!(out, "{}", json!({ "seq": seq, "time": time }))?,
        Some(time) => {
            writeln!(out, "pong from {name}: seq={seq} time={:.3} ms", time * 1e3)?;
        }
        None => writeln!(out, "no answer from {name}: seq={seq}")?,
    }
    out.flush()
}

/// Refuses to ping a peer that may be a Bro.
fn check_harmless(peer: &Peer) -> Result<(), Failure> {
    let description = peer.connection().peer_description();
    if description.is_some_and(|name| name.starts_with(DESCRIPTION.as_bytes())) {
        return Ok(());
    }
    let described = match description {
        Some(name) => format!("calls itself \"{}\"", printed::bytes(name)),
        None => "has no description".to_owned(),
    };
    Err(misused(format_args!(
        "{}: nothing sent: the peer {described}, so it may be a Bro, and PINGs are not sent to a Bro; \
         use --yes if you know that it is not a Bro",
        peer.remote_addr()
    )))
}

fn sum_up(pings: &PingStatistics, name: &str, out: &mut dyn Write) -> std::io::Result<()> {
    let PingStatistics { sent, answered, d1, .. } = pings;
    let lost = pings.unanswered() as f64 / (*sent).max(1) as f64 * 100.0;
    writeln!(out, "--- {name} ping statistics ---")?;
    writeln!(out, "{sent} sent, {answered} answered, {lost:.0}% lost")?;
    if *answered > 0 {
        writeln!(out, "rtt min/avg/max/mdev = {d1}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_has_the_format_of_ping() {
        let mut pings = PingStatistics::default();
        let summary = |pings: &PingStatistics| {
            let mut out = Vec::new();
            sum_up(pings, "h:1", &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        (0..5).for_each(|_| pings.add_ping());
        assert_eq!(summary(&pings), "--- h:1 ping statistics ---\n5 sent, 0 answered, 100% lost\n");
        for millis in [1.0, 2.0, 3.0, 6.0] {
            pings.add_pong(millis / 1e3, 0.0, 0.0);
        }
        assert_eq!(
            summary(&pings),
            "--- h:1 ping statistics ---\n5 sent, 4 answered, 20% lost\n\
             rtt min/avg/max/mdev = 1.000/3.000/6.000/1.871 ms\n"
        );
    }
}
