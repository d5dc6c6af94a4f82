//! The types that are known by name.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brocomm::data::Declarations;
use brocomm_conformance::Expectation;

use super::scripts;
use crate::failure::{Failure, tell};

/// Knows what the user declared, and finds what lies beside a recording.
pub(super) struct Known {
    declared: Arc<Declarations>,
}

impl Known {
    /// Reads the declarations that the user gives, if any.
    pub(super) fn read(file: Option<&Path>) -> Result<Known, Failure> {
        let mut declared = Declarations::new();
        if let Some(file) = file {
            let shown = file.display();
            let text = fs::read_to_string(file).map_err(|error| {
                tell(format_args!("{shown}: cannot read declarations: {error}"));
                Failure::Told
            })?;
            declared.read(&text).map_err(|error| {
                tell(format_args!("{shown}: cannot use declarations: {error}"));
                Failure::Told
            })?;
        }
        Ok(Known { declared: Arc::new(declared) })
    }

    /// Returns what is known for a recording: the enums of the scripts in its metadata, and what the
    /// user declared, which has precedence.
    pub(super) fn beside(&self, recording: &Path) -> Arc<Declarations> {
        let Some(metadata) = metadata_of(recording).into_iter().find(|path| path.exists()) else {
            return Arc::clone(&self.declared);
        };
        let metadata = match Expectation::open(metadata) {
            Ok(metadata) => metadata,
            // Any file may be called so; it only would have helped.
            Err(error) => {
                tell(format_args!("{error}; decoding without the enums that it may declare"));
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

/// Returns where the metadata of a recording may be: `NAME.json`, gzipped or not, for `NAME.jsonl`
/// and `NAME.c2.jsonl`.
fn metadata_of(recording: &Path) -> Vec<PathBuf> {
    let Some(file) = recording.file_name().and_then(|name| name.to_str()) else {
        return Vec::new();
    };
    let file = file.strip_suffix(".gz").unwrap_or(file);
    let Some(name) = file.strip_suffix(".jsonl") else { return Vec::new() };
    let first = name.rsplit_once(".c").filter(|(_, number)| number.parse::<u32>().is_ok());
    let name = first.map_or(name, |(name, _)| name);
    let beside = |file| recording.with_file_name(file);
    vec![beside(format!("{name}.json")), beside(format!("{name}.json.gz"))]
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
