//! A status line on the terminal.

use std::future::pending;
use std::io::{self, IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use brocomm::Time;
use brocomm::node::NodeMachine;
use console::Term;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::peers::Totals;
use crate::output::{Output, Overflow};
use crate::rates::{Rates, short, short_bytes};

/// The update interval.
const PERIOD: Duration = Duration::from_secs(1);

/// The time limit for removing the line, if the terminal is not read.
const PATIENCE: Duration = Duration::from_millis(100);

/// A status line in the last row of the terminal, if standard error is one.
pub(super) struct Status {
    shown: Option<(Output, Interval)>,
    last: Option<(Time, Totals)>,
}

impl Status {
    pub(super) fn new(wanted: bool) -> Status {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        if !wanted || is_dumb || !stderr().is_terminal() {
            return Status { shown: None, last: None };
        }
        let term = Term::stderr();
        let line = Line { out: stderr(), size: move || term.size(), rows: None };
        let output = Output::new(line, Overflow::Drop(|_| Vec::new()), || ());
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Status { shown: Some((output, ticks)), last: None }
    }

    /// Waits for the next update.
    pub(super) async fn tick(&mut self) {
        match &mut self.shown {
            Some((_, ticks)) => {
                ticks.tick().await;
            }
            None => pending().await,
        }
    }

    /// Shows the number of peers, and what they send and receive per second.
    pub(super) fn show(&mut self, node: &NodeMachine, now: Time) {
        let totals = Totals::of(node);
        let rates = self.last.as_ref().map(|(then, last)| {
            let seconds = now.saturating_since(*then).as_secs_f64();
            Rates::between(&last.counters, &totals.counters, seconds)
        });
        let line = line(&totals, rates.as_ref());
        self.last = Some((now, totals));
        self.write(&line);
    }

    fn write(&mut self, line: &str) {
        if let Some((output, _)) = &mut self.shown {
            // The status line is optional, so errors are ignored.
            let _ = writeln!(output, "{line}");
        }
    }

    /// Removes the line.
    pub(super) fn end(&mut self) {
        self.write("");
        if let Some((output, _)) = self.shown.take() {
            output.end_by(Instant::now() + PATIENCE);
            let _ = output.finish();
        }
    }
}

impl Drop for Status {
    /// Restores the terminal, however the node ends.
    fn drop(&mut self) {
        self.end();
    }
}

fn line(totals: &Totals, rates: Option<&Rates>) -> String {
    let Totals { running, all, counters } = totals;
    let per = |rate: Option<f64>| rate.map(|rate| format!(" ({}/s)", short(rate)));
    let mut line = format!(
        "{running} of {all} peers running, events in {}{}, out {}{}",
        counters.events_in,
        per(rates.map(|rates| rates.events_in)).unwrap_or_default(),
        counters.events_out,
        per(rates.map(|rates| rates.events_out)).unwrap_or_default(),
    );
    if let Some(rates) = rates {
        let (bytes_in, bytes_out) = (short_bytes(rates.bytes_in), short_bytes(rates.bytes_out));
        line += &format!(", bytes in {bytes_in}/s, out {bytes_out}/s");
    }
    line + &format!(", waiting {}", counters.queued_out)
}

/// Displays the last line written to it in the last row of the terminal, outside the scrolling
/// region, so that input and output are not disturbed. An empty line removes it.
struct Line<W, S> {
    out: W,
    /// Returns the rows and columns of the terminal.
    size: S,
    /// The rows of the terminal when the scrolling region was set.
    rows: Option<u16>,
}

impl<W: Write, S: Fn() -> (u16, u16)> Line<W, S> {
    /// Returns what to send to the terminal. `\x1b7` and `\x1b8` save and restore the cursor.
    fn drawn(&mut self, line: &str) -> String {
        let (rows, columns) = (self.size)();
        let mut text = String::new();
        if let Some(old) = self.rows.filter(|old| line.is_empty() || *old != rows) {
            text += &format!("\x1b7\x1b[r\x1b[{old};1H\x1b[2K\x1b8");
            self.rows = None;
        }
        if line.is_empty() || rows < 3 {
            return text;
        }
        if self.rows.is_none() {
            // The cursor must not be in the last row: move one down, which may scroll, and up
            // again. A line feed would also go to the first column, where the kernel adds a return.
            text += &format!("\x0b\x1b[A\x1b7\x1b[1;{}r\x1b8", rows - 1);
            self.rows = Some(rows);
        }
        let line: String = line.chars().take(usize::from(columns)).collect();
        text + &format!("\x1b7\x1b[{rows};1H\x1b[2K{line}\x1b8")
    }
}

impl<W: Write, S: Fn() -> (u16, u16)> Write for Line<W, S> {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(lines);
        if let Some(line) = text.lines().last() {
            let drawn = self.drawn(line);
            // In one write, so that no other output comes in between.
            self.out.write_all(drawn.as_bytes())?;
            self.out.flush()?;
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use indicatif::{InMemoryTerm, TermLike};

    use super::*;
    use crate::snapshot::Counters;

    /// A terminal in memory.
    struct To(InMemoryTerm);

    impl Write for To {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write_str(str::from_utf8(bytes).unwrap())?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn typed_text_is_kept() {
        let terminal = InMemoryTerm::new(4, 20);
        let mut status = Line { out: To(terminal.clone()), size: || (4, 20), rows: None };
        let mut show = |line: &str| status.write_all(format!("{line}\n").as_bytes()).unwrap();
        let shows = |screen: &str| assert_eq!(terminal.contents(), screen);
        terminal.write_str("one\r\ntwo\r\npin").unwrap();
        show("status 1");
        shows("one\ntwo\npin\nstatus 1");
        terminal.write_str("g(").unwrap();
        show("status 2, which is longer than the row");
        shows("one\ntwo\nping(\nstatus 2, which is l");
        // Output scrolls above it.
        terminal.write_str("1)\r\nthree\r\nfour").unwrap();
        show("status 3");
        shows("ping(1)\nthree\nfour\nstatus 3");
        show("");
        shows("ping(1)\nthree\nfour");
        terminal.write_str("\r\n$ ").unwrap();
        shows("ping(1)\nthree\nfour\n$ ".trim_end());
    }

    #[test]
    fn it_makes_room_if_the_cursor_is_in_the_last_row() {
        let terminal = InMemoryTerm::new(3, 20);
        let mut status = Line { out: To(terminal.clone()), size: || (3, 20), rows: None };
        terminal.write_str("one\r\ntwo\r\npin").unwrap();
        status.write_all(b"status\n").unwrap();
        terminal.write_str("g").unwrap();
        assert_eq!(terminal.contents(), "two\nping\nstatus");
    }

    #[test]
    fn a_terminal_can_be_resized() {
        let size = Cell::new((5, 20));
        let mut line = Line { out: Vec::new(), size: || size.get(), rows: None };
        assert!(line.drawn("a").contains("\x1b[1;4r"));
        assert!(!line.drawn("a").contains("r\x1b8"));
        size.set((9, 20));
        let drawn = line.drawn("a");
        assert!(drawn.contains("\x1b[5;1H\x1b[2K") && drawn.contains("\x1b[1;8r"), "{drawn:?}");
        size.set((2, 20));
        assert!(!line.drawn("a").contains('a'));
        assert_eq!(line.drawn(""), "");
    }

    #[test]
    fn rates_are_since_the_last_update() {
        let counters = Counters { events_in: 20, bytes_out: 2048, ..Counters::default() };
        let totals = Totals { running: 1, all: 2, counters };
        let begin = "1 of 2 peers running, events in 20";
        assert_eq!(line(&totals, None), format!("{begin}, out 0, waiting 0"));
        let rates = Rates::between(&Counters::default(), &counters, 2.0);
        let end = " (10/s), out 0 (0/s), bytes in 0 B/s, out 1.0 KiB/s, waiting 0";
        assert_eq!(line(&totals, Some(&rates)), format!("{begin}{end}"));
    }
}
