//! Expected results of recorded sessions.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::side::Side;

/// An expected result of a session. Results are in the order in which their side prints them.
///
/// Values are in Bro's printed form. Compare them with
/// [`compare_printed`](crate::testing::compare_printed), since the order of sets and tables has no
/// meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// An event arrived at the other side.
    Event {
        /// The sender.
        from: Side,
        /// The event's name.
        name: String,
        /// The arguments as printed: `hex:...` if the script printed a string as hex, `len=...
        /// md5=...` for long ones. A string with tabs takes more than one entry.
        args: Vec<String>,
    },
    /// The values of the event before it, doubles with 17 significant digits.
    Exact {
        /// The sender.
        from: Side,
        /// The event's name.
        name: String,
        /// The values.
        values: Vec<String>,
    },
    /// The handshake was done.
    Peer {
        /// The side that reported it.
        at: Side,
        /// The peer's description.
        description: String,
        /// The peer's class, empty if it sent none.
        class: String,
    },
    /// The handshake was done, as the fault recordings print it.
    HandshakeDone {
        /// The side that reported it.
        at: Side,
        /// The peer's description.
        description: String,
        /// The peer's class, empty or `<none>` if it sent none.
        class: String,
    },
    /// The connection was up.
    Established {
        /// The side that reported it.
        at: Side,
    },
    /// The connection's end was reported.
    Closed {
        /// The side that reported it.
        at: Side,
    },
    /// An error of the connection was reported.
    ConnectionError {
        /// The side that reported it.
        at: Side,
        /// Bro's message.
        message: String,
    },
    /// The value of a global when the handshake was done.
    ValueAfterSync {
        /// The side of the global.
        at: Side,
        /// The global's name.
        name: String,
        /// Its value as printed.
        value: String,
    },
    /// The value of a global at the end.
    FinalValue {
        /// The side of the global.
        at: Side,
        /// The global's name.
        name: String,
        /// Its value as printed.
        value: String,
    },
    /// A state access of the peer was applied.
    Access {
        /// The side that applied it.
        at: Side,
        /// The global's name.
        name: String,
    },
    /// A capture filter arrived.
    CaptureFilter {
        /// The receiving side.
        at: Side,
        /// The filter.
        filter: String,
    },
    /// A ping was answered.
    Pong {
        /// The side that received the answer.
        at: Side,
        /// The ping's sequence number.
        sequence: u32,
    },
    /// A line that the peer printed to a file arrived.
    PrintHook {
        /// The receiving side.
        at: Side,
        /// The file's name.
        file: String,
        /// The text, without the line end.
        text: String,
    },
    /// A packet arrived.
    Packet {
        /// The receiving side.
        at: Side,
        /// The packet's connection as printed.
        connection: String,
        /// Its length in bytes.
        length: u64,
    },
    /// A connection was derived from packets.
    NewConnection {
        /// The side that reported it.
        at: Side,
        /// The connection as printed.
        connection: String,
    },
    /// A number of events with a name arrived.
    Counted {
        /// The receiving side.
        at: Side,
        /// The event's name.
        name: String,
        /// The number of events.
        count: u64,
    },
    /// A test client got two values back in an event.
    Reply {
        /// The receiving side.
        at: Side,
        /// The values as printed.
        values: Vec<String>,
    },
    /// An entry of an unknown type, unchanged.
    Other(Value),
}

/// What is wrong with an entry of `expect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryProblem {
    /// `type` is missing or not a string.
    #[error("no \"type\"")]
    NoType,
    /// A key is missing or has the wrong type.
    #[error("the keys do not match its \"type\"")]
    Keys,
    /// `fields` has unexpected entries.
    #[error("\"fields\" do not match its \"type\"")]
    Fields,
}

#[derive(Deserialize)]
struct RawEvent {
    from: Side,
    name: String,
    #[serde(alias = "values")]
    args: Vec<String>,
}

#[derive(Deserialize)]
struct RawValue {
    at: Side,
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct RawSeen {
    at: Side,
    fields: Vec<String>,
}

fn raw<T: DeserializeOwned>(entry: Value) -> Result<T, EntryProblem> {
    serde_json::from_value(entry).map_err(|_| EntryProblem::Keys)
}

impl Expected {
    /// Parses an entry of `expect`.
    pub(crate) fn from_entry(entry: Value) -> Result<Self, EntryProblem> {
        let kind = entry.get("type").and_then(Value::as_str).ok_or(EntryProblem::NoType)?;
        Ok(match kind {
            "event" => {
                let RawEvent { from, name, args } = raw(entry)?;
                Self::Event { from, name, args }
            }
            "exact" => {
                let RawEvent { from, name, args: values } = raw(entry)?;
                Self::Exact { from, name, values }
            }
            "value_after_sync" => {
                let RawValue { at, name, value } = raw(entry)?;
                Self::ValueAfterSync { at, name, value }
            }
            "final_value" => {
                let RawValue { at, name, value } = raw(entry)?;
                Self::FinalValue { at, name, value }
            }
            _ => return Self::from_seen(kind.to_owned(), entry),
        })
    }

    /// Parses an entry with plain fields.
    fn from_seen(kind: String, entry: Value) -> Result<Self, EntryProblem> {
        let make = match kind.as_str() {
            "peer" => |at, fields| {
                let [description, class] = exactly(fields)?;
                Some(Self::Peer { at, description, class })
            },
            "handshake_done" => |at, fields| {
                let [description, class] = exactly(fields)?;
                Some(Self::HandshakeDone { at, description, class })
            },
            "established" => |at, fields| {
                let [] = exactly(fields)?;
                Some(Self::Established { at })
            },
            "closed" => |at, fields| {
                let [] = exactly(fields)?;
                Some(Self::Closed { at })
            },
            "remote_connection_error" => |at, fields| {
                let [message] = exactly(fields)?;
                Some(Self::ConnectionError { at, message })
            },
            "access" => |at, fields| {
                let [name] = exactly(fields)?;
                Some(Self::Access { at, name })
            },
            "capture_filter" => |at, fields| {
                let [filter] = exactly(fields)?;
                Some(Self::CaptureFilter { at, filter })
            },
            "pong" => |at, fields| {
                let [sequence] = exactly(fields)?;
                Some(Self::Pong { at, sequence: sequence.strip_prefix("seq=")?.parse().ok()? })
            },
            "print_hook" => |at, fields: Vec<String>| {
                // The text was split at its tabs.
                let (file, text) = fields.split_first()?;
                Some(Self::PrintHook { at, file: file.clone(), text: text.join("\t") })
            },
            "packet" => |at, fields| {
                let [connection, length] = exactly(fields)?;
                let length = length.strip_prefix("len=")?.parse().ok()?;
                Some(Self::Packet { at, connection, length })
            },
            "new_connection" => |at, fields| {
                let [connection] = exactly(fields)?;
                Some(Self::NewConnection { at, connection })
            },
            "counted" => |at, fields| {
                let [name, count] = exactly(fields)?;
                Some(Self::Counted { at, name, count: count.parse().ok()? })
            },
            "reply" => |at, values| Some(Self::Reply { at, values }),
            _ => return Ok(Self::Other(entry)),
        };
        let make: fn(Side, Vec<String>) -> Option<Self> = make;
        let RawSeen { at, fields } = raw(entry)?;
        make(at, fields).ok_or(EntryProblem::Fields)
    }
}

fn exactly<const N: usize>(fields: Vec<String>) -> Option<[String; N]> {
    fields.try_into().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_kind_is_kept() {
        let entry = json!({"type": "new_kind", "at": "listener", "x": 1});
        assert_eq!(Expected::from_entry(entry.clone()), Ok(Expected::Other(entry)));
    }

    #[test]
    fn known_kinds_are_typed() {
        let pong = json!({"type": "pong", "at": "listener", "fields": ["seq=77"]});
        assert_eq!(
            Expected::from_entry(pong),
            Ok(Expected::Pong { at: Side::Listener, sequence: 77 })
        );
        let print =
            json!({"type": "print_hook", "at": "connector", "fields": ["/dev/stdout", "a", "b"]});
        assert_eq!(
            Expected::from_entry(print),
            Ok(Expected::PrintHook {
                at: Side::Connector,
                file: "/dev/stdout".into(),
                text: "a\tb".into()
            })
        );
        let exact = json!({"type": "exact", "from": "connector", "name": "e", "values": ["0.1"]});
        assert_eq!(
            Expected::from_entry(exact),
            Ok(Expected::Exact {
                from: Side::Connector,
                name: "e".into(),
                values: vec!["0.1".into()]
            })
        );
    }

    #[test]
    fn malformed_entries_are_rejected() {
        let cases = [
            (json!({"at": "listener"}), EntryProblem::NoType),
            (json!("event"), EntryProblem::NoType),
            (json!({"type": "event", "from": "listener"}), EntryProblem::Keys),
            (json!({"type": "peer", "at": "nowhere", "fields": ["", ""]}), EntryProblem::Keys),
            (json!({"type": "peer", "at": "listener", "fields": [""]}), EntryProblem::Fields),
            (json!({"type": "pong", "at": "listener", "fields": ["77"]}), EntryProblem::Fields),
            (json!({"type": "print_hook", "at": "listener", "fields": []}), EntryProblem::Fields),
        ];
        for (entry, problem) in cases {
            assert_eq!(Expected::from_entry(entry.clone()), Err(problem), "{entry}");
        }
    }
}
