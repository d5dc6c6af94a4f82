//! Entries of logs as JSON; with the feature `serde`.

use serde::{Serialize, Serializer};

use super::{LogField, LogValue};
use crate::json::{Fields, Json, Node, are_keys, write_bytes};
use crate::notation::address;

fn write(value: &LogValue) -> Node {
    match value {
        LogValue::Unset(_) => Node::Null,
        LogValue::Bool(value) => value.write(),
        LogValue::Int(number) => number.write(),
        LogValue::Count(number) | LogValue::Counter(number) => number.write(),
        LogValue::Double(number) | LogValue::Time(number) | LogValue::Interval(number) => {
            number.write()
        }
        LogValue::String(text)
        | LogValue::Enum(text)
        | LogValue::Func(text)
        | LogValue::File(text) => text.write(),
        // As in Zeek's JSON logs, which have a separate column for the protocol.
        LogValue::Port(port) => port.number.write(),
        LogValue::Addr(addr) => Node::text(address(*addr)),
        LogValue::Subnet(subnet) => Node::text(subnet.to_string()),
        LogValue::Set(items) | LogValue::Vector(items) => {
            Node::Array(items.iter().map(write).collect())
        }
    }
}

impl Serialize for LogValue {
    /// Writes the [JSON form](crate::json) of a value of the same type, but only the number of a
    /// port. An unset value is `null`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(self).serialize(serializer)
    }
}

/// A log entry as a JSON object with its columns as keys; unset columns are omitted.
///
/// If the columns' names cannot be keys, because of duplicates or invalid UTF-8, the entry is an
/// array of values.
///
/// ```
/// use brocomm::data::TypeTag;
/// use brocomm::logs::{LogField, LogObject};
///
/// let fields = [LogField::new("id.orig_h", TypeTag::Addr), LogField::new("note", TypeTag::String)];
/// let values = [std::net::IpAddr::from([10, 0, 0, 1]).into(), "é\n".into()];
/// let entry = LogObject { fields: &fields, values: &values };
/// assert_eq!(serde_json::to_string(&entry)?, r#"{"id.orig_h":"10.0.0.1","note":"é\n"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct LogObject<'a> {
    /// The columns.
    pub fields: &'a [LogField],
    /// The values of the columns.
    pub values: &'a [LogValue],
}

impl Serialize for LogObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let LogObject { fields, values } = *self;
        let are_keys = are_keys(fields.iter().map(|field| &field.name));
        if !are_keys || fields.len() != values.len() {
            return values.serialize(serializer);
        }
        let mut object = Fields::new();
        for (field, value) in fields.iter().zip(values) {
            if !matches!(value, LogValue::Unset(_)) {
                let key = field.name.as_str().map(str::to_owned).unwrap_or_default();
                object.node(key, write(value));
            }
        }
        Node::from(object).serialize(serializer)
    }
}

impl Serialize for LogField {
    /// Writes the column's name, and its type as in a log's header.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ty = Node::text(self.type_name().to_string());
        Node::object([("name", write_bytes(&self.name)), ("type", ty)]).serialize(serializer)
    }
}
