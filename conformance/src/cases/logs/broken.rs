//! Cases about invalid log messages (3§1, 3§2).

use brocomm::lowlevel::wire::{DataFormat, Message, MessageType};

use super::Logs;
use crate::suite::{Case, Exchange, Outcome, Trial, chunk, header};

pub(super) fn cases() -> Vec<Case> {
    let with_value = |id, title, description, value: &'static [u8]| {
        Case::should(id, title, description, move |trial| {
            let mut peer = trial.running()?;
            let logs = Logs::on(&peer);
            peer.send(&Message::LogCreateWriter(logs.writer("broken")))?;
            let value = match (logs.0, value) {
                (DataFormat::V23, [a, b, c, 22, rest @ ..]) => [&[*a, *b, *c, 23], rest].concat(),
                _ => value.to_vec(),
            };
            ends(trial, &mut peer, MessageType::LogWrite, &logs.entry("broken", &value))
        })
    };
    vec![
        with_value(
            "3:2/20",
            "a value of an unknown type ends the connection",
            "Sends an entry whose value has the type 99.",
            &[0, 0, 0, 99, 1, 0, 0, 0, 0],
        ),
        with_value(
            "3:2/21",
            "an address of an unknown family ends the connection",
            "Sends an entry with an addr of family 5.",
            &[0, 0, 0, 13, 1, 5, 192, 0, 2, 1],
        )
        .since(DataFormat::V22),
        with_value(
            "3:2/22",
            "a port of an unknown protocol ends the connection",
            "Sends an entry with a port of protocol 9.",
            &[0, 0, 0, 12, 1, 0, 0, 0, 0, 0, 0, 0, 80, 0, 0, 0, 9],
        )
        .since(DataFormat::V22),
        with_value(
            "3:2/23",
            "a set that claims billions of elements ends the connection",
            "Sends an entry with a set of 2^62 elements, and nothing after it.",
            &[0, 0, 0, 16, 1, 0x40, 0, 0, 0, 0, 0, 0, 0],
        ),
        with_value(
            "3:2/24",
            "a vector with a negative number of elements ends the connection",
            "Sends an entry with a vector of -1 elements.",
            &[0, 0, 0, 22, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ),
        with_value(
            "3:2/25",
            "a string longer than the remaining bytes ends the connection",
            "Sends an entry with a string that claims 4 GiB and has 2 bytes.",
            &[0, 0, 0, 8, 1, 0xff, 0xff, 0xff, 0xff, b'a', b'b'],
        ),
        Case::should(
            "3:2/26",
            "a log entry truncated at any byte ends the connection",
            "Sends an entry without its last byte, on another connection one without its last two, \
             and so on.",
            |trial| {
                let mut length = usize::MAX;
                while length > 1 {
                    let mut peer = trial.running()?;
                    let logs = Logs::on(&peer);
                    peer.send(&Message::LogCreateWriter(logs.writer("short")))?;
                    let whole = logs.filled("short", "text");
                    length = length.min(whole.len()) - 1;
                    let cut = whole.get(..length).unwrap_or_default();
                    send_raw(&mut peer, MessageType::LogWrite, cut)?;
                    peer.expect_close("a truncated entry")?;
                }
                trial.still_serves()
            },
        ),
        Case::should(
            "3:1/20",
            "a writer truncated at any byte ends the connection",
            "Sends a LOG_CREATE_WRITER without its last byte, on another connection one without \
             its last two, and so on.",
            |trial| {
                let mut length = usize::MAX;
                while length > 1 {
                    let mut peer = trial.running()?;
                    let whole = Logs::on(&peer).writer("short");
                    length = length.min(whole.len()) - 1;
                    send_raw(&mut peer, MessageType::LogCreateWriter, &whole.slice(..length))?;
                    peer.expect_close("a truncated writer")?;
                }
                trial.still_serves()
            },
        ),
        Case::should(
            "3:1/21",
            "a writer that claims 4 billion columns ends the connection",
            "Sends a LOG_CREATE_WRITER whose num_fields is 0xffffffff.",
            |trial| {
                let mut peer = trial.running()?;
                let logs = Logs::on(&peer);
                let mut bytes = logs.writer("columns").to_vec();
                // The number of columns precedes the path or follows it.
                let at = if logs.0.has_writer_info() { 8 } else { 12 + "columns".len() };
                if let Some(fields) = bytes.get_mut(at..at + 4) {
                    fields.fill(0xff);
                }
                ends(trial, &mut peer, MessageType::LogCreateWriter, &bytes)
            },
        ),
        Case::should(
            "3:1/22",
            "a log whose path leads out of its directory does no damage",
            "Announces the log `../../conformance-outside`, and sends an entry. Nothing may be \
             written outside of the log folder. The suite cannot see that, so look for such a \
             file.",
            |trial| {
                let mut peer = trial.running()?;
                let (logs, path) = (Logs::on(&peer), "../../conformance-outside");
                peer.send(&Message::LogCreateWriter(logs.writer(path)))?;
                peer.send(&Message::LogWrite(logs.filled(path, "outside").into()))?;
                trial.still_serves()
            },
        ),
    ]
}

fn send_raw(peer: &mut Exchange, ty: MessageType, argument: &[u8]) -> Outcome {
    peer.send_bytes(&[header(ty as u8), chunk(argument)].concat(), ty.name())
}

/// Sends a message that must end the connection.
fn ends(trial: &mut Trial<'_>, peer: &mut Exchange, ty: MessageType, argument: &[u8]) -> Outcome {
    send_raw(peer, ty, argument)?;
    trial.closes(peer, "the message")
}
