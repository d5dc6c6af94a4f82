//! Types.

use std::sync::{Arc, Weak};

use super::attributes::{get_attributes, put_attributes};
use super::mapping::{Json, key, plain};
use super::node::Node;
use super::object::{Fault, Fields, Keys, Result};
use super::reader::Reader;
use super::writer::Writer;
use crate::data::{
    Enclosing, EnumType, Field, FuncType, ListType, Name, RecordType, SetType, TableType, Type,
    TypeDef, TypeKind, TypeTag,
};

/// The keys that say what kind of type a definition is of.
const KINDS: &[&str] =
    &["atomic", "list", "table", "set", "func", "record", "file", "enum", "vector", "opaque"];

pub(super) fn kind_key(kind: &TypeKind) -> &'static str {
    match kind {
        TypeKind::Atomic(_) => "atomic",
        TypeKind::List(_) => "list",
        TypeKind::Table(_) => "table",
        TypeKind::Set(_) => "set",
        TypeKind::Func(_) => "func",
        TypeKind::Record(_) => "record",
        TypeKind::File(_) => "file",
        TypeKind::Enum(_) => "enum",
        TypeKind::Vector(_) => "vector",
        TypeKind::Opaque(_) => "opaque",
    }
}

/// Returns the standard type of this name.
pub(super) fn standard(name: &str) -> Option<TypeTag> {
    TypeTag::ALL.iter().copied().find(|tag| tag.name() == name)
}

impl Json for TypeTag {
    fn write(&self, _: &mut Writer) -> Node {
        Node::text(self.name())
    }

    fn read(node: Node, from: &mut Reader) -> Result<TypeTag> {
        let name = String::read(node, from)?;
        standard(&name).ok_or_else(|| Fault::new(format_args!("no standard type {name:?}")))
    }
}

impl Json for Type {
    fn write(&self, out: &mut Writer) -> Node {
        let mut fields = Fields::new();
        match self {
            Type::Base(tag) => return tag.write(out),
            Type::Def(def) => return out.def(def),
            Type::Enclosing(up) => match up.def.upgrade() {
                Some(def) if def.name == up.name && def.kind.tag() == up.tag => {
                    return out.enclosing(&def);
                }
                // What enclosed it is gone.
                _ => {
                    fields.node("enclosing", Node::Null);
                    fields.put("name", &up.name, out);
                    fields.put("tag", &up.tag, out);
                }
            },
            Type::Named(name) => fields.put("named", &**name, out),
        }
        fields.into()
    }

    fn read(node: Node, from: &mut Reader) -> Result<Type> {
        if let Node::Text(label) = &node {
            return match standard(label) {
                Some(tag) => Ok(Type::Base(tag)),
                None => from.labelled(label),
            };
        }
        let mut keys = Keys::of(node)?;
        let ty = match (keys.take("named"), keys.take("enclosing")) {
            (None, None) => return read_def(keys, None, from),
            (Some(name), None) => Type::named(Name::read(name, from)?),
            (None, Some(Node::Text(label))) => from.enclosing(&label)?,
            (None, Some(Node::Null)) => Type::Enclosing(Arc::new(Enclosing {
                def: Weak::new(),
                name: keys.get("name", from)?,
                tag: keys.get("tag", from)?,
            })),
            _ => return Err(Fault::new("no type")),
        };
        keys.finish()?;
        Ok(ty)
    }
}

/// Writes a type in full.
pub(super) fn write_def(def: &TypeDef, out: &mut Writer) -> Node {
    let mut fields = Fields::new();
    fields.put_unless("name", &def.name, &Name::new(), out);
    fields.put_unless("base", &def.base, &false, out);
    let is_port = def.kind.tag() == TypeTag::Port;
    fields.put_unless("network_order", &def.network_order, &is_port, out);
    let kind = kind_key(&def.kind);
    match &def.kind {
        TypeKind::Atomic(tag) => fields.put(kind, tag, out),
        TypeKind::List(ListType { pure, types }) => {
            fields.put(kind, types, out);
            fields.put("pure", pure, out);
        }
        TypeKind::Table(TableType { yields, index }) => {
            fields.put(kind, index, out);
            fields.put("yields", yields, out);
        }
        TypeKind::Set(SetType { yields, index, elements }) => {
            fields.put(kind, index, out);
            fields.put("yields", yields, out);
            fields.put("elements", elements, out);
        }
        TypeKind::Func(FuncType { yields, args, arg_types, flavor }) => {
            fields.put(kind, args, out);
            fields.put("arg_types", arg_types, out);
            fields.put("yields", yields, out);
            fields.put("flavor", flavor, out);
        }
        TypeKind::Record(RecordType { num_fields, fields: list }) => {
            fields.node(kind, list.write(out));
            let usual = number_of(list.as_deref());
            if usual != Some(*num_fields) {
                fields.put("num_fields", num_fields, out);
            }
        }
        TypeKind::File(element) | TypeKind::Vector(element) => fields.put(kind, element, out),
        TypeKind::Enum(EnumType { counter, names }) => {
            fields.put(kind, names, out);
            fields.put("counter", counter, out);
        }
        TypeKind::Opaque(name) => fields.put(kind, name, out),
    }
    fields.into()
}

fn number_of(fields: Option<&[Field]>) -> Option<u32> {
    fields.and_then(|fields| u32::try_from(fields.len()).ok())
}

/// Reads a type in full; `at` is its position in the table, if it has one.
pub(super) fn read_def(mut keys: Keys, at: Option<usize>, from: &mut Reader) -> Result<Type> {
    from.enter(|from| {
        let kind = keys.kind(KINDS)?;
        let content = keys.take(kind).unwrap_or(Node::Null);
        let tag = match kind {
            "atomic" => TypeTag::read(content.clone(), from)?,
            "list" => TypeTag::List,
            "set" => TypeTag::Table,
            kind => standard(kind).ok_or_else(|| Fault::new("no type"))?,
        };
        let name: Name = keys.get_or("name", Name::new(), from)?;
        let base = keys.get_or("base", false, from)?;
        let network_order = keys.get_or("network_order", tag == TypeTag::Port, from)?;
        let mut failed = None;
        let def = Arc::new_cyclic(|def| {
            if let Some(at) = at {
                from.pending(at, def.clone(), name.clone(), tag);
            }
            let kind = read_parts(kind, content, &mut keys, from).unwrap_or_else(|fault| {
                failed = Some(fault);
                TypeKind::Atomic(tag)
            });
            TypeDef { name, base, network_order, kind }
        });
        match failed {
            Some(fault) => Err(fault),
            None => keys.finish().map(|()| Type::Def(def)),
        }
    })
}

fn read_parts(
    kind: &'static str,
    content: Node,
    keys: &mut Keys,
    from: &mut Reader,
) -> Result<TypeKind> {
    Ok(match kind {
        "atomic" => TypeKind::Atomic(part(kind, content, from)?),
        "list" => TypeKind::List(ListType {
            types: part(kind, content, from)?,
            pure: keys.get("pure", from)?,
        }),
        "table" => TypeKind::Table(TableType {
            index: part(kind, content, from)?,
            yields: keys.get("yields", from)?,
        }),
        "set" => TypeKind::Set(SetType {
            index: part(kind, content, from)?,
            yields: keys.get("yields", from)?,
            elements: keys.get("elements", from)?,
        }),
        "func" => TypeKind::Func(FuncType {
            args: part(kind, content, from)?,
            arg_types: keys.get("arg_types", from)?,
            yields: keys.get("yields", from)?,
            flavor: keys.get("flavor", from)?,
        }),
        "record" => {
            let fields: Option<Vec<Field>> = part(kind, content, from)?;
            let num_fields = match (keys.has("num_fields"), number_of(fields.as_deref())) {
                (false, Some(number)) => number,
                _ => keys.get("num_fields", from)?,
            };
            TypeKind::Record(RecordType { num_fields, fields })
        }
        "file" => TypeKind::File(part(kind, content, from)?),
        "vector" => TypeKind::Vector(part(kind, content, from)?),
        "enum" => TypeKind::Enum(EnumType {
            names: part(kind, content, from)?,
            counter: keys.get("counter", from)?,
        }),
        _ => TypeKind::Opaque(part(kind, content, from)?),
    })
}

fn part<T: Json>(kind: &str, content: Node, from: &mut Reader) -> Result<T> {
    T::read(content, from).map_err(|fault| fault.within(kind))
}

/// Returns whether two types are the same in everything that is ever written of them.
pub(super) fn same(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Base(a), Type::Base(b)) => a == b,
        (Type::Def(a), Type::Def(b)) => Arc::ptr_eq(a, b) || same_list(a, b),
        (Type::Enclosing(a), Type::Enclosing(b)) => {
            a.def.ptr_eq(&b.def) && a.name == b.name && a.tag == b.tag
        }
        (Type::Named(a), Type::Named(b)) => a == b,
        _ => false,
    }
}

fn same_list(a: &TypeDef, b: &TypeDef) -> bool {
    let (TypeKind::List(one), TypeKind::List(other)) = (&a.kind, &b.kind) else { return false };
    let pure = match (&one.pure, &other.pure) {
        (Some(a), Some(b)) => same(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    let flags = |def: &TypeDef| (def.base, def.network_order);
    pure && a.name == b.name
        && flags(a) == flags(b)
        && one.types.len() == other.types.len()
        && one.types.iter().zip(&other.types).all(|(a, b)| same(a, b))
}

plain! {
    Field { name, ty, attributes of ty }
}
