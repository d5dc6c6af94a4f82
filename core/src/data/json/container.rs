//! Lists, tables, sets, records and vectors.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::attributes::{get_attributes, put_attributes};
use super::mapping::Json;
use super::node::Node;
use super::object::{Fault, Fields, Keys, Result};
use super::reader::Reader;
use super::types::{same, standard};
use super::value::read_type;
use super::writer::Writer;
use crate::data::{
    Entry, Field, List, Mutable, Name, Record, Table, Type, TypeDef, TypeKind, TypeTag, Value,
    Vector,
};

fn put_mutable(mutable: &Mutable, fields: &mut Fields, out: &mut Writer) {
    fields.put_unless("properties", &mutable.properties, &0, out);
    fields.put_unless("unique_id", &mutable.unique_id, &Name::new(), out);
}

fn get_mutable(keys: &mut Keys, from: &mut Reader) -> Result<Mutable> {
    Ok(Mutable {
        properties: keys.get_or("properties", 0, from)?,
        unique_id: keys.get_or("unique_id", Name::new(), from)?,
    })
}

pub(super) fn write_list(list: &List, fields: &mut Fields, out: &mut Writer) {
    fields.put("list", &list.ty, out);
    let tag = match TypeTag::from_u8(list.tag) {
        Some(tag) => tag.write(out),
        None => list.tag.write(out),
    };
    fields.node("tag", tag);
    fields.put("items", &list.items, out);
}

pub(super) fn read_list(keys: &mut Keys, from: &mut Reader) -> Result<List> {
    let ty = read_type("list", TypeTag::List, keys, from)?;
    let tag = match keys.peek("tag") {
        Some(Node::Text(name)) => {
            let tag = standard(name).ok_or_else(|| Fault::new("no such type").within("tag"))?;
            keys.take("tag");
            tag as u8
        }
        _ => keys.get("tag", from)?,
    };
    Ok(List { ty, tag, items: keys.get("items", from)? })
}

pub(super) fn write_vector(vector: &Vector, fields: &mut Fields, out: &mut Writer) {
    fields.put("vector", &vector.ty, out);
    fields.put("items", &vector.items, out);
    put_mutable(&vector.mutable, fields, out);
}

pub(super) fn read_vector(keys: &mut Keys, from: &mut Reader) -> Result<Vector> {
    let ty = read_type("vector", TypeTag::Vector, keys, from)?;
    Ok(Vector { ty, items: keys.get("items", from)?, mutable: get_mutable(keys, from)? })
}

/// Returns a record type's fields, if their names can be the keys of so many values.
fn keyed(def: Option<&TypeDef>) -> Option<&[Field]> {
    let TypeKind::Record(record) = &def?.kind else { return None };
    let fields = record.fields.as_deref()?;
    let mut names = BTreeSet::new();
    let is_key = |field: &Field| field.name.as_str().is_some() && names.insert(field.name.clone());
    fields.iter().all(is_key).then_some(fields)
}

pub(super) fn write_record(record: &Record, fields: &mut Fields, out: &mut Writer) {
    fields.put("record", &record.ty, out);
    let def = record.ty.def();
    let names = keyed(def.as_deref()).filter(|names| names.len() == record.fields.len());
    let content = match names {
        None => record.fields.write(out),
        Some(names) => {
            let mut content = Fields::new();
            for (field, value) in names.iter().zip(&record.fields) {
                content.put(field.name.as_str().unwrap_or_default().to_owned(), value, out);
            }
            content.into()
        }
    };
    fields.node("fields", content);
    put_mutable(&record.mutable, fields, out);
}

pub(super) fn read_record(keys: &mut Keys, from: &mut Reader) -> Result<Record> {
    let ty = read_type("record", TypeTag::Record, keys, from)?;
    let content = keys.take("fields").ok_or_else(|| Fault::new("no key \"fields\""))?;
    let fields = match content {
        Node::Array(_) => Json::read(content, from),
        content => read_fields(&ty, content, from),
    };
    let fields = fields.map_err(|fault| fault.within("fields"))?;
    Ok(Record { ty, fields, mutable: get_mutable(keys, from)? })
}

fn read_fields(ty: &Type, content: Node, from: &mut Reader) -> Result<Vec<Option<Value>>> {
    let mut content = Keys::of(content)?;
    let def = ty.def();
    let names = keyed(def.as_deref()).ok_or_else(|| {
        Fault::new("expected an array, because the type doesn't tell the fields' names")
    })?;
    let read = |field: &Field| content.get(field.name.as_str().unwrap_or_default(), from);
    let fields = names.iter().map(read).collect::<Result<_>>()?;
    content.finish()?;
    Ok(fields)
}

/// Returns the type that the indices of a table or set have by themselves.
fn index_type(def: Option<&TypeDef>) -> Option<&Type> {
    match &def?.kind {
        TypeKind::Set(set) => Some(&set.index),
        TypeKind::Table(table) => Some(&table.index),
        _ => None,
    }
}

pub(super) fn write_table(table: &Table, fields: &mut Fields, out: &mut Writer) {
    fields.put(if table.is_set() { "set" } else { "table" }, &table.ty, out);
    let def = table.ty.def();
    let index_type = index_type(def.as_deref());
    let entries = table.entries.iter().map(|entry| write_entry(entry, index_type, out)).collect();
    fields.node("entries", Node::Array(entries));
    put_attributes(&table.attributes, &table.ty, fields, out);
    fields.put("expire_time", &table.expire_time, out);
    fields.put("expire_func", &table.expire_func, out);
    put_mutable(&table.mutable, fields, out);
}

fn write_entry(entry: &Entry, index_type: Option<&Type>, out: &mut Writer) -> Node {
    let index = &entry.index;
    let is_usual = index.tag == List::usual_tag(&index.items)
        && index_type.is_some_and(|ty| same(ty, &index.ty));
    let mut fields = Fields::new();
    if is_usual {
        fields.put("index", &index.items, out);
    } else {
        let mut list = Fields::new();
        write_list(index, &mut list, out);
        fields.node("index", list.into());
    }
    fields.put("value", &entry.value, out);
    put_time("last_access", entry.last_access, &mut fields, out);
    put_time("expire_access", entry.expire_access, &mut fields, out);
    fields.into()
}

fn put_time(key: &'static str, time: f64, fields: &mut Fields, out: &mut Writer) {
    // Minus zero isn't usual.
    if time.to_bits() != 0 {
        fields.put(key, &time, out);
    }
}

pub(super) fn read_table(kind: &str, keys: &mut Keys, from: &mut Reader) -> Result<Table> {
    let ty = read_type(kind, TypeTag::Table, keys, from)?;
    let mut table = Table {
        mutable: get_mutable(keys, from)?,
        attributes: get_attributes(&ty, keys, from)?,
        expire_time: keys.get("expire_time", from)?,
        expire_func: keys.get("expire_func", from)?,
        ..Table::new(ty)
    };
    let def = table.ty.def();
    let index_type = index_type(def.as_deref());
    let Some(Node::Array(entries)) = keys.take("entries") else {
        return Err(Fault::new("no array \"entries\""));
    };
    let read = |(at, entry)| {
        read_entry(entry, index_type, from)
            .map_err(|fault: Fault| fault.within(at).within("entries"))
    };
    table.entries = entries.into_iter().enumerate().map(read).collect::<Result<_>>()?;
    // Such a table is no value (2§6).
    if table.has_duplicates() {
        return Err(Fault::new("two entries with the same index").within("entries"));
    }
    Ok(table)
}

fn read_entry(node: Node, index_type: Option<&Type>, from: &mut Reader) -> Result<Entry> {
    let mut keys = Keys::of(node)?;
    let index = keys.take("index").ok_or_else(|| Fault::new("no key \"index\""))?;
    let index = match (index, index_type) {
        (index @ Node::Array(_), Some(ty)) => {
            Vec::read(index, from).map(|items: Vec<Value>| List::new(ty.clone(), items))
        }
        (index, _) => read_index(index, from),
    };
    let entry = Entry {
        index: Arc::new(index.map_err(|fault| fault.within("index"))?),
        value: keys.get("value", from)?,
        last_access: keys.get_or("last_access", 0.0, from)?,
        expire_access: keys.get_or("expire_access", 0.0, from)?,
    };
    keys.finish()?;
    Ok(entry)
}

/// Reads an index whose type isn't that of its table.
fn read_index(node: Node, from: &mut Reader) -> Result<List> {
    let mut keys = Keys::of(node)?;
    let list = read_list(&mut keys, from)?;
    keys.finish()?;
    Ok(list)
}
