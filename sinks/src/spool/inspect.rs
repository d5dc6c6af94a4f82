//! Inspects a spool without changing it.

use std::io;
use std::path::Path;

use brocomm::Time;

use super::folder::{Folder, Volume};
use super::scan::{Scanner, Step};

/// The contents of a segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// The sequence number in its name.
    pub first: u64,
    /// Its size.
    pub bytes: u64,
    /// The number of complete records.
    pub records: u64,
    /// The sequence number of the last record, if there are any.
    pub last: Option<u64>,
    /// When the first and the last record were spooled.
    pub times: Option<(Time, Time)>,
    /// The number of records missing before it and in it.
    pub missing: u64,
    /// The ranges of bytes that are not records: offset and length.
    pub damaged: Vec<(u64, u64)>,
    /// The number of such ranges, not all of which may be listed.
    pub damages: u64,
    /// The number of bytes at the end of the last segment that are not yet a complete record.
    pub torn: u64,
}

/// The maximum number of damaged ranges that are listed.
const MAX_DAMAGED: usize = 100;

/// Returns the epoch of a spool, or `None` if its file is missing or invalid.
///
/// # Errors
/// The file cannot be read.
pub fn epoch(path: &Path) -> io::Result<Option<u64>> {
    Folder::new(path).epoch()
}

/// Reads all records of a spool, and calls `with` with the contents of each segment.
///
/// # Errors
/// A file cannot be read.
pub fn inspect(volume: &dyn Volume, mut with: impl FnMut(Contents)) -> io::Result<()> {
    let segments = volume.list()?;
    let mut expected = None;
    for (at, found) in segments.iter().enumerate() {
        let source = match volume.read(found.first) {
            // It was deleted meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            source => source?,
        };
        let is_last = at + 1 == segments.len();
        let mut contents = Contents { first: found.first, ..Contents::default() };
        let before = expected.unwrap_or(found.first);
        contents.missing = found.first.saturating_sub(before);
        let mut scanner = Scanner::new(source, found.first);
        loop {
            match scanner.next(!is_last)? {
                Step::Record { record, missing } => {
                    contents.records += 1;
                    contents.missing += missing;
                    contents.last = Some(record.sequence);
                    let begin = contents.times.map_or(record.time, |(begin, _)| begin);
                    contents.times = Some((begin, record.time));
                }
                Step::Damaged { offset, bytes } => {
                    contents.damages += 1;
                    if contents.damaged.len() < MAX_DAMAGED {
                        contents.damaged.push((offset, bytes));
                    }
                }
                Step::End { torn } => {
                    contents.torn = torn;
                    break;
                }
            }
        }
        contents.bytes = scanner.offset() + contents.torn;
        expected = Some(contents.last.map_or(found.first, |last| last.saturating_add(1)));
        with(contents);
    }
    Ok(())
}
