//! Cases about invalid SERIALs (2§1–2§4, 2§6).
//!
//! The implementation must end that connection only.

use brocomm::data::{Type, Value};
use brocomm::lowlevel::wire::Message;

use crate::suite::{Capability, Case, Outcome, Trial, chunk, header};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::should(
            "2:1/1",
            "an address of two words ends the connection",
            "Sends an `addr` of 2 words. Only 1 and 4 are valid.",
            |trial| spoiled(trial, &Value::Addr([192, 0, 2, 1].into()), 8, &[0, 0, 0, 2]),
        ),
        Case::should(
            "2:1/2",
            "an IPv4 subnet of width 33 ends the connection",
            "Sends a subnet whose width is more than its address has bits.",
            |trial| spoiled(trial, &super::value("subnet", "192.0.2.0/24")?, 4, &[0, 0, 0, 33]),
        ),
        Case::should(
            "2:1/3",
            "a string longer than the remaining bytes ends the connection",
            "Sends a string whose length is 1000, with 4 bytes after it.",
            |trial| spoiled(trial, &Value::string("text"), 8, &1000_u32.to_be_bytes()),
        ),
        Case::should(
            "2:1/4",
            "a missing string of 4 GiB ends the connection",
            "Sends a string whose length is 0xffffffff, with 4 bytes after it. A claimed length \
             must be checked before memory is allocated.",
            |trial| spoiled(trial, &Value::string("text"), 8, &[0xff; 4]),
        ),
        Case::should(
            "2:2/1",
            "a SERIAL of an unknown kind ends the connection",
            "Sends a SERIAL with the tag `x`.",
            |trial| refused(trial, b"x", "a SERIAL with the tag x"),
        ),
        Case::should(
            "2:2/2",
            "a timer ends the connection",
            "Sends a SERIAL with the tag `t` and nothing after it. Not even Bro can use one.",
            |trial| refused(trial, b"t", "a SERIAL with the tag t"),
        ),
        Case::tolerated(
            "2:2/3",
            "bytes after an event are ignored",
            "Sends an event with three extra bytes at the end of the SERIAL.",
            |trial| {
                let mut peer = trial.running()?;
                let value = Value::Count(5);
                let mut argument =
                    peer.encode_event("conformance_echo", std::slice::from_ref(&value))?.to_vec();
                argument.extend_from_slice(b"abc");
                let bytes = [header(2), chunk(&argument)].concat();
                peer.send_bytes(&bytes, "SERIAL conformance_echo(5), and three bytes")?;
                super::super::framing::echoed(&mut peer, &value)
            },
        ),
        Case::must(
            "2:2/4",
            "an unhandled event does no damage",
            "Sends an event that the implementation did not request and does not know. It must be \
             ignored.",
            |trial| {
                let mut peer = trial.running()?;
                peer.send_event("conformance_nobody_knows_this", &[Value::Count(1)])?;
                peer.answers()
            },
        ),
        Case::should(
            "2:2/5",
            "a packet does no damage",
            "Sends a packet (tag `p`) of four bytes. An implementation may ignore it.",
            |trial| {
                let mut peer = trial.running()?;
                let words = [1_u32, 2, 4, 1].map(u32::to_be_bytes).concat();
                let strings = [chunk(b"tag"), chunk(b"data")].concat();
                let packet = [b"p".to_vec(), words, strings].concat();
                peer.send(&Message::Serial(packet.into()))?;
                peer.answers()
            },
        ),
        Case::should(
            "2:3/1",
            "an object of an unknown family ends the connection",
            "Sends a value whose object has the family 31.",
            |trial| spoiled_object(trial, &[0x9f, 0x01]),
        ),
        Case::should(
            "2:3/2",
            "an object of an unknown class ends the connection",
            "Sends a value whose object is of the class 200 of the family Val.",
            |trial| spoiled_object(trial, &[0x88, 200]),
        ),
        Case::should(
            "2:3/3",
            "a type where a value belongs ends the connection",
            "Sends a value whose object is of the family Type.",
            |trial| spoiled_object(trial, &[0x8a, 0x01]),
        ),
        Case::should(
            "2:4/1",
            "a type with an unknown tag ends the connection",
            "Sends a count whose type has the tag 99.",
            |trial| {
                // The tag is followed by three bytes, a name of 4 bytes or two flags, and the
                // number.
                let from_end = if trial.data_format().has_type_names() { 16 } else { 15 };
                spoiled(trial, &Value::Count(1), from_end, &[99])
            },
        ),
        Case::should(
            "2:6/50",
            "a port with an unknown protocol bit ends the connection or is forwarded unchanged",
            "Sends a PortVal of 0xffffffff, which is not a port.",
            |trial| {
                let mut peer = trial.running()?;
                let argument = changed(&mut peer, &super::value("port", "80/tcp")?, 8, &[0xff; 8])?;
                peer.send_bytes(&[header(2), chunk(&argument)].concat(), "a PortVal of all ones")?;
                // Waits until the implementation closes or echoes. Otherwise a later echo could
                // reach the next connection, which cannot decode it either.
                while let Ok(Some(_)) = peer.receive() {}
                drop(peer);
                trial.still_serves()
            },
        )
        .needs(Capability::UnknownPorts),
        Case::should(
            "2:6/51",
            "a set with a duplicate element ends the connection",
            "Sends a set of the counts 1 and 1.",
            |trial| {
                let set = super::of_type(&Type::set(vec![Type::COUNT]), "set(1, 2)")?;
                spoiled(trial, &set, 25, &1_u64.to_be_bytes())
            },
        )
        .needs(Capability::Containers),
    ]
}

/// Sends a SERIAL that must end the connection.
fn refused(trial: &mut Trial<'_>, argument: &[u8], what: &str) -> Outcome {
    let mut peer = trial.running()?;
    peer.send_bytes(&[header(2), chunk(argument)].concat(), what)?;
    trial.closes(&mut peer, what)
}

/// Returns the argument of a SERIAL with a value to be echoed, with bytes replaced at an offset
/// from the end.
fn changed(
    peer: &mut crate::suite::Exchange,
    value: &Value,
    from_end: usize,
    bytes: &[u8],
) -> Outcome<Vec<u8>> {
    let mut argument = peer.encode_event("conformance_echo", std::slice::from_ref(value))?.to_vec();
    let at = argument.len().saturating_sub(from_end);
    if let Some(place) = argument.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
    Ok(argument)
}

/// Sends an event with a modified argument that must end the connection.
fn spoiled(trial: &mut Trial<'_>, value: &Value, from_end: usize, bytes: &[u8]) -> Outcome {
    let mut peer = trial.running()?;
    let argument = changed(&mut peer, value, from_end, bytes)?;
    peer.send_bytes(&[header(2), chunk(&argument)].concat(), "an invalid SERIAL")?;
    trial.closes(&mut peer, "the SERIAL")
}

/// Sends a count with another object class.
fn spoiled_object(trial: &mut Trial<'_>, class: &[u8; 2]) -> Outcome {
    let mut peer = trial.running()?;
    let mut argument = peer.encode_event("conformance_echo", &[Value::Count(1)])?.to_vec();
    // The tag, the event's name and time, the number of arguments, whether the object is full, and
    // its pid. Only the pid's size depends on the peer (2§3).
    let before = 1 + 4 + "conformance_echo".len() + 8 + 4 + 1;
    let pid = if peer.mode_out().pid_64bit { 8 } else { 4 };
    if let Some(place) = argument.get_mut(before + pid..before + pid + 2) {
        place.copy_from_slice(class);
    }
    peer.send_bytes(
        &[header(2), chunk(&argument)].concat(),
        "an event with an argument of another object class",
    )?;
    trial.closes(&mut peer, "the argument")
}
