//! `brocomm logs`: writes the logs that a peer sends.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use brocomm::Time;
use brocomm::connection::Notification;
use brocomm::logs::Rotation;
use brocomm_std::Peer;

use crate::clock::Clock;
use crate::failure::{Failure, failed, warn};
use crate::follow::{Again, Follow, Target};
use crate::log_folder::{self, LogFolder, read_names};
use crate::log_reader::{LogNews, LogReader, for_logs};

/// Connects to a peer, requests its logs, and writes them to files as a Bro would.
///
/// It goes on until Ctrl-C is pressed, and then says what it wrote. When the peer goes away it says so
/// and waits for it to come back; then the same files go on, unless the peer's columns are others.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    again: Again,

    /// The folder to write the files into; it is made if it isn't there, files are made new.
    #[arg(long, value_name = "DIR")]
    write: PathBuf,

    /// Write lines of JSON, unless the peer asks for another form.
    #[arg(long)]
    json: bool,

    /// Begin new files that often, counted from midnight: 90s, 30min, 1h, 1d. A finished one is
    /// called conn.2026-11-22-21-00-00.log, after its beginning.
    #[arg(long, value_name = "INTERVAL", value_parser = interval)]
    rotate: Option<Duration>,

    #[command(flatten)]
    clock: Clock,

    /// Names for the numbers of streams and writers, in lines as `stream 12 Communication::LOG` and
    /// `writer 1 Log::WRITER_ASCII`.
    #[arg(long, value_name = "FILE")]
    log_names: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm logs sensor --write logs
  brocomm logs sensor --write logs --rotate 1h --json

Exit codes:
  0  Ctrl-C was pressed, or with --once the peer closed the connection
  1  there was no connection at first, the peer broke the protocol, or a file could not be written;
     with --once: the connection failed
  2  the command line is wrong";

/// Writes what comes until it ends.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let names = read_names(args.log_names.as_deref())?;
    let rotation = args.rotate.map_or_else(Rotation::default, Rotation::every);
    let folder = LogFolder::new(&args.write, log_folder::format(args.json), rotation, args.clock)?;
    let mut logs = Logs { reader: LogReader::default(), folder, now: Time::EPOCH };
    let result = args.target.follow_again(&args.again, for_logs(), &mut logs).map(|_| ());
    if logs.now == Time::EPOCH {
        // There was no connection.
        return result;
    }
    let problem = logs.folder.finish(&names, logs.now, out)?;
    result?;
    problem.map_or(Ok(()), |problem| Err(failed(format_args!("{problem}"))))
}

struct Logs {
    reader: LogReader,
    folder: LogFolder,
    now: Time,
}

impl Follow for Logs {
    fn joined(&mut self) {
        self.reader = LogReader::default();
    }

    fn told(&mut self, peer: &mut Peer, told: &Notification) -> Result<ControlFlow<()>, Failure> {
        let now = peer.now();
        for news in self.reader.read(told)? {
            match news {
                LogNews::Writer(writer) => {
                    if let Err(problem) = self.folder.announce(0, &writer, now) {
                        warn(format_args!("{problem}; it is left out"));
                    }
                }
                LogNews::Entry(entry) => written(self.folder.entry(0, &entry, now))?,
            }
        }
        if matches!(told, Notification::LogCreateWriter(_) | Notification::LogWrite(_)) {
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
fn interval(text: &str) -> Result<Duration, String> {
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
