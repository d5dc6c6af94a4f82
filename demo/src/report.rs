//! What the demonstration shows.

use std::io::{self, IsTerminal, Write};

/// All that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Where the manager listens.
    pub address: String,
    /// What was exchanged, in order.
    pub sections: Vec<Section>,
    /// How fast it is.
    pub speed: Speed,
}

/// One thing that nodes exchange.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// What it is.
    pub title: &'static str,
    /// What happened, a line each.
    pub lines: Vec<String>,
    /// What is not as it should be.
    pub failures: Vec<String>,
}

/// Rates and times over the loopback interface, beside those of plain TCP sockets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed {
    /// Events that the manager got in a second, and the bytes of each.
    pub events_per_second: f64,
    /// How many of them bytes of the same number would be, copied over a plain socket.
    pub plain_events_per_second: f64,
    /// Seconds from an event to the one that answers it.
    pub round_trip: f64,
    /// Seconds from a byte to the one that answers it, over a plain socket.
    pub plain_round_trip: f64,
}

impl Section {
    pub(crate) const fn new(title: &'static str) -> Section {
        Section { title, lines: Vec::new(), failures: Vec::new() }
    }

    pub(crate) fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// Notes a failure unless both are equal.
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
    /// Returns what is not as it should be.
    pub fn failures(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().flat_map(|section| &section.failures).map(|failure| &**failure)
    }

    /// Writes it for people, 80 columns wide; returns whether all is as it should be.
    ///
    /// # Errors
    /// That it can't be written.
    pub fn write(&self, colour: bool, out: &mut dyn Write) -> io::Result<bool> {
        let (bold, green, red, plain) = match colour {
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
        writeln!(out, "\n{bold}Speed, beside plain TCP sockets{build}{plain}")?;
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
            writeln!(out, "\n{red}{failed} of these went wrong:{plain}")?;
            for failure in self.failures() {
                writeln!(out, "  {failure}")?;
            }
        }
        out.flush()?;
        Ok(failed == 0)
    }
}

/// Returns whether standard output is a terminal that is to show colours.
pub fn wants_colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Writes a number with commas.
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
