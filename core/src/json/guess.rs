//! Inference of the types of undeclared JSON values.

use super::mapping::is_hex;
use super::node::Node;
use super::object::{Fault, Json, Result};
use super::value::TYPE;
use crate::data::Short;
use crate::data::{Declarations, Field, Type};
use crate::notation::merge;

/// Infers a type from JSON.
pub(super) fn infer(node: &Node, known: &Declarations) -> Result<Type> {
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
