//! The recorded sessions.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use crate::expectation::{Expectation, ExpectationError, FaultSummary};
use crate::recording::{Recording, RecordingError, RecordingReader};

/// The folder of this package's sessions.
const PACKAGED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/sessions");

/// The folder of sessions between Bros before 2.5.
const OLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/older");

/// A recorded session: its connections and its metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedSession {
    name: String,
    folder: PathBuf,
    /// The file of each connection by its number, from 1.
    connections: BTreeMap<u32, PathBuf>,
}

impl RecordedSession {
    /// Returns the session's name, `NAME` of its files.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the first connection.
    ///
    /// # Errors
    /// As [`Recording::open`].
    pub fn recording(&self) -> Result<Recording, RecordingError> {
        self.reader()?.collect()
    }

    /// Opens the first connection to be read one step at a time.
    ///
    /// # Errors
    /// As [`RecordingReader::open`].
    pub fn reader(&self) -> Result<RecordingReader<BufReader<File>>, RecordingError> {
        RecordingReader::open(self.recording_path())
    }

    /// Returns the file of the first connection.
    pub fn recording_path(&self) -> PathBuf {
        let missing = || self.folder.join(format!("{}.jsonl", self.name));
        self.connections.get(&1).cloned().unwrap_or_else(missing)
    }

    /// Reads the connections after the first, in order.
    ///
    /// # Errors
    /// As [`Recording::open`].
    pub fn further_connections(&self) -> Result<Vec<Recording>, RecordingError> {
        self.connections.range(2..).map(|(_, path)| Recording::open(path)).collect()
    }

    /// Reads the metadata.
    ///
    /// # Errors
    /// As [`Expectation::open`].
    pub fn expectation(&self) -> Result<Expectation, ExpectationError> {
        Expectation::open(plain_or_gzipped(&self.folder, &format!("{}.json", self.name)))
    }
}

/// Lists the sessions of Bro 2.5.5 in this package, by name.
///
/// They are read from the package's source folder, at its path at compile time.
///
/// # Panics
/// Panics if that folder does not exist.
pub fn sessions() -> Vec<RecordedSession> {
    match sessions_in(PACKAGED) {
        Ok(sessions) => sessions,
        Err(error) => panic!("{PACKAGED}: {error}"),
    }
}

/// Lists the sessions of Bros 2.0 to 2.4 in this package, by name: `bro-RELEASE-SCENARIO`.
///
/// # Panics
/// As [`sessions`].
pub fn older_sessions() -> Vec<RecordedSession> {
    match sessions_in(OLDER) {
        Ok(sessions) => sessions,
        Err(error) => panic!("{OLDER}: {error}"),
    }
}

/// Lists the sessions in a folder of recordings, by name.
///
/// # Errors
/// The folder cannot be listed.
pub fn sessions_in(folder: impl AsRef<Path>) -> io::Result<Vec<RecordedSession>> {
    let folder = folder.as_ref();
    let mut sessions = BTreeMap::<String, RecordedSession>::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some((name, connection)) = path.file_name().and_then(|file| split_name(file.to_str()?))
        else {
            continue;
        };
        let session = sessions.entry(name.to_owned()).or_insert_with(|| RecordedSession {
            name: name.to_owned(),
            folder: folder.to_owned(),
            connections: BTreeMap::new(),
        });
        session.connections.insert(connection, path);
    }
    Ok(sessions.into_values().collect())
}

/// Reads the summaries of the `fault-*` recordings in this package.
///
/// # Errors
/// As [`FaultSummary::open_list`].
pub fn faults() -> Result<Vec<FaultSummary>, ExpectationError> {
    FaultSummary::open_list(plain_or_gzipped(Path::new(PACKAGED), "faults.json"))
}

/// Splits the file name of a recording into the session's name and the connection's number. Returns
/// `None` for other files.
fn split_name(file: &str) -> Option<(&str, u32)> {
    let name = file.strip_suffix(".gz").unwrap_or(file).strip_suffix(".jsonl")?;
    let further =
        name.rsplit_once(".c").and_then(|(name, number)| Some((name, number.parse().ok()?)));
    Some(further.unwrap_or((name, 1)))
}

fn plain_or_gzipped(folder: &Path, file: &str) -> PathBuf {
    let gzipped = folder.join(format!("{file}.gz"));
    if gzipped.exists() { gzipped } else { folder.join(file) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split() {
        assert_eq!(split_name("a-b.jsonl"), Some(("a-b", 1)));
        assert_eq!(split_name("a-b.jsonl.gz"), Some(("a-b", 1)));
        assert_eq!(split_name("a-b.c12.jsonl.gz"), Some(("a-b", 12)));
        assert_eq!(split_name("a.cat.jsonl"), Some(("a.cat", 1)));
        assert_eq!(split_name("a-b.json"), None);
        assert_eq!(split_name("README.md"), None);
    }

    #[test]
    fn missing_folder_is_an_error() {
        let missing = Path::new(PACKAGED).join("missing");
        assert_eq!(sessions_in(missing).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
