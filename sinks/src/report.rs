//! What sinks report.

/// A message of a sink for its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The receiver is reached and takes entries.
    Working,
    /// Entries wait in the spool. Not repeated for the same reason.
    Waiting {
        /// Why.
        reason: String,
    },
    /// An entry was left out. Only the first one is reported.
    Refused {
        /// Its sequence number.
        sequence: u64,
        /// Why.
        reason: String,
    },
}
