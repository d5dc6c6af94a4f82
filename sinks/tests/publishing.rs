//! Sinks that run during a test.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use brocomm::Time;
use brocomm_sinks::spool::{Fsync, Reader, Spool, SpoolConfig};
use brocomm_sinks::{Report, SinkCounts};
use tokio::sync::watch;

use crate::support::TempDir;

pub(crate) const NOW: Time = Time::from_nanos(1_500_000_000_000_000_000);
pub(crate) const SUBJECT: &str = "zeek.logs.log-1.default.numbers";

/// The function of a sink.
pub(crate) trait Run:
    FnOnce(
        &Path,
        watch::Receiver<u64>,
        watch::Receiver<bool>,
        &SinkCounts,
        &mut dyn FnMut(Report),
    ) -> io::Result<()>
    + Send
    + 'static
{
}

impl<F> Run for F where
    F: FnOnce(
            &Path,
            watch::Receiver<u64>,
            watch::Receiver<bool>,
            &SinkCounts,
            &mut dyn FnMut(Report),
        ) -> io::Result<()>
        + Send
        + 'static
{
}

/// A spool and a sink that publishes it.
pub(crate) struct Publishing {
    pub(crate) folder: TempDir,
    pub(crate) spool: Spool,
    end: watch::Sender<bool>,
    pub(crate) counts: SinkCounts,
    pub(crate) reports: Receiver<Report>,
    sender: Option<Sender<Report>>,
    /// The name of the reader.
    reader: &'static str,
    sink: Option<JoinHandle<()>>,
}

impl Publishing {
    /// Starts a sink whose reader has this name, with this number of entries.
    pub(crate) fn start(reader: &'static str, entries: u64, run: impl Run) -> Publishing {
        let mut publishing = Publishing::prepare(reader);
        publishing.add(entries);
        publishing.begin(run);
        publishing
    }

    /// Creates a spool without a sink.
    pub(crate) fn prepare(reader: &'static str) -> Publishing {
        let folder = TempDir::new();
        let spool_config = SpoolConfig { fsync: Fsync::Never, ..SpoolConfig::default() };
        let (spool, _) = Spool::open(folder.path(), spool_config, NOW).unwrap();
        let (end, counts) = (watch::Sender::new(false), SinkCounts::default());
        let (sender, reports) = channel();
        let sender = Some(sender);
        Publishing { folder, spool, end, counts, reports, sender, reader, sink: None }
    }

    /// Starts the sink.
    pub(crate) fn begin(&mut self, run: impl Run) {
        let (path, durable) = (PathBuf::from(self.folder.path()), self.spool.subscribe());
        let (end, counts) = (self.end.subscribe(), self.counts.clone());
        let sender = self.sender.take().unwrap();
        self.sink = Some(thread::spawn(move || {
            let mut report = |report| drop(sender.send(report));
            run(&path, durable, end, &counts, &mut report).unwrap();
        }));
    }

    /// Ends the sink and passes its spool to another one.
    #[cfg(feature = "parquet")]
    pub(crate) fn reopen(mut publishing: Publishing) -> Publishing {
        publishing.end.send_replace(true);
        publishing.sink.take().unwrap().join().unwrap();
        let (sender, reports) = channel();
        Publishing {
            end: watch::Sender::new(false),
            counts: SinkCounts::default(),
            reports,
            sender: Some(sender),
            ..publishing
        }
    }

    pub(crate) fn add(&mut self, entries: u64) {
        for _ in 0..entries {
            let number = self.spool.appended() + 1;
            self.spool.append(NOW, SUBJECT, format!("{{\"n\":{number}}}").as_bytes()).unwrap();
            self.spool.commit(NOW).unwrap();
        }
    }

    /// Waits until all entries are processed.
    pub(crate) fn wait(&self) {
        while self.counts.position() < self.spool.durable() {
            assert!(!self.sink.as_ref().unwrap().is_finished());
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ends the sink; returns what it reported.
    pub(crate) fn end(mut self) -> Vec<Report> {
        self.end.send_replace(true);
        self.sink.take().unwrap().join().unwrap();
        // The position is on the disk.
        let reader = Reader::open(self.folder.path(), self.reader).unwrap();
        assert_eq!(reader.acknowledged(), self.counts.position());
        self.reports.try_iter().collect()
    }
}

pub(crate) fn waits(reports: &[Report]) -> String {
    let reason = |report: &Report| match report {
        Report::Waiting { reason } => Some(reason.clone()),
        _ => None,
    };
    reports.iter().filter_map(reason).collect::<Vec<_>>().join("\n")
}
