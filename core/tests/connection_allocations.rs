//! The hot path of a connection allocates only what an event itself holds.

use std::sync::Arc;

use crate::meter::allocations;
use brocomm::Time;
use brocomm::data::{
    Declarations, Event, EventDecl, Field, Name, Port, Record, Table, Type, Value,
};
use brocomm::lowlevel::connection::{
    Connection, ConnectionConfig, ConnectionNotification, Requests, Sent,
};
use brocomm::node::{Phase, Role, Undeclared};

const NOW: Time = Time::from_nanos(1);

fn transfer(from: &mut Connection, to: &mut Connection) {
    to.feed_bytes(from.poll_transmit(), NOW);
    from.advance(usize::MAX, NOW);
}

/// Two connections in Running that declare the event with these parameters. With `None` they accept
/// undeclared events.
fn pair(params: Option<Vec<Field>>) -> (Connection, Connection) {
    let requests = Requests { events: vec![Name::from("e")], ..Requests::default() };
    let mut declarations = Declarations::new();
    params.into_iter().for_each(|params| declarations.add_event(EventDecl::new("e", params)));
    let (undeclared, declarations) = (Undeclared::Deliver, Arc::new(declarations));
    let config =
        ConnectionConfig { undeclared, declarations, requests, ..ConnectionConfig::default() };
    let mut here = Connection::new(config.clone(), Role::Initiator, NOW);
    let mut there = Connection::new(config, Role::Acceptor, NOW);
    while here.phase() != Phase::Running || there.phase() != Phase::Running {
        transfer(&mut here, &mut there);
        transfer(&mut there, &mut here);
    }
    while here.poll_notification().is_some() || there.poll_notification().is_some() {}
    (here, there)
}

/// Returns how often sending and receiving allocate for a thousand events in steady state. Checks
/// that declared events, whose types are checked, take as many allocations as undeclared ones.
fn per_thousand(args: Vec<Value>) -> (u64, u64) {
    // Separate instances of the types, like those of declarations.
    let param = |arg: &Value| {
        let ty = match (arg.ty(), arg.ty().fields()) {
            (ty, Some(fields)) => Type::record(ty.name().clone(), fields.to_vec()),
            (ty, None) => ty,
        };
        Field::new("arg", ty)
    };
    let declared = counted(pair(Some(args.iter().map(param).collect())), args.clone());
    let undeclared = counted(pair(None), args);
    assert_eq!(declared, undeclared);
    declared
}

fn counted((mut here, mut there): (Connection, Connection), args: Vec<Value>) -> (u64, u64) {
    let (mut sending, mut receiving) = (0, 0);
    for round in 0..4000 {
        let event = Event { name: Name::from("e"), time: 1.0, args: anew(&args) };
        let sent = allocations(|| assert_eq!(here.send_event(&event), Ok(Sent::Sent)));
        let received = allocations(|| {
            transfer(&mut here, &mut there);
            match there.poll_notification() {
                Some(ConnectionNotification::Event(got)) => {
                    assert_eq!(got.args.len(), event.args.len())
                }
                other => panic!("{other:?}"),
            }
        });
        // By then buffers and caches have reached their final size.
        if round >= 3000 {
            sending += sent;
            receiving += received;
        }
    }
    (sending, receiving)
}

/// Copies the values: sent again, the same ones would be written as references.
fn anew(args: &[Value]) -> Vec<Value> {
    args.iter().map(Value::compact).collect()
}

fn record(fields: Vec<(&str, Value)>) -> Value {
    let declared = fields.iter().map(|(name, value)| Field::new(*name, value.ty())).collect();
    let values = fields.into_iter().map(|(_, value)| Some(value)).collect();
    Record::new(Type::record("", declared), values).into()
}

/// Reads lazily, decodes a scalar, and forwards the whole event.
#[test]
fn a_lazy_event_allocates_nothing() {
    use brocomm::lowlevel::serial::{LazySerial, Mode, Reader, ReaderLimits, Writer};
    let id = record(vec![("orig_h", Value::Addr([10, 0, 0, 1].into())), ("n", Value::Count(1))]);
    let args = [Value::string("GET /index.html"), id];
    let (mut writer, mut reader) = (Writer::new(3000), Reader::new(ReaderLimits::default()));
    let (mut onward, mut out) = (Writer::new(3000), Vec::with_capacity(1000));
    reader.set_cache_size(3000);
    let mut counted = 0;
    for round in 0..4000 {
        let mut chunk = Vec::new();
        writer.event(Mode::RUNNING, b"e", 1.0, &anew(&args), &mut chunk).unwrap();
        let chunk = bytes::Bytes::from(chunk);
        let allocations = allocations(|| match reader.read_lazily(&chunk, Mode::RUNNING) {
            Ok(LazySerial::Event(event)) => {
                assert_eq!(event.name_bytes(), b"e");
                assert_eq!(event.arg(0).as_ref(), Some(&args[0]));
                out.clear();
                onward.forward(Mode::RUNNING, &event, &mut out).unwrap();
            }
            other => panic!("{other:?}"),
        });
        if round >= 3000 {
            counted += allocations;
        }
    }
    assert_eq!(counted, 0);
}

/// Checks the number of allocations per received event. Allows for an occasional block of input.
fn assert_per_event(receiving: u64, expected: u64) {
    let thousand = expected * 1000;
    assert!((thousand..thousand + 400).contains(&receiving), "{receiving} for 1000 events");
}

#[test]
fn scalars_allocate_only_the_list_of_arguments() {
    let (sending, receiving) = per_thousand(vec![Value::Count(7), Value::string("text")]);
    assert_eq!(sending, 0);
    assert_per_event(receiving, 1);
}

#[test]
fn a_record_allocates_itself_and_its_fields() {
    let addr = |last| Value::Addr([10, 0, 0, last].into());
    let id = record(vec![
        ("orig_h", addr(1)),
        ("orig_p", Port::tcp(40000).into()),
        ("resp_h", addr(2)),
        ("resp_p", Port::tcp(80).into()),
    ]);
    let args = vec![id, Value::string("GET /index.html"), Value::Double(0.25)];
    let (sending, receiving) = per_thousand(args);
    assert_eq!(sending, 0);
    assert_per_event(receiving, 1 + 2);
}

/// Twenty fields, among them a set of two strings and a table with two entries.
#[test]
fn sending_a_large_record_allocates_nothing() {
    let mut set = Table::new(Type::set(vec![Type::STRING]));
    let mut table = Table::new(Type::table(vec![Type::ADDR], Type::COUNT));
    for n in 0..2u8 {
        set.push(vec![Value::string([b'a' + n])], None);
        table.push(vec![Value::Addr([10, 0, 0, n].into())], Some(Value::Count(u64::from(n))));
    }
    let mut fields = vec![("set", set.into()), ("table", table.into())];
    fields.resize(20, ("field", Value::string("value")));
    let (sending, receiving) = per_thousand(vec![record(fields)]);
    assert_eq!(sending, 0);
    // The arguments; the record and its fields; the set, the table, and one block of entries for
    // each; an index with its only component for each entry.
    assert_per_event(receiving, 1 + 2 + 2 * 2 + 4);
}
