//! Cases about invalid log messages (3§1, 3§2).

use brocomm::lowlevel::wire::{Message, MessageType};

use super::{entry, filled, writer};
use crate::suite::{Case, Exchange, Outcome, Trial, chunk, header};

pub(super) fn cases() -> Vec<Case> {
    let with_value = |id, title, description, value: &'static [u8]| {
        Case::should(id, title, description, move |trial| {
            let mut peer = trial.running()?;
            peer.send(&Message::LogCreateWriter(writer("broken")))?;
            ends(trial, &mut peer, MessageType::LogWrite, &entry("broken", value))
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
        ),
        with_value(
            "3:2/22",
            "a port of an unknown protocol ends the connection",
            "Sends an entry with a port of protocol 9.",
            &[0, 0, 0, 12, 1, 0, 0, 0, 0, 0, 0, 0, 80, 0, 0, 0, 9],
        ),
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
                let whole = filled("short", "text");
                for length in (1..whole.len()).rev() {
                    let mut peer = trial.running()?;
                    peer.send(&Message::LogCreateWriter(writer("short")))?;
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
                let whole = writer("short");
                for length in (1..whole.len()).rev() {
                    let mut peer = trial.running()?;
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
                let mut bytes = writer("columns").to_vec();
                if let Some(fields) = bytes.get_mut(8..12) {
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
                let path = "../../conformance-outside";
                peer.send(&Message::LogCreateWriter(writer(path)))?;
                peer.send(&Message::LogWrite(filled(path, "outside").into()))?;
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
