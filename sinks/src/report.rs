//! Reports of sinks.

/// A message from a sink to its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The receiver is reachable and accepts entries.
    Working,
    /// Entries wait in the spool. Not repeated for the same reason.
    Waiting {
        /// The reason.
        reason: String,
    },
    /// An entry was left out. Only the first one is reported.
    Refused {
        /// Its sequence number.
        sequence: u64,
        /// The reason.
        reason: String,
    },
}
