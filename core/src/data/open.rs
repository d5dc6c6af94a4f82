//! Containers whose type is not determined yet.

use super::{Name, StateAccess, Type, TypeKind, TypeTag, Value};

impl StateAccess {
    /// Returns the unique IDs of the operands' containers whose type is not determined yet. A Bro
    /// creates such containers for `&default=set()`. They are empty, and a Bro adds no elements to
    /// them. It accepts another container in their place.
    pub fn open_containers(&self) -> Vec<Name> {
        let mut open = Vec::new();
        for value in [Some(&self.op1), self.op2.as_ref()].into_iter().flatten() {
            collect(value, &mut open);
        }
        open
    }
}

fn collect(value: &Value, open: &mut Vec<Name>) {
    let mutable = match value {
        Value::Table(table) => {
            let values = table.entries.iter().filter_map(|entry| entry.value.as_ref());
            values.for_each(|value| collect(value, open));
            &table.mutable
        }
        Value::Record(record) => {
            record.fields.iter().flatten().for_each(|value| collect(value, open));
            &record.mutable
        }
        Value::Vector(vector) => {
            vector.items.iter().flatten().for_each(|value| collect(value, open));
            &vector.mutable
        }
        _ => return,
    };
    if !mutable.unique_id.is_empty() && is_open(&value.ty()) {
        open.push(mutable.unique_id.compact());
    }
}

fn is_open(container: &Type) -> bool {
    let Some(def) = container.def() else { return false };
    let index = match &def.kind {
        TypeKind::Table(table) => &table.index,
        TypeKind::Set(set) => &set.index,
        TypeKind::Vector(elements) => return elements.tag() == Some(TypeTag::Void),
        _ => return false,
    };
    index.def().is_some_and(|index| matches!(&index.kind, TypeKind::List(l) if l.types.is_empty()))
}
