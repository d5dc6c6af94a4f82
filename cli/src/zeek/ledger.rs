//! Counters that survive when the process is killed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::Path;

/// The numbers of events that were accepted, and of those known to have been passed on or lost. The
/// others are in memory or in transit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Balance {
    pub(super) taken: u64,
    pub(super) settled: u64,
}

impl Balance {
    /// Counts events by what happened to them.
    pub(super) fn count(&mut self, what: &str, number: u64) {
        match what {
            "offered" | "received" => self.taken += number,
            "confirmed" | "delivered" => self.settled += number,
            _ => {}
        }
    }

    /// Counts lost events.
    pub(super) fn lose(&mut self, reason: &str, number: u64) {
        // These were never accepted, or are already settled.
        if !["refused_by_zeek", "undecodable", "not_an_event", KILLED].contains(&reason) {
            self.settled += number;
        }
    }
}

/// The reason for events that a killed process held.
pub(super) const KILLED: &str = "killed";

/// A file with the balance of each target, written whenever one changes. It survives when the
/// process is killed, but not a crash of the system, since it is not flushed to the disk.
#[derive(Debug)]
pub(super) struct Ledger {
    file: File,
    text: String,
}

impl Ledger {
    /// Opens the file, and returns the numbers of events that the previous process accepted and
    /// never settled.
    ///
    /// # Errors
    ///
    /// Returns why the file can't be used.
    pub(super) fn open(path: &Path) -> io::Result<(Ledger, BTreeMap<String, u64>)> {
        let before = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let left = before.lines().map(|line| {
            let balance = parse(line).ok_or_else(|| {
                let why = format!("`{line}` is not a line of counts; is this another file?");
                io::Error::new(io::ErrorKind::InvalidData, why)
            });
            balance.map(|(name, Balance { taken, settled })| (name, taken.saturating_sub(settled)))
        });
        let left = left.collect::<io::Result<_>>()?;
        let file = File::options().create(true).truncate(true).write(true).open(path)?;
        Ok((Ledger { file, text: String::new() }, left))
    }

    /// Writes all balances. They only grow, so the new text covers the old one.
    pub(super) fn write<'a>(
        &mut self,
        balances: impl Iterator<Item = (&'a str, Balance)>,
    ) -> io::Result<()> {
        self.text.clear();
        for (name, Balance { taken, settled }) in balances {
            let _ = writeln!(self.text, "{taken:20} {settled:20} {name}");
        }
        self.file.rewind()?;
        self.file.write_all(self.text.as_bytes())
    }
}

fn parse(line: &str) -> Option<(String, Balance)> {
    let (taken, rest) = line.trim_start().split_once(' ')?;
    let (settled, name) = rest.trim_start().split_once(' ')?;
    let balance = Balance { taken: taken.parse().ok()?, settled: settled.parse().ok()? };
    Some((name.to_owned(), balance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_process_reads_what_was_not_settled() {
        let path = std::env::temp_dir().join(format!("brocomm-ledger-{}", std::process::id()));
        let _ = fs::remove_file(&path);
        let (mut ledger, left) = Ledger::open(&path).unwrap();
        assert!(left.is_empty());
        let mut balance = Balance::default();
        balance.count("offered", 10);
        balance.count("sent", 9);
        balance.count("confirmed", 4);
        balance.lose("queue_full", 1);
        balance.lose("refused_by_zeek", 3);
        let other = Balance { taken: u64::MAX, settled: u64::MAX };
        for _ in 0..2 {
            ledger.write([("ws://a b", balance), ("clients", other)].into_iter()).unwrap();
        }
        drop(ledger);
        let (_, left) = Ledger::open(&path).unwrap();
        assert_eq!(left, [("clients".to_owned(), 0), ("ws://a b".to_owned(), 5)].into());
        // It is reported once.
        assert!(Ledger::open(&path).unwrap().1.is_empty());
        for text in ["x", "1 2", "1 x name", "node = 1"] {
            fs::write(&path, text).unwrap();
            let error = Ledger::open(&path).unwrap_err().to_string();
            assert!(error.contains("not a line of counts"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        fs::remove_file(&path).unwrap();
    }
}
