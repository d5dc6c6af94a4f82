//! The difference between the peer's clock and ours, derived from its logs.
//!
//! No message of the protocol contains the peer's time of day: VERSION has its uptime, and a PONG
//! has differences. Log entries contain it, and a Bro writes one about each connection.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use brocomm::Time;
use brocomm::logs::{LogEntry, LogValue};
use brocomm::lowlevel::connection::ConnectionNotification;
use serde_json::json;

use super::report::Report;
use crate::failure::Failure;

/// The log in which a Bro records what happens on a connection.
const COMMUNICATION: &str = "communication";

/// A Bro sends a batch of entries with the first entry after this time (part 5).
pub(super) const BATCH: Duration = Duration::from_millis(1500);

/// The maximum delay of an entry, in seconds.
const DELAY: f64 = 3.0;

/// Determines a peer's current time from its logs.
#[derive(Default)]
pub(super) struct Clock {
    /// How many seconds the peer is ahead, by the newest entry.
    ahead: Option<f64>,
    /// Whether an entry is known to be new.
    is_sure: bool,
}

impl Clock {
    /// Handles a notification received at this time.
    pub(super) fn notified(&mut self, notification: &ConnectionNotification, now: Time) {
        let ConnectionNotification::LogEntry(entry) = notification else { return };
        let Some(time) = time(entry) else { return };
        let ahead = time - now.as_secs_f64();
        self.ahead = Some(self.ahead.map_or(ahead, |before| before.max(ahead)));
        self.is_sure |= entry.writer.path == COMMUNICATION;
    }

    /// Returns whether the result is final.
    pub(super) fn is_known(&self) -> bool {
        self.is_sure
    }

    /// Reports the result.
    pub(super) fn report(&self, report: &mut Report<'_>) -> Result<(), Failure> {
        let Some(ahead) = self.ahead else {
            return report.note("clock", "unknown: no log entry arrived");
        };
        let (finding, text) = match ahead {
            ahead if ahead > DELAY => ("note", format!("it is {ahead:.1} s ahead of ours")),
            ahead if ahead >= -DELAY => ("ok", "within a few seconds of ours".to_owned()),
            _ if self.is_sure => (
                "note",
                format!("it is {:.1} s behind ours; does the peer read recorded packets?", -ahead),
            ),
            _ => (
                "note",
                format!("the newest entry of its logs is {:.1} s old, by our clock", -ahead),
            ),
        };
        report.tell(finding, "clock", &text, json!({ "ahead": ahead }))
    }
}

/// Makes a Bro write another log entry, so that it sends the batch with those about this
/// connection.
pub(super) fn provoke(address: SocketAddr, timeout: Duration) {
    // An attempt to connect is enough, even if it fails.
    let _ = TcpStream::connect_timeout(&address, timeout);
}

/// Returns the time in an entry.
fn time(entry: &LogEntry) -> Option<f64> {
    let mut columns = entry.writer.fields.iter().zip(&entry.values);
    columns.find_map(|(field, value)| match value {
        LogValue::Time(time) if field.name == "ts" => Some(*time),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_of_a_few_seconds_is_normal() {
        let report = |ahead, is_sure| {
            let (clock, mut out) = (Clock { ahead, is_sure }, Vec::new());
            clock.report(&mut Report::new(&mut out, false)).unwrap();
            String::from_utf8(out).unwrap()
        };
        for (ahead, is_sure, expected) in [
            (Some(-2.5), true, "ok    clock         within a few seconds of ours\n"),
            (Some(2.5), false, "ok    clock         within a few seconds of ours\n"),
            (Some(3.5), false, "note  clock         it is 3.5 s ahead of ours\n"),
            (
                Some(-9.0),
                true,
                "note  clock         it is 9.0 s behind ours; does the peer read recorded packets?\n",
            ),
            (
                Some(-9.0),
                false,
                "note  clock         the newest entry of its logs is 9.0 s old, by our clock\n",
            ),
            (None, false, "note  clock         unknown: no log entry arrived\n"),
        ] {
            assert_eq!(report(ahead, is_sure), expected);
        }
    }
}
