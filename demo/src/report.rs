//! The results of the demonstration.

use std::io::{self, IsTerminal, Write};

/// All results.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The address on which the manager listens.
    pub address: String,
    /// What the nodes exchanged, in order.
    pub sections: Vec<Section>,
    /// The measured speed.
    pub speed: Speed,
}

/// One part of the demonstration.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// The title.
    pub title: &'static str,
    /// What happened, one line each.
    pub lines: Vec<String>,
    /// The failed checks.
    pub failures: Vec<String>,
}

/// Rates and times over the loopback interface, compared with plain TCP sockets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed {
    /// The number of events that the manager received per second.
    pub events_per_second: f64,
    /// The rate at which a plain socket copies the same number of bytes, as events per second.
    pub plain_events_per_second: f64,
    /// The time from an event to its answer, in seconds.
    pub round_trip: f64,
    /// The time from a byte to its answer over a plain socket, in seconds.
    pub plain_round_trip: f64,
}

impl Section {
    pub(crate) const fn new(title: &'static str) -> Section {
        Section { title, lines: Vec::new(), failures: Vec::new() }
    }

    pub(crate) fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// Records a failure unless both values are equal.
    pub(crate) fn expect<T: PartialEq + std::fmt::Debug>(
        &mut self,
        what: &str,
        expected: T,
        found: T,
    ) {
        if expected != found {
            self.failures.push(format!("{what}: expected {expected:?}, found {found:?}"));
        }
    }
}

impl Report {
    /// Returns the failed checks.
    pub fn failures(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().flat_map(|section| &section.failures).map(|failure| &**failure)
    }

    /// Writes the results as text, 80 columns wide. Returns whether all checks passed.
    ///
    /// # Errors
    /// Writing failed.
    pub fn write(&self, color: bool, out: &mut dyn Write) -> io::Result<bool> {
        let (bold, green, red, plain) = match color {
            true => ("\x1b[1m", "\x1b[32m", "\x1b[31m", "\x1b[0m"),
            false => ("", "", "", ""),
        };
        writeln!(
            out,
            "Two nodes on this machine: sensor connects to manager at {}.",
            self.address
        )?;
        for section in &self.sections {
            writeln!(out, "\n{bold}{}{plain}", section.title)?;
            for line in &section.lines {
                writeln!(out, "  {line}")?;
            }
        }
        let Speed { events_per_second, plain_events_per_second, .. } = self.speed;
        let build = if cfg!(debug_assertions) { ", in a debug build" } else { "" };
        writeln!(out, "\n{bold}Speed, compared with plain TCP sockets{build}{plain}")?;
        writeln!(out, "  {:<28}{:>14}{:>14}", "", "brocomm", "plain")?;
        writeln!(
            out,
            "  {:<28}{:>14}{:>14}",
            "events per second",
            thousands(events_per_second),
            thousands(plain_events_per_second),
        )?;
        let Speed { round_trip, plain_round_trip, .. } = self.speed;
        writeln!(
            out,
            "  {:<28}{:>14}{:>14}",
            "round trip, in \u{b5}s",
            thousands(round_trip * 1e6),
            thousands(plain_round_trip * 1e6),
        )?;
        let failed = self.failures().count();
        if failed == 0 {
            writeln!(out, "\n{green}Everything arrived, in order and unchanged.{plain}")?;
        } else {
            writeln!(out, "\n{red}{failed} checks failed:{plain}")?;
            for failure in self.failures() {
                writeln!(out, "  {failure}")?;
            }
        }
        out.flush()?;
        Ok(failed == 0)
    }
}

/// Returns whether standard output is a terminal that supports colors.
pub fn wants_color() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Formats a number with commas.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut written = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            written.push(',');
        }
        written.push(digit);
    }
    written
}
