//! The limits of SERIAL messages: each is tested at, one below, and one above the limit (2§12).

use crate::common::build::{Build, args};
use brocomm::data::{Field, Record, Table, Type, Value, Vector};
use brocomm::lowlevel::opaque::{Bucket, Opaque, OpaqueState, TopK};
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::serial::{
    Caching, LazySerial, Mode, Reader, ReaderLimits, SerialErrorKind as Kind, WriteError, Writer,
};
use brocomm::lowlevel::types::TypeKind;
use bytes::Bytes;

/// Nested vectors. The innermost is empty.
fn vectors(depth: u32) -> Build {
    let mut build = Build::call(1);
    for level in (0..depth).rev() {
        build = build.object(0, 0x880c).u8(0).str(b"V").u8(0).str(b"");
        build = if level == 0 { build.u32(0) } else { build.u32(1).u8(1) };
    }
    build
}

#[test]
fn nesting_is_bounded() {
    let depth = ReaderLimits::default().depth;
    for (levels, fits) in [(depth - 1, true), (depth, true), (depth + 1, false)] {
        match vectors(levels).read() {
            Ok(_) => assert!(fits, "{levels}"),
            Err(error) => {
                assert_eq!(error.kind, Kind::TooDeep(depth), "{levels}");
                assert!(!fits, "{levels}");
            }
        }
    }
}

#[test]
fn the_number_of_objects_is_bounded() {
    let serial = Build::call(2).count_value(1).count_value(2);
    // Two values and their types.
    for (objects, fits) in [(5, true), (4, true), (3, false)] {
        let mut reader = Reader::new(ReaderLimits { objects, ..ReaderLimits::default() });
        let result = reader.read(&Bytes::from(serial.0.clone()), Mode::HANDSHAKE);
        assert_eq!(result.is_ok(), fits, "{objects}");
        if let Err(error) = result {
            assert_eq!(error.kind, Kind::TooManyObjects(objects));
        }
    }
}

#[test]
fn counts_are_checked_before_allocation() {
    assert_eq!(
        Build::call(u32::MAX).fault(),
        Kind::TooManyElements { count: u64::from(u32::MAX), left: 0 }
    );
    let vector = Build::call(1).object(0, 0x880c).u8(0).str(b"V").u8(0).str(b"");
    assert_eq!(
        vector.u32(0x7fff_ffff).u8(0).fault(),
        Kind::TooManyElements { count: 0x7fff_ffff, left: 1 }
    );
    assert_eq!(
        Build::default().u8(b'e').u32(u32::MAX).fault(),
        Kind::Truncated { wanted: u32::MAX }
    );
    let names = Build::call(1).object(0, 0x880b).ty(10, 10, 1).u64(0).u32(1 << 30).u8(0);
    assert_eq!(names.fault(), Kind::TooManyElements { count: 1 << 30, left: 0 });
}

/// One SERIAL has three values, and the next one refers to the first of them.
#[test]
fn the_cache_is_bounded_regardless_of_the_announced_size() {
    let first = || {
        let value = |b: Build, pid, v| b.object(pid, 0x8801).u8(1).object(0, 0x8a01).plain(v);
        value(value(value(Build::call(3), 1, 10), 2, 20), 3, 30).0
    };
    for (cache, announced, fits) in [
        (4, 100, true),
        (3, 100, true),
        (2, 100, false),
        (100, 3, true),
        (100, 2, false),
        (3, 0, true),
        (2, 0, false),
    ] {
        let mut reader = Reader::new(ReaderLimits { cache, ..ReaderLimits::default() });
        reader.set_cache_size(announced);
        reader.read(&Bytes::from(first()), Mode::HANDSHAKE).unwrap();
        assert_eq!(reader.counters().entries, if fits { 3 } else { 2 });
        let result = reader.read(&Bytes::from(Build::call(1).reference(1).0), Mode::HANDSHAKE);
        match result {
            Ok(serial) => assert_eq!((args(serial), fits), (vec![Value::Count(10)], true)),
            Err(error) => assert_eq!((error.kind, fits), (Kind::UnknownObject(1), false)),
        }
    }
}

#[test]
fn element_counts_are_checked_against_the_bytes_left() {
    // Unset elements take a byte each.
    let vector = |claimed: u32, there: usize| {
        let build = Build::call(1).object(0, 0x880c).u8(0).str(b"V").u8(0).str(b"");
        (0..there).fold(build.u32(claimed), |build, _| build.u8(0))
    };
    for (claimed, there, fits) in [(7, 8, true), (8, 8, true), (9, 8, false)] {
        match vector(claimed, there).read() {
            Ok(_) => assert!(fits, "{claimed}"),
            Err(error) => {
                let count = u64::from(claimed);
                assert_eq!(error.kind, Kind::TooManyElements { count, left: there as u32 });
                assert!(!fits, "{claimed}");
            }
        }
    }
}

/// The depth of a type includes the types that it refers to, so a chain of references over many
/// SERIALs cannot exceed the limit.
#[test]
fn nesting_is_bounded_across_serials() {
    let limit = ReaderLimits::default().depth;
    let mut reader = Reader::new(ReaderLimits::default());
    // Each SERIAL has an empty vector of the previous type: type n is `vector of type n − 1`.
    let vector = |n: u32| {
        let head = Build::call(1).object(0, 0x880c).u8(1).object(n, 0x8a0b);
        let head = head.u8(22).u8(7).u8(0).u8(0).str(b"").u8(1);
        let yields = if n == 1 {
            head.object(0, 0x8a01).u8(3).u8(2).u8(0).u8(1).str(b"")
        } else {
            head.reference(n - 1)
        };
        Bytes::from(yields.u8(0).str(b"").u32(0).0)
    };
    let refused = (1..=2 * limit)
        .find_map(|n| reader.read(&vector(n), Mode::HANDSHAKE).err().map(|error| (n, error.kind)));
    let (n, kind) = refused.expect("there is a limit");
    assert_eq!(kind, Kind::TooDeep(limit));
    assert!(limit - 3 <= n && n <= limit, "{n}");
}

/// The same with values: each vector contains the one sent before.
#[test]
fn values_nest_across_serials_within_the_limit() {
    let limit = ReaderLimits::default().depth;
    let mut reader = Reader::new(ReaderLimits::default());
    let vector = |n: u32| {
        let build = Build::call(1).object(n, 0x880c).u8(0).str(b"V").u8(0).str(b"");
        let build = if n == 1 { build.u32(0) } else { build.u32(1).u8(1).reference(n - 1) };
        Bytes::from(build.0)
    };
    let refused = (1..=2 * limit)
        .find_map(|n| reader.read(&vector(n), Mode::HANDSHAKE).err().map(|error| (n, error.kind)));
    let (n, kind) = refused.expect("there is a limit");
    assert_eq!(kind, Kind::TooDeep(limit));
    assert!(limit - 3 <= n && n <= limit + 1, "{n}");
}

/// A vector that contains the previous one twice doubles with each SERIAL. A reference counts as
/// everything that it stands for, so no value becomes larger than one message could be.
#[test]
fn references_count_as_the_objects_they_stand_for() {
    let objects = 1000;
    let mut reader = Reader::new(ReaderLimits { objects, ..ReaderLimits::default() });
    let vector = |n: u32| {
        let build = Build::call(1).object(n, 0x880c).u8(0).str(b"V").u8(0).str(b"");
        let build = match n {
            1 => build.u32(0),
            _ => build.u32(2).u8(1).reference(n - 1).u8(1).reference(n - 1),
        };
        Bytes::from(build.0)
    };
    let refused = (1..40)
        .find_map(|n| reader.read(&vector(n), Mode::HANDSHAKE).err().map(|error| (n, error.kind)));
    let (n, kind) = refused.expect("there is a limit");
    assert_eq!(kind, Kind::TooManyObjects(objects));
    assert!((9..=11).contains(&n), "{n}");
}

/// The same with types: each list contains the previous one twice.
#[test]
fn type_references_count_as_the_types_they_stand_for() {
    let objects = 1000;
    let mut reader = Reader::new(ReaderLimits { objects, ..ReaderLimits::default() });
    let list = |n: u32| {
        let head = Build::call(1).object(0, 0x8808).u8(1).object(n, 0x8a02);
        let head = head.u8(19).u8(7).u8(0).u8(0).str(b"").u8(0);
        let types = match n {
            1 => head.u32(0),
            _ => head.u32(2).u8(1).reference(n - 1).u8(1).reference(n - 1),
        };
        Bytes::from(types.u8(0).u32(0).0)
    };
    let refused = (1..40)
        .find_map(|n| reader.read(&list(n), Mode::HANDSHAKE).err().map(|error| (n, error.kind)));
    let (n, kind) = refused.expect("there is a limit");
    assert_eq!(kind, Kind::TooManyObjects(objects));
    assert!((8..=11).contains(&n), "{n}");
    // A thousand values of one large type count as a thousand values.
    let mut reader = Reader::new(ReaderLimits { objects, ..ReaderLimits::default() });
    (1..n).for_each(|n| drop(reader.read(&list(n), Mode::HANDSHAKE).unwrap()));
    let values = (0..300).fold(Build::call(300), |build, _| {
        build.object(0, 0x8808).u8(1).reference(n - 1).u8(0).u32(0)
    });
    reader.read(&Bytes::from(values.0), Mode::HANDSHAKE).unwrap();
}

/// A call with one string, which has this ID.
fn string(pid: u32, length: usize) -> Bytes {
    let value = Build::call(1).object(pid, 0x8806).u8(1).object(0, 0x8a01);
    Bytes::from(value.u8(8).u8(4).u8(0).u8(1).str(b"").str(&vec![b'x'; length]).0)
}

fn reference(pid: u32) -> Bytes {
    Bytes::from(Build::call(1).reference(pid).0)
}

#[test]
fn the_memory_of_the_cache_is_bounded() {
    let mode = Mode::HANDSHAKE;
    let three = |cache_bytes| {
        let mut reader = Reader::new(ReaderLimits { cache_bytes, ..ReaderLimits::default() });
        (1..=3).for_each(|pid| drop(reader.read(&string(pid, 1000), mode).unwrap()));
        reader
    };
    let bytes = three(u64::MAX).cached_bytes();
    assert!((3000..4000).contains(&bytes), "{bytes}");
    for (limit, given_up) in [(bytes + 1, 0), (bytes, 0), (bytes - 1, 1), (bytes / 3, 2), (0, 3)] {
        let mut reader = three(limit);
        assert_eq!((reader.given_up(), reader.counters().entries), (given_up, 3 - given_up));
        assert!(reader.cached_bytes() <= limit);
        // The oldest are evicted first.
        for pid in (1..=3).rev() {
            match reader.read(&reference(pid), mode) {
                Ok(_) => assert!(u64::from(pid) > given_up, "{limit}"),
                Err(error) => {
                    assert_eq!(error.kind, Kind::UnknownObject(u64::from(pid)));
                    assert_eq!(u64::from(pid), given_up, "{limit}");
                    break;
                }
            }
        }
    }
}

/// Objects in use stay in the cache. What they keep alive counts as well, but only once.
#[test]
fn referenced_objects_count_while_in_use() {
    let mode = Mode::HANDSHAKE;
    let mut reader = Reader::new(ReaderLimits { cache_bytes: 250_000, ..ReaderLimits::default() });
    reader.read(&string(1, 100_000), mode).unwrap();
    for pid in 2..20 {
        reader.read(&string(pid, 100_000), mode).unwrap();
        reader.read(&reference(1), mode).unwrap();
        assert!(reader.cached_bytes() <= 250_000);
    }
    assert_eq!(reader.given_up(), 17);

    // A vector with a reference keeps the referenced object alive.
    let mut reader = Reader::new(ReaderLimits::default());
    reader.set_cache_size(1);
    reader.read(&string(1, 100_000), mode).unwrap();
    let vector = Build::call(2).object(2, 0x880c).u8(0).str(b"V").u8(0).str(b"");
    let both = vector.u32(1).u8(1).reference(1).object(3, 0x8801).ty(1, 3, 2).u64(7);
    reader.read(&Bytes::from(both.0), mode).unwrap();
    assert_eq!(reader.counters().entries, 1);
    assert!(reader.cached_bytes() > 100_000);
    reader.read(&Bytes::from(Build::call(1).object(4, 0x8801).ty(1, 3, 2).u64(7).0), mode).unwrap();
    assert!(reader.cached_bytes() < 1000, "{}", reader.cached_bytes());
}

/// Without a cache a type is written in full with each value.
#[test]
fn repeated_types_without_a_cache_are_bounded() {
    let fields = (0..1000).map(|n| Field::new(format!("{n:0100}"), Type::COUNT)).collect();
    let empty = Value::from(Vector::new(Type::vector(Type::record("Wide", fields)), vec![]));
    let values = |n| vec![empty.clone(); n];
    let uncached = Mode { caching: Caching::None, ..Mode::HANDSHAKE };
    let mut writer = Writer::new(3000);
    let mut out = b"before".to_vec();
    for mode in [Mode::HANDSHAKE, uncached] {
        writer.event(mode, b"e", 1.0, &values(10), &mut out).unwrap();
    }
    out.truncate(6);
    let error = writer.event(uncached, b"e", 1.0, &values(600), &mut out).unwrap_err();
    assert_eq!(error, WriteError::TooLarge { limit: 64 << 20 });
    assert_eq!(out, b"before");
    assert!(out.capacity() < 256 << 20, "{}", out.capacity());
    writer.event(Mode::HANDSHAKE, b"e", 1.0, &values(600), &mut out).unwrap();

    let mut chunk = Vec::new();
    Writer::new(3000).event(Mode::HANDSHAKE, b"e", 1.0, &values(600), &mut chunk).unwrap();
    let read =
        Reader::new(ReaderLimits::default()).read_lazily(&Bytes::from(chunk), Mode::HANDSHAKE);
    let LazySerial::Event(event) = read.unwrap() else { panic!("no event") };
    assert_eq!(writer.forward(uncached, &event, &mut out), Err(error));
}

/// The content of opaque values counts as well.
#[test]
fn opaque_values_count_towards_the_size_limit() {
    let text = Value::string(vec![b'x'; 1 << 20]);
    let bucket = Bucket { count: 1, elements: vec![(0, text); 2000] };
    let (size, num_elements, pruned) = (1, 2000, false);
    let topk = TopK { ty: None, size, num_elements, pruned, buckets: vec![bucket] };
    let ty = Type::new("", TypeKind::Opaque("topk".into()));
    let value = Value::Opaque(Opaque { ty, state: OpaqueState::TopK(topk) }.into());
    let mut out = Vec::new();
    let written = Writer::new(3000).event(Mode::RUNNING, b"e", 1.0, &[value], &mut out);
    assert!(matches!(written, Err(WriteError::TooLarge { .. })), "{written:?}");
    assert!(out.is_empty());
}

/// Each set is searched for equal indices, which contain sets in turn. If each level took a
/// multiple of the time of the one below, this would never finish.
#[test]
fn reading_sets_nested_in_indices_is_not_exponential() {
    let mut value = Value::Count(1);
    for _ in 0..12 {
        let holder = Type::record("", vec![Field::new("held", value.ty())]);
        let held = Value::from(Record::new(holder.clone(), vec![Some(value)]));
        let mut set = Table::new(Type::set(vec![holder, Type::COUNT]));
        set.push(vec![held.clone(), Value::Count(1)], None);
        set.push(vec![held, Value::Count(2)], None);
        value = set.into();
    }
    let mut chunk = Vec::new();
    Writer::new(3000)
        .event(Mode::HANDSHAKE, b"e", 1.0, std::slice::from_ref(&value), &mut chunk)
        .unwrap();
    let read =
        Reader::new(ReaderLimits::default()).read(&Bytes::from(chunk), Mode::HANDSHAKE).unwrap();
    let Serial::Event(event) = read else { panic!("{read:?}") };
    assert_eq!(event.args, [value]);
}
