//! The Rust structs of `brocomm::base_types` are those of the built-in declarations.
//!
//! This module generates the structs. After a change of the declarations, generate them again with
//! `BROCOMM_WRITE=1 cargo test -p brocomm-cli base_types`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use brocomm::base_types::{ConnId, ConnInfo, Connection, NoticeInfo};
use brocomm::data::{BroType, Declarations, Field, FromValue, ToValue, Type, TypeTag, Value};
use brocomm::lowlevel::syntax::{AttributeTag, ExprKind};
use brocomm::lowlevel::types::TypeKind;

use crate::support::run;

/// The required types, in addition to all whose names end in `::Info`.
const ROOTS: [&str; 3] = ["conn_id", "endpoint", "connection"];

/// The maximum width of a line.
const WIDTH: usize = 100;

fn declarations() -> Declarations {
    let printed = run(["config", "declarations"]);
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let mut declarations = Declarations::new();
    declarations.read(&printed.stdout).unwrap();
    declarations
}

/// The conversion of Bro types to Rust.
struct Writer {
    /// The records, by their names in Bro.
    records: BTreeMap<String, String>,
    todo: Vec<Type>,
}

impl Writer {
    fn write(declarations: &Declarations) -> BTreeMap<String, String> {
        let names = declarations.types.keys().map(ToString::to_string);
        let logs = names.filter(|name| name.ends_with("::Info"));
        let roots = ROOTS.iter().map(ToString::to_string).chain(logs);
        let todo = roots.map(|name| declarations.types[name.as_bytes()].clone()).collect();
        let mut writer = Writer { records: BTreeMap::new(), todo };
        while let Some(ty) = writer.todo.pop() {
            let name = ty.name().to_string();
            if ty.fields().is_some() && !writer.records.contains_key(&name) {
                // It may occur in its own fields.
                writer.records.insert(name.clone(), String::new());
                let text = writer.record(&name, ty.fields().unwrap());
                writer.records.insert(name, text);
            }
        }
        writer.records
    }

    /// Writes a record as an item of the macro `records!`.
    fn record(&mut self, name: &str, fields: &[Field]) -> String {
        let mut lines = vec![format!("    \"{name}\" {} {{", rust_name(name))];
        for (at, field) in fields.iter().enumerate() {
            let mut word = self.field(field);
            word += if at + 1 < fields.len() { "," } else { " }" };
            match lines.last_mut().unwrap() {
                line if line.len() + 1 + word.len() <= WIDTH => *line += &format!(" {word}"),
                _ => lines.push(format!("        {word}")),
            }
        }
        lines.join("\n") + "\n"
    }

    fn field(&mut self, field: &Field) -> String {
        let bro_name = field.name.to_string();
        let name = field_name(&bro_name);
        let (ty, is_optional) = (self.ty(&field.ty), is_optional(field));
        let ty = if is_optional { format!("Option<{ty}>") } else { ty };
        let mut attributes = Vec::new();
        if name != bro_name {
            attributes.push(format!("name = \"{bro_name}\""));
        }
        if has(field, AttributeTag::Log) {
            attributes.push("log".to_owned());
        }
        if !is_optional && has(field, AttributeTag::Default) {
            attributes.push("default".to_owned());
        }
        match attributes.is_empty() {
            true => format!("{name}: {ty}"),
            false => format!("#[{}] {name}: {ty}", attributes.join(", ")),
        }
    }

    fn ty(&mut self, ty: &Type) -> String {
        let base = match ty.tag() {
            Some(TypeTag::Bool) => "bool",
            Some(TypeTag::Int) => "i64",
            Some(TypeTag::Count | TypeTag::Counter) => "u64",
            Some(TypeTag::Double) => "f64",
            Some(TypeTag::Time) => "Time",
            Some(TypeTag::Interval) => "Duration",
            Some(TypeTag::String) => "Bytes",
            Some(TypeTag::Port) => "Port",
            Some(TypeTag::Addr) => "IpAddr",
            Some(TypeTag::Subnet) => "Subnet",
            // Scripts add constants to most enums, so an unknown one must not be an error.
            Some(TypeTag::Enum) => "Value",
            _ => "",
        };
        if !base.is_empty() {
            return base.to_owned();
        }
        let def = ty.def().unwrap();
        match &def.kind {
            TypeKind::Record(_) => {
                self.todo.push(ty.clone());
                rust_name(&ty.name().to_string())
            }
            TypeKind::Vector(element) => format!("Vec<{}>", self.ty(element)),
            TypeKind::Set(set) if is_index(&set.index) => {
                format!("BTreeSet<{}>", self.index(&set.index))
            }
            TypeKind::Table(table) if is_index(&table.index) => match &table.yields {
                Some(yields) if yields.tag() != Some(TypeTag::Any) => {
                    let index = self.index(&table.index);
                    format!("BTreeMap<{index}, {}>", self.ty(yields))
                }
                _ => "Value".to_owned(),
            },
            _ => "Value".to_owned(),
        }
    }

    fn index(&mut self, index: &Type) -> String {
        let parts: Vec<String> = parts(index).iter().map(|ty| self.ty(ty)).collect();
        if parts.len() == 1 { parts[0].clone() } else { format!("({})", parts.join(", ")) }
    }
}

fn parts(index: &Type) -> Vec<Type> {
    match index.def().map(|def| def.kind.clone()) {
        Some(TypeKind::List(list)) => list.types,
        _ => vec![index.clone()],
    }
}

/// Returns whether Rust can use this type as a key: a plain value, and not an open enum.
fn is_index(index: &Type) -> bool {
    use TypeTag as T;
    let is_plain = |ty: &Type| {
        matches!(ty.tag(), Some(T::Bool | T::Int | T::Count | T::String | T::Port | T::Addr))
    };
    parts(index).iter().all(is_plain)
}

fn has(field: &Field, tag: AttributeTag) -> bool {
    field.attributes.as_ref().is_some_and(|attributes| attributes.has(tag))
}

/// Returns whether a field is an `Option` in Rust. It is one if it may be unset, or if its default
/// differs from Rust's.
fn is_optional(field: &Field) -> bool {
    let Some(attributes) = &field.attributes else { return false };
    let defaults = attributes.list.iter().filter(|one| one.tag == AttributeTag::Default);
    let is_own = |value: &Value| match value {
        Value::Bool(value) => !value,
        Value::Int(value) => *value == 0,
        Value::Count(value) => *value == 0,
        Value::Double(value) | Value::Interval(value) => *value == 0.0,
        Value::String(value) => value.is_empty(),
        _ => false,
    };
    let mut others = defaults.filter(|one| {
        !matches!(one.expr.as_deref().map(|expr| &expr.kind), Some(ExprKind::Const(value)) if is_own(value))
    });
    has(field, AttributeTag::Optional) || others.next().is_some()
}

fn rust_name(name: &str) -> String {
    let word = |word: &str| {
        let is_acronym = !word.bytes().any(|byte| byte.is_ascii_lowercase());
        let (first, rest) = word.split_at(1);
        let rest = if is_acronym { rest.to_lowercase() } else { rest.to_owned() };
        first.to_uppercase() + &rest
    };
    name.split("::")
        .flat_map(|part| part.split('_'))
        .filter(|part| !part.is_empty())
        .map(word)
        .collect()
}

fn field_name(name: &str) -> String {
    match name.to_lowercase().as_str() {
        word @ ("type" | "ref" | "match" | "final" | "in" | "where" | "use" | "mod") => {
            format!("{word}_")
        }
        word => word.to_owned(),
    }
}

#[test]
fn the_structs_match_the_declarations() {
    let records: String = Writer::write(&declarations()).into_values().collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/base_types.rs");
    let text = fs::read_to_string(&file).unwrap();
    let (head, written) = text.split_once("\nrecords! {\n").unwrap();
    if std::env::var_os("BROCOMM_WRITE").is_some() {
        fs::write(&file, format!("{head}\nrecords! {{\n{records}}}\n")).unwrap();
    } else {
        assert_eq!(written, format!("{records}}}\n"));
    }
}

/// Checks that a struct has the fields of its declaration, in this order.
fn has_fields_of<T: BroType>(declarations: &Declarations) {
    let own = T::bro_type();
    let declared = &declarations.types[own.name()];
    let names = |ty: &Type| -> Vec<String> {
        ty.fields().unwrap().iter().map(|field| field.name.to_string()).collect()
    };
    assert_eq!(names(&own), names(declared));
    for (own, declared) in own.fields().unwrap().iter().zip(declared.fields().unwrap()) {
        let is_any = own.ty.tag() == Some(TypeTag::Any);
        assert!(is_any || own.ty.tag() == declared.ty.tag(), "{}", own.name);
        assert_eq!(has(own, AttributeTag::Log), has(declared, AttributeTag::Log), "{}", own.name);
    }
}

#[test]
fn a_bro_value_converts_to_a_struct() {
    let declarations = declarations();
    has_fields_of::<ConnId>(&declarations);
    has_fields_of::<Connection>(&declarations);
    has_fields_of::<ConnInfo>(&declarations);
    has_fields_of::<NoticeInfo>(&declarations);
    let id = "[$orig_h=10.0.0.1, $orig_p=1024/tcp, $resp_h=10.0.0.2, $resp_p=80/tcp]";
    let text = format!(
        "[$ts=double_to_time(5.5), $uid=\"C\\xff\", $id={id}, $proto=tcp, $duration=2 sec, \
         $tunnel_parents=set(\"A\", \"B\")]"
    )
    .replace("double_to_time(5.5)", "5.5");
    let ty = &declarations.types[&b"Conn::Info"[..]];
    let value = Value::parse(&text, Some(ty), &declarations).unwrap();
    let info = ConnInfo::from_value(&value).unwrap();
    assert_eq!((info.ts.as_secs_f64(), &info.uid[..]), (5.5, &b"C\xff"[..]));
    assert_eq!(info.id.resp_h.to_string(), "10.0.0.2");
    assert_eq!(info.proto.to_string(), "tcp");
    assert_eq!(
        (info.duration.unwrap().as_secs(), info.service.clone(), info.missed_bytes),
        (2, None, Some(0))
    );
    assert_eq!(info.tunnel_parents.len(), 2);
    // Converting it back gives the same value, enums included.
    assert_eq!(info.to_value().coerce(ty), Ok(value));
    let text = format!(
        "[$ts=5.5, $note=Notice::Tally, $actions=set(Notice::ACTION_LOG), $proto=tcp, $id={id}, \
         $email_body_sections=vector(\"a\"), $email_delay_tokens=set(\"b\"), $suppress_for=1 hr]"
    );
    let ty = &declarations.types[&b"Notice::Info"[..]];
    let value = Value::parse(&text, Some(ty), &declarations).unwrap();
    let notice = NoticeInfo::from_value(&value).unwrap();
    assert_eq!(notice.to_value().coerce(ty), Ok(value));
    assert_eq!(notice.note, Value::parse("Notice::Tally", None, &declarations).unwrap());
}
