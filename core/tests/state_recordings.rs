//! Recorded synchronization: our store in the place of either Bro.

mod common;

use brocomm::connection::{Observer, Phase};
use brocomm::data::{Declarations, Global, Serial, StateAccess, Value};
use brocomm::state::{FullState, Limits, Path, StateError, Store};
use brocomm::wire::{Framing, Message};
use brocomm_conformance::testing::compare_printed;
use brocomm_conformance::{Expectation, Expected, Recording, Side, StepKind, sessions};
use common::role;

/// What one side sent: in Sync, then in Running; and whether it requested state.
#[derive(Default)]
struct Sent {
    full: Vec<StateAccess>,
    running: Vec<StateAccess>,
    requested: bool,
}

fn sent(recording: &Recording, side: Side) -> Sent {
    let mut observer = Observer::new(Framing::Clear, Default::default(), Default::default());
    let mut sent = Sent::default();
    for step in &recording.steps {
        let StepKind::Data { from, bytes } = &step.kind else { continue };
        observer.feed(role(*from), bytes);
        while let Some(observed) = observer.poll() {
            if observed.side != role(side) {
                continue;
            }
            sent.requested |= matches!(observed.message, Ok(Message::RequestSync { .. }));
            if let Some(Ok(Serial::StateAccess(access))) = observed.serial {
                let list = match observed.phase {
                    Phase::Running => &mut sent.running,
                    _ => &mut sent.full,
                };
                list.push(*access);
            }
        }
    }
    sent
}

/// A store that does what a side's script does.
struct Node {
    store: Store,
    declarations: Declarations,
    /// The script's local variables.
    locals: Store,
}

impl Node {
    fn new(script: &str, prefix: &str) -> Node {
        let mut declarations = Declarations::new();
        for line in script.lines().filter(|l| l.starts_with("type ") || l.starts_with("global v_"))
        {
            declarations.read(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        }
        let mut store = Store::new(prefix, Limits::default());
        store.declare_synchronized(&declarations).unwrap();
        Node { store, declarations, locals: Store::new("", Limits::default()) }
    }

    /// Does what the script does when the handshake is done; returns what is to be sent.
    fn run(&mut self, script: &str) -> Vec<StateAccess> {
        let handler =
            "event remote_connection_handshake_done(p: event_peer)\n\t{\n\tdump_before();";
        let body = script.split(handler).nth(1).unwrap();
        let statements = body.split("\n\t}").next().unwrap().lines();
        let statements = statements.filter_map(|line| line.trim().strip_suffix(';'));
        statements.filter_map(|statement| self.statement(statement)).collect()
    }

    fn statement(&mut self, text: &str) -> Option<StateAccess> {
        if text.starts_with("schedule") {
            return None;
        }
        if let Some(local) = text.strip_prefix("local ") {
            let (name, ty) = local.split_once(": ").unwrap();
            let ty = self.declarations.types[ty.as_bytes()].clone();
            self.locals.declare(&Global::new(name, ty)).unwrap();
            return None;
        }
        let number = |text: &str, sign: &str| text.strip_prefix(sign).map(str::to_owned);
        for (sign, difference) in [("++", 1), ("--", -1)] {
            if let Some(place) = number(text, sign) {
                let path = self.path(&place);
                return match self.of(&path).increment(path, difference) {
                    // As in Bro, that is an error and the script goes on.
                    Err(StateError::NoSuchEntry(_)) => None,
                    result => result.unwrap(),
                };
            }
        }
        if let Some(place) = text.strip_prefix("add ") {
            let (path, index) = self.element(place);
            return self.store.add(path, index).unwrap();
        }
        if let Some(place) = text.strip_prefix("delete ") {
            if place.contains('$') {
                let path = self.path(place);
                return self.store.unset(path).unwrap();
            }
            let (path, index) = self.element(place);
            return self.store.delete(path, index).unwrap();
        }
        let (place, value) = text.split_once(" = ").or_else(|| text.split_once(" += ")).unwrap();
        let path = self.path(place);
        let value = match self.locals.get(value) {
            Ok(value) => value,
            Err(_) if value.starts_with("string_cat") => {
                Value::string(format!("{}!", self.store.get("v_string").unwrap()))
            }
            Err(_) if text.contains(" += ") => match self.store.get(path.clone()) {
                Ok(Value::Count(old)) => Value::Count(old + value.parse::<u64>().unwrap()),
                other => panic!("{text}: {other:?}"),
            },
            Err(_) => Value::parse(value, None, &self.declarations).unwrap(),
        };
        self.of(&path).assign(path, value).unwrap()
    }

    /// Returns the store that has the variable.
    fn of(&mut self, path: &Path) -> &mut Store {
        if path.target.starts_with(b"v_") { &mut self.store } else { &mut self.locals }
    }

    /// Reads `v_rec$c$a`, `v_table[1, "A"]` or `v_vec[3]`.
    fn path(&self, text: &str) -> Path {
        if text.ends_with(']') {
            let (path, index) = self.element(text);
            return match (self.store.get(path.clone()), index.as_slice()) {
                (Ok(Value::Vector(_)), [Value::Count(at)]) => path.element(*at),
                _ => path.index(index),
            };
        }
        let mut fields = text.split('$');
        let path = Path::to(fields.next().unwrap());
        fields.fold(path, |path, field| path.field(field))
    }

    fn element(&self, text: &str) -> (Path, Vec<Value>) {
        let (variable, index) = text.split_once('[').unwrap();
        let set = Value::parse(&format!("set([{index})"), None, &self.declarations).unwrap();
        let Value::Table(set) = set else { panic!("{text}") };
        (Path::to(variable), set.entries[0].index.items.clone())
    }

    fn printed(&self, name: &str) -> String {
        match self.store.get(name).unwrap() {
            // The scripts print a file's name.
            Value::File(_, file) => file.name.to_string(),
            value => value.to_string(),
        }
    }
}

/// Returns the unique ids in a value, in the order in which Bro gives them.
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

fn ids_of(accesses: &[StateAccess]) -> Vec<String> {
    let mut all = Vec::new();
    for access in accesses {
        [Some(&access.op1), access.op2.as_ref(), access.op3.as_ref()]
            .iter()
            .flatten()
            .for_each(|operand| ids(operand, &mut all));
    }
    all
}

/// Returns what a side's unique ids begin with, if it sent containers of its own.
fn prefix(sent: &Sent, peer: &Sent) -> String {
    let of = |sent: &Sent| {
        let ids = [ids_of(&sent.full), ids_of(&sent.running)].concat();
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
        let same = compare_printed(&[value], &[&got]);
        assert!(same.is_ok(), "{} at the {side}, {name}: {same:?}", expectation.name);
        compared += 1;
    }
    compared
}

fn assert_same(got: &[StateAccess], recorded: &[StateAccess], what: &str) {
    assert_eq!(got, recorded, "{what}");
    // Equality doesn't look at unique ids.
    assert_eq!(ids_of(got), ids_of(recorded), "{what}");
}

#[test]
fn the_store_is_as_the_real_peers_are_and_sends_what_they_send() {
    let (mut values, mut sent_by_us) = (0, 0);
    for session in sessions() {
        let name = session.name();
        if !name.starts_with("bro-bro-sync-")
            || name.contains("both-auth")
            || name.contains("points")
        {
            continue;
        }
        let (recording, expectation) =
            (session.recording().unwrap(), session.expectation().unwrap());
        for side in Side::BOTH {
            let (ours, theirs) = (sent(&recording, side), sent(&recording, side.other()));
            let script = expectation.party(side).script.as_deref().unwrap();
            let mut node = Node::new(script, &prefix(&ours, &theirs));
            let what = format!("{name} at the {side}");

            let mut state = FullState::new();
            let mut full = Vec::new();
            while let Some(access) = node.store.next_state(&mut state).unwrap() {
                full.push(access);
            }
            if ours.full.is_empty() {
                theirs.full.iter().for_each(|access| drop(node.store.apply_full(access).unwrap()));
            } else {
                sent_by_us += full.len();
                assert_same(&full, &ours.full, &what);
            }
            values += compare(&node, &expectation, side, true);

            let running = node.run(script);
            if theirs.requested {
                sent_by_us += running.len();
                assert_same(&running, &ours.running, &what);
            } else {
                assert!(ours.running.is_empty(), "{what}");
            }
            if ours.requested {
                theirs.running.iter().for_each(|access| drop(node.store.apply(access).unwrap()));
            }
            values += compare(&node, &expectation, side, false);
        }
    }
    assert_eq!((values, sent_by_us), (560, 321));
}
