//! Runs the suite against nodes of our own, over each transport, in both roles, in the clear and over TLS.
#![cfg(feature = "runner")]

use brocomm::wire::Framing;
use brocomm_conformance::cases::cases;
use brocomm_conformance::own::{Own, Transport};
use brocomm_conformance::suite::{Level, Role, Selection, Settings, Verdict, run};

/// Runs all cases that have to pass; returns what did not.
fn failures(transport: Transport, role: Role, framing: Framing) -> Vec<String> {
    let mut own = Own::start(transport, role, framing).expect("a node of our own starts");
    let selection = Selection { levels: vec![Level::Must, Level::Should], ..Selection::default() };
    let mut failures = Vec::new();
    let mut passed = 0;
    for case in cases().iter().filter(|case| selection.wants(case)) {
        if selection.leaves_out(case, role, framing).is_some() {
            continue;
        }
        let report = run(case, &mut own, &Settings::default());
        match report.verdict {
            Verdict::Passed => passed += 1,
            _ => {
                let lines = report.transcript.iter().rev().take(12).rev();
                let lines = lines.map(|line| format!("\n    {:?} {}", line.kind, line.meaning));
                failures.push(format!("{report}{}", lines.collect::<String>()));
            }
        }
    }
    assert!(passed + failures.len() > 0, "no case was run");
    failures
}

fn check(transport: Transport, role: Role) {
    for framing in [Framing::Clear, Framing::Tls] {
        let failures = failures(transport, role, framing);
        let failed = failures.join("\n");
        assert!(failures.is_empty(), "{framing:?}: {} failed:\n{failed}", failures.len());
    }
}

#[test]
fn std_passes_listening() {
    check(Transport::Std, Role::Listens);
}

#[test]
fn std_passes_connecting() {
    check(Transport::Std, Role::Connects);
}

#[test]
fn tokio_passes_listening() {
    check(Transport::Tokio, Role::Listens);
}

#[test]
fn tokio_passes_connecting() {
    check(Transport::Tokio, Role::Connects);
}

#[test]
fn async_std_passes_listening() {
    check(Transport::AsyncStd, Role::Listens);
}

#[test]
fn async_std_passes_connecting() {
    check(Transport::AsyncStd, Role::Connects);
}
