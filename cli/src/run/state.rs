//! The state file of a running node.

use std::path::PathBuf;

use tokio::task::{JoinHandle, spawn_blocking};

use crate::failure::{Failure, failed};
use crate::variables;

/// Writes variables to a file, in a thread that may block on the disk.
pub(super) struct State {
    file: PathBuf,
    /// Whether variables have changed since the last write.
    pub(super) changed: bool,
    writing: Option<JoinHandle<Result<(), Failure>>>,
}

impl State {
    /// Checks that the file can be written.
    pub(super) fn new(file: PathBuf) -> Result<State, Failure> {
        variables::check_writable(&file)?;
        Ok(State { file, changed: false, writing: None })
    }

    pub(super) fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    /// Returns the failure for a write that takes too long.
    pub(super) fn late(&self) -> Failure {
        failed(format_args!("{}: not written in time", self.file.display()))
    }

    /// Returns whether there are changes to write and no write is running.
    pub(super) fn is_due(&self) -> bool {
        self.changed && self.writing.is_none()
    }

    /// Starts writing a snapshot.
    pub(super) fn begin(&mut self, snapshot: Vec<u8>) {
        let file = self.file.clone();
        self.changed = false;
        self.writing = Some(spawn_blocking(move || variables::write(&snapshot, &file)));
    }

    /// Waits until the current write has finished, and returns its result. Cancel safe.
    pub(super) async fn written(&mut self) -> Result<(), Failure> {
        let Some(writing) = &mut self.writing else { return Ok(()) };
        let written = writing.await;
        self.writing = None;
        written.unwrap_or_else(|error| Err(failed(format_args!("cannot write variables: {error}"))))
    }
}
