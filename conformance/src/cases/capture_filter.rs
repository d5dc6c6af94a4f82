//! Cases about capture filters (§2.4).

use brocomm::lowlevel::wire::{Message, MessageType};
use bytes::Bytes;

use crate::suite::{Case, Entry, Outcome, Stop, Trial, chunk, header};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::must(
            "2.4/1",
            "the capture filter of a peer entry is sent in the handshake, with its NUL",
            "Goes through the handshake with a peer entry that has a filter. The filter comes \
             before PHASE_DONE; its argument chunk is the text and a NUL.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello();
                peer.greet(&hello)?;
                loop {
                    let Some(got) = peer.receive()? else { return Stop::failed("it closed") };
                    match got.message_type() {
                        MessageType::CaptureFilter => {
                            let argument = got.bytes.get(16..).unwrap_or_default();
                            return Stop::unless(argument == b"tcp port 47757\0", || {
                                format!("the filter is \"{}\"", argument.escape_ascii())
                            });
                        }
                        MessageType::PhaseDone => {
                            return Stop::failed("PHASE_DONE arrived before a CAPTURE_FILTER");
                        }
                        _ => {}
                    }
                }
            },
        )
        .entry(Entry::Filter),
        Case::must(
            "2.4/2",
            "no capture filter is sent for a peer entry without one",
            "Goes through the handshake with a peer entry that has no filter.",
            |trial| {
                let mut peer = trial.running()?;
                peer.answers()?;
                let filter = &peer.theirs().capture_filter;
                Stop::unless(filter.is_none(), || format!("{filter:?} came"))
            },
        ),
        Case::must(
            "2.4/3",
            "a capture filter is accepted, even an empty one",
            "Sends capture filters in the handshake: one of 14 bytes, one of 10,000, and an empty \
             one with only its NUL. They are only reported.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello();
                peer.greet(&hello)?;
                for length in [14, 10_000, 0] {
                    peer.send(&Message::CaptureFilter(Bytes::from(vec![b'x'; length])))?;
                }
                peer.request(&hello)?;
                peer.complete(&hello)?;
                peer.answers()
            },
        ),
        Case::should(
            "2.4/4",
            "a capture filter may lack its NUL",
            "Sends a capture filter without the NUL at its end.",
            without_nul,
        ),
    ]
}

fn without_nul(trial: &mut Trial<'_>) -> Outcome {
    let mut peer = trial.open()?;
    let hello = peer.hello();
    peer.greet(&hello)?;
    peer.send_bytes(&[header(0x0c), chunk(b"tcp")].concat(), "CAPTURE_FILTER without a NUL")?;
    peer.request(&hello)?;
    peer.complete(&hello)?;
    peer.answers()
}
