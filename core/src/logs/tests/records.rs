//! Tests of records as log entries.

use std::sync::Arc;

use bytes::Bytes;

use crate::Time;
use crate::data::{
    Attribute, AttributeTag, Attributes, EnumValue, Field, Record, Table, Type, TypeTag, Value,
    Vector,
};
use crate::logs::{
    LogField, LogRecord, LogStream, LogStreams, LogValue, NotLoggable, StreamError, log_fields,
    log_values,
};

fn field(name: &str, ty: Type, tags: &[AttributeTag]) -> Field {
    let list = tags.iter().map(|tag| Attribute { tag: *tag, expr: None }).collect();
    let attributes = Some(Arc::new(Attributes { ty: ty.clone(), list }));
    Field { attributes, ..Field::new(name, ty) }
}

fn logged(name: &str, ty: Type) -> Field {
    field(name, ty, &[AttributeTag::Log])
}

fn optional(name: &str, ty: Type) -> Field {
    field(name, ty, &[AttributeTag::Optional, AttributeTag::Log])
}

fn id() -> Type {
    let fields =
        vec![logged("orig_h", Type::ADDR), Field::new("x", Type::ANY), logged("p", Type::PORT)];
    Type::record("conn_id", fields)
}

fn shade() -> Type {
    Type::enumeration("Shade", vec![("DARK".into(), 0), ("LIGHT".into(), 1)])
}

fn info() -> Type {
    Type::record(
        "Info",
        vec![
            logged("ts", Type::TIME),
            optional("id", id()),
            Field::new("hidden", Type::PATTERN),
            logged("shade", shade()),
            optional("names", Type::set(vec![Type::STRING])),
            logged("shades", Type::vector(shade())),
        ],
    )
}

#[test]
fn columns_are_the_logged_fields() {
    let optional = |field: LogField| field.optional();
    assert_eq!(
        log_fields(&info()).unwrap(),
        [
            LogField::new("ts", TypeTag::Time),
            LogField::new("id.orig_h", TypeTag::Addr),
            LogField::new("id.p", TypeTag::Port),
            LogField::new("shade", TypeTag::Enum),
            optional(LogField::set("names", TypeTag::String)),
            LogField::vector("shades", TypeTag::Enum),
        ]
    );
}

#[test]
fn values_are_in_the_order_of_the_columns() {
    let constant = |number| Value::Enum(EnumValue { ty: shade(), number });
    let addr = Value::Addr([1, 2, 3, 4].into());
    let nested = Record::new(id(), vec![Some(addr), Some(Value::Bool(true)), None]);
    let mut names = Table::new(Type::set(vec![Type::STRING]));
    names.push(vec![Value::string("a")], None);
    let shades = vec![Some(constant(1)), None, Some(constant(7))];
    let record = |id: Option<Record>, names: Option<Table>| {
        let fields = vec![
            Some(Value::Time(1.5)),
            id.map(|id| Value::Record(Arc::new(id))),
            None,
            Some(constant(0)),
            names.map(|names| Value::Table(Arc::new(names))),
            Some(Value::Vector(Arc::new(Vector::new(Type::vector(shade()), shades.clone())))),
        ];
        Record::new(info(), fields)
    };
    let name = |name: &'static str| LogValue::Enum(Bytes::from(name));
    let unset = LogValue::Unset;
    let shades =
        || LogValue::Vector(vec![name("LIGHT"), unset(TypeTag::Enum), name("<undefined>")]);
    assert_eq!(
        log_values(&record(Some(nested), Some(names))),
        [
            LogValue::Time(1.5),
            LogValue::Addr([1, 2, 3, 4].into()),
            unset(TypeTag::Port),
            name("DARK"),
            LogValue::Set(vec![LogValue::string("a")]),
            shades(),
        ]
    );
    assert_eq!(
        log_values(&record(None, None)),
        [
            LogValue::Time(1.5),
            unset(TypeTag::Addr),
            unset(TypeTag::Port),
            name("DARK"),
            unset(TypeTag::Table),
            shades(),
        ]
    );
}

#[test]
fn types_that_logs_do_not_support_are_errors() {
    let bad = [
        Type::PATTERN,
        Type::table(vec![Type::STRING], Type::COUNT),
        Type::set(vec![Type::STRING, Type::COUNT]),
        Type::vector(Type::vector(Type::COUNT)),
    ];
    for ty in bad {
        let record =
            Type::record("R", vec![logged("in", Type::record("", vec![logged("x", ty.clone())]))]);
        let error = NotLoggable::Field { name: "in.x".into(), ty: ty.to_string().into() };
        assert_eq!(log_fields(&record), Err(error));
    }
    for ty in [Type::record("R", vec![Field::new("x", Type::COUNT)]), Type::COUNT] {
        assert_eq!(log_fields(&ty), Err(NotLoggable::NoField { ty: ty.to_string().into() }));
    }
}

/// Defines a record with these columns and values, without the derive macro.
macro_rules! record {
    ($name:ident: $($field:expr => $value:expr),*) => {
        struct $name;

        impl LogRecord for $name {
            fn log_fields() -> Result<Vec<LogField>, NotLoggable> {
                Ok(vec![$($field),*])
            }

            fn log_values(&self) -> Vec<LogValue> {
                vec![$($value),*]
            }
        }
    };
}

record!(Right: host("orig") => ip(1), host("resp") => ip(2), note() => LogValue::string("x"));
record!(Turned: note() => LogValue::string("x"), host("resp") => ip(2), host("orig") => ip(1));
record!(Shorter: host("resp") => ip(2), host("orig") => ip(1));
record!(Less: host("orig") => ip(1), note() => LogValue::string("x"));
record!(More: host("orig") => ip(1), host("resp") => ip(2), host("via") => ip(3));

fn host(name: &str) -> LogField {
    LogField::new(name, TypeTag::Addr)
}

fn note() -> LogField {
    LogField::new("note", TypeTag::String).optional()
}

fn ip(last: u8) -> LogValue {
    LogValue::Addr([10, 0, 0, last].into())
}

#[test]
fn fields_of_records_are_matched_to_columns_by_name() {
    let mut streams = LogStreams::new();
    streams.declare(LogStream::of::<Right>(7, "hosts").unwrap()).unwrap();
    let mut entry =
        |values: &[LogValue]| streams.write(7, values, Time::EPOCH).unwrap().as_bytes().to_vec();
    let whole = entry(&[ip(1), ip(2), LogValue::string("x")]);
    let short = entry(&[ip(1), ip(2), LogValue::Unset(TypeTag::String)]);
    // Twice, because only the mapping of the last record type is cached.
    for _ in 0..2 {
        let right = streams.write_record(7, &Right, Time::EPOCH).unwrap();
        assert_eq!(right.as_bytes(), whole);
        let turned = streams.write_record(7, &Turned, Time::EPOCH).unwrap();
        assert_eq!(turned.as_bytes(), whole);
        let shorter = streams.write_record(7, &Shorter, Time::EPOCH).unwrap();
        assert_eq!(shorter.as_bytes(), short);
        let less = streams.write_record(7, &Less, Time::EPOCH).unwrap_err();
        assert_eq!(less, StreamError::NoField { path: "hosts".into(), column: "resp".into() });
        let more = streams.write_record(7, &More, Time::EPOCH).unwrap_err();
        assert_eq!(more, StreamError::NoColumn { path: "hosts".into(), field: "via".into() });
    }
}
