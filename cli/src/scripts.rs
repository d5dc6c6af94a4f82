//! Scripts in files, with what they load.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use brocomm::data::Declarations;
use brocomm::notation::{Loaded, ParseError};

use crate::built_in;
use crate::failure::{reason, warn};

/// The environment variable with the folders of Bro's scripts.
const BROPATH: &str = "BROPATH";

/// The types that Bro has without any script.
const INTERNAL: &str = include_str!("internal.bro");

/// Reads scripts, each once.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    read: BTreeSet<PathBuf>,
    /// Whether a script may load what is not there.
    may_lack: bool,
}

impl Scripts {
    /// Reads scripts that may load others that are not there.
    pub(crate) fn lenient() -> Scripts {
        Scripts { may_lack: true, ..Scripts::default() }
    }

    /// Adds the declarations of a script, whose text was read from this file.
    ///
    /// # Errors
    /// What is wrong with the text, or with a script that it loads.
    pub(crate) fn add(
        &mut self,
        file: &Path,
        text: &str,
        into: &mut Declarations,
    ) -> Result<(), ParseError> {
        self.read.insert(canonical(file));
        let folder = folder(file);
        into.read_script(text, &mut |what, into| self.load(&folder, what, into))
    }

    /// Says what becomes of a script that is not there.
    fn missing(&mut self, what: &str, into: &mut Declarations) -> Result<Loaded, String> {
        let has_path = env::var_os(BROPATH).is_some_and(|path| !path.is_empty());
        if !self.may_lack && (has_path || is_beside(what)) {
            return Err(format!("cannot find {what}{}", if has_path { " in BROPATH" } else { "" }));
        }
        if !self.may_lack && what.starts_with("base/") {
            // The types of the base scripts come with the program.
            built_in::add(into).map_err(|error| error.to_string())?;
            return Ok(Loaded::Missing);
        }
        if !std::mem::replace(&mut self.may_lack, true) {
            warn(format_args!(
                "{what} is not there, so that what it declares is unknown; set the environment \
                 variable {BROPATH} to the folders with Bro's scripts, with colons between"
            ));
        }
        Ok(Loaded::Missing)
    }

    /// Follows a `@load` in a script of this folder.
    fn load(
        &mut self,
        folder: &Path,
        what: &str,
        into: &mut Declarations,
    ) -> Result<Loaded, String> {
        let Some(file) = find(folder, what) else { return self.missing(what, into) };
        if !self.read.insert(canonical(&file)) {
            return Ok(Loaded::Read);
        }
        if !into.types.contains_key(&b"Analyzer::Tag"[..]) {
            into.read(INTERNAL).map_err(|error| error.to_string())?;
        }
        let shown = file.display();
        let text =
            fs::read(&file).map_err(|error| format!("cannot read {shown}: {}", reason(&error)))?;
        // Comments may be in any encoding.
        let text = String::from_utf8_lossy(&text);
        let within = self::folder(&file);
        into.read_part(&text, &mut |what, into| self.load(&within, what, into))
            .map(|()| Loaded::Read)
            .map_err(|error| format!("{shown}:{}:{}: {}", error.line, error.column, error.reason()))
    }
}

fn folder(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).to_owned()
}

/// Returns what identifies a file.
fn canonical(file: &Path) -> PathBuf {
    fs::canonicalize(file).unwrap_or_else(|_| file.to_owned())
}

/// Returns whether a script is loaded from beside the one that loads it.
fn is_beside(what: &str) -> bool {
    what.starts_with("./") || what.starts_with("../")
}

/// Finds a script as Bro does: beside the one that loads it, or in the folders of BROPATH.
fn find(folder: &Path, what: &str) -> Option<PathBuf> {
    let given = env::var_os(BROPATH).unwrap_or_default();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    if !is_beside(what) {
        folders.extend(env::split_paths(&given).filter(|path| !path.as_os_str().is_empty()));
    }
    let candidates = |folder: &PathBuf| {
        let path = folder.join(what);
        let mut with_suffix = path.clone().into_os_string();
        with_suffix.push(".bro");
        [PathBuf::from(with_suffix), path.join("__load__.bro"), path]
    };
    folders.iter().flat_map(candidates).find(|path| path.is_file())
}
