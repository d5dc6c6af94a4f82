//! Cases about chunks, parts and headers (§1.1–§1.4).

use std::slice::from_ref;

use brocomm::data::Value;
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::wire::{Framing, Message, MessageType};

use crate::suite::{Capability, Case, Exchange, Outcome, Stop, Trial, chunk, header};

/// The longest part that a Bro can receive (§1.2).
const MAX_PART: usize = 1_048_572;

/// The bit that marks a part other than the last (§1.2).
const PARTIAL: u32 = 0x8000_0000;

pub(super) fn cases() -> Vec<Case> {
    [chunks(), parts(), over_tls(), headers()].concat()
}

fn chunks() -> Vec<Case> {
    vec![
        Case::must(
            "1.1/1",
            "a chunk is a length of four bytes, big-endian, and that many bytes",
            "Checks the bytes of the first message that the implementation sends: a header chunk \
             of 8 bytes and, for VERSION, an argument chunk of at least 16 bytes.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello();
                peer.send(&Message::Version(hello.version))?;
                let version = peer.expect(MessageType::Version)?.bytes;
                let (head, argument) = version.split_at_checked(16).unwrap_or((&version, &[]));
                let right = matches!(head, [0, 0, 0, 8, 1, _, _, _, _, _, _, _, 0, 0, 0, length]
                    if usize::from(*length) == argument.len() && *length >= 16);
                Stop::unless(right, || format!("VERSION begins with {head:02x?}"))
            },
        ),
        Case::should(
            "1.1/2",
            "an empty chunk instead of a header ends the connection",
            "Sends the length 0, which is illegal. The implementation must close only that \
             connection, and still serve other peers.",
            |trial| {
                let mut peer = trial.running()?;
                peer.send_bytes(&[0; 4], "an empty chunk")?;
                trial.closes(&mut peer, "an empty chunk")
            },
        ),
        Case::should(
            "1.1/3",
            "an empty argument chunk ends the connection",
            "Sends the header of a SERIAL and the length 0.",
            |trial| {
                let mut peer = trial.running()?;
                peer.send_bytes(&[header(2), vec![0; 4]].concat(), "SERIAL, empty argument")?;
                trial.closes(&mut peer, "an empty argument chunk")
            },
        ),
        Case::should(
            "1.1/4",
            "a chunk of 2 GiB ends the connection as soon as it is announced",
            "Sends the length 0x7fffffff and nothing more. An implementation that waits for such a \
             chunk waits forever or runs out of memory. The claimed length must be checked against \
             a limit.",
            |trial| {
                let mut peer = trial.running()?;
                peer.send_bytes(&[0x7f, 0xff, 0xff, 0xff], "a chunk of 2 GiB is announced")?;
                trial.closes(&mut peer, "a chunk of 2 GiB was announced")
            },
        ),
        Case::must(
            "1.1/5",
            "the end of the stream within a chunk affects no other peer",
            "Sends half of an event and closes. Other peers are still served.",
            |trial| {
                let mut peer = trial.running()?;
                let event = Message::Serial(peer.encode_event("conformance_echo", &[one()])?);
                let bytes = peer.encode(&event);
                let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
                peer.send_bytes(half, "half an event")?;
                drop(peer);
                trial.still_serves()
            },
        ),
    ]
}

fn parts() -> Vec<Case> {
    let cases = vec![
        Case::must(
            "1.2/1",
            "a chunk in two parts is joined",
            "Sends an event whose argument chunk comes in two parts, the first marked by the top \
             bit of its length. Parts may have any size. The last one is not marked.",
            |trial| {
                let mut peer = clear(trial)?;
                let value = Value::string("in two parts");
                send_in_parts(&mut peer, &value, 20)?;
                echoed(&mut peer, &value)
            },
        ),
        Case::must(
            "1.2/2",
            "a chunk in parts of one byte each is joined",
            "Sends an event whose argument chunk comes in parts of one byte.",
            |trial| {
                let mut peer = clear(trial)?;
                let value = Value::string("in parts of one byte");
                send_in_parts(&mut peer, &value, 1)?;
                echoed(&mut peer, &value)
            },
        ),
        Case::must(
            "1.2/3",
            "a header chunk in parts is joined",
            "Sends an event whose header chunk comes in two parts. Any chunk may have parts.",
            |trial| {
                let mut peer = clear(trial)?;
                let value = Value::string("header in parts");
                let argument = peer.encode_event("conformance_echo", from_ref(&value))?;
                let head = header(2).get(4..).unwrap_or_default().to_vec();
                let bytes = [in_parts(&head, 3), chunk(&argument)].concat();
                peer.send_bytes(&bytes, "SERIAL whose header is in parts")?;
                echoed(&mut peer, &value)
            },
        ),
        Case::must(
            "1.2/4",
            "a message of 2.5 MB passes in both directions, in parts of at most 1 MiB - 4",
            "Has a string of 2.5 MB echoed. No part of the echo may be longer than 1 048 572 \
             bytes, because Bro cannot receive longer ones.",
            |trial| {
                let mut peer = clear(trial)?;
                let value = Value::string("0123456789".repeat(250_000));
                peer.send_echo(value.clone())?;
                let bytes = peer.wait_for("the message of 2.5 MB", |got| match &got.serial {
                    Some(Serial::Event(event)) if event.args == from_ref(&value) => {
                        Some(got.bytes.clone())
                    }
                    _ => None,
                })?;
                let longest = longest_part(&bytes);
                Stop::unless(longest <= MAX_PART, || format!("a part has {longest} bytes"))?;
                peer.answers()
            },
        ),
        Case::should(
            "1.2/5",
            "an empty part ends the connection",
            "Sends the length word 0x80000000: an empty part. Neither chunks nor parts may be \
             empty.",
            |trial| {
                let mut peer = clear(trial)?;
                peer.send_bytes(&PARTIAL.to_be_bytes(), "an empty part")?;
                trial.closes(&mut peer, "an empty part")
            },
        ),
        Case::must(
            "1.2/6",
            "the end of the stream between two parts affects no other peer",
            "Sends the first part of a chunk and closes. Other peers are still served.",
            |trial| {
                let mut peer = clear(trial)?;
                let part = [&(PARTIAL | 3).to_be_bytes()[..], b"abc"].concat();
                peer.send_bytes(&[header(2), part].concat(), "SERIAL, its first part")?;
                drop(peer);
                trial.still_serves()
            },
        ),
        Case::should(
            "1.2/7",
            "an endless sequence of parts ends the connection",
            "Sends parts of 1 MiB - 4 without a last one until the implementation closes the \
             connection. It must limit the whole chunk to at most 300 MiB.",
            |trial| {
                let mut peer = clear(trial)?;
                let part =
                    [&(PARTIAL | MAX_PART as u32).to_be_bytes()[..], &[0; MAX_PART]].concat();
                peer.send_bytes(&header(2), "the header of a SERIAL")?;
                for number in 1..=300 {
                    peer.send_bytes(&part, &format!("part {number}"))?;
                    if peer.has_closed()? {
                        return trial.still_serves();
                    }
                }
                trial.closes(&mut peer, "300 MiB of parts")
            },
        ),
    ];
    cases.into_iter().map(|case| case.needs(Capability::PartialChunks)).collect()
}

fn over_tls() -> Vec<Case> {
    let cases = vec![
        Case::must(
            "1.3/1",
            "over TLS a message of 2.5 MB passes in both directions as one chunk",
            "Has a string of 2.5 MB echoed. Over TLS there are no parts.",
            |trial| {
                let mut peer = trial.running()?;
                let value = Value::string("0123456789".repeat(250_000));
                peer.send_echo(value.clone())?;
                echoed(&mut peer, &value)
            },
        ),
        Case::should(
            "1.3/2",
            "over TLS the mark of a part ends the connection",
            "Sends a chunk whose length has the top bit set. Over TLS there are no parts.",
            |trial| {
                let mut peer = trial.running()?;
                let part = [&(PARTIAL | 3).to_be_bytes()[..], b"abc"].concat();
                peer.send_bytes(&[header(2), part].concat(), "SERIAL, a part of it")?;
                trial.closes(&mut peer, "a part over TLS")
            },
        ),
    ];
    cases.into_iter().map(|case| case.needs(Capability::Tls)).collect()
}

fn headers() -> Vec<Case> {
    vec![
        Case::must(
            "1.4/1",
            "an event is echoed on a plain connection",
            "Goes through the handshake and sends conformance_echo(1), which must be answered with \
             conformance_echoed(1). If this fails, the implementation is not set up as \
             IMPLEMENTING.md says, and the other results mean nothing.",
            |trial| {
                let mut peer = trial.running()?;
                peer.echo(&one())?;
                peer.answers()
            },
        ),
        Case::must(
            "1.4/2",
            "the padding of a header is ignored",
            "Sends an event whose header chunk has other bytes than 0 as its bytes 1 to 3. Bro \
             leaves them uninitialized.",
            |trial| with_header(trial, &[2, 0xa9, 0xd1, 0xd5, 0, 0, 0, 0]),
        ),
        Case::must(
            "1.4/3",
            "the peer ID in a header is ignored",
            "Sends an event with the peer ID 0x01020304 in its header chunk.",
            |trial| with_header(trial, &[2, 0, 0, 0, 1, 2, 3, 4]),
        ),
        Case::should(
            "1.4/4",
            "a header chunk of 7 bytes ends the connection",
            "Sends a header chunk with one byte missing. A header has exactly 8.",
            |trial| {
                let mut peer = trial.running()?;
                peer.send_bytes(&chunk(&[2, 0, 0, 0, 0, 0, 0]), "a header of 7 bytes")?;
                trial.closes(&mut peer, "a header of 7 bytes")
            },
        ),
        Case::should(
            "1.4/5",
            "a header chunk of 9 bytes ends the connection",
            "Sends a header chunk with one byte too many. A header has exactly 8.",
            |trial| {
                let mut peer = trial.running()?;
                peer.send_bytes(&chunk(&[2, 0, 0, 0, 0, 0, 0, 0, 0]), "a header of 9 bytes")?;
                trial.closes(&mut peer, "a header of 9 bytes")
            },
        ),
        Case::must(
            "1.4/6",
            "the peer ID in sent headers is 0",
            "Checks the header chunks in a handshake.",
            |trial| {
                every_header(trial, |header| {
                    let id = header.get(4..8).unwrap_or_default();
                    Stop::unless(id == [0; 4], || format!("the peer ID is {id:02x?}"))
                })
            },
        ),
        Case::should(
            "1.4/7",
            "the padding in sent headers is 0",
            "Checks the header chunks in a handshake. Bro sends three bytes of uninitialized \
             memory there.",
            |trial| {
                every_header(trial, |header| {
                    let padding = header.get(1..4).unwrap_or_default();
                    Stop::unless(padding == [0; 3], || format!("the padding is {padding:02x?}"))
                })
            },
        ),
    ]
}

fn one() -> Value {
    Value::Count(1)
}

/// Opens a connection with partial chunks, which do not exist over TLS (§1.3).
fn clear(trial: &mut Trial<'_>) -> Outcome<Exchange> {
    match trial.framing() {
        Framing::Clear => trial.running(),
        Framing::Tls => Stop::inconclusive("over TLS there are no parts"),
    }
}

/// Splits a chunk into parts of `size` bytes.
pub(super) fn in_parts(payload: &[u8], size: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut parts = payload.chunks(size).peekable();
    while let Some(part) = parts.next() {
        let mark = if parts.peek().is_some() { PARTIAL } else { 0 };
        let length = u32::try_from(part.len()).unwrap_or(0);
        bytes.extend_from_slice(&(length | mark).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

fn send_in_parts(peer: &mut Exchange, value: &Value, size: usize) -> Outcome {
    let argument = peer.encode_event("conformance_echo", from_ref(value))?;
    let bytes = [header(2), in_parts(&argument, size)].concat();
    peer.send_bytes(&bytes, &format!("SERIAL in parts of {size} bytes"))
}

/// Waits until this value is echoed.
pub(super) fn echoed(peer: &mut Exchange, value: &Value) -> Outcome {
    peer.expect_echo(value)?;
    peer.answers()
}

/// Returns the length of the longest part, or chunk, in what was received.
fn longest_part(bytes: &[u8]) -> usize {
    let (mut rest, mut longest) = (bytes, 0);
    while let Some((word, behind)) = rest.split_first_chunk::<4>() {
        let length = (u32::from_be_bytes(*word) & !PARTIAL) as usize;
        longest = longest.max(length);
        rest = behind.get(length..).unwrap_or_default();
    }
    longest
}

fn with_header(trial: &mut Trial<'_>, header: &[u8]) -> Outcome {
    let mut peer = trial.running()?;
    let argument = peer.encode_event("conformance_echo", &[one()])?;
    peer.send_bytes(&[chunk(header), chunk(&argument)].concat(), "SERIAL conformance_echo(1)")?;
    echoed(&mut peer, &one())
}

/// Checks the headers in a handshake.
fn every_header(trial: &mut Trial<'_>, check: impl Fn(&[u8]) -> Outcome) -> Outcome {
    let mut peer = trial.open()?;
    let hello = peer.hello();
    peer.send(&Message::Version(hello.version.clone()))?;
    peer.request(&hello)?;
    peer.send(&Message::PhaseDone)?;
    loop {
        let Some(got) = peer.receive()? else {
            return Stop::failed("it closed the connection in the handshake");
        };
        check(got.bytes.get(4..12).unwrap_or_default())?;
        if got.message == Message::PhaseDone {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use brocomm::lowlevel::wire;
    use brocomm::lowlevel::wire::{Decoder, Encoder, FramingLimits};

    use super::*;

    #[test]
    fn the_core_splits_and_joins_parts_like_the_suite() {
        assert_eq!(MAX_PART, wire::MAX_PART);
        // The maximum length of a part, and one byte more.
        for length in [MAX_PART, MAX_PART + 1] {
            let message = Message::Serial(vec![7; length].into());
            let mut bytes = Vec::new();
            Encoder::new(Framing::Clear).message(&message, &mut bytes);
            let by_hand = [header(2), in_parts(&vec![7; length], MAX_PART)].concat();
            assert!(bytes == by_hand, "{length} bytes");
            assert_eq!(longest_part(&bytes), MAX_PART);
        }
        let mut decoder = Decoder::new(Framing::Clear, FramingLimits::default());
        decoder.feed(&[header(2), in_parts(b"in parts", 3)].concat());
        let decoded = decoder.poll().unwrap().unwrap();
        assert_eq!(decoded.message, Message::Serial(b"in parts".as_slice().into()));
    }
}
