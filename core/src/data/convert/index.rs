//! Types for the index of a table or the elements of a set.

use super::{BroType, ConversionError, ConversionErrorKind, FromValue, Step, ToValue};
use crate::data::{Type, Value};

/// A type that can be an index: every [`BroType`], and tuples of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a table or the element of a set",
    note = "supported: types that have a Bro type (see `BroType`), and tuples of them",
    note = "add `#[derive(Record)]` to a struct of your own, `#[derive(Enum)]` to an enum"
)]
pub trait IndexType {
    /// The same as [`BroType::CONTAINS_ITSELF`].
    #[doc(hidden)]
    const CONTAINS_ITSELF: bool = false;

    /// Returns the types, in order.
    fn index_types() -> Vec<Type>;
}

/// Conversion from a Rust value to an index: every [`ToValue`], and tuples of them.
pub trait ToIndex: IndexType {
    /// Creates the components, with these instances of their types.
    fn to_index(&self, types: &[Type]) -> Vec<Value>;
}

/// Conversion from an index to a Rust value: every [`FromValue`], and tuples of them.
pub trait FromIndex: IndexType + Sized {
    /// Creates the Rust value.
    ///
    /// # Errors
    ///
    /// What does not match, and its position in the index.
    fn from_index(index: &[Value]) -> Result<Self, ConversionError>;
}

impl<T: BroType> IndexType for T {
    const CONTAINS_ITSELF: bool = <T as BroType>::CONTAINS_ITSELF;

    fn index_types() -> Vec<Type> {
        vec![T::bro_type()]
    }
}

impl<T: ToValue> ToIndex for T {
    fn to_index(&self, types: &[Type]) -> Vec<Value> {
        vec![component(self, types.first())]
    }
}

impl<T: FromValue> FromIndex for T {
    fn from_index(index: &[Value]) -> Result<T, ConversionError> {
        match index {
            [only] => T::from_value(only),
            _ => Err(ConversionErrorKind::Length { expected: 1, found: index.len() }.into()),
        }
    }
}

fn component<T: ToValue>(value: &T, ty: Option<&Type>) -> Value {
    match ty {
        Some(ty) => value.to_value_as(ty),
        None => value.to_value(),
    }
}

macro_rules! tuples {
    ($(($($name:ident $at:tt),+) $number:literal;)*) => {$(
        impl<$($name: BroType),+> IndexType for ($($name,)+) {
            const CONTAINS_ITSELF: bool = $(<$name as BroType>::CONTAINS_ITSELF)||+;

            fn index_types() -> Vec<Type> {
                vec![$($name::bro_type()),+]
            }
        }

        impl<$($name: ToValue),+> ToIndex for ($($name,)+) {
            fn to_index(&self, types: &[Type]) -> Vec<Value> {
                vec![$(component(&self.$at, types.get($at))),+]
            }
        }

        impl<$($name: FromValue),+> FromIndex for ($($name,)+) {
            #[allow(non_snake_case, reason = "variables are named after their types")]
            fn from_index(index: &[Value]) -> Result<Self, ConversionError> {
                let [$($name),+] = index else {
                    let (expected, found) = ($number, index.len());
                    return Err(ConversionErrorKind::Length { expected, found }.into());
                };
                Ok(($(
                    $name::from_value($name)
                        .map_err(|error| error.within(Step::Component($at)))?,
                )+))
            }
        }
    )*};
}

tuples! {
    (A 0) 1;
    (A 0, B 1) 2;
    (A 0, B 1, C 2) 3;
    (A 0, B 1, C 2, D 3) 4;
    (A 0, B 1, C 2, D 3, E 4) 5;
    (A 0, B 1, C 2, D 3, E 4, F 5) 6;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6) 7;
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7) 8;
}
