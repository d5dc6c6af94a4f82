//! Appends to a spool.

use std::fs::File;
use std::io;
use std::path::Path;

use brocomm::Time;
use tokio::sync::watch;

use super::config::{Fsync, SpoolConfig, WhenFull};
use super::error::{AppendError, OpenError, WriteError};
use super::folder::{Folder, Found, Segment, Volume};
use super::record::Record;
use super::scan::{Scanner, Step};

/// The maximum number of appended bytes that are not yet written.
const MAX_PENDING: usize = 1 << 20;

/// What opening a spool found in its last segment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovery {
    /// The sequence number of the last record, 0 if there is none. New numbers follow it, and
    /// follow those that readers have acknowledged.
    pub last: u64,
    /// The bytes of a partial record at the end, in which the writer ended.
    pub torn: u64,
    /// Other bytes that are not records.
    pub damaged: u64,
    /// Records that are missing between others.
    pub missing: u64,
}

/// A spool to append to.
///
/// [`append`](Spool::append) accepts an entry, [`commit`](Spool::commit) writes the accepted ones,
/// and [`durable`](Spool::durable) is the last entry that cannot be lost any more.
pub struct Spool {
    volume: Box<dyn Volume>,
    config: SpoolConfig,
    epoch: u64,
    segments: Vec<Found>,
    current: Box<dyn Segment>,
    /// When the first record was written to the current segment.
    begun: Option<Time>,
    /// Appended bytes that are not yet written.
    pending: Vec<u8>,
    appended: u64,
    written: u64,
    durable: watch::Sender<u64>,
    /// Since when there are records that are not yet flushed.
    unflushed_since: Option<Time>,
    _lock: Option<File>,
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spool")
            .field("config", &self.config)
            .field("appended", &self.appended)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

impl Spool {
    /// Opens the spool in a folder, or creates it.
    ///
    /// # Errors
    /// Another program is writing to it, or a file cannot be used.
    pub fn open(
        path: &Path,
        config: SpoolConfig,
        now: Time,
    ) -> Result<(Spool, Recovery), OpenError> {
        let folder = Folder::create(path)?;
        let lock = folder.lock()?.ok_or(OpenError::Locked)?;
        // Without flushing, entries that sinks have sent may be lost when the system crashes. Their
        // sequence numbers are then used again, but in another epoch.
        let has_forgotten = folder.has_forgotten()?;
        let epoch = match folder.epoch()? {
            Some(epoch) if !has_forgotten => epoch,
            _ => {
                folder.set_epoch(now.as_nanos())?;
                now.as_nanos()
            }
        };
        folder.mark_unflushed(config.fsync == Fsync::Never, has_forgotten)?;
        let (spool, recovery) = Spool::on(Box::new(folder), config, epoch, now)?;
        Ok((Spool { _lock: Some(lock), ..spool }, recovery))
    }

    /// Opens the spool on a volume without other users.
    ///
    /// # Errors
    /// The volume cannot be used.
    pub fn on(
        volume: Box<dyn Volume>,
        config: SpoolConfig,
        epoch: u64,
        now: Time,
    ) -> Result<(Spool, Recovery), OpenError> {
        let mut segments = volume.list()?;
        let mut recovery = Recovery::default();
        let mut pending = Vec::new();
        // An existing reader must not skip new records.
        let read = volume.acknowledged()?.into_iter().max().unwrap_or_default();
        let first = match segments.last() {
            Some(found) => {
                let is_torn;
                (recovery, is_torn) = recover(volume.read(found.first)?, found.first)?;
                recovery.last = recovery.last.max(read);
                // A partial entry becomes a separate line, which readers skip.
                if is_torn {
                    pending.push(b'\n');
                }
                found.first
            }
            None => {
                let first = read.saturating_add(1);
                segments.push(Found { first, bytes: 0, modified: now });
                recovery.last = first - 1;
                first
            }
        };
        let mut current = volume.append(first)?;
        // What was read may not be on the disk yet.
        current.sync()?;
        let last = recovery.last;
        let spool = Spool {
            volume,
            config,
            epoch,
            segments,
            current,
            begun: None,
            pending,
            appended: last,
            written: last,
            durable: watch::Sender::new(last),
            unflushed_since: None,
            _lock: None,
        };
        Ok((spool, recovery))
    }

    /// Returns the number that distinguishes this spool from an earlier one in the same folder.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Appends an entry and returns its sequence number. It is not yet written.
    ///
    /// # Errors
    /// The entry is not a valid record, or earlier entries could not be written: then
    /// [`commit`](Spool::commit) returns the reason.
    pub fn append(&mut self, time: Time, subject: &str, line: &[u8]) -> Result<u64, AppendError> {
        if self.pending.len() >= MAX_PENDING {
            return Err(AppendError::Full);
        }
        let sequence = self.appended.saturating_add(1);
        Record { sequence, time, subject, line }.write(&mut self.pending)?;
        self.appended = sequence;
        self.unflushed_since.get_or_insert(time);
        Ok(sequence)
    }

    /// Returns whether [`append`](Spool::append) accepts nothing more before a
    /// [`commit`](Spool::commit).
    pub fn is_full(&self) -> bool {
        self.pending.len() >= MAX_PENDING
    }

    /// Writes everything appended, and flushes it to the disk if that is due.
    ///
    /// # Errors
    /// Entries that could not be written are kept for the next call, unless the error [is
    /// final](WriteError::is_final).
    pub fn commit(&mut self, now: Time) -> Result<(), WriteError> {
        self.write(now)?;
        match self.config.fsync {
            Fsync::Always => self.flush(),
            Fsync::Every(_) if self.next_timeout().is_some_and(|due| due <= now) => self.flush(),
            Fsync::Every(_) => Ok(()),
            Fsync::Never => {
                self.unflushed_since = None;
                self.durable.send_replace(self.written);
                Ok(())
            }
        }
    }

    /// Writes everything appended and flushes it to the disk, regardless of the policy.
    ///
    /// # Errors
    /// As [`commit`](Spool::commit).
    pub fn finish(&mut self, now: Time) -> Result<(), WriteError> {
        self.write(now)?;
        self.flush()
    }

    fn write(&mut self, now: Time) -> Result<(), WriteError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.make_room()?;
        let mut done = 0;
        let result = loop {
            let rest = self.pending.get(done..).unwrap_or_default();
            if rest.is_empty() {
                break Ok(());
            }
            match self.current.write(rest) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => done += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        // After an error, writing continues where it stopped, so no record is torn or written
        // twice.
        self.pending.drain(..done);
        if let Some(segment) = self.segments.last_mut() {
            segment.bytes += done as u64;
            segment.modified = now;
        }
        result.map_err(WriteError::Write)?;
        self.written = self.appended;
        self.begun.get_or_insert(now);
        self.rotate(now)
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        if *self.durable.borrow() < self.written {
            self.current.sync().map_err(WriteError::Flush)?;
            self.durable.send_replace(self.written);
        }
        self.unflushed_since = None;
        Ok(())
    }

    /// Starts a new segment if the current one is large or old enough.
    fn rotate(&mut self, now: Time) -> Result<(), WriteError> {
        let Some(segment) = self.segments.last() else { return Ok(()) };
        // Only whole segments are deleted, so a segment must cover much less than the time to keep.
        let is_old = |begun: Time| now.saturating_since(begun) >= self.config.age / 4;
        let is_old = !self.config.age.is_zero() && self.begun.is_some_and(is_old);
        if segment.bytes < self.config.segment && !is_old {
            return Ok(());
        }
        let first = self.written.saturating_add(1);
        // The old segment must be on the disk before the new one is created.
        self.flush()?;
        self.current = self.volume.append(first).map_err(WriteError::Write)?;
        self.begun = None;
        self.segments.push(Found { first, bytes: 0, modified: now });
        self.retain(now)
    }

    /// Deletes segments that are older than the time to keep and that all readers have read.
    ///
    /// # Errors
    /// A segment cannot be deleted, or a position cannot be read.
    pub fn retain(&mut self, now: Time) -> Result<(), WriteError> {
        if self.config.age.is_zero() {
            return Ok(());
        }
        let age = self.config.age;
        let is_old = |found: &Found| now.saturating_since(found.modified) >= age;
        if !self.segments.first().is_some_and(is_old) {
            return Ok(());
        }
        let read = self.read_by_all()?;
        while let [oldest, next, ..] = self.segments[..] {
            let is_read = next.first <= read.saturating_add(1);
            if !is_old(&oldest) || !is_read {
                break;
            }
            self.remove_oldest()?;
        }
        Ok(())
    }

    /// Deletes the oldest segments until there is room for the pending bytes.
    fn make_room(&mut self) -> Result<(), WriteError> {
        let needed = self.pending.len() as u64;
        while self.bytes().saturating_add(needed) > self.config.size {
            // The current segment is never deleted.
            let [_, next, ..] = self.segments[..] else { return Ok(()) };
            if self.config.when_full == WhenFull::Block
                && next.first > self.read_by_all()?.saturating_add(1)
            {
                return Err(WriteError::Limit);
            }
            self.remove_oldest()?;
        }
        Ok(())
    }

    /// Returns the sequence number up to which all readers have acknowledged: the maximum if there
    /// are none.
    fn read_by_all(&self) -> Result<u64, WriteError> {
        let read = self.volume.acknowledged().map_err(WriteError::Retention)?;
        Ok(read.into_iter().min().unwrap_or(u64::MAX))
    }

    fn remove_oldest(&mut self) -> Result<(), WriteError> {
        if let Some(oldest) = self.segments.first() {
            self.volume.remove(oldest.first).map_err(WriteError::Retention)?;
            self.segments.remove(0);
        }
        Ok(())
    }

    /// Returns the latest time at which to call [`commit`](Spool::commit). Also call it as soon as
    /// there is nothing more to append.
    pub fn next_timeout(&self) -> Option<Time> {
        match self.config.fsync {
            Fsync::Every(interval) => Some(self.unflushed_since? + interval),
            Fsync::Always | Fsync::Never => None,
        }
    }

    /// Returns the sequence number of the last appended entry.
    pub fn appended(&self) -> u64 {
        self.appended
    }

    /// Returns the sequence number of the last entry that is safe according to the fsync policy.
    pub fn durable(&self) -> u64 {
        *self.durable.borrow()
    }

    /// Returns a receiver of [`durable`](Spool::durable), for sinks.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.durable.subscribe()
    }

    /// Returns the size of all segments, in bytes.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// Returns the sequence number of the oldest entry that may still exist.
    pub fn first(&self) -> u64 {
        self.segments.first().map_or(1, |segment| segment.first)
    }
}

/// Reads the last segment when a spool is opened. Also returns whether its last line has no line
/// end.
fn recover(segment: impl io::Read, first: u64) -> io::Result<(Recovery, bool)> {
    let mut scanner = Scanner::new(segment, first);
    let mut recovery = Recovery { last: first.saturating_sub(1), ..Recovery::default() };
    // The length of the damaged bytes at the end.
    let mut tail = 0;
    loop {
        match scanner.next(true)? {
            Step::Record { record, missing } => {
                recovery.last = record.sequence;
                recovery.missing += missing;
                tail = 0;
            }
            Step::Damaged { bytes, .. } => {
                recovery.damaged += bytes;
                tail = bytes;
            }
            Step::End { .. } => break,
        }
    }
    if scanner.is_torn() {
        recovery.damaged -= tail;
        recovery.torn = tail.saturating_sub(1);
    }
    Ok((recovery, scanner.is_torn()))
}
