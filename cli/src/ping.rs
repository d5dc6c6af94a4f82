//! `brocomm ping`: measures how fast a peer answers.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brocomm::connection::{Notification, Phase};
use brocomm_std::Peer;

use crate::address;
use crate::connect::hint;
use crate::decode::printed;
use crate::failure::{Failure, failed, misused};
use crate::session::{self, DESCRIPTION, seconds};
use crate::stop::Stop;

/// Sends PINGs of the protocol, and shows how long the answers take.
///
/// WARNING: a real Bro (2.5.5 at least) that answers such a PING frees memory twice and aborts. So
/// unless --yes is given only peers are pinged whose description begins with `brocomm`, as those of
/// this program do.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Where the peer listens; the port is 47757 unless given, IPv6 addresses are written
    /// [::1]:47757.
    #[arg(value_name = "HOST[:PORT]", value_parser = address::parse)]
    peer: String,

    /// How many PINGs to send; until Ctrl-C by default.
    #[arg(short, value_name = "N")]
    count: Option<u32>,

    /// How many seconds to wait between them. The next is never sent before the last is answered,
    /// or --timeout is over.
    #[arg(short, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    interval: Duration,

    /// How many seconds to wait for the connection, and for each answer.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    timeout: Duration,

    /// Ping it, though it may be a Bro and abort.
    #[arg(long)]
    yes: bool,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  every PING was answered
  1  one was not, or there was no connection
  2  the command line is wrong, or the peer may be a Bro and --yes is not given";

/// Pings, and sums up.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let stop = Stop::on_ctrl_c();
    let config = session::base(Arc::default());
    let mut peer = Peer::connect(&args.peer, config, args.timeout)
        .map_err(|error| failed(format_args!("{error}{}", hint(&error))))?;
    let _registered = stop.add(peer.stop_handle());
    let name = peer.remote_addr().to_string();
    until_running(&mut peer, args.timeout)?;
    if !args.yes {
        check_harmless(&peer)?;
    }
    let mut trips = Trips::default();
    let fault = ping(args, &mut peer, &name, &mut trips, out)?;
    if fault.is_none() {
        session::part(&mut peer).map_err(|error| failed(format_args!("{error}")))?;
    }
    trips.sum_up(&name, out)?;
    out.flush()?;
    match fault {
        Some(fault) => Err(failed(format_args!("{name}: {fault}"))),
        // A PING that is on its way when Ctrl-C is pressed is not lost.
        None if trips.sent == trips.answered() || stop.is_stopped() => Ok(()),
        None => Err(Failure::Told),
    }
}

/// Sends the PINGs; returns what ended the connection if that is why it stopped.
fn ping(
    args: &Args,
    peer: &mut Peer,
    name: &str,
    trips: &mut Trips,
    out: &mut dyn Write,
) -> Result<Option<String>, Failure> {
    while args.count.is_none_or(|count| trips.sent < count) {
        let seq = trips.sent;
        let start = Instant::now();
        if let Err(error) = peer.ping(seq) {
            return Ok(Some(error.to_string()));
        }
        trips.sent += 1;
        let mut answered = false;
        loop {
            let wait = if answered { args.interval } else { args.timeout };
            let last = answered && args.count == Some(trips.sent);
            let deadline = if last { Some(start) } else { start.checked_add(wait) };
            match peer.next(deadline).map_err(|error| failed(format_args!("{error}")))? {
                Some(Notification::Pong { seq: got, .. }) if got == seq && !answered => {
                    answered = true;
                    let trip = start.elapsed();
                    trips.add(trip);
                    writeln!(out, "pong from {name}: seq={seq} time={:.3} ms", millis(trip))?;
                    out.flush()?;
                }
                Some(Notification::Closed(cause)) => {
                    let fault = session::fault(&cause);
                    return Ok(Some(fault.unwrap_or("the peer closed the connection".to_owned())));
                }
                Some(_) => {}
                None if peer.stop_handle().is_stopped() => return Ok(None),
                None => break,
            }
        }
        if !answered {
            writeln!(out, "no answer from {name}: seq={seq}")?;
            out.flush()?;
        }
    }
    Ok(None)
}

fn until_running(peer: &mut Peer, timeout: Duration) -> Result<(), Failure> {
    let deadline = Instant::now().checked_add(timeout);
    let name = peer.remote_addr();
    while peer.connection().phase() != Phase::Running {
        match peer.next(deadline).map_err(|error| failed(format_args!("{error}")))? {
            Some(Notification::Closed(cause)) => {
                let fault = session::fault(&cause);
                let fault = fault.as_deref().unwrap_or("the peer closed the connection");
                return Err(failed(format_args!("{name}: nothing sent: {fault}")));
            }
            Some(_) => {}
            None => {
                let phase = peer.connection().phase();
                return Err(failed(format_args!(
                    "{name}: nothing sent: the peer is still in {phase} after {} s",
                    timeout.as_secs_f64()
                )));
            }
        }
    }
    Ok(())
}

/// Refuses to ping what may be a Bro.
fn check_harmless(peer: &Peer) -> Result<(), Failure> {
    let description = peer.connection().peer_description();
    if description.is_some_and(|name| name.starts_with(DESCRIPTION.as_bytes())) {
        return Ok(());
    }
    let described = match description {
        Some(name) => format!("calls itself \"{}\"", printed::bytes(name)),
        None => "does not say what it is".to_owned(),
    };
    Err(misused(format_args!(
        "{}: nothing sent: the peer {described}, so it may be a Bro, which aborts when it answers a \
         PING; give --yes if you know that it is not, or that it may",
        peer.remote_addr()
    )))
}

/// Collects round-trip times.
#[derive(Debug, Default)]
struct Trips {
    sent: u32,
    times: Vec<Duration>,
}

impl Trips {
    fn add(&mut self, trip: Duration) {
        self.times.push(trip);
    }

    fn answered(&self) -> u32 {
        u32::try_from(self.times.len()).unwrap_or(u32::MAX)
    }

    fn sum_up(&self, name: &str, out: &mut dyn Write) -> std::io::Result<()> {
        let (sent, answered) = (self.sent, self.answered());
        let lost = f64::from(sent.saturating_sub(answered)) / f64::from(sent.max(1)) * 100.0;
        writeln!(out, "--- {name} ping statistics ---")?;
        writeln!(out, "{sent} sent, {answered} answered, {lost:.0}% lost")?;
        if answered == 0 {
            return Ok(());
        }
        let count = f64::from(answered);
        let times = || self.times.iter().map(|time| millis(*time));
        let average = times().sum::<f64>() / count;
        let variance = times().map(|time| (time - average).powi(2)).sum::<f64>() / count;
        let (min, max) = (times().fold(f64::MAX, f64::min), times().fold(0.0, f64::max));
        let mdev = variance.sqrt();
        writeln!(out, "rtt min/avg/max/mdev = {min:.3}/{average:.3}/{max:.3}/{mdev:.3} ms")
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(trips: &Trips) -> String {
        let mut out = Vec::new();
        trips.sum_up("h:1", &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_summary_is_that_of_ping() {
        let times = [1, 2, 3, 6].map(Duration::from_millis).to_vec();
        assert_eq!(
            summary(&Trips { sent: 5, times }),
            "--- h:1 ping statistics ---\n5 sent, 4 answered, 20% lost\n\
             rtt min/avg/max/mdev = 1.000/3.000/6.000/1.871 ms\n"
        );
        assert_eq!(
            summary(&Trips { sent: 2, times: vec![] }),
            "--- h:1 ping statistics ---\n2 sent, 0 answered, 100% lost\n"
        );
    }
}
