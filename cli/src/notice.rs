//! Notifications as a line of text or JSON.

use brocomm::Time;
use brocomm::connection::{CloseCause, Notification};
use brocomm::data::Event;
use brocomm::wire::SyncPoint;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Value, json};

use crate::decode::{Access, printed};
use crate::session::fault;

/// Documents the lines of JSON, for the help.
pub(crate) const JSON_HELP: &str = "\
JSON lines:
  t              seconds since the Unix epoch
  peer           its address and port
  notification   what happened:
    established        class (null if none was sent), runtime, cache_size
    peer_description   description
    event_requested    event
    capture_filter     filter
    sync_requested     authoritative: true or false
    logs_requested
    sync_started       role: \"sender\" or \"receiver\"
    handshake_done
    event              name, time, args: [value, …]
    call_rejected      name, reason
    id                 name, type, value
    state_access       operation, target, operands: three, those that are absent are null
    packet             time, length
    pong               seq, d1, d2, d3
    remote_print       prints: [{file, text}, …]
    log_create_writer, log_write
                       length: the argument's, in bytes
    sync_point         point: a number, or null for the last
    log                level, source, message: a line of Bro's communication.log
    closed             cause: \"peer closed\", \"peer closed mid-message\", \"transport failed\",
                       \"tls\", \"closed by us\" or \"protocol\"; error: null, or what was wrong
 Values are strings in Bro's printed form; unprintable bytes are \\xHH, but a tab stays a tab.";

/// Holds what a line says of a notification.
#[derive(Debug, PartialEq)]
pub(crate) struct Notice {
    pub(crate) kind: &'static str,
    fields: Vec<(&'static str, Value)>,
    /// The same for people.
    pub(crate) text: String,
}

impl Notice {
    pub(crate) fn new(
        kind: &'static str,
        fields: impl Into<Vec<(&'static str, Value)>>,
        text: impl Into<String>,
    ) -> Notice {
        Notice { kind, fields: fields.into(), text: text.into() }
    }

    /// Returns what is to be said.
    pub(crate) fn of(notification: &Notification) -> Notice {
        match notification {
            Notification::Established(version) => {
                let class = version.class.as_deref().map(printed::bytes);
                let text = match class.as_deref() {
                    None | Some("") => "no class".to_owned(),
                    Some(class) => format!("class {class}"),
                };
                let fields = [
                    ("class", json!(class)),
                    ("runtime", json!(version.runtime)),
                    ("cache_size", json!(version.cache_size)),
                ];
                Notice::new("established", fields, text)
            }
            Notification::PeerDescription(name) => {
                let name = printed::bytes(name);
                Notice::new("peer_description", [("description", json!(name))], name)
            }
            Notification::EventRequested(name) => {
                let name = printed::bytes(name);
                Notice::new("event_requested", [("event", json!(name))], name)
            }
            Notification::CaptureFilter(filter) => {
                let filter = printed::bytes(filter);
                Notice::new("capture_filter", [("filter", json!(filter))], filter)
            }
            Notification::SyncRequested { authoritative } => {
                let text = if *authoritative { "peer's state is authoritative" } else { "" };
                Notice::new("sync_requested", [("authoritative", json!(authoritative))], text)
            }
            Notification::LogsRequested => Notice::new("logs_requested", [], ""),
            Notification::SyncStarted(role) => {
                let role = role.to_string();
                Notice::new("sync_started", [("role", json!(role))], role)
            }
            Notification::HandshakeDone => Notice::new("handshake_done", [], ""),
            Notification::Closed(cause) => Notice::of_close(cause),
            Notification::Pong { seq, d1, d2, d3 } => {
                let fields =
                    [("seq", json!(seq)), ("d1", json!(d1)), ("d2", json!(d2)), ("d3", json!(d3))];
                Notice::new("pong", fields, format!("{seq} after {:.3} ms", d1 * 1e3))
            }
            Notification::Log(message) => {
                let text = message.to_string();
                let fields = [
                    ("level", json!(message.level().to_string())),
                    ("source", json!(message.source().to_string())),
                    ("message", json!(text)),
                ];
                Notice::new("log", fields, text)
            }
            other => Notice::of_content(other),
        }
    }

    /// Says what a message carries.
    fn of_content(notification: &Notification) -> Notice {
        match notification {
            Notification::Event(event) => {
                let args: Vec<String> = event.args.iter().map(printed::value).collect();
                let fields = [
                    ("name", json!(printed::bytes(&event.name))),
                    ("time", json!(event.time)),
                    ("args", json!(args)),
                ];
                Notice::new("event", fields, call(event))
            }
            Notification::CallRejected { name, mismatch } => {
                let (name, reason) = (printed::bytes(name), mismatch.to_string());
                let text = format!("{name}: {reason}");
                Notice::new(
                    "call_rejected",
                    [("name", json!(name)), ("reason", json!(reason))],
                    text,
                )
            }
            Notification::Id(id) => {
                let name = printed::bytes(&id.name);
                let value = id.value.as_ref().map(printed::value);
                let text = format!("{name} = {}", value.as_deref().unwrap_or("<none>"));
                let ty = id.ty.to_string();
                Notice::new(
                    "id",
                    [("name", json!(name)), ("type", json!(ty)), ("value", json!(value))],
                    text,
                )
            }
            Notification::StateAccess(access) => {
                let access = Access::of(access);
                let text = printed::without_tabs(&access.to_string());
                let fields = [
                    ("operation", json!(access.operation)),
                    ("target", json!(access.target)),
                    ("operands", json!(access.operands)),
                ];
                Notice::new("state_access", fields, text)
            }
            Notification::Packet(packet) => {
                let time = f64::from(packet.sec) + f64::from(packet.usec) / 1e6;
                let fields = [("time", json!(time)), ("length", json!(packet.len))];
                Notice::new("packet", fields, format!("{} bytes", packet.len))
            }
            Notification::RemotePrint(items) => {
                let (mut prints, mut text) = (Vec::new(), Vec::new());
                for item in items.iter() {
                    let (file, line) = (printed::bytes(item.file), printed::bytes(item.text));
                    text.push(format!("{file}: {line}"));
                    prints.push(json!({ "file": file, "text": line }));
                }
                Notice::new("remote_print", [("prints", Value::Array(prints))], text.join("; "))
            }
            Notification::LogCreateWriter(argument) => {
                Notice::of_length("log_create_writer", argument.len())
            }
            Notification::LogWrite(argument) => Notice::of_length("log_write", argument.len()),
            Notification::SyncPoint(SyncPoint::Point(point)) => {
                Notice::new("sync_point", [("point", json!(point))], point.to_string())
            }
            Notification::SyncPoint(SyncPoint::Final) => {
                Notice::new("sync_point", [("point", Value::Null)], "final")
            }
            other => Notice::new("other", [], format!("{other:?}")),
        }
    }

    fn of_length(kind: &'static str, length: usize) -> Notice {
        Notice::new(kind, [("length", json!(length))], format!("{length} bytes"))
    }

    fn of_close(cause: &CloseCause) -> Notice {
        let name = match cause {
            CloseCause::PeerClosed => "peer closed",
            CloseCause::PeerClosedMidMessage(_) => "peer closed mid-message",
            CloseCause::TransportFailed { .. } => "transport failed",
            CloseCause::Tls(_) => "tls",
            CloseCause::ClosedByUs => "closed by us",
            CloseCause::Protocol(_) => "protocol",
            _ => "other",
        };
        let error = fault(cause);
        let text = error.clone().unwrap_or_else(|| name.to_owned());
        Notice::new("closed", [("cause", json!(name)), ("error", json!(error))], text)
    }
}

/// Returns a call as one line.
pub(crate) fn call(event: &Event) -> String {
    let args: Vec<String> = event.args.iter().map(printed::value).collect();
    format!("{}({})", printed::bytes(&event.name), printed::without_tabs(&args.join(", ")))
}

/// A line of JSON.
pub(crate) struct Line<'a> {
    pub(crate) time: Time,
    pub(crate) peer: &'a str,
    pub(crate) notice: &'a Notice,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("t", &self.time.as_secs_f64())?;
        map.serialize_entry("peer", self.peer)?;
        map.serialize_entry("notification", self.notice.kind)?;
        for (name, value) in &self.notice.fields {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use brocomm::data::{Opcode, StateAccess, Value as BroValue};

    use super::*;

    #[test]
    fn accesses_say_what_changes() {
        let access = StateAccess {
            opcode: Opcode::AssignIdx,
            target: "seen".into(),
            op1: BroValue::Count(7),
            op2: Some(BroValue::string("a\tb")),
            op3: None,
        };
        let notice = Notice::of(&Notification::StateAccess(Box::new(access)));
        assert_eq!(notice.text, "assign_idx seen[7] = a\\x09b");
        let line = serde_json::to_value(Line { time: Time::EPOCH, peer: "p", notice: &notice });
        assert_eq!(line.unwrap()["operands"], json!(["7", "a\tb", null]));
    }
}
