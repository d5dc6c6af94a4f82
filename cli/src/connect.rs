//! `brocomm connect`: connects to a peer and prints what it sends.

use std::io::Write;
use std::ops::ControlFlow;
use std::time::Duration;

use brocomm::lowlevel::connection::ConnectionNotification;
use brocomm_std::Peer;

use crate::address;
use crate::failure::{Failure, failed};
use crate::follow::{End, Follow, follow};
use crate::notice::JSON_HELP;
use crate::packets::Packets;
use crate::printer::Printer;
use crate::session::{Options, timeout};

/// Connects to a peer and prints what it sends.
///
/// Requests the declared events and prints one line per notification, until the peer closes the
/// connection or Ctrl-C is pressed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = after_long_help())]
pub(crate) struct Args {
    /// The peer's address: HOST or HOST:PORT. The default port is 47757. Write an IPv6 address as
    /// [::1]:47757, with a zone as [fe80::1%eth0].
    #[arg(value_name = "HOST[:PORT]", value_parser = address::parse_peer)]
    peer: String,

    /// The time limit for connecting, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = timeout,
        allow_negative_numbers = true)]
    timeout: Duration,

    #[command(flatten)]
    options: Options,
}

const EXAMPLES: &str = "\
Examples:
  brocomm connect sensor --event 'ping(time, count)'
  brocomm connect sensor --event 'tick(n: count)' --fields n
  brocomm connect [::1]:47757 --declarations events.bro --events 'Ping::.*' --print json";

fn after_long_help() -> String {
    format!(
        "{JSON_HELP}

Exit codes:
  0  the peer closed the connection, --count was reached, or Ctrl-C was pressed
  1  the connection failed, or ended before --count was reached
  2  the command line is wrong

{EXAMPLES}"
    )
}

/// Prints everything until the connection ends.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let config = args.options.config()?;
    let printer = args.options.printer(out, &config)?;
    if printer.is_done() {
        return Ok(());
    }
    let mut joined = Joined { printer, packets: args.options.packets()? };
    let end = follow(&args.peer, config, args.timeout, &mut joined);
    let Joined { printer, packets } = joined;
    let finished = packets.map_or(Ok(()), Packets::finish);
    match (end?, printer.left()) {
        (End::ByPeer, Some(left)) if left > 0 => {
            let peer = &args.peer;
            Err(failed(format_args!(
                "{peer}: the peer closed the connection {left} events too early"
            )))
        }
        _ => finished,
    }
}

/// Handles what the peer sends.
struct Joined<'a> {
    printer: Printer<'a>,
    packets: Option<Packets>,
}

impl Follow for Joined<'_> {
    fn notified(
        &mut self,
        peer: &mut Peer,
        notification: &ConnectionNotification,
    ) -> Result<ControlFlow<()>, Failure> {
        if let Some(packets) = &mut self.packets {
            packets.notified(notification)?;
        }
        self.printer.show(peer.now(), &peer.remote_addr().to_string(), notification)?;
        let is_done = self.printer.is_done();
        Ok(if is_done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
