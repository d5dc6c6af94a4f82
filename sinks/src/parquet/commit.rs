//! Gives several files their names, and moves the position, as one step.
//!
//! What is to be done is written to a file first. After a crash, it is done then.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::batch::failed;
use crate::spool::{replace, sync_folder};

/// The first word of the file.
const MARK: &str = "brocomm-parquet-1";

/// The end of the name of a file that is not whole.
const TEMPORARY: &str = ".tmp";

/// The files of a batch, which are whole and get their names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Commit {
    /// The sequence number of the batch's last entry.
    pub(super) last: u64,
    /// The names in the folder.
    names: Vec<String>,
}

/// Returns the file in which a commit is written.
pub(super) fn path(dir: &Path, epoch: u64) -> PathBuf {
    dir.join(format!(".brocomm-{epoch:x}.commit"))
}

/// Returns the name of a file before it is whole. Programs that look for `*.parquet` don't see it.
pub(super) fn temporary(name: &str) -> String {
    format!(".{name}{TEMPORARY}")
}

impl Commit {
    pub(super) fn new(last: u64, dir: &Path, files: &[(PathBuf, PathBuf)]) -> Commit {
        // The names were made by us and are ASCII.
        let name = |path: &PathBuf| path.strip_prefix(dir).unwrap_or(path).display().to_string();
        Commit { last, names: files.iter().map(|(_, path)| name(path)).collect() }
    }

    /// Writes what is to be done.
    pub(super) fn write(&self, path: &Path) -> Result<(), String> {
        let text = format!("{MARK} {}\n{}\n", self.last, self.names.join("\n"));
        replace(path, &text).map_err(|error| failed(path, &error))
    }

    /// Reads what is to be done, if there is anything.
    pub(super) fn read(path: &Path) -> Result<Option<Commit>, String> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|error| format!("{}: cannot read: {error}", path.display()))?,
        };
        let mut lines = text.lines();
        let last = lines.next().and_then(|line| line.strip_prefix(MARK)?.trim().parse().ok());
        // It was renamed when it was whole, so that nothing is cut off.
        let last = last.ok_or(format!("{}: is no list of files", path.display()))?;
        let names = lines.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Ok(Some(Commit { last, names }))
    }

    /// Gives the files their names. Those that have them already are left.
    pub(super) fn apply(&self, dir: &Path) -> Result<(), String> {
        for name in &self.names {
            let path = dir.join(name);
            let (Some(folder), Some(file)) = (path.parent(), path.file_name()) else { continue };
            match fs::rename(folder.join(temporary(&file.to_string_lossy())), &path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => result.map_err(|error| failed(&path, &error))?,
            }
            sync_folder(folder).map_err(|error| failed(folder, &error))?;
        }
        Ok(())
    }
}

/// Deletes what is not whole of this spool's files. Its entries are read from the spool again.
pub(super) fn clean(dir: &Path, epoch: u64) -> io::Result<()> {
    let ours = format!("-{epoch:x}-");
    for folder in fs::read_dir(dir)? {
        let folder = folder?;
        if !folder.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(folder.path())? {
            let file = file?;
            let Ok(name) = file.file_name().into_string() else { continue };
            if name.starts_with('.') && name.ends_with(TEMPORARY) && name.contains(&ours) {
                fs::remove_file(file.path())?;
            }
        }
    }
    Ok(())
}
