//! Reads the table `[parquet]`: a folder with Parquet files of the spooled log entries.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::reader::{Item, Read, Source, Table};

/// Where and how to write Parquet files.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "only reported"))]
pub(crate) struct ParquetTable {
    pub(crate) dir: PathBuf,
    pub(crate) reader: String,
    pub(crate) memory: u64,
    pub(crate) retry: Duration,
    pub(crate) retry_max: Duration,
}

impl Read for ParquetTable {
    const KIND: &'static str = "table";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        let mut table = Table::new(item, source)?;
        let dir: Option<String> = table.field("dir", None);
        let read = (|| {
            Some(ParquetTable {
                dir: dir.unwrap_or_default().into(),
                reader: table.field("reader", Some("parquet".to_owned()))?,
                memory: table.field("memory", Some(64 << 20))?,
                retry: table.field("retry", Some(Duration::from_secs(1)))?,
                retry_max: table.field("retry_max", Some(Duration::from_secs(60)))?,
            })
        })();
        if let Some(read) = &read {
            check(read, &mut table);
        }
        table.finish();
        read
    }
}

/// Checks the values together.
fn check(read: &ParquetTable, table: &mut Table<'_, '_, '_, '_>) {
    let mut wrong = |key: &'static str, is_wrong: bool, what: &str| {
        if let Some(item) = table.item(key, "value").filter(|_| is_wrong) {
            let _: Option<()> = table.source.wrong(&item, what);
        }
    };
    let is_name = brocomm_sinks::spool::is_reader_name;
    wrong("reader", !is_name(&read.reader), "must be 1 to 64 letters, digits, - and _");
    wrong("dir", read.dir.as_os_str().is_empty(), "must not be empty");
    wrong("memory", read.memory < 1 << 20, "must be at least 1048576");
}

/// Reads the table. Relative paths start at a folder.
pub(super) fn table(root: &mut Table<'_, '_, '_, '_>, folder: &Path) -> Option<ParquetTable> {
    let item = root.item("parquet", ParquetTable::KIND)?;
    let mut read = ParquetTable::read(&item, None, root.source)?;
    read.dir = folder.join(&read.dir);
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::super::Outputs;
    use super::super::load::read_with;
    use super::*;

    fn read(text: &str) -> Result<ParquetTable, Vec<String>> {
        let mut outputs = Outputs::default();
        let text = format!("listen = true\n[parquet]\n{text}\n");
        match read_with(Path::new("folder/b.toml"), &text, &mut outputs) {
            Ok(_) => Ok(outputs.parquet.unwrap()),
            Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn a_folder_is_read_with_its_defaults() {
        let parquet = read("dir = 'p'").unwrap();
        assert_eq!(parquet.dir, Path::new("folder/p"));
        assert_eq!((parquet.memory, parquet.reader.as_str()), (64 << 20, "parquet"));
    }

    #[test]
    fn errors_have_positions() {
        for (text, expected) in [
            ("", "parquet.dir is missing"),
            ("dir = ''", "must not be empty"),
            ("dir = 'p'\nmemory = 1000", "memory = 1000: must be at least 1048576"),
            ("dir = 'p'\nreader = 'a b'", "must be 1 to 64 letters"),
            ("dir = 'p'\nfolder = 'x'", "there is no such key"),
        ] {
            let errors = read(text).unwrap_err();
            assert!(errors.iter().any(|error| error.contains(expected)), "{text}: {errors:?}");
        }
    }
}
