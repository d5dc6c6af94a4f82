mod apply;
mod bounds;
mod expiry;
mod full;
mod local;
mod path;
mod properties;
mod snapshot;
mod stored;

use crate::data::{Declarations, StateAccess, Value};
use crate::state::{Path, Store, StoreLimits};

/// Variables of all kinds.
const SCRIPT: &str = "
    type Hue: enum { RED, GREEN };
    type Small: record { a: string; b: count &default=42; c: double &optional; };
    type Large: record { s: Small; t: table[count] of string &create_expire=1min; n: int &optional; };
    global n: int = 5 &synchronized;
    global c = 1 &synchronized;
    global s = \"x\" &synchronized;
    global h: Hue = RED &synchronized;
    global none: addr &synchronized;
    global set1: set[count] = { 1, 2 } &synchronized;
    global set2: set[addr, port] &synchronized;
    global t1: table[count] of string = { [1] = \"a\" } &synchronized;
    global t2: table[count, string] of count &synchronized;
    global tr: table[string] of Small &synchronized;
    global tt: table[count] of table[count] of count &synchronized;
    global tv: table[count] of vector of count &synchronized;
    global v: vector of count = vector(1, 2, 3) &synchronized;
    global vr: vector of Small &synchronized;
    global r: Large = [$s=[$a=\"ra\"], $t=table()] &synchronized;
    global x: any = 1 &synchronized;
    global m: table[count] of string = { [1] = \"m\" } &synchronized &mergeable;
    global own = 0;
    global own_set: set[count];
";

fn declarations() -> Declarations {
    let mut declarations = Declarations::new();
    declarations.read(SCRIPT).unwrap();
    declarations
}

/// Creates a store with all variables, including those not synchronized.
fn store(host: &str) -> Store {
    store_of(SCRIPT, host)
}

fn store_of(script: &str, host: &str) -> Store {
    let mut declarations = Declarations::new();
    declarations.read(script).unwrap();
    let mut store = Store::new(format!("#{host}#1#"), StoreLimits::default());
    declarations.globals.iter().for_each(|global| store.declare(global).unwrap());
    store
}

fn count(index: u64) -> Vec<Value> {
    vec![Value::Count(index)]
}

/// Reads a value.
fn value(text: &str) -> Value {
    Value::parse(text, None, &declarations()).unwrap()
}

/// Returns the value at a path as one line.
fn shown(store: &Store, path: impl Into<Path>) -> String {
    match store.get(path) {
        Ok(value) => value.to_string().replace(['\n', '\t'], ""),
        Err(error) => format!("error: {error}"),
    }
}

/// Returns an operation as text.
fn notified(access: &StateAccess) -> String {
    let mut shown = format!("{} {} {}", access.opcode.name(), access.target, access.op1);
    for operand in [&access.op2, &access.op3] {
        match operand {
            Some(value) => shown.push_str(&format!(" {value}")),
            None => shown.push_str(" -"),
        }
    }
    shown.replace(['\n', '\t'], "")
}

/// Brings `to` to the state of `from`.
fn sync(from: &Store, to: &mut Store) {
    let mut state = crate::state::FullState::new();
    while let Some(access) = from.next_state(&mut state).unwrap() {
        to.apply_full(&access).unwrap();
    }
}

/// Returns all synchronized variables as text.
fn all(store: &Store) -> Vec<String> {
    let names = store.names().filter(|name| !name.starts_with(b"own"));
    names.map(|name| format!("{name} = {}", shown(store, Path::to(name.clone())))).collect()
}
