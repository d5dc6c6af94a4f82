//! Runs the profile `broccoli` against the second implementation, which is in Python.
#![cfg(feature = "runner")]
#![allow(clippy::print_stderr, reason = "says that nothing is tested without Python")]

use std::net::{SocketAddr, TcpListener};
use std::process::Command;

use brocomm_conformance::cases::cases;
use brocomm_conformance::suite::{Profile, Role, Selection, Settings, Started, Verdict, run};

#[test]
fn the_minimal_peer_passes() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: there is no python3");
        return;
    }
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address: SocketAddr = free.expect("there is a free port");
    let peer = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/minimal-peer/minimal_peer.py");
    let command = format!("python3 '{peer}' --listen {address} 2>/dev/null");
    let mut implementation = Started::listening(command, address);
    let selection = Selection { profile: Profile::BROCCOLI, ..Selection::default() };
    let mut passed = 0;
    for case in cases() {
        if selection.leaves_out(&case, Role::Listens).is_some() {
            continue;
        }
        let report = run(&case, &mut implementation, &Settings::default());
        assert_eq!(report.verdict, Verdict::Passed, "{report}");
        passed += 1;
    }
    assert!(passed > 100, "only {passed} cases were run");
}
