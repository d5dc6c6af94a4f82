//! Code shared by all sinks: reading the spool from a position, and retrying with growing pauses.

use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::spool::{Entry, Reader};
use crate::{Report, SinkCounts};

/// Passes on reports that differ from the previous one.
pub(crate) struct Reports<'a> {
    report: &'a mut dyn FnMut(Report),
    /// The last reason to wait, empty if the sink works. `None` before the first report.
    waiting: Option<String>,
    refused: bool,
}

impl Reports<'_> {
    pub(crate) fn working(&mut self) {
        if self.waiting.as_deref() != Some("") {
            self.waiting = Some(String::new());
            (self.report)(Report::Working);
        }
    }

    pub(crate) fn waiting(&mut self, reason: String) {
        if self.waiting.as_deref() != Some(reason.as_str()) {
            self.waiting = Some(reason.clone());
            (self.report)(Report::Waiting { reason });
        }
    }

    pub(crate) fn refused(&mut self, sequence: u64, reason: String) {
        if !std::mem::replace(&mut self.refused, true) {
            (self.report)(Report::Refused { sequence, reason });
        }
    }
}

/// The environment of a sink.
pub(crate) struct Work<'a> {
    pub(crate) reader: Reader,
    pub(crate) counts: &'a SinkCounts,
    /// The last entry that may be sent. If its sender is dropped, there are no further entries.
    pub(crate) durable: watch::Receiver<u64>,
    /// Whether the sink must end.
    pub(crate) end: watch::Receiver<bool>,
    pub(crate) reports: Reports<'a>,
}

impl<'a> Work<'a> {
    pub(crate) fn new(
        reader: Reader,
        counts: &'a SinkCounts,
        durable: watch::Receiver<u64>,
        end: watch::Receiver<bool>,
        report: &'a mut dyn FnMut(Report),
    ) -> Work<'a> {
        counts.set_position(reader.acknowledged());
        let reports = Reports { report, waiting: None, refused: false };
        Work { reader, counts, durable, end, reports }
    }

    /// Runs sessions until one returns `Ok` or the sink must end. After a failure, the next one
    /// starts with the first unacknowledged entry, after a pause between `retry.0` and `retry.1`.
    ///
    /// # Errors
    /// Fails if the spool cannot be read, or no runtime can be created.
    pub(crate) fn run(
        mut self,
        retry: (Duration, Duration),
        mut session: impl AsyncFnMut(&mut Self) -> Result<(), String>,
    ) -> io::Result<()> {
        let mut pause = retry.0;
        loop {
            // Sets the age of the oldest waiting entry, even if the receiver is never reached.
            if self.reader.next_sequence() <= *self.durable.borrow() {
                self.counts.set_oldest(self.reader.next_entry()?.map(|entry| entry.time));
                self.reader.rewind();
            }
            // Each session has its own runtime. It ends with all background tasks of the client, so
            // nothing from an old connection is sent after something from a new one.
            let runtime: Runtime = Builder::new_current_thread().enable_all().build()?;
            let before = self.reader.acknowledged();
            let ended = runtime.block_on(session(&mut self));
            self.counts.set_connected(false);
            let missed = self.reader.missed().entries;
            self.counts.add_missed(missed.saturating_sub(self.counts.missed()));
            self.reader.rewind();
            let Err(reason) = ended else { return Ok(()) };
            self.reports.waiting(reason);
            if self.reader.acknowledged() > before {
                pause = retry.0;
            }
            let is_over =
                runtime.block_on(async { timeout(pause, ended_now(&mut self.end)).await.is_ok() });
            if is_over {
                return Ok(());
            }
            drop(runtime);
            pause = pause.saturating_mul(2).min(retry.1);
        }
    }

    /// Returns the next entry that may be sent.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, String> {
        if self.reader.next_sequence() > *self.durable.borrow() {
            return Ok(None);
        }
        self.reader.next_entry().map_err(|error| format!("the spool cannot be read: {error}"))
    }

    /// Writes the position to the disk.
    pub(crate) fn keep(&mut self) -> Result<(), String> {
        self.acknowledge(self.counts.position())
    }

    pub(crate) fn acknowledge(&mut self, sequence: u64) -> Result<(), String> {
        self.reader
            .acknowledge(sequence)
            .map_err(|error| format!("the position in the spool cannot be written: {error}"))
    }
}

/// Waits until the sink must end.
pub(crate) async fn ended_now(end: &mut watch::Receiver<bool>) {
    // If the sender is dropped, the sink must end as well.
    let _ = end.wait_for(|end| *end).await;
}

/// Waits until a deadline, or forever if there is none.
pub(crate) async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Returns the messages of an error and its sources.
#[cfg(any(feature = "nats", feature = "parquet"))]
pub(crate) fn reason(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let more = source.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = source.source();
    }
    text
}
