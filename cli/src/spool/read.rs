//! `brocomm spool read`: prints the entries of a spool.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use brocomm::node::EventPattern;
use brocomm_sinks::spool::{Reader, is_reader_name};

use super::{cannot_read, check};
use crate::failure::{Failure, failed, reason, warn};
use crate::number::within;
use crate::stop::Stop;

/// How often to look for more entries.
const PERIOD: Duration = Duration::from_millis(200);

/// How many entries are printed before their position is written.
const BATCH: u64 = 1000;

/// Prints the entries of a spool, one JSON line each.
///
/// With --reader, starts where that reader stopped, and moves its position after lines are printed,
/// so each entry is printed at least once. Without it, starts at the oldest entry.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// The folder.
    dir: PathBuf,

    /// Wait for more entries, until Ctrl-C is pressed.
    #[arg(long)]
    follow: bool,

    /// Read as this reader: letters, digits, - and _. What it has not read is not deleted.
    #[arg(long, value_name = "NAME", value_parser = reader_name)]
    reader: Option<String>,

    /// Begin at this sequence number.
    #[arg(long, value_name = "N", conflicts_with = "reader", value_parser = within(1..=u64::MAX))]
    from: Option<u64>,

    /// Print only entries whose subject matches this pattern, as in `zeek\.logs\..*\.conn`.
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    subject: Option<EventPattern>,

    /// Print the sequence number and the subject before each line.
    #[arg(long)]
    with_subjects: bool,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm spool read spool
  brocomm spool read spool --follow --reader vector | vector --config vector.yaml
  brocomm spool read spool --subject 'zeek\\.logs\\..*\\.conn' | jq '.[\"id.orig_h\"]'

Exit codes:
  0  all entries were printed, or Ctrl-C was pressed
  1  entries are missing or damaged, or the spool cannot be read
  2  the command line is wrong, or the folder has no spool";

fn reader_name(text: &str) -> Result<String, String> {
    match is_reader_name(text) {
        true => Ok(text.to_owned()),
        false => Err("must be 1 to 64 letters, digits, - and _".to_owned()),
    }
}

fn pattern(text: &str) -> Result<EventPattern, String> {
    EventPattern::new(text).map_err(|error| format!("invalid pattern, {error}"))
}

/// Prints entries until the end.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    check(&args.dir)?;
    let reader = args.reader.as_ref().map(|name| Reader::open(&args.dir, name)).transpose();
    let reader = reader.map_err(|error| cannot_read(&args.dir, &error))?;
    let first = args.from.unwrap_or_default();
    let mut reader = reader.unwrap_or_else(|| Reader::at(&args.dir, first));
    let stop = args.follow.then(Stop::on_signal);
    let _held = stop.as_ref().map(Stop::hold);
    let mut printed = 0;
    loop {
        let entry = reader.next_entry().map_err(|error| cannot_read(&args.dir, &error))?;
        if let Some(entry) = &entry {
            if args.subject.as_ref().is_none_or(|it| it.matches(entry.subject.as_bytes())) {
                if args.with_subjects {
                    write!(out, "{} {} ", entry.sequence, entry.subject)?;
                }
                out.write_all(&entry.line)?;
                out.write_all(b"\n")?;
            }
            printed += 1;
        }
        if entry.is_none() || printed % BATCH == 0 {
            out.flush()?;
            let last = reader.next_sequence().saturating_sub(1);
            reader.acknowledge(last).map_err(|error| {
                failed(format_args!(
                    "spool {}: cannot write the reader's position: {}",
                    args.dir.display(),
                    reason(&error)
                ))
            })?;
        }
        if entry.is_none() || stop.as_ref().is_some_and(Stop::is_stopped) {
            match &stop {
                Some(stop) if !stop.is_stopped() => stop.wait(PERIOD),
                _ => break,
            }
        }
    }
    let missed = reader.missed().entries;
    if missed == 0 {
        return Ok(());
    }
    let entries = if missed == 1 { "entry is" } else { "entries are" };
    warn(format_args!("spool {}: {missed} {entries} missing or damaged", args.dir.display()));
    Err(Failure::Reported)
}
