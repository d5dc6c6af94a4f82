//! Tests that every recording is complete and agrees with its metadata.

use std::collections::BTreeSet;
use std::path::Path;

use brocomm_conformance::suite::{Profile, cases};
use brocomm_conformance::{Expected, Side, faults, older_sessions, sessions};

#[test]
fn recordings_agree_with_their_metadata() {
    let (sessions, older) = (sessions(), older_sessions());
    assert_eq!((sessions.len(), older.len()), (77, 42));
    for session in [sessions, older].concat() {
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
        // The scripts of older Bros print some further results.
        let known = expectation.expect.iter().filter(|_| !name.starts_with("bro-2."));
        for expected in known {
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

/// Words that describe a program that ended abnormally or no longer works.
const DEATHS: [&str; 14] = [
    "abort",
    "assertion",
    "child died",
    "core dump",
    "crash",
    "does not get through",
    "double free",
    "internal error",
    "killed",
    "log storm",
    "makes it allocate",
    "segmentation fault",
    " stalls",
    "times a second",
];

/// Fails unless a program exited by itself or was stopped by the recorder.
fn assert_in_order(name: &str, exit: &str, texts: &[&str]) {
    let ended = exit.starts_with("exit 0") || exit.starts_with("terminated by signal after ");
    assert!(ended, "{name}: {exit}");
    for text in texts {
        let text = text.to_lowercase();
        let death = DEATHS.into_iter().find(|word| text.contains(word));
        assert_eq!(death, None, "{name}");
    }
}

/// The repository contains nothing that damages other programs.
#[test]
fn every_recorded_program_exited_normally() {
    for session in [sessions(), older_sessions()].concat() {
        let (name, metadata) = (session.name(), session.expectation().unwrap());
        for side in Side::BOTH {
            let party = metadata.party(side);
            let logs = party.logs.values().map(String::as_str);
            let texts: Vec<&str> =
                logs.chain([&*metadata.description, &*party.stdout, &*party.stderr]).collect();
            assert_in_order(name, &party.exit, &texts);
        }
    }
    for fault in faults().unwrap() {
        assert!(!fault.bro_died, "{}", fault.name);
        let lines = fault.log_lines.iter().map(String::as_str);
        let texts: Vec<&str> = lines.chain([&*fault.what, &*fault.bro_stderr]).collect();
        assert_in_order(&fault.name, &fault.bro_exit, &texts);
    }
}

#[test]
fn no_vector_describes_how_to_harm_other_programs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let older = ["older/serials.json", "older/logs.json"];
    let files = ["serials.json", "logs.json", "invalid.json", "ignored.json"];
    for file in files.into_iter().chain(older) {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        for line in text.lines().filter(|line| !line.contains("\"hex\"")) {
            assert_in_order(file, "exit 0", &[line]);
        }
    }
}

#[test]
fn neither_the_specification_nor_a_case_describes_how_to_harm_other_programs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let parts = std::fs::read_dir(folder.join("spec")).unwrap().map(|entry| entry.unwrap().path());
    let vectors = ["vectors/README.md", "vectors/sessions/README.md", "vectors/older/README.md"];
    let pages = ["README.md", "IMPLEMENTING.md"].into_iter().chain(vectors);
    for page in parts.chain(pages.map(|page| folder.join(page))) {
        let text = std::fs::read_to_string(&page).unwrap();
        // Exceptions: a line of the communication log, and a rule that forbids aborting.
        for line in
            text.lines().filter(|l| !l.contains("`child died`") && !l.contains("never to abort"))
        {
            assert_in_order(&page.display().to_string(), "exit 0", &[line]);
        }
    }
    for case in cases() {
        assert_in_order(&case.id, "exit 0", &[&case.title, &case.description]);
    }
    for profile in Profile::ALL {
        for exception in profile.all_exceptions() {
            assert_in_order(profile.name, "exit 0", &[exception.why]);
        }
    }
}
