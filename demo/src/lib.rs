//! A demonstration with two nodes on this machine: events in both directions, a synchronized table,
//! a log, reconnecting after a lost connection, and the speed.
//!
//! `brocomm demo` and `cargo run -p brocomm-demo` run it.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod nodes;
mod report;
mod speed;

pub use report::{Report, Section, Speed, wants_color};

use std::error::Error;
use std::time::{Duration, Instant};

use nodes::Pair;

/// An error that ends the demonstration.
pub type DemoError = Box<dyn Error + Send + Sync>;

/// Runs the demonstration, which takes a few seconds.
///
/// # Errors
/// A node cannot be started on the loopback interface, or a step did not finish within a minute.
pub fn run() -> Result<Report, DemoError> {
    let pair = Pair::start()?;
    let sections = vec![pair.events()?, pair.table()?, pair.log()?, pair.lost_connection()?];
    let speed = speed::measure(&pair)?;
    let address = pair.address.to_string();
    pair.stop();
    Ok(Report { address, sections, speed })
}

/// Returns the deadline of a step.
fn deadline() -> Option<Instant> {
    Instant::now().checked_add(Duration::from_secs(60))
}
