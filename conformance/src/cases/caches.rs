//! Cases about the object cache (2§5) and the width of its IDs (2§3).

use brocomm::data::{Field, Record, Type, Value};
use brocomm::lowlevel::wire::{Caps, Message, MessageType};

use super::raw::{Pid, Raw};
use crate::suite::{Capability, Case, Entry, Exchange, Outcome, Role, Stop, Trial, token};

/// An ID that is not used otherwise.
const FREE: Pid = 0x00ab_0000;

pub(super) fn cases() -> Vec<Case> {
    let read = read().into_iter().map(|case| case.needs(Capability::Cache));
    read.chain(ids()).chain(written()).collect()
}

/// Cases about the cache for received objects.
fn read() -> Vec<Case> {
    vec![
        Case::must(
            "2:5/1",
            "a reference to a value that was sent before is understood",
            "Sends an event with the count 41 under an ID, then one whose argument is only a \
             reference to that ID. Both must be echoed as 41.",
            |trial| {
                let mut peer = trial.running()?;
                let raw = Raw::on(&peer);
                echoes(&mut peer, raw.echo(&raw.count(FREE, FREE + 1, 41)), 41)?;
                echoes(&mut peer, raw.echo(&raw.reference(FREE)), 41)
            },
        ),
        Case::must(
            "2:5/2",
            "a reference to a type that was sent before is understood",
            "Sends a count in full, then ten more whose type is a reference to that of the first.",
            |trial| {
                let mut peer = trial.running()?;
                for number in 0..11 {
                    peer.echo(&Value::Count(number))?;
                }
                Ok(())
            },
        ),
        Case::must(
            "2:5/3",
            "IDs may start anywhere, and have gaps",
            "Sends values under the IDs 0x00ab0000, 0x00ab1000 and so on, and then a reference to \
             the first. A Bro that reconnects continues counting.",
            |trial| {
                let mut peer = trial.running()?;
                let raw = Raw::on(&peer);
                for step in 0..4 {
                    let pid = FREE + step * 0x1000;
                    echoes(&mut peer, raw.echo(&raw.count(pid, pid + 1, step)), step)?;
                }
                echoes(&mut peer, raw.echo(&raw.reference(FREE)), 0)
            },
        ),
        Case::must(
            "2:5/4",
            "a SERIAL may refer to objects within itself",
            "Sends a vector of two elements, the second of which is a reference to the first.",
            |trial| {
                let mut peer = trial.running()?;
                let raw = Raw::on(&peer);
                let ty = raw.vector_type(FREE + 1, &raw.count_type(FREE + 2));
                let vector = [
                    raw.vector(FREE, &ty, 2),
                    vec![1],
                    raw.count(FREE + 3, FREE + 4, 9),
                    vec![1],
                    raw.reference(FREE + 3),
                ];
                peer.send(&Message::Serial(raw.echo(&vector.concat()).into()))?;
                peer.expect_echo_that("[9, 9]", |back| back.to_line() == "[9, 9]")?;
                peer.answers()
            },
        )
        .needs(Capability::Containers),
        Case::should(
            "2:5/5",
            "a full object with an ID in use replaces the old one",
            "Sends 1 and then 2 under the same ID, and then a reference to it, which must mean 2.",
            |trial| {
                let mut peer = trial.running()?;
                let raw = Raw::on(&peer);
                echoes(&mut peer, raw.echo(&raw.count(FREE, FREE + 1, 1)), 1)?;
                echoes(&mut peer, raw.echo(&raw.count(FREE, FREE + 2, 2)), 2)?;
                echoes(&mut peer, raw.echo(&raw.reference(FREE)), 2)
            },
        ),
        Case::should(
            "2:5/6",
            "a reference to an ID that was never sent ends the connection",
            "Sends an event whose argument is a reference to an unknown ID. Bro drops the event \
             with `unknown object referenced`, and closes the connection.",
            |trial| {
                let mut peer = trial.running()?;
                let raw = Raw::on(&peer);
                let event = raw.echo(&raw.reference(FREE));
                peer.send(&Message::Serial(event.into()))?;
                trial.closes(&mut peer, "a reference to an unknown ID")
            },
        ),
        Case::should(
            "2:5/7",
            "each connection has its own cache",
            "Sends a value on one connection, and a reference to it on a second one, which is an \
             error only there.",
            |trial| not_shared(trial, Entry::Plain),
        )
        .only(Role::Listens),
        Case::should(
            "2:5/9",
            "each connection that the implementation opens has its own cache",
            "Sends a value on one connection, and a reference to it on a second one of another \
             class, which is an error only there.",
            |trial| not_shared(trial, Entry::Classed),
        )
        .only(Role::Connects)
        .needs(Capability::Classes),
        Case::must(
            "2:5/8",
            "both caches stay in step over thousands of values and types",
            "Has 5,000 records of 1,700 types echoed, more objects than either cache holds. Types \
             are sent in full, as references, and in full again after they were evicted. An \
             implementation that evicts other objects than the suite cannot resolve a reference, \
             or sends one that the suite cannot resolve.",
            |trial| {
                let mut peer = trial.running()?;
                for number in 0..5_000_u64 {
                    // Some types are frequent, others rare.
                    let kind = if number % 3 == 0 { number % 7 } else { number % 1_700 };
                    let sent = record(kind, number);
                    peer.echo(&sent)?;
                }
                Ok(())
            },
        ),
    ]
}

/// Cases about the width of IDs, given the capabilities of both sides.
fn ids() -> Vec<Case> {
    vec![
        Case::must(
            "2:3/10",
            "IDs have 32 bits for a peer that announces no capabilities",
            "Sends no CAPS at all, and events encoded for that.",
            |trial| with_caps(trial, None),
        ),
        Case::must(
            "2:3/11",
            "IDs have 32 bits for a peer that announces only the new cache strategy",
            "Announces NEW_CACHE_STRATEGY without PID_64BIT.",
            |trial| with_caps(trial, Some(Caps::NEW_CACHE_STRATEGY)),
        )
        .needs(Capability::NewCache),
        Case::must(
            "2:3/12",
            "IDs have 64 bits for a peer that announces PID_64BIT, regardless of the cache \
             strategy",
            "Announces PID_64BIT without NEW_CACHE_STRATEGY.",
            |trial| with_caps(trial, Some(Caps::PID_64BIT)),
        )
        .needs(Capability::NewCache),
        Case::must(
            "2:3/13",
            "an ID above 32 bits is understood if IDs have 64 bits",
            "Sends a value under the ID 2^40 + 1, and a reference to it.",
            |trial| {
                let mut peer = trial.running()?;
                if !peer.mode_out().pid_64bit {
                    return Stop::inconclusive("it does not announce PID_64BIT");
                }
                let (raw, pid) = (Raw::on(&peer), (1 << 40) + 1);
                echoes(&mut peer, raw.echo(&raw.count(pid, pid + 1, 6)), 6)?;
                echoes(&mut peer, raw.echo(&raw.reference(pid)), 6)
            },
        )
        .needs(Capability::NewCache),
    ]
}

/// Cases about references in sent messages.
fn written() -> Vec<Case> {
    vec![
        Case::must(
            "2:5/20",
            "a peer without a cache gets every object in full, with the ID 0",
            "Announces NO_CACHING and BROCCOLI_PEER like Broccoli, has values echoed, and checks \
             the IDs of the echoes.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello().broccoli();
                peer.shake(&hello)?;
                for _ in 0..5 {
                    peer.send_echo(token())?;
                    // The message must be encoded for this peer, even if it is sent to others too.
                    let bytes = peer.expect(MessageType::Serial)?.bytes;
                    let (full, pid) = first_object(&bytes);
                    Stop::unless(full && pid == 0, || {
                        format!("is the argument full: {full}, its ID: {pid}")
                    })?;
                }
                peer.answers()
            },
        ),
        Case::must(
            "2:5/21",
            "a peer without a cache gets the same value each time",
            "Like Broccoli, has the same record echoed three times, and another one in between.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello().broccoli();
                peer.shake(&hello)?;
                for (kind, number) in [(0, 1), (0, 1), (1, 2), (0, 1)] {
                    peer.echo(&record(kind, number))?;
                }
                peer.answers()
            },
        ),
    ]
}

/// Sends a reference on one connection to an object that was sent on another one.
fn not_shared(trial: &mut Trial<'_>, class: Entry) -> Outcome {
    let mut first = trial.running()?;
    let raw = Raw::on(&first);
    echoes(&mut first, raw.echo(&raw.count(FREE, FREE + 1, 3)), 3)?;
    let mut second = trial.open_as(class)?;
    second.shake(&second.hello())?;
    let event = Raw::on(&second).echo(&Raw::on(&second).reference(FREE));
    second.send(&Message::Serial(event.into()))?;
    second.expect_close("a reference to an object of another connection")?;
    echoes(&mut first, raw.echo(&raw.reference(FREE)), 3)
}

/// Sends an encoded event, and checks which number is echoed.
fn echoes(peer: &mut Exchange, event: Vec<u8>, number: u64) -> Outcome {
    peer.send(&Message::Serial(event.into()))?;
    peer.expect_echo(&Value::Count(number))
}

fn with_caps(trial: &mut Trial<'_>, caps: Option<Caps>) -> Outcome {
    let mut peer = trial.running_as(|hello| hello.caps = caps)?;
    for number in 0..20 {
        peer.echo(&record(number % 3, number))?;
    }
    peer.answers()
}

/// Returns a record of one of many types.
fn record(kind: u64, number: u64) -> Value {
    let name = format!("Conformance::Kind{kind}");
    let fields = vec![Field::new("n", Type::COUNT), Field::new(format!("f{kind}"), Type::STRING)];
    let values = vec![Some(Value::Count(number)), Some(Value::string("x"))];
    Value::Record(Record::new(Type::record(name, fields), values).into())
}

/// Returns whether the first argument of an event is a full object, and its 32-bit ID.
fn first_object(message: &[u8]) -> (bool, u32) {
    // Header chunk, argument length, tag, name length, name, time and number.
    let name = 12 + 4 + 1 + 4 + "conformance_echoed".len();
    match message.get(name + 8 + 4..).unwrap_or_default() {
        [full, a, b, c, d, ..] => (*full != 0, u32::from_be_bytes([*a, *b, *c, *d])),
        _ => (false, u32::MAX),
    }
}
