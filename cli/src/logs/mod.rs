//! `brocomm logs`: writes the logs that peers send.

mod list;
mod listen;

use std::io::Write;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use brocomm::Time;
use brocomm::logs::Rotation;
use brocomm::lowlevel::connection::{Notification, Requests};
use brocomm_std::Peer;

use crate::address;
use crate::clock::Clock;
use crate::columns::Columns;
use crate::failure::{Failure, failed, warn};
use crate::follow::{Again, Follow, Manner};
use crate::log_folder::{LogFolder, read_names};

/// Requests the logs of a peer, or of all that connect, and writes them to files as a Bro would.
///
/// It goes on until Ctrl-C is pressed, and then says what it wrote. When the peer goes away it says so
/// and waits for it to come back; then the same files go on, unless the peer's columns are others.
///
/// With --listen it waits for peers instead, as the logger of a cluster does. Logs that are the same
/// of several go to one file.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Where the peer listens; the port is 47757 unless given, IPv6 addresses are written
    /// [::1]:47757.
    #[arg(value_name = "HOST[:PORT]", value_parser = address::parse_peer,
        required_unless_present = "listen")]
    peer: Option<String>,

    /// Wait here for peers; the port is 47757 unless given, and chosen by the system if it is 0.
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = address::parse,
        conflicts_with_all = ["peer", "retry"])]
    listen: Option<String>,

    #[command(flatten)]
    manner: Manner,

    #[command(flatten)]
    again: Again,

    /// The folder to write the files into; it is made if it isn't there, files are made new.
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    write: Option<PathBuf>,

    /// Show the logs that the peer announces, with their columns, and end; with --json as objects.
    #[arg(long, conflicts_with_all = ["listen", "write", "rotate", "retry", "once", "utc"])]
    list: bool,

    /// Write lines of JSON, unless the peer asks for another form.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    columns: Columns,

    /// Begin new files that often, counted from midnight: 90s, 30min, 1h, 1d. A finished one is
    /// called conn.2026-11-22-21-00-00.log, after its beginning.
    #[arg(long, value_name = "INTERVAL", value_parser = interval)]
    rotate: Option<Duration>,

    #[command(flatten)]
    clock: Clock,

    /// Names for the numbers of streams and writers, in lines as `stream 12 Communication::LOG` and
    /// `writer 4 Log::WRITER_KAFKA`. Known are the writers 1 to 3: ASCII, NONE, SQLITE.
    #[arg(long, value_name = "FILE")]
    log_names: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm logs sensor --write logs
  brocomm logs sensor --write logs --rotate 1h --json
  brocomm logs sensor --list
  brocomm logs --listen 0.0.0.0:47757 --write logs --empty-field '' --unset-field ''

Files:
  DIR/conn.log for the log conn. What can't be part of a file's name is written as %2F, and a second
  log of one name gets a number: conn-2.log. Of logs whose writer is Log::WRITER_NONE nothing is
  written, as in Bro; those of other writers get the form of Bro's ASCII logs. Options that the
  peer's writer has come before those on the command line.

Exit codes:
  0  Ctrl-C was pressed, or with --once the peer closed the connection
  1  there was no connection at first, the peer broke the protocol, a file could not be written, or a
     log could not be written as its writer's options or kind ask for; with --once: the connection
     failed; with --list: the peer announced no logs
  2  the command line is wrong, or TZ names no time zone";

/// Writes what comes until it ends.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let names = read_names(args.log_names.as_deref())?;
    let (Some(folder), false) = (&args.write, args.list) else {
        return list::run(args, &names, out);
    };
    let rotation = args.rotate.map_or_else(Rotation::default, Rotation::every);
    let format = args.columns.format(args.json)?;
    let folder = LogFolder::new(folder, format, rotation, args.clock, names)?.mixing();
    let mut logs = Logs { folder, now: Time::EPOCH, is_whole: true };
    let result = match (&args.listen, &args.peer) {
        (Some(address), _) => listen::run(address, args, &mut logs, out),
        (None, peer) => {
            let peer = peer.as_deref().unwrap_or_default();
            args.manner.follow_again(peer, &args.again, for_logs(), &mut logs).map(|_| ())
        }
    };
    if logs.now == Time::EPOCH {
        // There was no connection.
        return result;
    }
    let problem = logs.folder.finish(logs.now, out)?;
    result?;
    match problem {
        Some(problem) => Err(failed(format_args!("{problem}"))),
        None if logs.is_whole => Ok(()),
        // It was told.
        None => Err(Failure::Told),
    }
}

/// Asks a peer for its logs.
pub(crate) fn for_logs() -> Requests {
    Requests { request_logs: true, ..Requests::default() }
}

struct Logs {
    folder: LogFolder,
    now: Time,
    /// Whether all logs are written as their senders want them.
    is_whole: bool,
}

impl Logs {
    /// Writes what came of a sender's logs.
    fn take(&mut self, sender: u64, from: SocketAddr, told: &Notification) -> Result<(), Failure> {
        match told {
            Notification::LogWriterAnnounced(writer) => {
                if let Err(problem) = self.folder.announce(sender, writer, self.now) {
                    warn(format_args!("{from}: {problem}"));
                    self.is_whole = false;
                }
                Ok(())
            }
            Notification::LogEntry(entry) => written(self.folder.entry(sender, entry, self.now)),
            _ => Ok(()),
        }
    }
}

impl Follow for Logs {
    fn told(&mut self, peer: &mut Peer, told: &Notification) -> Result<ControlFlow<()>, Failure> {
        self.now = peer.now();
        self.take(0, peer.remote_addr(), told)?;
        // When all that came is taken.
        if peer.connection().waiting_notifications() == 0 {
            written(self.folder.flush())?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn next_timeout(&self) -> Option<Time> {
        self.folder.next_timeout()
    }

    fn due(&mut self, now: Time) -> Result<(), Failure> {
        self.now = now;
        written(self.folder.rotate(now))
    }
}

fn written(result: Result<(), String>) -> Result<(), Failure> {
    result.map_err(|problem| failed(format_args!("{problem}")))
}

/// Reads an interval of whole seconds, such as `90s` or `1 hr`.
pub(crate) fn interval(text: &str) -> Result<Duration, String> {
    let error = || format!("`{text}` is no interval; write 90s, 30min, 1h or 1d");
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
