//! Declarations for decoding.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use brocomm::data::Declarations;
use brocomm::node::Role;
use brocomm_conformance::Expectation;

use super::variables::Variables;
use super::{scripts, side, variables};
use crate::declare;
use crate::failure::{Failure, warn};

/// The user's declarations, and those in a recording's metadata.
pub(super) struct Known {
    declared: Arc<Declarations>,
}

impl Known {
    /// Reads the user's declaration files, if any.
    pub(super) fn read(files: &[PathBuf]) -> Result<Known, Failure> {
        let mut declared = Declarations::new();
        declare::read(files, &mut declared)?;
        Ok(Known { declared: Arc::new(declared) })
    }

    /// Returns the declarations for a recording: the enums in its metadata, and the user's
    /// declarations, which have priority.
    pub(super) fn beside(&self, recording: &Path) -> Arc<Declarations> {
        let Some(metadata) = metadata_of(recording).into_iter().find(|path| path.exists()) else {
            return Arc::clone(&self.declared);
        };
        let metadata = match Expectation::open(metadata) {
            Ok(metadata) => metadata,
            // Another file may have this name, so this is only a warning.
            Err(error) => {
                warn(format_args!("{error}; decoding without the enums that it may declare"));
                return Arc::clone(&self.declared);
            }
        };
        let mut known = Declarations::new();
        for script in [&metadata.listener.script, &metadata.connector.script].into_iter().flatten()
        {
            scripts::read_enums(script, &mut known);
        }
        let Declarations { types, events, globals } = &*self.declared;
        known.types.extend(types.clone());
        known.events.extend(events.clone());
        known.globals.extend(globals.iter().cloned());
        Arc::new(known)
    }
}

impl Known {
    /// Returns the variables of each side: those in the recording's metadata, and the user's, which
    /// have priority.
    pub(super) fn variables(&self, recording: &Path) -> [Variables; 2] {
        let metadata = metadata_of(recording).into_iter().find(|path| path.exists());
        // The warning has been printed with the enums.
        let metadata = metadata.and_then(|path| Expectation::open(path).ok());
        side::SIDES.map(|side| {
            let mut known = Variables::default();
            let party = metadata.as_ref().map(|metadata| match side {
                Role::Initiator => &metadata.connector,
                Role::Acceptor => &metadata.listener,
            });
            if let Some(script) = party.and_then(|party| party.script.as_ref()) {
                known = variables::read(script);
            }
            known.add(&self.declared);
            known
        })
    }
}

/// Returns the session of a recording, which all its connections have in common, and the number of
/// the connection.
pub(super) fn session_of(recording: &Path) -> Option<(PathBuf, u32)> {
    let (name, number) = parts_of(recording)?;
    Some((recording.with_file_name(name), number))
}

/// Returns the possible metadata files of a recording: `NAME.json`, gzipped or not, for
/// `NAME.jsonl` and `NAME.c2.jsonl`.
fn metadata_of(recording: &Path) -> Vec<PathBuf> {
    let Some((name, _)) = parts_of(recording) else { return Vec::new() };
    let beside = |file| recording.with_file_name(file);
    vec![beside(format!("{name}.json")), beside(format!("{name}.json.gz"))]
}

/// Splits `NAME.jsonl` and `NAME.c2.jsonl`, gzipped or not, into name and number.
fn parts_of(recording: &Path) -> Option<(&str, u32)> {
    let file = recording.file_name()?.to_str()?;
    let name = file.strip_suffix(".gz").unwrap_or(file).strip_suffix(".jsonl")?;
    let further =
        name.rsplit_once(".c").and_then(|(name, number)| Some((name, number.parse().ok()?)));
    Some(further.unwrap_or((name, 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_lies_beside_the_recording() {
        let found = ["a/b.json", "a/b.json.gz"].map(PathBuf::from);
        assert_eq!(metadata_of(Path::new("a/b.jsonl")), found);
        assert_eq!(metadata_of(Path::new("a/b.jsonl.gz")), found);
        assert_eq!(metadata_of(Path::new("a/b.c2.jsonl")), found);
        assert_eq!(metadata_of(Path::new("x.cat.jsonl"))[0], PathBuf::from("x.cat.json"));
        assert!(metadata_of(Path::new("-")).is_empty());
    }
}
