//! Cases about which side sends its state (§3.3).

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use brocomm::lowlevel::serial::{Opcode, Serial};
use brocomm::lowlevel::wire::{Message, MessageType};

use crate::suite::{Capability, Case, Entry, Exchange, Outcome, Role, Stop, Trial};

/// The suite's runtime relative to the implementation's. Runtimes are signed (§2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runtime {
    Less,
    Equal,
    Greater,
    /// The suite's runtime is -1, like that of a peer whose clock was set back. The
    /// implementation's is not negative.
    Negative,
    /// The suite's runtime is the minimum, from which nothing can be subtracted.
    Least,
    /// The suite's runtime is the maximum.
    Greatest,
}

impl Runtime {
    /// Returns the suite's runtime, or `None` if there is no such number yet.
    fn against(self, theirs: u32) -> Option<u32> {
        let theirs = i32::try_from(theirs).ok()?;
        let ours = match self {
            // A negative runtime is a separate case.
            Runtime::Less => theirs.checked_sub(1).filter(|ours| *ours >= 0)?,
            Runtime::Equal => theirs,
            Runtime::Greater => theirs.checked_add(1)?,
            Runtime::Negative => -1,
            Runtime::Least => i32::MIN,
            Runtime::Greatest => i32::MAX,
        };
        Some(ours.cast_unsigned())
    }

    /// Returns the description for the title.
    fn description(self) -> &'static str {
        match self {
            Runtime::Less => "the peer has a shorter uptime",
            Runtime::Equal => "both have the same uptime",
            Runtime::Greater => "the peer has a longer uptime",
            Runtime::Negative => "the peer's runtime is negative",
            Runtime::Least => "the peer's runtime is -2147483648",
            Runtime::Greatest => "the peer's runtime is 2147483647",
        }
    }
}

/// The expected result of the requests of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// There is no Sync.
    Nothing,
    /// The suite sends its state.
    SuiteSends,
    /// The implementation sends its state.
    ImplementationSends,
    /// The initiator sends its state.
    InitiatorSends,
    /// The implementation closes the connection.
    Closes,
}

use Comes::{Closes, ImplementationSends, InitiatorSends, Nothing, SuiteSends};
use Runtime::{Equal, Greater, Greatest, Least, Less, Negative};

/// The suite's request, the peer entry, the runtimes, and the expected result.
const TABLE: [(Option<bool>, Entry, Runtime, Comes); 21] = [
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
    // Authority has priority over the runtime.
    (Some(false), Entry::Auth, Greater, ImplementationSends),
    (Some(true), Entry::Sync, Less, SuiteSends),
    (Some(false), Entry::Plain, Greater, ImplementationSends),
    // Runtimes are signed.
    (Some(false), Entry::Sync, Negative, ImplementationSends),
    (Some(false), Entry::Sync, Least, ImplementationSends),
    (Some(false), Entry::Sync, Greatest, SuiteSends),
    // Runtimes do not matter if only one side requests state or is authoritative.
    (Some(true), Entry::Sync, Negative, SuiteSends),
    (Some(false), Entry::Auth, Negative, ImplementationSends),
    (None, Entry::Sync, Negative, SuiteSends),
    (Some(false), Entry::Plain, Negative, ImplementationSends),
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
    let does = match comes {
        Nothing => "no Sync takes place",
        SuiteSends => "the peer sends its state",
        ImplementationSends => "the implementation sends its state",
        InitiatorSends => "the side that opened the connection sends its state",
        Closes => "the connection is closed",
    };
    let runtimes = runtime.description();
    let title = format!(
        "if the peer {}, the implementation {}, and {runtimes}: {does}",
        requests(ours),
        requests(requested(entry))
    );
    let description = "Goes through the handshake, announcing a runtime that depends on the \
                       implementation's own. The side that sends its state sends an assign for each \
                       synchronized variable that has a value, and then PHASE_DONE; until then the \
                       other side sends nothing. Then both are Running, and an event is echoed.";
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
            // The suite has no variable that the implementation knows.
            peer.send(&Message::PhaseDone)?;
        } else if comes != Nothing {
            full_state(&mut peer)?;
        }
        peer.answers()
    });
    let case = case.entry(entry).needs(Capability::Sync);
    // An implementation that connects may have just been started, so no runtime is smaller than its
    // own.
    if runtime == Less { case.only(Role::Listens) } else { case }
}

/// Returns what a peer entry requests.
fn requested(entry: Entry) -> Option<bool> {
    match entry {
        Entry::Sync => Some(false),
        Entry::Auth => Some(true),
        _ => None,
    }
}

/// Exchanges VERSIONs, with a runtime that depends on the implementation's.
fn with_runtime(trial: &mut Trial<'_>, runtime: Runtime) -> Outcome<Exchange> {
    let begun = Instant::now();
    loop {
        let mut peer = trial.open()?;
        peer.expect(MessageType::Version)?;
        let theirs = peer.theirs().version.as_ref().map_or(0, |version| version.runtime);
        if let Some(ours) = runtime.against(theirs) {
            let mut version = peer.hello().version;
            version.runtime = ours;
            peer.send(&Message::Version(version))?;
            return Ok(peer);
        }
        if begun.elapsed() > Duration::from_secs(5) {
            return Stop::inconclusive(format!("its runtime is {theirs} for more than 5 s"));
        }
        // The runtime is in whole seconds since the start.
        drop(peer);
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Waits for the implementation's state and the PHASE_DONE after it.
fn full_state(peer: &mut Exchange) -> Outcome {
    let mut assigned = BTreeSet::new();
    loop {
        let Some(got) = peer.receive()? else {
            return Stop::failed("it closed the connection in Sync");
        };
        match (&got.message, got.serial) {
            (Message::PhaseDone, _) => break,
            (_, Some(Serial::StateAccess(access))) => {
                Stop::unless(access.opcode == Opcode::Assign, || {
                    format!(
                        "{} arrived in Sync, in which only assign is allowed",
                        access.opcode.name()
                    )
                })?;
                let target = access.target.to_string();
                Stop::unless(!assigned.contains(&target), || {
                    format!("{target} was assigned twice")
                })?;
                assigned.insert(target);
            }
            (_, Some(Serial::Event(event))) => {
                return Stop::failed(format!("the event {} arrived in Sync", event.name));
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

#[cfg(test)]
mod tests {
    use brocomm::lowlevel::connection::Authority;
    use brocomm::node::{SyncRequest, SyncRole};

    use super::*;

    /// Compares the table with the core's decisions.
    #[test]
    fn the_core_decides_as_the_table_says() {
        let asks = |authoritative| SyncRequest { authoritative };
        for (ours, entry, runtime, comes) in TABLE {
            for (role, initiator_sends) in [
                (brocomm::node::Role::Initiator, SyncRole::Sender),
                (brocomm::node::Role::Acceptor, SyncRole::Receiver),
            ] {
                let expected = match comes {
                    Nothing => Authority::NoSync,
                    SuiteSends => Authority::Sync(SyncRole::Sender),
                    ImplementationSends => Authority::Sync(SyncRole::Receiver),
                    InitiatorSends => Authority::Sync(initiator_sends),
                    Closes => Authority::Misconfiguration,
                };
                let theirs = requested(entry).map(asks);
                let runtimes = (runtime.against(7).expect("there is one"), 7);
                let decided =
                    Authority::decide(ours.map(asks), theirs, runtimes.0, runtimes.1, role);
                assert_eq!(decided, expected, "{ours:?} {entry:?} {runtime:?} {role:?}");
            }
        }
    }

    #[test]
    fn the_core_decides_as_the_specification_says() {
        let (_, section) = include_str!("../../spec/01-wire.md").split_once("### §3.3").unwrap();
        let (section, _) = section.split_once("### §3.4").unwrap();
        let asks = Some(SyncRequest { authoritative: false });
        let runtime = |cell: &str| -> Option<i32> { cell.split(' ').nth(1)?.parse().ok() };
        let mut rows = 0;
        for line in section.lines() {
            let cells: Vec<&str> = line.split('|').collect();
            let [_, initiator, acceptor, sends, _] = cells[..] else { continue };
            let (Some(initiator), Some(acceptor)) = (runtime(initiator), runtime(acceptor)) else {
                continue;
            };
            let sends = match sends.trim() {
                "the initiator" => SyncRole::Sender,
                "the acceptor" => SyncRole::Receiver,
                other => panic!("{other}"),
            };
            let (ours, theirs) = (initiator.cast_unsigned(), acceptor.cast_unsigned());
            let role = brocomm::node::Role::Initiator;
            let decided = Authority::decide(asks, asks, ours, theirs, role);
            assert_eq!(decided, Authority::Sync(sends), "{line}");
            rows += 1;
        }
        assert_eq!(rows, 5);
    }
}
