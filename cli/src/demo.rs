//! `brocomm demo`: a demonstration with two nodes.

use std::io::Write;

use serde_json::json;

use crate::failure::{Failure, failed};

/// Runs two nodes on this machine, and prints and checks what they exchange.
///
/// Needs no peer: both nodes run in this program, on the loopback interface. They exchange events
/// in both directions, a synchronized table and a log. A connection is lost and comes back. At the
/// end the event rate and the round-trip time are measured.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Print a JSON object: address, where a node listens; sections: [{title, lines}, …]; speed:
    /// {events_per_second, round_trip in seconds, and both for plain sockets}; and failures, the
    /// checks that failed.
    #[arg(long)]
    json: bool,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  everything arrived, in order and unchanged
  1  something did not arrive
  2  the command line is wrong";

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let report = brocomm_demo::run().map_err(|error| failed(format_args!("demo: {error}")))?;
    let failures: Vec<&str> = report.failures().collect();
    if args.json {
        let speed = &report.speed;
        let object = json!({
            "address": report.address,
            "sections": report.sections.iter()
                .map(|section| json!({ "title": section.title, "lines": section.lines }))
                .collect::<Vec<_>>(),
            "speed": {
                "events_per_second": speed.events_per_second,
                "plain_events_per_second": speed.plain_events_per_second,
                "round_trip": speed.round_trip,
                "plain_round_trip": speed.plain_round_trip,
            },
            "failures": failures,
        });
        writeln!(out, "{object}")?;
    } else {
        report.write(brocomm_demo::wants_color(), out)?;
    }
    if failures.is_empty() { Ok(()) } else { Err(Failure::Reported) }
}
