//! `brocomm connect`: joins a peer and shows what it sends.

use std::io::Write;
use std::time::Duration;

use brocomm::connection::Notification;
use brocomm_std::Peer;

use crate::failure::{Failure, failed, tell};
use crate::notice::JSON_HELP;
use crate::printer::Printer;
use crate::session::{self, Options};
use crate::stop::Stop;
use crate::{address, session::seconds};

/// Connects to a peer and shows what it sends.
///
/// Requests the events that are declared, and prints every notification as it comes, one line each,
/// until the peer closes the connection or Ctrl-C is pressed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = after_long_help())]
pub(crate) struct Args {
    /// Where the peer listens; the port is 47757 unless given, IPv6 addresses are written
    /// [::1]:47757.
    #[arg(value_name = "HOST[:PORT]", value_parser = address::parse)]
    peer: String,

    /// How many seconds to wait for the connection.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    timeout: Duration,

    #[command(flatten)]
    options: Options,
}

const EXAMPLES: &str = "\
Examples:
  brocomm connect sensor --event 'ping(time, count)'
  brocomm connect [::1]:47757 --declarations events.bro --events 'Ping::.*' --print json";

fn after_long_help() -> String {
    format!(
        "{JSON_HELP}

Exit codes:
  0  the peer closed the connection, --count was reached, or Ctrl-C was pressed
  1  there was no connection, or it failed, or ended before --count was reached
  2  the command line is wrong

{EXAMPLES}"
    )
}

/// Shows all that comes until it ends.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let config = args.options.config()?;
    let stop = Stop::on_ctrl_c();
    let mut peer = Peer::connect(&args.peer, config, args.timeout)
        .map_err(|error| failed(format_args!("{error}{}", hint(&error))))?;
    let _registered = stop.add(peer.stop_handle());
    let name = peer.remote_addr().to_string();
    let mut printer = Printer::new(out, args.options.print, args.options.count);
    let mut end = None;
    while !printer.is_done() {
        let notification = peer.next(None).map_err(|error| failed(format_args!("{error}")))?;
        let Some(notification) = notification else { break };
        printer.show(peer.now(), &name, &notification)?;
        if let Notification::Closed(cause) = notification {
            end = Some(cause);
        }
    }
    if let Some(fault) = end.as_ref().and_then(session::fault) {
        return Err(failed(format_args!("{name}: {fault}")));
    }
    if end.is_none() {
        session::part(&mut peer).map_err(|error| failed(format_args!("{error}")))?;
    } else if peer.connection().counters().input.messages == 0 {
        return Err(failed(format_args!(
            "{name}: the peer closed the connection at once; does it accept this host, and speak \
             this protocol?"
        )));
    }
    match printer.left() {
        Some(left) if left > 0 && !stop.is_stopped() => {
            tell(format_args!("{name}: the peer closed the connection {left} events too early"));
            Err(Failure::Told)
        }
        _ => Ok(()),
    }
}

/// Returns what to do about an error, if that is known.
pub(crate) fn hint(error: &brocomm_std::TransportError) -> &'static str {
    use brocomm_std::TransportError::{Connect, ConnectTimedOut, Resolve};
    match error {
        Connect { cause, .. } if cause.kind == std::io::ErrorKind::ConnectionRefused => {
            "; does the peer listen there? A Bro does if it loads `frameworks/communication/listen`"
        }
        ConnectTimedOut { .. } => "; is the address right, and does a firewall let us through?",
        Resolve { .. } => "; is the name right?",
        _ => "",
    }
}
