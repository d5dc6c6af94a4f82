//! Writes a document: what it is about, and the table of its types.
//!
//! Types are numbered as they are met, and written once each. Only at the end is it known which of
//! them are used once only, and in which order they lie within each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::node::Node;
use super::object::Fields;
use super::types;
use crate::data::{Name, TypeDef};

/// How many anonymous types may be written within each other before one goes to the table.
const INLINE: u32 = 3;

/// The writing of one document.
#[derive(Default)]
pub(super) struct Writer {
    numbers: BTreeMap<*const TypeDef, usize>,
    types: Vec<Met>,
    /// Types whose definitions are still to be written.
    queue: Vec<usize>,
}

/// A type that was met.
struct Met {
    def: Arc<TypeDef>,
    node: Option<Node>,
    uses: u32,
    /// Whether it encloses a place that was met.
    encloses: bool,
    /// Whether it was only ever met as what encloses a place. Nothing else in the document holds
    /// it; so the reference to it has to.
    loose: bool,
    /// How deep anonymous types lie within it; 0 if it goes to the table.
    inline: u32,
    label: String,
}

impl Writer {
    pub(super) fn new() -> Writer {
        Writer::default()
    }

    fn number(&mut self, def: &Arc<TypeDef>) -> usize {
        let next = self.types.len();
        let number = *self.numbers.entry(Arc::as_ptr(def)).or_insert(next);
        if number == next {
            self.types.push(Met {
                def: Arc::clone(def),
                node: None,
                uses: 0,
                encloses: false,
                loose: false,
                inline: 0,
                label: String::new(),
            });
        }
        number
    }

    /// Refers to a type.
    pub(super) fn def(&mut self, def: &Arc<TypeDef>) -> Node {
        let number = self.number(def);
        if let Some(met) = self.types.get_mut(number) {
            if met.uses == 0 {
                self.queue.push(number);
            }
            met.uses = met.uses.saturating_add(1);
        }
        Node::Type(number)
    }

    /// Refers to a type from within it.
    pub(super) fn enclosing(&mut self, def: &Arc<TypeDef>) -> Node {
        let number = self.number(def);
        if let Some(met) = self.types.get_mut(number) {
            met.encloses = true;
        }
        Node::Enclosing(number)
    }

    /// Ends the document: adds the table of types, if there are any in it.
    pub(super) fn finish(mut self, root: Node) -> Node {
        self.write_types();
        let order = self.order(&root);
        self.decide(&order);
        let root = self.resolve(root);
        let Node::Object(mut members) = root else { return root };
        let mut table = Vec::new();
        for number in order {
            if let Some(entry) = self.entry(number) {
                table.push(entry);
            }
        }
        if !table.is_empty() {
            members.push(("types".into(), Node::Array(table)));
        }
        Node::Object(members)
    }

    /// Writes the definitions of all types met, and of those that these meet.
    fn write_types(&mut self) {
        let mut at = 0;
        loop {
            while let Some(number) = self.queue.pop() {
                self.write_type(number);
            }
            match self.types.get_mut(at) {
                Some(met) if met.node.is_none() => {
                    met.loose = true;
                    self.write_type(at);
                }
                Some(_) => at += 1,
                None => return,
            }
        }
    }

    fn write_type(&mut self, number: usize) {
        let Some(met) = self.types.get(number) else { return };
        if met.node.is_some() {
            return;
        }
        let def = Arc::clone(&met.def);
        let node = types::write_def(&def, self);
        if let Some(met) = self.types.get_mut(number) {
            met.node = Some(node);
        }
    }

    /// Puts the types in an order in which each stands before those that lie in it.
    fn order(&self, root: &Node) -> Vec<usize> {
        let mut done = Vec::new();
        let mut seen = BTreeSet::new();
        let mut stack = vec![(None, self.parts(root).into_iter())];
        while let Some((number, parts)) = stack.last_mut() {
            match parts.next() {
                Some(part) => {
                    if seen.insert(part) {
                        let node = self.types.get(part).and_then(|met| met.node.as_ref());
                        let parts = node.map(|node| self.parts(node)).unwrap_or_default();
                        stack.push((Some(part), parts.into_iter()));
                    }
                }
                None => {
                    done.extend(*number);
                    stack.pop();
                }
            }
        }
        done.reverse();
        done
    }

    /// Returns the types that something refers to, the last first.
    fn parts(&self, node: &Node) -> Vec<usize> {
        let mut parts = Vec::new();
        let mut rest = vec![node];
        while let Some(node) = rest.pop() {
            match node {
                Node::Type(number) => parts.push(*number),
                Node::Enclosing(number) if self.is_loose(*number) => parts.push(*number),
                Node::Array(items) => rest.extend(items),
                Node::Object(members) => rest.extend(members.iter().map(|(_, value)| value)),
                _ => {}
            }
        }
        parts
    }

    fn is_loose(&self, number: usize) -> bool {
        self.types.get(number).is_some_and(|met| met.loose)
    }

    /// Decides which types are written where they are used, and names the others.
    fn decide(&mut self, order: &[usize]) {
        for &number in order.iter().rev() {
            let Some(met) = self.types.get(number) else { continue };
            if !met.def.name.is_empty() || met.uses != 1 || met.encloses {
                continue;
            }
            let parts = met.node.as_ref().map(|node| self.parts(node)).unwrap_or_default();
            let inline = parts.iter().filter_map(|part| self.types.get(*part)).map(|p| p.inline);
            let inline = inline.max().unwrap_or(0) + 1;
            if inline <= INLINE {
                if let Some(met) = self.types.get_mut(number) {
                    met.inline = inline;
                }
            }
        }
        let mut labels = BTreeSet::new();
        let mut counts = BTreeMap::<String, u32>::new();
        for &number in order {
            let Some(met) = self.types.get_mut(number).filter(|met| met.inline == 0) else {
                continue;
            };
            let plain = label_of(&met.def.name).filter(|name| !labels.contains(*name));
            met.label = match plain {
                Some(name) => name.to_owned(),
                None => {
                    let stem = label_of(&met.def.name).unwrap_or(types::kind_key(&met.def.kind));
                    let count = counts.entry(stem.to_owned()).or_insert(0);
                    *count += 1;
                    format!("{stem}#{count}")
                }
            };
            labels.insert(met.label.clone());
        }
    }

    fn entry(&mut self, number: usize) -> Option<Node> {
        let met = self.types.get_mut(number).filter(|met| met.inline == 0)?;
        let (label, node) = (met.label.clone(), met.node.take()?);
        let mut fields = Fields::new();
        if met.def.name != *label {
            fields.node("label", Node::text(label));
        }
        let (Node::Object(entry), Node::Object(mut members)) =
            (Node::from(fields), self.resolve(node))
        else {
            return None;
        };
        members.splice(0..0, entry);
        Some(Node::Object(members))
    }

    /// Puts labels and definitions in the place of numbers.
    fn resolve(&mut self, node: Node) -> Node {
        match node {
            Node::Type(number) => match self.types.get_mut(number) {
                Some(met) if met.inline > 0 => {
                    let node = met.node.take().unwrap_or(Node::Null);
                    self.resolve(node)
                }
                _ => self.label(number),
            },
            Node::Enclosing(number) if self.is_loose(number) => self.label(number),
            Node::Enclosing(number) => {
                let mut fields = Fields::new();
                fields.node("enclosing", self.label(number));
                fields.into()
            }
            Node::Array(items) => {
                Node::Array(items.into_iter().map(|item| self.resolve(item)).collect())
            }
            Node::Object(members) => {
                let resolve = |(key, value)| (key, self.resolve(value));
                Node::Object(members.into_iter().map(resolve).collect())
            }
            other => other,
        }
    }

    fn label(&self, number: usize) -> Node {
        Node::text(self.types.get(number).map(|met| met.label.clone()).unwrap_or_default())
    }
}

/// Returns a type's name as a label, if it can be one: no standard type's name, and without the
/// sign that tells made-up labels.
fn label_of(name: &Name) -> Option<&str> {
    let name = name.as_str()?;
    let is_taken = name.is_empty() || name.contains('#') || types::standard(name).is_some();
    (!is_taken).then_some(name)
}
