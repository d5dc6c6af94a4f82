//! Reports as text.

use brocomm_conformance::suite::{Line, LineKind, Report, Verdict};

/// The maximum number of bytes shown per message.
const SHOWN: usize = 64;

/// Formats the result of a case, with the transcript if it failed and `verbose` is set.
pub(crate) fn report(report: &Report, verbose: bool) -> String {
    let mark = match &report.verdict {
        Verdict::Passed => "ok",
        Verdict::Failed(_) => "FAILED",
        Verdict::Inconclusive(_) => "INCONCLUSIVE",
        other => other.name(),
    };
    let case = &report.case;
    let mut text = format!("{mark:12} {:10} {:9} {}", case.id, case.level, case.title);
    if !report.verdict.reason().is_empty() {
        text.push_str(&format!("\n{:13}{}", "", report.verdict.reason()));
    }
    if verbose && matches!(report.verdict, Verdict::Failed(_) | Verdict::Inconclusive(_)) {
        for line in &report.transcript {
            text.push_str(&self::line(line));
        }
    }
    text
}

/// Formats a line of a transcript.
fn line(line: &Line) -> String {
    let arrow = match line.kind {
        LineKind::Opened => "open",
        LineKind::Sent => "  ->",
        LineKind::Received => "<-  ",
        LineKind::Closed => "shut",
        _ => "note",
    };
    let at = line.at.as_secs_f64();
    let mut text = format!("\n    {at:9.4} #{} {arrow} {}", line.connection, line.meaning);
    if !line.bytes.is_empty() {
        let shown = line.bytes.get(..SHOWN).unwrap_or(&line.bytes);
        let more = if line.length > shown.len() { "…" } else { "" };
        text.push_str(&format!("\n{:24}{} bytes: {}{more}", "", line.length, hex::encode(shown)));
    }
    text
}
