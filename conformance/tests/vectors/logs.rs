//! Comparing log messages with their meaning in JSON.

use std::fmt::Debug;
use std::str::FromStr;

use brocomm::data::{Name, TypeTag};
use brocomm::logs::{LogField, LogValue};
use brocomm::lowlevel::logs::LogWriter;
use bytes::Bytes;
use serde_json::Value as Json;

use super::bytes;

pub(crate) fn string(json: &Json) -> Bytes {
    match json {
        Json::String(text) => Bytes::copy_from_slice(text.as_bytes()),
        json => bytes(json["hex"].as_str().unwrap()),
    }
}

pub(crate) fn text(json: &Json) -> Name {
    Name::from_bytes(string(json))
}

pub(crate) fn numbers(json: &Json) -> (i32, i32) {
    let number = |key: &str| json[key].as_i64().unwrap().try_into().unwrap();
    (number("stream"), number("writer"))
}

fn parsed<T: FromStr<Err: Debug>>(json: &Json) -> T {
    json.as_str().unwrap().parse().unwrap()
}

fn double(json: &Json) -> f64 {
    json.as_str().map_or_else(|| json.as_f64().unwrap(), |digits| digits.parse().unwrap())
}

fn type_tag(json: &Json) -> TypeTag {
    let name = json.as_str().unwrap();
    let tags = (0..=u8::MAX).filter_map(TypeTag::from_u8);
    let wanted = if name == "set" { "table" } else { name };
    tags.into_iter().find(|tag| tag.to_string() == wanted).unwrap()
}

pub(crate) fn log_writer(json: &Json) -> LogWriter {
    let (stream, writer) = numbers(json);
    let options = json["options"].as_array().unwrap().iter();
    let option = |pair: &Json| (text(&pair[0]), string(&pair[1]));
    let field = |field: &Json| LogField {
        name: text(&field["name"]),
        secondary_name: field.get("secondary_name").map(text),
        ty: type_tag(&field["type"]),
        subtype: field.get("subtype").map_or(TypeTag::Void, type_tag),
        optional: field["optional"].as_bool().unwrap(),
    };
    LogWriter {
        stream,
        writer,
        path: text(&json["path"]),
        rotation_base: double(&json["rotation_base"]),
        rotation_interval: double(&json["rotation_interval"]),
        network_time: double(&json["network_time"]),
        options: options.map(option).collect(),
        fields: json["fields"].as_array().unwrap().iter().map(field).collect(),
    }
}

pub(crate) fn log_value(json: &Json) -> LogValue {
    let (kind, content) = json.as_object().unwrap().iter().next().unwrap();
    let bytes = || string(content);
    let items = || content.as_array().unwrap().iter().map(log_value).collect();
    match kind.as_str() {
        "unset" => LogValue::Unset(type_tag(content)),
        "enum" => LogValue::Enum(bytes()),
        "func" => LogValue::Func(bytes()),
        "file" => LogValue::File(bytes()),
        "string" => LogValue::String(bytes()),
        "set" => LogValue::Set(items()),
        "vector" => LogValue::Vector(items()),
        "bool" => LogValue::Bool(content.as_bool().unwrap()),
        "int" => LogValue::Int(content.as_i64().unwrap()),
        "count" => LogValue::Count(content.as_u64().unwrap()),
        "counter" => LogValue::Counter(content.as_u64().unwrap()),
        "double" => LogValue::Double(double(content)),
        "time" => LogValue::Time(double(content)),
        "interval" => LogValue::Interval(double(content)),
        "port" => LogValue::Port(parsed(content)),
        "addr" => LogValue::Addr(parsed(content)),
        "subnet" => LogValue::Subnet(parsed(content)),
        other => panic!("{other} in a log"),
    }
}
