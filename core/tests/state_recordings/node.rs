//! Interprets the script of a recording.

use brocomm::data::{Declarations, Global, Value};
use brocomm::lowlevel::serial::StateAccess;
use brocomm::state::{Path, StateError, Store, StoreLimits};

/// A store that is changed by the script of one side.
pub(crate) struct Node {
    pub(crate) store: Store,
    declarations: Declarations,
    /// The script's local variables.
    locals: Store,
}

impl Node {
    pub(crate) fn new(script: &str, prefix: &str) -> Node {
        let mut declarations = Declarations::new();
        for line in script.lines().filter(|l| l.starts_with("type ") || l.starts_with("global v_"))
        {
            declarations.read(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        }
        let mut store = Store::new(prefix, StoreLimits::default());
        store.declare_synchronized(&declarations).unwrap();
        Node { store, declarations, locals: Store::new("", StoreLimits::default()) }
    }

    /// Runs the part of the script after the handshake; returns the operations to send.
    pub(crate) fn run(&mut self, script: &str) -> Vec<StateAccess> {
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
                    // As in Bro, this is an error and the script continues.
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
        (Path::to(variable), set.entries[0].index.items.to_vec())
    }

    pub(crate) fn printed(&self, name: &str) -> String {
        match self.store.get(name).unwrap() {
            // The scripts print the name of a file.
            Value::File(_, file) => file.name.to_string(),
            value => value.to_string(),
        }
    }
}
