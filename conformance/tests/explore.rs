//! Tests of random sessions against brocomm's own node, and against one that does not answer.

use std::io;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use brocomm::lowlevel::wire::Framing;
use brocomm_conformance::explore::explore;
use brocomm_conformance::own::{Own, Transport};
use brocomm_conformance::suite::{Capability, Entry, Implementation, Role, Settings};

#[test]
fn random_sessions_are_answered() {
    for role in Role::BOTH {
        let mut own = Own::start(Transport::Std, role, Framing::Clear).expect("our node starts");
        if let Err(found) = explore(&mut own, Capability::ALL, &Settings::default(), 1, 60) {
            panic!("{found}");
        }
    }
}

/// A node that connects with a different class than requested.
#[derive(Debug)]
struct Mistaken {
    own: Own,
    connects_as: fn(Entry) -> Entry,
}

impl Mistaken {
    fn start(connects_as: fn(Entry) -> Entry) -> Mistaken {
        let own = Own::start(Transport::Std, Role::Connects, Framing::Clear);
        Mistaken { own: own.expect("our node starts"), connects_as }
    }
}

impl Implementation for Mistaken {
    fn role(&self) -> Role {
        self.own.role()
    }

    fn open(&mut self, entry: Entry, until: Instant) -> io::Result<TcpStream> {
        self.own.open((self.connects_as)(entry), until)
    }

    fn case_over(&mut self) {
        self.own.case_over();
    }
}

/// A node that accepts no input echoes nothing. Even an empty session fails, since it ends with an
/// echo.
#[test]
fn failing_sessions_are_shrunk() {
    let settings = Settings { patience: Duration::from_millis(50), ..Settings::default() };
    let mut deaf = Mistaken::start(|_| Entry::Deaf);
    let found =
        explore(&mut deaf, Capability::ALL, &settings, 1, 3).expect_err("nothing is echoed");
    let script = found.script.to_string();
    assert!(script.ends_with("requesting the echoes\n"), "no step is left in {script}");
    assert!(found.report.verdict.reason().contains("nothing arrived"), "{}", found.report);
}

/// A node that requested no state applies no operation, but reports and sends its own state.
#[test]
fn operations_that_are_not_applied_are_found() {
    let mut stateless = Mistaken::start(|entry| match entry {
        Entry::Sync => Entry::Plain,
        entry => entry,
    });
    let found = explore(&mut stateless, Capability::ALL, &Settings::default(), 1, 60)
        .expect_err("the state differs from the model");
    assert!(found.script.to_string().starts_with("with synchronized state\n"), "{found}");
}
