//! Options of a spool.

use std::time::Duration;

/// When written records are flushed to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fsync {
    /// At each [`commit`](super::Spool::commit).
    Always,
    /// At most this long after they were appended.
    Every(Duration),
    /// When the system does it. Records survive the end of the program, but not a crash of the
    /// system.
    Never,
}

/// The policy when a spool has its maximum size and readers have not read the oldest segment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// Accept nothing more until they have.
    #[default]
    Block,
    /// Delete the oldest segment. Readers count the lost entries.
    DropOldest,
}

/// Options of a spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpoolConfig {
    /// When records are flushed to the disk.
    pub fsync: Fsync,
    /// The size at which a segment is finished, in bytes.
    pub segment: u64,
    /// The maximum size of all segments, in bytes. The current segment is never deleted.
    pub size: u64,
    /// How long to keep segments that all readers have read. Zero: as long as there is room.
    pub age: Duration,
    /// The policy at the maximum size.
    pub when_full: WhenFull,
}

impl Default for SpoolConfig {
    fn default() -> Self {
        SpoolConfig {
            fsync: Fsync::Every(Duration::from_millis(100)),
            segment: 64 << 20,
            size: 10 << 30,
            age: Duration::ZERO,
            when_full: WhenFull::Block,
        }
    }
}
