//! `brocomm listen`: accepts peers and prints what they send.

use std::io::Write;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use brocomm::Time;
use brocomm::lowlevel::connection::{ConnectionConfig, ConnectionNotification};
use brocomm_std::{Listener, Peer};

use crate::address;
use crate::diagnosis;
use crate::failure::{Failure, failed, tell, warn};
use crate::notice::JSON_HELP;
use crate::packets::Packets;
use crate::session::{self, Options};
use crate::stop::Stop;

/// The maximum number of queued notifications. When the queue is full, peers wait.
const WAITING: usize = 256;

/// Accepts peers and prints what they send.
///
/// Requests the declared events from every peer and prints one line per notification, until Ctrl-C
/// is pressed. The first line has the address.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = after_long_help())]
pub(crate) struct Args {
    /// The address to listen on. The default port is 47757. With port 0 the system chooses a port.
    #[arg(long, value_name = "ADDR[:PORT]", default_value = "0.0.0.0:47757",
        value_parser = address::parse)]
    on: String,

    /// Exit when the first peer has disconnected.
    #[arg(long)]
    once: bool,

    #[command(flatten)]
    options: Options,
}

const EXAMPLES: &str = "\
Examples:
  brocomm listen --event 'ping(time, count)'
  brocomm listen --on [::1]:0 --declarations events.bro --print json | jq .notification";

fn after_long_help() -> String {
    format!(
        "{JSON_HELP}
 The first line is {{\"notification\": \"listening\", \"address\": …}}.

Exit codes:
  0  --count was reached, Ctrl-C was pressed, or with --once the peer closed the connection
  1  listening failed; with --once: the connection failed, or ended before --count was reached
  2  the command line is wrong

{EXAMPLES}"
    )
}

/// The messages to the thread that prints.
enum Report {
    Notification {
        time: Time,
        peer: String,
        notification: ConnectionNotification,
    },
    /// A peer has disconnected.
    Gone {
        fault: Option<String>,
    },
    /// No more peers are accepted, with the error if there was one.
    NoMore(Option<String>),
}

/// Accepts peers, each in its own thread, and prints what they send.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let config = args.options.config()?;
    let mut printer = args.options.printer(out, &config)?;
    let stop = Stop::on_signal();
    let listener = session::bind(&args.on)?;
    // Registered before the address is printed, so that a reader of the address can stop the
    // program.
    let _registered = stop.add(listener.stop_handle());
    let mut packets = args.options.packets()?;
    printer.listening(&listener.local_addr().to_string())?;
    // With `--count 0` no peer is needed.
    if printer.is_done() {
        stop.all();
    }

    let (reports, received) = sync_channel(WAITING);
    let accepting = {
        let (stop, once) = (stop.clone(), args.once);
        thread::spawn(move || accept(listener, &config, once, &stop, &reports))
    };
    let mut result = Ok(());
    for report in received {
        let shown: Result<(), Failure> = match report {
            // Print nothing after the last requested event.
            _ if printer.is_done() => continue,
            Report::Notification { time, peer, notification } => {
                let kept =
                    packets.as_mut().map_or(Ok(()), |packets| packets.notified(&notification));
                kept.and_then(|()| Ok(printer.show(time, &peer, &notification)?))
            }
            Report::Gone { fault: Some(fault) } => {
                tell(format_args!("{fault}"));
                if args.once {
                    result = Err(Failure::Reported);
                }
                Ok(())
            }
            Report::NoMore(Some(error)) => {
                result = Err(failed(format_args!("{error}")));
                stop.all();
                Ok(())
            }
            Report::Gone { fault: None } | Report::NoMore(None) => Ok(()),
        };
        if printer.is_done() || shown.is_err() {
            stop.all();
        }
        shown?;
    }
    let _ = accepting.join();
    let finished = packets.map_or(Ok(()), Packets::finish);
    match printer.left() {
        Some(left) if left > 0 && !stop.is_stopped() && result.is_ok() => {
            Err(failed(format_args!("the peer closed the connection {left} events too early")))
        }
        _ => result.and(finished),
    }
}

/// Accepts peers until stopped, then waits until all have disconnected.
fn accept(
    mut listener: Listener,
    config: &ConnectionConfig,
    once: bool,
    stop: &Stop,
    reports: &SyncSender<Report>,
) {
    thread::scope(|scope| {
        let error = loop {
            match session::accept(&mut listener, config, stop) {
                Ok(Some(peer)) => {
                    let name = peer.remote_addr();
                    let begun = session::begin(scope, move || follow(peer, stop, reports));
                    if let Err(error) = begun {
                        warn(format_args!("{name}: {error}"));
                    } else if once {
                        break None;
                    }
                }
                Ok(None) => break None,
                Err(error) => break Some(error.to_string()),
            }
        };
        // Later peers are refused instead of waiting in the backlog.
        drop(listener);
        // The receiver may be gone.
        let _ = reports.send(Report::NoMore(error));
    });
}

/// Reports everything from a peer.
fn follow(mut peer: Peer, stop: &Stop, reports: &SyncSender<Report>) {
    let _registered = stop.add(peer.stop_handle());
    let name = peer.remote_addr().to_string();
    let mut fault = None;
    loop {
        let notification = match peer.next(None) {
            Ok(Some(notification)) => notification,
            Ok(None) => break,
            Err(error) => {
                fault = Some(error.to_string());
                break;
            }
        };
        if let ConnectionNotification::Closed(cause) = &notification {
            fault = diagnosis::fault(cause).map(|fault| format!("{name}: {fault}"));
        }
        let report = Report::Notification { time: peer.now(), peer: name.clone(), notification };
        if reports.send(report).is_err() {
            break;
        }
    }
    let _ = session::part(&mut peer);
    let _ = reports.send(Report::Gone { fault });
}
