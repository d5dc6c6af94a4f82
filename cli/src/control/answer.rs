//! The answers of nodes, as text and as JSON.

use std::io::{self, Write};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::decode::printed;

/// A node's answer.
pub(super) enum Answer {
    /// Variables and their values.
    Ids(Vec<(String, Bytes)>),
    /// A line for each peer.
    Peers(Bytes),
    /// A line with counters.
    NetStats(Bytes),
    Set(Vec<Setting>),
    /// How many constants were sent.
    Updated(usize),
    Shutdown,
}

/// A constant that was set, and its value at the node afterward.
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) value: Bytes,
    /// The type, if it was inferred from the value.
    pub(super) guess: Option<String>,
    /// The value that was sent, if the node's value differs.
    pub(super) refused: Option<Bytes>,
}

impl Answer {
    /// Prints the answer. Each line begins with the node's name if there are several nodes.
    pub(super) fn print(&self, node: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
        let mut line = |text: String| match node {
            Some(node) => writeln!(out, "{node}: {text}"),
            None => writeln!(out, "{text}"),
        };
        match self {
            Answer::Ids(values) => values
                .iter()
                .try_for_each(|(name, value)| line(format!("{name} = {}", on_one_line(value)))),
            Answer::Peers(text) | Answer::NetStats(text) => {
                lines(text).try_for_each(|text| line(printed::bytes(text)))
            }
            Answer::Set(settings) => settings.iter().try_for_each(|setting| {
                let Setting { name, value, guess, .. } = setting;
                let guess = guess.as_ref().map(|ty| format!(" (sent as {ty})")).unwrap_or_default();
                line(format!("{name} = {}{guess}", on_one_line(value)))
            }),
            Answer::Updated(0) => line("updated".to_owned()),
            Answer::Updated(1) => line("updated: 1 constant sent".to_owned()),
            Answer::Updated(count) => line(format!("updated: {count} constants sent")),
            Answer::Shutdown => line("is shutting down".to_owned()),
        }
    }

    /// Returns the keys of its JSON.
    pub(super) fn json(&self) -> Value {
        let text = |bytes: &[u8]| printed::bytes(bytes);
        match self {
            Answer::Ids(values) => {
                let values = values.iter().map(|(name, value)| (name.clone(), text(value).into()));
                json!({ "values": Value::Object(values.collect()) })
            }
            Answer::Peers(lines_of) => {
                let peers: Vec<Value> = lines(lines_of).map(|line| fields(&text(line))).collect();
                json!({ "peers": peers })
            }
            Answer::NetStats(counters) => fields(text(counters).trim_end_matches("\\x0a")),
            Answer::Set(settings) => {
                let values = settings.iter().map(|one| (one.name.clone(), text(&one.value).into()));
                let mut line = json!({ "values": Value::Object(values.collect()) });
                if let (Some(why), Some(line)) = (self.failure(), line.as_object_mut()) {
                    line.insert("error".to_owned(), why.into());
                }
                line
            }
            Answer::Updated(count) => json!({ "sent": count }),
            Answer::Shutdown => json!({}),
        }
    }

    /// Returns an error if the node answered but did not apply a change.
    pub(super) fn failure(&self) -> Option<String> {
        let Answer::Set(settings) = self else { return None };
        let refused = settings.iter().filter_map(|setting| {
            let (name, now) = (&setting.name, printed::bytes(&setting.value));
            let wanted = printed::bytes(setting.refused.as_ref()?);
            let hint = match &setting.guess {
                Some(ty) => format!("; it was sent as {ty}; declare it with --declarations"),
                None => "; does the node declare it with another type?".to_owned(),
            };
            Some(format!("{name} is {now}, not {wanted}{hint}"))
        });
        let refused: Vec<String> = refused.collect();
        (!refused.is_empty()).then(|| refused.join("; "))
    }
}

/// Formats a value on one line. Bro prints each element of a table on a line of its own.
fn on_one_line(value: &[u8]) -> String {
    let lines = value.split(|byte| *byte == b'\n');
    let lines = lines.map(|line| printed::bytes(line).trim_matches('\t').to_owned());
    lines.collect::<Vec<_>>().join(" ")
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

/// Parses `1500000000.5 key=value …`. A value that looks like a number becomes one.
fn fields(line: &str) -> Value {
    let mut fields = serde_json::Map::new();
    let (time, rest) = line.split_once(' ').unwrap_or((line, ""));
    fields.insert("time".to_owned(), number(time));
    // A description may contain blanks: a key is a word with `=` after it.
    let mut key = None::<String>;
    for word in rest.split(' ') {
        match (word.split_once('='), &key) {
            (Some((name, value)), _)
                if ["peer", "host", "recvd", "dropped", "link"].contains(&name) =>
            {
                let is_text = name == "peer" || name == "host";
                let value = if is_text { value.into() } else { number(value) };
                fields.insert(name.to_owned(), value);
                key = Some(name.to_owned());
            }
            (_, Some(key)) => {
                if let Some(Value::String(text)) = fields.get_mut(key) {
                    text.push(' ');
                    text.push_str(word);
                }
            }
            _ => {}
        }
    }
    Value::Object(fields)
}

fn number(text: &str) -> Value {
    serde_json::from_str::<serde_json::Number>(text).map_or_else(|_| text.into(), Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_on_one_line() {
        for (value, expected) in [
            ("5", "5"),
            ("{\n\t10.0.0.1,\n\t10.0.0.2\n}", "{ 10.0.0.1, 10.0.0.2 }"),
            ("{\n\n}", "{  }"),
            ("a\tb\0", "a\tb\\x00"),
        ] {
            assert_eq!(on_one_line(value.as_bytes()), expected);
        }
    }

    #[test]
    fn lines_become_fields() {
        for (line, expected) in [
            (
                "1500000000.250000 peer=worker 1 a=b host=10.0.0.1",
                json!({"time": 1_500_000_000.25, "peer": "worker 1 a=b", "host": "10.0.0.1"}),
            ),
            (
                "1.000000 recvd=12 dropped=3 link=15",
                json!({"time": 1.0, "recvd": 12, "dropped": 3, "link": 15}),
            ),
            ("odd", json!({"time": "odd"})),
        ] {
            assert_eq!(fields(line), expected, "{line}");
        }
    }
}
