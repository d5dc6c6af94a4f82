//! Who sends its state (§3.3, §3.4).

use brocomm::data::{Opcode, Serial};
use brocomm::wire::Message;

use crate::suite::{Capability, Case, Entry, Exchange, Outcome, Stop, Trial};

pub(super) fn cases() -> Vec<Case> {
    let (none, plain, auth) = (None, Some(false), Some(true));
    [
        pair(1, Entry::Plain, plain, 0, Comes::State, "only the suite requests sync"),
        pair(
            2,
            Entry::Plain,
            auth,
            0,
            Comes::State,
            "only the suite requests sync, with authority",
        ),
        pair(3, Entry::Sync, none, 0, Comes::Nothing, "only the implementation requests sync"),
        pair(
            4,
            Entry::Auth,
            none,
            0,
            Comes::Nothing,
            "only the implementation requests sync, with authority",
        ),
        pair(5, Entry::Sync, auth, 0, Comes::Nothing, "both do, the suite with authority"),
        pair(6, Entry::Auth, plain, 0, Comes::State, "both do, the implementation with authority"),
        pair(
            7,
            Entry::Sync,
            plain,
            u32::MAX,
            Comes::Nothing,
            "both do without authority, and the suite has run for longer",
        ),
        both_claim(),
        equal_runtimes(),
    ]
    .into_iter()
    .map(|case| case.needs(Capability::Sync))
    .collect()
}

/// What the implementation has to do in Sync.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Comes {
    /// It sends its state and PHASE_DONE.
    State,
    /// It waits for the suite's.
    Nothing,
}

fn pair(
    number: u32,
    entry: Entry,
    sync: Option<bool>,
    runtime: u32,
    comes: Comes,
    who: &str,
) -> Case {
    let title = match comes {
        Comes::State => format!("it sends its state if {who}"),
        Comes::Nothing => format!("it waits for the suite's state if {who}"),
    };
    let description = "Completes the handshake with REQUEST_SYNC or without, and looks who sends \
                       state and the PHASE_DONE that ends Sync. Then both have to be in Running.";
    Case::must(&format!("3.3/{number}"), title, description, move |trial| {
        let mut peer = trial.running_as(|hello| {
            hello.sync = sync;
            hello.version.runtime = runtime;
        })?;
        synchronise(&mut peer, comes)
    })
    .entry(entry)
}

/// Goes through Sync.
fn synchronise(peer: &mut Exchange, comes: Comes) -> Outcome {
    let theirs = peer.theirs().phase_done;
    match comes {
        Comes::State => {
            let mut variables = Vec::new();
            while peer.theirs().phase_done < 2 {
                let Some(got) = peer.receive()? else { return Stop::failed("it closed in Sync") };
                if let Some(Serial::StateAccess(access)) = got.serial {
                    let assign = access.opcode == Opcode::Assign;
                    Stop::unless(assign, || format!("a {} came in Sync", access.opcode.name()))?;
                    variables.push(access.target.to_string());
                }
            }
            for name in ["conformance_n", "conformance_t"] {
                let times = variables.iter().filter(|variable| *variable == name).count();
                Stop::unless(times == 1, || format!("{name} was sent {times} times in Sync"))?;
            }
        }
        Comes::Nothing => {
            Stop::unless(theirs == 1, || format!("{theirs} PHASE_DONE came"))?;
            peer.send(&Message::PhaseDone)?;
        }
    }
    peer.answers()?;
    let (done, right) = (peer.theirs().phase_done, if comes == Comes::State { 2 } else { 1 });
    Stop::unless(done == right, || format!("{done} PHASE_DONE came"))
}

fn both_claim() -> Case {
    Case::must(
        "3.3/8",
        "two sides with authority are not connected",
        "Requests sync with authority of an implementation that does so as well: a \
         misconfiguration, for which it closes.",
        |trial| {
            let mut peer = trial.running_as(|hello| hello.sync = Some(true))?;
            trial.closes(&mut peer, "authority on both sides")
        },
    )
    .entry(Entry::Auth)
}

fn equal_runtimes() -> Case {
    Case::must(
        "3.3/9",
        "with equal runtimes the initiator sends its state",
        "Waits for the implementation's VERSION, announces the same runtime, and requests sync as \
         it does, both without authority.",
        |trial: &mut Trial<'_>| {
            let mut peer = trial.open()?;
            let mut hello = peer.hello();
            hello.sync = Some(false);
            // Which VERSION comes first is for nobody to say, so ours can follow theirs.
            peer.expect(brocomm::wire::MessageType::Version)?;
            let theirs = peer.theirs().version.as_ref();
            hello.version.runtime = theirs.map_or(0, |version| version.runtime);
            peer.send(&Message::Version(hello.version.clone()))?;
            peer.request(&hello)?;
            peer.complete(&hello)?;
            let comes = match trial.role() {
                crate::suite::Role::Connects => Comes::State,
                crate::suite::Role::Listens => Comes::Nothing,
            };
            synchronise(&mut peer, comes)
        },
    )
    .entry(Entry::Sync)
}
