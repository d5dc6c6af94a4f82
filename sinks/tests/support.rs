//! A volume in memory that loses unflushed bytes, and fails on request.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use brocomm::Time;
use brocomm_sinks::spool::{Found, Reader, Segment, Volume};

/// The bytes of a segment, and how many of them are flushed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stored {
    pub(crate) bytes: Vec<u8>,
    pub(crate) flushed: usize,
    pub(crate) modified: Time,
}

#[derive(Debug, Default)]
pub(crate) struct Disk {
    pub(crate) segments: BTreeMap<u64, Stored>,
    /// The number of bytes for which there is room.
    pub(crate) room: Option<usize>,
    /// The maximum number of bytes per write.
    pub(crate) piece: Option<usize>,
    pub(crate) flush_fails: bool,
    pub(crate) positions: Vec<u64>,
    /// The segments that were opened for reading.
    pub(crate) read: Vec<u64>,
    pub(crate) now: Time,
}

/// All clones share the same disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Disk>>);

impl Memory {
    pub(crate) fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap()
    }

    pub(crate) fn volume(&self) -> Box<dyn Volume> {
        Box::new(self.clone())
    }

    /// Reads all entries.
    pub(crate) fn read_all(&self) -> Vec<(u64, Vec<u8>)> {
        read_all(&mut Reader::on(self.volume(), 1))
    }
}

pub(crate) fn read_all(reader: &mut Reader) -> Vec<(u64, Vec<u8>)> {
    std::iter::from_fn(|| reader.next_entry().unwrap())
        .map(|entry| (entry.sequence, entry.line.to_vec()))
        .collect()
}

impl Volume for Memory {
    fn list(&self) -> io::Result<Vec<Found>> {
        let found = |(first, stored): (&u64, &Stored)| Found {
            first: *first,
            bytes: stored.bytes.len() as u64,
            modified: stored.modified,
        };
        Ok(self.disk().segments.iter().map(found).collect())
    }

    fn append(&self, first: u64) -> io::Result<Box<dyn Segment>> {
        self.disk().segments.entry(first).or_default();
        Ok(Box::new(Appending { disk: self.clone(), first }))
    }

    fn read(&self, first: u64) -> io::Result<Box<dyn Read + Send>> {
        self.disk().read.push(first);
        match self.disk().segments.contains_key(&first) {
            true => Ok(Box::new(Reading { disk: self.clone(), first, at: 0 })),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn remove(&self, first: u64) -> io::Result<()> {
        let removed = self.disk().segments.remove(&first);
        removed.map(|_| ()).ok_or(io::ErrorKind::NotFound.into())
    }

    fn acknowledged(&self) -> io::Result<Vec<u64>> {
        Ok(self.disk().positions.clone())
    }
}

struct Appending {
    disk: Memory,
    first: u64,
}

impl Segment for Appending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut disk = self.disk.disk();
        let length = bytes.len().min(disk.piece.unwrap_or(usize::MAX));
        let length = length.min(disk.room.unwrap_or(usize::MAX));
        if length == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if let Some(room) = &mut disk.room {
            *room -= length;
        }
        let now = disk.now;
        let stored = disk.segments.get_mut(&self.first).unwrap();
        stored.bytes.extend_from_slice(&bytes[..length]);
        stored.modified = now;
        Ok(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut disk = self.disk.disk();
        if disk.flush_fails {
            return Err(io::ErrorKind::Other.into());
        }
        if let Some(stored) = disk.segments.get_mut(&self.first) {
            stored.flushed = stored.bytes.len();
        }
        Ok(())
    }
}

/// Also reads what is appended later, as with a file.
struct Reading {
    disk: Memory,
    first: u64,
    at: usize,
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let disk = self.disk.disk();
        let Some(stored) = disk.segments.get(&self.first) else { return Ok(0) };
        let read = Cursor::new(stored.bytes.get(self.at..).unwrap_or_default()).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

/// A folder that is deleted when dropped.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    pub(crate) fn new() -> TempDir {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("brocomm-sinks-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        TempDir(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
