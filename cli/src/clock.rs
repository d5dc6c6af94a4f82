//! Time zones for log files.

use std::env;
use std::path::Path;
use std::sync::OnceLock;

use brocomm::Time;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::failure::{Failure, misused};
use crate::file;

/// The time zone for times in log files and their names.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Clock {
    /// Use UTC in file headers and names, instead of the local time that a Bro uses.
    #[arg(long)]
    utc: bool,
}

/// The zone from the environment variable `TZ`, if it is set.
static ZONE: OnceLock<Option<TimeZone>> = OnceLock::new();

impl Clock {
    /// Returns a function from a time to the offset from UTC in seconds.
    ///
    /// # Errors
    /// `TZ` names an unknown zone, or one with summer time but without rules for it. The C library
    /// treats an unknown zone as UTC, which is rarely intended.
    pub(crate) fn offset(self) -> Result<fn(Time) -> i32, Failure> {
        if self.utc {
            return Ok(|_| 0);
        }
        let named = env::var_os("TZ").map(|name| {
            let text = name.to_string_lossy();
            zone(&text).map_err(|why| {
                misused(format_args!(
                    "TZ is {text:?}, which {why}; write a name such as Europe/Berlin, or \
                     CET-1CEST,M3.5.0,M10.5.0/3, or use --utc"
                ))
            })
        });
        let named = named.transpose()?;
        ZONE.get_or_init(|| named);
        Ok(local)
    }
}

/// Parses a value of `TZ` as POSIX and the C library do: a file, a name in the database, or rules.
///
/// For summer time without rules, C libraries use different defaults, so it is refused.
fn zone(name: &str) -> Result<TimeZone, &'static str> {
    let name = name.strip_prefix(':').unwrap_or(name);
    if name.is_empty() {
        return Ok(TimeZone::UTC);
    }
    if name.starts_with('/') {
        let file =
            file::read(Path::new(name)).ok().and_then(|file| TimeZone::tzif(name, &file).ok());
        return file.ok_or("is not a time zone file");
    }
    // The names in the database are file names and case-sensitive.
    let in_database = TimeZone::get(name).ok().filter(|zone| zone.iana_name() == Some(name));
    let zone = in_database.or_else(|| TimeZone::posix(name).ok());
    zone.ok_or_else(|| match TimeZone::posix(&format!("{name},M3.2.0,M11.1.0")) {
        Ok(_) => "does not say when summer time begins and ends",
        Err(_) => "is not a time zone",
    })
}

/// The local time is that of `TZ`, or else the system's.
fn local(time: Time) -> i32 {
    let seconds = i64::try_from(time.as_nanos() / 1_000_000_000).unwrap_or(i64::MAX);
    let at = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
    let zone = ZONE.get().cloned().flatten().unwrap_or_else(TimeZone::system);
    zone.to_offset(at).seconds()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Times in winter and summer, and around the clock changes in Europe and America.
    const TIMES: [i64; 8] = [
        1_706_000_000,
        1_720_000_000,
        1_711_846_799,
        1_711_846_800,
        1_729_990_799,
        1_729_990_800,
        1_710_054_000,
        1_730_613_600,
    ];

    #[cfg(unix)]
    #[test]
    fn offsets_equal_those_of_date() {
        for name in [
            "UTC",
            "",
            "UTC0",
            "XYZ-9",
            "<+0330>-3:30",
            "CET-1CEST,M3.5.0,M10.5.0/3",
            "EST5EDT",
            "AEST-10AEDT,M10.1.0,M4.1.0/3",
            "Europe/Berlin",
            ":America/New_York",
        ] {
            let zone = zone(name).unwrap();
            for time in TIMES {
                let ours = zone.to_offset(Timestamp::from_second(time).unwrap()).seconds();
                let mut date = Command::new("date");
                date.env("TZ", name).args([&format!("--date=@{time}"), "+%Y-%m-%d-%H-%M-%S"]);
                let Ok(output) = date.output() else { return };
                let local = Timestamp::from_second(time + i64::from(ours)).unwrap();
                let local = local.to_string().replace(['T', ':'], "-").replace('Z', "");
                assert_eq!(
                    String::from_utf8(output.stdout).unwrap().trim(),
                    local,
                    "{name} {time}"
                );
            }
        }
    }

    #[test]
    fn invalid_time_zones_are_refused() {
        assert_eq!(zone("CET-1CEST"), Err("does not say when summer time begins and ends"));
        for name in ["Nowhere/City", "europe/berlin", "CET-1CEST,", "CET-99", "/no/such", "?"] {
            assert!(zone(name).is_err(), "{name}");
        }
    }
}
