//! Attributes.

use std::sync::Arc;

use super::mapping::{Json, key, plain};
use super::node::Node;
use super::object::{Fault, Fields, Keys, Result};
use super::reader::Reader;
use super::types::same;
use super::writer::Writer;
use crate::data::{Attribute, AttributeTag, Attributes, Type};

/// The key that a thing's attributes stand under.
const KEY: &str = "attributes";

/// Writes the attributes of something of this type: as a list, if their own type is the same.
pub(super) fn put_attributes(
    attributes: &Option<Arc<Attributes>>,
    ty: &Type,
    fields: &mut Fields,
    out: &mut Writer,
) {
    match attributes {
        Some(attributes) if same(&attributes.ty, ty) => fields.put(KEY, &attributes.list, out),
        attributes => fields.put(KEY, attributes, out),
    }
}

/// Reads the attributes of something of this type.
pub(super) fn get_attributes(
    ty: &Type,
    keys: &mut Keys,
    from: &mut Reader,
) -> Result<Option<Arc<Attributes>>> {
    match keys.peek(KEY) {
        Some(Node::Array(_)) => from.enter(|from| {
            let list = keys.get(KEY, from)?;
            Ok(Some(Arc::new(Attributes { ty: ty.clone(), list })))
        }),
        _ => keys.get(KEY, from),
    }
}

plain! {
    Attributes { ty, list }
}

impl Json for Attribute {
    fn write(&self, out: &mut Writer) -> Node {
        let Some(expr) = &self.expr else { return Node::text(self.tag.name()) };
        let mut fields = Fields::new();
        fields.put(self.tag.name(), expr, out);
        fields.into()
    }

    fn read(node: Node, from: &mut Reader) -> Result<Attribute> {
        let tags = || (0..=u8::MAX).filter_map(AttributeTag::from_u8);
        if let Node::Text(name) = &node {
            let unknown = || Fault::new(format_args!("no attribute {name:?}"));
            let tag = tags().find(|tag| tag.name() == name).ok_or_else(unknown)?;
            return Ok(Attribute { tag, expr: None });
        }
        let mut keys = Keys::of(node)?;
        let unknown = || Fault::new("no attribute");
        let tag = tags().find(|tag| keys.has(tag.name())).ok_or_else(unknown)?;
        let expr = keys.get(tag.name(), from)?;
        keys.finish()?;
        Ok(Attribute { tag, expr })
    }
}
