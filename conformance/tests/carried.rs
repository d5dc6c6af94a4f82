//! Every carried recording is whole and agrees with its metadata.

use std::collections::BTreeSet;

use brocomm_conformance::{Expected, Side, faults, sessions};

#[test]
fn recordings_agree_with_their_metadata() {
    let sessions = sessions();
    assert_eq!(sessions.len(), 77);
    for session in sessions {
        let name = session.name();
        let recording = session.recording().unwrap();
        let expectation = session.expectation().unwrap();
        assert_eq!(expectation.name, name);
        for side in Side::BOTH {
            let bytes = recording.stream(side).len();
            assert_eq!(bytes as u64, expectation.wire.from(side).bytes, "{name}, {side}");
        }
        assert_eq!(recording.closed_by(), Some(expectation.wire.closed_by), "{name}");
        assert!(recording.steps.is_sorted_by_key(|step| step.time), "{name}");
        let further = session.further_connections().unwrap();
        assert_eq!(further.len(), expectation.further_connections.len(), "{name}");
        assert_eq!(expectation.fault.is_some(), name.starts_with("fault-"), "{name}");
        for expected in &expectation.expect {
            assert!(!matches!(expected, Expected::Other(_)), "{name}: {expected:?}");
        }
    }
}

#[test]
fn further_connections_are_read() {
    let sessions = sessions();
    let session = sessions.iter().find(|session| session.name() == "bro-bro-disconnect").unwrap();
    let further = session.further_connections().unwrap();
    assert_eq!(further.len(), 1);
    assert_eq!(further[0].closed_by(), Some(Side::Connector));
    assert!(!further[0].stream(Side::Listener).is_empty());
}

#[test]
fn faults_agree_with_their_recordings() {
    let sessions = sessions();
    let faults = faults().unwrap();
    let recorded: BTreeSet<&str> =
        sessions.iter().map(|session| session.name()).filter(|n| n.starts_with("fault-")).collect();
    assert_eq!(faults.iter().map(|fault| fault.name.as_str()).collect::<BTreeSet<_>>(), recorded);
    for fault in faults {
        let session = sessions.iter().find(|session| session.name() == fault.name).unwrap();
        let expectation = session.expectation().unwrap();
        assert_eq!(Some(fault.fault), expectation.fault, "{}", fault.name);
        assert_eq!(fault.script_saw, expectation.expect, "{}", fault.name);
    }
}
