//! Values of all types round-trip, and no input causes a panic.

use std::net::IpAddr;

use brocomm::Time;
use brocomm::data::{
    Declarations, EnumValue, Event, EventDecl, Field, Pattern, Port, Record, Subnet, Table,
    Transport, Type, Value, Vector,
};
use brocomm::lowlevel::syntax::{Attribute, AttributeTag, Attributes};
use brocomm_zeek::client::{Client, ClientConfig};
use brocomm_zeek::json::{self, NonUtf8, Options, Spelling};
use brocomm_zeek::mapping::{self, Mapping};
use brocomm_zeek::message::{self, Publication, ServerMessage, ZeekEvent};
use brocomm_zeek::server::{Server, ServerConfig};
use brocomm_zeek::{Data, signatures};
use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

fn real() -> impl Strategy<Value = f64> {
    prop_oneof![
        (proptest::num::f64::NORMAL | proptest::num::f64::ZERO)
            .prop_filter("Zeek reads infinity", |v| v.abs() < 1.7e308),
        (-1_000_000i64..1_000_000).prop_map(|v| v as f64 / 1000.0),
    ]
}

fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u8; 16]>().prop_map(IpAddr::from)]
}

fn port() -> impl Strategy<Value = Port> {
    let transport = prop_oneof![
        Just(Transport::Tcp),
        Just(Transport::Udp),
        Just(Transport::Icmp),
        Just(Transport::Unknown)
    ];
    (transport, any::<u16>()).prop_map(|(transport, number)| Port { transport, number })
}

fn subnet() -> impl Strategy<Value = Subnet> {
    (address(), 0..=128u8).prop_map(|(prefix, width)| {
        Subnet::new(prefix, width.min(Subnet::max_width(prefix))).unwrap()
    })
}

const MOST: i64 = 9_223_372_036_854_774_000;

fn data() -> impl Strategy<Value = Data> {
    let leaf = prop_oneof![
        Just(Data::None),
        any::<bool>().prop_map(Data::Boolean),
        any::<u64>().prop_map(Data::Count),
        any::<i64>().prop_map(Data::Integer),
        real().prop_map(Data::Real),
        (-MOST..=MOST).prop_map(Data::Timespan),
        (-MOST..=MOST).prop_map(Data::Timestamp),
        vec(any::<u8>(), 0..20).prop_map(|bytes| Data::String(bytes.into())),
        any::<String>().prop_map(Data::string),
        "[A-Za-z:_]{1,12}".prop_map(|name| Data::Enum(name.into())),
        address().prop_map(Data::Address),
        subnet().prop_map(Data::Subnet),
        port().prop_map(Data::Port),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let sorted = vec(inner.clone(), 0..5).prop_map(|mut items| {
            items.sort();
            items.dedup();
            items
        });
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Data::Vector),
            sorted.prop_map(Data::Set),
            vec((inner.clone(), inner), 0..5).prop_map(|mut entries| {
                entries.sort();
                entries.dedup_by(|(a, _), (b, _)| a == b);
                Data::Table(entries)
            }),
        ]
    })
}

/// A type with a value of this type.
fn typed() -> impl Strategy<Value = (Type, Value)> {
    let color = || {
        let names = vec![("Site::RED".into(), 1), ("Site::GREEN".into(), 2), ("BLUE".into(), 7)];
        Type::enumeration("Site::Color", names)
    };
    let enumeration = prop_oneof![Just(1), Just(2), Just(7)];
    let leaf = prop_oneof![
        any::<bool>().prop_map(|v| (Type::BOOL, Value::Bool(v))),
        any::<i64>().prop_map(|v| (Type::INT, Value::Int(v))),
        any::<u64>().prop_map(|v| (Type::COUNT, Value::Count(v))),
        real().prop_map(|v| (Type::DOUBLE, Value::Double(v))),
        // Microseconds, which a double can represent.
        (0..4_000_000_000_000_000i64).prop_map(|v| (Type::TIME, Value::Time(v as f64 / 1e6))),
        (-4_000_000_000_000i64..4_000_000_000_000)
            .prop_map(|v| (Type::INTERVAL, Value::Interval(v as f64 / 1e9))),
        vec(any::<u8>(), 0..20).prop_map(|v| (Type::STRING, Value::String(v.into()))),
        "[a-z]{1,6}".prop_map(|re| (Type::PATTERN, Value::Pattern(Pattern::new(&re).into()))),
        port().prop_map(|v| (Type::PORT, Value::Port(v))),
        address().prop_map(|v| (Type::ADDR, Value::Addr(v))),
        subnet().prop_map(|v| (Type::SUBNET, Value::Subnet(v))),
        enumeration
            .prop_map(move |number| (color(), Value::Enum(EnumValue { ty: color(), number }))),
    ];
    leaf.prop_recursive(3, 30, 4, |inner| {
        let index = vec(inner.clone(), 1..3)
            .prop_filter("no index", |parts| parts.iter().all(|(ty, _)| ty.check_index().is_ok()));
        prop_oneof![
            vec((inner.clone(), any::<bool>(), any::<bool>()), 0..5).prop_map(record),
            inner.clone().prop_map(|(ty, value)| {
                let ty = Type::vector(ty);
                let items = vec![Some(value.clone()), Some(value)];
                (ty.clone(), Value::Vector(Vector::new(ty, items).into()))
            }),
            (index.clone(), any::<bool>()).prop_map(|(parts, is_empty)| {
                let (types, values): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
                let mut set = Table::new(Type::set(types));
                if !is_empty {
                    set.push(values, None);
                }
                (set.ty.clone(), Value::Table(set.into()))
            }),
            (index, inner).prop_map(|(parts, (yields, value))| {
                let (types, values): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
                let mut table = Table::new(Type::table(types, yields));
                table.push(values, Some(value));
                (table.ty.clone(), Value::Table(table.into()))
            }),
        ]
    })
}

/// Creates a record. Some of its fields are optional, and some of those are unset.
fn record(parts: Vec<((Type, Value), bool, bool)>) -> (Type, Value) {
    let mut fields = Vec::new();
    let mut values = Vec::new();
    for (at, ((ty, value), is_optional, is_set)) in parts.into_iter().enumerate() {
        let attributes = is_optional.then(|| {
            let list = vec![Attribute { tag: AttributeTag::Optional, expr: None }];
            Attributes { ty: ty.clone(), list }.into()
        });
        fields.push(Field { name: format!("f{at}").into(), ty, attributes });
        values.push((is_set || !is_optional).then_some(value));
    }
    let ty = Type::record("R", fields);
    (ty.clone(), Value::Record(Record::new(ty, values).into()))
}

proptest! {
    #[test]
    fn data_round_trip_in_our_spelling(data in data()) {
        let mut text = Vec::new();
        let is_utf8 = json::write(&data, Options::default(), &mut text).unwrap();
        prop_assert_eq!(is_utf8, std::str::from_utf8(&text).is_ok());
        let text = Bytes::from(text);
        let again = json::read(&text).unwrap();
        // Compares the bits of doubles as well.
        prop_assert_eq!(format!("{again:?}"), format!("{data:?}"));
        if is_utf8 {
            let _: serde_json::Value = serde_json::from_slice(&text).unwrap();
        }
    }

    #[test]
    fn other_options_write_json_for_all_data(data in data()) {
        let escape = Options { non_utf8: NonUtf8::Escape, ..Options::default() };
        let mut text = Vec::new();
        prop_assert!(json::write(&data, escape, &mut text).unwrap());
        let _: serde_json::Value = serde_json::from_slice(&text).unwrap();

        let refuse = Options { non_utf8: NonUtf8::Refuse, ..Options::default() };
        let mut text = Vec::new();
        if json::write(&data, refuse, &mut text).is_ok() {
            prop_assert_eq!(json::read(&text.into()).unwrap(), data);
        }
    }

    #[test]
    fn zeeks_spelling_changes_only_digits(data in data()) {
        let zeek = Options { spelling: Spelling::Zeek, ..Options::default() };
        let mut text = Vec::new();
        json::write(&data, zeek, &mut text).unwrap();
        // Rounded reals may become duplicates in a set.
        if let Ok(again) = json::read(&text.into()) {
            prop_assert_eq!(again.kind(), data.kind());
        }
    }

    #[test]
    fn values_of_all_types_round_trip_through_the_mapping(
        params in vec(typed(), 0..4), time in 1..4_000_000_000u32, name in "[a-z]{1,8}(::[a-z]{1,8})?",
    ) {
        let (types, args): (Vec<Type>, Vec<Value>) = params.into_iter().unzip();
        let fields = types.iter().enumerate().map(|(at, ty)| Field::new(format!("a{at}"), ty.clone()));
        let mut declared = Declarations::new();
        declared.add_event(EventDecl::new(name.as_str(), fields.collect()));
        let mapping = Mapping::new(declared.clone(), declared, mapping::Options::default());
        let event = Event { name: name.as_str().into(), time: time.into(), args };

        let mut sent = mapping.to_zeek(&event, &event.name).unwrap();
        sent.metadata.extend(Mapping::timestamp(&event));
        let mut text = Vec::new();
        message::write_event(b"/t", &sent, Options::default(), &mut text).unwrap();
        let read = Publication::read(&text.into()).unwrap();
        prop_assert_eq!(&read.topic, "/t");
        let read = ZeekEvent::from_data(read.data).unwrap();
        prop_assert_eq!(&read, &sent);
        let back = mapping.to_bro(&read, &name).unwrap();
        prop_assert_eq!(back.time, event.time);
        prop_assert_eq!(&back.args, &event.args);
    }

    #[test]
    fn arbitrary_text_does_not_make_a_reader_panic(text in vec(any::<u8>(), 0..200)) {
        read_all(&text.into());
    }

    #[test]
    fn almost_valid_text_does_not_make_a_reader_panic(
        data in data(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let mut text = br#"{"type":"data-message","topic":"t","#.to_vec();
        let mut value = Vec::new();
        json::write(&data, Options::default(), &mut value).unwrap();
        text.extend(&value[1..]);
        let place = at.index(text.len());
        text[place] = byte;
        read_all(&Bytes::copy_from_slice(&text));
        text.truncate(cut.index(text.len()));
        read_all(&text.into());
    }

    #[test]
    fn arbitrary_bytes_do_not_make_a_state_machine_panic(
        bytes in vec(any::<u8>(), 0..300), piece in 1..40usize, is_open in any::<bool>(),
    ) {
        let now = Time::from_secs_f64(1e9);
        let mut server = Server::new(ServerConfig::new("e", "1"), now);
        let mut client = Client::new(ClientConfig::new("h", &["/a"]), [0; 24], now).unwrap();
        if is_open {
            let request = client.poll_transmit().to_vec();
            server.feed_bytes(&request, now);
            let answer = server.poll_transmit().to_vec();
            server.advance(answer.len(), now);
            client.feed_bytes(&answer, now);
            client.advance(request.len(), now);
        }
        for bytes in bytes.chunks(piece) {
            server.feed_bytes(bytes, now);
            client.feed_bytes(bytes, now);
            while server.poll_notification().is_some() {
                server.acknowledge(now);
            }
            while client.poll_notification().is_some() {}
        }
        server.feed_eof(now);
        client.feed_eof(now);
        prop_assert!(server.is_over() && client.is_over());
    }

    #[test]
    fn arbitrary_scripts_do_not_make_the_signature_reader_panic(text in "[a-z{}();:=&\"/@# \n]{0,120}") {
        let _ = signatures::read(&text, &mut signatures::base());
    }
}

fn read_all(text: &Bytes) {
    let _ = ServerMessage::read(text);
    let _ = Publication::read(text);
    let _ = message::read_subscriptions(text);
    if let Ok(data) = json::read(text) {
        let _ = ZeekEvent::from_data(data);
    }
}
