//! Cases about limits and hostile input (2§12, §1).
//!
//! The implementation may close the connection or continue, but must still serve other peers.

use brocomm::data::Value;
use brocomm::lowlevel::wire::Message;
use fastrand::Rng;

use super::raw::{Pid, Raw};
use crate::suite::{Capability, Case, Exchange, Outcome, Role, Stop, Trial, chunk, header};

const FREE: Pid = 0x00ab_0000;

pub(super) fn cases() -> Vec<Case> {
    [serials(), streams()].concat()
}

fn serials() -> Vec<Case> {
    vec![
        Case::should(
            "2:12/1",
            "an event truncated at any byte ends the connection",
            "Sends an event whose argument chunk lacks its last byte, on another connection one \
             that lacks its last two, and so on down to one byte.",
            |trial| {
                let mut length = usize::MAX;
                loop {
                    let mut peer = trial.running()?;
                    let argument =
                        peer.encode_event("conformance_echo", &[Value::string("cut")])?;
                    length = length.min(argument.len()) - 1;
                    let Some(cut @ [_, ..]) = argument.get(..length) else { break };
                    let bytes = [header(2), chunk(cut)].concat();
                    peer.send_bytes(&bytes, &format!("SERIAL, {length} bytes of it"))?;
                    peer.expect_close("a truncated SERIAL")?;
                }
                trial.still_serves()
            },
        ),
        Case::should(
            "2:12/2",
            "a vector that claims 4 billion elements ends the connection",
            "Sends a vector whose number of elements is 0xffffffff, and nothing after it. The \
             number must be checked against the remaining bytes before memory is allocated.",
            |trial| {
                let mut peer = trial.running()?;
                let raw = Raw::on(&peer);
                let ty = raw.vector_type(FREE + 1, &raw.count_type(FREE + 2));
                let event = raw.echo(&raw.vector(FREE, &ty, u32::MAX));
                peer.send(&Message::Serial(event.into()))?;
                trial.closes(&mut peer, "a vector of 4 billion elements")
            },
        )
        .needs(Capability::Containers),
        Case::should(
            "2:12/3",
            "vectors nested 100,000 levels deep do no damage",
            "Sends nested vectors, on which unlimited recursion overflows the stack. The \
             implementation may close the connection.",
            |trial| {
                let mut peer = trial.running()?;
                let raw = Raw::on(&peer);
                let ty = raw.vector_type(FREE + 1, &raw.any_type(FREE + 2));
                let mut value = raw.vector(FREE, &ty, 1);
                for depth in 0..100_000 {
                    value.push(1);
                    let elements = u32::from(depth < 99_999);
                    let inner = raw.vector(FREE + 3 + depth, &raw.known_type(FREE + 1), elements);
                    value.extend(inner);
                }
                peer.send(&Message::Serial(raw.echo(&value).into()))?;
                survives(trial, peer)
            },
        )
        .needs(Capability::Containers),
        Case::should(
            "2:12/4",
            "types nested 100,000 levels deep do no damage",
            "Sends an empty vector whose type is a deeply nested vector type.",
            |trial| {
                let mut peer = trial.running()?;
                let raw = Raw::on(&peer);
                let mut pieces: Vec<Vec<u8>> =
                    (0..100_000).map(|depth| raw.vector_type(FREE + 1 + depth, &[])).collect();
                pieces.push(raw.count_type(FREE));
                let event = raw.echo(&raw.vector(FREE + 200_000, &pieces.concat(), 0));
                peer.send(&Message::Serial(event.into()))?;
                survives(trial, peer)
            },
        )
        .needs(Capability::Containers),
        Case::should(
            "2:12/5",
            "references that multiply do no damage",
            "Sends a vector of two numbers, then one with two references to it, then one with two \
             references to that, and so on 60 times: a few hundred bytes that stand for 2^60 \
             values. They are arguments of an unknown event, which is still read (§5) but not \
             echoed.",
            |trial| {
                let mut peer = trial.running()?;
                let raw = Raw::on(&peer);
                let ty = raw.vector_type(FREE + 1, &raw.any_type(FREE + 2));
                let inner = raw.count(FREE + 3, FREE + 4, 1);
                let twice = [&[1][..], &inner, &[1], &raw.reference(FREE + 3)].concat();
                let call = |argument: &[u8]| raw.call("conformance_unknown", argument);
                let event = call(&[raw.vector(FREE, &ty, 2), twice].concat());
                peer.send(&Message::Serial(event.into()))?;
                for step in 0..60 {
                    let last = raw.reference(if step == 0 { FREE } else { FREE + 10 + step - 1 });
                    let head = raw.vector(FREE + 10 + step, &raw.known_type(FREE + 1), 2);
                    let event = call(&[&head[..], &[1], &last, &[1], &last].concat());
                    peer.send(&Message::Serial(event.into()))?;
                    if peer.has_closed()? {
                        break;
                    }
                }
                survives(trial, peer)
            },
        )
        .needs(Capability::Containers)
        .needs(Capability::Cache),
    ]
}

fn streams() -> Vec<Case> {
    vec![
        Case::must(
            "1.1/30",
            "random bytes affect no other peer",
            "Sends 1,000 random bytes on each of 40 connections: at once on half of them, after a \
             handshake on the others. The bytes are the same in each run.",
            |trial| {
                let mut random = Rng::with_seed(47757);
                for number in 0..40 {
                    let mut peer = if number % 2 == 0 { trial.open()? } else { trial.running()? };
                    let bytes: Vec<u8> = (0..1000).map(|_| random.u8(..)).collect();
                    peer.send_bytes(&bytes, "1,000 bytes at random")?;
                }
                trial.still_serves()
            },
        ),
        Case::must(
            "1.1/31",
            "an event with one inverted bit affects no other peer",
            "Sends an event with one bit inverted, for each of its bits. Opens a new connection \
             whenever the implementation has closed the previous one.",
            |trial| {
                let mut peer = trial.running()?;
                let length = peer.encode_event("conformance_echo", &[Value::Count(1)])?.len();
                for bit in 0..(12 + 4 + length) * 8 {
                    let mut peer = trial.running()?;
                    let argument = peer.encode_event("conformance_echo", &[Value::Count(1)])?;
                    let mut bytes = [header(2), chunk(&argument)].concat();
                    if let Some(byte) = bytes.get_mut(bit / 8) {
                        *byte ^= 1 << (bit % 8);
                    }
                    peer.send_bytes(&bytes, &format!("an event with bit {bit} inverted"))?;
                    peer.finish();
                }
                trial.still_serves()
            },
        )
        .only(Role::Listens),
        Case::should(
            "1.1/32",
            "a hundred idle connections do not block others",
            "Opens 100 connections without sending anything. One more must be served.",
            |trial| {
                let silent: Vec<Exchange> =
                    (0..100).map(|_| trial.open()).collect::<Outcome<_>>()?;
                trial.still_serves()?;
                drop(silent);
                Ok(())
            },
        )
        .only(Role::Listens),
        Case::should(
            "1.1/33",
            "a peer that requests events and does not read affects no other peer",
            "Has a string of 100 KB echoed 200 times on a connection from which nothing is read. \
             Another connection must still be served.",
            |trial| {
                let mut greedy = trial.running()?;
                greedy.set_patience(std::time::Duration::from_millis(300));
                let value = Value::string("0123456789".repeat(10_000));
                // The implementation may also stop reading.
                let mut asked =
                    (0..200).take_while(|_| greedy.send_echo(value.clone()).is_ok()).count();
                trial.still_serves()?;
                // Remaining echoes would also arrive on the next connection.
                greedy.set_patience(std::time::Duration::from_secs(2));
                while asked > 0 && greedy.expect_echo(&value).is_ok() {
                    asked -= 1;
                }
                Ok(())
            },
        )
        .only(Role::Listens),
        Case::should(
            "2.3/30",
            "requests for 200,000 events do no damage",
            "Sends REQUEST_EVENTS with 200,000 unknown names.",
            |trial| {
                let mut peer = trial.running()?;
                let names: Vec<String> = (0..200_000).map(|n| format!("nobody_{n}")).collect();
                peer.send(&Message::RequestEvents(names.iter().collect()))?;
                survives(trial, peer)
            },
        ),
    ]
}

/// Checks that the implementation either answers on this connection or closes it, and serves other
/// peers.
fn survives(trial: &mut Trial<'_>, mut peer: Exchange) -> Outcome {
    if let Err(stop) = peer.answers()
        && !peer.has_closed()?
    {
        return Stop::failed(format!("it neither answers nor closes: {stop}"));
    }
    drop(peer);
    trial.still_serves()
}
