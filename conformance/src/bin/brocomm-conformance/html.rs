//! Reports as one page that needs nothing else.

use std::time::Duration;

use brocomm_conformance::suite::{Line, LineKind, Report, Verdict};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The page's looks: light or dark as the reader's system is, and readable on a phone.
const STYLE: &str = include_str!("report.css");

/// The verdicts, the gravest first.
const VERDICTS: [&str; 4] = ["failed", "inconclusive", "passed", "skipped"];

/// How many bytes of a message are shown.
const SHOWN: usize = 512;

/// Makes the page.
pub(crate) fn page(all: &[(String, Vec<Report>)], took: Duration) -> String {
    let reports = || all.iter().flat_map(|(_, reports)| reports);
    let count = |verdict| reports().filter(|report| report.verdict.name() == verdict).count();
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
                p { "The Bro 2.x communication protocol, suite " (env!("CARGO_PKG_VERSION")) ". "
                    (reports().count()) " cases in " (format!("{:.1}", took.as_secs_f64())) " s." }
                ul.counts {
                    @for verdict in VERDICTS {
                        li class=(verdict) { strong { (count(verdict)) } " " (verdict) }
                    }
                }
                @for (name, reports) in all { (implementation(name, reports)) }
            }
        }
    };
    page.into_string()
}

fn implementation(name: &str, reports: &[Report]) -> Markup {
    let sections = || reports.chunk_by(|a, b| a.case.id.section() == b.case.id.section());
    let bad = reports
        .iter()
        .filter(|report| matches!(report.verdict, Verdict::Failed(_) | Verdict::Inconclusive(_)));
    html! {
        h2 { (name) }
        table {
            thead { tr { th { "section" } @for verdict in VERDICTS { th { (verdict) } } } }
            tbody { @for cases in sections() { (section_row(cases)) } }
        }
        @for report in bad { (failure(report)) }
        details {
            summary { "All cases" }
            @for report in reports { (case_line(report)) }
        }
    }
}

fn section_row(reports: &[Report]) -> Markup {
    let name = reports.first().map_or("", |report| report.case.id.section());
    let count = |verdict| reports.iter().filter(|r| r.verdict.name() == verdict).count();
    html! {
        tr {
            th scope="row" { (name) }
            @for verdict in VERDICTS {
                @match count(verdict) {
                    0 => td.none { "·" },
                    number => td class=(verdict) { (number) },
                }
            }
        }
    }
}

fn case_line(report: &Report) -> Markup {
    let case = &report.case;
    html! {
        div.case {
            span class={ "mark " (report.verdict.name()) } { (report.verdict.name()) }
            " " code { (*case.id) } " " small { (case.level) } " " (*case.title)
            @if let Verdict::Skipped(why) = &report.verdict { small { " — " (why) } }
        }
    }
}

fn failure(report: &Report) -> Markup {
    let case = &report.case;
    html! {
        section.failure {
            h3 {
                span class={ "mark " (report.verdict.name()) } { (report.verdict.name()) }
                " " code { (*case.id) } " " (*case.title)
            }
            p.reason { (report.verdict.reason()) }
            p { small { "Level: " (case.level) ". The implementation " (report.role) "." } }
            p { (*case.description) }
            div.exchange {
                div.head { "suite" }
                div.head { "implementation" }
                @for line in &report.transcript { (exchange_line(line)) }
            }
        }
    }
}

fn exchange_line(line: &Line) -> Markup {
    let side = match line.kind {
        LineKind::Sent => "sent",
        LineKind::Received | LineKind::Closed => "received",
        _ => "note",
    };
    let closed = if line.kind == LineKind::Closed { "closes: " } else { "" };
    html! {
        div class={ "line " (side) } {
            small { (format!("{:.4} s", line.at.as_secs_f64())) " #" (line.connection) } " "
            (closed) (line.meaning)
            @if !line.bytes.is_empty() {
                details {
                    summary { (line.length) " bytes" }
                    pre { (dump(line)) }
                }
            }
        }
    }
}

/// Shows bytes in rows of 16, as hex and as text.
fn dump(line: &Line) -> String {
    let shown = line.bytes.get(..SHOWN).unwrap_or(&line.bytes);
    let mut text = String::new();
    for (row, bytes) in shown.chunks(16).enumerate() {
        let hex: Vec<_> = bytes.chunks(4).map(hex::encode).collect();
        let readable = |byte: &u8| {
            if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' }
        };
        let ascii: String = bytes.iter().map(readable).collect();
        text.push_str(&format!("{:04x}  {:35}  {ascii}\n", row * 16, hex.join(" ")));
    }
    if line.length > shown.len() {
        text.push_str(&format!("… and {} more\n", line.length - shown.len()));
    }
    text
}
