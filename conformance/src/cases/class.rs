//! Cases about which peer entry applies (§4).

use std::time::Duration;

use brocomm::data::Value;
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::wire::MessageType;
use bytes::Bytes;

use crate::suite::{Case, Entry, Outcome, Role, Stop, Trial, token};

/// The number of attempts to have a value echoed to a peer that may not be Running yet.
const TRIES: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::must(
            "4/1",
            "a peer entry without a class applies to a peer without one",
            "Sends no class. The implementation must request conformance_echo and accept it.",
            |trial| trial.running()?.answers(),
        ),
        Case::must(
            "4/2",
            "a peer entry with a class applies to a peer that sends it",
            "Sends the class `conformance`, or waits for it. The implementation must request \
             conformance_echo and accept it.",
            |trial| trial.running()?.answers(),
        )
        .entry(Entry::Classed),
        Case::must(
            "4/3",
            "a peer without a matching entry stays connected",
            "Sends the class `conformance-stranger`, for which there is no entry. The handshake \
             completes, but the implementation requests nothing.",
            |trial| {
                let mut stranger = trial.open()?;
                let hello = stranger.hello();
                stranger.shake(&hello)?;
                // Waits, on a connection of a known peer, until everything sent before has been
                // handled.
                known(trial)?;
                Stop::unless(!stranger.has_closed()?, || "it closed".to_owned())?;
                let requested = &stranger.theirs().requested;
                Stop::unless(requested.is_empty(), || format!("it requested {requested:?}"))
            },
        )
        .entry(Entry::Stranger)
        .only(Role::Listens),
        Case::must(
            "4/4",
            "input from a peer without a matching entry is not accepted",
            "Sends conformance_echo as a stranger, which must not be echoed to anyone, and then as \
             a known peer, which must be echoed. The stranger's input is still parsed, so it stays \
             connected.",
            |trial| not_accepted(trial, Entry::Stranger),
        )
        .entry(Entry::Stranger)
        .only(Role::Listens),
        Case::must(
            "4/5",
            "a peer without a matching entry may request events",
            "Requests conformance_echoed as a stranger, while a known peer has an event echoed. \
             The stranger must receive it too.",
            |trial| {
                let mut stranger = trial.open()?;
                let hello = stranger.hello();
                stranger.shake(&hello)?;
                let mut known = trial.open_as(Entry::Plain)?;
                known.shake(&known.hello())?;
                // There is no order between messages from two peers: when the first value is
                // echoed, the end of the stranger's handshake may still be unread.
                let mut echoed = Vec::new();
                for _ in 0..TRIES {
                    let number = token();
                    known.echo(&number)?;
                    echoed.push(number);
                    while let Some(Some(got)) = stranger.receive_within(BETWEEN_TRIES)? {
                        match got.serial {
                            Some(Serial::Event(event))
                                if event.name == "conformance_echoed"
                                    && matches!(&event.args[..], [back] if echoed.contains(back)) =>
                            {
                                return Ok(());
                            }
                            _ => {}
                        }
                    }
                }
                Stop::failed(format!("the stranger received none of {TRIES} echoed values"))
            },
        )
        .entry(Entry::Stranger)
        .only(Role::Listens),
        Case::must(
            "4/6",
            "input is not accepted if the peer entry says so",
            "Sends conformance_echo as a peer whose entry has accept_input = F, which must not be \
             echoed, and then as a known peer, which must be echoed.",
            |trial| not_accepted(trial, Entry::Deaf),
        )
        .entry(Entry::Deaf)
        .only(Role::Listens),
        Case::must(
            "4/7",
            "the initiator sends the class of its peer entry in VERSION",
            "Waits for a connection with the class `conformance`, and checks that VERSION ends in \
             the class and a NUL.",
            |trial| {
                let mut peer = trial.open()?;
                let version = peer.expect(MessageType::Version)?;
                let class = version.bytes.get(32..).unwrap_or_default();
                Stop::unless(class == b"conformance\0", || {
                    format!("VERSION ends in \"{}\"", class.escape_ascii())
                })
            },
        )
        .entry(Entry::Classed)
        .only(Role::Connects),
        Case::must(
            "4/8",
            "the entry used for connecting applies, whatever class the listener sends",
            "Answers a connection with the class `conformance-stranger` in VERSION.",
            |trial| {
                let class = Bytes::from_static(b"conformance-stranger");
                trial.running_as(|hello| hello.version.class = Some(class))?.answers()
            },
        )
        .only(Role::Connects),
    ]
}

/// Has an event echoed on a connection with a known class.
fn known(trial: &mut Trial<'_>) -> Outcome {
    let mut known = trial.open_as(Entry::Plain)?;
    known.shake(&known.hello())?;
    known.answers()
}

fn not_accepted(trial: &mut Trial<'_>, entry: Entry) -> Outcome {
    let mut refused = trial.open_as(entry)?;
    refused.shake(&refused.hello())?;
    let mut known = trial.open_as(Entry::Plain)?;
    known.shake(&known.hello())?;
    let secret = Value::string("not accepted");
    refused.send_event("conformance_echo", std::slice::from_ref(&secret))?;
    // A round trip on the same connection would need an echo, so it is closed instead: everything
    // sent is read before the end of the stream.
    refused.finish();
    refused.expect_close("the suite closed its direction")?;
    let back = known.echoed_until_now()?;
    Stop::unless(!back.contains(&secret), || "it was echoed".to_owned())
}
