//! The clock on the wall.

use brocomm::Time;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Which clock the times in files and their names are taken from.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Clock {
    /// Write UTC into headers and names of files, instead of the local time that a Bro writes.
    #[arg(long)]
    utc: bool,
}

impl Clock {
    /// Returns what tells how many seconds the clock is ahead of UTC at a time.
    pub(crate) fn offset(self) -> fn(Time) -> i32 {
        if self.utc { |_| 0 } else { local }
    }
}

/// The local time is that of TZ, or else of the system.
fn local(time: Time) -> i32 {
    let seconds = i64::try_from(time.as_nanos() / 1_000_000_000).unwrap_or(i64::MAX);
    let at = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
    TimeZone::system().to_offset(at).seconds()
}
