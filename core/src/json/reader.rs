//! Reading of values with their declared types, or with guessed ones.

use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;

use super::mapping::{elements, is_hex};
use super::node::{Fault, Json, Keys, Node, Result};
use super::value::{TYPE, VALUE, keyed, write};
use crate::data::{
    AttributeTag, Declarations, EnumType, EnumValue, Event, Field, File, Func, List, Name, Opaque,
    OpaqueState, Port, Record, Short, Subnet, Table, Type, TypeDef, TypeKind, TypeTag, Value,
    Vector, default_of,
};
use crate::notation::merge;

/// A reader for one document.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    /// The declared types and events.
    pub(super) known: &'a Declarations,
}

impl Reader<'_> {
    /// Reads a value of this type.
    pub(super) fn value(&self, node: Node, ty: &Type) -> Result<Value> {
        let resolved = self.resolve(ty)?;
        let ty = &resolved;
        let expected = |node: &Node| Fault::expected(Short(ty), node);
        if let Node::Object(members) = &node
            && members.iter().any(|(key, _)| key == TYPE)
        {
            return self.typed(node, ty);
        }
        let Some(tag) = ty.tag() else { return Err(unreadable(ty)) };
        Ok(match (tag, &node) {
            (TypeTag::Any, _) => {
                let ty = infer(&node, self.known)?;
                return self.value(node, &ty);
            }
            (TypeTag::Bool, Node::Bool(value)) => Value::Bool(*value),
            (TypeTag::Int, Node::Unsigned(_) | Node::Signed(_) | Node::Text(_)) => {
                Value::Int(Json::read(node, self.known)?)
            }
            (TypeTag::Count, Node::Unsigned(_) | Node::Signed(_) | Node::Text(_)) => {
                Value::Count(Json::read(node, self.known)?)
            }
            (TypeTag::Counter, Node::Unsigned(_) | Node::Signed(_) | Node::Text(_)) => {
                Value::Counter(Json::read(node, self.known)?)
            }
            (TypeTag::Double, _) => Value::Double(Json::read(node, self.known)?),
            (TypeTag::Time, _) => Value::Time(Json::read(node, self.known)?),
            (TypeTag::Interval, _) => Value::Interval(Json::read(node, self.known)?),
            (TypeTag::String, _) => Value::String(Json::read(node, self.known)?),
            (TypeTag::Pattern, _) => Value::Pattern(Json::read(node, self.known)?),
            (TypeTag::Port, Node::Text(text)) => {
                Value::Port(text.parse::<Port>().map_err(|_| expected(&node))?)
            }
            (TypeTag::Addr, Node::Text(text)) => {
                let addr: IpAddr = text.parse().map_err(|_| expected(&node))?;
                Value::Addr(addr.to_canonical())
            }
            (TypeTag::Subnet, Node::Text(text)) => {
                Value::Subnet(text.parse::<Subnet>().map_err(|_| expected(&node))?)
            }
            _ => match ty.def() {
                Some(def) => self.of_def(node, &Type::Def(Arc::clone(&def)), &def)?,
                None => return Err(expected(&node)),
            },
        })
    }

    /// Resolves a type given by name or by a recursive reference.
    fn resolve(&self, ty: &Type) -> Result<Type> {
        match ty {
            Type::Named(name) => match self.known.ty(name.as_bytes()) {
                Some(ty) => Ok(ty.clone()),
                None => Err(Fault::new(format_args!("no type is named {name}"))),
            },
            Type::Enclosing(_) => match ty.def() {
                Some(def) => Ok(Type::Def(def)),
                None => Err(unreadable(ty)),
            },
            _ => Ok(ty.clone()),
        }
    }

    /// Reads a value written with its type.
    fn typed(&self, node: Node, ty: &Type) -> Result<Value> {
        let mut keys = Keys::of(node)?;
        let own: Type = keys.get(TYPE, self.known)?;
        let value = self.value(keys.need(VALUE)?, &own).map_err(|fault| fault.within(VALUE))?;
        keys.finish()?;
        value.coerce(ty).map_err(Fault::new)
    }

    fn of_def(&self, node: Node, ty: &Type, def: &TypeDef) -> Result<Value> {
        Ok(match &def.kind {
            TypeKind::Atomic(tag) => self.value(node, &Type::Base(*tag))?,
            TypeKind::Enum(names) => {
                EnumValue { ty: ty.clone(), number: constant(&node, ty, names)? }.into()
            }
            TypeKind::List(list) => {
                List::new(ty.clone(), self.values(node, Short(ty), &list.types)?).into()
            }
            TypeKind::Vector(element) => {
                let item = |_, node| match node {
                    Node::Null => Ok(None),
                    node => self.value(node, element).map(Some),
                };
                Vector::new(ty.clone(), elements(node, Short(ty), item)?).into()
            }
            TypeKind::Set(_) | TypeKind::Table(_) => self.table(node, ty, def)?,
            TypeKind::Record(record) => {
                let fields = record.fields.as_deref().ok_or_else(|| unreadable(ty))?;
                Record::new(ty.clone(), self.fields(node, ty, fields)?).into()
            }
            TypeKind::Func(_) => {
                let name = Name::read(node, self.known)?;
                let func = Func {
                    bodies: Vec::new(),
                    kind: 1,
                    ty: ty.clone(),
                    name,
                    frame_size: None,
                    id: None,
                };
                Value::Func(ty.clone(), Arc::new(func))
            }
            TypeKind::File(element) => {
                let file = File {
                    name: Name::read(node, self.known)?,
                    buffered: true,
                    access: Some(Name::from_static("w")),
                    // As in Bro, this is the type of the file's content, not of the file.
                    ty: element.clone(),
                    attributes: None,
                };
                Value::File(ty.clone(), Arc::new(file))
            }
            TypeKind::Opaque(kind) => {
                if let Node::Object(members) = &node
                    && members.iter().any(|(key, _)| key.as_bytes() != &**kind)
                {
                    return Err(Fault::expected(Short(ty), &node));
                }
                let state = OpaqueState::read(node, self.known)?;
                Value::Opaque(Arc::new(Opaque { ty: ty.clone(), state }))
            }
        })
    }

    fn table(&self, node: Node, ty: &Type, def: &TypeDef) -> Result<Value> {
        let (index, yields) = def.kind.table_parts().ok_or_else(|| unreadable(ty))?;
        let list = index.def();
        let Some(TypeKind::List(list)) = list.as_deref().map(|def| &def.kind) else {
            return Err(unreadable(ty));
        };
        let mut table = Table::new(ty.clone());
        let rows = elements(node, Short(ty), |_, node| {
            let Some(yields) = yields else { return Ok((self.index(node, &list.types)?, None)) };
            let mut keys = Keys::of(node)?;
            let index = self.index(keys.need("key")?, &list.types);
            let index = index.map_err(|fault| fault.within("key"))?;
            let value = self.value(keys.need("value")?, yields);
            let value = value.map_err(|fault| fault.within("value"))?;
            keys.finish()?;
            Ok((index, Some(value)))
        })?;
        rows.into_iter().for_each(|(index, value)| table.push(index, value));
        if table.has_duplicates() {
            return Err(Fault::new("two entries with the same index"));
        }
        Ok(table.into())
    }

    /// Reads an index of these components.
    fn index(&self, node: Node, types: &[Type]) -> Result<Vec<Value>> {
        if let [only] = types {
            return Ok(vec![self.value(node, only)?]);
        }
        self.values(node, format_args!("an array of {}", types.len()), types)
    }

    /// Reads an array of values of these types.
    fn values(&self, node: Node, expected: impl Display, types: &[Type]) -> Result<Vec<Value>> {
        let too_many = || too_many(types.len());
        let found = elements(node, expected, |at, node| {
            types.get(at).ok_or_else(too_many).and_then(|ty| self.value(node, ty))
        })?;
        if found.len() == types.len() { Ok(found) } else { Err(too_many()) }
    }

    /// Reads a record's fields, by name or in order.
    fn fields(&self, node: Node, ty: &Type, fields: &[Field]) -> Result<Vec<Option<Value>>> {
        let read = |field: &Field, node: Node| match node {
            Node::Null => Ok(None),
            node => self.value(node, &field.ty).map(Some),
        };
        if matches!(node, Node::Array(_)) {
            let found = elements(node, Short(ty), |at, node| match fields.get(at) {
                Some(field) => read(field, node),
                None => Err(too_many(fields.len())),
            })?;
            return match found.len() == fields.len() {
                true => Ok(found),
                false => Err(too_many(fields.len())),
            };
        }
        if !matches!(node, Node::Object(_)) {
            return Err(Fault::expected(Short(ty), &node));
        }
        let names = keyed(Some(fields)).ok_or_else(|| {
            Fault::new(format_args!("expected an array of the {} fields' values", fields.len()))
        })?;
        let mut keys = Keys::of(node)?;
        let field = |field: &Field| {
            let key = field.name.as_str().unwrap_or_default();
            match keys.take(key) {
                Some(node) => read(field, node).map_err(|fault| fault.within(key)),
                None => absent(field),
            }
        };
        let values = names.iter().map(field).collect::<Result<_>>()?;
        keys.finish_as(format_args!("unknown field of {}", Short(ty)))?;
        Ok(values)
    }

    /// Reads an event's arguments.
    pub(super) fn args(&self, name: &Name, node: Node) -> Result<Vec<Value>> {
        let Some(event) = self.known.event(name.as_bytes()) else {
            return elements(node, "an array", |_, node| self.value(node, &Type::ANY));
        };
        let expected = event.params.len();
        let count =
            |found| Fault::new(format_args!("{name} takes {expected} arguments, found {found}"));
        if let Node::Array(items) = &node
            && items.len() != expected
        {
            return Err(count(items.len()));
        }
        elements(node, "an array", |at, node| match event.params.get(at) {
            Some(param) => self.value(node, &param.ty),
            None => Err(count(at)),
        })
    }

    /// Reads an event, ignoring these additional keys.
    pub(super) fn event(&self, node: Node, ignored: &[&str]) -> Result<Event> {
        let mut keys = Keys::of(node)?;
        let name: Name = keys.get("event", self.known)?;
        let time: Option<f64> = keys.get("time", self.known)?;
        let args = keys.take("args").unwrap_or(Node::Array(Vec::new()));
        let args = self.args(&name, args).map_err(|fault| fault.within("args"))?;
        ignored.iter().for_each(|key| drop(keys.take(key)));
        keys.finish()?;
        Ok(Event { name, time: time.unwrap_or_default(), args })
    }
}

impl Json for Value {
    fn write(&self) -> Node {
        write(self)
    }

    /// Reads an undeclared value.
    fn read(node: Node, known: &Declarations) -> Result<Value> {
        Reader { known }.value(node, &Type::ANY)
    }
}

/// Returns the value of a field without a key.
fn absent(field: &Field) -> Result<Option<Value>> {
    match default_of(field) {
        Some(default) => Ok(Some(default.clone())),
        None if field.has(AttributeTag::Optional) => Ok(None),
        None => Err(Fault::new(format_args!("the field {:?} is missing", field.name.to_string()))),
    }
}

fn constant(node: &Node, ty: &Type, names: &EnumType) -> Result<i64> {
    let number = match node {
        Node::Text(name) => names.number_of(&**name).or_else(|| name.parse().ok()),
        Node::Unsigned(number) => i64::try_from(*number).ok(),
        Node::Signed(number) => Some(*number),
        _ => None,
    };
    number.ok_or_else(|| Fault::expected(format_args!("a constant of {}", Short(ty)), node))
}

fn too_many(expected: usize) -> Fault {
    Fault::new(format_args!("expected {expected} elements"))
}

fn unreadable(ty: &Type) -> Fault {
    Fault::new(format_args!("the declaration of {} is incomplete", Short(ty)))
}

/// Infers a type from JSON.
fn infer(node: &Node, known: &Declarations) -> Result<Type> {
    Ok(match node {
        Node::Null => return Err(Fault::new("null has no type by itself")),
        Node::Bool(_) => Type::BOOL,
        Node::Unsigned(_) => Type::COUNT,
        Node::Signed(_) => Type::INT,
        Node::Double(_) => Type::DOUBLE,
        Node::Text(_) => Type::STRING,
        Node::Array(items) => {
            let mut common: Option<Type> = None;
            for (at, item) in items.iter().enumerate() {
                if *item == Node::Null {
                    continue;
                }
                let ty = infer(item, known).map_err(|fault| fault.within(at))?;
                common = Some(match common {
                    None => ty,
                    Some(common) => merge(&common, &ty).ok_or_else(|| {
                        let (first, second) = (Short(&common), Short(&ty));
                        Fault::new(format_args!("{first} and {second} in one array"))
                    })?,
                });
            }
            let none = || Fault::new("an empty array has no type by itself");
            Type::vector(common.ok_or_else(none)?)
        }
        Node::Object(members) if is_hex(members) => Type::STRING,
        Node::Object(members) => match members.iter().find(|(key, _)| key == TYPE) {
            Some((_, ty)) => Type::read(ty.clone(), known).map_err(|fault| fault.within(TYPE))?,
            None => {
                let field = |(key, node): &(super::node::Key, Node)| {
                    let ty = infer(node, known).map_err(|fault| fault.within(key))?;
                    Ok(Field::new(key.to_string(), ty))
                };
                Type::record("", members.iter().map(field).collect::<Result<_>>()?)
            }
        },
    })
}
