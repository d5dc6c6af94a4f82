//! The writer writes only values that Bro could have written, in Bro's form. Input can still be
//! reproduced byte for byte.

use std::net::IpAddr;

use crate::common::build::{Build, args};
use brocomm::data::{List, Pattern, Record, Subnet, Table, ToValue, Type, TypeTag, Value, Vector};
use brocomm::logs::LogValue;
use brocomm::lowlevel::serial::{
    LazySerial, Mode, Reader, ReaderLimits, Transcript, WriteError, Writer,
};
use brocomm::lowlevel::serial::{Opcode, Serial, StateAccess};
use bytes::Bytes;

/// IPv4-mapped addresses and subnets, and the values that Bro has for them.
fn mapped() -> Vec<(Value, Value)> {
    let addr = |text: &str| Value::Addr(text.parse().unwrap());
    let subnet = |prefix: &str, width| {
        let prefix: IpAddr = prefix.parse().unwrap();
        Value::Subnet(Subnet { prefix, width })
    };
    vec![
        (addr("::ffff:1.2.3.4"), addr("1.2.3.4")),
        (subnet("::ffff:1.2.3.4", 112), subnet("1.2.0.0", 16)),
        (subnet("::ffff:1.2.3.4", 128), subnet("1.2.3.4", 32)),
        (subnet("::ffff:1.2.3.4", 96), subnet("0.0.0.0", 0)),
        (subnet("::ffff:1.2.3.4", 95), subnet("::fffe:0:0", 95)),
        (subnet("10.1.2.3", 8), subnet("10.0.0.0", 8)),
        (subnet("2001:db8::1", 32), subnet("2001:db8::", 32)),
    ]
}

fn written(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(100);
    writer.event(Mode::HANDSHAKE, b"f", 1.0, std::slice::from_ref(value), &mut out).unwrap();
    out
}

/// Puts a value into containers, as element and as index.
fn within(value: &Value) -> Vec<Value> {
    let mut set = Table::new(Type::set(vec![value.ty()]));
    set.push(vec![value.clone()], None);
    let mut table = Table::new(Type::table(vec![Type::COUNT, value.ty()], value.ty()));
    table.push(vec![Value::Count(1), value.clone()], Some(value.clone()));
    let vector = Vector::new(Type::vector(value.ty()), vec![Some(value.clone())]);
    let fields = vec![brocomm::data::Field::new("a", value.ty())];
    let record = Record::new(Type::record("", fields), vec![Some(value.clone())]);
    vec![value.clone(), set.into(), table.into(), vector.into(), record.into()]
}

#[test]
fn mapped_addresses_are_written_as_ipv4_ones() {
    for (mapped, canonical) in mapped() {
        for (mapped, canonical) in within(&mapped).iter().zip(within(&canonical)) {
            assert_eq!(written(mapped), written(&canonical), "{canonical}");
        }
        let access = |value: &Value| {
            let ty = Type::list(vec![value.ty()]);
            StateAccess {
                opcode: Opcode::AssignIdx,
                target: "t".into(),
                op1: List::new(ty, vec![value.clone()]).into(),
                op2: Some(value.clone()),
                op3: None,
            }
        };
        let access = |value: &Value| {
            let mut out = Vec::new();
            Writer::new(9).state_access(Mode::HANDSHAKE, &access(value), &mut out).unwrap();
            out
        };
        assert_eq!(access(&mapped), access(&canonical));
    }
}

#[test]
fn mapped_addresses_of_rust_types_are_ipv4_ones() {
    let addr: IpAddr = "::ffff:1.2.3.4".parse().unwrap();
    let IpAddr::V6(v6) = addr else { panic!() };
    let v4 = IpAddr::from([1, 2, 3, 4]);
    let shown = |value: Value| format!("{value:?}");
    for value in [addr.to_value(), v6.to_value(), addr.into(), v6.into(), v4.to_value()] {
        assert_eq!(shown(value), shown(Value::Addr(v4)));
    }
    assert_eq!(Value::Addr(addr).to(), Ok(v4));
    assert_eq!(LogValue::from(addr), LogValue::Addr(v4));
    let subnet = Subnet { prefix: addr, width: 112 };
    let canonical = Subnet { prefix: [1, 2, 0, 0].into(), width: 16 };
    assert_eq!(shown(subnet.to_value()), shown(Value::Subnet(canonical)));
    let Ok(converted) = Value::Subnet(subnet).to::<Subnet>() else { panic!() };
    assert_eq!((converted.prefix, converted.width), (canonical.prefix, 16));
}

/// Broccoli may send them. Inspecting them keeps the bytes, and forwarding them to a peer converts
/// them to Bro's form.
#[test]
fn mapped_addresses_that_were_read_can_be_reproduced() {
    let v6 = |build: Build| build.u32(4).u64(0).u32(0xffff).u32(0x0102_0304);
    let build = v6(Build::call(2).object(0, 0x8804).ty(1, 13, 5));
    let build = v6(build.object(0, 0x8805).ty(8, 14, 6)).u32(112);
    let chunk = Bytes::from(build.0);
    let mut transcript = Transcript::new();
    let mut reader = Reader::new(ReaderLimits::default());
    let serial = reader.read_noting(&chunk, Mode::HANDSHAKE, &mut transcript).unwrap();
    let mut again = Vec::new();
    transcript.write_again(&serial, Mode::HANDSHAKE, &mut again);
    assert_eq!(again, chunk);

    let LazySerial::Event(event) =
        Reader::new(ReaderLimits::default()).read_lazily(&chunk, Mode::HANDSHAKE).unwrap()
    else {
        panic!()
    };
    let (mut forwarded, mut anew) = (Vec::new(), Vec::new());
    Writer::new(9).forward(Mode::HANDSHAKE, &event, &mut forwarded).unwrap();
    let canonical =
        [Value::Addr([1, 2, 3, 4].into()), Value::Subnet("1.2.0.0/16".parse().unwrap())];
    Writer::new(9).event(Mode::HANDSHAKE, b"f", 1.0, &canonical, &mut anew).unwrap();
    // Types that were not Bro's usual ones stay those of the sender.
    let read = |bytes: Vec<u8>| {
        let serial =
            Reader::new(ReaderLimits::default()).read(&Bytes::from(bytes), Mode::HANDSHAKE);
        format!("{:?}", args(serial.unwrap()))
    };
    assert_eq!(read(forwarded), read(anew));
}

/// Values that Bro's scripts cannot create, and the reason.
fn impossible() -> Vec<(Value, WriteError)> {
    let set = |ty: Type| Value::from(Table::new(Type::set(vec![Type::COUNT, ty])));
    let index = WriteError::IndexType;
    let mut odd = vec![
        (std::collections::HashSet::from([vec![1u64]]).to_value(), index(TypeTag::Vector)),
        (
            std::collections::HashMap::from([(Value::Count(1), 1u64)]).to_value(),
            index(TypeTag::Any),
        ),
        (Table::new(Type::table(vec![Type::PATTERN], Type::COUNT)).into(), index(TypeTag::Pattern)),
        (set(Type::set(vec![Type::COUNT])), index(TypeTag::Table)),
        (
            set(Type::new("", brocomm::lowlevel::types::TypeKind::File(Type::STRING))),
            index(TypeTag::File),
        ),
        (
            set(Type::new("", brocomm::lowlevel::types::TypeKind::Opaque("md5".into()))),
            index(TypeTag::Opaque),
        ),
        (
            set(Type::record("R", vec![brocomm::data::Field::new("p", Type::PATTERN)])),
            index(TypeTag::Pattern),
        ),
        (
            Value::Subnet(Subnet { prefix: [1, 2, 3, 4].into(), width: 33 }),
            WriteError::Width { width: 33, limit: 32 },
        ),
    ];
    odd.extend(
        [("a(", 7), ("*", 5), ("a|", 6), ("(?i:a)", 5)]
            .map(|(re, column)| (Pattern::new(re).into(), WriteError::Pattern { column })),
    );
    odd
}

#[test]
fn values_that_bro_cannot_create_are_not_written() {
    for (value, error) in impossible() {
        let vector = Vector::new(Type::vector(Type::ANY), vec![None, Some(value.clone())]);
        for value in [value.clone(), vector.into()] {
            let (mut writer, mut out) = (Writer::new(9), b"kept".to_vec());
            let result = writer.event(Mode::HANDSHAKE, b"e", 1.0, &[5u64.into(), value], &mut out);
            let kind = |error: &WriteError| std::mem::discriminant(error);
            assert_eq!(result.as_ref().map_err(kind), Err(kind(&error)), "{result:?} {error}");
            if !matches!(error, WriteError::Pattern { .. }) {
                assert_eq!(result, Err(error));
            }
            assert_eq!(out, b"kept");
            // The cache has not changed.
            let (mut next, mut first) = (Vec::new(), Vec::new());
            writer.event(Mode::HANDSHAKE, b"e", 1.0, &[5u64.into()], &mut next).unwrap();
            Writer::new(9).event(Mode::HANDSHAKE, b"e", 1.0, &[5u64.into()], &mut first).unwrap();
            assert_eq!(next, first);
        }
        let assign = StateAccess {
            opcode: Opcode::Assign,
            target: "x".into(),
            op1: value,
            op2: None,
            op3: None,
        };
        let result = Writer::new(9).state_access(Mode::HANDSHAKE, &assign, &mut Vec::new());
        assert!(result.is_err(), "{error}");
    }
    // The same for an index in an operation on a table of a peer.
    let list = List::new(Type::list(vec![Type::PATTERN]), vec![Pattern::new("a").into()]);
    let access = |opcode| {
        let op1 = Value::from(list.clone());
        let access = StateAccess { opcode, target: "t".into(), op1, op2: None, op3: None };
        Writer::new(9).state_access(Mode::HANDSHAKE, &access, &mut Vec::new())
    };
    for opcode in [Opcode::Add, Opcode::Del, Opcode::AssignIdx, Opcode::ReadIdx, Opcode::Expire] {
        assert_eq!(access(opcode), Err(WriteError::IndexType(TypeTag::Pattern)), "{opcode}");
    }
}

/// Such a value from a peer can be read, but not forwarded.
#[test]
fn values_that_bro_cannot_create_are_read_but_not_forwarded() {
    // An empty set of patterns.
    let set = Build::call(1).object(0, 0x8809).ty(5, 16, 7).u8(0);
    let set = set.ty(2, 19, 7).u8(0).u32(1).ty(1, 9, 7).u8(0);
    let set = set.u8(0).str(b"").u8(0).u8(0).u8(0).u8(0);
    let pattern = Build::call(1).object(0, 0x8807).ty(1, 9, 7);
    let pattern = pattern.object(0, 0x1401).str(b"^?(.|\\n)*(a()").str(b"^?(a()$?");
    for (build, error) in [
        (set, WriteError::IndexType(TypeTag::Pattern)),
        (pattern, WriteError::Pattern { column: 4 }),
    ] {
        let chunk = Bytes::from(build.0);
        let mut transcript = Transcript::new();
        let mut reader = Reader::new(ReaderLimits::default());
        let serial = reader.read_noting(&chunk, Mode::HANDSHAKE, &mut transcript).unwrap();
        let mut again = Vec::new();
        transcript.write_again(&serial, Mode::HANDSHAKE, &mut again);
        assert_eq!(again, chunk);
        let Serial::Event(event) = serial else { panic!() };
        let mut out = Vec::new();
        let (mode, mut writer) = (Mode::HANDSHAKE, Writer::new(9));
        let result = writer.event(mode, &event.name, event.time, &event.args, &mut out);
        let kind = std::mem::discriminant(&error);
        assert_eq!(result.map_err(|error| std::mem::discriminant(&error)), Err(kind));
        let LazySerial::Event(event) =
            Reader::new(ReaderLimits::default()).read_lazily(&chunk, mode).unwrap()
        else {
            panic!()
        };
        let result = writer.forward(mode, &event, &mut out);
        assert_eq!(result.map_err(|error| std::mem::discriminant(&error)), Err(kind));
        assert_eq!(out, b"");
    }
}
