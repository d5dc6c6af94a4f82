//! Cases about messages split by the network (§1.1).

use brocomm::data::{Type, Value};
use brocomm::lowlevel::serial::Id;
use brocomm::lowlevel::wire::{Message, MessageType};
use fastrand::Rng;

use super::framing::echoed;
use crate::suite::{Case, Exchange, Outcome, Trial, token};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::must(
            "1.1/10",
            "an event may be split at any byte",
            "Sends an event in two writes, split after the first byte, then again split after the \
             second, and so on. The network may split a stream anywhere, so each event must be \
             echoed.",
            |trial| {
                let mut peer = trial.running()?;
                let length = event(&mut peer, &number(0))?.len();
                // The bytes of that event were not sent, so the cache of that connection cannot be
                // used.
                let mut peer = trial.running()?;
                for at in 1..length {
                    let bytes = event(&mut peer, &number(at))?;
                    peer.send_split(&bytes, &[at], "conformance_echo")?;
                    echoed(&mut peer, &number(at))?;
                }
                Ok(())
            },
        ),
        Case::must(
            "1.1/11",
            "an event may arrive byte by byte",
            "Sends an event in writes of one byte.",
            |trial| {
                let mut peer = trial.running()?;
                let bytes = event(&mut peer, &number(1))?;
                let every: Vec<usize> = (1..bytes.len()).collect();
                peer.send_split(&bytes, &every, "conformance_echo")?;
                echoed(&mut peer, &number(1))
            },
        ),
        Case::must(
            "1.1/12",
            "a handshake may arrive byte by byte",
            "Sends VERSION, peer_description, CAPS, REQUEST_EVENTS and PHASE_DONE in writes of one \
             byte, then an event.",
            |trial| {
                let mut peer = trial.open()?;
                let bytes = handshake(&mut peer)?;
                let every: Vec<usize> = (1..bytes.len()).collect();
                peer.send_split(&bytes, &every, "the handshake")?;
                peer.expect(MessageType::PhaseDone)?;
                peer.answers()
            },
        ),
        Case::must(
            "1.1/13",
            "a handshake may arrive in one piece",
            "Sends VERSION, peer_description, CAPS, REQUEST_EVENTS and PHASE_DONE in one write, \
             before reading anything, then an event. Neither side needs to wait for the other \
             before it sends (§3.1).",
            |trial| {
                let mut peer = trial.open()?;
                let bytes = handshake(&mut peer)?;
                peer.send_bytes(&bytes, "the handshake")?;
                peer.expect(MessageType::PhaseDone)?;
                peer.answers()
            },
        ),
        Case::must(
            "1.1/14",
            "a handshake may be split at any byte",
            "Goes through a handshake in two writes, split after the first byte, then another one \
             split after the second, and so on.",
            |trial| {
                let length = {
                    let mut peer = trial.open()?;
                    handshake(&mut peer)?.len()
                };
                for at in 1..length {
                    let mut peer = trial.open()?;
                    let bytes = handshake(&mut peer)?;
                    peer.send_split(&bytes, &[at], "the handshake")?;
                    peer.expect(MessageType::PhaseDone)?;
                    peer.answers()?;
                }
                Ok(())
            },
        )
        .only(crate::suite::Role::Listens),
        Case::must(
            "1.1/15",
            "many events may arrive in one piece",
            "Sends 500 events in one write. Each must be echoed, in order.",
            |trial| many(trial, |_| Vec::new()),
        ),
        Case::must(
            "1.1/16",
            "many events may be split anywhere",
            "Sends 500 events in one stream that is split at 200 positions, the same in each run.",
            |trial| {
                let mut random = Rng::with_seed(1_116);
                many(trial, |length| {
                    let mut at: Vec<_> = (0..200).map(|_| random.usize(1..length)).collect();
                    at.sort_unstable();
                    at.dedup();
                    at
                })
            },
        ),
    ]
}

fn number(number: usize) -> Value {
    Value::Count(number as u64)
}

fn event(peer: &mut Exchange, value: &Value) -> Outcome<Vec<u8>> {
    let argument = peer.encode_event("conformance_echo", std::slice::from_ref(value))?;
    let message = Message::Serial(argument);
    Ok(peer.encode(&message))
}

/// Returns everything that the suite sends up to PHASE_DONE.
fn handshake(peer: &mut Exchange) -> Outcome<Vec<u8>> {
    let hello = peer.hello();
    let mut bytes = peer.encode(&Message::Version(hello.version));
    let description = Value::string(hello.description.as_deref().unwrap_or_default());
    let id = Id::global("peer_description", Type::STRING, Some(description));
    let id = Message::Serial(peer.encode_id(id)?);
    bytes.extend(peer.encode(&id));
    if let Some(caps) = hello.caps {
        bytes.extend(peer.encode(&Message::Caps(caps)));
    }
    bytes.extend(peer.encode(&Message::RequestEvents(hello.events.iter().collect())));
    bytes.extend(peer.encode(&Message::PhaseDone));
    Ok(bytes)
}

/// Sends many events in one stream, split at the positions that `cuts` returns for its length.
fn many(trial: &mut Trial<'_>, cuts: impl FnOnce(usize) -> Vec<usize>) -> Outcome {
    let mut peer = trial.running()?;
    let numbers: Vec<Value> = (0..500).map(|_| token()).collect();
    let mut bytes = Vec::new();
    for number in &numbers {
        bytes.extend(event(&mut peer, number)?);
    }
    let cuts = cuts(bytes.len());
    peer.send_split(&bytes, &cuts, "500 events")?;
    peer.expect_echoes(&numbers)
}
