//! How far the peer's clock is from ours, as far as its logs tell.
//!
//! No message of the protocol has a peer's time of day in it (VERSION has how long it runs, and a
//! PONG's times are differences); but log entries do, and a Bro writes one about each connection.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use brocomm::Time;
use brocomm::logs::{LogEntry, LogValue};
use brocomm::lowlevel::connection::Notification;
use serde_json::json;

use super::report::Report;
use crate::failure::Failure;

/// The log in which a Bro writes what it does with us, at once.
const COMMUNICATION: &str = "communication";

/// A Bro collects entries until this has passed, and then until it writes another (part 5).
pub(super) const BATCH: Duration = Duration::from_millis(1500);

/// How many seconds an entry may take to reach us.
const DELAY: f64 = 3.0;

/// Looks for the present time of a peer in the logs that it sends.
#[derive(Default)]
pub(super) struct Clock {
    /// How many seconds it is ahead, by the newest entry.
    ahead: Option<f64>,
    /// Whether an entry is surely new.
    is_sure: bool,
}

impl Clock {
    /// Takes a notification that came at this time of ours.
    pub(super) fn told(&mut self, told: &Notification, now: Time) {
        let Notification::LogEntry(entry) = told else { return };
        let Some(time) = time(entry) else { return };
        let ahead = time - now.as_secs_f64();
        self.ahead = Some(self.ahead.map_or(ahead, |before| before.max(ahead)));
        self.is_sure |= entry.writer.path == COMMUNICATION;
    }

    /// Returns whether nothing better is to come.
    pub(super) fn is_known(&self) -> bool {
        self.is_sure
    }

    /// Reports what was found.
    pub(super) fn report(&self, report: &mut Report<'_>) -> Result<(), Failure> {
        let Some(ahead) = self.ahead else {
            return report.note("clock", "no entry of its logs came, so that nothing tells");
        };
        let (finding, text) = match ahead {
            ahead if ahead > DELAY => ("note", format!("it is {ahead:.1} s ahead of ours")),
            ahead if ahead >= -DELAY => ("ok", "it goes as ours does, to a few seconds".to_owned()),
            _ if self.is_sure => (
                "note",
                format!("it is {:.1} s behind ours; does it read recorded packets?", -ahead),
            ),
            _ => (
                "note",
                format!("the newest entry of its logs is {:.1} s old, by our clock", -ahead),
            ),
        };
        report.tell(finding, "clock", &text, json!({ "ahead": ahead }))
    }
}

/// Gives a Bro something to write about, so that it sends what it has written about us.
pub(super) fn provoke(address: SocketAddr, timeout: Duration) {
    // That somebody was there is enough; whether it can be done doesn't matter.
    let _ = TcpStream::connect_timeout(&address, timeout);
}

/// Returns when something happened, as an entry has it.
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
    fn a_few_seconds_are_what_an_entry_takes() {
        let report = |ahead, is_sure| {
            let (clock, mut out) = (Clock { ahead, is_sure }, Vec::new());
            clock.report(&mut Report::new(&mut out, false)).unwrap();
            String::from_utf8(out).unwrap()
        };
        for (ahead, is_sure, told) in [
            (Some(-2.5), true, "ok    clock         it goes as ours does, to a few seconds\n"),
            (Some(2.5), false, "ok    clock         it goes as ours does, to a few seconds\n"),
            (Some(3.5), false, "note  clock         it is 3.5 s ahead of ours\n"),
            (
                Some(-9.0),
                true,
                "note  clock         it is 9.0 s behind ours; does it read recorded packets?\n",
            ),
            (
                Some(-9.0),
                false,
                "note  clock         the newest entry of its logs is 9.0 s old, by our clock\n",
            ),
            (None, false, "note  clock         no entry of its logs came, so that nothing tells\n"),
        ] {
            assert_eq!(report(ahead, is_sure), told);
        }
    }
}
