//! Renames several files and moves the position in one atomic step.
//!
//! The step is first recorded in a file. After a crash, it is completed from that file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::batch::failed;
use crate::spool::{replace, sync_folder};

/// The first word of the file.
const MARK: &str = "brocomm-parquet-1";

/// The suffix of incomplete files.
const TEMPORARY: &str = ".tmp";

/// The complete files of a batch, to be renamed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Commit {
    /// The sequence number of the batch's last entry.
    pub(super) last: u64,
    /// The names in the folder.
    names: Vec<String>,
}

/// Returns the path of the file that records a commit.
pub(super) fn path(dir: &Path, epoch: u64) -> PathBuf {
    dir.join(format!(".brocomm-{epoch:x}.commit"))
}

/// Returns the name of a file while it is incomplete. Programs that look for `*.parquet` ignore it.
pub(super) fn temporary(name: &str) -> String {
    format!(".{name}{TEMPORARY}")
}

impl Commit {
    pub(super) fn new(last: u64, dir: &Path, files: &[(PathBuf, PathBuf)]) -> Commit {
        // Batches create these names, in ASCII.
        let name = |path: &PathBuf| path.strip_prefix(dir).unwrap_or(path).display().to_string();
        Commit { last, names: files.iter().map(|(_, path)| name(path)).collect() }
    }

    /// Records the commit in a file.
    pub(super) fn write(&self, path: &Path) -> Result<(), String> {
        let text = format!("{MARK} {}\n{}\n", self.last, self.names.join("\n"));
        replace(path, &text).map_err(|error| failed(path, &error))
    }

    /// Reads the recorded commit, if there is one.
    pub(super) fn read(path: &Path) -> Result<Option<Commit>, String> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|error| format!("{}: cannot read: {error}", path.display()))?,
        };
        let mut lines = text.lines();
        let last = lines.next().and_then(|line| line.strip_prefix(MARK)?.trim().parse().ok());
        // The file was renamed when complete, so it is never truncated.
        let last = last.ok_or(format!("{}: is no list of files", path.display()))?;
        let names = lines.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Ok(Some(Commit { last, names }))
    }

    /// Renames the files. Skips files that are already renamed.
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

/// Deletes the incomplete files of this spool. Their entries are read from the spool again.
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
