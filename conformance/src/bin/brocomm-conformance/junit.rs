//! Reports as continuous integration reads them.

use brocomm_conformance::suite::{Report, Verdict};
use maud::{Markup, PreEscaped, html};

/// Makes a file in JUnit's XML: a suite for each section.
pub(crate) fn reports(implementation: &str, reports: &[Report]) -> String {
    let sections = reports.chunk_by(|a, b| a.case.id.section() == b.case.id.section());
    let body: Markup = html! {
        testsuites name=(clean(implementation)) tests=(reports.len())
            failures=(count(reports, |v| matches!(v, Verdict::Failed(_))))
            errors=(count(reports, |v| matches!(v, Verdict::Inconclusive(_)))) {
            @for cases in sections { (section(cases)) }
        }
    };
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", body.into_string())
}

fn section(reports: &[Report]) -> Markup {
    let name = reports.first().map_or("", |report| report.case.id.section());
    let seconds: f64 = reports.iter().map(|report| report.took.as_secs_f64()).sum();
    html! {
        testsuite name=(name) tests=(reports.len()) time=(format!("{seconds:.3}"))
            failures=(count(reports, |v| matches!(v, Verdict::Failed(_))))
            errors=(count(reports, |v| matches!(v, Verdict::Inconclusive(_))))
            skipped=(count(reports, |v| matches!(v, Verdict::Skipped(_)))) {
            @for report in reports { (testcase(report)) }
        }
    }
}

fn testcase(report: &Report) -> Markup {
    let name = format!("{} {}", report.case.id, report.case.title);
    let reason = clean(report.verdict.reason());
    html! {
        testcase name=(clean(&name)) classname=(report.case.level.name())
            time=(format!("{:.3}", report.took.as_secs_f64())) {
            @match report.verdict {
                Verdict::Failed(_) => failure message=(reason) {
                    (clean(&crate::text::report(report, true)))
                },
                Verdict::Inconclusive(_) => error message=(reason) {
                    (clean(&crate::text::report(report, true)))
                },
                // Void elements are HTML's business.
                Verdict::Skipped(_) => skipped message=(reason) { (PreEscaped("")) },
                _ => {},
            }
        }
    }
}

fn count(reports: &[Report], is: impl Fn(&Verdict) -> bool) -> usize {
    reports.iter().filter(|report| is(&report.verdict)).count()
}

/// Leaves out what XML cannot hold, even escaped.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
