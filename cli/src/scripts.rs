//! Script files, with the scripts that they load.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use brocomm::data::Declarations;
use brocomm::notation::{Loaded, ParseError};

use crate::built_in;
use crate::failure::{reason, warn};
use crate::file;

/// The environment variable with the folders of Bro's scripts.
const BROPATH: &str = "BROPATH";

/// The types that Bro has without any script.
const INTERNAL: &str = include_str!("internal.bro");

/// What a Bro loads before any other script.
const BASE: [&str; 2] = ["base/init-bare", "base/init-default"];

/// Reads scripts, each once.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    read: BTreeSet<PathBuf>,
    /// Whether a script may load a script that does not exist.
    may_lack: bool,
    /// Whether a script to load did not exist.
    lacks: bool,
}

impl Scripts {
    /// Creates a reader that skips missing scripts without a warning.
    pub(crate) fn lenient() -> Scripts {
        Scripts { may_lack: true, ..Scripts::default() }
    }

    /// Adds the declarations of a script with this text, unless its file was read before. If the
    /// script loads others, or is one of Bro's own, the base scripts are added first.
    ///
    /// # Errors
    /// The error in the text, or in a script that it loads.
    pub(crate) fn add(
        &mut self,
        file: &Path,
        text: &str,
        into: &mut Declarations,
    ) -> Result<(), ParseError> {
        if self.read.contains(&canonical(file)) {
            return Ok(());
        }
        if (loads(text) || is_in_path(file)) && !self.may_lack {
            self.add_base(file, into)?;
        }
        if !self.read.insert(canonical(file)) {
            return Ok(());
        }
        let folder = folder(file);
        into.read_script(text, &mut |what, into| self.load(&folder, what, into))
    }

    /// Adds the scripts that a Bro loads before this one, if they exist.
    fn add_base(&mut self, script: &Path, into: &mut Declarations) -> Result<(), ParseError> {
        let script = canonical(script);
        let nowhere = Path::new("");
        let found = BASE.map(|base| find(nowhere, base).filter(|_| has_path()));
        let before = found.iter().flatten().take_while(|base| canonical(base) != script);
        let text: String = before.map(|base| format!("@load {}\n", base.display())).collect();
        into.read_script(&text, &mut |what, into| self.load(nowhere, what, into))
    }

    /// Handles a script that does not exist: with the built-in declarations, a warning or an error.
    fn missing(&mut self, what: &str, into: &mut Declarations) -> Result<Loaded, String> {
        let has_path = has_path();
        if !self.may_lack && (has_path || is_beside(what)) {
            return Err(format!("cannot find {what}{}", if has_path { " in BROPATH" } else { "" }));
        }
        self.lacks = true;
        if !self.may_lack && what.starts_with("base/") {
            // The types of the base scripts come with the program.
            built_in::add(into).map_err(|error| error.to_string())?;
            return Ok(Loaded::Missing);
        }
        if !std::mem::replace(&mut self.may_lack, true) {
            warn(format_args!(
                "{what} does not exist, so its declarations are unknown; set the environment \
                 variable {BROPATH} to the folders with Bro's scripts, separated by colons"
            ));
        }
        Ok(Loaded::Missing)
    }

    /// Returns whether every script to load existed.
    fn loaded(&self) -> Loaded {
        if self.lacks { Loaded::Missing } else { Loaded::Read }
    }

    /// Follows a `@load` in a script of this folder.
    fn load(
        &mut self,
        folder: &Path,
        what: &str,
        into: &mut Declarations,
    ) -> Result<Loaded, String> {
        let Some(path) = find(folder, what) else { return self.missing(what, into) };
        if !self.read.insert(canonical(&path)) {
            return Ok(self.loaded());
        }
        if !into.types.contains_key(&b"Analyzer::Tag"[..]) {
            into.read(INTERNAL).map_err(|error| error.to_string())?;
        }
        let shown = path.display();
        let text = file::read_script(&path)
            .map_err(|error| format!("cannot read {shown}: {}", reason(&error)))?;
        let within = self::folder(&path);
        into.read_part(&text, &mut |what, into| self.load(&within, what, into))
            .map(|()| self.loaded())
            .map_err(|error| format!("{shown}:{}:{}: {}", error.line, error.column, error.reason()))
    }
}

/// Returns whether a script loads others.
fn loads(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("@load "))
}

/// Returns whether a script is one of Bro's own.
fn is_in_path(file: &Path) -> bool {
    let (file, folders) = (canonical(file), env::var_os(BROPATH).unwrap_or_default());
    // Relative folders are ignored: BROPATH often contains `.`, which may have any scripts.
    let mut folders = env::split_paths(&folders).filter(|folder| folder.is_absolute());
    folders.any(|folder| file.starts_with(canonical(&folder)))
}

/// Returns whether there are folders with Bro's scripts.
fn has_path() -> bool {
    env::var_os(BROPATH).is_some_and(|path| !path.is_empty())
}

fn folder(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).to_owned()
}

/// Returns the path that identifies a file.
fn canonical(file: &Path) -> PathBuf {
    fs::canonicalize(file).unwrap_or_else(|_| file.to_owned())
}

/// Returns whether a script is given by a path relative to the one that loads it.
fn is_beside(what: &str) -> bool {
    what.starts_with("./") || what.starts_with("../")
}

/// Finds a script as Bro does: in the folder of the one that loads it, or in those of BROPATH.
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
