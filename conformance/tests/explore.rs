//! Random legal sessions against a node of our own, and against one that does not answer.
#![cfg(feature = "runner")]

use std::io;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use brocomm::wire::Framing;
use brocomm_conformance::explore::explore;
use brocomm_conformance::own::{Own, Transport};
use brocomm_conformance::suite::{Capability, Entry, Implementation, Role, Settings};

#[test]
fn random_sessions_are_answered() {
    for role in Role::BOTH {
        let mut own =
            Own::start(Transport::Std, role, Framing::Clear).expect("a node of our own starts");
        if let Err(found) = explore(&mut own, Capability::ALL, &Settings::default(), 1, 60) {
            panic!("{}\n{}", found.script, found.report);
        }
    }
}

/// A node that connects but accepts no input, so that it echoes nothing.
#[derive(Debug)]
struct Deaf(Own);

impl Implementation for Deaf {
    fn role(&self) -> Role {
        self.0.role()
    }

    fn open(&mut self, _: Entry, until: Instant) -> io::Result<TcpStream> {
        self.0.open(Entry::Deaf, until)
    }

    fn case_over(&mut self) {
        self.0.case_over();
    }
}

/// A session of nothing is not answered either: it ends in an echo.
#[test]
fn what_fails_is_made_small() {
    let own = Own::start(Transport::Std, Role::Connects, Framing::Clear)
        .expect("a node of our own starts");
    let settings = Settings { patience: Duration::from_millis(50), ..Settings::default() };
    // What comes of it is the class that the case does not ask for.
    let mut deaf = Deaf(own);
    let found =
        explore(&mut deaf, Capability::ALL, &settings, 1, 3).expect_err("nothing is echoed");
    assert!(found.script.steps.is_empty(), "{}", found.script);
    assert!(found.report.verdict.reason().contains("nothing came"), "{}", found.report);
}
