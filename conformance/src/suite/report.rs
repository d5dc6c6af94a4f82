//! The result of a case.

use std::fmt;
use std::time::Duration;

use super::{Case, Role, Transcript};

/// The verdict of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The implementation passed.
    Passed,
    /// The implementation failed, with the reason.
    Failed(String),
    /// The case was not run, with the reason.
    Skipped(String),
    /// The result is unknown, for example without a connection, with the reason.
    Inconclusive(String),
}

impl Verdict {
    /// Returns the verdict's name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Failed(_) => "failed",
            Verdict::Skipped(_) => "skipped",
            Verdict::Inconclusive(_) => "inconclusive",
        }
    }

    /// Returns the reason, empty if the case passed.
    pub fn reason(&self) -> &str {
        match self {
            Verdict::Passed => "",
            Verdict::Failed(why) | Verdict::Skipped(why) | Verdict::Inconclusive(why) => why,
        }
    }
}

/// The result of a case for one implementation. Displayed as one line, without the transcript.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// The case.
    pub case: Case,
    /// The implementation's role.
    pub role: Role,
    /// The verdict.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
    /// What was sent and received, in order.
    pub transcript: Transcript,
}

impl Report {
    /// Creates the report of a skipped case.
    pub fn skipped(case: &Case, role: Role, why: impl Into<String>) -> Report {
        let verdict = Verdict::Skipped(why.into());
        let (took, transcript) = (Duration::ZERO, Transcript::new());
        Report { case: case.clone(), role, verdict, took, transcript }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { case, role, verdict, .. } = self;
        write!(f, "{} ({role}) {}: {}", case.id, verdict.name(), case.title)?;
        match verdict.reason() {
            "" => Ok(()),
            why => write!(f, ": {why}"),
        }
    }
}
