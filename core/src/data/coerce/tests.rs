use super::*;
use crate::data::Declarations;

fn declarations() -> Declarations {
    let mut declarations = Declarations::new();
    declarations
        .read(
            "type Hue: enum { RED, GREEN };
             type Other: enum { BLUE, GREEN_TOO };
             type Point: record { x: double; y: double &default=0.5; note: string &optional; };
             type Deep: record { inner: Deep &optional; p: Point; };",
        )
        .unwrap();
    declarations
}

fn coerced(text: &str, ty: &str) -> Result<Value, String> {
    let declarations = declarations();
    let ty = Type::parse(ty, &declarations).unwrap();
    let value = Value::parse(text, None, &declarations).unwrap();
    let result = value.coerce(&ty).map_err(|error| error.to_string());
    if let Ok(value) = &result {
        // The result has that type, so coercing it again changes nothing.
        assert_eq!(value.coerce(&ty).as_ref(), Ok(value));
        assert!(ty.tag() == Some(TypeTag::Any) || value.ty() == ty, "{text}");
    }
    result
}

fn printed(text: &str, ty: &str) -> String {
    coerced(text, ty).unwrap().to_string().replace(['\n', '\t'], "")
}

#[test]
fn numbers_are_generalized() {
    assert_eq!(coerced("5", "int"), Ok(Value::Int(5)));
    assert_eq!(coerced("5", "counter"), Ok(Value::Counter(5)));
    assert_eq!(coerced("-5", "double"), Ok(Value::Double(-5.0)));
    assert_eq!(coerced("5", "any"), Ok(Value::Count(5)));
    let error = |text: &str, ty: &str| coerced(text, ty).unwrap_err();
    assert_eq!(
        error("18446744073709551615", "int"),
        "18446744073709551615 is out of the range of int"
    );
    assert_eq!(error("5.0", "count"), "expected count, found double");
    assert_eq!(error("T", "count"), "expected count, found bool");
    assert_eq!(error("5", "interval"), "expected interval, found count");
}

/// An integer in Rust is an `int` by default.
#[test]
fn an_int_becomes_a_count_unless_it_is_negative() {
    assert_eq!(Value::Int(5).coerce(&Type::COUNT), Ok(Value::Count(5)));
    assert_eq!(Value::Int(0).coerce(&Type::Base(TypeTag::Counter)), Ok(Value::Counter(0)));
    assert_eq!(Value::Int(i64::MAX).coerce(&Type::COUNT), Ok(Value::Count(i64::MAX as u64)));
    for (ty, name) in [(Type::COUNT, "count"), (Type::Base(TypeTag::Counter), "counter")] {
        let error = Value::Int(-1).coerce(&ty).unwrap_err();
        assert_eq!(error.to_string(), format!("-1 is out of the range of {name}"));
    }
    let ints = Value::from(vec![1i64, 2]);
    assert_eq!(ints.coerce(&Type::vector(Type::COUNT)), Ok(Value::from(vec![1u64, 2])));
}

#[test]
fn a_counter_is_coerced_like_a_count() {
    let counter = Value::Counter(7);
    assert_eq!(counter.coerce(&Type::COUNT), Ok(Value::Count(7)));
    assert_eq!(counter.coerce(&Type::INT), Ok(Value::Int(7)));
    assert_eq!(counter.coerce(&Type::DOUBLE), Ok(Value::Double(7.0)));
    assert!(Value::Counter(u64::MAX).coerce(&Type::INT).is_err());
}

#[test]
fn empty_containers_get_the_declared_type() {
    let vector = Value::from(Vector::new(Type::vector(Type::ANY), vec![]));
    let set = Value::from(Table::new(Type::set(vec![Type::ANY])));
    let table = Value::from(Table::new(Type::table(vec![Type::ANY], Type::ANY)));
    for (empty, ty) in [
        (vector, Type::vector(Type::COUNT)),
        (set, Type::set(vec![Type::ADDR, Type::PORT])),
        (table, Type::table(vec![Type::ADDR], Type::STRING)),
    ] {
        assert!(!empty.is_of(&ty));
        assert_eq!(empty.coerce(&ty).unwrap().ty(), ty);
    }
}

#[test]
fn elements_of_containers_are_coerced() {
    assert_eq!(printed("vector(1, 2)", "vector of double"), "[1.0, 2.0]");
    assert_eq!(printed("set(1)", "set[int]"), "{1}");
    assert_eq!(printed("table([1, \"a\"] = 2)", "table[int, string] of double"), "{[1, a] = 2.0}");
    let error = |text: &str, ty: &str| coerced(text, ty).unwrap_err();
    assert_eq!(error("vector(1)", "vector of string"), "[0]: expected string, found count");
    assert_eq!(error("set(1)", "table[count] of count"), "entry 0: expected a table, found a set");
    assert_eq!(error("table([1] = 2)", "set[count]"), "entry 0: expected a set, found a table");
    assert_eq!(error("set(1)", "set[count, count]"), "entry 0: expected 2 values, found 1");
    assert_eq!(error("set(\"a\")", "set[count]"), "entry 0, index 0: expected count, found string");
}

#[test]
fn records_are_coerced_by_their_fields_names() {
    assert_eq!(printed("[$x=1]", "Point"), "[x=1.0, y=0.5, note=<uninitialized>]");
    assert_eq!(printed("[$note=\"n\", $y=2.0, $x=1.5]", "Point"), "[x=1.5, y=2.0, note=n]");
    assert_eq!(
        printed("[$p=[$x=1]]", "Deep"),
        "[inner=<uninitialized>, p=[x=1.0, y=0.5, note=<uninitialized>]]"
    );
    assert_eq!(coerced("[$y=1.0]", "Point").unwrap_err(), "$x: unset or absent");
    let other = coerced("[$other=5, $x=1.0]", "Point").unwrap_err();
    assert_eq!(other, "$other: Point has no such field");
    assert_eq!(coerced("5", "Point").unwrap_err(), "expected record, found count");
    let error = coerced("[$inner=[$p=[$x=\"\"]], $p=[$x=1.0]]", "Deep").unwrap_err();
    assert_eq!(error, "$inner$p$x: expected double, found string");
}

#[test]
fn records_of_the_same_type_are_unchanged() {
    let declarations = declarations();
    let ty = Type::parse("Point", &declarations).unwrap();
    let record = Record::new(ty.clone(), vec![None, None, None]);
    assert_eq!(Value::from(record.clone()).coerce(&ty), Ok(record.into()));
}

#[test]
fn enum_constants_are_matched_by_name() {
    let declarations = declarations();
    let hue = Type::parse("Hue", &declarations).unwrap();
    let theirs = Type::enumeration("Hue", vec![("GREEN".into(), 7), ("PINK".into(), 8)]);
    let constant = |number| Value::Enum(EnumValue { ty: theirs.clone(), number });
    let Ok(Value::Enum(green)) = constant(7).coerce(&hue) else { panic!() };
    assert_eq!((green.number, &green.ty), (1, &hue));
    let error = constant(8).coerce(&hue).unwrap_err();
    assert_eq!(error.to_string(), "Hue has no constant PINK");
    let nameless = Value::Enum(EnumValue { ty: Type::named("Hue"), number: 1 });
    assert_eq!(nameless.coerce(&hue), Ok(Value::Enum(green)));
}

#[test]
fn opaque_values_must_have_the_same_kind() {
    let opaque = |name: &'static str| Type::new("", TypeKind::Opaque(name.into()));
    let state = crate::data::OpaqueState::Md5(None);
    let value = Value::Opaque(Arc::new(crate::data::Opaque { ty: opaque("md5"), state }));
    assert!(value.coerce(&opaque("md5")).is_ok());
    let error = value.coerce(&opaque("sha1")).unwrap_err();
    assert_eq!(error.to_string(), "expected opaque of sha1, found another");
}

fn received(text: &str, ty: &str) -> Result<String, String> {
    let declarations = declarations();
    let ty = Type::parse(ty, &declarations).unwrap();
    let value = Value::parse(text, None, &declarations).unwrap();
    let origin = Origin::Peer { room: &Cell::new(100) };
    let coerced = value.coerce_from(origin, &ty).map_err(|error| error.to_string())?;
    assert!(coerced.is_of(&ty), "{coerced:?}");
    Ok(coerced.to_string().replace(['\n', '\t'], ""))
}

/// Peers have their own record types, with more or fewer fields.
#[test]
fn missing_fields_of_a_peers_record_are_added_and_unknown_ones_dropped() {
    let point = |text| received(text, "Point");
    let filled = Ok("[x=<uninitialized>, y=0.5, note=<uninitialized>]".to_owned());
    assert_eq!(point("[$note=\"n\"]"), Ok("[x=<uninitialized>, y=0.5, note=n]".to_owned()));
    assert_eq!(point("[$other=5]"), filled);
    assert_eq!(
        point("[$y=2.0, $other=5, $x=1]"),
        Ok("[x=1.0, y=2.0, note=<uninitialized>]".into())
    );
    assert_eq!(point("[$x=\"1\"]"), Err("$x: expected double, found string".to_owned()));
    // In a new record, containers are empty and records are new records.
    let wide = "record { a: set[count]; b: vector of count; p: Point; c: count; }";
    let empty = "[a={}, b=[], p=[x=<uninitialized>, y=0.5, note=<uninitialized>], c=5]";
    assert_eq!(received("[$c=5]", wide), Ok(empty.to_owned()));
    // At any depth.
    let points = received("vector([$x=1, $other=T])", "vector of Point").unwrap();
    assert!(points.starts_with("[[x=1.0, y=0.5,"), "{points}");
    let table = received("table([1] = [$x=1])", "table[count] of Point").unwrap();
    assert!(table.starts_with("{[1] = [x=1.0,"), "{table}");
}

#[test]
fn a_record_of_a_named_type_keeps_its_fields() {
    let declarations = declarations();
    let ty = Type::parse("Point", &declarations).unwrap();
    let record = |fields| Value::from(Record::new(Type::named("Point"), fields));
    let whole = record(vec![Some(Value::Double(1.0)), None, None]);
    assert!(whole.is_of(&ty) && whole.coerce(&ty).is_ok());
    let short = record(vec![Some(Value::Double(1.0))]);
    for origin in [Origin::Own, Origin::Peer { room: &Cell::new(100) }] {
        let error = short.coerce_from(origin, &ty).unwrap_err();
        assert_eq!(error.to_string(), "expected 3 values, found 1");
    }
}

#[test]
fn a_peers_unknown_enum_constant_is_kept() {
    let declarations = declarations();
    let hue = Type::parse("Hue", &declarations).unwrap();
    let theirs = Type::enumeration("Hue", vec![("GREEN".into(), 7), ("PINK".into(), 8)]);
    let pink = Value::Enum(EnumValue { ty: theirs, number: 8 });
    assert_eq!(pink.coerce_from(Origin::Peer { room: &Cell::new(0) }, &hue), Ok(pink.clone()));
    assert!(pink.coerce(&hue).is_err());
}

/// Only values of another type need coercion.
#[test]
fn values_of_the_type_are_recognized() {
    let declarations = declarations();
    for (text, ty, is) in [
        ("5", "count", true),
        ("5", "int", false),
        ("5", "any", true),
        ("RED", "Hue", true),
        ("RED", "Other", false),
        ("vector(1, 2)", "vector of count", true),
        ("vector(1, 2)", "vector of any", true),
        ("vector(1, 2)", "vector of int", false),
        ("set(1)", "set[count]", true),
        ("set(1)", "set[int]", false),
        ("set(1)", "table[count] of count", false),
        ("set([1, \"a\"])", "set[count, string]", true),
        ("table([1] = 2)", "table[count] of count", true),
        ("table([1] = 2)", "table[count] of double", false),
        ("[$x=1.0, $y=2.0, $note=\"n\"]", "Point", true),
        ("[$x=1, $y=2.0, $note=\"n\"]", "Point", false),
        ("[$y=1.0, $x=2.0, $note=\"n\"]", "Point", false),
        ("[$x=1.0]", "Point", false),
        ("[$x=1.0]", "count", false),
    ] {
        let ty = Type::parse(ty, &declarations).unwrap();
        let value = Value::parse(text, None, &declarations).unwrap();
        assert_eq!(value.is_of(&ty), is, "{text}, {ty}");
        if let Ok(coerced) = value.coerce(&ty) {
            assert!(coerced.is_of(&ty), "{text}, {ty}");
        }
    }
}

/// Otherwise a message with a few bytes per record would need many times as much memory.
#[test]
fn the_fields_added_for_a_peer_are_limited() {
    let declarations = declarations();
    let wide = "vector of record { a: Point; b: Point; c: count; }";
    let ty = Type::parse(wide, &declarations).unwrap();
    let value = Value::parse("vector([$c=1], [$c=2])", None, &declarations).unwrap();
    // Each record gets three fields, two of which are records with three fields.
    let coerced = |room| value.coerce_from(Origin::Peer { room: &Cell::new(room) }, &ty);
    assert!(coerced(18).is_ok());
    assert_eq!(coerced(17).unwrap_err().to_string(), "[1]$b: too many fields are missing");
    assert_eq!(coerced(10).unwrap_err().to_string(), "[1]: too many fields are missing");
}

#[test]
fn indices_that_become_equal_are_refused() {
    let great = 1 << 53;
    let counts = |numbers: &[u64]| {
        let mut table = Table::new(Type::table(vec![Type::COUNT], Type::COUNT));
        for (at, number) in (0..).zip(numbers) {
            table.push(vec![Value::Count(*number)], Some(Value::Count(at)));
        }
        Value::from(table)
    };
    let doubles = Type::table(vec![Type::DOUBLE], Type::COUNT);
    assert!(counts(&[great, great + 2]).coerce(&doubles).is_ok());
    let same = counts(&[great, 7, great + 1]);
    let error = same.coerce(&doubles).unwrap_err();
    assert_eq!(error.to_string(), "two entries with the same index");
    // For a peer, the later entry replaces the earlier one.
    let room = Cell::new(10);
    let taken = same.coerce_from(Origin::Peer { room: &room }, &doubles).unwrap();
    let mut left = Table::new(doubles);
    left.push(vec![Value::Double(7.0)], Some(Value::Count(1)));
    left.push(vec![Value::Double(9_007_199_254_740_992.0)], Some(Value::Count(2)));
    assert_eq!(taken, Value::from(left));
    let Value::Table(taken) = taken else { panic!("{taken:?}") };
    assert_eq!(taken.entries.len(), 2);
}
