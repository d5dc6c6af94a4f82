//! Support code for `brocomm-derive`; not part of the public API.

use std::sync::Arc;

use super::event::check_count;
use super::{
    Attribute, AttributeTag, Attributes, BroType, ConversionError, ConversionErrorKind, EnumValue,
    Expr, ExprKind, Field, FromSlot, FromValue, Name, Record, Step, ToSlot, ToValue, Type, TypeTag,
    Value, event,
};

/// Bro's number for a constant (2§11).
const EXPR_CONST: u8 = 1;

/// A type that a field of a derived record can have.
///
/// Derived code requires only this trait, so that each use of an unsupported type fails with the
/// same error, which the compiler prints once. For the same reason it has no supertraits.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not supported as the type of a record's field",
    label = "not supported",
    note = "supported: bool, i8 to i64, u8 to u64, isize, usize, f64 (not f32), String (not &str or char), Bytes, \
            Vec<u8>, [u8; N], IpAddr, Ipv4Addr, Ipv6Addr, SystemTime, Duration, and brocomm's Time, Port, Subnet, \
            Pattern and Value",
    note = "also, of supported types: Option<T>, Box<T>, Vec<T>, [T; N], BTreeSet<T>, HashSet<T>, BTreeMap<K, V> \
            and HashMap<K, V>; tuples only as the elements of sets and the keys of maps",
    note = "add `#[derive(Record)]` to a struct of your own, `#[derive(Enum)]` to an enum"
)]
pub trait FieldType: Sized {
    /// See [`BroType::CONTAINS_ITSELF`].
    const CONTAINS_ITSELF: bool;

    /// Creates the field's declaration.
    fn declare(name: &'static str) -> Field;

    /// Adds `&default`.
    fn add_default(field: Field, default: &Self) -> Field;

    /// Creates the field's value.
    fn to_field(&self, record: &Type, position: usize) -> Option<Value>;

    /// Converts a record's field to a Rust value: by name, or by position if only the name of the
    /// record's type is known.
    fn from_field(
        record: &Record,
        name: &'static str,
        position: usize,
    ) -> Result<Self, ConversionError>;

    /// Converts a record's field to a Rust value, or returns the default if it is unset.
    fn from_field_or(
        record: &Record,
        name: &'static str,
        position: usize,
        default: impl FnOnce() -> Self,
    ) -> Result<Self, ConversionError>;
}

#[diagnostic::do_not_recommend]
impl<T: ToSlot + FromSlot> FieldType for T {
    const CONTAINS_ITSELF: bool = <Self as BroType>::CONTAINS_ITSELF;

    fn declare(name: &'static str) -> Field {
        let field = declaration::<Self>(name);
        if Self::OPTIONAL { with_attribute(field, AttributeTag::Optional, None) } else { field }
    }

    fn add_default(field: Field, default: &Self) -> Field {
        let Some(value) = default.to_slot(&field.ty) else { return field };
        let (ty, kind) = (Some(field.ty.clone()), ExprKind::Const(value));
        let expr = Arc::new(Expr { tag: EXPR_CONST, paren: 0, ty, kind });
        with_attribute(field, AttributeTag::Default, Some(expr))
    }

    fn to_field(&self, record: &Type, position: usize) -> Option<Value> {
        match record.fields().and_then(|fields| fields.get(position)) {
            Some(field) => self.to_slot(&field.ty),
            None => self.to_slot(&Self::bro_type()),
        }
    }

    fn from_field(
        record: &Record,
        name: &'static str,
        position: usize,
    ) -> Result<Self, ConversionError> {
        Self::from_slot(slot(record, name, position))
            .map_err(|error| error.within(Step::Field(Name::from_static(name))))
    }

    fn from_field_or(
        record: &Record,
        name: &'static str,
        position: usize,
        default: impl FnOnce() -> Self,
    ) -> Result<Self, ConversionError> {
        match slot(record, name, position) {
            None => Ok(default()),
            Some(_) => Self::from_field(record, name, position),
        }
    }
}

/// A type that a parameter of a derived event can have: see [`FieldType`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not supported as the type of an event's parameter",
    label = "not supported",
    note = "supported: bool, i8 to i64, u8 to u64, isize, usize, f64 (not f32), String (not &str or char), Bytes, \
            Vec<u8>, [u8; N], IpAddr, Ipv4Addr, Ipv6Addr, SystemTime, Duration, and brocomm's Time, Port, Subnet, \
            Pattern and Value",
    note = "also, of supported types: Box<T>, Vec<T>, [T; N], BTreeSet<T>, HashSet<T>, BTreeMap<K, V> and HashMap<K, V>; \
            tuples only as the elements of sets and the keys of maps, Option<T> only as a record's field or a vector's element",
    note = "add `#[derive(Record)]` to a struct of your own, `#[derive(Enum)]` to an enum"
)]
pub trait ParamType: Sized {
    /// Creates the parameter's declaration.
    fn declare(name: &'static str) -> Field;

    /// Creates an argument.
    fn to_argument(&self, params: &[Field], position: usize) -> Value;

    /// Converts an argument to a Rust value.
    fn from_argument(args: &[Value], at: usize) -> Result<Self, ConversionError>;
}

#[diagnostic::do_not_recommend]
impl<T: ToValue + FromValue> ParamType for T {
    fn declare(name: &'static str) -> Field {
        declaration::<Self>(name)
    }

    fn to_argument(&self, params: &[Field], position: usize) -> Value {
        match params.get(position) {
            Some(param) => self.to_value_as(&param.ty),
            None => self.to_value(),
        }
    }

    fn from_argument(args: &[Value], at: usize) -> Result<Self, ConversionError> {
        event::argument(args, at)
    }
}

fn declaration<T: BroType>(name: &'static str) -> Field {
    Field { name: Name::from_static(name), ty: T::bro_type(), attributes: None }
}

/// Adds `&log`.
pub fn log(field: Field) -> Field {
    with_attribute(field, AttributeTag::Log, None)
}

fn with_attribute(field: Field, tag: AttributeTag, expr: Option<Arc<Expr>>) -> Field {
    let mut list = field.attributes.as_ref().map(|a| a.list.clone()).unwrap_or_default();
    list.push(Attribute { tag, expr });
    let attributes = Some(Arc::new(Attributes { ty: field.ty.clone(), list }));
    Field { attributes, ..field }
}

/// Returns the value's record.
pub fn to_record(value: &Value) -> Result<&Record, ConversionError> {
    match value {
        Value::Record(record) => Ok(record),
        _ => Err(ConversionError::mismatch(TypeTag::Record, value)),
    }
}

fn slot<'a>(record: &'a Record, name: &str, position: usize) -> Option<&'a Value> {
    match record.ty.def() {
        Some(_) => record.get(name),
        None => record.fields.get(position)?.as_ref(),
    }
}

/// Checks the number of arguments.
pub fn check_arguments(args: &[Value], expected: usize) -> Result<(), ConversionError> {
    check_count(args, expected)
}

/// Creates an enum's type.
pub fn enumeration(name: &'static str, constants: &[(&'static str, i64)]) -> Type {
    let names = constants.iter().map(|(name, number)| (Name::from_static(name), *number));
    Type::enumeration(Name::from_static(name), names.collect())
}

/// Returns the constant for a value: by name, or by number if its name is not known.
pub fn from_constant(
    value: &Value,
    target: &'static str,
    constants: &[(&'static str, i64)],
) -> Result<usize, ConversionError> {
    let Value::Enum(constant) = value else {
        return Err(ConversionError::mismatch(TypeTag::Enum, value));
    };
    let position = match constant.name() {
        Some(found) => constants.iter().position(|(name, _)| found == *name),
        None => constants.iter().position(|(_, number)| constant.number == *number),
    };
    position.ok_or_else(|| {
        let constant = EnumValue::clone(constant);
        ConversionErrorKind::UnknownConstant { constant, target }.into()
    })
}
