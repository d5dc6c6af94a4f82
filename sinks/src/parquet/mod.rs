//! Writes the log entries of a spool to Parquet files.
//!
//! There is one file for each log and hour, such as
//! `DIR/conn/2026-11-29T17-18a5f1c2d3e4f506-1.parquet`. The name has the hour (in UTC) in which the
//! entries were spooled, the spool's epoch, and the sequence number of the first entry of the hour.
//! A file is written under a temporary name and renamed when it is complete. The position moves
//! only then. So after a crash the entries are read from the spool again, and each is in exactly
//! one file.
//!
//! | Bro | Parquet |
//! | --- | --- |
//! | `bool` | `BOOLEAN` |
//! | `int` | `INT64` |
//! | `count` | `INT64` as unsigned number |
//! | `port` | `INT32` as unsigned 16-bit number |
//! | `double`, `interval` | `DOUBLE`; intervals in seconds |
//! | `time` | `INT64` as timestamp in microseconds, UTC |
//! | `string`, `addr`, `subnet`, `enum` | `BYTE_ARRAY` as string |
//! | sets and vectors | `LIST` of these |
//!
//! All columns are optional. The [types](crate::types) are stored in the spool beside the lines.
//! Values without a type there are in the column `_other`, as a JSON object. Events are not
//! written.

mod batch;
mod columns;
mod commit;
mod session;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::watch;

use crate::sink::Work;
use crate::spool::{Reader, epoch};
use crate::{Report, SinkCounts};
use session::ParquetSession;

/// The destination of Parquet files, and how to write them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParquetConfig {
    /// The folder. It gets a subfolder for each log.
    pub dir: PathBuf,
    /// The name of the reader of the spool.
    pub reader: String,
    /// The maximum size of the entries in memory, in bytes of their lines.
    pub memory: u64,
    /// The first pause after a failure.
    pub retry: Duration,
    /// The longest pause.
    pub retry_max: Duration,
}

impl ParquetConfig {
    /// Creates a configuration to write to a folder, with 64 MiB of entries in memory.
    pub fn new(dir: impl Into<PathBuf>) -> ParquetConfig {
        ParquetConfig {
            dir: dir.into(),
            reader: "parquet".to_owned(),
            memory: 64 << 20,
            retry: Duration::from_secs(1),
            retry_max: Duration::from_secs(60),
        }
    }
}

/// Writes a spool until `end` is true. Then finishes the files that it has started.
///
/// `durable` is the last entry that may be written. If its sender is dropped, the sink ends when
/// all entries are written. This function blocks: call it in a separate thread.
///
/// # Errors
/// Fails if the spool cannot be used, or no runtime can be created.
pub fn run(
    path: &Path,
    config: &ParquetConfig,
    durable: watch::Receiver<u64>,
    end: watch::Receiver<bool>,
    counts: &SinkCounts,
    report: &mut dyn FnMut(Report),
) -> io::Result<()> {
    let epoch = epoch(path)?.unwrap_or_default();
    let reader = Reader::open(path, &config.reader)?;
    let work = Work::new(reader, counts, durable, end, report);
    work.run((config.retry, config.retry_max), async |work| {
        ParquetSession::new(path, config, epoch, work).run().await
    })
}
