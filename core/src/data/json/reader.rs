//! Reads a document: first the table of its types, then what it is about.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Weak};

use super::node::{DEPTH, Node};
use super::object::{Fault, Keys, Result};
use super::types;
use crate::data::{Enclosing, Name, Type, TypeDef, TypeTag};

/// The reading of one document.
#[derive(Default)]
pub(super) struct Reader {
    labels: BTreeMap<String, usize>,
    types: Vec<Listed>,
    /// How deep what is being read lies.
    depth: u32,
    /// How deep that reaches which was read last, labelled types included.
    height: u32,
}

/// A type in the table.
enum Listed {
    /// Not yet made.
    Open(Keys),
    /// Being made: what refers to it lies within it.
    Pending { def: Weak<TypeDef>, name: Name, tag: TypeTag },
    /// Made, with its height.
    Made(Type, u32),
}

impl Reader {
    pub(super) fn new() -> Reader {
        Reader::default()
    }

    /// Takes the table of types.
    pub(super) fn table(&mut self, node: Node) -> Result<()> {
        let Node::Array(entries) = node else { return Err(Fault::expected("an array", &node)) };
        for (at, entry) in entries.into_iter().enumerate() {
            self.list(at, entry).map_err(|fault| fault.within(at))?;
        }
        (0..self.types.len()).try_for_each(|at| {
            self.listed(at).map(drop).map_err(|fault| fault.within(at).within("types"))
        })
    }

    fn list(&mut self, at: usize, entry: Node) -> Result<()> {
        let mut keys = Keys::of(entry)?;
        let label = match (keys.take("label"), keys.peek("name")) {
            (Some(Node::Text(label)), _) => label.into_owned(),
            (None, Some(Node::Text(name))) => name.to_string(),
            _ => return Err(Fault::new("neither a label nor a name")),
        };
        if types::standard(&label).is_some() {
            return Err(Fault::new(format_args!("{label:?} is a standard type's name")));
        }
        if self.labels.insert(label.clone(), at).is_some() {
            return Err(Fault::new(format_args!("a second {label:?}")));
        }
        self.types.push(Listed::Open(keys));
        Ok(())
    }

    /// Returns the type with this label.
    pub(super) fn labelled(&mut self, label: &str) -> Result<Type> {
        match self.labels.get(label) {
            Some(at) => self.listed(*at),
            None => Err(Fault::new(format_args!("no type {label:?}"))),
        }
    }

    /// Returns a type in the table by its position; makes it if need be.
    fn listed(&mut self, at: usize) -> Result<Type> {
        let unknown = || Fault::new("no such type");
        let listed = self.types.get_mut(at).ok_or_else(unknown)?;
        match listed {
            Listed::Made(ty, height) => {
                self.height = self.height.max(*height);
                Ok(ty.clone())
            }
            Listed::Pending { def, name, tag } => Ok(enclosing(def, name, *tag)),
            Listed::Open(_) => {
                let pending =
                    Listed::Pending { def: Weak::new(), name: Name::new(), tag: TypeTag::Void };
                let Listed::Open(keys) = mem::replace(listed, pending) else {
                    return Err(unknown());
                };
                let outer = mem::take(&mut self.height);
                let ty = types::read_def(keys, Some(at), self)?;
                if let Some(listed) = self.types.get_mut(at) {
                    *listed = Listed::Made(ty.clone(), self.height);
                }
                self.height = self.height.max(outer);
                Ok(ty)
            }
        }
    }

    /// Says what a type in the table is going to be, before its parts are read.
    pub(super) fn pending(&mut self, at: usize, def: Weak<TypeDef>, name: Name, tag: TypeTag) {
        if let Some(listed) = self.types.get_mut(at) {
            *listed = Listed::Pending { def, name, tag };
        }
    }

    /// Returns a reference to a type with this label from within it.
    pub(super) fn enclosing(&mut self, label: &str) -> Result<Type> {
        let ty = self.labelled(label)?;
        match &ty {
            Type::Def(def) => Ok(enclosing(&Arc::downgrade(def), &def.name, def.kind.tag())),
            _ => Ok(ty),
        }
    }

    /// Reads what lies a level deeper, within the bound on depth.
    ///
    /// References count as what they refer to, for what is made has to be walked through, and
    /// dropped at last.
    pub(super) fn enter<T>(&mut self, read: impl FnOnce(&mut Reader) -> Result<T>) -> Result<T> {
        let too_deep = || Fault::new(format_args!("nested deeper than {DEPTH}"));
        if self.depth >= DEPTH {
            return Err(too_deep());
        }
        self.depth += 1;
        let outer = mem::take(&mut self.height);
        let result = read(self);
        self.depth -= 1;
        let height = self.height.saturating_add(1);
        self.height = height.max(outer);
        if height > DEPTH { Err(too_deep()) } else { result }
    }
}

fn enclosing(def: &Weak<TypeDef>, name: &Name, tag: TypeTag) -> Type {
    Type::Enclosing(Arc::new(Enclosing { def: def.clone(), name: name.clone(), tag }))
}
