//! Cases about requests for events (§2.3), PINGs (§2.7), sync points (§2.11) and prints (§2.12).

use brocomm::data::Value;
use brocomm::lowlevel::wire::{EventNames, Message, MessageType, PingArgs, PingLayout, SyncPoint};

use crate::suite::{Capability, Case, Exchange, Outcome, Stop, Trial, chunk, header, token};

pub(super) fn cases() -> Vec<Case> {
    [events(), pings(), prints(), messages()].concat()
}

fn events() -> Vec<Case> {
    vec![
        Case::must(
            "2.3/1",
            "conformance_echo is requested before PHASE_DONE",
            "Checks what the implementation requests in the handshake: the events that its pattern \
             matches and for which it has handlers.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello();
                peer.greet(&hello)?;
                peer.expect(MessageType::PhaseDone)?;
                let requested = &peer.theirs().requested;
                let found = requested.iter().any(|name| name.as_str() == Some("conformance_echo"));
                Stop::unless(found, || format!("it requested {requested:?}"))
            },
        ),
        Case::must(
            "2.3/2",
            "an event that was not requested is not sent",
            "Requests nothing, sends conformance_echo, waits until another connection is answered, \
             and closes its direction. No event may arrive before the implementation closes too.",
            |trial| {
                let mut peer = trial.running_as(|hello| hello.events.clear())?;
                peer.send_echo(Value::string("not requested"))?;
                // An echo would arrive before the answer to this, on any connection.
                trial.running()?.answers()?;
                peer.finish();
                while let Some(got) = peer.receive()? {
                    Stop::unless(got.serial.is_none(), || "it sent an event".to_owned())?;
                }
                Ok(())
            },
        )
        .only(crate::suite::Role::Listens),
        Case::must(
            "2.3/3",
            "requests for unknown events are ignored",
            "Requests conformance_unknown in addition to the echoes.",
            |trial| {
                let request = |hello: &mut crate::suite::Hello| {
                    hello.events.insert(0, "conformance_unknown".to_owned());
                };
                trial.running_as(request)?.answers()
            },
        ),
        Case::should(
            "2.3/4",
            "an event that is requested twice is sent once",
            "Requests conformance_echoed twice in one message. In this case Bro sends each event \
             twice.",
            |trial| {
                let request = |hello: &mut crate::suite::Hello| {
                    hello.events.push("conformance_echoed".to_owned());
                };
                let mut peer = trial.running_as(request)?;
                let numbers = [token(), token(), token()];
                numbers.iter().try_for_each(|number| peer.send_echo(number.clone()))?;
                peer.expect_echoes(&numbers)
            },
        ),
        Case::must(
            "2.3/5",
            "requests add up",
            "Sends two REQUEST_EVENTS in the handshake. The events of the first one must still be \
             sent.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello();
                peer.greet(&hello)?;
                peer.request(&hello)?;
                let more = EventNames::from_iter(["conformance_reported"]);
                peer.send(&Message::RequestEvents(more))?;
                peer.complete(&hello)?;
                peer.answers()
            },
        ),
        Case::tolerated(
            "2.3/6",
            "events may be requested when the handshake is complete",
            "Requests nothing in the handshake, and conformance_echoed after it.",
            |trial| {
                let mut peer = trial.running_as(|hello| hello.events.clear())?;
                let names = EventNames::from_iter(["conformance_echoed"]);
                peer.send(&Message::RequestEvents(names))?;
                peer.answers()
            },
        ),
        Case::should(
            "2.3/7",
            "the last name in REQUEST_EVENTS may lack its NUL",
            "Requests conformance_echoed without the NUL at the end and with an empty name before \
             it, as left by a stored chunk that is not truncated (§1.5).",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello();
                let none = crate::suite::Hello { events: vec![], ..hello.clone() };
                peer.greet(&hello)?;
                peer.request(&none)?;
                let names = chunk(b"\0conformance_echoed");
                peer.send_bytes(&[header(8), names].concat(), "REQUEST_EVENTS without a NUL")?;
                peer.complete(&none)?;
                peer.answers()
            },
        ),
    ]
}

fn pings() -> Vec<Case> {
    let cases = vec![
        Case::must(
            "2.7/1",
            "a PING is answered by a PONG with the same number and times",
            "Sends a PING with time1 and time2 set. The PONG must have the same seq, time1 and \
             time2. Its time3 is the time spent in the implementation: not negative, and less than \
             this case took. Not run against a Bro: the profile `bro` lacks the capability.",
            |trial| ping(trial, PingLayout::Padded32),
        ),
        Case::must(
            "2.7/2",
            "a PING of 28 bytes is answered with a PONG of 28 bytes",
            "Sends a PING without padding, as a 32-bit Bro does.",
            |trial| ping(trial, PingLayout::Compact28),
        ),
        Case::must(
            "2.7/3",
            "the padding of a PING is ignored",
            "Sends a PING of 32 bytes whose padding is not 0.",
            |trial| {
                let mut peer = trial.running()?;
                let mut argument = vec![0, 0, 0, 9, 0xde, 0xad, 0xbe, 0xef];
                for time in [1_500_000_000.25_f64, 1_500_000_000.5, 0.0] {
                    argument.extend_from_slice(&time.to_be_bytes());
                }
                peer.send_bytes(&[header(0x0f), chunk(&argument)].concat(), "PING 9")?;
                let got = peer.expect(MessageType::Pong)?;
                match got.message {
                    Message::Pong(args) if args.seq == 9 && args.time1 == 1_500_000_000.25 => {
                        peer.answers()
                    }
                    other => Stop::failed(format!("expected a PONG, found {other:?}")),
                }
            },
        ),
        Case::should(
            "2.7/4",
            "a PING of another length ends the connection",
            "Sends a PING of 30 bytes. Only 32 and 28 bytes are valid.",
            |trial| bad_argument(trial, 0x0f, &[0; 30], "a PING of 30 bytes"),
        ),
    ];
    cases.into_iter().map(|case| case.needs(Capability::Ping)).collect()
}

fn prints() -> Vec<Case> {
    let cases = vec![
        Case::must(
            "2.12/1",
            "prints are sent to a peer that requested print_hook",
            "Requests print_hook and has a text printed. REMOTE_PRINT must arrive with the file \
             /dev/stdout and the text without its newline. Has more printed while nothing arrives, \
             because Bro sends batches of 10 KiB (§6).",
            |trial| {
                let mut peer = printing(trial)?;
                let more = Value::string("more ".repeat(2000));
                let got = peer.expect_pushing(MessageType::RemotePrint, |peer| {
                    peer.send_event("conformance_print", std::slice::from_ref(&more))
                })?;
                let Message::RemotePrint(items) = &got.message else {
                    return Stop::inconclusive("no REMOTE_PRINT");
                };
                let right = items
                    .iter()
                    .any(|item| item.file == b"/dev/stdout" && item.text == b"to be printed");
                Stop::unless(right, || format!("{items:?} came"))?;
                let nul = got.bytes.last() == Some(&0) || peer.theirs().compress;
                Stop::unless(nul, || "the last text has no NUL".to_owned())
            },
        ),
        Case::must(
            "2.12/3",
            "prints are sent without further prints",
            "As 2.12/1, but nothing else is printed: REMOTE_PRINT must still arrive.",
            |trial| printing(trial)?.expect(MessageType::RemotePrint).map(drop),
        ),
        Case::must(
            "2.12/2",
            "prints are not sent to a peer that did not request print_hook",
            "Has a text printed, and then an event echoed.",
            |trial| {
                let mut peer = trial.running()?;
                peer.send_event("conformance_print", &[Value::string("to be printed")])?;
                peer.answers_after(|got| {
                    let print = got.message_type() == MessageType::RemotePrint;
                    Stop::unless(!print, || "REMOTE_PRINT arrived".to_owned())
                })
            },
        ),
    ];
    cases.into_iter().map(|case| case.needs(Capability::Print)).collect()
}

/// Opens a connection that requests print_hook, and has a text printed.
fn printing(trial: &mut Trial<'_>) -> Outcome<Exchange> {
    let mut peer = trial.running_as(|hello| hello.events.push("print_hook".to_owned()))?;
    peer.send_event("conformance_print", &[Value::string("to be printed")])?;
    Ok(peer)
}

/// Cases about messages that need no reaction, and arguments that are too short.
fn messages() -> Vec<Case> {
    let mut cases = vec![
        Case::must(
            "2.11/1",
            "sync points are accepted",
            "Sends the SYNC_POINTs 1 and 2 and the final one.",
            |trial| {
                let mut peer = trial.running()?;
                for point in [SyncPoint::Point(1), SyncPoint::Point(2), SyncPoint::Final] {
                    peer.send(&Message::SyncPoint(point))?;
                }
                peer.answers()
            },
        ),
        Case::should(
            "2.11/2",
            "a SYNC_POINT of 3 bytes ends the connection",
            "Sends a SYNC_POINT with one byte missing.",
            |trial| bad_argument(trial, 0x14, &[0; 3], "a SYNC_POINT of 3 bytes"),
        ),
        Case::should(
            "2.5/1",
            "a REQUEST_SYNC of 3 bytes ends the connection",
            "Sends a REQUEST_SYNC with one byte missing.",
            |trial| bad_argument(trial, 0x0d, &[0; 3], "a REQUEST_SYNC of 3 bytes"),
        ),
        Case::should(
            "2.9/1",
            "CAPS of 11 bytes end the connection",
            "Sends CAPS with one byte missing.",
            |trial| bad_argument(trial, 0x11, &[0; 11], "CAPS of 11 bytes"),
        ),
        Case::should(
            "2.9/2",
            "unknown capabilities are ignored",
            "Announces all 32 flags except NO_CACHING and BROCCOLI_PEER.",
            |trial| {
                let caps = brocomm::lowlevel::wire::Caps::from_bits(!(2 | 16));
                trial.running_as(|hello| hello.caps = Some(caps))?.answers()
            },
        ),
        Case::must(
            "2.9/3",
            "later CAPS replace earlier ones",
            "Announces Bro's capabilities in the handshake and then none, so that IDs have 32 \
             bits.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello();
                peer.greet(&hello)?;
                peer.request(&hello)?;
                peer.send(&Message::Caps(brocomm::lowlevel::wire::Caps::NONE))?;
                peer.complete(&hello)?;
                peer.answers()
            },
        ),
    ];
    // The types between Bro's own two processes, and some unknown types.
    let inner = [0x03, 0x04, 0x05, 0x06, 0x07, 0x09, 0x0a, 0x0b, 0x13, 0x15, 0x16];
    let numbers = inner.into_iter().chain([0x00, 0x1a, 0x21, 0x7f, 0xff]);
    for (index, number) in numbers.enumerate() {
        let whose = if inner.contains(&number) { "of Bro's own processes" } else { "unknown" };
        cases.push(Case::should(
            &format!("2/{}", index + 1),
            format!("the message type {number:#04x}, {whose}, ends the connection"),
            "Sends a header chunk with this type, which is a violation. A robust node closes only \
             that connection and still serves others.",
            move |trial: &mut Trial<'_>| {
                let mut peer = trial.running()?;
                peer.send_bytes(&header(number), &format!("a message of type {number:#04x}"))?;
                trial.closes(&mut peer, &format!("a message of type {number:#04x}"))
            },
        ));
    }
    cases
}

fn ping(trial: &mut Trial<'_>, layout: PingLayout) -> Outcome {
    let mut peer = trial.running()?;
    let begun = std::time::Instant::now();
    for seq in [1, 2, u32::MAX] {
        let (time1, time2) = (1_500_000_000.25, 1_500_000_000.5);
        peer.send(&Message::Ping(PingArgs { seq, time1, time2, time3: 0.0, layout }))?;
        let Message::Pong(pong) = peer.expect(MessageType::Pong)?.message else {
            return Stop::inconclusive("no PONG");
        };
        let same = (pong.seq, pong.time1, pong.time2, pong.layout) == (seq, time1, time2, layout);
        Stop::unless(same, || format!("the answer is {pong:?}"))?;
        // The implementation's clock may be coarser.
        let longest = begun.elapsed().as_secs_f64() + 0.1;
        Stop::unless((0.0..=longest).contains(&pong.time3), || {
            format!("time3 is {} s, the case took {longest} s", pong.time3)
        })?;
    }
    peer.answers()
}

fn bad_argument(trial: &mut Trial<'_>, number: u8, argument: &[u8], what: &str) -> Outcome {
    let mut peer = trial.running()?;
    peer.send_bytes(&[header(number), chunk(argument)].concat(), what)?;
    trial.closes(&mut peer, what)
}
