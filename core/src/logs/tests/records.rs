//! Columns and values made of records.

use std::sync::Arc;

use bytes::Bytes;

use crate::data::{
    Attribute, AttributeTag, Attributes, EnumValue, Field, Record, Table, Type, TypeTag, Value,
    Vector,
};
use crate::logs::{LogField, LogValue, NotLoggable, log_fields, log_values};

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
fn values_are_those_of_the_columns() {
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
fn what_no_log_has_is_named() {
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
