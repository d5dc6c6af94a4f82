//! `brocomm top`: shows the peers of a node.

#[cfg(feature = "top")]
mod live;
#[cfg(feature = "top")]
mod screen;
mod source;
mod table;

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use crate::failure::{Failure, failed, misused};
use crate::rates::Rates;
use crate::session::timeout;
use crate::style;
use crate::tls::Tls;
use source::Source;
use table::{Sort, Table};

/// Shows the peers of a node: their state, class and direction, events and bytes per second,
/// queues, drops and the last error.
///
/// For a node that was started with `brocomm run --control-socket PATH`, all of these are shown. A
/// Bro reports its peers and packets to a controller, as for `brocomm control HOST peers`, but has
/// no counters for each peer.
///
/// Keys: q quits, left and right select the column to sort by, r reverses the order, up and down
/// select a peer, whose last error is shown in full.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The control socket of a node, a path with a `/`, or the address of a Bro.
    #[arg(value_name = "PATH|HOST[:PORT]")]
    node: String,

    /// Print the table once, with the rates of one interval.
    #[arg(long)]
    once: bool,

    /// The time between two updates, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = timeout,
        allow_negative_numbers = true)]
    interval: Duration,

    /// The column to sort by: peer, address, class, direction, state, events, bytes, queue, drops.
    /// Numbers are sorted in descending order.
    #[arg(long, value_name = "COLUMN", default_value = "events", hide_possible_values = true)]
    sort: Sort,

    /// The class to send to a Bro.
    #[arg(long, default_value = "control")]
    class: String,

    /// The time limit for an answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = timeout,
        allow_negative_numbers = true)]
    timeout: Duration,

    #[command(flatten)]
    tls: Tls,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm run brocomm.toml --control-socket ./brocomm.sock
  brocomm top ./brocomm.sock
  brocomm top ./brocomm.sock --once --sort bytes
  brocomm top sensor:47760

Exit codes:
  0  the view was closed, or the table was printed
  1  the node cannot be reached, or does not answer
  2  the command line is wrong";

/// Shows the peers until it is closed, or once.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    if !args.once && !io::stdout().is_terminal() {
        return Err(misused(format_args!("standard output is not a terminal; add --once")));
    }
    let at_node = |why: String| failed(format_args!("{}: {why}", args.node));
    let mut source = Source::open(args)?;
    let first = source.look().map_err(at_node)?;
    if !args.once {
        return live(args, source, first);
    }
    std::thread::sleep(args.interval);
    let now = source.look().map_err(at_node)?;
    let rates = Rates::of_peers(&first, &now);
    let table = Table::new(&now, &rates, args.sort, false);
    let width = io::stdout().is_terminal().then(style::width);
    Ok(table.print(&now, Some(&first), width, out)?)
}

#[cfg(feature = "top")]
fn live(args: &Args, source: Source, first: crate::snapshot::Snapshot) -> Result<(), Failure> {
    live::run(source, first, args.interval, args.sort)
        .map_err(|error| failed(format_args!("cannot use the terminal: {error}")))
}

#[cfg(not(feature = "top"))]
fn live(_: &Args, _: Source, _: crate::snapshot::Snapshot) -> Result<(), Failure> {
    Err(misused(format_args!(
        "this brocomm was built without the feature `top`, which the live view needs; add --once"
    )))
}
