//! Reads a spool from a position that is stored on the disk.

use std::io::{self, Read};
use std::path::Path;

use brocomm::Time;
use bytes::Bytes;

use super::folder::{Folder, Found, Volume, is_reader_name};
use super::scan::{Scanner, Step};

/// An entry read from a spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The sequence number.
    pub sequence: u64,
    /// When it was spooled.
    pub time: Time,
    /// Its subject, in the form of NATS.
    pub subject: Box<str>,
    /// The JSON line, without its end.
    pub line: Bytes,
}

/// What a reader has missed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Missed {
    /// Entries that were deleted before they were read, or are damaged.
    pub entries: u64,
    /// Bytes that are not records. If no entries are missing, they are a partial record where a
    /// writer ended.
    pub damaged: u64,
}

/// A reader of a spool, in the same program as the writer or in another one.
pub struct Reader {
    volume: Box<dyn Volume>,
    /// The folder with its position, and its name in that folder.
    name: Option<(Folder, Box<str>)>,
    /// The sequence number of the next entry.
    next: u64,
    current: Option<Current>,
    acknowledged: u64,
    missed: Missed,
}

struct Current {
    first: u64,
    scanner: Scanner<Box<dyn Read + Send>>,
    /// Whether a later segment exists, so that nothing more is written to this one.
    complete: bool,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("name", &self.name)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// Opens a reader at its stored position, a new one at the beginning. Segments are kept until
    /// all named readers have acknowledged them.
    ///
    /// # Errors
    /// The name is not [allowed](is_reader_name), or a file cannot be used.
    pub fn open(path: &Path, name: &str) -> io::Result<Reader> {
        if !is_reader_name(name) {
            let what = format!("reader name \"{name}\": must be letters, digits, - and _");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        let folder = Folder::create(path)?;
        let acknowledged = match folder.position(name)? {
            Some(position) => position,
            None => {
                folder.set_position(name, 0)?;
                0
            }
        };
        let reader = Reader::at(path, acknowledged.saturating_add(1));
        Ok(Reader { name: Some((folder, name.into())), acknowledged, ..reader })
    }

    /// Opens a reader without a name at a sequence number. At 1 it starts with the oldest entry.
    /// Its position is not stored.
    pub fn at(path: &Path, next: u64) -> Reader {
        Reader::on(Box::new(Folder::new(path)), next)
    }

    /// Does the same on any volume.
    pub fn on(volume: Box<dyn Volume>, next: u64) -> Reader {
        Reader {
            volume,
            name: None,
            next: next.max(1),
            current: None,
            acknowledged: 0,
            missed: Missed::default(),
        }
    }

    /// Returns the next entry; `None` if there is none yet.
    ///
    /// # Errors
    /// A segment cannot be read. Retrying may help.
    pub fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        loop {
            let Some(current) = &mut self.current else {
                if !self.open_segment()? {
                    return Ok(None);
                }
                continue;
            };
            match current.scanner.next(current.complete)? {
                Step::Record { record, .. } if record.sequence < self.next => {}
                Step::Record { record, .. } => {
                    self.missed.entries += record.sequence - self.next;
                    self.next = record.sequence.saturating_add(1);
                    return Ok(Some(Entry {
                        sequence: record.sequence,
                        time: record.time,
                        subject: record.subject.into(),
                        line: Bytes::copy_from_slice(record.line),
                    }));
                }
                Step::Damaged { bytes, .. } => self.missed.damaged += bytes,
                Step::End { .. } if current.complete => {
                    let first = current.first;
                    let next = self.later(first)?;
                    // The last records of the segment may be damaged.
                    if let Some(next) = next.map(|next| next.first).filter(|it| *it > self.next) {
                        self.missed.entries += next - self.next;
                        self.next = next;
                    }
                    self.current = None;
                    if next.is_none() {
                        return Ok(None);
                    }
                }
                Step::End { .. } => {
                    let first = current.first;
                    if self.later(first)?.is_none() {
                        return Ok(None);
                    }
                    // First read what was written before the later segment was created.
                    if let Some(current) = &mut self.current {
                        current.complete = true;
                    }
                }
            }
        }
    }

    /// Returns the first segment after another.
    fn later(&self, first: u64) -> io::Result<Option<Found>> {
        Ok(self.volume.list()?.into_iter().find(|found| found.first > first))
    }

    /// Opens the segment with the next entry; returns whether there is one.
    fn open_segment(&mut self) -> io::Result<bool> {
        loop {
            let segments = self.volume.list()?;
            let before = segments.iter().rposition(|found| found.first <= self.next);
            let Some((at, found)) = before.or(Some(0)).and_then(|at| Some((at, segments.get(at)?)))
            else {
                return Ok(false);
            };
            let source = match self.volume.read(found.first) {
                // It was deleted meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                source => source?,
            };
            if found.first > self.next {
                // A new reader has missed nothing.
                self.missed.entries += if self.next > 1 { found.first - self.next } else { 0 };
                self.next = found.first;
            }
            let scanner = Scanner::new(source, found.first);
            let complete = at + 1 < segments.len();
            self.current = Some(Current { first: found.first, scanner, complete });
            return Ok(true);
        }
    }

    /// Returns the sequence number of the next entry.
    pub fn next_sequence(&self) -> u64 {
        self.next
    }

    /// Goes back to the first entry that is not acknowledged.
    pub fn rewind(&mut self) {
        self.next = self.acknowledged.saturating_add(1);
        self.current = None;
    }

    /// Returns up to which sequence number entries are acknowledged.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Returns what was missed so far.
    pub fn missed(&self) -> Missed {
        self.missed
    }

    /// Marks all entries up to this one as processed, on the disk if the reader has a name.
    ///
    /// # Errors
    /// The position cannot be written. The previous one remains.
    pub fn acknowledge(&mut self, sequence: u64) -> io::Result<()> {
        if sequence <= self.acknowledged {
            return Ok(());
        }
        if let Some((folder, name)) = &self.name {
            folder.set_position(name, sequence)?;
        }
        self.acknowledged = sequence;
        Ok(())
    }
}
