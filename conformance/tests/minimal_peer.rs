//! Runs the profile `broccoli` against the Python implementation.

use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::time::Duration;

use brocomm_conformance::suite::{Profile, Selection, Settings, Started, Verdict, cases};

#[test]
#[allow(clippy::print_stderr, reason = "says that nothing is tested without Python")]
fn the_minimal_peer_passes() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: python3 is not installed");
        return;
    }
    // Below the ephemeral ports, so that no other program gets it before the peer does.
    let first = 20_000 + (std::process::id() % 5_000) as u16;
    let addresses = (first..first + 5_000).map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let free = addresses.into_iter().find(|address| TcpListener::bind(address).is_ok());
    let address = free.expect("there is a free port");
    let peer = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/minimal-peer/minimal_peer.py");
    let command = format!("python3 '{peer}' --listen {address} 2>/dev/null");
    let mut implementation = Started::listening(command, address);
    let selection = Selection { profile: Profile::BROCCOLI, ..Selection::default() };
    // Python may start slowly on a busy machine.
    let settings = Settings { patience: Duration::from_secs(20), ..Settings::default() };
    let mut passed = 0;
    for case in cases() {
        let report = selection.run(&case, &mut implementation, &settings);
        match report.verdict {
            Verdict::Passed => passed += 1,
            Verdict::Skipped(_) => {}
            _ => panic!("{report}"),
        }
    }
    assert!(passed > 100, "only {passed} cases were run");
}
