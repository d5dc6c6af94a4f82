//! Counters of sinks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use brocomm::Time;

/// The counters of a sink. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct SinkCounts(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    sent: AtomicU64,
    acknowledged: AtomicU64,
    duplicates: AtomicU64,
    refused: AtomicU64,
    missed: AtomicU64,
    position: AtomicU64,
    oldest: AtomicU64,
    connected: AtomicBool,
}

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident, $add:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self) -> u64 {
            self.0.$name.load(Ordering::Relaxed)
        }

        /// Adds to the counter.
        pub fn $add(&self, number: u64) {
            self.0.$name.fetch_add(number, Ordering::Relaxed);
        }
    )*};
}

impl SinkCounts {
    counts! {
        /// Returns how many entries were sent, including repetitions.
        sent, add_sent;
        /// Returns how many entries the receiver acknowledged.
        acknowledged, add_acknowledged;
        /// Returns how many of them the receiver already had.
        duplicates, add_duplicates;
        /// Returns how many entries the receiver refused permanently. They remain in the spool.
        refused, add_refused;
        /// Returns how many entries were deleted before they were read, or are damaged.
        missed, add_missed;
    }

    /// Returns the sequence number up to which all entries are acknowledged or left out.
    pub fn position(&self) -> u64 {
        self.0.position.load(Ordering::Relaxed)
    }

    /// Sets the position.
    pub fn set_position(&self, sequence: u64) {
        self.0.position.store(sequence, Ordering::Relaxed);
    }

    /// Returns when the oldest entry in flight was spooled, if there is one.
    pub fn oldest(&self) -> Option<Time> {
        match self.0.oldest.load(Ordering::Relaxed) {
            0 => None,
            nanos => Some(Time::from_nanos(nanos)),
        }
    }

    /// Sets the time of the oldest entry.
    pub fn set_oldest(&self, time: Option<Time>) {
        self.0.oldest.store(time.map_or(0, Time::as_nanos), Ordering::Relaxed);
    }

    /// Returns whether the sink is connected to its receiver.
    pub fn is_connected(&self) -> bool {
        self.0.connected.load(Ordering::Relaxed)
    }

    /// Sets whether the sink is connected.
    pub fn set_connected(&self, is_connected: bool) {
        self.0.connected.store(is_connected, Ordering::Relaxed);
    }
}
