//! Every fault in a SERIAL message gives the right error (part 2).

use std::sync::Arc;

use crate::common::build::{Build, args};
use brocomm::data::{Declarations, Type, TypeTag, Value};
use brocomm::lowlevel::serial::{
    Family, Mode, Reader, ReaderLimits, SerialContext, SerialErrorKind as Kind, Transcript,
};
use bytes::Bytes;

#[test]
fn valid_serials_are_read() {
    let serial = Build::call(2).count_value(5).count_value(u64::MAX).read().unwrap();
    assert_eq!(args(serial), [Value::Count(5), Value::Count(u64::MAX)]);
}

#[test]
fn every_truncation_is_reported_at_its_offset() {
    let whole = Build::call(1).count_value(7).0;
    for end in 0..whole.len() {
        let error = Build(whole[..end].to_vec()).read().unwrap_err();
        match error.kind {
            Kind::Truncated { wanted } => {
                assert!(wanted > 0 && error.offset as usize <= end, "{end}: {error}");
            }
            Kind::TooManyElements { count: 1, .. } => {}
            other => panic!("{end}: {other}"),
        }
        let section = error.kind.section();
        assert_eq!(section.chars().next(), Some('2'));
        assert_eq!(format!("{error:#}"), error.to_string().replace(')', &format!(", {section})")));
    }
}

#[test]
fn left_over_bytes_are_ignored_by_default() {
    let build = Build::call(1).count_value(7).u8(0xff).u8(0xff);
    assert!(build.clone().read().is_ok());
    let mut reader = Reader::new(ReaderLimits::default());
    let error = reader
        .read_noting(&Bytes::from(build.0), Mode::HANDSHAKE, &mut Transcript::new())
        .unwrap_err();
    assert_eq!(error.kind, Kind::LeftOver { left: 2 });
}

#[test]
fn tags_of_a_serial() {
    assert_eq!(Build::default().u8(b'z').fault(), Kind::UnknownTag(b'z'));
    assert_eq!(Build::default().u8(b'z').fault().to_string(), "unknown serialization type 7a");
    let connection = Build::default().u8(b'c').read().unwrap_err();
    assert_eq!(connection.kind, Kind::Refused(Family::Connection));
    assert_eq!(connection.context, SerialContext::Connection);
    let timer = Build::default().u8(b't').read().unwrap_err();
    assert_eq!((timer.kind, timer.context), (Kind::Refused(Family::Timer), SerialContext::Timer));
}

#[test]
fn errors_name_the_call() {
    let error = Build::call(1).reference(999_999).read().unwrap_err();
    assert_eq!(
        error.to_string(),
        "unserializing event/function f: unknown object 999999 referenced \
         (byte 23 of the SERIAL)"
    );
}

#[test]
fn headers_of_objects() {
    assert_eq!(Build::call(1).object(1, 0x0801).fault(), Kind::UnknownSerialType(0x0801));
    assert_eq!(Build::call(1).object(1, 0x9f01).fault(), Kind::UnknownSerialType(0x9f01));
    assert_eq!(
        Build::call(1).object(1, 0x8a01).fault(),
        Kind::WrongFamily { expected: Family::Val, found: Family::Type }
    );
    assert_eq!(
        Build::call(1).object(0, 0x8814).ty(1, 3, 2).u64(0).fault(),
        Kind::WrongClass { class: 20, tag: TypeTag::Count }
    );
    for class in [0, 13, 14, 15, 24, 25, 255] {
        assert_eq!(
            Build::call(1).object(0, 0x8800 | class).ty(1, 3, 2).u64(0).fault(),
            Kind::UnknownClass(Family::Val, class as u8)
        );
    }
}

#[test]
fn references() {
    assert_eq!(Build::call(1).reference(1).fault(), Kind::UnknownObject(1));
    assert_eq!(Build::call(1).reference(0).fault(), Kind::UnknownObject(0));
    // A value's type can't be a value.
    let wrong = Build::call(1).object(1, 0x8801).u8(1).reference(1).fault();
    assert_eq!(wrong, Kind::Cycle(1));
    let first = Build::call(2).object(1, 0x8801).ty(1, 3, 2).u64(9);
    let wrong = first.clone().object(2, 0x8801).u8(1).reference(1).fault();
    assert_eq!(wrong, Kind::WrongFamily { expected: Family::Type, found: Family::Val });
    assert_eq!(args(first.reference(1).read().unwrap()), [Value::Count(9), Value::Count(9)]);
}

#[test]
fn an_id_sent_twice_means_the_newer_object() {
    let serial = Build::call(3)
        .object(1, 0x8801)
        .ty(1, 3, 2)
        .u64(1)
        .object(1, 0x8801)
        .ty(1, 3, 2)
        .u64(2)
        .reference(1)
        .read()
        .unwrap();
    assert_eq!(args(serial), [Value::Count(1), Value::Count(2), Value::Count(2)]);
}

/// This also holds if the older object, a type, is in the other list of the cache.
#[test]
fn an_id_sent_twice_means_the_newer_object_in_whichever_list() {
    let ty = |b: Build, pid: u32| {
        b.u8(1).u8(1).u32(0).u32(pid).u16(0xca01).u8(0).u8(3).u8(2).u8(0).u8(1).str(b"")
    };
    let value = |b: Build, pid: u32| b.u8(1).u32(0).u32(pid).u16(0x8801).u8(0);
    let first = ty(value(Build::call(3), 6), 7).u64(1);
    let second = ty(value(first, 7), 8).u64(2);
    let chunk = Bytes::from(second.u8(0).u32(0).u32(7).0);
    let serial = Reader::new(ReaderLimits::default()).read(&chunk, Mode::RUNNING).unwrap();
    assert_eq!(args(serial), [Value::Count(1), Value::Count(2), Value::Count(2)]);
}

#[test]
fn types() {
    let value = |class, tag, internal| Build::call(1).object(0, 0x8801).ty(class, tag, internal);
    assert_eq!(value(1, 26, 0).fault(), Kind::BadTypeTag(26));
    assert_eq!(value(1, 3, 1).fault(), Kind::BadInternalTag(1));
    assert_eq!(value(1, 18, 7).fault(), Kind::BadTypeTag(18));
    assert_eq!(value(7, 3, 2).fault(), Kind::BadTypeTag(3));
    for class in [0, 3, 13, 255] {
        assert_eq!(value(class, 3, 2).fault(), Kind::UnknownClass(Family::Type, class as u8));
    }
    assert_eq!(value(1, 0, 0).fault(), Kind::TypeIsVoid);
    assert_eq!(value(1, 25, 8).fault(), Kind::TypeIsError);
    assert_eq!(value(1, 15, 7).fault(), Kind::WrongClass { class: 1, tag: TypeTag::Any });
}

#[test]
fn values_and_their_classes() {
    let value = |class: u16, ty, tag, internal| {
        Build::call(1).object(0, 0x8800 | class).ty(ty, tag, internal)
    };
    let interval = value(2, 1, 7, 3).f64(1.5).read().unwrap();
    let plain = value(1, 1, 7, 3).f64(1.5).read().unwrap();
    assert_eq!(args(interval), args(plain), "Bro writes intervals in two ways");
    assert_eq!(
        value(4, 1, 3, 2).u64(0).fault(),
        Kind::WrongClass { class: 4, tag: TypeTag::Count }
    );
    assert_eq!(value(3, 1, 12, 2).u64(0x4_0050).fault(), Kind::BadPort(0x4_0050));
    assert_eq!(value(4, 1, 13, 5).u32(2).fault(), Kind::BadAddr(2));
    let subnet = |width| value(5, 1, 14, 6).u32(1).u32(0x0a00_0000).u32(width);
    assert!(subnet(32).read().is_ok());
    assert_eq!(subnet(33).fault(), Kind::BadWidth { width: 33, bits: 32 });
    assert_eq!(subnet(128).fault(), Kind::BadWidth { width: 128, bits: 32 });
    let mut lenient = Reader::new(ReaderLimits::default());
    lenient.set_lenient(true);
    assert!(lenient.read(&Bytes::from(subnet(128).0), Mode::HANDSHAKE).is_ok());
}

#[test]
fn types_by_name_need_a_declaration() {
    let by_name = |class: u16| Build::call(1).object(0, 0x8800 | class).u8(0).str(b"Color").u64(1);
    // The class alone determines the encoding of an enum's constant.
    let Some(Value::Enum(unknown)) = args(by_name(11).read().unwrap()).pop() else { panic!() };
    assert_eq!((unknown.number, unknown.name()), (1, None));
    let name = Box::new("Color".into());
    assert_eq!(by_name(1).fault(), Kind::UnknownType(name));

    let mut known = Declarations::new();
    let names = vec![("RED".into(), 0), ("BLUE".into(), 1)];
    known.types.insert("Color".into(), Type::enumeration("Color", names));
    let mut reader = Reader::new(ReaderLimits::default());
    reader.set_declarations(Arc::new(known));
    let serial = reader.read(&Bytes::from(by_name(11).0), Mode::HANDSHAKE).unwrap();
    let Some(Value::Enum(blue)) = args(serial).pop() else { panic!() };
    assert_eq!(blue.name(), Some("BLUE".into()));
}

/// A set of counts with these elements.
fn set_of(elements: &[u64]) -> Build {
    let index_type = |b: Build| b.ty(2, 19, 7).u8(0).u32(1).ty(1, 3, 2);
    let mut build = Build::call(1).object(0, 0x8809);
    build = index_type(build.ty(5, 16, 7).u8(0)).u8(0);
    build = build.u8(0).str(b"").u8(0).u8(0).u8(0);
    for element in elements {
        build = index_type(build.u8(1).object(0, 0x8808)).u8(3).u32(1).count_value(*element);
        build = build.f64(0.0).f64(0.0);
    }
    build.u8(0)
}

#[test]
fn duplicate_indices_are_rejected() {
    let Some(Value::Table(set)) = args(set_of(&[3, 1, 2]).read().unwrap()).pop() else { panic!() };
    assert!(set.is_set());
    assert_eq!(set.entries.len(), 3);
    assert_eq!(set_of(&[3, 1, 3]).fault(), Kind::DuplicateIndex);
}

#[test]
fn a_location_is_skipped_and_reproduced() {
    let with_location = |b: Build, serial_type| {
        b.u8(1).u32(0).u16(serial_type).u8(1).object(0, 0x1301).str(b"a.bro").u64(1).u64(2)
    };
    // A value with a location, of a named type with another.
    let build = with_location(Build::call(1), 0x8801);
    let build = with_location(build.u8(1), 0x8a01).u8(3).u8(2).u8(0).u8(0).str(b"T").u64(7);
    let mut reader = Reader::new(ReaderLimits::default());
    let mut transcript = Transcript::new();
    let chunk = Bytes::from(build.0);
    let serial = reader.read_noting(&chunk, Mode::HANDSHAKE, &mut transcript).unwrap();
    let mut again = Vec::new();
    transcript.write_again(&serial, Mode::HANDSHAKE, &mut again);
    assert_eq!(again, chunk);
    assert_eq!(args(serial), [Value::Count(7)]);
}

/// Equal indices may have different bytes: one may be a reference, or an address in another form.
#[test]
fn equal_indices_in_different_forms_are_found() {
    let set = |entries: &[u8]| {
        let ty = Build::call(1).object(1, 0x8809).u8(1).object(2, 0x8a05).u8(16).u8(7).u8(0).u8(0);
        let list = ty.str(b"").u8(0).u8(1).object(3, 0x8a02).u8(19).u8(7).u8(0).u8(0).str(b"");
        let index = list.u8(0).u32(1).u8(1).object(4, 0x8a01).u8(13).u8(5).u8(0).u8(1).str(b"");
        let start = index.u8(0).u8(0).str(b"").u8(0).u8(0).u8(0);
        let list = |b: Build, pid| {
            let list = b.object(pid, 0x8808).u8(1).reference(3).u8(13).u32(1);
            list.object(pid + 1, 0x8804).u8(1).reference(4)
        };
        let entry = |b: Build, n: (u32, &u8)| {
            let (b, pid) = (b.u8(1), 10 + 2 * n.0);
            let b = match n.1 {
                4 => list(b, pid).u32(1).u32(0x0102_0304),
                6 => list(b, pid).u32(4).u64(0).u32(0xffff).u32(0x0102_0304),
                // The same address as another list's, by reference.
                1 => b.object(pid, 0x8808).u8(1).reference(3).u8(13).u32(1).reference(11),
                // The first list again.
                0 => b.reference(10),
                _ => list(b, pid).u32(1).u32(0x0102_0305),
            };
            b.f64(0.0).f64(0.0)
        };
        (0..).zip(entries).fold(start, entry).u8(0).read()
    };
    assert!(set(&[4, 5]).is_ok());
    for entries in [[4, 6], [4, 1], [4, 0], [6, 0], [6, 1], [6, 4]] {
        assert_eq!(set(&entries).unwrap_err().kind, Kind::DuplicateIndex, "{entries:?}");
    }
}
