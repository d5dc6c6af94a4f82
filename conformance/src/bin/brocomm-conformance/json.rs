//! Reports in JSON.

use serde_json::{Value, json};

use brocomm_conformance::suite::{Line, Report, section_title};

use crate::tested::{Tested, names};

/// Returns all results as one object.
pub(crate) fn reports(all: &[Tested]) -> Value {
    let names = names(all);
    let cases = all.iter().flat_map(|tested| {
        let name = tested.name();
        tested.reports.iter().map(move |report| self::report(&name, report))
    });
    json!({
        "implementation": names.join("; "),
        "implementations": names,
        "suite": env!("CARGO_PKG_VERSION"),
        "cases": cases.collect::<Vec<_>>(),
    })
}

fn report(implementation: &str, report: &Report) -> Value {
    let case = &report.case;
    json!({
        "implementation": implementation,
        "id": &*case.id,
        "section": case.id.section(),
        "section_title": section_title(case.id.section()),
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
