//! Cases about timing and the end of connections (§3.6).

use std::thread;
use std::time::Duration;

use brocomm::data::Value;
use brocomm::lowlevel::wire::Message;

use crate::suite::{Case, Exchange, Role, token};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::must(
            "3.6/1",
            "when the peer closes its direction, the implementation closes too",
            "Closes one direction of the connection in Running. There is no message for this: the \
             end of the stream ends the connection.",
            |trial| {
                let mut peer = trial.running()?;
                peer.finish();
                trial.closes(&mut peer, "the end of the stream")
            },
        ),
        Case::must(
            "3.6/2",
            "a connection that ends at any step of the handshake affects no other peer",
            "Closes before VERSION, after it, after CAPS, after the requests, and after PHASE_DONE.",
            |trial| {
                for steps in 0..5 {
                    let mut peer = trial.open()?;
                    let hello = peer.hello();
                    let messages = [
                        Message::Version(hello.version.clone()),
                        Message::Caps(hello.caps.unwrap_or_default()),
                        Message::RequestEvents(hello.events.iter().collect()),
                        Message::PhaseDone,
                    ];
                    for message in messages.iter().take(steps) {
                        peer.send(message)?;
                    }
                    drop(peer);
                }
                trial.still_serves()
            },
        ),
        Case::must(
            "3.6/3",
            "silence does not end a connection",
            "Sends nothing for three seconds in Running, then has a value echoed. No message is \
             required periodically.",
            |trial| {
                let mut peer = trial.running()?;
                thread::sleep(Duration::from_secs(3));
                peer.answers()
            },
        ),
        Case::should(
            "3.6/4",
            "a slow peer does not block others",
            "Sends half of an event, has a value echoed on another connection, and sends the rest.",
            |trial| {
                let mut slow = trial.running()?;
                let value = Value::string("slowly");
                let event = slow.encode_event("conformance_echo", std::slice::from_ref(&value))?;
                let bytes = slow.encode(&Message::Serial(event));
                let (begin, end) = bytes.split_at(bytes.len() / 2);
                slow.send_bytes(begin, "half of an event")?;
                trial.still_serves()?;
                slow.send_bytes(end, "the other half")?;
                slow.expect_echo(&value)
            },
        )
        .only(Role::Listens),
        Case::should(
            "3.6/5",
            "a hundred consecutive connections leave nothing behind",
            "Goes through the handshake and closes, 100 times. Another connection must still be \
             served.",
            |trial| {
                for _ in 0..100 {
                    drop(trial.running()?);
                }
                trial.still_serves()
            },
        )
        .only(Role::Listens),
        Case::must(
            "3.6/6",
            "simultaneous connections are all served",
            "Has values echoed on three connections in turn. An event is sent to all peers that \
             requested it, so each connection receives all echoes.",
            |trial| {
                let mut peers = [trial.running()?, trial.running()?, trial.running()?];
                // After its answer the implementation's side is known to be Running.
                peers.iter_mut().try_for_each(Exchange::answers)?;
                let numbers = [token(), token(), token()];
                for (number, peer) in numbers.iter().zip(&mut peers) {
                    peer.send_echo(number.clone())?;
                }
                for peer in &mut peers {
                    let mut missing = numbers.to_vec();
                    while !missing.is_empty() {
                        let came = peer.expect_echo_that("each", |back| missing.contains(back))?;
                        missing.retain(|number| *number != came);
                    }
                }
                Ok(())
            },
        )
        .only(Role::Listens),
    ]
}
