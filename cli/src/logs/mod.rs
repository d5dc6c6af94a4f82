//! `brocomm logs`: writes the logs of peers.

mod list;
mod listen;

use std::io::Write;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use brocomm::Time;
use brocomm::data::Declarations;
use brocomm::logs::Rotation;
use brocomm::lowlevel::connection::{ConnectionNotification, Requests};
use brocomm_std::Peer;

use crate::address;
use crate::clock::Clock;
use crate::columns::Columns;
use crate::config::SpoolTable;
use crate::failure::{Failure, failed, warn};
use crate::follow::{Again, Follow, Manner};
use crate::log_folder::{LogFolder, read_names};
use crate::spool::spooler::Spooler;
use crate::stop::Stop;

/// Requests the logs of a peer, or of all peers that connect, and writes them to files as a Bro
/// does.
///
/// Runs until Ctrl-C is pressed, and then prints what it wrote. If the connection is lost, prints a
/// warning and reconnects, and appends to the same files unless the columns changed.
///
/// With --listen, accepts peers instead, as the logger of a cluster does. Equal logs of several
/// peers go to one file.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The peer's address: HOST or HOST:PORT. The default port is 47757. Write an IPv6 address as
    /// [::1]:47757.
    #[arg(value_name = "HOST[:PORT]", value_parser = address::parse_peer,
        required_unless_present = "listen")]
    peer: Option<String>,

    /// Accept peers at this address. The default port is 47757. With port 0 the system chooses a
    /// port.
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = address::parse,
        conflicts_with_all = ["peer", "retry"])]
    listen: Option<String>,

    #[command(flatten)]
    manner: Manner,

    #[command(flatten)]
    again: Again,

    /// The directory for the files. It is created if needed, and existing files are overwritten.
    #[arg(long, value_name = "DIR", required_unless_present_any = ["list", "spool"])]
    write: Option<PathBuf>,

    /// Keep the entries in a spool in this folder, for `brocomm spool read` and other readers.
    #[arg(long, value_name = "DIR", conflicts_with = "list")]
    spool: Option<PathBuf>,

    /// List the announced logs with their columns, as objects with --json, and exit.
    #[arg(long, conflicts_with_all = ["listen", "write", "rotate", "retry", "once", "utc"])]
    list: bool,

    /// Write JSON lines, unless the peer sets another format.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    columns: Columns,

    /// Rotate the files at this interval, counted from midnight: 90s, 30min, 1h, 1d. A finished
    /// file is named after its start: conn.2026-11-22-21-00-00.log.
    #[arg(long, value_name = "INTERVAL", value_parser = interval)]
    rotate: Option<Duration>,

    #[command(flatten)]
    clock: Clock,

    /// A file with names for stream and writer numbers. Its lines are like `stream 12
    /// Communication::LOG` and `writer 4 Log::WRITER_KAFKA`. The writers 1 to 3 are known: ASCII,
    /// NONE, SQLITE.
    #[arg(long, value_name = "FILE")]
    log_names: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm logs sensor --write logs
  brocomm logs sensor --write logs --rotate 1h --json
  brocomm logs sensor --list
  brocomm logs --listen 0.0.0.0:47757 --spool spool
  brocomm logs --listen 0.0.0.0:47757 --write logs --empty-field '' --unset-field ''

Files:
  DIR/conn.log for the log conn. Characters that cannot be part of a file name are escaped, as in %2F.
  A second log with the same name gets a number: conn-2.log. As in Bro, logs for Log::WRITER_NONE are
  not written. Logs for other writers are written as Bro's ASCII logs. Options of the peer's writer
  have priority over those on the command line.

Exit codes:
  0  Ctrl-C was pressed, or with --once the peer closed the connection
  1  the first connection failed, the peer violated the protocol, a file could not be written, or a
     log could not be written as its writer requires; with --once: the connection failed; with
     --list: the peer announced no logs
  2  the command line is wrong, or TZ is not a time zone";

/// Writes logs until the end.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let names = read_names(args.log_names.as_deref())?;
    if args.list {
        return list::run(args, &names, out);
    }
    let rotation = args.rotate.map_or_else(Rotation::default, Rotation::every);
    let format = args.columns.format(args.json)?;
    let folder = args.write.as_ref().map(|folder| -> Result<_, Failure> {
        let folder = LogFolder::new(folder, format, rotation, args.clock, names.clone())?;
        Ok(folder.mixing())
    });
    let folder = folder.transpose()?;
    let spooler = args.spool.as_ref().map(|path| -> Result<_, Failure> {
        let spooler = Spooler::open(path, &SpoolTable::default(), &Declarations::default())?;
        Ok(spooler.with_names(names))
    });
    let spooler = spooler.transpose()?;
    let mut logs = Logs { folder, spooler, now: Time::EPOCH, is_whole: true };
    let result = match (&args.listen, &args.peer) {
        (Some(address), _) => listen::run(address, args, &mut logs, out),
        (None, peer) => {
            let peer = peer.as_deref().unwrap_or_default();
            args.manner.follow_again(peer, &args.again, for_logs(), &mut logs).map(|_| ())
        }
    };
    if logs.now == Time::EPOCH {
        // No connection was established.
        return result;
    }
    let folder = logs.folder.as_mut().map(|folder| folder.finish(logs.now, out));
    let problem = folder.transpose()?.flatten();
    let spooled = logs.spooler.as_mut().map_or(Ok(()), |spooler| -> Result<(), Failure> {
        spooler.finish(&is_stopped)?;
        let (path, last) = (spooler.path().display(), spooler.spool().durable());
        Ok(writeln!(out, "spool {path}: entries up to {last}")?)
    });
    result?;
    spooled?;
    match problem {
        Some(problem) => Err(failed(format_args!("{problem}"))),
        None if logs.is_whole => Ok(()),
        // The error has been reported.
        None => Err(Failure::Reported),
    }
}

/// Returns requests for logs only.
pub(crate) fn for_logs() -> Requests {
    Requests { request_logs: true, accept_input: false, ..Requests::default() }
}

struct Logs {
    folder: Option<LogFolder>,
    spooler: Option<Spooler>,
    now: Time,
    /// Whether all logs are written as their senders requested.
    is_whole: bool,
}

impl Logs {
    /// Writes received logs of a sender.
    fn take(
        &mut self,
        sender: u64,
        from: SocketAddr,
        notification: &ConnectionNotification,
    ) -> Result<(), Failure> {
        match notification {
            ConnectionNotification::LogWriterAnnounced(writer) => {
                let Some(folder) = &mut self.folder else { return Ok(()) };
                if let Err(problem) = folder.announce(sender, writer, self.now) {
                    warn(format_args!("{from}: {problem}"));
                    self.is_whole = false;
                }
                Ok(())
            }
            ConnectionNotification::LogEntry(entry) => {
                if let Some(spooler) = &mut self.spooler {
                    if spooler.is_full() {
                        spooler.commit(&is_stopped)?;
                    }
                    spooler.entry(b"", entry, self.now);
                }
                let folder = self.folder.as_mut();
                folder.map_or(Ok(()), |folder| written(folder.entry(sender, entry, self.now)))
            }
            _ => Ok(()),
        }
    }

    /// Writes the buffered entries.
    fn flush(&mut self) -> Result<(), Failure> {
        if let Some(folder) = &mut self.folder {
            written(folder.flush())?;
        }
        self.spooler.as_mut().map_or(Ok(()), |spooler| spooler.commit(&is_stopped))
    }

    fn forget(&mut self, sender: u64) {
        if let Some(folder) = &mut self.folder {
            folder.forget(sender);
        }
    }
}

/// Returns whether a signal has arrived, so that waits end.
fn is_stopped() -> bool {
    Stop::on_signal().is_stopped()
}

impl Follow for Logs {
    fn notified(
        &mut self,
        peer: &mut Peer,
        notification: &ConnectionNotification,
    ) -> Result<ControlFlow<()>, Failure> {
        self.now = peer.now();
        self.take(0, peer.remote_addr(), notification)?;
        // When no notification is queued.
        if peer.connection().waiting_notifications() == 0 {
            self.flush()?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn next_timeout(&self) -> Option<Time> {
        let rotation = self.folder.as_ref().and_then(LogFolder::next_timeout);
        let flush = self.spooler.as_ref().and_then(Spooler::next_timeout);
        rotation.into_iter().chain(flush).min()
    }

    fn due(&mut self, now: Time) -> Result<(), Failure> {
        self.now = now;
        if let Some(folder) = &mut self.folder {
            written(folder.rotate(now))?;
        }
        match &mut self.spooler {
            Some(spooler) if spooler.next_timeout().is_some_and(|due| due <= now) => {
                spooler.commit(&is_stopped)
            }
            _ => Ok(()),
        }
    }
}

fn written(result: Result<(), String>) -> Result<(), Failure> {
    result.map_err(|problem| failed(format_args!("{problem}")))
}

/// Parses an interval of whole seconds, such as `90s` or `1 hr`.
pub(crate) fn interval(text: &str) -> Result<Duration, String> {
    let error = || format!("`{text}` is not an interval; write 90s, 30min, 1h or 1d");
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim() {
        "" | "s" | "sec" | "secs" => 1,
        "m" | "min" | "mins" => 60,
        "h" | "hr" | "hrs" => 3600,
        "d" | "day" | "days" => 86_400,
        _ => return Err(error()),
    };
    let number: u64 = number.parse().map_err(|_| error())?;
    let seconds = number.checked_mul(unit).filter(|seconds| *seconds > 0).ok_or_else(error)?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_have_units() {
        for (text, seconds) in
            [("90", 90), ("90s", 90), ("30min", 1800), ("1 hr", 3600), ("2d", 172_800)]
        {
            assert_eq!(interval(text), Ok(Duration::from_secs(seconds)));
        }
        for text in
            ["", "0", "h", "1y", "-1", "1.5h", "99999999999999999999", "9999999999999999999h"]
        {
            assert!(interval(text).is_err(), "{text}");
        }
    }
}
