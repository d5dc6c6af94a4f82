//! Replays recorded synchronization with our store in place of each Bro.

mod node;

use crate::common::{is_older, observed};
use brocomm::data::{Entry, Table, Value};
use brocomm::lowlevel::serial::{Mode, Transcript};
use brocomm::lowlevel::serial::{Serial, StateAccess};
use brocomm::lowlevel::state::FullState;
use brocomm::lowlevel::wire::Message;
use brocomm::node::Phase;
use brocomm_conformance::testing::compare_printed;
use brocomm_conformance::{
    Expectation, Expected, RecordedSession, Recording, Side, older_sessions, sessions,
};
use bytes::Bytes;
use node::Node;

/// An operation of one side, as recorded.
#[derive(Clone)]
struct Access {
    access: StateAccess,
    argument: Bytes,
    mode: Mode,
    transcript: Transcript,
}

/// The operations of one side in Sync and in Running, and whether it requested state.
#[derive(Default)]
struct Sent {
    full: Vec<Access>,
    running: Vec<Access>,
    requested: bool,
}

impl Sent {
    fn all(&self) -> impl Iterator<Item = &Access> {
        self.full.iter().chain(&self.running)
    }
}

fn sent(recording: &Recording, side: Side) -> Sent {
    let mut sent = Sent::default();
    for observed in observed(recording, side) {
        sent.requested |= matches!(observed.message, Ok(Message::RequestSync { .. }));
        let Some(Ok(Serial::StateAccess(access))) = observed.serial else { continue };
        let Ok(Message::Serial(argument)) = observed.message else { continue };
        let (mode, transcript) = (observed.mode.unwrap(), observed.transcript.unwrap());
        let list = match observed.phase {
            Phase::Running => &mut sent.running,
            _ => &mut sent.full,
        };
        list.push(Access { access: *access, argument, mode, transcript });
    }
    sent
}

/// Returns the unique IDs in a value, in the order in which Bro gives them.
fn ids(value: &Value, ids: &mut Vec<String>) {
    let (mutable, parts): (_, Vec<&Value>) = match value {
        Value::Table(table) => {
            (&table.mutable, table.entries.iter().filter_map(|e| e.value.as_ref()).collect())
        }
        Value::Record(record) => (&record.mutable, record.fields.iter().flatten().collect()),
        Value::Vector(vector) => (&vector.mutable, vector.items.iter().flatten().collect()),
        _ => return,
    };
    ids.push(mutable.unique_id.to_string());
    parts.iter().for_each(|part| self::ids(part, ids));
}

fn ids_of<'a>(accesses: impl IntoIterator<Item = &'a StateAccess>) -> Vec<String> {
    let mut all = Vec::new();
    for access in accesses {
        [Some(&access.op1), access.op2.as_ref(), access.op3.as_ref()]
            .iter()
            .flatten()
            .for_each(|operand| ids(operand, &mut all));
    }
    all
}

/// Returns the prefix of a side's unique IDs, if it sent its own containers.
fn prefix(sent: &Sent, peer: &Sent) -> String {
    let of = |sent: &Sent| {
        let ids = ids_of(sent.all().map(|sent| &sent.access));
        ids.iter().map(|id| id[..=id.rfind('#').unwrap()].to_owned()).collect::<Vec<_>>()
    };
    let theirs = of(peer);
    let own = of(sent).into_iter().find(|prefix| !theirs.contains(prefix));
    own.unwrap_or_else(|| "#other#1#".to_owned())
}

fn compare(node: &Node, expectation: &Expectation, side: Side, after_sync: bool) -> usize {
    let mut compared = 0;
    for expected in &expectation.expect {
        let (name, value) = match expected {
            Expected::ValueAfterSync { at, name, value } if *at == side && after_sync => {
                (name, value)
            }
            Expected::FinalValue { at, name, value } if *at == side && !after_sync => (name, value),
            _ => continue,
        };
        let got = node.printed(name);
        // This is how Bros up to 2.3 print a line feed.
        let value =
            if is_older(&expectation.name) { value.replace("^J", "\n") } else { value.clone() };
        let same = compare_printed(&[&value], &[&got]);
        assert!(same.is_ok(), "{} at the {side}, {name}: {same:?}", expectation.name);
        compared += 1;
    }
    compared
}

/// Counts operations by how their bytes compare to the recorded ones.
#[derive(Debug, Default, PartialEq)]
struct Compared {
    /// Identical.
    same: usize,
    /// Identical once entries are in the recorded order, which is that of Bro's hashes.
    in_other_order: usize,
    /// Different, because a record constructor has an anonymous type in Bro and the declared type
    /// in our store.
    of_other_type: usize,
}

/// Compares our store's operations with the recorded ones, both their content and their bytes.
fn assert_same(got: &[StateAccess], recorded: &[Access], what: &str, compared: &mut Compared) {
    let accesses: Vec<&StateAccess> = recorded.iter().map(|recorded| &recorded.access).collect();
    assert_eq!(got.iter().collect::<Vec<_>>(), accesses, "{what}");
    // Equality ignores unique IDs.
    assert_eq!(ids_of(got), ids_of(accesses), "{what}");
    for (got, recorded) in got.iter().zip(recorded) {
        if written(got, recorded) == recorded.argument {
            compared.same += 1;
            continue;
        }
        if has_anonymous_record(&recorded.access.op1) {
            compared.of_other_type += 1;
            continue;
        }
        let op1 = arranged(&got.op1, &recorded.access.op1);
        let arranged = StateAccess { op1, ..got.clone() };
        assert_eq!(written(&arranged, recorded), recorded.argument, "{what}: {got:?}");
        compared.in_other_order += 1;
    }
}

fn has_anonymous_record(value: &Value) -> bool {
    let Value::Record(record) = value else { return false };
    record.ty.name().is_empty() || record.fields.iter().flatten().any(has_anonymous_record)
}

/// Writes an operation with the recorded choice of references, which depends on which objects are
/// the same in the sender's memory.
fn written(access: &StateAccess, recorded: &Access) -> Bytes {
    let mut bytes = Vec::new();
    let serial = Serial::StateAccess(Box::new(access.clone()));
    recorded.transcript.write_again(&serial, recorded.mode, &mut bytes);
    bytes.into()
}

/// Puts the entries of a table into the recorded order.
fn arranged(value: &Value, recorded: &Value) -> Value {
    let (Value::Table(ours), Value::Table(theirs)) = (value, recorded) else {
        return value.clone();
    };
    let entry = |theirs: &Entry| ours.entries.iter().find(|ours| ours.index == theirs.index);
    let entries = theirs.entries.iter().filter_map(entry).cloned().collect();
    Table { entries, ..Table::clone(ours) }.into()
}

#[test]
fn the_store_has_and_sends_the_same_state_as_the_recorded_peers() {
    let (values, compared) = compare_all(&sessions());
    assert_eq!(values, 560);
    assert_eq!(compared, Compared { same: 313, in_other_order: 5, of_other_type: 3 });
    let (values, compared) = compare_all(&older_sessions());
    assert_eq!(values, 240);
    assert_eq!(compared, Compared { same: 243, in_other_order: 8, of_other_type: 2 });
}

/// Compares the states of recorded sessions; returns how many values and operations were compared.
fn compare_all(sessions: &[RecordedSession]) -> (usize, Compared) {
    let (mut values, mut compared) = (0, Compared::default());
    for session in sessions {
        let name = session.name();
        if !name.contains("-sync-")
            || name.contains("both-auth")
            || name.starts_with("fault-")
            || name.contains("points")
        {
            continue;
        }
        let (recording, expectation) =
            (session.recording().unwrap(), session.expectation().unwrap());
        for side in Side::BOTH {
            let (ours, theirs) = (sent(&recording, side), sent(&recording, side.other()));
            let script = expectation.party(side).script.as_deref();
            let script = script.unwrap_or_else(|| panic!("{name} has no script"));
            let mut node = Node::new(script, &prefix(&ours, &theirs));
            let what = format!("{name} at the {side}");

            let mut state = FullState::new();
            let mut full = Vec::new();
            while let Some(access) = node.store.next_state(&mut state).unwrap() {
                full.push(access);
            }
            if ours.full.is_empty() {
                for sent in &theirs.full {
                    node.store.apply_full(&sent.access).unwrap();
                }
            } else {
                assert_same(&full, &ours.full, &what, &mut compared);
            }
            values += compare(&node, &expectation, side, true);

            let running = node.run(script);
            if theirs.requested {
                assert_same(&running, &ours.running, &what, &mut compared);
            } else {
                assert!(ours.running.is_empty(), "{what}");
            }
            if ours.requested {
                for sent in &theirs.running {
                    node.store.apply(&sent.access).unwrap();
                }
            }
            values += compare(&node, &expectation, side, false);
        }
    }
    (values, compared)
}
