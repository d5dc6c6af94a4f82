//! The variables of a running node in their file.

use std::path::PathBuf;

use tokio::task::{JoinHandle, spawn_blocking};

use crate::failure::{Failure, failed};
use crate::variables;

/// Writes variables to a file, in a thread that may wait for the disk.
pub(super) struct State {
    file: PathBuf,
    /// Whether variables have changed since they were written.
    pub(super) changed: bool,
    writing: Option<JoinHandle<Result<(), Failure>>>,
}

impl State {
    /// Fails if the file can't be written.
    pub(super) fn new(file: PathBuf) -> Result<State, Failure> {
        variables::check_writable(&file)?;
        Ok(State { file, changed: false, writing: None })
    }

    pub(super) fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    /// Says that the file is not what it should be, as the disk takes too long.
    pub(super) fn late(&self) -> Failure {
        failed(format_args!("{}: not written in time", self.file.display()))
    }

    /// Returns whether there is something to write, and nothing is being written.
    pub(super) fn is_due(&self) -> bool {
        self.changed && self.writing.is_none()
    }

    /// Begins to write a snapshot.
    pub(super) fn begin(&mut self, snapshot: Vec<u8>) {
        let file = self.file.clone();
        self.changed = false;
        self.writing = Some(spawn_blocking(move || variables::write(&snapshot, &file)));
    }

    /// Returns once nothing is being written, and tells what became of it. Can be dropped at any
    /// time.
    pub(super) async fn written(&mut self) -> Result<(), Failure> {
        let Some(writing) = &mut self.writing else { return Ok(()) };
        let written = writing.await;
        self.writing = None;
        written.unwrap_or_else(|error| Err(failed(format_args!("cannot write variables: {error}"))))
    }
}
