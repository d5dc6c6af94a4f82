//! Random legal sessions: generated from a model of the protocol, run against an implementation,
//! compared with the model, and shrunk when they fail.
//!
//! The same seed gives the same sessions.

mod echoes;
mod model;
mod perform;
mod script;
mod tame;

use std::cell::RefCell;
use std::thread;
use std::time::Duration;

use brocomm::lowlevel::wire::DataFormat;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::suite::{Capability, Case, Implementation, Profile, Report, Settings, Verdict, run};
pub use script::Script;
use script::{About, Manner, Operation, Step, script};
pub use tame::tame;

/// The time for an implementation to finish what a failed session requested.
const SETTLES: Duration = Duration::from_millis(20);

/// The maximum number of shrink attempts.
const SHRINKS: u32 = 200;

/// A session that an implementation fails.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{script}{report}")]
#[non_exhaustive]
pub struct Found {
    /// The smallest failing session found.
    pub script: Script,
    /// Its report.
    pub report: Report,
}

/// Runs this many random sessions against an implementation with these capabilities, in data format
/// 26, or in all of them if it has them (2§13).
///
/// # Errors
/// The first session that fails, shrunk.
pub fn explore(
    implementation: &mut dyn Implementation,
    capabilities: &[Capability],
    settings: &Settings,
    seed: u64,
    sessions: u32,
) -> Result<(), Box<Found>> {
    let formats = data_formats(&Profile::FULL, capabilities);
    explore_in(implementation, &formats, capabilities, settings, seed, sessions)
}

/// Returns the data formats in which an implementation with this profile and these capabilities can
/// be explored, the newest first.
pub fn data_formats(profile: &Profile, capabilities: &[Capability]) -> Vec<DataFormat> {
    match capabilities.contains(&Capability::DataFormats) {
        true => DataFormat::ALL.into_iter().rev().collect(),
        false => vec![profile.data_format],
    }
}

/// Does the same as [`explore`] with these data formats, of which the first is the simplest.
///
/// # Errors
/// The first session that fails, shrunk.
pub fn explore_in(
    implementation: &mut dyn Implementation,
    formats: &[DataFormat],
    capabilities: &[Capability],
    settings: &Settings,
    seed: u64,
    sessions: u32,
) -> Result<(), Box<Found>> {
    let config = Config {
        cases: sessions,
        max_shrink_iters: SHRINKS,
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().zip(seed.to_le_bytes()) {
        *place = byte;
    }
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, random);
    let implementation = RefCell::new(implementation);
    let last = RefCell::new(None);
    let result = runner.run(&script(capabilities, formats), |script| {
        let report = perform(&script, &mut **implementation.borrow_mut(), settings);
        let failed = match &report.verdict {
            Verdict::Failed(why) | Verdict::Inconclusive(why) => Some(why.clone()),
            Verdict::Passed | Verdict::Skipped(_) => None,
        };
        match failed {
            Some(why) => {
                // The implementation may still react to this session. The next one must not see
                // that.
                thread::sleep(SETTLES);
                *last.borrow_mut() = Some((script, report));
                Err(TestCaseError::fail(why))
            }
            None => Ok(()),
        }
    });
    let smallest = match result {
        Ok(()) => return Ok(()),
        Err(TestError::Fail(_, smallest)) => smallest,
        // Every session is legal, so none is rejected.
        Err(TestError::Abort(_)) => return Ok(()),
    };
    // The last failing session is the smallest.
    let (script, report) = match last.into_inner() {
        Some((script, report)) if script == smallest => (script, report),
        _ => {
            let report = perform(&smallest, &mut **implementation.borrow_mut(), settings);
            (smallest, report)
        }
    };
    Err(Box::new(Found { script, report }))
}

/// Runs one session.
fn perform(
    script: &Script,
    implementation: &mut dyn Implementation,
    settings: &Settings,
) -> Report {
    let (title, description) = ("a legal session is answered as in the model", script.to_string());
    let (entry, data_format, script) = (script.about.entry(), script.data_format, script.clone());
    let case = Case::must("3/1", title, description, move |trial| perform::act(&script, trial));
    let case = case.entry(entry).in_data_format(data_format);
    run(&case, implementation, settings)
}
