//! The synchronized variables, kept in a file over a restart.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use brocomm::Time;
use brocomm::data::Declarations;
use brocomm::lowlevel::syntax::AttributeTag;
use brocomm::state::{Store, StoreLimits};

use crate::failure::{Failure, failed, misused, reason, warn};

/// Creates a store of the `&synchronized` variables, if any, with the values in the file.
pub(crate) fn store(
    declarations: &Declarations,
    description: &[u8],
    file: Option<&Path>,
    now: Time,
) -> Result<Option<Store>, Failure> {
    if !declarations.globals.iter().any(|global| global.has(AttributeTag::Synchronized)) {
        return match file {
            None => Ok(None),
            Some(_) => Err(misused(format_args!(
                "--state: the configuration declares no variable with `&synchronized`"
            ))),
        };
    }
    // IDs must differ between nodes, and between runs of one node.
    let (process, nanos) = (std::process::id(), now.as_nanos());
    let prefix = format!("#{}#{process}-{nanos}#", description.escape_ascii());
    let mut store = Store::new(prefix, StoreLimits::default());
    store
        .declare_synchronized(declarations)
        .map_err(|error| failed(format_args!("cannot declare variables: {error}")))?;
    store.feed_time(now);
    if let Some(file) = file {
        restore(&mut store, file)?;
    }
    Ok(Some(store))
}

fn restore(store: &mut Store, file: &Path) -> Result<(), Failure> {
    let shown = file.display();
    // Only a regular file may be replaced, and devices have no end.
    let is_other = fs::metadata(file).is_ok_and(|found| !found.is_file() && !found.is_dir());
    let read = if is_other { Err(io::Error::other("not a regular file")) } else { fs::read(file) };
    let snapshot = match read {
        Ok(snapshot) => snapshot,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(misused(format_args!("--state {shown}: cannot read: {}", reason(&error))));
        }
    };
    let skipped = store.restore(&snapshot.into()).map_err(|error| {
        failed(format_args!("{shown}: {error}; move it away to start with the initial values"))
    })?;
    for (name, why) in skipped {
        warn(format_args!("{shown}: {name} is left out: {why}"));
    }
    Ok(())
}

/// Returns a snapshot of the variables for the file.
pub(crate) fn snapshot(store: &Store) -> Result<Vec<u8>, Failure> {
    store.snapshot().map_err(|error| failed(format_args!("cannot keep variables: {error}")))
}

/// Writes variables to a file atomically, even if the program or the machine crashes.
pub(crate) fn write(snapshot: &[u8], file: &Path) -> Result<(), Failure> {
    replace(file, snapshot).map_err(|error| cannot_write(file, &error))
}

/// Checks that a file can be written, without changing it.
pub(crate) fn check_writable(file: &Path) -> Result<(), Failure> {
    let new = beside(file);
    let tried = File::create(&new).and_then(|_| fs::remove_file(&new));
    tried.map_err(|error| cannot_write(file, &error))
}

fn cannot_write(file: &Path, error: &io::Error) -> Failure {
    failed(format_args!("{}: cannot write: {}", file.display(), reason(error)))
}

/// Returns the path of the temporary file.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().map(OsString::from).unwrap_or_default();
    name.push(".new");
    file.with_file_name(name)
}

/// Replaces a file. The old contents stay until the new ones are on disk.
fn replace(file: &Path, content: &[u8]) -> io::Result<()> {
    let new = beside(file);
    let mut written = File::create(&new)?;
    written.write_all(content)?;
    written.sync_all()?;
    fs::rename(&new, file)?;
    // The directory must be synced too. Not every system supports that.
    if let Some(Ok(folder)) = file.parent().map(File::open) {
        let _ = folder.sync_all();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_nanos(1_500_000_000_000_000_000);

    fn declarations() -> Declarations {
        let mut declarations = Declarations::new();
        declarations.read("global hits = 0 &synchronized;").unwrap();
        declarations
    }

    #[test]
    fn saved_variables_are_restored() {
        let folder = tempdir("saved");
        let file = folder.join("state");
        let make = || store(&declarations(), b"bro", Some(&file), NOW);
        let mut first = make().unwrap().unwrap();
        first.increment("hits", 7).unwrap();
        write(&snapshot(&first).unwrap(), &file).unwrap();
        // A crash while writing leaves an incomplete temporary file, which is ignored.
        fs::write(folder.join("state.new"), b"half").unwrap();
        assert_eq!(make().unwrap().unwrap().get("hits").unwrap(), 7u64.into());

        // A damaged file is never treated as empty.
        let whole = fs::read(&file).unwrap();
        fs::write(&file, &whole[..whole.len() - 1]).unwrap();
        assert!(make().is_err());
    }

    #[test]
    fn without_variables_nothing_is_saved() {
        assert!(store(&Declarations::new(), b"bro", None, NOW).unwrap().is_none());
        assert!(store(&Declarations::new(), b"bro", Some(Path::new("state")), NOW).is_err());
    }

    fn tempdir(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("brocomm-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }
}
