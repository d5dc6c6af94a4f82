//! What came of the cases against one implementation, for all kinds of reports.

use brocomm_conformance::suite::{CaseId, Report, Role, section_title};

/// The verdicts, the gravest first.
pub(crate) const VERDICTS: [&str; 4] = ["failed", "inconclusive", "passed", "skipped"];

/// Is what came of all cases against one implementation.
pub(crate) struct Tested {
    /// What it is, without its role.
    pub(crate) what: String,
    /// Its role.
    pub(crate) role: Role,
    /// By section, whatever the order they were run in.
    pub(crate) reports: Vec<Report>,
}

impl Tested {
    /// Returns what it is called where roles are not told apart otherwise.
    pub(crate) fn name(&self) -> String {
        format!("{}, {}", self.what, self.role)
    }

    /// Returns the reports of each section.
    pub(crate) fn sections(&self) -> impl Iterator<Item = &[Report]> {
        self.reports.chunk_by(|a, b| a.case.id.section() == b.case.id.section())
    }

    /// Returns the reports of a case's section.
    pub(crate) fn section(&self, id: &CaseId) -> &[Report] {
        let of = |reports: &&[Report]| {
            reports.first().is_some_and(|report| report.case.id.section() == id.section())
        };
        self.sections().find(of).unwrap_or_default()
    }
}

/// Returns the names of all implementations.
pub(crate) fn names(all: &[Tested]) -> Vec<String> {
    all.iter().map(Tested::name).collect()
}

/// Returns the number and the title of a case's section.
pub(crate) fn section(id: &CaseId) -> String {
    let title = section_title(id.section()).unwrap_or_default();
    format!("{} {title}", id.cited_section())
}

/// Counts the reports with this verdict.
pub(crate) fn count<'a>(reports: impl IntoIterator<Item = &'a Report>, verdict: &str) -> usize {
    reports.into_iter().filter(|report| report.verdict.name() == verdict).count()
}
