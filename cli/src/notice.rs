//! Notifications as lines of text or JSON.

use brocomm::Time;
use brocomm::data::{Event, EventDecl, Type, TypeTag, Value, Vector};
use brocomm::json::Text;
use brocomm::logs::{AsciiFormat, LogEntry, LogObject};
use brocomm::lowlevel::commlog::CommLogMessage;
use brocomm::lowlevel::connection::ConnectionNotification;
use brocomm::lowlevel::wire::SyncPoint;
use brocomm::node::CloseCause;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::decode::{Access, Print, printed};
use crate::diagnosis::fault;

/// The description of the JSON lines for the help.
pub(crate) const JSON_HELP: &str = "\
JSON lines:
  t              seconds since the Unix epoch
  peer           its address and port
  notification   what happened:
    established        class (null if none was sent), runtime, cache_size
    peer_description   description
    event_requested    name
    capture_filter     filter
    sync_requested     authoritative: true or false
    logs_requested
    sync_started       role: \"sender\" or \"receiver\"
    handshake_done
    event              event: its name, time, args: [value, …]
    call_rejected      name, reason
    id                 name, type, value
    state_access       operation, target, operands: three, null if absent
    packet             packet: {time, length, link_type, tag, data}
    pong               seq, d1, d2, d3
    remote_print       prints: [{file, text}, …]
    log_writer         path, columns: [{name, type}, …]
    log_entry          path, entry: its columns by name
    log_entry_dropped  path, reason
    sync_point         point: a number, or null for the last
    log                level, source, message: a line of Bro's communication.log
    closed             cause: \"peer closed\", \"peer closed mid-message\", \"transport failed\",
                       \"tls\", \"closed by us\" or \"protocol\"; error: null, or what was wrong

Values in JSON:
  bool               true, false
  int, count         a number; beyond 2^53 - 1 a string of digits
  double             a number; \"inf\", \"-inf\", \"nan\"
  time, interval     seconds, as a double
  string, names      a string; {\"$hex\": \"ff00\"} if it is not UTF-8
  enum               \"Module::NAME\", or its number if the name is unknown
  port, addr, subnet \"80/tcp\", \"10.0.0.1\", \"10.0.0.0/8\"
  pattern            \"/re/\"
  record             {\"field\": value, …}; an unset field has no key, or is null
  vector, set        [value, …]
  table              [{\"key\": value, \"value\": value}, …]
                     an index of several values is an array of them
  function, file     its name
  any                {\"$type\": \"addr\", \"$value\": \"10.0.0.1\"} if the type is unclear
 `brocomm send` and `brocomm run --stdin` read lines with events. The book has a schema.";

/// A key of a JSON line with its value.
pub(crate) type Field = (&'static str, Box<RawValue>);

/// Creates a key of a JSON line.
pub(crate) fn field(name: &'static str, value: &(impl Serialize + ?Sized)) -> Field {
    // Only map keys that are not strings could fail.
    (name, to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned()))
}

/// The contents of a line about a notification.
#[derive(Debug)]
pub(crate) struct Notice {
    pub(crate) kind: &'static str,
    fields: Vec<Field>,
    /// The same as text.
    pub(crate) text: String,
}

impl Notice {
    pub(crate) fn new(
        kind: &'static str,
        fields: impl Into<Vec<Field>>,
        text: impl Into<String>,
    ) -> Notice {
        Notice { kind, fields: fields.into(), text: text.into() }
    }

    /// Creates the line for a notification. Events and log entries, of which there may be many, are
    /// written as JSON or as text only.
    pub(crate) fn of(notification: &ConnectionNotification, is_json: bool) -> Notice {
        match notification {
            ConnectionNotification::Established(version) => {
                let class = version.class.as_deref();
                let text = match class {
                    None | Some(b"") => "no class".to_owned(),
                    Some(class) => format!("class {}", printed::bytes(class)),
                };
                let fields = [
                    field("class", &class.map(Text)),
                    field("runtime", &version.runtime.cast_signed()),
                    field("cache_size", &version.cache_size),
                ];
                Notice::new("established", fields, text)
            }
            ConnectionNotification::PeerDescription(name) => {
                let fields = [field("description", name)];
                Notice::new("peer_description", fields, printed::bytes(name))
            }
            ConnectionNotification::EventRequested(name) => {
                Notice::new("event_requested", [field("name", name)], printed::bytes(name))
            }
            ConnectionNotification::CaptureFilter(filter) => {
                let fields = [field("filter", &Text(filter))];
                Notice::new("capture_filter", fields, printed::bytes(filter))
            }
            ConnectionNotification::SyncRequested { authoritative } => {
                let text = if *authoritative { "peer's state is authoritative" } else { "" };
                Notice::new("sync_requested", [field("authoritative", authoritative)], text)
            }
            ConnectionNotification::LogsRequested => Notice::new("logs_requested", [], ""),
            ConnectionNotification::SyncStarted(role) => {
                let role = role.to_string();
                Notice::new("sync_started", [field("role", &role)], role)
            }
            ConnectionNotification::HandshakeDone => Notice::new("handshake_done", [], ""),
            ConnectionNotification::Closed(cause) => Notice::of_close(cause),
            ConnectionNotification::Pong { seq, d1, d2, d3 } => {
                let seconds = |name, seconds: &f64| field(name, &Value::Interval(*seconds));
                let fields =
                    [field("seq", seq), seconds("d1", d1), seconds("d2", d2), seconds("d3", d3)];
                Notice::new("pong", fields, format!("{seq} after {:.3} ms", d1 * 1e3))
            }
            ConnectionNotification::Log(message) => Notice::of_line(message),
            other => Notice::of_content(other, is_json),
        }
    }

    /// Adds the types of arguments that are declared as `any`, unless the JSON shows them.
    pub(crate) fn with_types(&mut self, event: &Event, declared: &EventDecl) {
        let is_any = |field: &brocomm::data::Field| field.ty.tag() == Some(TypeTag::Any);
        if !declared.params.iter().any(is_any) {
            return;
        }
        let args = event.args.iter().enumerate().map(|(at, arg)| {
            if !declared.params.get(at).is_some_and(is_any) {
                return to_raw_value(arg).ok();
            }
            // An element of a vector of `any` is written with its type.
            let vector = Vector::new(Type::vector(Type::ANY), vec![Some(arg.clone())]);
            let json = serde_json::to_string(&Value::from(vector)).ok()?;
            let element = json.strip_prefix('[')?.strip_suffix(']')?;
            RawValue::from_string(element.to_owned()).ok()
        });
        let args: Vec<_> = args.collect();
        self.fields.retain(|(name, _)| *name != "args");
        self.fields.push(field("args", &args));
    }

    /// Creates the line for a line of the communication log.
    pub(crate) fn of_line(message: &CommLogMessage) -> Notice {
        let text = message.to_string();
        let fields = [
            field("level", &message.level().to_string()),
            field("source", &message.source().to_string()),
            field("message", &text),
        ];
        Notice::new("log", fields, text)
    }

    /// Creates the line for the contents of a message.
    fn of_content(notification: &ConnectionNotification, is_json: bool) -> Notice {
        match notification {
            ConnectionNotification::Event(event) if !is_json => {
                Notice::new("event", [], call(event))
            }
            ConnectionNotification::Event(event) => {
                let fields = [
                    field("event", &event.name),
                    field("time", &Value::Time(event.time)),
                    field("args", &event.args),
                ];
                Notice::new("event", fields, "")
            }
            ConnectionNotification::CallRejected { name, mismatch } => {
                let reason = mismatch.to_string();
                let text = format!("{}: {reason}", printed::bytes(name));
                let fields = [field("name", name), field("reason", &reason)];
                Notice::new("call_rejected", fields, text)
            }
            ConnectionNotification::Id(id) => {
                let value = id.value.as_ref().map(printed::value);
                let value = value.as_deref().unwrap_or("<none>");
                let text = format!("{} = {value}", printed::bytes(&id.name));
                let fields = [
                    field("name", &id.name),
                    field("type", &id.ty.to_string()),
                    field("value", &id.value),
                ];
                Notice::new("id", fields, text)
            }
            ConnectionNotification::StateAccess(access) => {
                let text = printed::without_tabs(&Access::of(access).to_string());
                let operands = [Some(&access.op1), access.op2.as_ref(), access.op3.as_ref()];
                let fields = [
                    field("operation", access.opcode.name()),
                    field("target", &access.target),
                    field("operands", &operands),
                ];
                Notice::new("state_access", fields, text)
            }
            ConnectionNotification::Packet(packet) => {
                Notice::new("packet", [field("packet", packet)], format!("{} bytes", packet.len))
            }
            ConnectionNotification::RemotePrint(items) => {
                let (mut prints, mut text) = (Vec::new(), Vec::new());
                for item in items.iter() {
                    let (file, line) = (printed::bytes(item.file), printed::bytes(item.text));
                    text.push(format!("{file}: {line}"));
                    prints.push(Print::of(&item));
                }
                Notice::new("remote_print", [field("prints", &prints)], text.join("; "))
            }
            ConnectionNotification::LogWriterAnnounced(writer) => {
                let columns: Vec<_> = writer.fields.iter().map(|f| f.name.to_string()).collect();
                let text = format!("{}: {}", writer.path, columns.join(", "));
                let fields = [field("path", &writer.path), field("columns", &writer.fields)];
                Notice::new("log_writer", fields, text)
            }
            ConnectionNotification::LogEntry(LogEntry { writer, values }) if !is_json => {
                let mut line = Vec::new();
                AsciiFormat::default().entry(values, &mut line);
                let line = String::from_utf8_lossy(&line);
                Notice::new("log_entry", [], format!("{}: {}", writer.path, line.trim_end()))
            }
            ConnectionNotification::LogEntry(LogEntry { writer, values }) => {
                let entry = LogObject { fields: &writer.fields, values };
                let fields = [field("path", &writer.path), field("entry", &entry)];
                Notice::new("log_entry", fields, "")
            }
            ConnectionNotification::LogEntryDropped { entry, .. } => {
                let reason = entry.why.to_string();
                let text = format!("{}: {reason}", entry.path);
                let fields = [field("path", &entry.path), field("reason", &reason)];
                Notice::new("log_entry_dropped", fields, text)
            }
            ConnectionNotification::SyncPoint(SyncPoint::Point(point)) => {
                Notice::new("sync_point", [field("point", point)], point.to_string())
            }
            ConnectionNotification::SyncPoint(SyncPoint::Final) => {
                Notice::new("sync_point", [field("point", &())], "final")
            }
            other => Notice::new("other", [], format!("{other:?}")),
        }
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
        // In text mode the reason is on standard error.
        Notice::new("closed", [field("cause", name), field("error", &error)], name)
    }
}

/// Returns a call as one line.
pub(crate) fn call(event: &Event) -> String {
    let args: Vec<String> = event.args.iter().map(printed::value).collect();
    format!("{}({})", printed::bytes(&event.name), printed::without_tabs(&args.join(", ")))
}

/// A JSON line.
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
    use brocomm::lowlevel::serial::{Opcode, StateAccess};
    use serde_json::json;

    use super::*;

    #[test]
    fn accesses_show_what_changes() {
        let access = StateAccess {
            opcode: Opcode::AssignIdx,
            target: "seen".into(),
            op1: Value::Count(7),
            op2: Some(Value::string("a\tb")),
            op3: None,
        };
        let notice = Notice::of(&ConnectionNotification::StateAccess(Box::new(access)), true);
        assert_eq!(notice.text, "assign_idx seen[7] = a\\x09b");
        let line = serde_json::to_value(Line { time: Time::EPOCH, peer: "p", notice: &notice });
        assert_eq!(line.unwrap()["operands"], json!([7, "a\tb", null]));
    }
}
