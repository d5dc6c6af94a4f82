//! Who sends its state (§3.3).

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use brocomm::data::{Opcode, Serial};
use brocomm::wire::{Message, MessageType};

use crate::suite::{Capability, Case, Entry, Exchange, Outcome, Role, Stop, Trial};

/// The suite's runtime, as against the implementation's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runtime {
    Less,
    Equal,
    Greater,
}

/// What has to come of what both sides request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// There is no Sync.
    Nothing,
    /// The suite sends its state.
    SuiteSends,
    /// The implementation does.
    ImplementationSends,
    /// Whoever opened the connection does.
    InitiatorSends,
    /// The implementation closes.
    Closes,
}

use Comes::{Closes, ImplementationSends, InitiatorSends, Nothing, SuiteSends};
use Runtime::{Equal, Greater, Less};

/// What the suite requests, the node that applies to it, the runtimes, and what comes of it.
const TABLE: [(Option<bool>, Entry, Runtime, Comes); 14] = [
    (None, Entry::Plain, Equal, Nothing),
    (Some(false), Entry::Plain, Equal, ImplementationSends),
    (Some(true), Entry::Plain, Equal, ImplementationSends),
    (None, Entry::Sync, Equal, SuiteSends),
    (None, Entry::Auth, Equal, SuiteSends),
    (Some(true), Entry::Sync, Equal, SuiteSends),
    (Some(false), Entry::Auth, Equal, ImplementationSends),
    (Some(true), Entry::Auth, Equal, Closes),
    (Some(false), Entry::Sync, Greater, SuiteSends),
    (Some(false), Entry::Sync, Equal, InitiatorSends),
    (Some(false), Entry::Sync, Less, ImplementationSends),
    // Authority goes before runtime.
    (Some(false), Entry::Auth, Greater, ImplementationSends),
    (Some(true), Entry::Sync, Less, SuiteSends),
    (Some(false), Entry::Plain, Greater, ImplementationSends),
];

pub(super) fn cases() -> Vec<Case> {
    TABLE.into_iter().enumerate().map(|(row, line)| case(row + 1, line)).collect()
}

fn case(number: usize, line: (Option<bool>, Entry, Runtime, Comes)) -> Case {
    let (ours, entry, runtime, comes) = line;
    let requests = |sync| match sync {
        None => "requests no sync",
        Some(false) => "requests sync",
        Some(true) => "requests sync with authority",
    };
    let theirs = match entry {
        Entry::Sync => Some(false),
        Entry::Auth => Some(true),
        _ => None,
    };
    let does = match comes {
        Nothing => "there is no Sync",
        SuiteSends => "the peer sends its state",
        ImplementationSends => "the implementation sends its state",
        InitiatorSends => "the side that opened the connection sends its state",
        Closes => "the connection is closed",
    };
    let runtimes = match runtime {
        Less => "the peer has run for a shorter time",
        Equal => "both have run for the same time",
        Greater => "the peer has run for a longer time",
    };
    let title = format!(
        "if the peer {}, the implementation {}, and {runtimes}: {does}",
        requests(ours),
        requests(theirs)
    );
    let description = "Goes through the handshake, announcing a runtime that depends on the \
                       implementation's own. Whoever sends its state sends an assign for each \
                       synchronized variable that has a value, and then PHASE_DONE; until then the \
                       other side sends nothing. Both are Running then, and an event is echoed.";
    let case = Case::must(&format!("3.3/{number}"), title, description, move |trial| {
        let mut peer = with_runtime(trial, runtime)?;
        let mut hello = peer.hello();
        hello.sync = ours;
        peer.request(&hello)?;
        peer.send(&Message::PhaseDone)?;
        if comes == Closes {
            return trial.closes(&mut peer, "both sides claim authority");
        }
        peer.expect(MessageType::PhaseDone)?;
        let suite_sends = match comes {
            InitiatorSends => trial.role() == Role::Listens,
            comes => comes == SuiteSends,
        };
        if suite_sends {
            // It has no variable that the implementation knows of.
            peer.send(&Message::PhaseDone)?;
        } else if comes != Nothing {
            full_state(&mut peer)?;
        }
        peer.answers()
    });
    let case = case.entry(entry).needs(Capability::Sync);
    // One that connects may have been started for the purpose, and has no runtime to be less than.
    if runtime == Less { case.only(Role::Listens) } else { case }
}

/// Greets with a runtime that depends on the implementation's.
fn with_runtime(trial: &mut Trial<'_>, runtime: Runtime) -> Outcome<Exchange> {
    let begun = Instant::now();
    loop {
        let mut peer = trial.open()?;
        peer.expect(MessageType::Version)?;
        let theirs = peer.theirs().version.as_ref().map_or(0, |version| version.runtime);
        let ours = match runtime {
            Less => theirs.checked_sub(1),
            Equal => Some(theirs),
            Greater => theirs.checked_add(1),
        };
        if let Some(ours) = ours {
            let mut version = peer.hello().version;
            version.runtime = ours;
            peer.send(&Message::Version(version))?;
            return Ok(peer);
        }
        if begun.elapsed() > Duration::from_secs(5) {
            return Stop::inconclusive("its runtime is 0 for more than 5 s");
        }
        // It counts whole seconds from its start.
        drop(peer);
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Waits for the implementation's state, and for the PHASE_DONE behind it.
fn full_state(peer: &mut Exchange) -> Outcome {
    let mut assigned = BTreeSet::new();
    loop {
        let Some(got) = peer.receive()? else { return Stop::failed("it closed within Sync") };
        match (&got.message, got.serial) {
            (Message::PhaseDone, _) => break,
            (_, Some(Serial::StateAccess(access))) => {
                Stop::unless(access.opcode == Opcode::Assign, || {
                    format!("{} came in Sync, which has assigns only", access.opcode.name())
                })?;
                let target = access.target.to_string();
                Stop::unless(!assigned.contains(&target), || format!("{target} came twice"))?;
                assigned.insert(target);
            }
            (_, Some(Serial::Event(event))) => {
                return Stop::failed(format!("the event {} came within Sync", event.name));
            }
            _ => {}
        }
    }
    let missing = ["conformance_n", "conformance_t"].into_iter().find(|n| !assigned.contains(*n));
    match missing {
        None => Ok(()),
        Some(name) => Stop::failed(format!("{name} was not assigned, only {assigned:?}")),
    }
}
