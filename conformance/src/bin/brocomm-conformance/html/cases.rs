//! The cases of a section: a row for each case and a cell for each implementation.

use brocomm_conformance::suite::{Report, Verdict};
use maud::{Markup, html};

use super::{Section, anchor, exchange, head, is_few};
use crate::tested::{Tested, VERDICTS, count, section as titled};

/// Returns the symbol of a verdict.
fn sign(verdict: &str) -> &'static str {
    match verdict {
        "failed" => "✕",
        "inconclusive" => "?",
        "passed" => "✓",
        _ => "–",
    }
}

/// Renders a section, open if one of its cases failed.
pub(super) fn section(all: &[Tested], section: &Section<'_>) -> Markup {
    let rows = section.cases();
    let reports = || section.cells.iter().copied().flatten();
    let bad = count(reports(), "failed") + count(reports(), "inconclusive") > 0;
    html! {
        details.section data-section=(section.id.section()) open[bad] {
            summary { (titled(section.id)) " " small { (cases(rows.len())) } }
            div.scroll {
                table.few[is_few(all)] id=(anchor(section.id)) style={ "--columns: " (all.len()) } {
                    (head(all, "Case"))
                    tbody { @for row in rows.values() { (case(all, row)) } }
                }
            }
        }
    }
}

fn cases(number: usize) -> String {
    if number == 1 { "1 case".to_owned() } else { format!("{number} cases") }
}

fn case(all: &[Tested], results: &[(usize, &Report)]) -> Markup {
    let Some((_, Report { case, .. })) = results.first() else { return html! {} };
    let came = |verdict: &&str| results.iter().any(|(_, report)| report.verdict.name() == *verdict);
    let verdicts: Vec<&str> = VERDICTS.into_iter().filter(came).collect();
    html! {
        tr.case data-failure=(exchange::anchor(&case.id)) data-verdicts=(verdicts.join(" ")) {
            th scope="row" {
                details {
                    summary {
                        code { (*case.id) } " " (*case.title) " " small { (case.level) }
                    }
                    p { (*case.description) }
                    @for (verdict, names) in reasons(all, results) {
                        p {
                            span class=(verdict.name()) { (verdict.name()) } " "
                            small { (names.join("; ")) } ": " (verdict.reason())
                        }
                    }
                }
            }
            @for column in 0..all.len() { (cell(results, column)) }
        }
    }
}

/// Returns the reasons why implementations did not pass, without duplicates.
fn reasons<'a>(all: &[Tested], results: &[(usize, &'a Report)]) -> Vec<(&'a Verdict, Vec<String>)> {
    let mut reasons: Vec<(&Verdict, Vec<String>)> = Vec::new();
    for (column, Report { verdict, .. }) in results {
        let name = all.get(*column).map(Tested::name).unwrap_or_default();
        match reasons.iter_mut().find(|(other, _)| *other == verdict) {
            _ if *verdict == Verdict::Passed => {}
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => reasons.push((verdict, vec![name])),
        }
    }
    reasons
}

/// Renders the worst verdict of all runs of a case.
fn cell(results: &[(usize, &Report)], column: usize) -> Markup {
    let reports = || results.iter().filter(|(at, _)| *at == column).map(|(_, report)| *report);
    let Some(verdict) = VERDICTS.into_iter().find(|verdict| count(reports(), verdict) > 0) else {
        return html! { td {} };
    };
    let (number, times) = (count(reports(), verdict), reports().count());
    let content = html! {
        span.sign aria-hidden="true" { (sign(verdict)) }
        span.word {
            (verdict)
            @if number < times { " (" (number) " of " (times) ")" }
        }
    };
    let failure = reports().next().filter(|_| ["failed", "inconclusive"].contains(&verdict));
    html! {
        td class=(verdict) {
            @match failure {
                Some(report) => a href={ "#" (exchange::anchor(&report.case.id)) } { (content) },
                None => (content),
            }
        }
    }
}
