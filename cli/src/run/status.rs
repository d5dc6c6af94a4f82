//! A status line on the terminal.

use std::future::pending;
use std::io::{self, IsTerminal, Write, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::output::{self, Output, Overflow};

/// The update interval.
const PERIOD: Duration = Duration::from_secs(1);

/// A status line below all others, if standard error is a terminal.
pub(super) struct Status(Option<(Output, Interval)>);

impl Status {
    pub(super) fn new(wanted: bool) -> Status {
        if !wanted || !stderr().is_terminal() {
            return Status(None);
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        output::keep_below(&bar);
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Status(Some((Output::new(Line(bar), Overflow::Drop(|_| Vec::new()), || ()), ticks)))
    }

    /// Waits for the next update.
    pub(super) async fn tick(&mut self) {
        match &mut self.0 {
            Some((_, ticks)) => {
                ticks.tick().await;
            }
            None => pending().await,
        }
    }

    pub(super) fn show(&mut self, line: &str) {
        if let Some((output, _)) = &mut self.0 {
            // The status line is optional, so errors are ignored.
            let _ = writeln!(output, "{line}");
        }
    }

    /// Removes the line.
    pub(super) fn end(&mut self) {
        self.show("");
    }
}

/// Displays the last line written to it. An empty line removes it.
struct Line(ProgressBar);

impl Write for Line {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(lines);
        match text.lines().last() {
            Some("") => self.0.finish_and_clear(),
            Some(line) => {
                self.0.set_message(line.to_owned());
                self.0.tick();
            }
            None => {}
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
