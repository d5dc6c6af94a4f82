//! Short descriptions of messages, for transcripts.

use brocomm::lowlevel::serial::{Serial, StateAccess};
use brocomm::lowlevel::wire::Message;

/// The maximum length of a text.
const SHOWN: usize = 300;

/// Describes a message.
pub(super) fn message(message: &Message, serial: Option<&Serial>) -> String {
    let name = message.message_type();
    let text = match message {
        Message::Version(v) => {
            let class = match &v.class {
                Some(class) => format!("\"{}\"", class.escape_ascii()),
                None => "none".to_owned(),
            };
            format!(
                "{name} protocol {}, cache size {}, data format {}, runtime {}, class {class}",
                v.protocol,
                v.cache_size,
                v.data_format,
                v.runtime.cast_signed()
            )
        }
        Message::Serial(bytes) => match serial {
            Some(serial) => format!("{name} {}", self::serial(serial)),
            None => format!("{name} of {} bytes", bytes.len()),
        },
        Message::RequestEvents(names) => {
            let names: Vec<_> = names.iter().map(|name| name.escape_ascii().to_string()).collect();
            format!("{name} {}", names.join(", "))
        }
        Message::CaptureFilter(filter) => format!("{name} \"{}\"", filter.escape_ascii()),
        Message::RequestSync { authoritative: true } => format!("{name} with authority"),
        Message::RequestSync { authoritative: false } => format!("{name} without authority"),
        Message::Caps(caps) => format!("{name} {} {caps:?}", caps.bits()),
        Message::PhaseDone | Message::Compress | Message::RequestLogs => name.to_string(),
        Message::LogCreateWriter(bytes) | Message::LogWrite(bytes) => {
            format!("{name} of {} bytes", bytes.len())
        }
        other => format!("{other:?}"),
    };
    cut(text)
}

fn serial(serial: &Serial) -> String {
    match serial {
        Serial::Event(event) => {
            let args: Vec<_> = event.args.iter().map(ToString::to_string).collect();
            format!("event {}({})", event.name, args.join(", "))
        }
        Serial::Id(id) => match &id.value {
            Some(value) => format!("ID {} = {value}", id.name),
            None => format!("ID {}", id.name),
        },
        Serial::StateAccess(access) => self::access(access),
        Serial::Packet(packet) => format!("packet of {} bytes", packet.data.len()),
    }
}

fn access(access: &StateAccess) -> String {
    let operands = [Some(&access.op1), access.op2.as_ref(), access.op3.as_ref()];
    let operands: Vec<_> = operands.into_iter().flatten().map(ToString::to_string).collect();
    let (opcode, target) = (access.opcode.name(), &access.target);
    format!("state access {opcode} {target}({})", operands.join(", "))
}

/// Shortens a text.
pub(super) fn cut(mut text: String) -> String {
    if text.len() > SHOWN {
        let end = (0..=SHOWN).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}
