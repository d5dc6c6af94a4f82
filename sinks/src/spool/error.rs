//! Errors of spools.

use std::io;

use thiserror::Error;

use super::record::RecordError;

/// The reason why a spool cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another program is writing to it.
    #[error("another program writes to it")]
    Locked,
    /// A file cannot be used.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The reason why an entry was not appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AppendError {
    /// Unwritten entries take all the room. See [`Spool::commit`](super::Spool::commit).
    #[error("the entries before it are not written yet")]
    Full,
    /// The entry is not a valid record.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// The reason why entries were not written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The spool has its maximum size, and readers have not read the oldest segment.
    #[error("the spool has its maximum size, and its readers have not read the oldest entries")]
    Limit,
    /// A segment cannot be written.
    #[error("cannot write: {0}")]
    Write(io::Error),
    /// Written entries may not be on the disk, now or later.
    #[error("cannot flush to the disk: {0}")]
    Flush(io::Error),
    /// A segment cannot be deleted, or the positions of readers cannot be read.
    #[error("cannot delete old segments: {0}")]
    Retention(io::Error),
}

impl WriteError {
    /// Returns whether retrying is useless.
    pub fn is_final(&self) -> bool {
        match self {
            // The system may discard what it could not write, so a later successful flush proves
            // nothing.
            WriteError::Flush(_) => true,
            WriteError::Write(error) => !is_no_space(error),
            WriteError::Limit | WriteError::Retention(_) => false,
        }
    }
}

/// Returns whether there may be room later.
fn is_no_space(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull, WriteZero};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge | WriteZero)
}
