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
        // What comes out is of that very type, and stays as it is.
        assert_eq!(value.coerce(&ty).as_ref(), Ok(value));
        assert!(ty.tag() == Some(TypeTag::Any) || value.ty() == ty, "{text}");
    }
    result
}

fn printed(text: &str, ty: &str) -> String {
    coerced(text, ty).unwrap().to_string().replace(['\n', '\t'], "")
}

#[test]
fn numbers_become_more_general_ones() {
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
    assert_eq!(error("+5", "count"), "expected count, found int");
    assert_eq!(error("5", "interval"), "expected interval, found count");
}

#[test]
fn containers_are_gone_through() {
    assert_eq!(printed("vector(1, 2)", "vector of double"), "[1.0, 2.0]");
    assert_eq!(printed("set(1)", "set[int]"), "{1}");
    assert_eq!(printed("table([1, \"a\"] = 2)", "table[int, string] of double"), "{[1, a] = 2.0}");
    let error = |text: &str, ty: &str| coerced(text, ty).unwrap_err();
    assert_eq!(error("vector(1)", "vector of string"), "[0]: expected string, found count");
    assert_eq!(error("set(1)", "table[count] of count"), "{0}: expected a table, found a set");
    assert_eq!(error("table([1] = 2)", "set[count]"), "{0}: expected a set, found a table");
    assert_eq!(error("set(1)", "set[count, count]"), "{0}: expected 2 values, found 1");
    assert_eq!(error("set(\"a\")", "set[count]"), "{0}[0]: expected count, found string");
}

#[test]
fn records_are_coerced_by_their_fields_names() {
    assert_eq!(printed("[$x=1]", "Point"), "[x=1.0, y=0.5, note=<uninitialized>]");
    assert_eq!(
        printed("[$other=5, $note=\"n\", $y=2.0, $x=1.5]", "Point"),
        "[x=1.5, y=2.0, note=n]"
    );
    assert_eq!(
        printed("[$p=[$x=1]]", "Deep"),
        "[inner=<uninitialized>, p=[x=1.0, y=0.5, note=<uninitialized>]]"
    );
    assert_eq!(coerced("[$y=1.0]", "Point").unwrap_err(), "$x: missing");
    let error = coerced("[$inner=[$p=[$x=\"\"]], $p=[$x=1.0]]", "Deep").unwrap_err();
    assert_eq!(error, "$inner$p$x: expected double, found string");
}

#[test]
fn records_of_the_same_type_are_left_as_they_are() {
    let declarations = declarations();
    let ty = Type::parse("Point", &declarations).unwrap();
    let record = Record::new(ty.clone(), vec![None, None, None]);
    assert_eq!(Value::from(record.clone()).coerce(&ty), Ok(record.into()));
}

#[test]
fn constants_are_found_by_name() {
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
fn opaque_kinds_are_told_apart() {
    let opaque = |name: &'static str| Type::new("", TypeKind::Opaque(name.into()));
    let state = crate::data::OpaqueState::Md5(None);
    let value = Value::Opaque(Arc::new(crate::data::Opaque { ty: opaque("md5"), state }));
    assert!(value.coerce(&opaque("md5")).is_ok());
    let error = value.coerce(&opaque("sha1")).unwrap_err();
    assert_eq!(error.to_string(), "expected opaque of sha1, found another");
}
