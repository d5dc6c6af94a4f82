//! Reports for other programs.

use serde_json::{Value, json};

use brocomm_conformance::suite::{Line, Report};

/// Puts what came of all cases into one object.
pub(crate) fn reports(implementation: &str, reports: &[Report]) -> Value {
    json!({
        "implementation": implementation,
        "suite": env!("CARGO_PKG_VERSION"),
        "cases": reports.iter().map(report).collect::<Vec<_>>(),
    })
}

fn report(report: &Report) -> Value {
    let case = &report.case;
    json!({
        "id": &*case.id,
        "section": case.id.section(),
        "level": case.level.name(),
        "role": report.role.name(),
        "title": &*case.title,
        "description": &*case.description,
        "needs": case.needs.iter().map(|need| need.name()).collect::<Vec<_>>(),
        "verdict": report.verdict.name(),
        "reason": report.verdict.reason(),
        "seconds": report.took.as_secs_f64(),
        "exchange": report.transcript.iter().map(line).collect::<Vec<_>>(),
    })
}

fn line(line: &Line) -> Value {
    json!({
        "t": line.at.as_secs_f64(),
        "connection": line.connection,
        "what": line.kind.name(),
        "meaning": line.meaning,
        "length": line.length,
        "hex": hex::encode(&line.bytes),
    })
}
