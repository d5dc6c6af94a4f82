//! Values on several lines.

use brocomm::data::{Event, Value};

use crate::decode::printed;

/// Returns a value as Bro prints it, with a line for each field of a record, each element of a
/// vector, and each entry of a table or set.
///
/// Line breaks in strings stay escaped, so that no string looks like an entry.
pub(crate) fn value(value: &Value) -> String {
    let mut text = String::new();
    append(value, 0, &mut text);
    text
}

/// Returns an event with a line for each argument that is a container.
pub(crate) fn call(event: &Event) -> String {
    let mut text = printed::bytes(&event.name) + "(";
    let is_flat = !event.args.iter().any(is_long);
    for (n, arg) in event.args.iter().enumerate() {
        match (is_flat, n) {
            (true, 0) => {}
            (true, _) => text.push_str(", "),
            (false, 0) => text.push_str("\n\t"),
            (false, _) => text.push_str(",\n\t"),
        }
        append(arg, 1, &mut text);
    }
    text.push_str(if is_flat { ")" } else { "\n)" });
    text
}

/// Returns whether a value takes several lines.
fn is_long(value: &Value) -> bool {
    matches!(value, Value::Table(_) | Value::Record(_) | Value::Vector(_))
}

fn append(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Table(table) => {
            let is_set = table.is_set();
            block(('{', '}'), &table.entries, depth, text, |entry, text| {
                let items: Vec<String> = entry.index.items.iter().map(printed::value).collect();
                let index = items.join(", ");
                match &entry.value {
                    None if is_set && items.len() == 1 => text.push_str(&index),
                    None => text.push_str(&format!("[{index}]")),
                    Some(value) => {
                        text.push_str(&format!("[{index}] = "));
                        append(value, depth + 1, text);
                    }
                }
            });
        }
        Value::Record(record) => {
            let names = record.ty.fields().unwrap_or_default();
            let fields: Vec<_> = names.iter().zip(&record.fields).collect();
            block(('[', ']'), &fields, depth, text, |(field, value), text| {
                text.push_str(&format!("{}=", printed::bytes(&field.name)));
                element(value.as_ref(), depth, text);
            });
        }
        Value::Vector(vector) => {
            block(('[', ']'), &vector.items, depth, text, |item, text| {
                element(item.as_ref(), depth, text);
            });
        }
        other => text.push_str(&printed::without_tabs(&printed::value(other))),
    }
}

/// Appends a field or element, which may have no value.
fn element(value: Option<&Value>, depth: usize, text: &mut String) {
    match value {
        Some(value) => append(value, depth + 1, text),
        None => text.push_str("<uninitialized>"),
    }
}

/// Appends brackets with a line for each part between them.
fn block<T>(
    (begin, end): (char, char),
    parts: &[T],
    depth: usize,
    text: &mut String,
    mut part: impl FnMut(&T, &mut String),
) {
    text.push(begin);
    for (n, one) in parts.iter().enumerate() {
        text.push_str(if n == 0 { "\n" } else { ",\n" });
        text.push_str(&"\t".repeat(depth + 1));
        part(one, text);
    }
    // As in Bro, an empty table has a line, and an empty record or vector has none.
    if begin == '{' || !parts.is_empty() {
        text.push('\n');
        text.push_str(&"\t".repeat(depth));
    }
    text.push(end);
}

#[cfg(test)]
mod tests {
    use brocomm::data::Declarations;

    use super::*;

    fn declared() -> Declarations {
        let mut declared = Declarations::new();
        let types = "type Id: record { h: addr; p: port &optional; };
            type Conn: record { id: Id; tags: set[string]; sizes: vector of count; };
            event seen(c: Conn, n: count); event tick(n: count, s: string); event nothing();";
        declared.read(types).unwrap();
        declared
    }

    #[test]
    fn tables_have_a_line_for_each_entry() {
        let shown = |text: &str| value(&Value::parse(text, None, &Declarations::new()).unwrap());
        assert_eq!(shown("5"), "5");
        assert_eq!(shown("{ 80/tcp, 53/udp }"), "{\n\t80/tcp,\n\t53/udp\n}");
        assert_eq!(shown("{ [1, T] }"), "{\n\t[1, T]\n}");
        assert_eq!(
            shown("table([1.2.3.4] = \"a\\nb\", [[::1]] = \"c\")"),
            "{\n\t[1.2.3.4] = a\\x0ab,\n\t[::1] = c\n}"
        );
        assert_eq!(shown("table([1] = set(2))"), "{\n\t[1] = {\n\t\t2\n\t}\n}");
    }

    #[test]
    fn records_and_vectors_have_a_line_for_each_part() {
        let shown = |text: &str| call(&Event::parse(text, &declared()).unwrap());
        assert_eq!(
            shown("seen([$id=[$h=1.2.3.4], $tags=set(\"a\"), $sizes=vector(1, 2)], 7)"),
            "seen(\n\t[\n\t\tid=[\n\t\t\th=1.2.3.4,\n\t\t\tp=<uninitialized>\n\t\t],\n\
             \t\ttags={\n\t\t\ta\n\t\t},\n\t\tsizes=[\n\t\t\t1,\n\t\t\t2\n\t\t]\n\t],\n\t7\n)"
        );
        assert_eq!(shown("tick(1, \"a\\nb\")"), "tick(1, a\\x0ab)");
        assert_eq!(shown("nothing()"), "nothing()");
    }
}
