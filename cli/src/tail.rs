//! `brocomm tail`: follows one log of a peer.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::Duration;

use brocomm::Time;
use brocomm::logs::{AsciiFormat, LogField, LogObject, LogValue};
use brocomm::lowlevel::connection::ConnectionNotification;
use brocomm::lowlevel::logs::LogWriter;
use brocomm_std::Peer;

use crate::failure::{Failure, failed, misused, warn};
use crate::follow::{Again, End, Follow, Target};
use crate::logs::for_logs;
use crate::number::within;

/// Connects to a peer, requests its logs, and prints the entries of one log as they arrive.
///
/// Columns are separated by tabs and formatted as in Bro's log files. If the connection is lost,
/// prints a warning and reconnects. Waits for a log that the peer has not announced; a Bro
/// announces a log with its first entry. `brocomm logs --list` lists the announced logs.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    again: Again,

    /// The path of the log, such as conn.
    #[arg(value_name = "PATH")]
    path: String,

    /// Print only these columns, in this order.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    fields: Vec<String>,

    /// Print the column names first.
    #[arg(long, short = 'c', conflicts_with = "json")]
    header: bool,

    /// Print each entry as a JSON object. The values are those of `brocomm listen --json`, except
    /// that ports are numbers.
    #[arg(long)]
    json: bool,

    /// Exit after this number of entries.
    #[arg(long, value_name = "N", value_parser = within(0..=u64::MAX))]
    count: Option<u64>,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm tail sensor conn --fields ts,id.orig_h,id.resp_h,service
  brocomm tail sensor dns --json | jq .query

Exit codes:
  0  --count was reached, Ctrl-C was pressed, or with --once the peer closed the connection
  1  the first connection failed, or the peer violated the protocol; with --once: the connection
     failed, or ended before --count was reached
  2  the command line is wrong, or the log has no such column";

/// Prints everything until the end.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    if args.count == Some(0) {
        return Ok(());
    }
    let mut tail = Tail {
        args,
        out,
        columns: None,
        header: None,
        left: args.count,
        announced: BTreeSet::new(),
        missing_at: None,
    };
    let end = args.target.follow_again(&args.again, for_logs(), &mut tail)?;
    match tail.left {
        Some(left) if left > 0 && end == End::ByPeer => {
            Err(failed(format_args!("the peer closed the connection {left} entries too early")))
        }
        _ => Ok(()),
    }
}

struct Tail<'a> {
    args: &'a Args,
    out: &'a mut dyn Write,
    /// The indices of the columns to print, once the log is known.
    columns: Option<Vec<usize>>,
    /// The header that was printed.
    header: Option<String>,
    left: Option<u64>,
    /// The paths of the announced logs.
    announced: BTreeSet<String>,
    /// When to warn that the log is missing, unless it is announced.
    missing_at: Option<Time>,
}

/// How long to wait for announcements after the handshake. They normally arrive at once.
pub(crate) const ANNOUNCING: Duration = Duration::from_secs(2);

impl Tail<'_> {
    /// Warns that the log is missing.
    fn is_missing(&self) {
        let path = &self.args.path;
        let announced: Vec<_> = self.announced.iter().map(String::as_str).collect();
        let announced = match announced.len() {
            0 => "none".to_owned(),
            _ => announced.join(", "),
        };
        let meant = path.strip_suffix(".log").filter(|path| self.announced.contains(*path));
        let meant = meant.map_or_else(String::new, |path| format!("; did you mean {path}?"));
        warn(format_args!(
            "the peer has not announced a log {path} yet; it announced \
             {announced}{meant}"
        ));
    }

    fn begin(&mut self, writer: &LogWriter) -> Result<(), Failure> {
        let place = |name: &String| writer.fields.iter().position(|f| f.name == name.as_str());
        let columns = if self.args.fields.is_empty() {
            (0..writer.fields.len()).collect()
        } else {
            let mut columns = Vec::new();
            for name in &self.args.fields {
                columns.push(place(name).ok_or_else(|| {
                    let names: Vec<_> = writer.fields.iter().map(|f| f.name.to_string()).collect();
                    let (path, names) = (&self.args.path, names.join(", "));
                    misused(format_args!("{path} has no column {name}; it has {names}"))
                })?);
            }
            columns
        };
        if self.args.header {
            let fields = columns.iter().filter_map(|at| writer.fields.get(*at));
            let names: Vec<_> = fields.map(|field| field.name.to_string()).collect();
            let header = format!("#fields\t{}", names.join("\t"));
            // Printed again only if the columns changed after a reconnection.
            if self.header.as_ref() != Some(&header) {
                writeln!(self.out, "{header}")?;
                self.header = Some(header);
            }
        }
        self.columns = Some(columns);
        Ok(())
    }

    fn entry(&mut self, fields: &[LogField], values: &[LogValue]) -> Result<(), Failure> {
        let Some(columns) = &self.columns else { return Ok(()) };
        let values: Vec<_> = columns.iter().filter_map(|at| values.get(*at).cloned()).collect();
        let mut line = Vec::new();
        if self.args.json {
            let fields: Vec<_> = columns.iter().filter_map(|at| fields.get(*at).cloned()).collect();
            serde_json::to_writer(&mut line, &LogObject { fields: &fields, values: &values })
                .map_err(io::Error::from)?;
            line.push(b'\n');
        } else {
            AsciiFormat::default().entry(&values, &mut line);
        }
        Ok(self.out.write_all(&line)?)
    }
}

impl Follow for Tail<'_> {
    fn joined(&mut self) {
        self.announced.clear();
    }

    fn next_timeout(&self) -> Option<Time> {
        self.missing_at
    }

    fn due(&mut self, now: Time) -> Result<(), Failure> {
        if self.missing_at.is_some_and(|at| at <= now) {
            self.missing_at = None;
            self.is_missing();
        }
        Ok(())
    }

    fn notified(
        &mut self,
        peer: &mut Peer,
        notification: &ConnectionNotification,
    ) -> Result<ControlFlow<()>, Failure> {
        match notification {
            ConnectionNotification::HandshakeDone if self.columns.is_none() => {
                self.missing_at = Some(peer.now() + ANNOUNCING);
            }
            ConnectionNotification::LogWriterAnnounced(writer)
                if writer.path == self.args.path.as_str() =>
            {
                self.missing_at = None;
                self.begin(writer)?;
            }
            ConnectionNotification::LogWriterAnnounced(writer) => {
                self.announced.insert(writer.path.to_string());
            }
            ConnectionNotification::LogEntry(entry)
                if entry.writer.path == self.args.path.as_str() =>
            {
                self.entry(&entry.writer.fields, &entry.values)?;
                if let Some(left) = &mut self.left {
                    *left -= 1;
                    if *left == 0 {
                        self.out.flush()?;
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
            _ => {}
        }
        // When no notification is queued.
        if peer.connection().waiting_notifications() == 0 {
            self.out.flush()?;
        }
        Ok(ControlFlow::Continue(()))
    }
}
