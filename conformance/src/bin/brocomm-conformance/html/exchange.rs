//! The transcripts of the cases that did not pass.

use brocomm_conformance::suite::{CaseId, Line, LineKind, Report, Verdict};
use maud::{Markup, html};

use super::Section;
use crate::tested::Tested;

/// The maximum number of bytes shown per message.
const SHOWN: usize = 512;

/// Returns the anchor of the failures of a case.
pub(super) fn anchor(case: &CaseId) -> String {
    format!("failure-{case}")
}

/// Renders all failed and inconclusive cases.
pub(super) fn failures(all: &[Tested], sections: &[Section<'_>]) -> Markup {
    let is_bad =
        |report: &Report| matches!(report.verdict, Verdict::Failed(_) | Verdict::Inconclusive(_));
    let failures: Vec<_> = sections
        .iter()
        .flat_map(|section| section.cases().into_values())
        .map(|mut results| {
            results.retain(|(_, report)| is_bad(report));
            results
        })
        .filter(|results| !results.is_empty())
        .collect();
    html! {
        @if !failures.is_empty() {
            h2 #failures { "Failures" }
            @for results in failures { (failure(all, &results)) }
        }
    }
}

fn failure(all: &[Tested], results: &[(usize, &Report)]) -> Markup {
    let Some((_, Report { case, .. })) = results.first() else { return html! {} };
    html! {
        section.failure id=(anchor(&case.id)) {
            h3 { code { (*case.id) } " " (*case.title) }
            p { small { "Level: " (case.level) "." } " " (*case.description) }
            @for (column, report) in results {
                @let verdict = report.verdict.name();
                p {
                    span class={ "mark " (verdict) } { (verdict) } " "
                    @if let Some(tested) = all.get(*column) { (tested.name()) }
                    ": " span.reason { (report.verdict.reason()) }
                }
                details {
                    summary { "Messages" }
                    div.exchange {
                        div.head { "suite" }
                        div.head { "implementation" }
                        @for line in &report.transcript { (exchange_line(line)) }
                    }
                }
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

/// Renders bytes in rows of 16, as hex and text.
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
