//! Reports in JUnit's XML.

use brocomm_conformance::suite::{Report, Verdict};
use maud::{Markup, PreEscaped, html};

use crate::tested::{Tested, count, names, section};

/// Returns the report in JUnit's XML, with a suite for each implementation and section.
pub(crate) fn reports(all: &[Tested]) -> String {
    let reports = || all.iter().flat_map(|tested| &tested.reports);
    let body: Markup = html! {
        testsuites name=(clean(&names(all).join("; "))) tests=(reports().count())
            failures=(count(reports(), "failed")) errors=(count(reports(), "inconclusive"))
            skipped=(count(reports(), "skipped")) {
            @for tested in all {
                @for cases in tested.sections() { (suite(&tested.name(), cases)) }
            }
        }
    };
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", body.into_string())
}

fn suite(implementation: &str, reports: &[Report]) -> Markup {
    let section = reports.first().map_or(String::new(), |report| section(&report.case.id));
    let seconds: f64 = reports.iter().map(|report| report.took.as_secs_f64()).sum();
    html! {
        testsuite name=(clean(&format!("{implementation}: {section}"))) tests=(reports.len())
            time=(format!("{seconds:.3}")) failures=(count(reports, "failed"))
            errors=(count(reports, "inconclusive")) skipped=(count(reports, "skipped")) {
            @for report in reports { (testcase(implementation, report)) }
        }
    }
}

fn testcase(implementation: &str, report: &Report) -> Markup {
    let name = format!("{} {}", report.case.id, report.case.title);
    let reason = clean(report.verdict.reason());
    html! {
        testcase name=(clean(&name)) classname=(clean(implementation))
            time=(format!("{:.3}", report.took.as_secs_f64())) {
            // Void elements exist only in HTML.
            properties { property name="level" value=(report.case.level) { (PreEscaped("")) } }
            @match report.verdict {
                Verdict::Failed(_) => failure message=(reason) {
                    (clean(&crate::text::report(report, true)))
                },
                Verdict::Inconclusive(_) => error message=(reason) {
                    (clean(&crate::text::report(report, true)))
                },
                Verdict::Skipped(_) => skipped message=(reason) { (PreEscaped("")) },
                _ => {},
            }
        }
    }
}

/// Removes characters that XML cannot contain, even escaped.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
