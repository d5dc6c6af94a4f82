//! Values in Bro's notation, written so that their types are visible.

use std::fmt;

use brocomm::data::{Event, List, Record, Value};

use crate::decode::printed;

/// Formats an event as for `brocomm send`, on one line.
pub(crate) fn call(event: &Event) -> String {
    format!("{}({})", printed::bytes(&event.name), joined(event.args.iter().map(Literal)))
}

/// Returns the types of an event's arguments.
pub(crate) fn types(event: &Event) -> String {
    format!("({})", joined(event.args.iter().map(Value::ty)))
}

struct Literal<'a>(&'a Value);

impl fmt::Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::String(bytes) => write!(f, "\"{}\"", quoted(bytes)),
            Value::Addr(addr) if addr.to_canonical().is_ipv6() => write!(f, "[{}]", self.0),
            Value::Time(_) => write!(f, "time({})", self.0),
            Value::List(list) => f.write_str(&items(list)),
            Value::Vector(vector) => {
                let items = vector.items.iter().flatten().map(Literal);
                write!(f, "vector({})", joined(items))
            }
            Value::Table(table) if table.is_set() => {
                let elements = table.entries.iter().map(|entry| match &entry.index.items[..] {
                    [one] => Literal(one).to_string(),
                    _ => format!("[{}]", items(&entry.index)),
                });
                write!(f, "set({})", joined(elements))
            }
            Value::Table(table) => {
                let entries = table.entries.iter().map(|entry| {
                    let value = entry.value.iter().map(|value| Literal(value).to_string());
                    format!("[{}] = {}", items(&entry.index), value.collect::<String>())
                });
                write!(f, "table({})", joined(entries))
            }
            Value::Record(record) => write!(f, "[{}]", fields(record)),
            value => f.write_str(&printed::without_tabs(&printed::value(value))),
        }
    }
}

fn items(list: &List) -> String {
    joined(list.items.iter().map(Literal))
}

/// Formats the fields that are set.
fn fields(record: &Record) -> String {
    let fields = record.ty.fields().unwrap_or_default();
    let set = fields.iter().zip(&record.fields).filter_map(|(field, value)| {
        Some(format!("${}={}", printed::bytes(&field.name), Literal(value.as_ref()?)))
    });
    joined(set)
}

/// Formats the contents of a string literal.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(byte)]),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            _ => text.push_str(&printed::bytes(&[byte])),
        }
    }
    text
}

fn joined(items: impl Iterator<Item = impl fmt::Display>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use brocomm::data::Declarations;

    use super::*;

    #[test]
    fn formatted_events_are_read_back() {
        for text in [
            r#"e("a\"b\\c\n\x00", 7, -7, T, 1.5)"#,
            r#"e(10.0.0.1, [2001:db8::1], 10.0.0.0/8, 80/tcp, time(5.5))"#,
            r#"e(set("a", "b"), vector(1, 2), table([1, "k"] = "v"), set([1, "a"]))"#,
            r#"e([$a=1, $b="x", $c=vector("y")])"#,
        ] {
            let event = Event::parse(text, &Declarations::new()).unwrap();
            assert_eq!(call(&event), text);
        }
    }

    #[test]
    fn types_are_those_of_the_values() {
        let event = Event::parse("e(\"a\", 7, +7, set(1.5))", &Declarations::new()).unwrap();
        assert_eq!(types(&event), "(string, count, int, set[double])");
    }
}
