//! Cases about the handshake (§2.1, §3.1, §3.2).

use std::time::Duration;

use brocomm::data::{Field, Port, Record, Table, Type, Value, Vector};
use brocomm::lowlevel::serial::Id;
use brocomm::lowlevel::wire::{Caps, DataFormat, Message, MessageType, Version};
use bytes::Bytes;

use super::framing::echoed;
use crate::suite::{Capability, Case, Exchange, Hello, Outcome, Role, Stop, Trial, chunk, header};

pub(super) fn cases() -> Vec<Case> {
    [version(), requests(), handshake()].concat()
}

/// The argument of VERSION (§2.1).
fn version() -> Vec<Case> {
    vec![
        Case::must(
            "2.1/1",
            "VERSION announces protocol 7 and its release's data format, or 0 for any",
            "Checks the implementation's VERSION. The data format of Bro 2.5 is 26.",
            |trial| {
                let version = its_version(trial)?;
                let Version { protocol, data_format, .. } = version;
                let is_right = data_format == 0 || data_format == trial.data_format().number();
                Stop::unless(protocol == 7 && is_right, || {
                    format!("it announces protocol {protocol}, data format {data_format}")
                })
            },
        ),
        Case::should(
            "2.1/2",
            "a VERSION of less than 16 bytes ends the connection",
            "Sends a VERSION that ends within its fourth number.",
            |trial| {
                let mut peer = trial.open()?;
                let argument = [0, 0, 0, 7, 0, 0, 11, 184, 0, 0, 0, 26, 0, 0, 0];
                let bytes = [header(1), chunk(&argument)].concat();
                peer.send_bytes(&bytes, "VERSION of 15 bytes")?;
                trial.closes(&mut peer, "a VERSION of 15 bytes")
            },
        ),
        Case::must(
            "2.1/3",
            "VERSION may lack a class",
            "Sends a VERSION of 16 bytes, as Broccoli does, and goes through the handshake.",
            |trial| {
                let mut peer = trial.running_as(|hello| hello.version.class = None)?;
                peer.answers()
            },
        ),
        Case::must(
            "2.1/4",
            "bytes after the class in VERSION are ignored",
            "Sends a VERSION with 12 bytes after the NUL that ends the class.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello();
                let class = hello.version.class.clone().unwrap_or_default();
                let plain = peer.encode(&Message::Version(Version {
                    class: Some(class.clone()),
                    ..hello.version.clone()
                }));
                let argument = plain.get(16..).unwrap_or_default();
                let longer = [argument, b"behind it\0\0\0"].concat();
                peer.send_bytes(&[header(1), chunk(&longer)].concat(), "VERSION and more")?;
                peer.expect(MessageType::Version)?;
                peer.request(&hello)?;
                peer.complete(&hello)?;
                peer.answers()
            },
        ),
        Case::must(
            "2.1/5",
            "data format 0 is accepted",
            "Sends a VERSION with data format 0, which is accepted for compatibility.",
            |trial| trial.running_as(|hello| hello.version.data_format = 0)?.answers(),
        ),
        Case::must(
            "2.1/6",
            "cache size 0 is accepted",
            "Sends a VERSION with cache size 0, which means no bound. The suite then sends no \
             references.",
            |trial| trial.running_as(|hello| hello.version.cache_size = 0)?.answers(),
        ),
        Case::must(
            "2.1/7",
            "any runtime is accepted",
            "Sends a VERSION with the largest runtime.",
            |trial| trial.running_as(|hello| hello.version.runtime = u32::MAX)?.answers(),
        ),
        Case::must(
            "2.1/8",
            "SERIALs are in the data format that the other side announces",
            "Sends VERSIONs with the data formats of Bro 2.0 to 2.5, and has a record, a table and \
             a set echoed in each.",
            |trial| {
                let version = its_version(trial)?;
                Stop::unless(version.data_format == 0, || {
                    format!("it announces data format {}", version.data_format)
                })?;
                for format in DataFormat::ALL {
                    let number = format.number();
                    let mut peer = trial.running_as(|hello| hello.version.data_format = number)?;
                    for value in in_every_format() {
                        peer.echo(&value)?;
                    }
                }
                Ok(())
            },
        )
        .needs(Capability::DataFormats)
        .needs(Capability::Containers),
    ]
}

/// Returns values that are written differently in the data formats.
fn in_every_format() -> [Value; 3] {
    let fields = vec![Field::new("n", Type::COUNT), Field::new("v", Type::vector(Type::STRING))];
    let names = Vector::new(Type::vector(Type::STRING), vec![Some(Value::string("a"))]);
    let fields_of = vec![Some(Value::Count(7)), Some(names.into())];
    let record = Record::new(Type::record("", fields), fields_of);
    let mut table = Table::new(Type::table(vec![Type::STRING], Type::INTERVAL));
    table.push(vec![Value::string("b")], Some(Value::Interval(1.5)));
    let mut set = Table::new(Type::set(vec![Type::ADDR, Type::PORT]));
    set.push(vec![Value::Addr([192, 0, 2, 1].into()), Value::Port(Port::tcp(80))], None);
    [record.into(), table.into(), set.into()]
}

/// The first phase (§3.1).
fn requests() -> Vec<Case> {
    vec![
        Case::must(
            "3.1/1",
            "VERSION is sent at once, without waiting for the other side's",
            "Opens a connection, sends nothing, and waits for VERSION, which must be the first \
             message.",
            |trial| {
                let mut peer = trial.open()?;
                match peer.receive()? {
                    Some(got) if got.message_type() == MessageType::Version => Ok(()),
                    Some(got) => Stop::failed(format!("{} came first", got.message_type())),
                    None => Stop::failed("it closed the connection"),
                }
            },
        ),
        Case::must(
            "3.1/2",
            "nothing but VERSION and peer_description is sent before the other side's VERSION",
            "Opens a connection and sends nothing for a quarter of a second.",
            |trial| {
                let mut peer = trial.open()?;
                while let Some(Some(got)) = peer.receive_within(Duration::from_millis(250))? {
                    let described = peer.theirs().description.is_some();
                    let right = match got.message_type() {
                        MessageType::Version => !described,
                        MessageType::Serial => described,
                        _ => false,
                    };
                    Stop::unless(right, || format!("{} came", got.message_type()))?;
                }
                Ok(())
            },
        ),
        Case::must(
            "3.1/3",
            "another protocol version ends the connection",
            "Sends a VERSION with protocol 6.",
            |trial| ends(trial, "protocol 6", |hello| hello.version.protocol = 6),
        ),
        Case::must(
            "3.1/4",
            "another data format ends the connection",
            "Sends a VERSION with data format 24, which no release of Bro has.",
            |trial| ends(trial, "data format 24", |hello| hello.version.data_format = 24),
        ),
        Case::must(
            "3.1/5",
            "a peer need not send its description",
            "Goes through the handshake without peer_description, as Broccoli does.",
            |trial| trial.running_as(|hello| hello.description = None)?.answers(),
        ),
        Case::must(
            "3.1/6",
            "peer_description may be of another type",
            "Sends a count as peer_description. Bro logs `peer_description not a string` and \
             continues.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = Hello { description: None, ..peer.hello() };
                peer.send(&Message::Version(hello.version.clone()))?;
                peer.send_id(Id::global("peer_description", Type::COUNT, Some(Value::Count(1))))?;
                peer.expect(MessageType::Version)?;
                peer.request(&hello)?;
                peer.complete(&hello)?;
                peer.answers()
            },
        ),
        Case::must(
            "3.1/7",
            "a peer that closes in Setup affects no other peer",
            "Opens a connection and closes it without sending anything, then closes another one \
             after VERSION.",
            |trial| {
                drop(trial.open()?);
                let mut peer = trial.open()?;
                let hello = peer.hello();
                peer.send(&Message::Version(hello.version))?;
                drop(peer);
                trial.still_serves()
            },
        ),
        Case::must(
            "3.1/8",
            "a node that announces data format 0 describes itself after the other side's VERSION",
            "Sends nothing for a quarter of a second, in which only VERSION may come, and then a \
             VERSION with data format 22, in which `peer_description` has to follow.",
            |trial| {
                let mut peer = trial.open()?;
                peer.expect(MessageType::Version)?;
                if let Some(Some(got)) = peer.receive_within(Duration::from_millis(250))? {
                    return Stop::failed(format!("{} came", got.message_type()));
                }
                let data_format = DataFormat::V22.number();
                let version = Version { data_format, ..peer.hello().version };
                peer.send(&Message::Version(version))?;
                peer.expect(MessageType::PhaseDone)?;
                let described = peer.theirs().description.is_some();
                Stop::unless(described, || "peer_description did not arrive".to_owned())
            },
        )
        .needs(Capability::DataFormats),
    ]
}

/// The second phase (§3.2).
fn handshake() -> Vec<Case> {
    vec![
        Case::must(
            "3.2/1",
            "CAPS, requests and one PHASE_DONE follow the other side's VERSION",
            "Sends only VERSION. The implementation must send CAPS, all its requests and then \
             PHASE_DONE without waiting for more.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello();
                peer.greet(&hello)?;
                peer.expect(MessageType::PhaseDone)?;
                let requested = peer.theirs().requested.clone();
                peer.request(&hello)?;
                peer.complete(&hello)?;
                peer.answers()?;
                let theirs = peer.theirs();
                Stop::unless(theirs.phase_done == 1, || "PHASE_DONE was sent twice".to_owned())?;
                Stop::unless(theirs.requested == requested, || {
                    "it requested events after its PHASE_DONE".to_owned()
                })
            },
        ),
        Case::must(
            "3.2/2",
            "requests are accepted in any order",
            "Sends the requests of a handshake in the opposite order: events, capture filter, CAPS \
             last.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello();
                peer.greet(&hello)?;
                peer.send(&Message::CaptureFilter(Bytes::from_static(b"tcp")))?;
                peer.send(&Message::RequestEvents(hello.events.iter().collect()))?;
                peer.send(&Message::Caps(Caps::BRO))?;
                peer.complete(&hello)?;
                peer.answers()
            },
        ),
        Case::must(
            "3.2/3",
            "a peer without CAPS has no capabilities",
            "Goes through the handshake without CAPS. Then IDs have 32 bits in both directions.",
            |trial| {
                let mut peer = trial.running_as(|hello| hello.caps = None)?;
                let value = Value::string("no capabilities");
                peer.send_echo(value.clone())?;
                echoed(&mut peer, &value)
            },
        ),
        Case::must(
            "3.2/4",
            "a Broccoli gets only what it supports",
            "Goes through the handshake as Broccoli does: no description, no class, REQUEST_EVENTS \
             before CAPS, no cache. No object in the echoes may be a reference or have an ID.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello().broccoli();
                peer.greet(&hello)?;
                peer.send(&Message::RequestEvents(hello.events.iter().collect()))?;
                peer.send(&Message::Caps(hello.caps.unwrap_or(Caps::NONE)))?;
                peer.complete(&hello)?;
                let value = Value::string("the same again");
                for _ in 0..3 {
                    peer.send_echo(value.clone())?;
                    echoed(&mut peer, &value)?;
                }
                Ok(())
            },
        ),
        Case::must(
            "3.2/5",
            "an ID other than the description changes nothing",
            "Sends the ID conformance_n in the handshake.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello();
                peer.greet(&hello)?;
                peer.send_id(Id::global("conformance_n", Type::COUNT, Some(Value::Count(5))))?;
                peer.request(&hello)?;
                peer.complete(&hello)?;
                peer.answers()
            },
        ),
        Case::must(
            "3.2/6",
            "a peer that closes in Handshake affects no other peer",
            "Closes the connection in the middle of a handshake, and has an event echoed on \
             another one.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello();
                peer.greet(&hello)?;
                peer.request(&hello)?;
                drop(peer);
                trial.still_serves()
            },
        ),
        Case::must(
            "3.2/7",
            "a slow handshake is accepted",
            "Begins a handshake, goes through another one, and then completes the first.",
            |trial| {
                let mut slow = trial.open()?;
                let hello = slow.hello();
                slow.greet(&hello)?;
                trial.running()?.answers()?;
                slow.request(&hello)?;
                slow.complete(&hello)?;
                slow.answers()
            },
        )
        .only(Role::Listens),
        Case::must(
            "3.3/30",
            "existing log writers are announced when the handshake completes",
            "Has an entry logged, which creates the writer. Then requests logs on another \
             connection, where LOG_CREATE_WRITER must arrive without a further entry.",
            |trial| {
                let mut first = trial.running()?;
                first.send_event("conformance_log", &[Value::string("makes a writer")])?;
                first.answers()?;
                let mut peer = trial.running_as(|hello| hello.logs = true)?;
                peer.expect(MessageType::LogCreateWriter)?;
                peer.answers()
            },
        )
        .needs(Capability::Logs)
        .only(Role::Listens),
    ]
}

/// Returns the implementation's VERSION.
fn its_version(trial: &mut Trial<'_>) -> Outcome<Version> {
    let mut peer: Exchange = trial.open()?;
    peer.expect(MessageType::Version)?;
    match peer.theirs().version.clone() {
        Some(version) => Ok(version),
        None => Stop::failed("no VERSION arrived"),
    }
}

/// Sends a VERSION for which the implementation must close the connection.
fn ends(trial: &mut Trial<'_>, why: &str, change: impl FnOnce(&mut Hello)) -> Outcome {
    let mut peer = trial.open()?;
    let mut hello = peer.hello();
    change(&mut hello);
    peer.send(&Message::Version(hello.version))?;
    trial.closes(&mut peer, why)
}
