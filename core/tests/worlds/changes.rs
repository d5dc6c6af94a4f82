//! Changes of variables after which all nodes must have the same values: all nodes add to shared
//! variables, and otherwise each one changes only its own.

use brocomm::data::Value;
use brocomm::lowlevel::serial::StateAccess;
use brocomm::state::{Path, StateError, Store};

use super::World;

/// The changes so far.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// The sum of all increments of `n`.
    pub sum: i64,
    /// The last value that each node assigned to the variable that only it writes.
    pub last: [String; 3],
    /// A counter for values that are never used twice.
    fresh: u64,
}

type Change = Result<Option<StateAccess>, StateError>;

/// Lets a node change its variables.
pub(crate) fn change(world: &mut World, n: usize) {
    let (what, key) = (world.random.below(24), world.random.range(0, 3));
    let by = world.random.range(0, 9) as i64 - 4;
    world.changes.fresh += 1;
    let fresh = world.changes.fresh;
    // Only the first node replaces the table that all write to. Merged tables stay equal only
    // as long as no connection is lost.
    let replaces = n == 0 && world.shape.loses;
    let merges = !world.shape.loses;
    match what {
        0 => world.changes.sum += by,
        1 => world.changes.last[n] = fresh.to_string(),
        2 if world.shape.large && n == 0 => {
            let key = world.random.range(0, 2100);
            return write_big(world, key);
        }
        _ => {}
    }
    let now = world.net.now;
    let change = |store: &mut Store| match do_one(store, n, what, key, by, fresh, replaces, merges)
    {
        // The entry to change does not exist or was deleted.
        Err(StateError::NoSuchEntry(_)) => Ok(None),
        done => done,
    };
    world.net.node(n).change_state(now, change).expect("it is valid");
}

/// Writes to the table with many entries, or deletes one.
pub(crate) fn write_big(world: &mut World, key: u64) {
    let text = format!("{key} {}", "x".repeat(world.random.below(100)));
    let deletes = world.random.percent(10);
    let now = world.net.now;
    let change = |store: &mut Store| match deletes {
        true => store.delete("big", index(key)),
        false => store.assign(Path::to("big").index(index(key)), text),
    };
    world.net.node(0).change_state(now, change).expect("it is valid");
}

fn index(key: u64) -> Vec<Value> {
    vec![Value::Count(key)]
}

fn value(text: &str) -> Value {
    Value::parse(text, None, &super::declarations()).expect("the value is valid")
}

#[allow(clippy::too_many_arguments, reason = "numbers that select a change")]
fn do_one(
    store: &mut Store,
    n: usize,
    what: usize,
    key: u64,
    by: i64,
    fresh: u64,
    replaces: bool,
    merges: bool,
) -> Change {
    let own = key * 3 + n as u64;
    let text = format!("{fresh}");
    let up = by.abs();
    let at = |table: &str| Path::to(table).index(index(own));
    let list = format!("l{n}");
    let list = list.as_str();
    match what {
        0 => store.increment("n", by),
        1 => store.assign(format!("w{n}").as_str(), text),
        2 | 3 => store.increment(Path::to("v").element(key), up),
        4 => store.increment(Path::to("r").field("s").field("b"), up),
        // Each of two nodes has a field, and the third has the vector.
        5 if n == 2 => store.assign(Path::to("r").field("v").element(key), fresh),
        5 if by < 0 => store.unset(Path::to("r").field("s").field(["a", "c"][n])),
        5 => store.assign(Path::to("r").field("s").field(["a", "c"][n]), text),
        6 => store.assign(at("t"), text),
        7 => store.delete("t", index(own)),
        8 if replaces => store.assign("t", value(&format!("table([{own}] = \"{text}\")"))),
        8 | 9 => store.add("s", vec![Value::Count(own), Value::string("x")]),
        10 => store.delete("s", vec![Value::Count(own), Value::string("x")]),
        11 => store.assign(at("tr"), value(&format!("[$a=\"{text}\", $b={key}]"))),
        12 => store.increment(at("tr").field("b"), up),
        13 => store.delete("tr", index(own)),
        14 => store.assign(at("tt"), value("table([7] = 7)")),
        15 => store.assign(at("tt").index(index(key)), fresh),
        16 => store.assign(at("tv"), value("vector(1, 2)")),
        17 => store.increment(at("tv").element(key % 2), up),
        18 => store.assign(list, value(&format!("vector({key}, {fresh}, 3)"))),
        19 => store.assign(Path::to(list).element(key), fresh),
        20 => store.add(if by < 0 { "created" } else { "late" }, index(fresh)),
        21 if by < 0 => store.assign(Path::to("read").index(index(fresh)), fresh),
        // All nodes read what any node has stored there.
        21 => store.touch("read", index(fresh - fresh.min(key * 4))).map(|touched| touched.access),
        _ if !merges => Ok(None),
        22 => store.assign(at("m"), text),
        _ => store.delete("m", index(own)),
    }
}

/// Lets one of two nodes write to variables that both write to.
pub(crate) fn collide(world: &mut World, n: usize) -> (bool, String) {
    world.changes.fresh += 1;
    let text = world.changes.fresh.to_string();
    let adds = world.random.percent(50);
    let now = world.net.now;
    let node = world.net.node(n);
    let set = |store: &mut Store| match adds {
        true => store.add("both_set", index(1)),
        false => store.delete("both_set", index(1)),
    };
    node.change_state(now, |store| store.assign("both", text.as_str())).expect("it is valid");
    node.change_state(now, set).expect("it is valid");
    (adds, text)
}
