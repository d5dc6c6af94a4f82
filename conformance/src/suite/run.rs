//! Running cases.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::describe::cut;
use super::transcript::Recorder;
use super::{Case, Implementation, Report, Stop, Trial, Verdict};

/// Time limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The time limit for an expected message. Default 5 s.
    pub patience: Duration,
    /// The time limit for a case. Default 60 s.
    pub limit: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { patience: Duration::from_secs(5), limit: Duration::from_secs(60) }
    }
}

/// Runs a case against an implementation.
///
/// Skips a case for another role. The caller must check the [needed](field@Case::needs)
/// capabilities, as [`Selection::run`](super::Selection::run) does. A case that panics is
/// [inconclusive](Verdict::Inconclusive).
pub fn run(case: &Case, implementation: &mut dyn Implementation, settings: &Settings) -> Report {
    let role = implementation.role();
    if let Some(only) = case.role
        && only != role
    {
        return Report::skipped(case, role, format!("only for an implementation that {only}"));
    }
    let recorder = Recorder::new();
    let mut trial = Trial {
        implementation,
        entry: case.entry,
        data_format: case.data_format,
        patience: settings.patience,
        deadline: Instant::now() + settings.limit,
        recorder: recorder.clone(),
        opened: 0,
    };
    // After a panic only the transcript is used, which is complete.
    let outcome = catch_unwind(AssertUnwindSafe(|| case.carry_out(&mut trial)));
    implementation.case_over();
    let verdict = match outcome {
        Ok(Ok(())) => Verdict::Passed,
        Ok(Err(Stop::Failed(why))) => Verdict::Failed(cut(why)),
        Ok(Err(Stop::Inconclusive(why))) => Verdict::Inconclusive(cut(why)),
        Err(panic) => Verdict::Inconclusive(format!("the case panicked: {}", panic_text(&*panic))),
    };
    let took = recorder.elapsed();
    Report { case: case.clone(), role, verdict, took, transcript: recorder.take() }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no text)")
}
