//! The files of a spool.
//!
//! ```text
//! DIR/identity                      the epoch, which distinguishes spools in the same folder
//! DIR/unflushed                     the run of the system in which it was written to without flushing
//! DIR/lock                          locked while a program writes to the spool
//! DIR/0000000000000001.spool        a segment, named after its first sequence number
//! DIR/readers/NAME                  how far a reader has come
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use brocomm::Time;

/// The suffix of segments.
const SUFFIX: &str = ".spool";

/// An existing segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The sequence number of its first record.
    pub first: u64,
    /// Its size.
    pub bytes: u64,
    /// When it was last written to.
    pub modified: Time,
}

/// The storage of segments. Tests use one that fails.
pub trait Volume: Send {
    /// Returns the segments, in ascending order.
    ///
    /// # Errors
    /// They cannot be listed.
    fn list(&self) -> io::Result<Vec<Found>>;

    /// Opens a segment to append to it, or creates it.
    ///
    /// # Errors
    /// It cannot be opened or created.
    fn append(&self, first: u64) -> io::Result<Box<dyn Segment>>;

    /// Opens a segment to read it.
    ///
    /// # Errors
    /// It cannot be opened.
    fn read(&self, first: u64) -> io::Result<Box<dyn Read + Send>>;

    /// Deletes a segment.
    ///
    /// # Errors
    /// It cannot be deleted.
    fn remove(&self, first: u64) -> io::Result<()>;

    /// Returns the sequence number up to which each reader has acknowledged.
    ///
    /// # Errors
    /// A position cannot be read.
    fn acknowledged(&self) -> io::Result<Vec<u64>>;
}

/// A segment to append to.
pub trait Segment: Send {
    /// Writes some of the bytes; returns how many.
    ///
    /// # Errors
    /// Nothing can be written.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Waits until everything written is on the disk.
    ///
    /// # Errors
    /// It may not be on the disk.
    fn sync(&mut self) -> io::Result<()>;
}

/// A folder with a spool.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Creates a handle for an existing folder.
    pub fn new(path: impl Into<PathBuf>) -> Folder {
        Folder { path: path.into() }
    }

    /// Returns the folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn create(path: &Path) -> io::Result<Folder> {
        let folder = Folder::new(path);
        fs::create_dir_all(folder.readers())?;
        Ok(folder)
    }

    /// Locks the spool until the file is closed. Returns `None` if it is already locked.
    pub(super) fn lock(&self) -> io::Result<Option<File>> {
        let path = self.path.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        Ok(lock(&file)?.then_some(file))
    }

    /// Returns the epoch, or `None` if its file is missing or invalid.
    pub(super) fn epoch(&self) -> io::Result<Option<u64>> {
        let text = match fs::read_to_string(self.path.join("identity")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(None),
            text => text?,
        };
        Ok(checked(&text, "brocomm-spool-1"))
    }

    pub(super) fn set_epoch(&self, epoch: u64) -> io::Result<()> {
        replace(&self.path.join("identity"), &with_sum("brocomm-spool-1", epoch))
    }

    /// Returns whether the spool was, or may have been, written to without flushing before the last
    /// restart of the system.
    pub(super) fn has_forgotten(&self) -> io::Result<bool> {
        let before = match fs::read_to_string(self.unflushed()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
            text => text?,
        };
        Ok(before.is_empty() || before != run_of_the_system())
    }

    /// Records whether the spool is being written to without flushing.
    pub(super) fn mark_unflushed(&self, is_unflushed: bool, has_forgotten: bool) -> io::Result<()> {
        let path = self.unflushed();
        if is_unflushed {
            replace(&path, &run_of_the_system())
        } else if has_forgotten {
            fs::remove_file(path)
        } else {
            // Keep the file: what was not flushed since the system started may still be lost.
            Ok(())
        }
    }

    fn unflushed(&self) -> PathBuf {
        self.path.join("unflushed")
    }

    /// Returns the names of the readers, each with the sequence number up to which it has
    /// acknowledged.
    ///
    /// # Errors
    /// The folder or a position cannot be read.
    pub fn positions(&self) -> io::Result<Vec<(String, u64)>> {
        let entries = match fs::read_dir(self.readers()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let Ok(name) = entry?.file_name().into_string() else { continue };
            if is_reader_name(&name) {
                // A reader without a valid position starts again.
                let position = self.position(&name)?.unwrap_or_default();
                all.push((name, position));
            }
        }
        all.sort();
        Ok(all)
    }

    /// Returns the sequence number up to which a reader has acknowledged.
    pub(super) fn position(&self, reader: &str) -> io::Result<Option<u64>> {
        match fs::read_to_string(self.readers().join(reader)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
            text => Ok(checked(&text?, "position-1")),
        }
    }

    pub(super) fn set_position(&self, reader: &str, acknowledged: u64) -> io::Result<()> {
        replace(&self.readers().join(reader), &with_sum("position-1", acknowledged))
    }

    fn readers(&self) -> PathBuf {
        self.path.join("readers")
    }

    fn segment(&self, first: u64) -> PathBuf {
        self.path.join(format!("{first:016x}{SUFFIX}"))
    }
}

/// Returns the system's boot ID, or an empty text if it is unknown.
fn run_of_the_system() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default()
}

/// Replaces a file atomically: after a crash it is either the old one or the new one.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    // No reader can have the name of the temporary file.
    let mut temporary = path.as_os_str().to_owned();
    temporary.push("~");
    let mut file = File::create(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

/// Locks a file. Returns whether no other process has locked it.
#[cfg(unix)]
fn lock(file: &File) -> io::Result<bool> {
    match rustix::fs::flock(file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// On other systems there is no lock, so the user must ensure that there is only one writer.
#[cfg(not(unix))]
fn lock(_: &File) -> io::Result<bool> {
    Ok(true)
}

/// Waits until the names in a folder are on the disk. Necessary and possible only on UNIX.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(path)?.sync_all(),
        false => Ok(()),
    }
}

/// Returns whether this is a valid name of a reader: letters, digits, `-` and `_`.
pub fn is_reader_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !name.is_empty() && name.len() <= 64 && name.bytes().all(is_allowed)
}

fn with_sum(kind: &str, number: u64) -> String {
    let text = format!("{kind} {number:016x}");
    let sum = crc32fast::hash(text.as_bytes());
    format!("{text} {sum:08x}\n")
}

/// Reads what `with_sum` has written.
fn checked(text: &str, kind: &str) -> Option<u64> {
    let number = text.strip_prefix(kind)?.strip_prefix(' ')?.get(..16)?;
    let number = u64::from_str_radix(number, 16).ok()?;
    (with_sum(kind, number) == text).then_some(number)
}

impl Volume for Folder {
    fn list(&self) -> io::Result<Vec<Found>> {
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let Some(digits) = name.strip_suffix(SUFFIX).filter(|it| it.len() == 16) else {
                continue;
            };
            let Ok(first) = u64::from_str_radix(digits, 16) else { continue };
            let metadata = match entry.metadata() {
                // It was deleted meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                metadata => metadata?,
            };
            let modified = metadata.modified()?.into();
            all.push(Found { first, bytes: metadata.len(), modified });
        }
        all.sort_by_key(|found| found.first);
        Ok(all)
    }

    fn append(&self, first: u64) -> io::Result<Box<dyn Segment>> {
        let path = self.segment(first);
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        // The name must be on the disk before a record in it is acknowledged.
        sync_folder(&self.path)?;
        Ok(Box::new(file))
    }

    fn read(&self, first: u64) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(self.segment(first))?))
    }

    fn remove(&self, first: u64) -> io::Result<()> {
        fs::remove_file(self.segment(first))
    }

    fn acknowledged(&self) -> io::Result<Vec<u64>> {
        Ok(self.positions()?.into_iter().map(|(_, position)| position).collect())
    }
}

impl Segment for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(self, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}
