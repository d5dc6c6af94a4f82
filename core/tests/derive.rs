//! Derived records, enums and events.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use brocomm::data::{
    BroType, Declarations, EnumValue, EventType, Field, Handlers, ToValue, Type, TypeTag, Value,
};
use brocomm::lowlevel::serial::{Mode, Reader, ReaderLimits, Writer};
use brocomm::lowlevel::syntax::AttributeTag;
use brocomm::{Enum, Event, Record, event};
use bytes::Bytes;
use proptest::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
#[bro(name = "Conn::State", rename_all = "SCREAMING_SNAKE_CASE")]
enum State {
    Open,
    HalfClosed = 7,
    #[bro(name = "Other::GONE")]
    Gone,
}

#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Conn::Id")]
struct Id {
    #[bro(name = "orig_h")]
    from: IpAddr,
    r#type: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Record)]
struct Info {
    #[bro(log)]
    id: Id,
    state: State,
    #[bro(default = 3)]
    tries: u16,
    #[bro(default, log)]
    seen: BTreeSet<State>,
    others: Vec<Option<Id>>,
    by_name: BTreeMap<(String, u64), Id>,
}

#[derive(Debug, Clone, PartialEq, Event)]
#[bro(name = "Conn::seen")]
struct Seen(Info, Vec<u64>);

#[derive(Debug, Clone, PartialEq, Event)]
#[bro(name = "Conn::quiet")]
struct Quiet;

fn state() -> impl Strategy<Value = State> {
    prop_oneof![Just(State::Open), Just(State::HalfClosed), Just(State::Gone)]
}

fn id() -> impl Strategy<Value = Id> {
    any::<(IpAddr, Option<u64>)>().prop_map(|(from, r#type)| {
        // An IPv4-mapped address becomes IPv4.
        Id { from: from.to_canonical(), r#type }
    })
}

prop_compose! {
    fn info()(
        id in id(),
        state in state(),
        tries in any::<u16>(),
        seen in prop::collection::btree_set(state(), 0..3),
        others in prop::collection::vec(prop::option::of(id()), 0..4),
        by_name in prop::collection::btree_map((".{0,5}", any::<u64>()), id(), 0..3),
    ) -> Info {
        Info { id, state, tries, seen, others, by_name }
    }
}

proptest! {
    #[test]
    fn derived_types_round_trip(info in info(), numbers in prop::collection::vec(any::<u64>(), 0..9)) {
        prop_assert_eq!(&Info::try_from(Value::from(&info)).unwrap(), &info);
        let seen = Seen(info, numbers);
        prop_assert_eq!(Seen::try_from(&seen.to_event()).unwrap(), seen);
    }
}

#[test]
fn types_are_as_declared() {
    let mut declared = Declarations::new();
    declared
        .read(
            "module Conn;
             type State: enum { OPEN, HALF_CLOSED = 7, Other::GONE };
             type Id: record { orig_h: addr; type: count &optional; };",
        )
        .unwrap();
    assert_eq!(Id::bro_type(), declared.types[b"Conn::Id".as_slice()]);
    let state = State::bro_type();
    assert_eq!(state.name(), "Conn::State");
    assert_eq!(State::Gone.to_value().to_string(), "Other::GONE");
    assert_eq!(State::HalfClosed.to_value().to_string(), "Conn::HALF_CLOSED");
    let Value::Enum(gone) = State::Gone.to_value() else { panic!("not an enum") };
    assert_eq!(gone.number, 8);
    let info = Info::bro_type();
    assert_eq!(info.name(), "Info");
    let fields = info.fields().unwrap();
    let attributes = |at: usize| fields[at].attributes.as_deref();
    assert!(attributes(0).unwrap().has(AttributeTag::Log));
    assert!(attributes(1).is_none());
    let default = attributes(2).unwrap().list[0].expr.as_ref().unwrap();
    assert_eq!(default.as_const(), Some(&Value::Count(3)));
    assert!(attributes(3).unwrap().has(AttributeTag::Log));
    assert!(attributes(3).unwrap().has(AttributeTag::Default));
}

/// A tuple struct.
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(log, fields(ts, type, note))]
struct Row(f64, #[bro(default = 3)] u64, Option<Id>);

#[test]
fn a_tuple_struct_gives_the_names_of_its_fields() {
    let ty = Row::bro_type();
    let fields = ty.fields().unwrap();
    let names: Vec<&[u8]> = fields.iter().map(|field| &*field.name).collect();
    assert_eq!(names, [&b"ts"[..], b"type", b"note"]);
    let has_log =
        |field: &Field| field.attributes.as_ref().is_some_and(|a| a.has(AttributeTag::Log));
    assert!(fields.iter().all(has_log));
    let row = Row(1.5, 2, None);
    assert_eq!(Row::try_from(Value::from(&row)), Ok(row));
    assert_eq!(record(&[("ts", 1.5.into())]).to::<Row>(), Ok(Row(1.5, 3, None)));
}

/// Creates a record with these fields.
fn record(fields: &[(&'static str, Value)]) -> Value {
    let types = fields.iter().map(|(name, value)| Field::new(*name, value.ty())).collect();
    let values = fields.iter().map(|(_, value)| Some(value.clone())).collect();
    brocomm::data::Record::new(Type::record("Another", types), values).into()
}

#[test]
fn fields_are_read_by_name() {
    let from = IpAddr::from([1, 2, 3, 4]);
    let given = [("more", true.into()), ("type", 5u64.into()), ("orig_h", from.into())];
    assert_eq!(record(&given).to::<Id>(), Ok(Id { from, r#type: Some(5) }));
    assert_eq!(record(&given[2..]).to::<Id>(), Ok(Id { from, r#type: None }));
    let error = |fields: &[_]| record(fields).to::<Id>().unwrap_err().to_string();
    assert_eq!(error(&given[..2]), "$orig_h: unset or absent");
    assert_eq!(error(&[("orig_h", 1u64.into())]), "$orig_h: expected addr, found count");
    assert_eq!(Value::Count(1).to::<Id>().unwrap_err().to_string(), "expected record, found count");
}

#[test]
fn unset_fields_get_their_defaults() {
    let id = Id { from: [1, 2, 3, 4].into(), r#type: None };
    let others = vec![Some(id.clone()), None];
    let by_name = BTreeMap::from([(("a".to_owned(), 1u64), id.clone())]);
    let given = [
        ("id", id.to_value()),
        ("state", State::Open.to_value()),
        ("others", others.to_value()),
        ("by_name", by_name.to_value()),
    ];
    let info = record(&given).to::<Info>().unwrap();
    assert_eq!((info.tries, info.seen.len()), (3, 0));
    let broken = [("id", id.to_value()), ("state", Value::Count(1))];
    assert_eq!(
        record(&broken).to::<Info>().unwrap_err().to_string(),
        "$state: expected enum, found count"
    );
}

#[test]
fn enum_constants_are_found_by_name_and_then_by_number() {
    let names = vec![("Other::GONE".into(), 0), ("Conn::NEW".into(), 7)];
    let ty = Type::enumeration("Conn::State", names);
    let constant = |ty: &Type, number| Value::Enum(EnumValue { ty: ty.clone(), number });
    assert_eq!(constant(&ty, 0).to::<State>(), Ok(State::Gone));
    assert_eq!(
        constant(&ty, 7).to::<State>().unwrap_err().to_string(),
        "Conn::State has no constant Conn::NEW"
    );
    let named = Type::named("Conn::State");
    assert_eq!(constant(&named, 7).to::<State>(), Ok(State::HalfClosed));
    assert_eq!(
        constant(&named, 3).to::<State>().unwrap_err().to_string(),
        "Conn::State has no constant 3"
    );
}

#[test]
fn an_event_sent_again_refers_to_its_types() {
    let id = Id { from: [1, 2, 3, 4].into(), r#type: None };
    let info = Info {
        id: id.clone(),
        state: State::Open,
        tries: 1,
        seen: [State::Gone].into(),
        others: vec![Some(id)],
        by_name: BTreeMap::new(),
    };
    let (mut writer, mut reader) = (Writer::new(3000), Reader::new(ReaderLimits::default()));
    let mut lengths = Vec::new();
    for numbers in [vec![1, 2], vec![3, 4], vec![5, 6]] {
        let seen = Seen(info.clone(), numbers);
        let event = seen.to_event();
        let mut out = Vec::new();
        writer.event(Mode::RUNNING, &event.name, event.time, &event.args, &mut out).unwrap();
        lengths.push(out.len());
        let read = reader.read(&Bytes::from(out), Mode::RUNNING).unwrap();
        let brocomm::lowlevel::serial::Serial::Event(read) = read else { panic!("not an event") };
        assert_eq!(Seen::from_event(&read), Ok(seen));
    }
    assert!(lengths[1] * 2 < lengths[0], "{lengths:?}");
    assert_eq!(lengths[1], lengths[2]);
}

#[test]
fn decoding_another_event_is_an_error() {
    assert_eq!(Quiet::from_event(&Quiet.to_event()), Ok(Quiet));
    let error = Quiet::from_event(&event!("Conn::seen")).unwrap_err();
    assert_eq!(error.to_string(), "expected event Conn::quiet, found Conn::seen");
    let error = Quiet::from_event(&event!("Conn::quiet", 1u64)).unwrap_err();
    assert_eq!(error.to_string(), "expected 0 values, found 1");
    let params = Seen::declaration().params;
    assert_eq!(
        (params[0].name.as_str(), params[1].ty.tag()),
        (Some("arg0"), Some(TypeTag::Vector))
    );
}

#[test]
fn handlers_of_derived_events_are_checked_against_declarations() {
    let mut declared = Declarations::new();
    declared.add_event(Quiet::declaration());
    declared.read("event Conn::seen(info: record { id: record { orig_h: count; }; }, n: vector of count);").unwrap();
    let declared = Arc::new(declared);
    let handlers = Handlers::new(Arc::clone(&declared))
        .on_event(|count: &mut u64, _: Quiet| *count += 1)
        .unwrap();
    let mut count = 0;
    assert_eq!(handlers.dispatch(&Quiet.to_event(), &mut count), Ok(true));
    assert_eq!(count, 1);
    let error = handlers.on_event(|_: &mut u64, _: Seen| ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "handler of Conn::seen: parameter 0, info: $id$orig_h: expected addr, found count"
    );
}

#[derive(Debug, Clone, Record)]
struct Logged {
    #[bro(log)]
    id: LoggedId,
    #[bro(log)]
    names: Vec<String>,
    #[bro(log)]
    ports: Option<BTreeSet<u64>>,
    by_name: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, Record)]
#[bro(log)]
struct LoggedId {
    #[bro(name = "orig_h")]
    from: IpAddr,
}

#[test]
fn a_derived_record_can_be_logged() {
    use brocomm::Time;
    use brocomm::logs::{AsciiFormat, LogField, LogRecord, LogStream, LogStreams, NotLoggable};

    let stream = LogStream::of::<Logged>(7, "logged").unwrap();
    let fields = [
        LogField::new("id.orig_h", TypeTag::Addr),
        LogField::vector("names", TypeTag::String),
        LogField::set("ports", TypeTag::Count).optional(),
    ];
    assert_eq!(stream.fields, fields);
    let id = LoggedId { from: [1, 2, 3, 4].into() };
    let names = vec!["a".to_owned(), "b".to_owned()];
    let logged = Logged { id, names, ports: None, by_name: BTreeMap::new() };
    let mut line = Vec::new();
    AsciiFormat::default().entry(&logged.log_values(), &mut line);
    assert_eq!(line, b"1.2.3.4\ta,b\t-\n");

    let mut streams = LogStreams::new();
    streams.declare(stream).unwrap();
    let entry = streams.write_record(7, &logged, Time::EPOCH).unwrap();
    assert_eq!(entry.writer().fields, fields);

    let error = NotLoggable::NoField { ty: "record { orig_h:addr; type:count; }".into() };
    assert_eq!(LogStream::of::<Id>(8, "id"), Err(error));
}
