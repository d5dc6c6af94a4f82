//! What can stand in a record's field or a vector's element.

use super::{BroType, ConversionError, ConversionErrorKind, FromValue, ToValue};
use crate::data::{Type, Value};

/// Fills a record's field or a vector's element: every [`ToValue`], and `Option`s of them.
///
/// Do not implement this trait: methods may be added.
pub trait ToSlot: BroType + Sized {
    /// Creates the value, of this instance of its type, if there is one.
    fn to_slot(&self, ty: &Type) -> Option<Value>;

    #[doc(hidden)]
    fn sequence_to_value(items: &[Self], ty: &Type) -> Value;
}

/// Is filled from a record's field or a vector's element: every [`FromValue`], and `Option`s of
/// them.
///
/// Do not implement this trait: methods may be added.
pub trait FromSlot: BroType + Sized {
    /// Creates the Rust value.
    ///
    /// # Errors
    ///
    /// The error says what does not fit; without a value, that it is missing, unless this is an `Option`.
    fn from_slot(slot: Option<&Value>) -> Result<Self, ConversionError>;

    #[doc(hidden)]
    fn sequence_from_value(value: &Value) -> Result<Vec<Self>, ConversionError>;
}

impl<T: ToValue> ToSlot for T {
    fn to_slot(&self, ty: &Type) -> Option<Value> {
        Some(self.to_value_as(ty))
    }

    fn sequence_to_value(items: &[T], ty: &Type) -> Value {
        <T as ToValue>::sequence_to_value(items, ty)
    }
}

impl<T: FromValue> FromSlot for T {
    fn from_slot(slot: Option<&Value>) -> Result<T, ConversionError> {
        slot.ok_or(ConversionErrorKind::Missing.into()).and_then(T::from_value)
    }

    fn sequence_from_value(value: &Value) -> Result<Vec<T>, ConversionError> {
        <T as FromValue>::sequence_from_value(value)
    }
}

impl<T: BroType> BroType for Option<T> {
    const OPTIONAL: bool = true;
    const CONTAINS_ITSELF: bool = T::CONTAINS_ITSELF;

    fn bro_type() -> Type {
        T::bro_type()
    }
}

impl<T: ToValue> ToSlot for Option<T> {
    fn to_slot(&self, ty: &Type) -> Option<Value> {
        self.as_ref().map(|value| value.to_value_as(ty))
    }

    fn sequence_to_value(items: &[Option<T>], ty: &Type) -> Value {
        super::sequence::to_vector(items, ty, Self::sequence_type, Self::to_slot)
    }
}

impl<T: FromValue> FromSlot for Option<T> {
    fn from_slot(slot: Option<&Value>) -> Result<Option<T>, ConversionError> {
        slot.map(T::from_value).transpose()
    }

    fn sequence_from_value(value: &Value) -> Result<Vec<Option<T>>, ConversionError> {
        super::sequence::from_vector(value, Self::from_slot)
    }
}
