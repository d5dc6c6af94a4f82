//! A status line on the terminal.

use std::future::pending;
use std::io::{IsTerminal, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often the line is made new.
const PERIOD: Duration = Duration::from_secs(1);

/// Shows one line below all others, if standard error is a terminal.
#[derive(Debug)]
pub(super) struct Status(Option<(ProgressBar, Interval)>);

impl Status {
    pub(super) fn new(wanted: bool) -> Status {
        if !wanted || !stderr().is_terminal() {
            return Status(None);
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Status(Some((bar, ticks)))
    }

    /// Returns when the line is to be made new.
    pub(super) async fn tick(&mut self) {
        match &mut self.0 {
            Some((_, ticks)) => {
                ticks.tick().await;
            }
            None => pending().await,
        }
    }

    pub(super) fn show(&self, line: String) {
        if let Some((bar, _)) = &self.0 {
            bar.set_message(line);
            bar.tick();
        }
    }

    /// Writes something else to the terminal.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some((bar, _)) => bar.suspend(write),
            None => write(),
        }
    }

    pub(super) fn end(&self) {
        if let Some((bar, _)) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
