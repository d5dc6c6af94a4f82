//! Two nodes on this machine show what brocomm is for: events in both directions, a synchronized
//! table, a log, a connection that is lost and comes back, and how fast it is.
//!
//! `brocomm demo` runs it, and so does `cargo run -p brocomm-demo`.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod nodes;
mod report;
mod speed;

pub use report::{Report, Section, Speed, wants_colour};

use std::error::Error;
use std::time::{Duration, Instant};

use nodes::Pair;

/// Why the demonstration could not be run to its end.
pub type DemoError = Box<dyn Error + Send + Sync>;

/// Runs the demonstration; takes a few seconds.
///
/// # Errors
/// That a node can't be started on the loopback interface, or that something didn't happen within a
/// minute.
pub fn run() -> Result<Report, DemoError> {
    let pair = Pair::start()?;
    let sections = vec![pair.events()?, pair.table()?, pair.log()?, pair.lost_connection()?];
    let speed = speed::measure(&pair)?;
    let address = pair.address.to_string();
    pair.stop();
    Ok(Report { address, sections, speed })
}

/// Returns when the demonstration gives up waiting.
fn deadline() -> Option<Instant> {
    Instant::now().checked_add(Duration::from_secs(60))
}
