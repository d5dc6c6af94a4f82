//! What the code of `brocomm-derive` calls; of no use to anybody else, and free to change.

use std::sync::Arc;

use super::event::check_count;
use super::{
    Attribute, AttributeTag, Attributes, BroType, ConversionError, ConversionErrorKind, EnumValue,
    Expr, ExprKind, Field, FromSlot, FromValue, Name, Record, Step, ToSlot, ToValue, Type, TypeTag,
    Value, event,
};

/// Bro's number for a constant (2§11).
const EXPR_CONST: u8 = 1;

/// Makes a field's or parameter's declaration.
pub fn field<T: BroType>(name: &'static str) -> Field {
    let field = Field { name: Name::from_static(name), ty: T::bro_type(), attributes: None };
    if T::OPTIONAL { with_attribute(field, AttributeTag::Optional, None) } else { field }
}

/// Adds `&log`.
pub fn log(field: Field) -> Field {
    with_attribute(field, AttributeTag::Log, None)
}

/// Adds `&default`.
pub fn default<T: ToSlot>(field: Field, default: &T) -> Field {
    let Some(value) = default.to_slot(&field.ty) else { return field };
    let (ty, kind) = (Some(field.ty.clone()), ExprKind::Const(value));
    let expr = Arc::new(Expr { tag: EXPR_CONST, paren: 0, ty, kind });
    with_attribute(field, AttributeTag::Default, Some(expr))
}

fn with_attribute(field: Field, tag: AttributeTag, expr: Option<Arc<Expr>>) -> Field {
    let mut list = field.attributes.as_ref().map(|a| a.list.clone()).unwrap_or_default();
    list.push(Attribute { tag, expr });
    let attributes = Some(Arc::new(Attributes { ty: field.ty.clone(), list }));
    Field { attributes, ..field }
}

/// Makes a field's value.
pub fn to_field<T: ToSlot>(value: &T, record: &Type, position: usize) -> Option<Value> {
    match record.fields().and_then(|fields| fields.get(position)) {
        Some(field) => value.to_slot(&field.ty),
        None => value.to_slot(&T::bro_type()),
    }
}

/// Returns the record that a value is.
pub fn to_record(value: &Value) -> Result<&Record, ConversionError> {
    match value {
        Value::Record(record) => Ok(record),
        _ => Err(ConversionError::mismatch(TypeTag::Record, value)),
    }
}

/// Makes the Rust value of a record's field: by name, or by position in a record of which only the
/// type's name is known.
pub fn from_field<T: FromSlot>(
    record: &Record,
    name: &'static str,
    position: usize,
) -> Result<T, ConversionError> {
    T::from_slot(slot(record, name, position))
        .map_err(|error| error.within(Step::Field(Name::from_static(name))))
}

/// Makes the Rust value of a record's field, or the default if it is not set.
pub fn from_field_or<T: FromSlot>(
    record: &Record,
    name: &'static str,
    position: usize,
    default: impl FnOnce() -> T,
) -> Result<T, ConversionError> {
    match slot(record, name, position) {
        None => Ok(default()),
        Some(_) => from_field(record, name, position),
    }
}

fn slot<'a>(record: &'a Record, name: &str, position: usize) -> Option<&'a Value> {
    match record.ty.def() {
        Some(_) => record.get(name),
        None => record.fields.get(position)?.as_ref(),
    }
}

/// Makes an argument.
pub fn to_argument<T: ToValue>(value: &T, params: &[Field], position: usize) -> Value {
    match params.get(position) {
        Some(param) => value.to_value_as(&param.ty),
        None => value.to_value(),
    }
}

/// Checks the number of arguments.
pub fn check_arguments(args: &[Value], expected: usize) -> Result<(), ConversionError> {
    check_count(args, expected)
}

/// Makes the Rust value of an argument.
pub fn from_argument<T: FromValue>(args: &[Value], at: usize) -> Result<T, ConversionError> {
    event::argument(args, at)
}

/// Makes an enum's type.
pub fn enumeration(name: &'static str, constants: &[(&'static str, i64)]) -> Type {
    let names = constants.iter().map(|(name, number)| (Name::from_static(name), *number));
    Type::enumeration(Name::from_static(name), names.collect())
}

/// Returns which of the constants a value is: by name, or by number if its name is not known.
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
