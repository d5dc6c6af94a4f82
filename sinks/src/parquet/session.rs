//! Writes batches until one cannot be written.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use brocomm::Time;
use tokio::time::Instant;

use super::ParquetConfig;
use super::batch::{Added, Batch, WithOther, failed};
use super::commit::{self, Commit};
use crate::sink::{Work, ended_now, passed};
use crate::spool::Entry;

/// How long after the end of an hour its last entries may become durable.
const GRACE: Duration = Duration::from_secs(2);

pub(super) struct ParquetSession<'a, 'w> {
    spool: &'a Path,
    config: &'a ParquetConfig,
    epoch: u64,
    work: &'a mut Work<'w>,
    commit: PathBuf,
    batch: Option<Batch>,
    with_other: WithOther,
}

impl<'a, 'w> ParquetSession<'a, 'w> {
    pub(super) fn new(
        spool: &'a Path,
        config: &'a ParquetConfig,
        epoch: u64,
        work: &'a mut Work<'w>,
    ) -> ParquetSession<'a, 'w> {
        let commit = commit::path(&config.dir, epoch);
        ParquetSession {
            spool,
            config,
            epoch,
            work,
            commit,
            batch: None,
            with_other: WithOther::new(),
        }
    }

    /// Writes batches. Returns `Ok` when the sink must end, otherwise the reason for the failure.
    pub(super) async fn run(mut self) -> Result<(), String> {
        let (mut durable, mut end) = (self.work.durable.clone(), self.work.end.clone());
        self.recover()?;
        self.work.counts.set_connected(true);
        loop {
            let is_over = *end.borrow_and_update() || end.has_changed().is_err();
            // Entries that arrive meanwhile are seen below.
            let is_last = durable.has_changed().is_err();
            durable.mark_unchanged();
            if !is_over && let Some(entry) = self.work.next()? {
                self.take(&entry)?;
                continue;
            }
            let now: Time = SystemTime::now().into();
            let due = self.batch.as_ref().map(|batch| batch.end() + GRACE);
            let is_due = due.is_some_and(|due| due <= now);
            if is_over || is_last || is_due {
                self.finish()?;
            }
            if is_over || is_last {
                return Ok(());
            }
            self.work.keep()?;
            let due = due.filter(|_| !is_due).map(|due| Instant::now() + due.saturating_since(now));
            tokio::select! {
                _ = durable.changed() => {}
                () = ended_now(&mut end) => {}
                () = passed(due) => {}
            }
        }
    }

    /// Completes or reverts what an earlier session has started.
    fn recover(&mut self) -> Result<(), String> {
        let dir = &self.config.dir;
        fs::create_dir_all(dir).map_err(|error| failed(dir, &error))?;
        if let Some(commit) = Commit::read(&self.commit)? {
            self.commit(&commit, 0)?;
            self.work.reader.rewind();
        }
        commit::clean(dir, self.epoch).map_err(|error| failed(dir, &error))
    }

    /// Renames the files of a batch with this many entries, and moves the position.
    fn commit(&mut self, commit: &Commit, entries: u64) -> Result<(), String> {
        commit.apply(&self.config.dir)?;
        self.work.acknowledge(commit.last)?;
        fs::remove_file(&self.commit).map_err(|error| failed(&self.commit, &error))?;
        self.work.counts.add_acknowledged(entries);
        self.work.counts.set_position(commit.last);
        Ok(())
    }

    fn take(&mut self, entry: &Entry) -> Result<(), String> {
        // A new batch accepts any entry.
        for _ in 0..2 {
            let first = self.work.counts.position() + 1;
            let batch = self.batch.get_or_insert_with(|| Batch::new(entry, first, self.epoch));
            let (dir, entries) = (&self.config.dir, batch.entries);
            match batch.add(entry, self.spool, dir, &mut self.with_other)? {
                Added::Yes => {
                    self.work.counts.add_sent(batch.entries - entries);
                    break;
                }
                Added::Invalid => {
                    self.work.counts.add_refused(1);
                    let reason = "it is not a JSON object".to_owned();
                    self.work.reports.refused(entry.sequence, reason);
                    break;
                }
                Added::Later => self.finish()?,
            }
        }
        if let Some(batch) = &mut self.batch {
            batch.limit(self.config.memory)?;
            self.work.counts.set_oldest(Some(batch.oldest()));
        }
        Ok(())
    }

    /// Finishes the batch, if there is one.
    fn finish(&mut self) -> Result<(), String> {
        let Some(batch) = self.batch.take() else { return Ok(()) };
        let (entries, last) = (batch.entries, batch.last());
        if entries == 0 {
            self.work.counts.set_position(last);
        } else {
            batch.finish(&self.config.dir, &self.commit)?;
            if let Some(commit) = Commit::read(&self.commit)? {
                self.commit(&commit, entries)?;
            }
            self.work.reports.working();
        }
        self.work.counts.set_oldest(None);
        Ok(())
    }
}
