//! Writing of values.

use bytes::Bytes;

use super::mapping::{are_keys, elements, hex, plain, write_bytes};
use super::node::{Fault, Fields, Json, Keys, Node, Result};
use super::value;
use crate::data::{
    AttributeTag, BitVector, Bloom, BloomCells, BloomFilter, Bucket, Cardinality, CounterVector,
    Declarations, Entropy, EnumValue, Field, Hasher, List, OpaqueState, Pattern, Record, Table,
    TopK, Type, TypeKind, Value, Vector,
};
use crate::notation::address;

/// The key for a value's type, if the context does not determine it.
pub(super) const TYPE: &str = "$type";

/// The key for the value with a type.
pub(super) const VALUE: &str = "$value";

/// The delimiter of a pattern's text.
const SLASH: char = '/';

/// Writes a value without its type.
pub(super) fn write(value: &Value) -> Node {
    write_as(value, &value.ty())
}

/// Writes a value for a reader that expects this type. The value's own type may describe more parts
/// of it, or fewer.
fn write_as(value: &Value, ty: &Type) -> Node {
    let def = ty.def();
    let kind = def.as_deref().map(|def| &def.kind);
    match value {
        Value::Bool(value) => value.write(),
        Value::Int(number) => number.write(),
        Value::Count(number) | Value::Counter(number) => number.write(),
        Value::Double(number) | Value::Time(number) | Value::Interval(number) => number.write(),
        Value::String(text) => text.write(),
        Value::Pattern(pattern) => pattern.write(),
        Value::Enum(value) => constant(value),
        Value::Port(port) => Node::text(port.to_string()),
        Value::Addr(addr) => Node::text(address(*addr)),
        Value::Subnet(subnet) => Node::text(subnet.to_string()),
        Value::List(list) => Node::Array(components(list, kind)),
        Value::Table(table) => write_table(table, kind),
        Value::Record(record) => write_record(record, kind),
        Value::Vector(vector) => write_vector(vector, kind),
        Value::Func(_, func) => func.name.write(),
        Value::File(_, file) => file.name.write(),
        Value::Opaque(opaque) => opaque.state.write(),
    }
}

/// Writes a value with this declared type. Includes the value's own type if neither the declaration
/// nor the JSON determines it.
fn write_within(value: &Value, declared: Option<&Type>) -> Node {
    match declared {
        Some(Type::Named(_)) => return write(value),
        Some(ty) if ty.tag() == Some(value.tag()) => return write_as(value, ty),
        _ => {}
    }
    let node = write(value);
    let is_guessed = match (value, &node) {
        (Value::Count(_), Node::Unsigned(_)) | (Value::Int(_), Node::Signed(_)) => true,
        (Value::Double(_), Node::Double(_)) => true,
        (value, _) => matches!(value, Value::Bool(_) | Value::String(_)),
    };
    if is_guessed {
        return node;
    }
    Node::object([(TYPE, value.ty().write()), (VALUE, node)])
}

/// Writes a constant's name, or its number if the name would be read back as another number.
fn constant(value: &EnumValue) -> Node {
    let def = value.ty.def();
    let name = match def.as_deref().map(|def| &def.kind) {
        Some(TypeKind::Enum(ty)) => {
            let name = ty.name_of(value.number);
            name.filter(|name| ty.number_of(name.as_bytes()) == Some(value.number))
        }
        _ => None,
    };
    name.and_then(|name| name.as_str())
        .map_or_else(|| value.number.write(), |name| Node::text(name.to_owned()))
}

fn write_vector(vector: &Vector, kind: Option<&TypeKind>) -> Node {
    let element = match kind {
        Some(TypeKind::Vector(element)) => Some(element),
        _ => None,
    };
    let item = |item: &Option<Value>| {
        item.as_ref().map_or(Node::Null, |value| write_within(value, element))
    };
    Node::Array(vector.items.iter().map(item).collect())
}

/// Returns a record type's fields, if their names can be distinct keys.
pub(super) fn keyed(fields: Option<&[Field]>) -> Option<&[Field]> {
    fields.filter(|fields| are_keys(fields.iter().map(|field| &field.name)))
}

fn fields_of(kind: Option<&TypeKind>) -> Option<&[Field]> {
    match kind {
        Some(TypeKind::Record(ty)) => ty.fields.as_deref(),
        _ => None,
    }
}

fn write_record(record: &Record, kind: Option<&TypeKind>) -> Node {
    let def = record.ty.def();
    let own = fields_of(def.as_deref().map(|def| &def.kind));
    let own = own.filter(|fields| fields.len() == record.fields.len());
    let has_names = |fields: &&[Field]| {
        own.is_none_or(|own| own.iter().map(|f| &f.name).eq(fields.iter().map(|f| &f.name)))
    };
    let expected = fields_of(kind).filter(has_names);
    let fields = expected.or(own).filter(|fields| fields.len() == record.fields.len());
    if let Some(keyed) = keyed(fields) {
        let mut content = Fields::new();
        for (field, value) in keyed.iter().zip(&record.fields) {
            let key = field.name.as_str().unwrap_or_default().to_owned();
            match value {
                Some(value) => content.node(key, write_within(value, Some(&field.ty))),
                None if field.has(AttributeTag::Optional) && !field.has(AttributeTag::Default) => {}
                None => content.node(key, Node::Null),
            }
        }
        return content.into();
    }
    let value = |(at, value): (usize, &Option<Value>)| {
        let ty = fields.and_then(|fields| fields.get(at)).map(|field| &field.ty);
        value.as_ref().map_or(Node::Null, |value| write_within(value, ty))
    };
    Node::Array(record.fields.iter().enumerate().map(value).collect())
}

/// Writes each value of an index.
fn components(list: &List, kind: Option<&TypeKind>) -> Vec<Node> {
    let types = match kind {
        Some(TypeKind::List(list)) => list.types.as_slice(),
        _ => &[],
    };
    let items = list.items.iter().enumerate();
    items.map(|(at, value)| write_within(value, types.get(at))).collect()
}

/// Writes an index: its only value, or an array of several.
fn write_index(index: &List, kind: Option<&TypeKind>) -> Node {
    let mut nodes = components(index, kind);
    match (nodes.pop(), nodes.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            nodes.extend(last);
            Node::Array(nodes)
        }
    }
}

fn write_table(table: &Table, kind: Option<&TypeKind>) -> Node {
    let (is_set, parts) = (table.is_set(), kind.and_then(TypeKind::table_parts));
    let (index, yields) = parts.map_or((None, None), |(index, yields)| (index.def(), yields));
    let entries = table.entries.iter().map(|entry| {
        let index = write_index(&entry.index, index.as_deref().map(|def| &def.kind));
        if is_set && entry.value.is_none() {
            return index;
        }
        let mut fields = Fields::new();
        fields.node("key", index);
        if let Some(value) = &entry.value {
            fields.node("value", write_within(value, yields));
        }
        fields.into()
    });
    Node::Array(entries.collect())
}

/// A pattern is its text between slashes, or an object with both forms if they do not derive from
/// one text.
impl Json for Pattern {
    fn write(&self) -> Node {
        let text = std::str::from_utf8(&self.exact).ok();
        let text = text.and_then(|text| text.strip_prefix("^?(")?.strip_suffix(")$?"));
        match text.filter(|text| Pattern::new(text) == *self) {
            Some(text) => Node::text(format!("{SLASH}{text}{SLASH}")),
            None => Node::object([
                ("exact", write_bytes(&self.exact)),
                ("anywhere", write_bytes(&self.anywhere)),
            ]),
        }
    }

    fn read(node: Node, known: &Declarations) -> Result<Pattern> {
        let pattern = match &node {
            Node::Text(text) => {
                let text = text.strip_prefix(SLASH).and_then(|text| text.strip_suffix(SLASH));
                Pattern::new(text.ok_or_else(|| Fault::expected("a pattern as \"/re/\"", &node))?)
            }
            Node::Object(_) => {
                let mut keys = Keys::of(node)?;
                let (exact, anywhere) = (keys.get("exact", known)?, keys.get("anywhere", known)?);
                keys.finish()?;
                Pattern { exact, anywhere }
            }
            other => return Err(Fault::expected("a pattern as \"/re/\"", other)),
        };
        // Bro cannot receive a pattern that it cannot compile.
        pattern.check().map_err(|error| Fault::new(format_args!("bad pattern: {error}")))?;
        Ok(pattern)
    }
}

/// An opaque value has one key, its kind.
impl Json for OpaqueState {
    fn write(&self) -> Node {
        Node::object([match self {
            OpaqueState::Md5(words) => ("md5", words.write()),
            OpaqueState::Sha1(words) => ("sha1", words.write()),
            OpaqueState::Sha256(words) => ("sha256", words.write()),
            OpaqueState::Entropy(entropy) => ("entropy", entropy.write()),
            OpaqueState::TopK(topk) => ("topk", topk.write()),
            OpaqueState::Bloom(bloom) => ("bloomfilter", bloom.write()),
            OpaqueState::Cardinality(cardinality) => ("cardinality", cardinality.write()),
            OpaqueState::X509(certificate) => ("x509", hex(certificate)),
        }])
    }

    fn read(node: Node, known: &Declarations) -> Result<OpaqueState> {
        let (kind, content) = Keys::of(node)?.only()?;
        let state = match &*kind {
            "md5" => Json::read(content, known).map(OpaqueState::Md5),
            "sha1" => Json::read(content, known).map(OpaqueState::Sha1),
            "sha256" => Json::read(content, known).map(OpaqueState::Sha256),
            "entropy" => Json::read(content, known).map(OpaqueState::Entropy),
            "topk" => Json::read(content, known).map(OpaqueState::TopK),
            "bloomfilter" => Json::read(content, known).map(OpaqueState::Bloom),
            "cardinality" => Json::read(content, known).map(OpaqueState::Cardinality),
            "x509" => Json::read(content, known).map(OpaqueState::X509),
            _ => Err(Fault::new("unknown kind of opaque value")),
        };
        state.map_err(|fault| fault.within(kind))
    }
}

plain! {
    Entropy {
        counts as "counts", total as "total", mp as "mp", scc_first as "scc_first",
        monte as "monte", inmont as "inmont", mcount as "mcount", sums as "sums",
    }
    TopK {
        ty as "type", size as "size", num_elements as "num_elements", pruned as "pruned",
        buckets as "buckets",
    }
    Bloom { ty as "type", filter as "filter" }
    BloomFilter { hasher as "hasher", cells as "cells" }
    Hasher { double as "double", k as "k", seed as "seed" }
    BitVector { num_bits as "num_bits", blocks as "blocks" }
    CounterVector { width as "width", bits as "bits" }
}

/// Each element is a pair of its possible overestimate and the element itself.
impl Json for Bucket {
    fn write(&self) -> Node {
        let element = |(epsilon, element): &(u64, Value)| {
            Node::Array(vec![epsilon.write(), value::write_within(element, None)])
        };
        let elements = Node::Array(self.elements.iter().map(element).collect());
        Node::object([("count", self.count.write()), ("elements", elements)])
    }

    fn read(node: Node, known: &Declarations) -> Result<Bucket> {
        let mut keys = Keys::of(node)?;
        let element = |_, pair: Node| {
            let Node::Array(pair) = pair else { return Err(Fault::expected("a pair", &pair)) };
            let found = pair.len();
            let [epsilon, element] = <[Node; 2]>::try_from(pair)
                .map_err(|_| Fault::new(format_args!("expected a pair, found {found} elements")))?;
            Ok((u64::read(epsilon, known)?, Value::read(element, known)?))
        };
        let bucket = Bucket {
            count: keys.get("count", known)?,
            elements: elements(keys.need("elements")?, "an array", element)?,
        };
        keys.finish()?;
        Ok(bucket)
    }
}

impl Json for BloomCells {
    fn write(&self) -> Node {
        Node::object([match self {
            BloomCells::Basic(bits) => ("basic", bits.write()),
            BloomCells::Counting(counters) => ("counting", counters.write()),
        }])
    }

    fn read(node: Node, known: &Declarations) -> Result<BloomCells> {
        let (kind, content) = Keys::of(node)?.only()?;
        match &*kind {
            "basic" => Json::read(content, known).map(BloomCells::Basic),
            "counting" => Json::read(content, known).map(BloomCells::Counting),
            _ => Err(Fault::new("expected basic or counting").within(kind)),
        }
    }
}

impl Json for Cardinality {
    fn write(&self) -> Node {
        let Cardinality { ty, v, alpha_m, buckets } = self;
        let mut fields = Fields::new();
        fields.put("type", ty);
        fields.put("v", v);
        fields.put("alpha_m", alpha_m);
        fields.node("buckets", hex(buckets));
        fields.into()
    }

    fn read(node: Node, known: &Declarations) -> Result<Cardinality> {
        let mut keys = Keys::of(node)?;
        let buckets: Bytes = keys.get("buckets", known)?;
        let cardinality = Cardinality {
            ty: keys.get("type", known)?,
            v: keys.get("v", known)?,
            alpha_m: keys.get("alpha_m", known)?,
            buckets,
        };
        keys.finish()?;
        Ok(cardinality)
    }
}
