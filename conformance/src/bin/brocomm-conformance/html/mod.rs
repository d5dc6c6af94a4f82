//! Reports as one self-contained HTML page.

mod cases;
mod exchange;

use std::collections::BTreeMap;
use std::time::Duration;

use brocomm_conformance::suite::{CaseId, Report};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::tested::{Tested, VERDICTS, count, section};

/// The style sheet, with a light and a dark theme, also for phones.
const STYLE: &str = include_str!("report.css");

/// The script that filters cases. Without it the page shows all.
const SCRIPT: &str = include_str!("report.js");

/// The results of the cases of one section for one implementation.
type Cell<'a> = &'a [Report];

/// A section with a cell for each implementation.
struct Section<'a> {
    id: &'a CaseId,
    cells: Vec<Cell<'a>>,
}

impl<'a> Section<'a> {
    /// Returns the results of each case, with the number of the implementation.
    fn cases(&self) -> BTreeMap<&'a CaseId, Vec<(usize, &'a Report)>> {
        let mut cases: BTreeMap<&CaseId, Vec<_>> = BTreeMap::new();
        for (column, reports) in self.cells.iter().enumerate() {
            for report in *reports {
                cases.entry(&report.case.id).or_default().push((column, report));
            }
        }
        cases
    }
}

/// Renders the page.
pub(crate) fn page(all: &[Tested], took: Duration) -> String {
    let reports = || all.iter().flat_map(|tested| &tested.reports);
    let sections = sections(all);
    let implementations = match all.len() {
        1 => "one implementation".to_owned(),
        number => format!("{number} implementations"),
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Conformance report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Conformance report" }
                p { "The Bro 2.5 communication protocol, suite " (env!("CARGO_PKG_VERSION")) ": "
                    (implementations) ", " (reports().count()) " results in "
                    (format!("{:.1}", took.as_secs_f64())) " s." }
                (filter(all))
                h2 { "Sections" }
                div.scroll { (overview(all, &sections)) }
                h2 { "Cases" }
                @for section in &sections { (cases::section(all, section)) }
                (exchange::failures(all, &sections))
                p #nothing hidden { "No case matches these words and verdicts." }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// Returns the sections of all implementations in order.
fn sections(all: &[Tested]) -> Vec<Section<'_>> {
    let mut ids: Vec<&CaseId> = all
        .iter()
        .flat_map(|tested| tested.sections().filter_map(|reports| reports.first()))
        .map(|report| &report.case.id)
        .collect();
    ids.sort();
    ids.dedup_by(|a, b| a.section() == b.section());
    let cells = |id| all.iter().map(|tested| tested.section(id)).collect();
    ids.into_iter().map(|id| Section { id, cells: cells(id) }).collect()
}

/// Renders the counts of the verdicts, with checkboxes for the filter.
fn filter(all: &[Tested]) -> Markup {
    let count = |verdict| count(all.iter().flat_map(|tested| &tested.reports), verdict);
    html! {
        form #filter {
            @for verdict in VERDICTS {
                label class=(verdict) {
                    input type="checkbox" value=(verdict) checked hidden;
                    " " strong { (count(verdict)) } " " (verdict)
                }
            }
            input type="search" placeholder="Search: number, title, reason" aria-label="Search"
                hidden;
        }
    }
}

/// Renders the table header: the implementations, and below each its roles.
fn head(all: &[Tested], first: &str) -> Markup {
    let groups = || all.chunk_by(|a, b| a.what == b.what);
    html! {
        thead {
            tr {
                th rowspan="2" scope="col" { (first) }
                @for group in groups() {
                    th.what colspan=(group.len()) scope="colgroup" {
                        @if let Some(tested) = group.first() { (tested.what) }
                    }
                }
            }
            tr { @for tested in all { th.role scope="col" { span { (tested.role) } } } }
        }
    }
}

fn overview(all: &[Tested], sections: &[Section<'_>]) -> Markup {
    html! {
        table.few[is_few(all)] {
            (head(all, "Section"))
            tbody {
                @for Section { id, cells } in sections {
                    tr data-section=(id.section()) {
                        th scope="row" {
                            a href={ "#" (anchor(id)) } { (section(id)) }
                        }
                        @for cell in cells { (tally(cell)) }
                    }
                }
            }
        }
    }
}

/// Renders how many cases of a section passed.
fn tally(reports: Cell<'_>) -> Markup {
    let [failed, inconclusive, passed, skipped] = VERDICTS.map(|verdict| count(reports, verdict));
    let class = match (failed, inconclusive, passed) {
        (0, 0, 0) => "skipped",
        (0, 0, _) => "passed",
        (0, ..) => "inconclusive",
        _ => "failed",
    };
    let title =
        format!("{failed} failed, {inconclusive} inconclusive, {passed} passed, {skipped} skipped");
    html! {
        td class=(class) title=(title) {
            @match reports.len() - skipped {
                0 => "–",
                run => { (passed) "/" (run) },
            }
        }
    }
}

/// Returns whether wide columns fit even on a phone.
fn is_few(all: &[Tested]) -> bool {
    all.len() < 3
}

/// Returns the anchor of a section.
fn anchor(id: &CaseId) -> String {
    format!("section-{}", id.section())
}
