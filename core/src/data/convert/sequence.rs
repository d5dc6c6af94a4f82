//! Several values in a row: vectors, and strings of bytes.

use super::{BroType, ConversionError, ConversionErrorKind, FromSlot, FromValue, Step, ToSlot};
use super::{ToValue, fit};
use crate::data::{Type, TypeKind, TypeTag, Value, Vector};

/// Creates a vector of `ty`, or of its `own` type if `ty` is no vector.
pub(super) fn to_vector<T>(
    items: &[T],
    ty: &Type,
    own: fn() -> Type,
    convert: impl Fn(&T, &Type) -> Option<Value>,
) -> Value {
    let ty = if element_type(ty).is_some() { ty.clone() } else { own() };
    let element = element_type(&ty).cloned().unwrap_or(Type::ANY);
    let items = items.iter().map(|item| convert(item, &element)).collect();
    Vector::new(ty, items).into()
}

pub(super) fn from_vector<T>(
    value: &Value,
    convert: impl Fn(Option<&Value>) -> Result<T, ConversionError>,
) -> Result<Vec<T>, ConversionError> {
    let Value::Vector(vector) = value else {
        return Err(ConversionError::mismatch(TypeTag::Vector, value));
    };
    let items = vector.items.iter().enumerate();
    let convert = |(at, item): (usize, &Option<Value>)| {
        convert(item.as_ref()).map_err(|error| error.within(Step::Element(at)))
    };
    items.map(convert).collect()
}

fn element_type(ty: &Type) -> Option<&Type> {
    match fit::kind(ty)? {
        TypeKind::Vector(element) => Some(element),
        _ => None,
    }
}

macro_rules! sequence {
    ($(($($generics:tt)*) $ty:ty;)*) => {$(
        impl<T: BroType, $($generics)*> BroType for $ty {
            const CONTAINS_ITSELF: bool = T::CONTAINS_ITSELF;

            fn bro_type() -> Type {
                T::sequence_type()
            }
        }

        impl<T: ToSlot, $($generics)*> ToValue for $ty {
            fn to_value_as(&self, ty: &Type) -> Value {
                T::sequence_to_value(self, ty)
            }
        }
    )*};
}

sequence! {
    () Vec<T>;
    () [T];
    (const N: usize) [T; N];
}

impl<T: FromSlot> FromValue for Vec<T> {
    fn from_value(value: &Value) -> Result<Vec<T>, ConversionError> {
        T::sequence_from_value(value)
    }
}

impl<T: FromSlot, const N: usize> FromValue for [T; N] {
    fn from_value(value: &Value) -> Result<[T; N], ConversionError> {
        let items = T::sequence_from_value(value)?;
        items.try_into().map_err(|items: Vec<T>| {
            ConversionErrorKind::Length { expected: N, found: items.len() }.into()
        })
    }
}
