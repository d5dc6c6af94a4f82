//! Comparing decoded values with the vectors. Types, attributes and time stamps of entries are not
//! compared; encoding the SERIAL again shows that everything was decoded.

use brocomm::data::{Name, Value};
use brocomm::lowlevel::serial::Serial;
use serde_json::Value as Json;

use super::logs::string;

/// Checks that a SERIAL means what a vector says.
pub(crate) fn check(vector: &str, read: &Serial, meaning: &Json) {
    let text = |name: &Name| Json::from(name.to_string());
    match read {
        Serial::Event(event) => {
            let meaning = &meaning["event"];
            assert_eq!(text(&event.name), meaning["name"], "{vector}");
            assert!(is_number(event.time, &meaning["time"]), "{vector}: {}", event.time);
            each(vector, event.args.iter().map(Some), &meaning["args"]);
        }
        Serial::Id(id) => {
            let meaning = &meaning["id"];
            assert_eq!(text(&id.name), meaning["name"], "{vector}");
            optional(vector, id.value.as_ref(), &meaning["value"]);
        }
        Serial::StateAccess(access) => {
            let meaning = &meaning["state_access"];
            let opcode = meaning["opcode"].as_str().unwrap().replace('_', "");
            assert_eq!(format!("{:?}", access.opcode).to_lowercase(), opcode, "{vector}");
            assert_eq!(text(&access.target), meaning["target"], "{vector}");
            value(vector, &access.op1, &meaning["op1"]);
            optional(vector, access.op2.as_ref(), &meaning["op2"]);
            optional(vector, access.op3.as_ref(), &meaning["op3"]);
        }
        Serial::Packet(packet) => {
            let meaning = &meaning["packet"];
            let numbers = [packet.sec, packet.usec, packet.len, packet.link_type];
            for (number, key) in numbers.into_iter().zip(["sec", "usec", "len", "link_type"]) {
                assert_eq!(meaning[key], number, "{vector}: {key}");
            }
            assert_eq!(packet.data, string(&meaning["data"]), "{vector}");
        }
    }
}

/// Returns whether a double equals a JSON number or a string of digits.
fn is_number(read: f64, meaning: &Json) -> bool {
    let meant = meaning.as_f64().or_else(|| meaning.as_str()?.parse().ok());
    meant == Some(read)
}

fn optional(at: &str, read: Option<&Value>, meaning: &Json) {
    match read {
        Some(read) => value(at, read, meaning),
        None => assert!(meaning.is_null(), "{at}: unset, not {meaning}"),
    }
}

fn each<'a>(at: &str, read: impl ExactSizeIterator<Item = Option<&'a Value>>, meaning: &Json) {
    let meant = meaning.as_array().unwrap_or_else(|| panic!("{at}: {meaning} is not a list"));
    assert_eq!(read.len(), meant.len(), "{at}: {meaning}");
    for (number, (read, meant)) in read.zip(meant).enumerate() {
        optional(&format!("{at}[{number}]"), read, meant);
    }
}

fn value(at: &str, read: &Value, meaning: &Json) {
    let is = |kind: &str, what: bool| {
        assert!(what && meaning.get(kind).is_some(), "{at}: {read:?} is not {meaning}")
    };
    match read {
        Value::Bool(v) => is("bool", meaning["bool"] == *v),
        Value::Int(v) => is("int", meaning["int"] == *v),
        Value::Count(v) => is("count", meaning["count"] == *v),
        Value::Counter(v) => is("counter", meaning["counter"] == *v),
        Value::Double(v) => is("double", is_number(*v, &meaning["double"])),
        Value::Time(v) => is("time", is_number(*v, &meaning["time"])),
        Value::Interval(v) => is("interval", is_number(*v, &meaning["interval"])),
        Value::String(v) => is("string", *v == string(&meaning["string"])),
        Value::Pattern(v) => {
            let meaning = &meaning["pattern"];
            assert_eq!(v.exact, string(&meaning["exact"]), "{at}");
            assert_eq!(v.anywhere, string(&meaning["anywhere"]), "{at}");
        }
        Value::Port(v) => is("port", meaning["port"] == v.to_string()),
        Value::Addr(v) => is("addr", meaning["addr"] == v.to_string()),
        Value::Subnet(v) => is("subnet", meaning["subnet"] == format!("{}/{}", v.prefix, v.width)),
        Value::Enum(v) => {
            let name = v.name().map(|name| name.to_string());
            is("enum", name.is_none_or(|name| meaning["enum"] == name));
            is("enum", meaning.get("number").is_none_or(|number| *number == v.number));
        }
        Value::List(list) => each(at, list.items.iter().map(Some), &meaning["items"]),
        Value::Table(table) => {
            is(if meaning.get("set").is_some() { "set" } else { "table" }, true);
            let entries = meaning["entries"].as_array().unwrap();
            assert_eq!(table.entries.len(), entries.len(), "{at}");
            for (read, meant) in table.entries.iter().zip(entries) {
                let index = &meant["index"];
                let items = index.get("items").unwrap_or(index);
                each(&format!("{at}, index"), read.index.items.iter().map(Some), items);
                optional(&format!("{at}, entry"), read.value.as_ref(), &meant["value"]);
            }
        }
        Value::Record(record) => {
            is("record", true);
            match &meaning["fields"] {
                list @ Json::Array(_) => each(at, record.fields.iter().map(Option::as_ref), list),
                fields => {
                    let set = record.fields.iter().flatten();
                    let meant = fields.as_object().unwrap().values();
                    assert_eq!(set.clone().count(), meant.len(), "{at}: {fields}");
                    let names = record.ty.fields().expect("a record's type has fields");
                    for (field, read) in names.iter().zip(&record.fields) {
                        let name = field.name.to_string();
                        let meant = fields.get(&name).unwrap_or(&Json::Null);
                        optional(&format!("{at}${name}"), read.as_ref(), meant);
                    }
                }
            }
        }
        Value::Vector(vector) => {
            is("vector", true);
            each(at, vector.items.iter().map(Option::as_ref), &meaning["items"]);
        }
        Value::Func(..) => is("func", true),
        Value::File(..) => is("file", true),
        Value::Opaque(_) => is("opaque", true),
        other => panic!("{at}: {other:?}"),
    }
}
