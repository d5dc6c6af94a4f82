//! A spool: a folder with segments of records that survives crashes of the program and of the
//! system.
//!
//! One [`Spool`] appends, and any number of [`Reader`]s read, each from its own position. After a
//! crash at any byte, all [durable](Spool::durable) records exist, and a partially written record
//! is ignored. Damage inside a segment affects only the records that it touches.
//!
//! ```
//! use brocomm::Time;
//! use brocomm_sinks::spool::{Reader, Spool, SpoolConfig};
//!
//! # let dir = std::env::temp_dir().join(format!("brocomm-spool-doc-{}", std::process::id()));
//! # let path = dir.as_path();
//! let now = Time::from_secs_f64(1_500_000_000.0);
//! let (mut spool, _) = Spool::open(path, SpoolConfig::default(), now)?;
//! spool.append(now, "zeek.logs.Conn::LOG.default.conn", br#"{"ts":1500000000.0}"#)?;
//! spool.finish(now)?;
//! assert_eq!(spool.durable(), 1);
//!
//! let mut reader = Reader::open(path, "shipper")?;
//! let entry = reader.next_entry()?.unwrap();
//! assert_eq!(&*entry.line, br#"{"ts":1500000000.0}"#);
//! reader.acknowledge(entry.sequence)?;
//! # std::fs::remove_dir_all(path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod error;
mod folder;
mod inspect;
mod reader;
mod record;
mod scan;
mod writer;

pub use config::{Fsync, SpoolConfig, WhenFull};
pub use error::{AppendError, OpenError, WriteError};
pub(crate) use folder::replace;
#[cfg(feature = "parquet")]
pub(crate) use folder::sync_folder;
pub use folder::{Folder, Found, Segment, Volume, is_reader_name};
pub use inspect::{Contents, epoch, inspect};
pub use reader::{Entry, Missed, Reader};
pub use record::{MAX_RECORD, Record, RecordError};
pub use writer::{Recovery, Spool};
