//! Tests of data formats: which one is used, and what can be sent in each (2§13).

use super::*;
use crate::data::{Id, List, Opaque, OpaqueState, Opcode, Record, StateAccess, Table, Vector};
use crate::logs::{LogField, LogStream, LogStreams, LogValue};
use crate::serial::{LazyEvent, WriteError};

/// Returns two Running connections that use a format announced by one of them.
fn speaking(format: DataFormat) -> Pair {
    let requests = Requests {
        events: vec!["any".into()],
        sync: Some(SyncRequest { authoritative: false }),
        request_logs: true,
        ..Requests::default()
    };
    let any = ConnectionConfig {
        requests,
        undeclared: Undeclared::Deliver,
        ..ConnectionConfig::default()
    };
    let fixed = ConnectionConfig { data_format: Some(format), ..any.clone() };
    let mut pair = Pair::new(fixed, any);
    pair.drive(&[usize::MAX]);
    assert_eq!(pair.initiator.phase(), Phase::Running);
    assert_eq!(pair.acceptor.phase(), Phase::Running);
    assert_eq!([&pair.initiator, &pair.acceptor].map(|c| c.data_format()), [Some(format); 2]);
    pair
}

fn any(args: Vec<Value>) -> Event {
    event("any", args)
}

/// Values of every type that each format has.
fn values() -> Vec<Value> {
    let color = Type::enumeration("Color", vec![("RED".into(), 0), ("BLUE".into(), 7)]);
    let fields = vec![
        Field::new("n", Type::COUNT),
        Field::new("s", Type::STRING),
        Field::new("v", Type::vector(Type::COUNT)),
    ];
    let info = Type::record("Info", fields);
    let numbers = Vector::new(
        Type::vector(Type::COUNT),
        vec![Some(Value::Count(1)), None, Some(Value::Count(3))],
    );
    let record = Record::new(info.clone(), vec![Some(Value::Count(7)), None, Some(numbers.into())]);
    let mut set = Table::new(Type::set(vec![Type::ADDR, Type::PORT]));
    set.push(
        vec![Value::Addr([10, 0, 0, 1].into()), Value::Port(crate::data::Port::tcp(80))],
        None,
    );
    let mut table = Table::new(Type::table(vec![Type::STRING], info));
    table.push(vec![Value::string("a")], Some(record.clone().into()));
    vec![
        Value::Bool(true),
        Value::Int(-5),
        Value::Count(u64::MAX),
        Value::Counter(5),
        Value::Double(0.5),
        Value::Time(1_500_000_000.25),
        Value::Interval(60.0),
        Value::string("text \0 of any kind"),
        crate::data::Pattern::new("a|b").into(),
        Value::Enum(crate::data::EnumValue { ty: color, number: 7 }),
        Value::Port(crate::data::Port::udp(53)),
        Value::Addr([192, 168, 0, 1].into()),
        Value::Subnet(crate::data::Subnet { prefix: [10, 0, 0, 0].into(), width: 8 }),
        record.into(),
        set.into(),
        table.into(),
    ]
}

#[test]
fn two_connections_use_every_format() {
    for format in DataFormat::ALL {
        let mut pair = speaking(format);
        let (args, now) = (values(), NOW);
        let assign = StateAccess {
            opcode: Opcode::AssignIdx,
            target: "a_table".into(),
            op1: List {
                ty: Type::list(vec![Type::COUNT]),
                tag: 3,
                items: vec![Value::Count(1)].into(),
            }
            .into(),
            op2: Some(Value::string("new")),
            op3: None,
        };
        let id = Arc::new(Id::global("an_id", Type::COUNT, Some(Value::Count(9))));
        // The second time, cached objects are sent as references.
        for _ in 0..2 {
            for from_initiator in [true, false] {
                let Pair { initiator, acceptor, .. } = &mut pair;
                let (from, to) = match from_initiator {
                    true => (initiator, acceptor),
                    false => (acceptor, initiator),
                };
                drain(to);
                assert_eq!(from.send_event(&any(args.clone())), Ok(Sent::Sent), "{format}");
                from.send_id(&id).unwrap();
                assert_eq!(from.send_state_access(&assign), Ok(Sent::Sent), "{format}");
                transfer(from, to, usize::MAX, now);
                let expected = [
                    ConnectionNotification::Event(any(args.clone())),
                    ConnectionNotification::Id(Arc::clone(&id)),
                    ConnectionNotification::StateAccess(Box::new(assign.clone())),
                ];
                assert_eq!(without_log(drain(to)), expected, "{format}");
            }
        }
    }
}

#[test]
fn the_peer_chooses_the_format_unless_it_is_set() {
    use DataFormat::{V21, V22, V26};
    for (ours, theirs, spoken) in [
        (None, None, Some(V26)),
        (None, Some(V22), Some(V22)),
        (Some(V21), None, Some(V21)),
        (Some(V22), Some(V22), Some(V22)),
        (Some(V22), Some(V26), None),
    ] {
        let with = |data_format| ConnectionConfig { data_format, ..config() };
        let mut pair = Pair::new(with(ours), with(theirs));
        pair.drive(&[usize::MAX]);
        let phase = if spoken.is_some() { Phase::Running } else { Phase::Closed };
        assert_eq!((pair.initiator.phase(), pair.acceptor.phase()), (phase, phase));
        assert_eq!(pair.initiator.data_format(), spoken);
        let lines = log_lines(&pair.initiator_told);
        let names = |line: &String| line.contains("peer is a Bro");
        let named = lines.iter().filter(|line| names(line)).count();
        assert_eq!(named, usize::from(spoken.is_some_and(|format| format != V26)), "{lines:?}");
    }
}

#[test]
fn the_description_waits_only_for_the_peers_version() {
    for format in [DataFormat::V21, DataFormat::V26] {
        let mut connection = Connection::new(config(), Role::Acceptor, NOW);
        let [Message::Version(ours)] = &sent(&mut connection)[..] else { panic!() };
        assert_eq!(ours.data_format, 0);
        let Message::Version(theirs) = version() else { panic!() };
        let data_format = format.number();
        feed(&mut connection, &[Message::Version(Version { data_format, ..theirs })]);
        let messages = sent(&mut connection);
        let [Message::Serial(description), Message::Caps(_), ..] = &messages[..] else { panic!() };
        let mut reader = crate::serial::Reader::new(crate::serial::ReaderLimits::default());
        let mode = crate::serial::Mode::HANDSHAKE.with_data_format(format);
        let crate::data::Serial::Id(id) = reader.read(description, mode).unwrap() else { panic!() };
        assert_eq!(id.name, "peer_description");
    }
}

#[test]
fn values_that_a_release_lacks_are_refused_with_its_name_and_nothing_is_sent() {
    use DataFormat::{V21, V22, V23, V25, V26};
    let ty = Type::new("", crate::data::TypeKind::Opaque("md5".into()));
    let digest = |state| Value::Opaque(Arc::new(Opaque { ty: ty.clone(), state }));
    let md5 = digest(OpaqueState::Md5(None));
    let certificate = digest(OpaqueState::X509(Bytes::from_static(b"x")));
    let bits = crate::data::BitVector { blocks: vec![1], num_bits: 8 };
    let bloom = |seeds: usize| {
        let hasher = crate::data::Hasher { double: true, k: 2, seed: vec![5; seeds] };
        let cells = crate::data::BloomCells::Basic(Arc::new(bits.clone()));
        let filter = Arc::new(crate::data::BloomFilter { hasher: Arc::new(hasher), cells });
        digest(OpaqueState::Bloom(crate::data::Bloom { ty: None, filter }))
    };
    let v6 = Value::Addr(std::net::Ipv6Addr::LOCALHOST.into());
    let hook = {
        let args = Type::record("", vec![]);
        let func = crate::data::FuncType {
            yields: None,
            args: args.clone(),
            arg_types: Type::list(vec![]),
            flavor: 2,
        };
        let field = Field::new("h", Type::new("", crate::data::TypeKind::Func(func)));
        Value::from(Record::new(Type::record("R", vec![field]), vec![None]))
    };
    let cases: [(&Value, &[DataFormat], &str); 6] = [
        (&v6, &[V21], "has no IPv6 addresses"),
        (&md5, &[V21, V22], "has no opaque values"),
        (&certificate, &[V21, V22, V23], "has no "),
        (&bloom(2), &[V21, V22, V23, V25], "has "),
        (&bloom(1), &[V21, V22, V26], "has "),
        (&hook, &[V21, V22], "has no hooks"),
    ];
    for (value, lacking, reason) in cases {
        for format in DataFormat::ALL {
            let Pair { initiator, acceptor, .. } = &mut speaking(format);
            let nested = Vector::new(Type::vector(Type::ANY), vec![Some(value.clone())]);
            for args in [vec![value.clone()], vec![nested.into()]] {
                let result = initiator.send_event(&any(args.clone()));
                if !lacking.contains(&format) {
                    assert_eq!(result, Ok(Sent::Sent), "{format}: {value:?}");
                    continue;
                }
                let error = result.unwrap_err();
                let UsageError::Unwritable(WriteError::DataFormat { .. }) = error else {
                    panic!("{error:?}")
                };
                let text = error.to_string();
                let start = format!("Bro {} {reason}", format.releases());
                assert!(text.starts_with(&start), "{text}");
                assert!(!initiator.has_output(), "{format}");
            }
            // The connection still works.
            let _ = initiator.send_event(&any(vec![Value::Count(1)])).unwrap();
            transfer(initiator, acceptor, usize::MAX, NOW);
            let last = without_log(drain(acceptor)).pop();
            assert_eq!(last, Some(ConnectionNotification::Event(any(vec![Value::Count(1)]))));
        }
    }
}

/// Returns an event as received in this format.
fn lazily(format: DataFormat, event: &Event) -> LazyEvent {
    let mode = crate::serial::Mode::RUNNING.with_data_format(format);
    let mut chunk = Vec::new();
    let mut writer = crate::serial::Writer::new(3000);
    writer.event(mode, &event.name, event.time, &event.args, &mut chunk).unwrap();
    let mut reader = crate::serial::Reader::new(crate::serial::ReaderLimits::default());
    match reader.read_lazily(&chunk.into(), mode).unwrap() {
        crate::serial::LazySerial::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn events_are_forwarded_between_all_formats() {
    for from in DataFormat::ALL {
        let event = lazily(from, &any(values()));
        for to in DataFormat::ALL {
            let Pair { initiator, acceptor, .. } = &mut speaking(to);
            drain(acceptor);
            for _ in 0..2 {
                assert_eq!(initiator.forward_event(&event), Ok(Sent::Sent), "{from} to {to}");
            }
            transfer(initiator, acceptor, usize::MAX, NOW);
            let expected = [(); 2].map(|()| ConnectionNotification::Event(any(values())));
            assert_eq!(without_log(drain(acceptor)), expected, "{from} to {to}");
        }
    }
    let v6 = lazily(DataFormat::V26, &any(vec![Value::Addr(std::net::Ipv6Addr::LOCALHOST.into())]));
    let Pair { initiator, .. } = &mut speaking(DataFormat::V21);
    let error = initiator.forward_event(&v6).unwrap_err();
    assert_eq!(error.to_string(), "Bro 2.0 has no IPv6 addresses");
}

#[test]
fn logs_are_sent_in_every_format() {
    let fields = vec![
        LogField::new("host", TypeTag::Addr).optional(),
        LogField::new("net", TypeTag::Subnet).optional(),
        LogField::new("port", TypeTag::Port).optional(),
        LogField::vector("all", TypeTag::Addr).optional(),
        LogField::set("names", TypeTag::String).optional(),
    ];
    let mut stream = LogStream::new(14, "mini", fields.clone());
    stream.options = vec![("tsv".into(), Bytes::from_static(b"T"))];
    let mut streams = LogStreams::new();
    streams.declare(stream).unwrap();
    let v6: std::net::IpAddr = std::net::Ipv6Addr::LOCALHOST.into();
    let v4: std::net::IpAddr = [10, 0, 0, 1].into();
    let entry = |host: std::net::IpAddr| {
        vec![
            LogValue::Addr(host),
            LogValue::Subnet(crate::data::Subnet { prefix: [10, 0, 0, 0].into(), width: 8 }),
            LogValue::Port(crate::data::Port::tcp(80)),
            LogValue::Vector(vec![LogValue::Addr(v4)]),
            LogValue::Set(vec![LogValue::string("a"), LogValue::string("b")]),
        ]
    };
    let mut entries = Vec::new();
    for host in [v4, v6, v6] {
        entries.extend_from_slice(streams.write(14, &entry(host), NOW).unwrap().as_bytes());
    }
    let announcement = streams.writers().next().unwrap().announcement().clone();
    for format in DataFormat::ALL {
        let Pair { initiator, acceptor, .. } = &mut speaking(format);
        drain(initiator);
        drain(acceptor);
        let sent = initiator.send_log_create_writer(announcement.clone());
        assert_eq!(sent, Ok(Sent::Sent));
        assert_eq!(initiator.send_log_write(entries.clone().into()), Ok(Sent::Sent));
        let lines = log_lines(&drain(initiator));
        transfer(initiator, acceptor, usize::MAX, NOW);
        let notified = without_log(drain(acceptor));
        let [ConnectionNotification::LogWriterAnnounced(writer), received @ ..] = &notified[..]
        else {
            panic!("{notified:?}")
        };
        assert_eq!(writer.writer, 1);
        assert_eq!(writer.options.len(), usize::from(format.has_writer_options()));
        assert_eq!(writer.fields, fields, "{format}");
        let is_oldest = format == DataFormat::V21;
        let expected = [v4, v6, v6].map(|host| {
            let mut values = entry(host);
            if is_oldest {
                values[2] = LogValue::Port(crate::data::Port {
                    number: 80,
                    transport: crate::data::Transport::Unknown,
                });
            }
            if is_oldest && host == v6 {
                values[0] = LogValue::Unset(TypeTag::Addr);
            }
            values
        });
        let received = received.iter().map(|notified| match notified {
            ConnectionNotification::LogEntry(entry) => entry.values.clone(),
            other => panic!("{other:?}"),
        });
        assert_eq!(received.collect::<Vec<_>>(), expected, "{format}");
        let line = "parent error 2 IPv6 addresses in log entries sent as unset, and so are later \
                    ones: Bro 2.0 has none";
        assert_eq!(lines, if is_oldest { vec![line.to_owned()] } else { vec![] });
    }
}
