//! The cases of a section, a row for each, with a cell for each implementation.

use std::collections::BTreeMap;

use brocomm_conformance::suite::{CaseId, Report, Verdict};
use maud::{Markup, html};

use super::{Section, anchor, head};
use crate::tested::{Tested, VERDICTS, count, section as titled};

/// What a verdict looks like where there is no room for words.
fn sign(verdict: &str) -> &'static str {
    match verdict {
        "failed" => "✕",
        "inconclusive" => "?",
        "passed" => "✓",
        _ => "–",
    }
}

/// Shows a section; open if one of its cases has failed.
pub(super) fn section(all: &[Tested], section: &Section<'_>) -> Markup {
    let mut rows: BTreeMap<&CaseId, Vec<Vec<&Report>>> = BTreeMap::new();
    for (column, reports) in section.cells.iter().enumerate() {
        for report in *reports {
            let row = rows.entry(&report.case.id).or_insert_with(|| vec![vec![]; all.len()]);
            if let Some(cell) = row.get_mut(column) {
                cell.push(report);
            }
        }
    }
    let reports = || section.cells.iter().copied().flatten();
    let bad = count(reports(), "failed") + count(reports(), "inconclusive") > 0;
    html! {
        details.section data-section=(section.id.section()) open[bad] {
            summary { (titled(section.id)) " " small { (cases(rows.len())) } }
            div.scroll {
                table id=(anchor(section.id)) {
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

fn case(all: &[Tested], cells: &[Vec<&Report>]) -> Markup {
    let Some(case) = cells.iter().flatten().next().map(|report| &report.case) else {
        return html! {};
    };
    let came = |verdict: &&str| cells.iter().flatten().any(|r| r.verdict.name() == *verdict);
    let verdicts: Vec<&str> = VERDICTS.into_iter().filter(came).collect();
    html! {
        tr.case data-verdicts=(verdicts.join(" ")) {
            th scope="row" {
                details {
                    summary {
                        code { (*case.id) } " " (*case.title) " " small { (case.level) }
                    }
                    p { (*case.description) }
                    (reasons(all, cells))
                }
            }
            @for (tested, cell) in all.iter().zip(cells) { (self::cell(tested, cell)) }
        }
    }
}

/// Says why implementations have not passed, once for all that have the same reason.
fn reasons(all: &[Tested], cells: &[Vec<&Report>]) -> Markup {
    let mut reasons: Vec<(&Verdict, Vec<String>)> = Vec::new();
    for (tested, report) in
        all.iter().zip(cells).flat_map(|(t, cell)| cell.iter().map(move |r| (t, r)))
    {
        match reasons.iter_mut().find(|(verdict, _)| *verdict == &report.verdict) {
            _ if report.verdict == Verdict::Passed => {}
            Some((_, names)) => names.push(tested.name()),
            None => reasons.push((&report.verdict, vec![tested.name()])),
        }
    }
    html! {
        @for (verdict, mut names) in reasons {
            @let _ = names.dedup();
            p {
                span class=(verdict.name()) { (verdict.name()) } " " small { (names.join("; ")) }
                ": " (verdict.reason())
            }
        }
    }
}

/// Shows the gravest verdict of a case that was run once, or more often.
fn cell(tested: &Tested, reports: &[&Report]) -> Markup {
    let with = |verdict: &str| reports.iter().filter(|r| r.verdict.name() == verdict).count();
    let Some(verdict) = VERDICTS.into_iter().find(|verdict| with(verdict) > 0) else {
        return html! { td {} };
    };
    let number = with(verdict);
    let content = html! {
        span.sign aria-hidden="true" { (sign(verdict)) }
        span.word {
            (verdict)
            @if number < reports.len() { " (" (number) " of " (reports.len()) ")" }
        }
    };
    let anchor = reports.first().map(|report| super::exchange::anchor(tested, &report.case.id));
    html! {
        td class=(verdict) {
            @match (verdict, anchor) {
                ("failed" | "inconclusive", Some(anchor)) => a href={ "#" (anchor) } { (content) },
                _ => (content),
            }
        }
    }
}
